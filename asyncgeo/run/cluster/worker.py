"""A worker: leased problems → rows, by a session and a pipeline of its own.

In: orders from the driver. Out: rows, counts, beats. It keeps nothing on a disk, it opens no shard, and it knows no
other worker; its share of the limit and the pauses of all come from the driver. When the driver is gone it drops what
it does and ends: nobody would take its rows.
"""

import asyncio
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, suppress
from importlib.metadata import version
from os import getpid
from typing import Final, NoReturn, Protocol

from asyncgeo.config import Limits as Ceilings
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm.limits import Limits, View
from asyncgeo.run.cluster.messages import (
    Beat,
    Counted,
    Ended,
    Enough,
    Granted,
    Lease,
    Order,
    Portion,
    Ready,
    Report,
    Retune,
    Rows,
    Said,
    Setup,
    Stop,
    ended,
    error_of,
    frame,
    orders,
)
from asyncgeo.run.cluster.portions import BEAT, Held
from asyncgeo.run.cluster.purse import Purse
from asyncgeo.run.cluster.views import demand
from asyncgeo.run.cluster.wire import Wire, WireLost
from asyncgeo.run.evidence import Unweighed
from asyncgeo.run.pipeline import Answers, Item, Pipeline
from asyncgeo.schema.records import Problem, Row, Tokens

_GATHER: Final = 0.005
"""Seconds for which reports are gathered into one frame: a frame costs the driver as much as five rows."""
_SAME: Final = 0.1
"""Seconds by which the pause of all must be longer than one's own to be news."""


class Asking(Protocol):
    """What a worker needs of a session."""

    @property
    def limits(self) -> Limits:
        """Slots, and leave to send."""
        ...

    @property
    def extractor(self) -> Answers:
        """Makes rows."""
        ...


Compose = Callable[[Setup, "Outbox", Held, Purse | None], AbstractAsyncContextManager[Asking]]
"""Puts a session together: what to ask with, whom to tell, its share of the limits, who pays."""


class Outbox:
    """What goes to the driver: the pipeline's rows, the client's counts, gathered into frames."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._reports: list[Report] = []
        self._rows: list[tuple[int, bytes]] = []
        self._raws: dict[int, bytes] = {}
        self._events: Counter[str] = Counter()
        self._tokens = Tokens()
        self._timer: asyncio.TimerHandle | None = None
        self.slots: Callable[[], int] = int
        self.refused = asyncio.Event()

    async def append(self, items: list[Item]) -> None:
        """Rows, and their raw answers, to be written by the driver."""
        self._rows += [(item.position, item.row) for item in items]
        self._raws |= {item.position: item.raws for item in items if item.raws}
        self._soon()

    async def sync(self) -> None:
        """Nothing: the driver's disk is the driver's."""

    def row(self, row: Row) -> None:
        """Nothing: the driver counts rows when it has them."""

    def waits(self, row: Row) -> None:
        """Nothing: the driver weighs the rows of all workers."""

    def probed(self, identifier: str, *, usable: bool) -> None:
        """Nothing: the driver probes."""

    def event(self, name: str) -> None:
        """The client did something; a 429 is told to all without delay."""
        self._events[name] += 1
        if name == "rate_limited":
            self.refused.set()
        self._soon()

    def spend(self, tokens: Tokens) -> None:
        """The endpoint billed these tokens."""
        mine = self._tokens
        self._tokens = Tokens(mine.input + tokens.input, mine.cached + tokens.cached, mine.output + tokens.output)
        self._soon()

    def say(self, text: str) -> None:
        """What the person should know."""
        self.tell(Said(text))

    def tell(self, report: Report) -> None:
        """One more report."""
        self._reports.append(report)
        self._soon()

    def flush(self) -> None:
        """Send what is there."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        reports, self._reports = self._reports, []
        if self._events or self._tokens.input:
            reports.append(Counted(dict(self._events), self._tokens))
            self._events.clear()
            self._tokens = Tokens()
        if self._rows:  # after what they cost, so that counts are never behind
            reports.append(Rows(self._rows, self.slots(), self._raws))
            self._rows, self._raws = [], {}
        if reports:
            self._wire.send(frame(reports))

    def _soon(self) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_GATHER, self.flush)


