"""Of several figures of one parse, the one that is best to look at.

In: conditions and objects. Out: a `Figure` whose points are well apart and not nearly on a line they are not on.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np

from asyncgeo.figure.draw import Figure, draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_TRIES: Final = 12
_ON_LINE: Final = 1e-5  # height over diameter below which three points are meant to be on a line


def draw_nicely(
    conditions: Sequence[Condition],
    objects: RequiredObjects | None = None,
    *,
    tries: int = _TRIES,
    seed: int = 0,
    patience: int | None = None,
) -> Figure:
    """The nicest of `tries` figures; the only try where the first, with this patience, cannot be drawn."""
    limit = {} if patience is None else {"patience": patience}
    deadline = Deadline()
    first = draw(conditions, objects, seed=seed, deadline=deadline, **limit)
    if not first.drawable:
        return first
    others = (draw(conditions, objects, seed=seed + k, patience=1, deadline=deadline) for k in range(1, tries))
    return max((first, *(figure for figure in others if figure.drawable)), key=niceness)


def niceness(figure: Figure) -> float:
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
