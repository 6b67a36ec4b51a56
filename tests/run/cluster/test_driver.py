import asyncio
from collections.abc import Iterator

import pytest
from support.crews import Here, Kept, problems, setup_for

from asyncgeo.errors import BudgetReached, Fatal, Interrupted, Stopped
from asyncgeo.llm import prices
from asyncgeo.run.cluster import Fleet, Portions, Setup
from asyncgeo.run.cluster.crew import LIVES
from asyncgeo.run.cluster.local import Stream
from asyncgeo.run.pipeline import Pipeline
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Problem, Tokens
from asyncgeo.simulator import Endpoint, Options

PATIENCE = 60
"""Seconds after which a fleet that hangs fails its test."""


async def ask(fleet: Fleet, given: Iterator[Problem] | list[Problem], kept: Kept, tally: Tally) -> None:
    async with asyncio.timeout(PATIENCE), fleet:
        await Pipeline(fleet, fleet, kept, tally, fsync_interval=1.0).run(given)


def fleet_of(
    starts: Here, setup: Setup, size: int, tally: Tally, said: list[str], budget: prices.Budget | None = None
) -> Fleet:
    return Fleet(
        starts, setup, size, listener=tally, table=Portions(), budget=budget, say=said.append, warn=said.append
    )


def test_every_problem_is_asked_once_and_every_count_arrives() -> None:
    """Three workers, one set of rows; requests and tokens are counted as one process would count them."""

    async def main() -> None:
        tally, kept, said = Tally(200), Kept(), list[str]()
        async with Endpoint(Options(latency=0.01)) as endpoint:
            fleet = fleet_of(Here(), setup_for(endpoint), 3, tally, said)
            await ask(fleet, problems(200), kept, tally)
            assert set(endpoint.stats.problems.values()) == {1}
            assert tally.progress().requests == endpoint.stats.requests == 200
            assert tally.progress().output_tokens == endpoint.stats.completion_tokens
        assert {position: row.id for position, row in kept.rows.items()} == {n: str(n) for n in range(200)}
        assert kept.appended == 200
        assert sum("is ready" in each for each in said) == 3

    asyncio.run(main())


def test_a_problem_is_not_read_before_a_worker_has_room() -> None:
    """However many problems there are, as many are in hand as slots, and a small number ahead of each worker."""

    async def main() -> None:
        read = 0

        def endless() -> Iterator[Problem]:
            nonlocal read
            for problem in problems(5000):
                read += 1
                yield problem

        async with Endpoint(Options(latency=30.0)) as endpoint:
            tally = Tally(5000)
            fleet = fleet_of(Here(), setup_for(endpoint, max_concurrency=20), 2, tally, [])
            async with asyncio.timeout(PATIENCE), fleet:
                work = asyncio.create_task(Pipeline(fleet, fleet, Kept(), tally, fsync_interval=1.0).run(endless()))
                while endpoint.stats.requests < 16:
                    await asyncio.sleep(0)
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)
        assert 16 <= read <= 2 * (10 + 16) + 1

    asyncio.run(main())


def test_what_a_lost_worker_had_in_hand_is_asked_again() -> None:
    """A worker that dies costs requests in flight, no row; another takes its place."""

    async def main() -> None:
        tally, kept, said, here = Tally(300), Kept(), list[str](), Here()
        async with Endpoint(Options(latency=0.02)) as endpoint:
            fleet = fleet_of(here, setup_for(endpoint), 2, tally, said)
            work = asyncio.create_task(ask(fleet, problems(300), kept, tally))
            while kept.appended < 60:
                await asyncio.sleep(0)
            here.lose()
            await work
            assert 300 <= endpoint.stats.requests < 600
        assert len(kept.rows) == kept.appended == 300
        assert here.started == 3
        assert any("is lost" in each and "another takes its place" in each for each in said)

    asyncio.run(main())


