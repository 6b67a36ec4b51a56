"""The driver's side: leases problems to workers, and has their rows for the pipeline.

In: problems (`answer`), a way to start workers. Out: rows, counts for the listener. To a pipeline it is extractor and
slots, to a command it is the limits: `close`, `retune`, `view`. It knows neither how frames travel nor what a worker
asks.

The error that ends one worker's work ends everybody's: all stop sending, what is in flight comes back, the rest stays
pending.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from importlib.metadata import version
from types import TracebackType
from typing import Final, Protocol, Self

import msgspec

from asyncgeo import config
from asyncgeo.config import Settings
from asyncgeo.errors import AsyncgeoError, UserError
from asyncgeo.llm.limits import View
from asyncgeo.llm.prices import Budget
from asyncgeo.run.cluster.crew import Crew, Worker
from asyncgeo.run.cluster.leases import Leases
from asyncgeo.run.cluster.messages import (
    Beat,
    Counted,
    Ended,
    Lease,
    Portion,
    Ready,
    Report,
    Reserve,
    Retune,
    Rows,
    Said,
    Settle,
    Setup,
    Stop,
    ended,
    error_of,
)
from asyncgeo.run.cluster.portions import Portions
from asyncgeo.run.cluster.till import Till
from asyncgeo.run.cluster.views import together
from asyncgeo.run.cluster.wire import Starts, Told
from asyncgeo.schema.records import Problem, Tokens, decode
from asyncgeo.store import raw_answers
from asyncgeo.store.raw_answers import Answered

_ECHO: Final = 10.0
"""Seconds within which the same words of another worker are no news: all learn of a limit at the same time."""


class Listens(Protocol):
    """Is told what the workers' clients do."""

    def event(self, name: str) -> None:
        """One of `requests`, `retries`, `rate_limited` happened."""
        ...

    def spend(self, tokens: Tokens) -> None:
        """The endpoint billed these tokens."""
        ...


