"""What a run will cost and take, in one line before it spends.

In: a plan. Out: the line. Prices and tokens are reckoned from the first pending problems; the time from the folder's
last run, on a folder's first run from the provider's tiers, else from how long an answer is taken to need.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from asyncgeo.llm import prices
from asyncgeo.run.forecast import Forecast, Tier, Work, across, forecast, tiers_of
from asyncgeo.run.latency import latency_for
from asyncgeo.run.plan import Plan, reckon
from asyncgeo.schema.records import Problem
from asyncgeo.schema.words import duration, money, short
from asyncgeo.store import events as journal
from asyncgeo.store.events import Progress, Started

_READ: Final = 200
"""Problems read for the estimate: a tenth of a second, and texts of one kind differ little."""
_ENOUGH: Final = 20
"""Problems that a run must have done for its pace to be worth repeating."""


def estimate(plan: Plan) -> str:
    """The line; empty where nothing would be sent."""
    if plan.offline or not (work := _work(plan)).requests:
        return ""
    return "Estimate: " + " · ".join(_parts(plan, work)) + "."


def _parts(plan: Plan, work: Work) -> Iterator[str]:
    api, limits = plan.settings.api, plan.settings.limits
    rpm, tpm = (None if each == "auto" else each for each in (limits.requests_per_minute, limits.tokens_per_minute))
    latency, quote = (
        latency_for(plan.folder, None, api.pack),
        prices.quote(plan.settings, api.model, prices.service_of(api)),
    )
    found = forecast(
        work,
        rpm=rpm,
        tpm=tpm,
        concurrency=limits.max_concurrency,
        latency=latency.seconds,
        price=None if quote is None else quote.price,
    )
    if found.cost is not None and found.cost_cached is not None:
        source = "" if quote is None else f" ({quote.source})"
        yield f"{money(found.cost_cached)} with prompt caching, {money(found.cost)} without{source}"
    else:
        yield f"{short(work.input_tokens)} tokens in, {short(work.output_tokens)} out"
    if pace := _last_pace(plan):
        yield f"{duration(plan.pending / pace)} at the last run's {pace:,.1f}/s"
    elif None in (rpm, tpm) and (times := _at_tiers(plan, work, latency.seconds)):
        yield times
    else:
        assumed = "assumed" if latency.is_assumed else "seen here"
        yield f"{duration(found.seconds)} at {latency.seconds:.2g} s an answer ({assumed})"
    if work.packed:
        each = round(work.input_tokens / work.problems)
        yield f"{api.pack} problems a request, {each:,} tokens in for each"


def _work(plan: Plan) -> Work:
    """What would be sent, as far as the first problems show it."""
    first = [each for each in islice(plan.read_pending(), _READ) if isinstance(each, Problem)]
    return reckon(plan.settings, first)[0].times(plan.pending / max(1, len(first)))


def _last_pace(plan: Plan) -> float | None:
    """Problems a second in the folder's last run, if it asked the same model at the same address for long enough."""
    api = plan.settings.api
    for path in reversed(journal.event_logs(plan.folder)):
        events = list(journal.read(path))
        started = next((each for each in events if isinstance(each, Started)), None)
        seen = next((each for each in reversed(events) if isinstance(each, Progress)), None)
        if started is None or seen is None or seen.done < _ENOUGH or not seen.elapsed:
            continue
        is_same = (started.model, started.base_url, started.pack) == (api.model, api.base_url, api.pack)
        return seen.done / seen.elapsed if is_same else None
    return None


def _at_tiers(plan: Plan, work: Work, latency: float) -> str:
    """From the fastest tier of the model to the slowest; empty where the provider's tiers are not known."""
    times = across(work, tiers_of(plan.settings.api), plan.settings.limits.max_concurrency, latency)
    return span(times) if times else ""


def span(times: Sequence[tuple[Tier, Forecast]]) -> str:
    """From the fastest tier to the slowest, in words."""
    (best, least), (worst, most) = times[0], times[-1]
    return f"{duration(least.seconds)} (OpenAI's {best.name}) to {duration(most.seconds)} ({worst.name})"