def test_workers_that_all_die_end_the_run() -> None:
    """Each place is filled a few times, then the run ends with what to do; no problem gets a row for it."""

    async def main() -> None:
        class Dying(Here):
            async def _work(self, wire: Stream) -> None:
                await wire.close()

        tally, kept, said, here = Tally(10), Kept(), list[str](), Dying()
        async with Endpoint() as endpoint:
            with pytest.raises(Stopped, match="All workers are lost"):
                await ask(fleet_of(here, setup_for(endpoint), 2, tally, said), problems(10), kept, tally)
        assert here.started == 2 * LIVES
        assert not kept.rows
        assert sum("its place stays empty" in each for each in said) == 2

    asyncio.run(main())


def test_a_dead_key_ends_everybodys_work() -> None:
    """One worker is refused; all stop, the refusal is the run's, and everything stays pending."""

    async def main() -> None:
        tally, kept = Tally(500), Kept()
        async with Endpoint(Options(api_key="sk-another-key-altogether", latency=0.01)) as endpoint:
            with pytest.raises(Fatal) as caught:
                await ask(fleet_of(Here(), setup_for(endpoint), 2, tally, []), problems(500), kept, tally)
            assert endpoint.stats.requests <= 16  # what may be in flight before the first answer
        assert caught.value.kind == "authentication"
        assert "OPENAI_API_KEY" in caught.value.remedy
        assert not kept.rows

    asyncio.run(main())


def test_an_interrupt_awaits_what_is_in_flight() -> None:
    """After `close` nobody sends; every answer that was paid for has its row."""

    async def main() -> None:
        tally, kept = Tally(2000), Kept()
        async with Endpoint(Options(latency=0.05)) as endpoint:
            fleet = fleet_of(Here(), setup_for(endpoint), 2, tally, [])
            pipeline = Pipeline(fleet, fleet, kept, tally, fsync_interval=1.0)
            async with asyncio.timeout(PATIENCE), fleet:
                work = asyncio.create_task(pipeline.run(problems(2000)))
                while kept.appended < 50:
                    await asyncio.sleep(0)
                error = Interrupted("Interrupted.")
                pipeline.stop(error)
                fleet.close(error)
                with pytest.raises(Interrupted):
                    await work
            assert kept.appended == sum(endpoint.stats.answered.values()) == endpoint.stats.requests < 2000

    asyncio.run(main())


def test_one_budget_holds_over_all_workers() -> None:
    """Together they spend no more than one process would, and the run ends when the next request may cost too much."""

    async def main() -> None:
        tally, kept = Tally(500), Kept()
        async with Endpoint(Options(latency=0.01)) as endpoint:
            setup = setup_for(endpoint)
            budget = prices.Budget(next(iter(setup.settings.prices.values())), limit=0.5)
            with pytest.raises(BudgetReached, match=r"budget of \$0.50"):
                await ask(fleet_of(Here(), setup, 3, tally, [], budget), problems(500), kept, tally)
        seen = tally.progress()
        spent = prices.cost(budget.price, Tokens(seen.input_tokens, seen.cached_tokens, seen.output_tokens))
        assert budget.spent == pytest.approx(spent)
        assert 0 < spent <= 0.5
        assert len(kept.rows) == tally.progress().requests

    asyncio.run(main())


def test_edited_limits_reach_every_worker() -> None:
    """What the person writes into config.toml while a run goes on is everybody's limit, divided."""

    async def main() -> None:
        tally, kept = Tally(20_000), Kept()
        async with Endpoint(Options(latency=0.01)) as endpoint:
            setup = setup_for(endpoint, requests_per_minute=600)
            fleet = fleet_of(Here(), setup, 2, tally, [])
            async with asyncio.timeout(PATIENCE), fleet:
                work = asyncio.create_task(ask_on(fleet, kept, tally))
                for rpm in (600, 12_000):
                    edited = setup_for(endpoint, requests_per_minute=rpm, max_concurrency=50).settings.limits
                    fleet.retune(edited)
                    while (fleet.view().requests_limit or 0) != pytest.approx(rpm):
                        await asyncio.sleep(0)
                work.cancel()
                await asyncio.gather(work, return_exceptions=True)

    async def ask_on(fleet: Fleet, kept: Kept, tally: Tally) -> None:
        await Pipeline(fleet, fleet, kept, tally, fsync_interval=1.0).run(problems(20_000))

    asyncio.run(main())
