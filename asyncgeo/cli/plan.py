"""`asyncgeo plan`, and the first lines of a run: what is read, what is left, what it will cost and take.

In: a `Plan`. Out: text on a console; nothing is sent and nothing is written.
"""

from rich.console import Console
from rich.markup import escape

from asyncgeo.cli.streams import SafeConsole
from asyncgeo.llm import prices
from asyncgeo.run.forecast import TIERS, Forecast, Work, forecast, next_tier
from asyncgeo.run.latency import Latency, latency_for
from asyncgeo.run.plan import Plan, Wanted, make_plan, work_of
from asyncgeo.schema.words import duration


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
    console.print(escape(f"Input: {what}, {total:,} problems{part}. Output: {plan.folder}."))
    limited = f" (--limit {plan.wanted.limit})" if plan.wanted.limit is not None else ""
    console.print(f"Pending: {plan.pending:,}{limited} of {span.end - span.start:,}.")


def plan(wanted: Wanted, latency: float | None) -> None:
    """`asyncgeo plan`: a run's plan and its forecast."""
    console = SafeConsole(highlight=False, soft_wrap=True)
    found = make_plan(wanted, lambda _: None)
    show_plan(found, console)
    show_forecast(found, console, latency)


def show_forecast(plan: Plan, console: Console, latency: float | None = None) -> None:
    """What the run would send, take and cost: for --dry-run and `plan`."""
    work, screened = work_of(plan)
    console.print(f"Requests: {work.requests:,}; {screened:,} more are screened out and cost nothing.")
    if work.requests and not plan.offline:
        _show_price_and_time(plan, work, console, latency_for(plan.folder, latency))
    console.print("Nothing was sent.")


def _show_price_and_time(plan: Plan, work: Work, console: Console, latency: Latency) -> None:
    console.print(
        f"Tokens, estimated: {work.input_tokens:,} in ({work.shared_tokens:,} of each request are the same), "
        f"{work.output_tokens:,} out."
    )
    limits, model = plan.settings.limits, plan.settings.api.model
    rpm, tpm = (None if value == "auto" else value for value in (limits.requests_per_minute, limits.tokens_per_minute))
    quote = prices.quote(plan.settings, model)
    price = None if quote is None else quote.price
    found = forecast(work, rpm=rpm, tpm=tpm, concurrency=limits.max_concurrency, latency=latency.seconds, price=price)
    _show_cost(plan, found, console)
    _show_time(found, console, latency)
    if rpm is None or tpm is None:
        console.print('Limits at "auto" are not known before the first reply; `asyncgeo tune` asks for them.')
    _show_tiers(plan, work, (rpm, tpm), latency.seconds, console)


def _show_cost(plan: Plan, found: Forecast, console: Console) -> None:
    model = plan.settings.api.model
    if found.cost is None:
        console.print(escape(f'Cost: no price is known for {model}; put one under [prices."{model}"] in config.toml.'))
    else:
        console.print(f"Cost, estimated: ${found.cost_cached:.2f} with prompt caching, ${found.cost:.2f} without.")


def _show_time(found: Forecast, console: Console, latency: Latency) -> None:
    console.print(f"Time: {duration(found.seconds)}, bound by {found.binds} ({escape(latency.why)}).")
    for name, seconds in found.bounds:
        if seconds:
            console.print(f"  {name}: {duration(seconds)}")


def _show_tiers(
    plan: Plan, work: Work, known: tuple[float | None, float | None], latency: float, console: Console
) -> None:
    """The time at the provider's tiers: all of them while the limits are unknown, else the next larger one."""
    limits, model = plan.settings.limits, plan.settings.api.model
    tier = next_tier(model, *known)
    for each in TIERS.get(model, ()) if None in known else filter(None, [tier]):
        found = forecast(work, rpm=each.requests, tpm=each.tokens, concurrency=limits.max_concurrency, latency=latency)
        console.print(
            f"  at OpenAI's {each.name} ({each.requests:,} RPM, {each.tokens:,} TPM): {duration(found.seconds)}, "
            f"bound by {found.binds}"
        )
