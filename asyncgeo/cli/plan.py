"""`asyncgeo plan`, and the first lines of a run: what is read, what is left, what it will cost and take.

In: a `Plan`. Out: text on a console; nothing is sent and nothing is written.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Any, Final

from msgspec import structs
from rich.console import Console
from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.status import write_object
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.config import Api, Settings, at_openai
from asyncgeo.llm import prices
from asyncgeo.llm.models import EFFORT, READ
from asyncgeo.llm.served import Served
from asyncgeo.run.estimate import span
from asyncgeo.run.forecast import ANSWER_TOKENS, TIERS_SOURCE, Forecast, Work, costs, parts, tiers_of
from asyncgeo.run.latency import Latency
from asyncgeo.run.outlook import Outlook, ServicePrice, outlook, planned
from asyncgeo.run.plan import Plan, Wanted, reckon
from asyncgeo.run.session import look_up
from asyncgeo.schema.records import Service
from asyncgeo.schema.words import counted, duration, money


def show_plan(plan: Plan, console: Console) -> None:
    """Who answers, what is read, what is left, and where rows go."""
    if plan.offline:
        why = "--offline" if plan.wanted.offline else "no OPENAI_API_KEY and no base URL"
        console.print(f"[bold yellow]No model is used[/] ({why}): the embedded rule reader answers.")
    else:
        console.print(escape(f"Asking {plan.settings.api.model} at {plan.settings.api.base_url}."))
    total, span = len(plan.problems), plan.span
    what = "bundled sample" if plan.sample else str(plan.problems.path)
    part = "" if span == (0, total) else f", of them [{span.start:,}, {span.end:,}) by --start and --end"
    console.print(escape(f"Input: {what}, {counted(total, 'problem')}{part}. Output: {plan.folder}."))
    limited = f" (--limit {plan.wanted.limit})" if plan.wanted.limit is not None else ""
    console.print(f"Pending: {plan.pending:,}{limited} of {span.end - span.start:,}.{_in_batch(plan)}")


def _in_batch(plan: Plan) -> str:
    """What batches hold, and whether it is asked all the same."""
    if not plan.in_batch:
        return ""
    stolen = "; --steal-batch asks them all the same, which is paid for twice" if plan.wanted.steal_batch else ""
    return f" In batch: {plan.in_batch:,}{stolen}."


def plan(wanted: Wanted, latency: float | None, *, check: bool, as_json: bool = False) -> None:
    """`asyncgeo plan`: a run's plan and its forecast; with `check` the endpoint is asked for the model."""
    console = SafeConsole(highlight=False, soft_wrap=True)
    found = planned(wanted, config.api_key())
    served = asyncio.run(look_up(found.settings, found.key)) if check and not found.offline else None
    if as_json:
        write_object(_plain(outlook(found, latency), served))
        return
    show_plan(found, console)
    show_forecast(found, console, latency, nothing_sent=not check)
    if served is not None:
        console.print(escape(_checked(found, served)))


def _checked(plan: Plan, served: Served) -> str:
    """What the endpoint says of the model."""
    model, url = plan.settings.api.model, plan.settings.api.base_url
    words = {True: f"lists {model}", False: f"lists no {model}", None: f"does not say whether it serves {model}"}
    return " ".join(filter(None, (f"Asked: {url} {words[served.known]}.", served.text)))


def _plain(seen: Outlook, served: Served | None) -> dict[str, Any]:
    """The same for scripts; times are in seconds, prices in USD."""
    plan, work, api = seen.plan, seen.work, seen.plan.settings.api
    return {
        "model": None if plan.offline else api.model,
        "base_url": None if plan.offline else api.base_url,
        "input": plan.problems.path,
        "folder": plan.folder,
        "problems": len(plan.problems),
        "start": plan.span.start,
        "end": plan.span.end,
        "pending": plan.pending,
        "in_batch": plan.in_batch,
        "read": plan.pending if plan.picked is None else len(plan.picked),
        "requests": work.requests,
        "asked": work.problems,
        "screened": seen.screened,
        "input_tokens": work.input_tokens,
        "shared_tokens": work.shared_tokens,
        "output_tokens": work.output_tokens,
        "latency_seconds": None if seen.latency is None else seen.latency.seconds,
        "latency_is_assumed": None if seen.latency is None else seen.latency.is_assumed,
        "seconds": None if seen.time is None else seen.time.seconds,
        "limited_by": None if seen.time is None else seen.time.binds,
        "tiers": [
            {
                "name": tier.name,
                "requests_limit": tier.requests,
                "tokens_limit": tier.tokens,
                "seconds": time.seconds,
                "limited_by": time.binds,
                "batches": parts(work, tier),
            }
            for tier, time in seen.tiers
        ],
        "prices": [
            {"service": each.service, "usd_cached": each.cached, "usd": each.full, "source": each.source}
            for each in seen.prices
        ],
        "notice": seen.notice,
        "lists_model": None if served is None else served.known,
    }