class Fleet:
    """`async with Fleet(...) as fleet: await Pipeline(fleet, fleet, …).run(problems)`.

    Args:
        starts: the way to start workers.
        setup: what each is told first.
        size: how many there are to be.
        listener: is told what their clients do.
        table: divides the limit among them; None where there is none.
        budget: what they may spend together; None is no bound.
        say: is told in words what happens.
        warn: is told what the person should know: that a worker is lost.
        clock: seconds.
    """

    def __init__(  # noqa: PLR0913  every seam is a parameter
        self,
        starts: Starts,
        setup: Setup,
        size: int,
        *,
        listener: Listens,
        table: Portions | None = None,
        budget: Budget | None = None,
        say: Told = lambda _: None,
        warn: Told = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = setup.settings
        self._setup = msgspec.structs.replace(setup, settings=_part(setup.settings, size), metered=budget is not None)
        self._size = size
        self._listener = listener
        self._table = table
        self._till = None if budget is None else Till(budget, self.close)
        self._say = say
        self._clock = clock
        self._crew = Crew(starts, size, self, warn)
        self._leases = Leases()
        self._answers: dict[int, asyncio.Future[Answered]] = {}
        self._views: dict[str, View] = {}
        self._error: AsyncgeoError | None = None
        self._in_use = 0
        self._room: asyncio.Future[None] | None = None
        self._dealing = False
        self._echo: dict[str, tuple[str, float]] = {}

    async def __aenter__(self) -> Self:
        await self._crew.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._crew.__aexit__(kind, error, trace)

    # for the pipeline

    async def acquire(self) -> None:
        """Wait until a worker has room. Raises the error that ended the run."""
        while self._in_use >= self._leases.capacity:
            if self._error is not None:
                raise self._error
            self._room = asyncio.get_running_loop().create_future()
            await self._room
        self._in_use += 1

    def release(self) -> None:
        """A problem is through."""
        self._in_use -= 1
        self._look_for_room()

    async def answer(self, problem: Problem) -> Answered:
        """The row of `problem`, by whichever worker, and its raw answers where workers are to send them.

        Raises the error that ended the run before there was one.
        """
        if self._error is not None:
            raise self._error
        answer: asyncio.Future[Answered] = asyncio.get_running_loop().create_future()
        self._answers[problem.position] = answer
        self._leases.put(problem)
        self._deal_soon()
        try:
            return await answer
        finally:
            del self._answers[problem.position]

    # for the command

    def close(self, error: AsyncgeoError) -> None:
        """Nobody sends any more; what is in flight comes back, everything else is given `error`."""
        if self._error is not None:
            return
        self._error = error
        self._crew.closing = True
        self._crew.tell_all(Stop(ended(error)))
        self._turn_away(self._leases.withdraw(), error)
        self._look_for_room()

    def retune(self, limits: config.Limits) -> None:
        """Take over edited settings while running."""
        if limits == self._settings.limits:
            return
        self._settings = msgspec.structs.replace(self._settings, limits=limits)
        self._setup = msgspec.structs.replace(self._setup, settings=_part(self._settings, self._size))
        self._crew.tell_all(Retune(self._setup.settings.limits))

    def view(self) -> View:
        """The pace of all together now."""
        return together(list(self._views.values()), 1.0 if self._table is None else self._table.total)

    # for the crew

    def came(self, worker: Worker) -> None:
        """A worker was started: tell it what to ask with."""
        self._leases.join(worker.hand)
        worker.send(msgspec.structs.replace(self._setup, name=worker.name))

    def hear(self, worker: Worker, said: list[Report]) -> None:
        """A frame of a worker. Raises UserError when it is of another version."""
        for report in said:
            self._note(worker, report)
        self._deal_soon()
        self._look_for_room()

    def gone(self, worker: Worker) -> None:
        """What a worker has not answered goes to the others, or to nobody."""
        if self._error is not None:
            self._turn_away(self._leases.withdraw(worker.hand), self._error)
        self._leases.lose(worker.hand)
        self._deal_soon()
        if worker.end is None:
            self._views.pop(worker.name, None)
        if self._table is not None:
            self._table.leave(worker.name)
        if self._till is not None:
            self._till.gone(worker)

    # reports

    def _note(self, worker: Worker, report: Report) -> None:
        match report:
            case Rows():
                worker.hand.slots = report.slots
                for position, row in report.rows:
                    self._answer(worker, position, row, report.raws.get(position, b""))
            case Counted():
                self._count(report)
            case Beat():
                self._divide(worker, report)
            case Ready():
                self._welcome(worker, report)
            case Said():
                self._repeat(worker.name, report.text)
            case Reserve() | Settle():
                self._pay(worker, report)
            case Ended():
                worker.end = report
                if (error := error_of(report)) is not None:
                    self.close(error)

    def _answer(self, worker: Worker, position: int, row: bytes, answers: bytes) -> None:
        answer = self._answers.get(position) if self._leases.answered(worker.hand, position) else None
        if answer is not None and not answer.done():  # it is, where the run was cancelled
            answer.set_result(Answered(decode(row), raw_answers.decode(answers)))

    def _pay(self, worker: Worker, slip: Reserve | Settle) -> None:
        if self._till is None:
            return
        if isinstance(slip, Reserve):
            self._till.reserve(worker, slip)
        else:
            self._till.settle(worker, slip)

    def _count(self, counted: Counted) -> None:
        for name, times in counted.events.items():
            for _ in range(times):
                self._listener.event(name)
        if counted.tokens != Tokens():
            self._listener.spend(counted.tokens)

    def _divide(self, worker: Worker, beat: Beat) -> None:
        view = self._views[worker.name] = beat.view
        worker.hand.slots = view.slots
        if self._table is not None:
            share, pause = self._table.beat(worker.name, beat.demand, view.share, view.cool_down, self._clock())
            worker.send(Portion(beat.at, share, pause))

    def _welcome(self, worker: Worker, ready: Ready) -> None:
        here = version("asyncgeo")
        if ready.version != here:
            raise UserError(
                f"asyncgeo {ready.version} is installed on {ready.host}, and {here} here.",
                "Install the same version on every node.",
            )
        worker.ready = True
        self._say(f"{worker.name} is ready: process {ready.pid} on {ready.host}")

    def _repeat(self, name: str, text: str) -> None:
        """Say what a worker says, unless another has just said it."""
        now = self._clock()
        self._echo = {words: said for words, said in self._echo.items() if now - said[1] < _ECHO}
        if self._echo.setdefault(text, (name, now))[0] == name:
            self._say(f"{name}: {text}")

    # leasing

    def _deal_soon(self) -> None:
        """Once in a turn of the loop: what came together goes together."""
        if not self._dealing:
            self._dealing = True
            asyncio.get_running_loop().call_soon(self._deal)

    def _deal(self) -> None:
        self._dealing = False
        by_hand = {worker.hand: worker for worker in self._crew.workers}
        for hand, problems in self._leases.deal():
            by_hand[hand].send(Lease(problems))

    def _turn_away(self, problems: Iterable[Problem], error: AsyncgeoError) -> None:
        for problem in problems:
            answer = self._answers.get(problem.position)
            if answer is not None and not answer.done():
                answer.set_exception(error)

    def _look_for_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)


def _part(settings: Settings, size: int) -> Settings:
    """A worker's settings: its part of the requests in flight; the rates are divided as the run goes on."""
    limits = settings.limits
    most = -(-limits.max_concurrency // size)
    return msgspec.structs.replace(settings, limits=msgspec.structs.replace(limits, max_concurrency=most))
