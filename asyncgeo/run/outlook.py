"""What a run would send, take and cost, as far as it can be known before.

In: a plan, and how long an answer takes. Out: `Outlook`; nothing is sent. `asyncgeo plan` shows it in words or as JSON.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple, get_args

from asyncgeo.config import Settings
from asyncgeo.llm import prices
from asyncgeo.llm.models import ending, today
from asyncgeo.run.forecast import Forecast, Tier, Work, across, costs, forecast, next_tier, tiers_of
from asyncgeo.run.latency import Latency, latency_for
from asyncgeo.run.plan import Plan, Wanted, make_plan, work_of
from asyncgeo.run.session import NO_KEY
from asyncgeo.schema.records import Service


class ServicePrice(NamedTuple):
    """USD of a run in one service: with prompt caching, and without; `source` says where the price is from."""

    service: Service
    cached: float
    full: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """A run before it starts; `screened` problems are refused for free.

    `latency` and `time` are None where nothing would be sent or no model is asked. `time` is by the person's own
    limits; `is_open`: these are not all known, and a provider's `tiers` say more. Else `tiers` is the next larger one.
    """

    plan: Plan = field(repr=False)
    work: Work
    screened: int
    notice: str = ""
    latency: Latency | None = None
    time: Forecast | None = None
    is_open: bool = False
    tiers: tuple[tuple[Tier, Forecast], ...] = ()
    prices: tuple[ServicePrice, ...] = ()


def planned(wanted: Wanted, key: str | None) -> Plan:
    """The plan of a run that is only thought of: what a model costs can be known before there is a key for it."""
    is_named = wanted.flags["api.model"][1] is not None
    return make_plan(replace(wanted, key=key or (NO_KEY if is_named else None), dry_run=True), lambda _: None)


def outlook(plan: Plan, latency: float | None = None) -> Outlook:
    """What the run of this plan would be, where an answer takes `latency` seconds: else as its folder shows it."""
    work, screened = work_of(plan)
    notice = "" if plan.offline else ending(plan.settings.api, today())
    if plan.offline or not work.requests:
        return Outlook(plan=plan, work=work, screened=screened, notice=notice)
    settings, taken = plan.settings, latency_for(plan.folder, latency, plan.settings.api.pack)
    rpm, tpm = _known_limits(settings)
    most = settings.limits.max_concurrency
    times = across(work, tiers_of(settings.api), most, taken.seconds)
    unknown, tier = None in (rpm, tpm), next_tier(settings.api, rpm, tpm)
    return Outlook(
        plan=plan,
        work=work,
        screened=screened,
        notice=notice,
        latency=taken,
        time=forecast(work, rpm=rpm, tpm=tpm, concurrency=most, latency=taken.seconds),
        is_open=unknown and bool(times),
        tiers=tuple(each for each in times if unknown or each[0] == tier),
        prices=tuple(_prices(settings, work)),
    )


def _known_limits(settings: Settings) -> tuple[float | None, float | None]:
    """Requests and tokens per minute; None where they are still to be learned."""
    rpm, tpm = settings.limits.requests_per_minute, settings.limits.tokens_per_minute
    return None if rpm == "auto" else rpm, None if tpm == "auto" else tpm


def _prices(settings: Settings, work: Work) -> Iterator[ServicePrice]:
    """Of each service that has a price of its own."""
    for service in get_args(Service):
        quote = prices.quote(settings, settings.api.model, service)
        if quote is None or quote.full:
            continue
        full, cached = costs(work, quote.price)
        if full is not None and cached is not None:
            yield ServicePrice(service, cached, full, quote.source)