async def work(wire: Wire, compose: Compose) -> None:
    """Answer what is leased until there is no more, or the run ends, or the driver is gone."""
    outbox = Outbox(wire)
    with suppress(WireLost):
        (setup, *rest) = orders(await wire.receive())
        if not isinstance(setup, Setup):
            raise TypeError(f"the first order is {type(setup).__name__}, not Setup")
        end = await _answer_all(setup, rest, wire, outbox, compose)
        outbox.flush()  # rows and bills before the end
        outbox.tell(end)
        outbox.flush()


async def _answer_all(setup: Setup, rest: list[Order], wire: Wire, outbox: Outbox, compose: Compose) -> Ended:
    held = Held()
    price = setup.settings.prices.get(setup.settings.api.model) if setup.metered else None
    purse = None if price is None else Purse(price, outbox.tell)
    try:
        async with compose(setup, outbox, held, purse) as asking:
            keep_raw = setup.settings.output.keep_raw
            await _Work(wire, outbox, asking, held, purse, keep_raw=keep_raw).run(rest)
    except AsyncgeoError as error:
        return ended(error)
    return Ended()


class _Work:
    """The pipeline of a worker, and what goes on beside it."""

    def __init__(
        self, wire: Wire, outbox: Outbox, asking: Asking, held: Held, purse: Purse | None, *, keep_raw: bool
    ) -> None:
        self._wire = wire
        self._outbox = outbox
        self._limits = asking.limits
        self._held = held
        self._purse = purse
        self._inbox: asyncio.Queue[Problem | None] = asyncio.Queue()
        self._pipeline = Pipeline(
            asking.extractor, asking.limits, outbox, outbox, fsync_interval=0, keep_raw=keep_raw, evidence=Unweighed()
        )
        self._clock = time.monotonic
        outbox.slots = lambda: self._limits.view().slots

    async def run(self, rest: list[Order]) -> None:
        """Until the inbox ends or the run does. Raises the error that ends the run, or WireLost."""
        self._outbox.tell(Ready(version("asyncgeo"), getpid(), socket.gethostname()))
        for order in rest:
            self._obey(order)
        try:
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(self._listen()), group.create_task(self._beat_on())]
                try:
                    await self._pipeline.run(self._leased())
                finally:
                    for task in beside:
                        task.cancel()
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from None  # a pipeline raises one error, and its neighbours none beside it

    async def _leased(self) -> AsyncIterator[Problem]:
        while (problem := await self._inbox.get()) is not None:
            yield problem

    async def _listen(self) -> NoReturn:
        while True:
            for order in orders(await self._wire.receive()):
                self._obey(order)

    def _obey(self, order: Order) -> None:
        match order:
            case Lease():
                for problem in order.problems:
                    self._inbox.put_nowait(problem)
            case Portion():
                self._apply(order.share, order.cool_down, order.at)
            case Granted() if self._purse is not None:
                for number in order.holds:
                    self._purse.granted(number)
            case Retune():
                self._retune(order.limits)
            case Stop():
                self._stop(error_of(order.error))
            case Enough():
                self._inbox.put_nowait(None)
            case _:
                pass

    def _retune(self, ceilings: Ceilings) -> None:
        self._limits.retune(ceilings)

    def _stop(self, error: AsyncgeoError | None) -> None:
        if error is None:
            return
        self._pipeline.stop(error)
        self._limits.close(error)
        if self._purse is not None:
            self._purse.close(error)
        self._inbox.put_nowait(None)  # for a pipeline that has not begun

    # the beat

    async def _beat_on(self) -> NoReturn:
        while True:
            await self._beat()
            with suppress(TimeoutError):
                async with asyncio.timeout(BEAT):
                    await self._outbox.refused.wait()
            self._outbox.refused.clear()

    async def _beat(self) -> None:
        view, now = self._limits.view(), self._clock()
        wanted = demand(view, hungry=self._held.was_hungry())
        self._outbox.tell(Beat(now, view, wanted))
        self._outbox.flush()

    def _apply(self, share: float, pause: float, at: float) -> None:
        self._held.take(share, at)
        if pause > self._cool_down() + _SAME:
            self._limits.cool_down(pause)

    def _cool_down(self) -> float:
        view: View = self._limits.view()
        return view.cool_down