def show_forecast(plan: Plan, console: Console, latency: float | None = None, *, nothing_sent: bool = True) -> None:
    """What the run would send, take and cost: for --dry-run and `plan`."""
    seen = outlook(plan, latency)
    work = seen.work
    if seen.notice:
        console.print(f"[yellow]{escape(seen.notice)}[/]")
    if plan.picked is not None and len(plan.picked) < plan.pending:
        console.print(f"Estimated from {len(plan.picked):,} of {plan.pending:,} files, evenly spaced; a run reads all:")
    packed = f" about {counted(work.problems, 'problem')}" if work.packed else ""
    console.print(f"Requests: {work.requests:,}{packed}; {seen.screened:,} more are screened out and cost nothing.")
    if seen.time is not None and seen.latency is not None:
        _show_price_and_time(seen, seen.time, seen.latency, console)
    if nothing_sent:
        console.print("Nothing was sent.")


def _show_price_and_time(seen: Outlook, time: Forecast, latency: Latency, console: Console) -> None:
    """The time, by tier where the limits are not known; the price of each service; what else was not measured."""
    work = seen.work
    if seen.is_open:
        console.print(escape(f"Time: {span(seen.tiers)}, by {TIERS_SOURCE}."))
    _show_time(time, console, latency, known=not seen.is_open)
    for each, at in seen.tiers:
        console.print(
            f"  at OpenAI's {each.name} ({each.requests:,} RPM, {each.tokens:,} TPM): {duration(at.seconds)}, "
            f"limited by {at.binds}; as batches {parts(work, each):,} of a day at most"
        )
    console.print(
        f"Tokens, estimated: {work.input_tokens:,} in ({work.shared_tokens:,} of each request are the same), "
        f"{work.output_tokens:,} out{_thoughts(seen.plan.settings.api)}."
    )
    if work.packed:
        console.print(_a_problem(seen.plan, work))
    for line in _priced(seen):
        console.print(escape(line))


def _a_problem(plan: Plan, work: Work) -> str:
    """What a problem of a pack takes, beside what it would take by itself."""
    settings = plan.settings
    single = reckon(
        structs.replace(settings, api=structs.replace(settings.api, pack=1)), plan.picked or plan.read_pending()
    )[0]
    own, alone = ((each.input_tokens + each.output_tokens) / each.problems for each in (work, single))
    read, written = work.input_tokens / work.problems, work.output_tokens / work.problems
    return (
        f"A problem: {read:,.0f} tokens in, {written:,.0f} out; "
        f"{own / alone:.0%} of the {alone:,.0f} that it takes with --pack 1{_paid(settings, work, single)}."
    )


def _paid(settings: Settings, work: Work, single: Work) -> str:
    """The same in money, where a price is known."""
    quote = prices.quote(settings, settings.api.model, prices.service_of(settings.api))
    (most, cached), (full, saved) = (costs(each, None if quote is None else quote.price) for each in (work, single))
    if not (most and cached and full and saved):
        return ""
    return f"; {cached / saved:.0%} of the price with prompt caching, {most / full:.0%} without"


def _thoughts(api: Api) -> str:
    """What the estimate lacks where the model thinks."""
    effort = api.extra.get(EFFORT, "none")
    return "" if effort == "none" else f", and what it thinks at {EFFORT} {effort}, which is not known before"


def _show_time(found: Forecast, console: Console, latency: Latency, *, known: bool) -> None:
    """The time by the limits that were given; where there are none but a provider's tiers, these say more."""
    why = escape(latency.why)
    if not known:
        console.print(f"  by your own limits: {duration(found.seconds)} at least, limited by {found.binds} ({why})")
        return
    console.print(f"Time: {duration(found.seconds)}, limited by {found.binds} ({why}).")
    for name, seconds in found.bounds:
        if seconds:
            console.print(f"  {name}: {duration(seconds)}")


def _priced(seen: Outlook) -> Iterator[str]:
    """A line for each service whose price is known, with where that is from."""
    settings, model = seen.plan.settings, seen.plan.settings.api.model
    if prices.quote(settings, model) is None:
        yield f'Price: none is known for {model}; put one under [prices."{model}"] in config.toml.'
    yield from (_price(seen, each) for each in seen.prices)
    if at_openai(settings.api):
        yield (
            f"Reckoned with answers of {ANSWER_TOKENS} tokens, the mean of 445 by gpt-4.1-family models, and with the "
            f"services as developers.openai.com/api/docs has them (read {READ})."
        )


def _price(seen: Outlook, each: ServicePrice) -> str:
    usd = f"{money(each.cached)} with prompt caching, {money(each.full)} without"
    return f"Price, {each.service}: {usd} ({each.source}){_DELAYS[each.service](seen.plan, seen.work)}."


def _batches(plan: Plan, work: Work) -> str:
    """How long batches take, by the tokens that may wait in them."""
    numbers = [parts(work, tier) for tier in tiers_of(plan.settings.api)]
    if not numbers or max(numbers) == 1:
        return "; within a day"
    return f"; within a day, or in up to {max(numbers)} batches one after the other where an account's queue is short"


_DELAYS: Final[dict[Service, Callable[[Plan, Work], str]]] = {
    "standard": lambda _, __: "",
    "flex": lambda _, __: "; slower, and served while there is capacity",
    "batch": _batches,
}
