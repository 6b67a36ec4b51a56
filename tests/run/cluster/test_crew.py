import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from support import virtual

from asyncgeo.errors import AsyncgeoError, UserError
from asyncgeo.run.cluster.crew import LIVES, Crew, Worker
from asyncgeo.run.cluster.messages import Ended, Enough, Ready, Report, frame, orders
from asyncgeo.run.cluster.wire import SILENCE, WireLost


class Line:
    """A wire to a worker that says what it is given to say, and hears everything."""

    def __init__(self, *says: Report) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()
        self.heard: list[object] = []
        for report in says:
            self.inbox.put_nowait(frame([report]))

    def send(self, data: bytes) -> None:
        self.heard += orders(data)
        if Enough() in self.heard:
            self.inbox.put_nowait(frame([Ended()]))

    async def receive(self) -> bytes:
        return await self.inbox.get()


@dataclass
class Street:
    """Starts workers that are lines, one after the other; None is one that never comes."""

    lines: list[Line | None]
    started: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Line]:
        self.started.append(virtual.now())
        line = self.lines.pop(0) if self.lines else None
        if line is None:
            await asyncio.Event().wait()
            raise AssertionError
        yield line


class Owner:
    """Whose workers they are: notes everything."""

    def __init__(self, error: UserError | None = None) -> None:
        self.error = error
        self.closed: list[AsyncgeoError] = []
        self.gone_at: list[float] = []
        self.came_at: list[float] = []

    def came(self, worker: Worker) -> None:
        del worker
        self.came_at.append(virtual.now())

    def hear(self, worker: Worker, said: list[Report]) -> None:
        for report in said:
            worker.ready = worker.ready or isinstance(report, Ready)
            worker.end = report if isinstance(report, Ended) else worker.end
        if self.error is not None:
            raise self.error

    def gone(self, worker: Worker) -> None:
        del worker
        self.gone_at.append(virtual.now())

    def close(self, error: AsyncgeoError) -> None:
        self.closed.append(error)


READY = Ready("0", 1, "here")


def test_a_worker_that_falls_silent_is_replaced() -> None:
    """After so many seconds without a word it is as good as dead."""

    async def main() -> None:
        owner, street, said = Owner(), Street([Line(READY), Line(READY)]), list[str]()
        async with Crew(street, 1, owner, said.append):
            while len(owner.came_at) < 2:
                await asyncio.sleep(1)
        assert owner.gone_at[0] - owner.came_at[0] == pytest.approx(SILENCE)
        assert said == [
            "worker 1 is lost (not heard of for 15 s); what it had in hand is asked again, and another takes its place"
        ]

    virtual.run(main())


def test_a_worker_that_imports_for_long_is_not_silent() -> None:
    """Its first word may take longer than any other."""

    async def main() -> None:
        line = Line()
        owner, street = Owner(), Street([line])
        async with Crew(street, 1, owner, lambda _: None):
            await asyncio.sleep(3 * SILENCE)
            line.inbox.put_nowait(frame([READY]))
            await asyncio.sleep(1)
            assert not owner.gone_at
        assert Enough() in line.heard

    virtual.run(main())


def test_a_seat_is_filled_a_few_times() -> None:
    """Then it stays empty; the others go on, and when all are empty the owner is told."""

    async def main() -> None:
        class Dead(Line):
            async def receive(self) -> bytes:
                raise WireLost("killed by signal 9")

        owner, said = Owner(), list[str]()
        street = Street([Dead() for _ in range(LIVES)])
        async with Crew(street, 1, owner, said.append):
            await asyncio.sleep(1)
        assert len(street.started) == LIVES
        assert len(owner.closed) == 1
        assert "All workers are lost" in owner.closed[0].message
        assert said[-1].endswith("its place stays empty")

    virtual.run(main())


def test_nobody_is_waited_for_for_ever() -> None:
    """A cluster without a free core is an error that says so, not a run that stands still."""

    async def main() -> None:
        owner, street = Owner(), Street([])
        async with Crew(street, 2, owner, lambda _: None):
            while not owner.closed:
                await asyncio.sleep(1)
        assert "No worker has begun" in owner.closed[0].message
        assert "ray status" in owner.closed[0].remedy

    virtual.run(main())


def test_one_that_is_there_is_enough() -> None:
    """The others may come later, or never."""

    async def main() -> None:
        owner, line = Owner(), Line(READY)
        async with Crew(Street([line]), 2, owner, lambda _: None):
            for _ in range(40):
                await asyncio.sleep(SILENCE / 2)
                line.inbox.put_nowait(frame([READY]))
            assert not owner.closed
            began = virtual.now()
        assert virtual.now() == began  # nobody waits for a worker that is not ready

    virtual.run(main())


def test_a_worker_of_another_version_ends_the_run() -> None:
    """Another one would be the same: the owner's objection is told, not tried again."""

    async def main() -> None:
        owner, street = Owner(UserError("Another version.")), Street([Line(READY), Line(READY)])
        async with Crew(street, 1, owner, lambda _: None):
            await asyncio.sleep(1)
        assert owner.closed == [owner.error]
        assert len(street.started) == 1

    virtual.run(main())
