"""Which problems the table of a report shows where there are more than it holds.

In: of what kind each problem is, in the order of the ids. Out: places in that order, and a sentence. It reads no row.

What somebody should look at comes first, kind by kind; the first kind that has no room is shown in part, evenly over
the ids, so that every part of the data is to be seen. The same problems give the same choice.
"""

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from asyncgeo.schema.verdict import Verdict

MOST: Final = 20_000
"""Rows that one page holds by default, about 20 MB; browsers open ten times as much only with patience."""
KINDS: Final = (
    "errors",
    "stand-ins",
    "contradictory parses",
    "parses with a wrong answer",
    "disputed parses",
    "skipped problems",
    "other problems",
)
_OUTCOMES: Final = {"error": 0, "stand_in": 1, "skipped": 5}


class Selection(NamedTuple):
    """The places that are shown, and how they were chosen; no words where all are."""

    shown: Sequence[int]
    words: str = ""


def kind_of(outcome: str, verdict: Verdict | None) -> int:
    """The kind of a problem, an index into `KINDS`."""
    if outcome in _OUTCOMES:
        return _OUTCOMES[outcome]
    if verdict is None:
        return len(KINDS) - 1
    held = (verdict.drawable is False, _is_wrong(verdict), verdict.standing == "disputed", False, True)
    return 2 + held.index(True)


def _is_wrong(verdict: Verdict) -> bool:
    return verdict.answer is not None and verdict.answer.state == "wrong"


def choose(kinds: bytes | bytearray, most: int) -> Selection:
    """At most that many of the problems."""
    if len(kinds) <= most:
        return Selection(range(len(kinds)))
    counts, room = Counter(kinds), most
    taken: list[int] = []
    for kind in range(len(KINDS)):
        taken.append(min(counts[kind], room))
        room -= taken[kind]
    seen, shown = [0] * len(KINDS), array("I")
    for place, kind in enumerate(kinds):
        if seen[kind] * taken[kind] % counts[kind] < taken[kind]:  # of `counts` as many as are `taken`, evenly
            shown.append(place)
        seen[kind] += 1
    return Selection(shown, _words([counts[kind] for kind in range(len(KINDS))], taken))


def _words(counts: Sequence[int], taken: Sequence[int]) -> str:
    kinds = [f"{name} ({_share(some, count)})" for name, count, some in zip(KINDS, counts, taken, strict=True) if count]
    return f"{sum(taken):,} of {sum(counts):,} problems: {', '.join(kinds)}"


def _share(some: int, count: int) -> str:
    if some == count:
        return f"all {count:,}"
    return f"{some:,} of {count:,}, evenly by id" if some else f"none of {count:,}"
