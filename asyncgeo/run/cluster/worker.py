"""A worker: leased problems → answers, by a session of its own.

In: what the driver orders, by calling its methods. Out: reports. It keeps nothing on a disk and knows no other worker;
whether a failure was the problem's is for the driver to weigh. The API key is an argument of `begin`, passed from
memory to memory: it is in no constructor, which a cluster keeps, in no environment and in no log.
"""

import asyncio
import math
import os
import socket
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Final

from asyncgeo.config import LimitSettings, Settings
from asyncgeo.errors import AsyncgeoError
from asyncgeo.llm.limits import View
from asyncgeo.llm.prices import Tariff
from asyncgeo.run.cluster.budget import RemoteBudget, Slip
from asyncgeo.run.cluster.leases import NOTHING
from asyncgeo.run.made import ask
from asyncgeo.run.session import raise_file_limit, session
from asyncgeo.schema.records import Problem, Service, Tokens
from asyncgeo.store.raw_answers import Answered

BEAT: Final = 0.2  # seconds between reports, at most
_LEASE: Final = 1.5  # seconds after which a share that was not renewed is dropped, before others are given it
_LITTLE: Final = 0.02  # the share of a worker that has none: enough to learn the limits from headers
_GATHER: Final = 0.005  # seconds for which news are gathered: a report costs the driver as much as five rows


@dataclass(slots=True)
class Report:
    """What happened since the last report, the pace, and whether it could be higher."""

    answers: list[tuple[int, Answered | AsyncgeoError]] = field(default_factory=list)
    events: Counter[str] = field(default_factory=Counter)
    tokens: list[tuple[Tokens, Service]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    slip: Slip = field(default_factory=lambda: Slip([], []))
    hungry: bool = False
    view: View = NOTHING


class HeldShare:
    """The share of the limits that the driver gave, as `limits` asks for it."""

    def __init__(self) -> None:
        self._share, self._until, self.hungry_at = _LITTLE, -math.inf, -math.inf

    def share(self, now: float, *, hungry: bool) -> float:
        """The share now."""
        self.hungry_at = now if hungry else self.hungry_at
        return self._share if now < self._until else min(self._share, _LITTLE)

    def take(self, share: float, asked_at: float) -> None:
        """The answer to the report that was sent at `asked_at`."""
        self._share, self._until = max(_LITTLE, share), asked_at + _LEASE


class Worker:
    """The driver calls `hello`, `begin`, then `work` again and again; `stop` at any time."""

    def __init__(self) -> None:
        self._open = AsyncExitStack()
        self._news = asyncio.Event()
        self._held, self._budget, self._report = HeldShare(), RemoteBudget(self._news.set), Report()
        self._reported_at = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    async def hello(self) -> tuple[str, int, str]:
        """Its version, process and host."""
        return version("asyncgeo"), os.getpid(), socket.gethostname()

    async def begin(self, settings: Settings, key: str | None, *, offline: bool, tariff: Tariff | None) -> None:
        """Open a session; with a `tariff` each request is paid from the one budget. Raises UserError."""
        raise_file_limit(settings.limits.max_concurrency)
        budget, shares = None if tariff is None else self._budget, None if offline else self._held
        if tariff is not None:
            self._budget.tariff = tariff
        asking = session(settings, key, self, self.say, offline=offline, budget=budget, shares=shares)
        self._asking = await self._open.enter_async_context(asking)
        self._keep_raw = settings.output.keep_raw

    async def work(self, asked: list[Problem], granted: int, share: float, pause: float, pace: LimitSettings) -> Report:
        """Answer these too; `granted` more reservations hold. The report comes with news, or after a beat."""
        self._asking.limits.retune(pace)
        self._held.take(share, self._reported_at)
        if pause:
            self._asking.limits.cool_down(pause)
        self._budget.grant(granted)
        for problem in asked:
            task = asyncio.get_running_loop().create_task(self._answer(problem))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT):
                await self._news.wait()
                await asyncio.sleep(_GATHER)
        self._news.clear()
        report, self._report = self._report, Report()
        report.view, report.slip, self._reported_at = self._asking.limits.view(), self._budget.slip(), time.monotonic()
        report.hungry = self._reported_at - self._held.hungry_at <= BEAT
        return report

    async def stop(self, error: AsyncgeoError) -> None:
        """Send nothing more; what is in flight is finished, everything else is answered by this error."""
        self._asking.limits.close(error)
        self._budget.close(error)

    async def _answer(self, problem: Problem) -> None:
        """One problem, in a slot of its own."""
        await self._asking.limits.acquire()
        try:
            made = await ask(self._asking.extractor, problem)
            self._report.answers.append((problem.position, made if self._keep_raw else made._replace(raws=())))
        except AsyncgeoError as error:
            self._report.answers.append((problem.position, error))
        finally:
            self._asking.limits.release()
            self._news.set()

    def event(self, name: str) -> None:
        """It did something."""
        self._report.events[name] += 1
        self._news.set()

    def spend(self, tokens: Tokens, service: Service) -> None:
        """The endpoint billed these tokens; the answer follows."""
        self._report.tokens.append((tokens, service))

    def say(self, text: str) -> None:
        """What the person should know."""
        self._report.said.append(text)
        self._news.set()
