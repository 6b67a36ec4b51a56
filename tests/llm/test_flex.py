"""The flex tier: half the price, refusals that are no rate limit, the standard tier where it is allowed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from support import scripted
from support.flex import FULL, HALF, TARIFF

from asyncgeo import config
from asyncgeo.errors import EndpointDown, Fatal
from asyncgeo.llm import prices
from asyncgeo.llm.client import Client, Completion, Failure
from asyncgeo.llm.formats import Form
from asyncgeo.llm.limits import Limits
from asyncgeo.llm.prompts import Prompt
from asyncgeo.schema.records import Problem, Service, Tokens
from asyncgeo.simulator import Endpoint, Options, first
from asyncgeo.simulator.faults import OF_FLEX

PROMPT = Prompt("m", 1500)


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.billed: list[tuple[Service, Tokens]] = []
        self.said: list[str] = []

    def event(self, name: str) -> None:
        self.events[name] += 1

    def spend(self, tokens: Tokens, service: Service) -> None:
        self.billed.append((service, tokens))

    def services(self) -> list[Service]:
        return [service for service, _ in self.billed]


class Asking:
    """A client that asks at the flex tier, and all that it did."""

    def __init__(
        self,
        url: str,
        *,
        fallback: bool = False,
        budget: float | None = None,
        give_up_after: float = 300.0,
        max_elapsed: float = 0.3,
    ) -> None:
        self.ear, self.limits = Ear(), Limits(config.LimitSettings(), give_up_after=give_up_after)
        self.budget = None if budget is None else prices.Budget(TARIFF, budget)
        self.client = Client(
            config.Api(base_url=url, timeout=5.0, service_tier="flex", flex_fallback=fallback),
            config.Retry(base_delay=0.001, max_delay=0.01, max_elapsed=max_elapsed),
            self.limits,
            api_key="sk-a-key-of-tests",
            budget=self.budget,
            listener=self.ear,
            say=self.ear.said.append,
            rng=random.Random(2),
        )

    async def ask(self, number: int = 1) -> Completion | Failure:
        problem = Problem(str(number), f"如图,在△ABC中,AB=AC,∠BAC={10 + number % 150}°")
        return await self.client.ask(lambda form: PROMPT.render(problem, form), 300)


@asynccontextmanager
async def asking(url: str, **options: object) -> AsyncIterator[Asking]:
    found = Asking(url, **options)  # type: ignore[arg-type]
    async with found.client:
        yield found


async def test_the_tier_is_asked_for_and_billed_as_the_reply_names_it() -> None:
    """Half the price, on the budget as well."""
    async with Endpoint(Options()) as endpoint, asking(endpoint.base_url, budget=1.0) as flex:
        found = await flex.ask()
    assert isinstance(found, Completion)
    assert found.service == "flex"
    assert flex.ear.services() == ["flex"]
    assert flex.budget is not None
    assert flex.budget.spent == prices.cost(HALF, found.tokens)
    assert not flex.ear.said


async def test_the_tier_is_no_part_of_the_prompt() -> None:
    """Rows asked at either tier are of one prompt; without the tier nothing of it is sent."""
    assert b'"service_tier":"flex"' in PROMPT.head(Form(tier="flex"))
    assert b"service_tier" not in PROMPT.head(Form())


async def test_refusals_for_want_of_capacity_cut_no_rate() -> None:
    """Each request waits alone and is asked again; nobody else slows down."""
    script = first(OF_FLEX, 3)
    async with Endpoint(Options(), script) as endpoint, asking(endpoint.base_url, max_elapsed=60.0) as flex:
        found = await asyncio.gather(*(flex.ask(number) for number in range(20)))
    assert [each for each in found if not isinstance(each, Completion)] == []
    view = flex.limits.view()
    assert (view.refusals, view.cuts, view.cool_down) == (60, 0, 0.0)
    assert flex.ear.events == {"requests": 80, "rate_limited": 60}


async def test_what_is_refused_for_long_is_asked_at_the_standard_tier_where_that_is_allowed() -> None:
    """Counted, billed at the full price, and only that request: the next one asks at the flex tier again."""
    script = first(OF_FLEX, 1000, lambda problem: "=11°" in problem)
    async with Endpoint(Options(), script) as endpoint, asking(endpoint.base_url, fallback=True) as flex:
        refused, other = await flex.ask(1), await flex.ask(2)
    assert isinstance(refused, Completion)
    assert isinstance(other, Completion)
    assert (refused.service, other.service) == ("standard", "flex")
    assert refused.attempts >= 2
    assert flex.ear.events["flex_fallbacks"] == 1


async def test_without_that_leave_it_fails_and_costs_nothing() -> None:
    """One request that the tier never serves is no reason to pay more."""
    script = first(OF_FLEX, 1000, lambda problem: "=11°" in problem)
    async with Endpoint(Options(), script) as endpoint, asking(endpoint.base_url, budget=1.0) as flex:
        found = await flex.ask(1)
    assert isinstance(found, Failure)
    assert (found.kind, found.tokens) == ("no_capacity", Tokens())
    assert flex.budget is not None
    assert (flex.budget.spent, flex.budget.held) == (0.0, 0.0)


async def test_a_tier_without_any_capacity_ends_the_run_with_what_helps() -> None:
    """Not "another program uses up the limit"."""
    script = first(OF_FLEX, 100_000)
    async with Endpoint(Options(), script) as endpoint, asking(endpoint.base_url, give_up_after=0.2) as flex:
        with pytest.raises(EndpointDown, match="flex_fallback"):
            await asyncio.gather(*(flex.ask(number) for number in range(60)))


NO_FLEX = scripted.error(400, "Unsupported service_tier: flex", code="invalid_request_error")


def without_flex(asked: scripted.Asked) -> scripted.Reply:
    """A server that has no such tier."""
    if "service_tier" in asked.body:
        return NO_FLEX
    return scripted.Reply(body=scripted.completion("{}"))


async def test_a_model_without_the_tier_ends_the_run_before_it_costs_more() -> None:
    """In one sentence, with both ways out."""
    with scripted.serving(without_flex) as server:
        async with asking(server.url) as flex:
            with pytest.raises(Fatal, match=r"(?s)has no flex tier for this model.*--flex.*flex_fallback") as caught:
                await flex.ask()
    assert caught.value.kind == "no_flex"
    assert len(server.asked) == 1


async def test_a_model_without_the_tier_is_asked_at_the_standard_price_where_that_is_allowed() -> None:
    """It is said once, and never asked for again."""
    with scripted.serving(without_flex) as server:
        async with asking(server.url, fallback=True) as flex:
            found = [await flex.ask(number) for number in range(3)]
    assert [each.service for each in found] == ["standard"] * 3
    assert len(server.asked) == 4
    assert [text for text in flex.ear.said if "no flex tier" in text] == flex.ear.said[:1]


@pytest.mark.parametrize("tier", [{}, {"service_tier": "default"}, {"service_tier": None}])
async def test_a_reply_that_names_another_tier_costs_the_full_price(tier: dict[str, object]) -> None:
    """A server that knows no tiers takes the member and ignores it: that is said, once."""
    with scripted.serving(lambda _: scripted.Reply(body=scripted.completion("{}") | tier)) as server:
        async with asking(server.url, budget=1.0) as flex:
            found = [await flex.ask(number) for number in range(3)]
    assert flex.ear.services() == ["standard"] * 3
    assert flex.budget is not None
    assert flex.budget.spent == pytest.approx(sum(prices.cost(FULL, each.tokens) for each in found))
    assert [text for text in flex.ear.said if "booked at the standard price" in text] == flex.ear.said
