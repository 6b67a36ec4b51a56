"""Problems that failed → was it the problem, or the endpoint?

In: what became of each problem, in the order in which they finished. Out: what may be written, whether another problem
may begin, when a problem that was answered before is to be asked again (a probe), and the error that ends the run. It
reads no clock and no file; what waits is opaque to it.

    failed ─ waits ─┬ a usable answer to a problem that began after it failed: released
                    ├ the run ends, and something usable came before: released
                    └ a dozen in a row: nothing new begins ─ the others are back, or 32 in a row ─ probe
                                          usable: all released, a new stretch begins ─┴─ not: the run stops, all pending

An answer that was on its way when a problem failed says nothing about the endpoint after the failure, so it only ends
the row of failures. A content filter or a refusal is the problem's own by nature: it waits for any usable answer.
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Final, Generic, NamedTuple, TypeVar

from asyncgeo.errors import Fatal
from asyncgeo.llm import outcomes
from asyncgeo.llm.error_body import sizes_in
from asyncgeo.schema.records import REFUSALS

SUSPICIOUS: Final = 12
"""Failures in a row after which nothing new begins until something usable comes."""
MOST: Final = 32
"""Failures in a row that end the run; problems begun before the first usable answer."""

T = TypeVar("T")


class _Waiting(NamedTuple, Generic[T]):
    """What waits; a problem with this number or a later one began after it had failed."""

    kind: str
    since: int
    held: T


@dataclass(frozen=True, slots=True)
class _Failure:
    kind: str
    message: str


class Evidence(Generic[T]):
    """The evidence of one run. `usable`: whether a usable answer has come in it."""

    def __init__(self) -> None:
        self.usable = False
        self._begun = 0
        self._row: list[_Failure] = []  # the failures since the last usable answer
        self._waiting: list[_Waiting[T]] = []

    @property
    def waits(self) -> bool:
        """Whether anything waits."""
        return bool(self._waiting)

    @property
    def is_suspicious(self) -> bool:
        """Whether enough failed in a row that it may be the endpoint."""
        return len(self._row) >= SUSPICIOUS

    def admits(self, in_work: int) -> bool:
        """Whether another problem may begin beside those in work."""
        return not self.is_suspicious and (self.usable or in_work + len(self._row) < MOST)

    def begin(self) -> int:
        """A problem begins: its number."""
        self._begun += 1
        return self._begun - 1

    def failed(self, kind: str, message: str, held: T) -> bool:
        """A problem failed: whether what it made has to wait."""
        self._row.append(_Failure(kind, message))
        if kind in REFUSALS and self.usable and not self.is_suspicious:
            return False
        self._waiting.append(_Waiting(kind, self._begun, held))
        return True

    def answered(self, number: int) -> list[T]:
        """A usable answer came to the problem with this number: what need not wait any longer."""
        self.usable = True
        self._row.clear()
        if not self._waiting:
            return []
        return self._release([each for each in self._waiting if each.kind in REFUSALS or each.since <= number])

    def wants_probe(self, in_work: int) -> bool:
        """Whether it is time to ask what was answered before: a row of failures, and none left that could end it."""
        return self.is_suspicious and (not in_work or len(self._row) >= MOST)

    def is_well(self) -> list[T]:
        """A probe was answered, or the run ends well: everything is released, and a new stretch begins."""
        self.usable = True
        self._row.clear()
        return self._release(self._waiting)

    def error(self) -> Fatal:
        """Nothing usable comes: the error that ends the run, by the kind that came most and last."""
        counts = Counter(each.kind for each in reversed(self._row))
        kind = counts.most_common(1)[0][0]
        message = next(each.message for each in reversed(self._row) if each.kind == kind)
        kinds = ", ".join(f"{name} {count}" for name, count in counts.most_common())
        number = len(self._row)
        whose = f"the last {number} problems all failed" if number > 1 else "the only problem asked failed"
        return Fatal(
            f"Nothing usable comes: {whose} ({kinds}), with: {message.removesuffix('.')}.",
            remedy(kind, message),
            kind=kind,
        )

    def _release(self, free: list[_Waiting[T]]) -> list[T]:
        gone = set(map(id, free))
        self._waiting = [each for each in self._waiting if id(each) not in gone]
        return [each.held for each in free]


def remedy(kind: str, message: str) -> str:
    """What to do when nothing but this kind of failure comes."""
    if kind == "too_long":
        return _smaller(message)
    return outcomes.STOPS.get(kind, ("", ""))[1] or "Check the endpoint, api.model and [api.extra]."


def _smaller(message: str) -> str:
    """Both numbers where the server says them, and which setting decides."""
    limit, asked = sizes_in(message)
    known = limit is not None and asked is not None
    if _PER_MINUTE.search(message):
        what = f"limit of {limit:,} tokens a minute is" if known else "limit of tokens a minute is"
        way = "Lower api.max_completion_tokens, or use an account of a higher tier."
    else:
        what = f"context of {limit:,} tokens is" if known else "context is"
        way = "Start the server with a larger context, or lower api.max_completion_tokens."
    request = f"request of {asked:,}" if known else "request"
    return f"The server's {what} smaller than the {request} (prompt and api.max_completion_tokens). {way}"


_PER_MINUTE: Final = re.compile(r"tokens? per min|\bTPM\b", re.IGNORECASE)
