import asyncio

import pytest
from hypothesis import given, settings, strategies as st

from asyncgeo.config import Price
from asyncgeo.errors import BudgetReached, ConfigError
from asyncgeo.llm.prices import Allowance, Budget, Hold, believed, budget, ceiling, cost
from asyncgeo.schema.records import Tokens

PRICE = Price(2.0, 0.5, 8.0)


def test_cached_tokens_cost_less() -> None:
    """Cached input is a part of the input, at its own price."""
    assert cost(PRICE, Tokens(1_000_000, 400_000, 100_000)) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 8)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_request_costs_more_than_its_ceiling(tokens: int, cached: int, output: int) -> None:
    """The reservation covers every bill of the same size."""
    assert cost(PRICE, Tokens(tokens, min(cached, tokens), output)) <= ceiling(PRICE, tokens, output) + 1e-12


def test_a_budget_needs_a_price() -> None:
    """Without a known price the person is told how to give one; without a budget none is needed."""
    assert budget("m", None, None) is None
    with pytest.raises(ConfigError, match="price"):
        budget("m", None, Allowance(1.0))


@settings(deadline=None)
@given(st.floats(0.5, 20), st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 1)), min_size=1, max_size=40))
def test_spent_and_held_never_exceed_the_budget(limit: float, requests: list[tuple[float, float]]) -> None:
    """Whatever is asked for and however it is billed, at every moment; and everybody gets an answer."""

    async def main() -> None:
        mine = Budget(PRICE, limit)

        async def one(amount: float, share: float) -> None:
            hold = await mine.reserve(amount)
            assert mine.spent + mine.held <= limit + 1e-9
            await asyncio.sleep(0)
            mine.settle(hold, amount * share)

        results = await asyncio.gather(*(one(*request) for request in requests), return_exceptions=True)
        assert all(result is None or isinstance(result, BudgetReached) for result in results)
        assert mine.held == pytest.approx(0)
        assert mine.spent <= limit + 1e-9

    asyncio.run(main())


def test_a_request_waits_while_others_may_give_back() -> None:
    """A budget held by reservations is not reached: the bill is a fraction of them."""

    async def main() -> None:
        mine = Budget(PRICE, 1.0)
        first = await mine.reserve(0.9)
        second = asyncio.create_task(mine.reserve(0.9))
        await asyncio.sleep(0)
        assert not second.done()
        mine.settle(first, 0.1)
        assert isinstance(await second, Hold)

    asyncio.run(main())


def test_cancelling_who_waits_leaves_nothing_held() -> None:
    """Before its turn, and in the very moment of it."""

    async def main() -> None:
        mine = Budget(PRICE, 1.0)
        first = await mine.reserve(0.9)
        waiting = asyncio.create_task(mine.reserve(0.5))
        next_one = asyncio.create_task(mine.reserve(0.6))
        await asyncio.sleep(0)
        mine.settle(first, 0.0)
        waiting.cancel()
        assert isinstance(await next_one, Hold)
        assert mine.held == pytest.approx(0.6)

    asyncio.run(main())


def test_settling_twice_counts_once() -> None:
    """The bill is entered when the reply is here; leaving the request does not undo it."""

    async def main() -> None:
        mine = Budget(PRICE, 1.0)
        hold = await mine.reserve(0.5)
        mine.settle(hold, 0.2)
        mine.settle(hold, 0.5)
        assert (mine.spent, mine.held) == (0.2, 0.0)

    asyncio.run(main())


MOST = Tokens(2_000, 0, 1_000)


@given(st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12), st.integers(-(10**12), 10**12))
def test_no_usage_costs_less_than_nothing(read: int, cached: int, written: int) -> None:
    """Whatever an endpoint says; and what is believed has no more cached than read."""
    assert cost(PRICE, Tokens(read, cached, written)) >= 0
    found = believed(Tokens(read, cached, written), MOST)
    assert found is None or (0 <= found.cached <= found.input and found.output >= 0)


def test_usage_is_believed_unless_it_cannot_be() -> None:
    """An estimate may be wrong by a factor, and a server's template long; a thousand times more was never sent."""
    plain = Tokens(9_000, 8_000, 3_500)
    assert believed(plain, MOST) == plain
    assert believed(Tokens(100, 900, 5), MOST) == Tokens(100, 100, 5)
    assert [believed(each, MOST) for each in (None, Tokens(2_000_000, 0, 5), Tokens(5, 0, 1_000_000))] == [None] * 3
