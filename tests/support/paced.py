"""A server in virtual time, and requests that pass `Limits` on their way to it: minutes of a run in a second.

In: how the server behaves, how much is asked. Out: when requests were sent, answered and refused. It knows no HTTP.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field

from asyncgeo.llm.limits import Limits, Outcome
from asyncgeo.llm.outcomes import Action, Decision
from asyncgeo.llm.rate_headers import RateHeaders, Window
from support import virtual

ROOM = RateHeaders(Window(6000, 5000, 10.0), Window(10**6, 10**6, 0.0))
"""What a server says whose windows have room."""


@dataclass
class Server:
    """It answers `slots` at a time, each in `latency` seconds; what is refused is refused after `refusing` seconds.

    Refused is what exceeds `limit` per second, and of the rest the share `stray`, whatever the rate, with a named
    `wait`; where that is for `everybody`, all that comes meanwhile is refused too.
    """

    latency: float = 0.3
    jitter: float = 0.0  # of the latency's logarithm
    slots: int = 10**6
    limit: float = 1e9
    stray: float = 0.0
    wait: float | None = None
    everybody: bool = False
    refusing: float = 0.01
    scarce: str = "requests"
    headers: RateHeaders | None = None  # with every reply
    usable: bool = True
    patient: bool = True  # whether a refused request keeps its wait
    seed: int = 1

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)
        self._level = (0.0, 0.0)
        self._shut_until = float("-inf")
        self._working = asyncio.Semaphore(self.slots)

    def refuses(self) -> bool:
        """Whether the request that comes now is refused."""
        now = virtual.now()
        if self.everybody and now < self._shut_until:
            return True
        left = max(0.0, self._level[1] - (now - self._level[0]) * self.limit)
        if left + 1 > max(1.0, self.limit / 4):
            return True
        if self._dice.random() < self.stray:
            self._shut_until = now + (self.wait or 0.0)
            return True
        self._level = (now, left + 1)
        return False

    async def answer(self) -> None:
        """Take the time of an answer, in the order of coming."""
        async with self._working:
            await asyncio.sleep(self.latency * self._dice.lognormvariate(0, self.jitter))

    def outcome(self, latency: float, *, refused: bool) -> Outcome:
        """What the client makes of a reply."""
        refusal = Decision("rate_limit", Action.COOL_DOWN, "429", after=self.wait, scarce=self.scarce)
        return Outcome(latency, refusal if refused else None, self.headers, usable=self.usable)


@dataclass
class Load:
    """Seconds since the first request: when each was sent, answered, refused; the most in flight, the longest wait."""

    sent: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    refusals: list[float] = field(default_factory=list)
    most: int = 0
    longest: float = 0.0

    def per_second(self, start: float, end: float) -> float:
        """Answers per second between two moments."""
        return sum(start <= moment < end for moment in self.answers) / (end - start)

    @property
    def refused(self) -> float:
        """The share of requests that was refused."""
        return len(self.refusals) / len(self.sent)


async def drive(limits: Limits, server: Server, more: Callable[[Load], bool]) -> Load:
    """Ask problem after problem while `more` says so; then wait for the last answer."""
    load, began, flying = Load(), virtual.now(), 0

    async def one() -> None:
        nonlocal flying
        while True:
            permit = await limits.admit(10)
            load.sent.append(permit.sent_at - began)
            flying += 1
            load.most = max(load.most, flying)
            no = server.refuses()
            await (asyncio.sleep(server.refusing) if no else server.answer())
            flying -= 1
            latency = virtual.now() - permit.sent_at
            (load.refusals if no else load.answers).append(virtual.now() - began)
            limits.observe(permit, server.outcome(latency, refused=no))
            limits.settle(permit, None if no else 10)
            if not no:
                load.longest = max(load.longest, latency)
                return limits.release()
            await limits.rest(server.wait if server.wait and server.patient else 0.0)

    async with asyncio.TaskGroup() as group:
        while more(load):
            await limits.acquire()
            group.create_task(one())
    return load


async def drive_for(limits: Limits, server: Server, seconds: float) -> Load:
    """Ask for so long."""
    end = virtual.now() + seconds
    return await drive(limits, server, lambda _: virtual.now() < end)


async def drive_through(limits: Limits, server: Server, count: int) -> Load:
    """Ask so many problems."""
    asked = iter(range(count))
    return await drive(limits, server, lambda _: next(asked, None) is not None)
