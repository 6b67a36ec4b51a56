import asyncio
import subprocess
import sys
from importlib import metadata

import pytest
from hypothesis import given, settings, strategies as st
from support.cases import for_each

from asyncgeo.config import Api, ModelPrice, Price, Settings
from asyncgeo.errors import BudgetReached, ConfigError
from asyncgeo.llm.prices import Allowance, Budget, Hold, believed, budget, ceiling, cost, quote
from asyncgeo.schema.records import Service, Tokens

PRICE = Price(2.0, 0.5, 8.0)
WRITES = Price(2.0, 0.5, 8.0, 2.5)


@for_each(
    ("model", "service", "share", "source"),
    [
        ("gpt-6-luna", "flex", 0.5, ""),
        ("gpt-6-luna", "batch", 0.5, ""),
        ("gpt-4.1-mini", "batch", 0.5, ""),
        ("gpt-4.1-mini", "flex", 1.0, ", standard price"),
        ("gpt-oss-20b", "batch", 0.5, " × 0.5 (batch; "),
    ],
)
def test_a_listed_model_has_a_price_in_each_service(model: str, service: Service, share: float, source: str) -> None:
    """By the snapshot; where it knows no services of the model by our dated factor; without the service in full."""
    standard, found = quote(Settings(), model), quote(Settings(), model, service)
    assert standard is not None
    assert found is not None
    assert (found.price.input, found.price.output) == (standard.price.input * share, standard.price.output * share)
    assert standard.source == f"genai-prices {metadata.version('genai-prices')}"
    assert found.source.startswith(standard.source + source)
    assert found == quote(Settings(), f"{model}-2026-09-22", service)


def test_a_cache_write_has_a_price_of_its_own() -> None:
    """Models since GPT-5.6 bill what they write to the prompt cache at 1.25 × the input."""
    luna = quote(Settings(), "gpt-6-luna")
    assert luna is not None
    assert luna.price.cache_write == pytest.approx(1.25 * luna.price.input)


@pytest.mark.parametrize(
    ("service", "price", "source"),
    [
        ("standard", ModelPrice(2.0, 0.5, 8.0, flex=PRICE), "my.toml"),
        ("flex", PRICE, "my.toml"),
        ("batch", Price(1.0, 0.25, 4.0), "my.toml × 0.5 (batch; "),
    ],
)
def test_config_wins_over_every_list(service: Service, price: Price, source: str) -> None:
    """What a person wrote is the price, of a service too; one not written is half of it at OpenAI's address."""
    mine = Settings(
        prices={"gpt-6-luna": ModelPrice(2.0, 0.5, 8.0, flex=PRICE)}, origins={"prices.gpt-6-luna": "my.toml"}
    )
    found = quote(mine, "gpt-6-luna", service)
    assert found is not None
    assert found.price == price
    assert found.source.startswith(source)


def test_elsewhere_a_name_is_no_price() -> None:
    """At another address only config.toml knows what a model costs, and no service is taken to cost half."""
    elsewhere = Settings(api=Api(base_url="https://gateway.example/v1"), prices={"m": ModelPrice(2.0, 0.5, 8.0)})
    assert quote(elsewhere, "gpt-6-luna") is None
    batch = quote(elsewhere, "m", "batch")
    assert batch is not None
    assert batch.price == ModelPrice(2.0, 0.5, 8.0)
    assert batch.source == "config.toml, standard price"
    assert quote(Settings(), "no-such-model") is None


def test_cached_tokens_cost_less() -> None:
    """Input read from the cache, and written to it, is a part of the input, each at its own price."""
    assert cost(PRICE, Tokens(1_000_000, 400_000, 100_000)) == pytest.approx(0.6 * 2 + 0.4 * 0.5 + 0.1 * 8)
    kept = Tokens(1_000_000, 400_000, 100_000, 200_000, 50_000)
    assert cost(PRICE, kept) == cost(PRICE, Tokens(1_000_000, 400_000, 100_000))
    assert cost(WRITES, kept) == pytest.approx(0.4 * 2 + 0.4 * 0.5 + 0.2 * 2.5 + 0.1 * 8)


