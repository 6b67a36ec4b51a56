"""A parse that cannot be drawn → the conditions that contradict each other.

In: conditions and objects of which no figure was found. Out: `Conflict`. It asks `draw` again and again, of ever fewer
conditions: halves first (QuickXplain, Junker 2004), since what can be drawn is found soon and what contradicts is not;
then without one condition at a time, until nothing more can go.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.figure.draw import draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_PATIENCE: Final = 2  # rounds of starts: a conflict takes some ten attempts
_SURE: Final = 3  # rounds for what is left in the end, and for all attempts where that can be drawn after all
_SECONDS: Final = 2.0  # of computing; what is left by then is no longer the smallest


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
    """What contradicts; `residuals` of the nearest candidate say where to look first: at what is violated most.

    After the deadline, two seconds at most, what is left by then, which contradicts all the same.
    """
    bare = RequiredObjects(points=objects.points)
    until = (deadline or Deadline()).within(_SECONDS)

    def contradict(chosen: Sequence[int], drawn: RequiredObjects, patience: int) -> bool | None:
        given = [conditions[k] for k in chosen]
        figure = draw(given, drawn, text=text, seed=seed, patience=patience, deadline=until)
        return None if figure.unjudged else figure.state == "contradictory"

    held = residuals or {}
    listed = sorted(range(len(conditions)), key=lambda k: (-held.get(k, 0.0), k))
    needs_objects = contradict(listed, bare, _SURE) is not True
    drawn = objects if needs_objects else bare
    found = _smallest(lambda chosen: contradict(chosen, drawn, _PATIENCE), listed)
    if contradict(found, drawn, _SURE) is False:
        found = _smallest(lambda chosen: contradict(chosen, drawn, _SURE), listed)
    return Conflict(tuple(sorted(found)), needs_objects)


def _smallest(contradict: Callable[[Sequence[int]], bool | None], listed: list[int]) -> list[int]:
    """As few of the conditions as contradict; where it is not known whether some do, they are kept."""
    left = _halved(contradict, [], listed, grown=False)
    for k in reversed(left):
        rest = [other for other in left if other != k]
        if contradict(rest):
            left = rest
    return left


def _halved(
    contradict: Callable[[Sequence[int]], bool | None], kept: list[int], listed: list[int], *, grown: bool
) -> list[int]:
    """Those of the list without which the kept ones do not contradict; `grown` when the kept ones are new."""
    known = contradict(kept) if grown else False
    if known or known is None or len(listed) < 2:  # noqa: PLR2004  nothing to halve
        return [] if known else listed
    middle = len(listed) // 2
    first, second = listed[:middle], listed[middle:]
    of_second = _halved(contradict, [*kept, *first], second, grown=bool(first))
    of_first = _halved(contradict, [*kept, *of_second], first, grown=bool(of_second)) if first else []
    return [*of_first, *of_second]
