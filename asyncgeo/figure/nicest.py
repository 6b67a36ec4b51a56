"""Of several figures of one parse, the one that is best to look at.

In: conditions and objects. Out: a `Figure` whose points are well apart and not nearly on a line they are not on, and
which looks as general as it is: no sides nearly at right angles, parallel or equal that need not be so.
"""

import math
from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from asyncgeo.figure.draw import Figure, draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.figure.joined import NamePair, pairs
from asyncgeo.figure.system import Array
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_TRIES: Final = 12
_FEW: Final = 4
"""Tries where nothing can move: the figure is one of a few."""
_ON_LINE: Final = 1e-5  # height over diameter below which three points are meant to be on a line
_APART: Final = 0.2  # height over diameter above which more of it is no nicer

_MEANT: Final = 1e-4  # what is right, parallel or equal as exactly as this is so by the conditions
_LIKE: Final = math.radians(15)  # within this of a right angle, or of one direction, sides look as if they were
_EQUAL: Final = 0.2  # within this log of their ratio two sides look equal
_MOST: Final = 40  # sides that are looked at
_WEIGHT: Final = 0.5  # of what looks special; points that nearly coincide are worse


def draw_nicely(
    conditions: Sequence[Condition],
    objects: RequiredObjects | None = None,
    *,
    text: str = "",
    tries: int = _TRIES,
    seed: int = 0,
    patience: int | None = None,
) -> Figure:
    """The nicest of `tries` figures; the only try where the first, with this patience, cannot be drawn."""
    limit = {} if patience is None else {"patience": patience}
    deadline = Deadline()
    first = draw(conditions, objects, text=text, seed=seed, explore=False, deadline=deadline, **limit)
    if not first.drawable:
        return first
    count = tries if first.freedom else min(tries, _FEW)
    others = (
        draw(conditions, objects, text=text, seed=seed + k, explore=False, patience=1, deadline=deadline)
        for k in range(1, count)
    )
    joined = pairs(conditions, objects or RequiredObjects())
    return max((first, *(figure for figure in others if figure.drawable)), key=lambda figure: niceness(figure, joined))


def niceness(figure: Figure, joined: Sequence[NamePair] = ()) -> float:
    """1 for points well apart, less for what looks special among the sides that are joined."""
    special = _special(figure, joined)
    return math.sqrt(min(_apart(figure) / _APART, 1.0)) - _WEIGHT * special / (1.0 + special)


def _apart(figure: Figure) -> float:
    """The least height of a triangle of points, over the diameter of the figure; 0 for fewer than three points."""
    places = np.array(sorted(set(figure.points.values()))).reshape(-1, 2)
    if len(places) < 3:  # noqa: PLR2004  a triangle
        return 0.0
    triples = places[np.array(list(combinations(range(len(places)), 3)))]
    sides = triples - np.roll(triples, 1, axis=1)
    doubled = np.abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0])
    lengths = np.linalg.norm(sides, axis=2)
    diameter = lengths.max()
    heights = doubled / lengths.max(axis=1) / diameter
    meant = heights[heights > _ON_LINE].min(initial=1.0)
    return float(min(meant, lengths.min() / diameter))


def _special(figure: Figure, joined: Sequence[NamePair]) -> float:
    """How much looks right, parallel or equal and is not: what must nearly be so counts in every figure alike."""
    known = [(a, b) for a, b in joined if a in figure.points and b in figure.points][:_MOST]
    both = [(k, m, bool(set(known[k]) & set(known[m]))) for k, m in combinations(range(len(known)), 2)]
    if not both:
        return 0.0
    one, other, sharing = np.array(both).T
    ends = np.array([(figure.points[a], figure.points[b]) for a, b in known])
    steps = ends[:, 1] - ends[:, 0]
    turns, sizes = np.arctan2(steps[:, 1], steps[:, 0]), np.log(np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9))
    slants = np.abs(np.remainder(turns[one] - turns[other] + math.pi / 4, math.pi / 2) - math.pi / 4)
    ratios = np.abs(sizes[one] - sizes[other])[sharing == 1]
    return float(np.sqrt((_like(slants, _LIKE) ** 2).sum() + (_like(ratios, _EQUAL) ** 2).sum()))


def _like(off: Array, within: float) -> Array:
    """From 0 to 1: how nearly what is this much off looks as if it were not; 0 where it is not off at all."""
    return np.where(off < _MEANT, 0.0, np.maximum(0.0, 1.0 - off / within))