@settings(deadline=None)
@given(st.sampled_from([PRICE, WRITES]), st.tuples(*[st.integers(0, 10**6)] * 4))
def test_no_request_costs_more_than_its_ceiling(price: Price, billed: tuple[int, int, int, int]) -> None:
    """The reservation covers every bill of the same size."""
    tokens, cached, output, kept = billed
    assert cost(price, Tokens(tokens, cached, output, kept)) <= ceiling(price, tokens, output) + 1e-12


def test_a_budget_needs_a_price() -> None:
    """Without a known price the person is told how to give one; without a budget none is needed."""
    assert budget("m", None, None) is None
    with pytest.raises(ConfigError, match="price"):
        budget("m", None, Allowance(1.0))


@settings(deadline=None)
@given(st.floats(0.5, 20), st.lists(st.tuples(st.floats(0.01, 3), st.floats(0, 1)), min_size=1, max_size=40))
async def test_spent_and_held_never_exceed_the_budget(limit: float, requests: list[tuple[float, float]]) -> None:
    """Whatever is asked for and however it is billed, at every moment; and everybody gets an answer."""
    mine = Budget({"standard": PRICE}, limit)

    async def one(amount: float, share: float) -> None:
        hold = await mine.reserve(amount)
        assert mine.spent + mine.held <= limit + 1e-9
        await asyncio.sleep(0)
        mine.settle(hold, amount * share)

    results = await asyncio.gather(*(one(*request) for request in requests), return_exceptions=True)
    assert all(result is None or isinstance(result, BudgetReached) for result in results)
    assert mine.held == pytest.approx(0)
    assert mine.spent <= limit + 1e-9


async def test_a_request_waits_while_others_may_give_back() -> None:
    """A budget held by reservations is not reached: the bill is a fraction of them."""
    mine = Budget({"standard": PRICE}, 1.0)
    first = await mine.reserve(0.9)
    second = asyncio.create_task(mine.reserve(0.9))
    await asyncio.sleep(0)
    assert not second.done()
    mine.settle(first, 0.1)
    assert isinstance(await second, Hold)


async def test_cancelling_who_waits_leaves_nothing_held() -> None:
    """Before its turn, and in the very moment of it."""
    mine = Budget({"standard": PRICE}, 1.0)
    first = await mine.reserve(0.9)
    waiting = asyncio.create_task(mine.reserve(0.5))
    next_one = asyncio.create_task(mine.reserve(0.6))
    await asyncio.sleep(0)
    mine.settle(first, 0.0)
    waiting.cancel()
    assert isinstance(await next_one, Hold)
    assert mine.held == pytest.approx(0.6)


async def test_settling_twice_counts_once() -> None:
    """The bill is entered when the reply is here; leaving the request does not undo it."""
    mine = Budget({"standard": PRICE}, 1.0)
    hold = await mine.reserve(0.5)
    mine.settle(hold, 0.2)
    mine.settle(hold, 0.5)
    assert (mine.spent, mine.held) == (0.2, 0.0)


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


def test_the_list_is_loaded_when_it_is_asked_only() -> None:
    """Not for a price that config.toml names, nor at another address; an import takes as long as many commands."""
    code = """
import sys
from asyncgeo.config import Api, ModelPrice, Settings
from asyncgeo.llm.prices import quote
mine = Settings(prices={"m": ModelPrice(1.0, 0.5, 2.0)})
assert quote(mine, "m") and quote(mine, "m", "batch")
assert quote(Settings(api=Api(base_url="http://127.0.0.1:1/v1")), "gpt-6-luna") is None
assert "genai_prices" not in sys.modules
assert quote(Settings(), "gpt-6-luna")
assert "genai_prices" in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
