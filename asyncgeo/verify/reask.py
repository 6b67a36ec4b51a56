"""A row that is written → its verdict; for what is in dispute one more question, and the better row of the two.

In: a problem and its row, already in the queue. Out: at most two more rows for the problem, handed in. What a row
costs is safe before anything here begins; later rows count for more, so nothing is taken back. It knows neither shards
nor processes, nor what the witnesses are.

    row ─ judge ─ nothing in dispute: nothing more
            └ disputed ─ [slot] ─ ask, what is in dispute shown ─ second row, handed in ─ judge
                                            └ disputed as well: the better one again, marked with the reasons

Only rows of a model are asked about again: rules would read the same. Numbers that were rounded contradict each other
a little in the text itself, which no second answer fixes.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Literal, Protocol

from asyncgeo.errors import AsyncgeoError
from asyncgeo.schema.records import Parsed, Problem, Row, Service, Tokens, rewritten, timestamp
from asyncgeo.schema.verdict import Verdict
from asyncgeo.schema.words import counted
from asyncgeo.store import parses
from asyncgeo.store.raw_answers import Answered
from asyncgeo.verify import witnesses

_WORTH_SAYING: Final = 100  # rows; fewer are judged in a second or two

Asking = Literal["nothing", "contradictions", "all"]
"""What the model is asked about again: nothing, parses that contradict themselves, all that a witness disputes."""
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

    async def judge(self, position: int, row: Parsed) -> Verdict | None:
        """The verdict; None when there will be none."""
        ...

    def drop(self) -> None:
        """Judge nothing from now on."""
        ...


class Reask:
    """Looks at rows; counts what it found. Without an extractor nothing is asked.

    `asks`: what is asked about again. Where that is all, what stays in dispute is marked, asked about or not.
    """

    def __init__(
        self,
        extractor: Reconsiders | None,
        slots: ReaskSlots,
        judges: Judging,
        *,
        asks: Asking,
        say: Callable[[str], None] = lambda _: None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._extractor = None if asks == "nothing" else extractor
        self._slots = slots
        self._judges = judges
        self._asks = asks
        self._say = say
        self._now = now
        self._dropped = False
        self._open = 0  # rows that are being looked at
        self.judged = 0
        self.unjudged = 0  # cost too much to draw
        self.contradictory = 0  # first answers without a figure
        self.asked_again = 0
        self.fixed = 0
        self.standings: Counter[str] = Counter()  # of the rows that count, by what witnesses say together
        self.spent: dict[Service, Tokens] = {}
        """Tokens of second questions, by how they were billed."""

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
        if verdict is None:
            return
        self.contradictory += verdict.drawable is False
        if not self._is_disputed(verdict):
            self.standings[verdict.standing] += 1
            return
        second = None
        if self._extractor is not None and row.source == "model" and answered.raws:
            why = witnesses.correction(verdict, parses.of_parsed(row).conditions)
            second = await self._ask_again(self._extractor, problem, answered, why, hand_in)
        if second is not None:
            await self._choose(problem, row, verdict, second, hand_in)
        elif self._asks == "all" and not self._dropped:
            self._mark(row, verdict, row, hand_in)

    def _is_disputed(self, verdict: Verdict) -> bool:
        """Whether another question is worth asking, as far as any may be asked."""
        return verdict.is_contradictory or (self._asks == "all" and verdict.standing == "disputed")

    def last(self) -> None:
        """Tell the person what a run whose bar is full still waits for, where that takes a while."""
        if self._open >= _WORTH_SAYING and not self._dropped:
            rows = counted(self._open, "row is", "rows are")
            self._say(f"Every problem has its row. {rows} still being verified; press Ctrl-C to end that.")

    def drop(self) -> None:
        """Judge nothing more and ask no further question; a question under way is finished."""
        self._dropped = True
        self._judges.drop()

    async def _judge(self, problem: Problem, row: Parsed) -> Verdict | None:
        verdict = await self._judges.judge(problem.position, row)
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
        self._count(first.row, second.row)
        return second.row

    def _count(self, first: Row, second: Row) -> None:
        """What the question cost: the second row's account includes the first's."""
        if first.meta is not None and second.meta is not None:
            service = second.meta.service
            self.spent[service] = self.spent.get(service, Tokens()) + (second.meta.tokens - first.meta.tokens)

    async def _choose(self, problem: Problem, first: Parsed, verdict: Verdict, second: Row, hand_in: HandIn) -> None:
        """Keep the row that less speaks against, the first of equals; marked where that is still anything."""
        if not isinstance(second, Parsed):  # on second thoughts nothing to draw: said of what cannot be drawn it counts
            if verdict.drawable:
                self._mark(first, verdict, second, hand_in)
            return
        again = verdict if _says_the_same(first, second) else await self._judge(problem, second)
        if again is None or again.drawable is None:
            return
        is_better = witnesses.weight(again) < witnesses.weight(verdict)
        if is_better and again.drawable and not self._is_disputed(again):
            self.fixed += 1
            self.standings[again.standing] += 1
        else:
            self._mark(second if is_better else first, again if is_better else verdict, second, hand_in)

    def _mark(self, row: Parsed, verdict: Verdict, last: Row, hand_in: HandIn) -> None:
        """The row once more, with what speaks against it, and with what all questions cost."""
        self.standings[verdict.standing] += 1
        marks: dict[str, object] = {"drawable": False} if verdict.drawable is False else {}
        if self._asks == "all":
            marks["disputed"] = witnesses.disputes(verdict, parses.of_parsed(row).conditions)
        if last.meta is not None:
            marks |= {"tokens": last.meta.tokens, "service": last.meta.service, "attempts": last.meta.attempts}
        hand_in(Answered(rewritten(row, timestamp(self._now()), **marks)))


def _says_the_same(one: Parsed, other: Parsed) -> bool:
    return (one.verification_conditions, one.required_objects) == (
        other.verification_conditions,
        other.required_objects,
    )
