"""A row that is written → its verdict; for a contradiction one more question, and the better row of the two.

In: a problem and its row, already in the queue. Out: at most two more rows for the problem, handed in. What a row
costs is safe before anything here begins; later rows count for more, so nothing is taken back. It knows neither shards
nor processes.

    row ─ judge ─ drawable: nothing more
            └ contradiction ─ [slot] ─ ask, the conflict shown ─ second row, handed in ─ judge
                                                    └ no figure either: the better one again, marked

Only rows of a model are asked about again: rules would read the same. Numbers that were rounded contradict each other
a little in the text itself, which no second answer fixes.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from asyncgeo.errors import AsyncgeoError
from asyncgeo.schema.records import Parsed, Problem, Row, rewritten, timestamp
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.raw_answers import Answered
from asyncgeo.verify import judge

_WORTH_SAYING: Final = 100  # rows; fewer are judged in a second or two

HandIn = Callable[[Answered], None]


class Reconsiders(Protocol):
    """What a review needs of the extractor."""

    async def reconsider(self, problem: Problem, first: Answered, why: str) -> Answered:
        """The row of a second answer, or the first again where none is usable."""
        ...


class ReaskSlots(Protocol):
    """Bounds how many problems are in work at once."""

    async def acquire(self) -> object:
        """Wait for a slot and take it."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...


class Judging(Protocol):
    """What a review needs of the judges."""

    async def judge(self, position: int, parse: Parse) -> Verdict | None:
        """The verdict; None when there will be none."""
        ...

    def drop(self) -> None:
        """Judge nothing from now on."""
        ...


class Reask:
    """Looks at rows; counts what it found. Without an extractor, or with `reask` false, it only judges."""

    def __init__(
        self,
        extractor: Reconsiders | None,
        slots: ReaskSlots,
        judges: Judging,
        *,
        reask: bool,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._extractor = extractor
        self._slots = slots
        self._judges = judges
        self._reask = reask
        self._say = say
        self._now = now
        self._dropped = False
        self._open = 0  # rows that are being looked at
        self.judged = 0
        self.unjudged = 0  # cost too much to draw
        self.contradictory = 0  # first answers without a figure
        self.asked_again = 0
        self.fixed = 0

    async def look(self, problem: Problem, answered: Answered, hand_in: HandIn) -> None:
        """Judge the row; ask again where that may help. Raises Stopped or Interrupted when the run ended first."""
        self._open += 1
        try:
            if isinstance(answered.row, Parsed):
                await self._look(problem, answered.row, answered, hand_in)
        except AsyncgeoError:
            raise
        except Exception as error:  # noqa: BLE001  a defect here must not end a run whose rows are all right
            self._say(f"The row of {problem.id} could not be reviewed: {type(error).__name__}: {error}")
        finally:
            self._open -= 1

    async def _look(self, problem: Problem, row: Parsed, answered: Answered, hand_in: HandIn) -> None:
        verdict = await self._judge(problem, row)
        if verdict is None or verdict.drawable is not False:
            return
        self.contradictory += 1
        asks = self._extractor if self._reask and not verdict.rounded else None
        if asks is not None and row.source == "model" and answered.raws:
            why = judge.correction(verdict, parses.of_parsed(row).conditions)
            second = await self._ask_again(asks, problem, answered, why, hand_in)
            if second is not None:
                await self._choose(problem, row, verdict, second, hand_in)

    def last(self) -> None:
        """Tell the person what a run whose bar is full still waits for, where that takes a while."""
        if self._open >= _WORTH_SAYING and not self._dropped:
            self._say(f"Every problem has its row. {self._open:,} rows are still being verified; Ctrl-C leaves that.")

    def drop(self) -> None:
        """Judge nothing more and ask no further question; a question under way is finished."""
        self._dropped = True
        self._judges.drop()

    async def _judge(self, problem: Problem, row: Parsed) -> Verdict | None:
        verdict = await self._judges.judge(problem.position, parses.of_parsed(row))
        self.judged += verdict is not None and verdict.drawable is not None
        self.unjudged += verdict is not None and verdict.drawable is None
        return verdict

    async def _ask_again(
        self, asks: Reconsiders, problem: Problem, first: Answered, why: str, hand_in: HandIn
    ) -> Row | None:
        """The second row, already handed in: between the answer that was paid for and the queue nothing awaits."""
        await self._slots.acquire()
        try:
            if self._dropped:
                return None
            self.asked_again += 1
            second = await asks.reconsider(problem, first, why)
            hand_in(second)
        finally:
            self._slots.release()
        return second.row

    async def _choose(self, problem: Problem, first: Parsed, verdict: Verdict, second: Row, hand_in: HandIn) -> None:
        """Keep the second row if it has a figure; else the one with fewer conditions in conflict, marked."""
        if not isinstance(second, Parsed):  # on second thoughts nothing to draw
            return
        again = verdict if _says_the_same(first, second) else await self._judge(problem, second)
        if again is None or again.drawable is None:
            return
        if again.drawable:
            self.fixed += 1
            return
        better = second if len(again.conflict) < len(verdict.conflict) else first
        marked = rewritten(better, timestamp(self._now()), drawable=False, **_spent(second))
        hand_in(Answered(marked))


def _says_the_same(one: Parsed, other: Parsed) -> bool:
    return (one.verification_conditions, one.required_objects) == (
        other.verification_conditions,
        other.required_objects,
    )


def _spent(row: Parsed) -> dict[str, object]:
    """What both questions cost: the second row's account includes the first's."""
    return {} if row.meta is None else {"tokens": row.meta.tokens, "attempts": row.meta.attempts}
