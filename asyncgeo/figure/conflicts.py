"""A parse that cannot be drawn → the conditions that contradict each other.

In: conditions and objects of which no figure was found. Out: `Conflict`. It asks `draw` again and again, of ever fewer
conditions: halves first (QuickXplain, Junker 2004), since what can be drawn is found soon and what contradicts is not;
then without one condition at a time, until nothing more can go.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, Protocol

from asyncgeo.figure.draw import draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.schema.conditions import Condition, points_of
from asyncgeo.schema.records import RequiredObjects

_PATIENCE: Final = 2  # rounds of starts: a conflict takes some ten attempts
_SURE: Final = 3  # rounds for what is left in the end, and for all attempts where that can be drawn after all
_FEW: Final = 4  # conditions that are tried first; most conflicts are no larger
_SECONDS: Final = 2.0  # of computing; what is left by then is no longer the smallest


class Contradict(Protocol):
    """Whether these conditions contradict, by this number of rounds of starts; None when it is too late to know."""

    def __call__(self, chosen: Sequence[int], patience: int = _PATIENCE, /) -> bool | None:
        """By their numbers."""


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
    text: str = "",
    residuals: Mapping[int, float] | None = None,
    seed: int = 0,
    deadline: Deadline | None = None,
) -> Conflict:
    """What contradicts; `residuals` of the nearest candidate say where to look first: about what is violated most.

    After the deadline, two seconds at most, what is left by then, which contradicts all the same.
    """
    until = (deadline or Deadline()).within(_SECONDS)
    listed = _about(conditions, residuals or {})
    bare = RequiredObjects(points=objects.points)
    for drawn in (bare, objects):

        def contradict(chosen: Sequence[int], patience: int = _PATIENCE, drawn: RequiredObjects = drawn) -> bool | None:
            given = [conditions[k] for k in chosen]
            figure = draw(given, drawn, text=text, seed=seed, patience=patience, deadline=until)
            return None if figure.unjudged else figure.state == "contradictory"

        if begun := _beginning(contradict, listed):
            return Conflict(tuple(sorted(_smallest(contradict, begun))), objects=drawn is objects)
    return Conflict(tuple(range(len(conditions))), objects=objects != bare)


def _about(conditions: Sequence[Condition], residuals: Mapping[int, float]) -> list[int]:
    """The conditions, the most violated first, then always the one that brings in the fewest points."""
    points = [frozenset(points_of(condition)) for condition in conditions]
    left = sorted(range(len(conditions)), key=lambda k: (-residuals.get(k, 0.0), k))
    listed: list[int] = []
    there: frozenset[str] = frozenset()
    while left:
        following = min(left, key=lambda k: len(points[k] - there)) if listed else left[0]
        left.remove(following)
        listed.append(following)
        there |= points[following]
    return listed


def _beginning(contradict: Contradict, listed: list[int]) -> list[int]:
    """The first few that contradict, of ever more; none where all together do not, or it is too late to know."""
    count = _FEW
    while count < len(listed):
        if contradict(listed[:count]):
            return listed[:count]
        count *= 2
    return listed if contradict(listed, _SURE) else []


def _smallest(contradict: Contradict, listed: list[int]) -> list[int]:
    """As few of the conditions as contradict; where it is not known whether some do, they are kept."""
    found = _without_each(contradict, _halved(contradict, [], listed, grown=False))
    if contradict(found, _SURE) is False:
        return _without_each(lambda chosen, _=0: contradict(chosen, _SURE), listed)
    return found


def _without_each(contradict: Contradict, found: list[int]) -> list[int]:
    for k in reversed(found):
        rest = [other for other in found if other != k]
        if contradict(rest):
            found = rest
    return found


def _halved(contradict: Contradict, kept: list[int], listed: list[int], *, grown: bool) -> list[int]:
    """Those of the list without which the kept ones do not contradict; `grown` when the kept ones are new."""
    known = contradict(kept) if grown else False
    if known or known is None or len(listed) < 2:  # noqa: PLR2004  nothing to halve
        return [] if known else listed
    middle = len(listed) // 2
    first, second = listed[:middle], listed[middle:]
    of_second = _halved(contradict, [*kept, *first], second, grown=bool(first))
    of_first = _halved(contradict, [*kept, *of_second], first, grown=bool(of_second)) if first else []
    return [*of_first, *of_second]
