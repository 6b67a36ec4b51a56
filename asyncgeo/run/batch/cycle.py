"""The order of a batch run: submit, answer what is here, else wait; at the end what batches could not do, live.

In: a plan, and how rows are made. Out: rows; parts that are closed. What is asked live is inside the run's budget.
"""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from dataclasses import replace
from typing import Final, TypeVar

import msgspec

from asyncgeo.config import Settings
from asyncgeo.errors import AsyncgeoError, BudgetReached, Interrupted, UserError
from asyncgeo.llm.batch import BatchApi, NoBatchApiError, fatal
from asyncgeo.llm.batch_replies import used
from asyncgeo.llm.negotiation import Negotiation
from asyncgeo.llm.prompts import Prompt
from asyncgeo.run.batch import sort
from asyncgeo.run.batch.budget import BatchBudget, batch_quote
from asyncgeo.run.batch.context import BatchContext
from asyncgeo.run.batch.cut import TRIES
from asyncgeo.run.batch.sort import Sorted
from asyncgeo.run.batch.submit import Submitter
from asyncgeo.run.batch.wait import Waiter
from asyncgeo.run.plan import BatchAnswers, Batching, Plan
from asyncgeo.run.session import NO_KEY, prompt_of, with_headers
from asyncgeo.run.signals import answering_signals
from asyncgeo.schema.records import Tokens
from asyncgeo.schema.words import counted, money, short
from asyncgeo.store.batches import BatchLedger, Part
from asyncgeo.store.events import Progress, now, summed

_SERVICE: Final = "service_tier"
"""A member that chooses a service of live requests; a batch is one of its own."""

T = TypeVar("T")
RowMaker = Callable[[Plan], Awaitable[Progress]]
"""Makes rows of the problems of a plan, as any run does."""


