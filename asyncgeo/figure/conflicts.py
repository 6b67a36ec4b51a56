"""A parse that cannot be drawn → the conditions that contradict each other.

In: conditions and objects of which no figure was found. Out: `Conflict`. It asks `draw` again and again, without one
condition at a time; what is left when nothing more can go is the conflict.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Figure, draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_PATIENCE: Final = 3  # rounds of starts, without insisting: a conflict takes some ten attempts


class Conflict(NamedTuple):
    """Indices of conditions that cannot hold together; `objects` when only the objects to be drawn forbid it.

    Leave out any one of the conditions, and the others can be drawn.
    """

    conditions: tuple[int, ...]
    objects: bool


def find_conflict(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    *,
    residuals: Mapping[int, float] | None = None,
    seed: int = 0,
    deadline: Deadline | None = None,
) -> Conflict:
    """What contradicts; `residuals` of the nearest candidate say what to try leaving out first: what held.

    After the deadline what is left by then, which contradicts all the same.
    """
    until = deadline or Deadline()

    def attempt(chosen: Sequence[int], drawn: RequiredObjects) -> Figure:
        return draw([conditions[k] for k in chosen], drawn, seed=seed, patience=_PATIENCE, deadline=until)

    left = list(range(len(conditions)))
    bare = RequiredObjects(points=objects.points)
    needs_objects = attempt(left, bare).drawable
    drawn = objects if needs_objects else bare
    held = residuals or {}
    for candidate in sorted(left, key=lambda k: (held.get(k, 0.0), -k)):
        rest = [k for k in left if k != candidate]
        figure = attempt(rest, drawn)
        if figure.unjudged:
            break
        if not figure.drawable:
            left = rest
    return Conflict(tuple(left), needs_objects)
