"""A figure → what else the same parse may look like: moved a little, or found from other starts.

In: a `Figure` that was found. Out: further ones, of which only points, lines and circles are known. Together they say
whether something measured in them is settled by the parse, takes a few values, or wanders.

A figure that can move is moved along its freedom and brought back onto its equations: what changes then is not settled,
and no second search is needed to know it. What does not change may still differ in figures that no motion leads to:
the other side of a line, the other arc, the other direction of a rotation.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from asyncgeo.figure.descend import JUDGED, descend_all
from asyncgeo.figure.draw import Figure, Solved, place
from asyncgeo.figure.effort import Deadline, most_starts
from asyncgeo.figure.starts import starts
from asyncgeo.figure.system import Array
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

Value = Callable[[Figure], float | None]

_INFINITESIMAL: Final = 1e-5
"""How far a figure of size 1 is moved to see whether a value changes at all."""
_CHANGED: Final = 1e-7
"""Relative change from there on: what is settled changes by the square of the step, what is not by a hundredth of it
at least."""
_MOVES: Final = (0.03, -0.03, 0.1, -0.1)
"""How far it is moved to see that a motion is one: at a double root, as where a sum of two sides is the third, the
equations seem to leave more freedom than there is."""
_BACK: Final = 25  # steps back onto the equations
_FURTHER: Final = 12  # steps for the other starts of a search: 98 of 100 that get there at all
_SEARCHED: Final = 40  # steps of a search
_FLIPS: Final = 6  # starts with one point on the other side of a line
_DEPENDENT: Final = 1e-7  # singular values below this share of the largest are none


def moved(figure: Figure, value: Value, deadline: Deadline, *, seed: int = 0) -> list[Figure]:
    """Figures to which this one can move, where the value changes in moving at all. Raises TooMuch."""
    solved = figure.solved
    if solved is None or (figure.freedom == 0 and solved.sketch.has_scale):
        return []
    motions = _motions(figure)
    if not len(motions):
        return []
    mixed = np.random.default_rng(seed).normal(0, 1, len(motions)) @ motions
    motion = mixed / np.abs(mixed).max()
    before = value(figure)
    unknowns = solved.unknowns.astype(np.float64)
    after = value(place(replace(solved, unknowns=unknowns + _INFINITESIMAL * motion)))
    if before is None or after is None or abs(after - before) <= _CHANGED * max(1.0, abs(before)):
        return []
    begun = unknowns + np.array(_MOVES)[:, None] * motion
    return list(_descended(solved, begun, _BACK, deadline))


def _motions(figure: Figure) -> Array:
    """An orthonormal basis of the directions in which the unknowns can move: rows."""
    assert figure.solved is not None  # noqa: S101  the caller looked
    system, unknowns = figure.solved.system, figure.solved.unknowns.astype(np.float64)
    _, slopes = system.evaluate(unknowns[None], JUDGED)
    equations = slopes[0, : system.equations]
    if not equations.size:
        return np.eye(system.unknowns)
    _, values, directions = np.linalg.svd(equations, full_matrices=True)
    return directions[int((values > values[0] * _DEPENDENT).sum()) :]


def _descended(solved: Solved, begun: Array, steps: int, deadline: Deadline, *, since: int = 0) -> Iterator[Figure]:
    solver = solved.search.solver(solved.system, rounded=solved.rounded)
    finest = solved.search.finest
    for unknowns in descend_all(solver, begun, steps, deadline, since=since, finest=finest):
        yield place(replace(solved, unknowns=unknowns))


def others(figure: Figure, deadline: Deadline, *, seed: int = 1) -> Iterator[Figure]:
    """What the other starts of its search lead to, and what it becomes with a point on the other side of a line.

    Raises TooMuch.
    """
    solved = figure.solved
    if solved is None:
        return
    begun = np.concatenate([solved.others, _flipped(solved, np.random.default_rng(seed))])
    yield from _descended(solved, begun, solved.steps + _FURTHER, deadline, since=solved.steps)


def _flipped(solved: Solved, rng: np.random.Generator) -> Array:
    """The figure with one point reflected in the line of two others: a start near another figure, if there is one."""
    named, n = sorted(set(solved.sketch.points.values())), solved.system.points
    if len(named) < 3:  # noqa: PLR2004  a point and a line
        return np.empty((0, solved.system.unknowns))
    begun = np.repeat(solved.unknowns.astype(np.float64)[None], _FLIPS, axis=0)
    for one in begun:
        at, i, j = rng.choice(named, 3, replace=False)
        p, a, b = (one[[k, n + k]] for k in (at, i, j))
        along = (b - a) / np.linalg.norm(b - a)
        one[[at, n + at]] = 2 * (a + (p - a) @ along * along) - p
    return begun


def more(
    figure: Figure,
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    count: int,
    deadline: Deadline,
    *,
    seed: int = 2,
) -> Iterator[Figure]:
    """What that number of starts leads to in every choice of sketch, half of them with all points anywhere.

    Raises TooMuch.
    """
    solved, rng = figure.solved, np.random.default_rng(seed)
    if solved is None:
        return
    shapeless = [each for each in conditions if "polygon" not in each]
    for sketch, system in solved.search.sketches():
        if len(sketch.radii) != len(solved.sketch.radii):  # several circles about a centre where one will do
            continue
        few = most_starts(count, system.cells)
        shaped = starts(sketch, conditions, objects, few - few // 2, rng)
        anywhere = starts(sketch, shapeless, RequiredObjects(), few // 2, rng, explore=True)
        begun = np.concatenate([shaped, anywhere])
        yield from _descended(replace(solved, sketch=sketch, system=system), begun, _SEARCHED, deadline)