class BatchRun:
    """One start of `run --batch`.

    Args:
        plan: what is wanted, and what is there.
        answer: makes rows; may raise what a run raises.
        say: takes a sentence for the person and the log.
        signals: whether Ctrl-C is ours to answer.
        command: what was typed.
    """

    def __init__(
        self, plan: Plan, answer: RowMaker, say: Callable[[str], None], *, signals: bool, command: tuple[str, ...]
    ) -> None:
        self._how = plan.wanted.batch or Batching()
        self._answer = answer
        self._say = say
        self._signals = signals
        self._command = command
        settings = plan.settings
        self._context = BatchContext(
            plan=plan,
            ledger=BatchLedger(plan.folder, command, str(plan.problems.path.absolute())),
            api=BatchApi(with_headers(settings), plan.key or NO_KEY, settings.retry, say),
            budget=BatchBudget(plan.folder, plan.wanted, batch_quote(settings)),
            prompt=_prompt_of(settings),
            negotiation=Negotiation(settings.api.response_format, say=say),
            say=say,
        )
        self._submitter, self._waiter = Submitter(self._context), Waiter(self._context)
        self._outside: set[str] = set()  # parts with problems beyond --start and --end
        self._left: set[str] = set()  # stay pending
        self._is_stopped = False
        self._seen: list[Progress] = []
        self._spent, self._cost = Tokens(), 0.0

    async def go(self) -> None:
        """Everything, or with `submit_only` the first stage.

        Raises UserError before anything is sent where the endpoint has no Batch API, Stopped and Interrupted with
        everything on the disk.
        """
        async with self._context.api:
            await self._guarded(self._check())
            with self._context.ledger:
                self._context.ledger.clear_strays()
                self._context.remember()
                await self._to_the_end()

    def total(self) -> Progress:
        """What this start did: its live questions, and the batches that it collected; `waiting` stay pending."""
        seen = summed(self._seen) or Progress(at=now())
        return msgspec.structs.replace(
            seen,
            waiting=len(self._left),
            input_tokens=seen.input_tokens + self._spent.input,
            cached_tokens=seen.cached_tokens + self._spent.cached,
            output_tokens=seen.output_tokens + self._spent.output,
            cost=None if self._context.budget.price is None else (seen.cost or 0.0) + self._cost,
        )

    async def _check(self) -> None:
        try:
            await self._context.api.check()
        except NoBatchApiError as error:
            raise UserError(
                f"{self._context.plan.settings.api.base_url} has no Batch API ({error}); nothing was sent.",
                "Leave --batch out, or name an endpoint that has /v1/batches.",
            ) from None

    async def _to_the_end(self) -> None:
        """The cycle; a Ctrl-C between two stretches that answer it themselves is one all the same."""
        try:
            await self._cycle()
        except asyncio.CancelledError:
            if not self._signals:
                raise
            raise self._with_way_on(Interrupted("Interrupted.")) from None

    async def _cycle(self) -> None:
        while True:
            await self._guarded(self._submitter.submit())
            if self._how.submit_only:
                self._leave()
                return
            if self._context.free or self._collected():
                await self._answer_all()
            elif self._context.waiting():
                await self._guarded(self._waiter.look())
            elif not await self._finish():
                return

    def _leave(self) -> None:
        """Submitting is over: what found no room or no money is said."""
        if self._submitter.has_more():
            if not self._context.waiting():
                raise self._too_dear()
            self._say("Not everything is submitted: the rest needs room in the account's queue, or a higher --budget.")

    # answering

    def _collected(self) -> list[Part]:
        return [part for part in self._context.all.open if part.collected and part.name not in self._outside]

    async def _answer_all(self) -> None:
        """Rows of everything that is there, then the parts are closed."""
        plan = self._context.fresh()
        results = [(part, self._sort(plan, part)) for part in self._collected()]
        replies = {identifier: first for _, result in results for identifier, first in result.replies.items()}
        only = frozenset(replies) | self._context.free
        self._context.free.clear()
        if only:
            await self._ask(BatchAnswers(only, replies))
        for part, result in results:
            self._conclude(part, result)
        stop = next((result.stop for _, result in results if result.stop is not None), None)
        if stop is not None:
            raise self._with_way_on(fatal(stop, plan.settings.api.base_url))

    def _sort(self, plan: Plan, part: Part) -> Sorted:
        """What the answers of a part come to, for those of its problems that have no verdict yet; their cost, once."""
        found = sort.read(plan.folder, part, plan.settings.api.max_completion_tokens)
        self._settle(part, len(found), used(found.values()))
        ids, handled = set(part.ids()), self._context.handled
        mine = (each for each in plan.problems.identifiers(*plan.span) if each in ids and each not in handled)
        wanted = frozenset(filter(plan.is_in_batch, mine))
        problems = plan.problems.read(wanted=(ids if part.planned.packed else wanted).__contains__)
        return sort.sort(problems, wanted, part.planned, found, self._context.negotiation, alone=self._how.alone)

    def _settle(self, part: Part, number: int, spent: Tokens) -> None:
        """What a part did cost, into the account."""
        cost, source = self._context.budget.settle(part.name, spent), self._context.budget.source
        self._spent, self._cost = self._spent + spent, self._cost + (cost or 0.0)
        billed = "" if cost is None else f", {money(cost)} (price: {source})"
        self._say(
            f"Batch {part.name} is here: {number:,} of {counted(len(part.planned.requests()), 'request')} came back, "
            f"{short(spent.input)} tokens in, {short(spent.output)} out{billed}."
        )

    async def _ask(self, served: BatchAnswers) -> None:
        """An ordinary run over these problems; its questions are asked live, unless none may be (`run/review`)."""
        context = self._context
        wanted = replace(context.plan.wanted, limit=None, budget=context.budget.allowance())
        plan = replace(context.plan, wanted=wanted, served=served, pending=len(served.only))
        seen = await self._answer(plan)
        context.handled |= served.only
        context.budget.spend(f"run {len(self._seen)}", seen.cost or 0.0)
        self._seen.append(seen)

    def _conclude(self, part: Part, result: Sorted) -> None:
        """The part is closed, unless problems of it lie beyond this run's range."""
        self._left |= set(result.left)
        if self._reaches_beyond(part):
            self._outside.add(part.name)
            self._say(f"Batch {part.name} holds problems beyond --start and --end; without them they are collected.")
            return
        is_cancelled = part.seen is not None and part.seen.state == "cancelled"
        if is_cancelled:  # somebody did not want them asked: not by this start, at least
            self._left |= set(result.again)
        self._context.handled |= self._left
        self._context.close(part, () if is_cancelled else tuple(result.again))
        for number, what in (
            (len(result.again), "pending as before"),
            (len(result.left), "left pending, for want of another question"),
        ):
            if number:
                self._say(f"Batch {part.name}: {counted(number, 'problem')} {what}.")

    def _reaches_beyond(self, part: Part) -> bool:
        plan = self._context.plan
        if plan.wanted.start is None and plan.wanted.end is None:
            return False
        mine = set(plan.problems.identifiers(*plan.span))
        return any(identifier not in mine for identifier in part.ids())

    async def _finish(self) -> bool:
        """Nothing is under way any more: whether the cycle goes on. Raises BudgetReached where money is lacking."""
        plan, context = self._context.fresh(), self._context
        tired = frozenset(
            each
            for each in plan.problems.identifiers(*plan.span)
            if context.all.again[each] >= TRIES and each not in context.handled and plan.is_pending(each)
        )
        if tired and not self._how.alone:
            what = counted(len(tired), "problem")
            self._say(f"{what} came back without an answer {TRIES} times: asked live.")
            await self._ask(BatchAnswers(tired, {}))
            return True
        if not self._submitter.has_more():
            return bool(context.free)
        raise self._too_dear()

    def _too_dear(self) -> AsyncgeoError:
        return self._with_way_on(
            BudgetReached(
                f"The budget does not cover another batch: {money(self._context.budget.free())} of it are left.",
                "Go on with a higher --budget, or with --budget +N for N USD more; what is finished is kept.",
            )
        )

    # Ctrl-C

    async def _guarded(self, work: Coroutine[None, None, T]) -> T:
        """The work, which Ctrl-C ends at once: what the endpoint has goes on there, and is on our disk."""
        task = asyncio.ensure_future(work)

        def stop(_: Interrupted) -> None:
            self._is_stopped = True  # the task may have ended just now
            task.cancel()

        try:
            with answering_signals(task, stop) if self._signals else nullcontext():
                result = await task
            if self._is_stopped:
                raise Interrupted("Interrupted.")
            return result  # noqa: TRY300
        except AsyncgeoError as error:
            raise self._with_way_on(error) from None

    def _with_way_on(self, error: AsyncgeoError) -> AsyncgeoError:
        """The error with what goes on without us, and the command that waits for it."""
        parts = [part for part in self._context.waiting() if part.batch is not None]
        if parts:
            held = counted(sum(len(part.planned.items) for part in parts), "problem")
            goes_on = f"At the endpoint {counted(len(parts), 'batch', 'batches')} with {held} will go on."
            error.message = (
                f"Interrupted. {goes_on}" if isinstance(error, Interrupted) else f"{error.message} {goes_on}"
            )
        if self._command and not isinstance(error, UserError):
            error.remedy = "\n".join(filter(None, (error.remedy, f"Go on with: {shlex.join(self._command)}")))
        return error


def _prompt_of(settings: Settings) -> Prompt:
    """As a live first question, without what chooses a service."""
    api = settings.api
    extra = {name: value for name, value in api.extra.items() if name != _SERVICE}
    bare = msgspec.structs.replace(settings, api=msgspec.structs.replace(api, extra=extra))
    return prompt_of(bare, packed=api.pack > 1)
