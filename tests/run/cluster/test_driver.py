import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import pytest
from support.workers import Here, Kept, Near, problems, settings_for

from asyncgeo import config
from asyncgeo.errors import BudgetReached, Fatal, Interrupted, Stopped
from asyncgeo.llm import prices
from asyncgeo.llm.limits.concurrency import START
from asyncgeo.run.cluster.driver import LIVES, Driver
from asyncgeo.run.cluster.worker import Worker
from asyncgeo.run.pipeline import Pipeline
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Problem
from asyncgeo.simulator import Endpoint, Options

PATIENCE = 60
"""Seconds after which a run that hangs fails its test."""


class Run:
    """A run of `size` workers: its rows, its counts, and what it says."""

    def __init__(
        self, endpoint: Endpoint, size: int, *, budget: float | None = None, here: Here | None = None, **limits: object
    ) -> None:
        settings = settings_for(endpoint, **limits)
        tariff: prices.Tariff = {"standard": settings.prices[settings.api.model]}
        self.budget = prices.Budget(tariff, math.inf if budget is None else budget)
        self.here = here or Here(settings, tariff=None if budget is None else self.budget.tariff)
        self.folder = TemporaryDirectory()
        self.kept, self.tally, self.said = Kept(), Tally(20_000), list[str]()
        self.driver = Driver(
            size,
            settings.limits,
            Path(self.folder.name) / "limit-test.sqlite",
            self.budget,
            self.tally,
            self.said.append,
            self.said.append,
        )
        self.pipeline = Pipeline(self.driver, self.driver, self.kept, self.tally, fsync_interval=1.0)

    async def ask(self, given: Iterable[Problem]) -> None:
        """All of them, to the end."""
        with self.folder:
            async with asyncio.timeout(PATIENCE), self.driver.working(self.here.start):
                await self.pipeline.run(given)


async def test_every_problem_is_asked_once_and_every_count_arrives() -> None:
    """Three workers, one set of rows; requests and tokens are counted as one process would count them."""
    async with Endpoint(Options(latency=0.01)) as endpoint:
        run = Run(endpoint, 3)
        await run.ask(problems(200))
        assert set(endpoint.stats.problems.values()) == {1}
        assert run.tally.progress().requests == endpoint.stats.requests == 200
        assert run.tally.progress().output_tokens == endpoint.stats.completion_tokens
    assert {position: row.id for position, row in run.kept.rows.items()} == {n: str(n) for n in range(200)}
    assert run.kept.appended == 200


async def test_a_problem_is_not_read_before_a_worker_has_room() -> None:
    """However many problems there are, as many are leased as slots, and a small number ahead of each worker."""
    read = 0

    def endless() -> Iterator[Problem]:
        nonlocal read
        for problem in problems(5000):
            read += 1
            yield problem

    async with Endpoint(Options(latency=30.0)) as endpoint:
        work = asyncio.create_task(Run(endpoint, 2, max_concurrency=20).ask(endless()))
        while endpoint.stats.requests < 16:
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert 16 <= read <= 2 * (10 + 16) + 1


async def test_what_was_leased_to_a_lost_worker_is_asked_again() -> None:
    """A worker that dies costs requests in flight, no row; another takes its place."""
    async with Endpoint(Options(latency=0.02)) as endpoint:
        run = Run(endpoint, 2)
        work = asyncio.create_task(run.ask(problems(300)))
        while run.kept.appended < 60:
            await asyncio.sleep(0)
        await run.here.running[0].lose()
        await work
        assert 300 <= endpoint.stats.requests < 600
    assert len(run.kept.rows) == run.kept.appended == 300
    assert run.here.started == 3
    assert any("is lost" in each and "another takes its place" in each for each in run.said)


async def test_workers_that_all_die_end_the_run() -> None:
    """Each place is filled a few times, then the run ends with what to do; no problem gets a row for it."""

    class Dying(Here):
        @asynccontextmanager
        async def start(self, name: str, limits: config.LimitSettings) -> AsyncIterator[Worker]:
            async with super().start(name, limits) as worker:
                await cast("Near", worker).lose()
                yield worker

    async with Endpoint() as endpoint:
        run = Run(endpoint, 2, here=Dying(settings_for(endpoint)))
        with pytest.raises(Stopped, match="All workers are lost"):
            await run.ask(problems(10))
    assert run.here.started == 2 * LIVES
    assert not run.kept.rows
    assert sum("its place stays empty" in each for each in run.said) == 2


async def test_a_worker_that_cannot_begin_ends_the_run() -> None:
    """Another would fail like it: the error is the run's, not tried again."""

    class Refusing(Here):
        @asynccontextmanager
        async def start(self, name: str, limits: config.LimitSettings) -> AsyncIterator[Worker]:
            async with super().start(name, limits) as worker:
                if self.started:
                    raise Stopped(f"{name} of another version.")
                yield worker

    async with Endpoint() as endpoint:
        run = Run(endpoint, 1, here=Refusing(settings_for(endpoint)))
        with pytest.raises(Stopped, match="another version"):
            await run.ask(problems(10))
    assert run.here.started == 1


async def test_a_dead_key_ends_everybodys_work() -> None:
    """One worker is refused; all stop, the refusal is the run's, and everything stays pending."""
    async with Endpoint(Options(api_key="sk-another-key-altogether", latency=0.01)) as endpoint:
        run = Run(endpoint, 2)
        with pytest.raises(Fatal) as caught:
            await run.ask(problems(500))
        assert endpoint.stats.requests <= 2 * START  # what may be in flight before the first answer
    assert caught.value.kind == "authentication"
    assert "OPENAI_API_KEY" in caught.value.remedy
    assert not run.kept.rows


async def test_an_interrupt_awaits_what_is_in_flight() -> None:
    """After `close` nothing is sent; every answer that was paid for has its row."""
    async with Endpoint(Options(latency=0.05)) as endpoint:
        run = Run(endpoint, 2)
        work = asyncio.create_task(run.ask(problems(2000)))
        while run.kept.appended < 50:
            await asyncio.sleep(0)
        error = Interrupted("Interrupted.")
        run.pipeline.stop(error)
        run.driver.close(error)
        with pytest.raises(Interrupted):
            await work
        assert run.kept.appended == sum(endpoint.stats.answered.values()) == endpoint.stats.requests < 2000


async def test_one_budget_holds_over_all_workers() -> None:
    """Together they spend no more than one process would, and the run ends when the next request may cost too much."""
    async with Endpoint(Options(latency=0.01)) as endpoint:
        run = Run(endpoint, 3, budget=0.5)
        with pytest.raises(BudgetReached, match=r"budget of \$0.50"):
            await run.ask(problems(500))
    seen = run.tally.progress()
    spent = run.budget.cost(seen.tokens, "standard")
    assert run.budget.spent == pytest.approx(spent)
    assert 0 < spent <= 0.5
    assert len(run.kept.rows) == run.tally.progress().requests


async def test_edited_limits_reach_every_worker() -> None:
    """What the person writes into config.toml while a run goes on is everybody's limit, divided."""
    async with Endpoint(Options(latency=0.01)) as endpoint:
        run = Run(endpoint, 2, requests_per_minute=600)
        work = asyncio.create_task(run.ask(problems(20_000)))
        for rpm in (600, 12_000):
            run.driver.retune(settings_for(endpoint, requests_per_minute=rpm, max_concurrency=50).limits)
            while (run.driver.view().requests_limit or 0) != pytest.approx(rpm):
                await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
