"""Events of a run → a live panel in a terminal, plain lines where there is none, and the lines at its end.

In: a function that gives the present `events.Progress`. Out: text on a console. It knows no run and changes nothing.

    ━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━  58%  2,905/5,007  1m40s · ETA 1m12s
    parsed 2,640 · stood in 11 · skipped 251 · failed 3 · waiting for evidence 5
    speed   29.1 problems/s · in flight 54 of 1,000 · retries 12 · 429s 0
    RPM     ▇▇▇▇▇▇▇▇▇▁ 1,746 of 2,000          TPM ▇▇▇▁▁▁▁▁▁▁ 1.2M of 4M
    cost    $1.93 so far · $3.33 projected · budget $5.00
      1234: invalid_answer: …
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from asyncgeo.errors import printable
from asyncgeo.schema.words import duration, money, short
from asyncgeo.store.events import Ended, Progress

LIVE_INTERVAL: Final = 0.25  # calm to look at, and 1 % of a core
PLAIN_INTERVAL: Final = 5.0
_LABEL: Final = 8
_METER: Final = 10
_WORTH_SAYING: Final = 0.02
"""Shares of the time below this are left out."""

_DOWN: Final = "the endpoint does not answer"

BOUNDS: Final = {
    "requests": "requests per minute",
    "tokens": "tokens per minute",
    "cool_down": "cool-down after 429",
    "outage": "endpoint down",
    "concurrency": "answers awaited (slots × latency)",
    "cpu": "this program's own work",
    "nothing": "start-up and last answers",
}
"""What a run can be waiting for (`limits.Bound`), in words."""

Errors = Callable[[], Sequence[str]]


async def show(
    view: Callable[[], Progress],
    console: Console,
    errors: Errors = tuple,
    budget: float | None = None,
    before: float = 0.0,
) -> None:
    """Show `view()` until cancelled; `errors()` are the last ones."""
    if console.quiet:
        return
    if console.is_terminal and not console.is_dumb_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live, suppress(asyncio.CancelledError):
            while True:
                live.update(panel(view(), errors(), console.width, budget, before), refresh=True)
                await asyncio.sleep(LIVE_INTERVAL)
    else:
        while True:
            await asyncio.sleep(PLAIN_INTERVAL)
            console.print(line(view()), highlight=False, markup=False, soft_wrap=True)


def panel(
    seen: Progress, errors: Sequence[str], width: int, budget: float | None = None, before: float = 0.0
) -> RenderableType:
    """The state of a run as a block of lines that fits `width` columns; `before` was spent by other runs."""
    rows = [_bar(seen, width), _verdicts(seen), _speed(seen), *_meters(seen), *_money(seen, budget, before)]
    rows += [Text(f"  {printable(error)}", style="yellow") for error in errors]
    for row in rows:
        row.no_wrap, row.overflow = True, "ellipsis"
    return Group(*rows)


def line(seen: Progress) -> str:
    """One line of plain text: done/total, rate, verdicts, pace, what is left."""
    return " · ".join(_parts(seen))


def closing(seen: Progress, ended: Ended, *, offline: bool = False) -> list[str]:
    """What was done, what it took, what limited it, what failed: the lines at the end of a run.

    Without a model (`offline`) there was nobody to be asked, to be paid or to limit the run.
    """
    rate = seen.done / seen.elapsed if seen.elapsed else 0.0
    lines = [f"{seen.done:,} of {seen.total:,} in {duration(seen.elapsed)} ({rate:,.1f}/s): {verdicts(seen, _PENDING)}"]
    lines += [_NO_MODEL] if offline else _asked(seen, ended)
    if ended.error_kinds:
        lines.append("Errors: " + _counts(ended.error_kinds))
    if ended.skip_reasons:
        lines.append("Skipped: " + _counts(ended.skip_reasons))
    return lines


def verdicts(seen: Progress, waiting: str = "waiting for evidence") -> str:
    """The counts, which add up to what is done; and what waits, where anything does."""
    return " · ".join(f"{name} {number:,}" for name, number in _verdict_counts(seen, waiting))


_PENDING: Final = "failed and pending"
"""What waited for evidence when the run ended."""
_NO_MODEL: Final = "No model was used: the embedded rule reader answered."


def _verdict_counts(seen: Progress, waiting: str = "waiting for evidence") -> list[tuple[str, int]]:
    found = [("parsed", seen.parsed), ("stood in", seen.stand_ins), ("skipped", seen.skipped), ("failed", seen.failed)]
    return [*found, (waiting, seen.waiting)] if seen.waiting else found


def _asked(seen: Progress, ended: Ended) -> list[str]:
    """Requests, tokens, and what the time went to."""
    probes = f" · probes {seen.probes:,}" if seen.probes else ""
    lines = [f"Requests {seen.requests:,} · retries {seen.retries:,} · 429s {seen.rate_limited:,}{probes}"]
    if seen.input_tokens:
        cost = "" if seen.cost is None else f" · {money(seen.cost)}"
        share = seen.cached_tokens / seen.input_tokens
        lines.append(f"Tokens {seen.input_tokens:,} in ({share:.0%} cached), {seen.output_tokens:,} out{cost}")
    if limits := limited_by(ended):
        lines.append(f"Limited by: {limits}")
    return lines


def limited_by(ended: Ended) -> str:
    """The share of the time that each thing bound, the largest first; empty for a run too short to tell."""
    shares = sorted(((share, bound) for bound, share in ended.bound.items()), reverse=True)
    return " · ".join(f"{BOUNDS.get(bound, bound)} {share:.0%}" for share, bound in shares if share >= _WORTH_SAYING)


def _bar(seen: Progress, width: int) -> Text:
    """The share done as a bar that takes what the numbers leave."""
    share = seen.done / seen.total if seen.total else 1.0
    times = f"{duration(seen.elapsed)} · ETA {duration(seen.eta)}"
    numbers = f" {share:4.0%}  {seen.done:,}/{seen.total:,}  {times}"
    room = max(10, width - len(numbers) - 1)
    full = int(share * room)
    return Text.assemble(("━" * full, "green"), ("━" * (room - full), "bright_black"), numbers)


def _verdicts(seen: Progress) -> Text:
    found = Text()
    for name, number in _verdict_counts(seen):
        found.append(f"{' · ' if found else ''}{name} ", style="dim")
        found.append(f"{number:,}", style=_STYLES.get(name, "") if number else "")
    return found


_STYLES: Final = {"stood in": "yellow", "failed": "bold red", "waiting for evidence": "bold yellow"}


def _speed(seen: Progress) -> Text:
    found = _labelled("speed").append(f"{seen.rate:,.1f} problems/s")
    if seen.cool_down:
        found.append(f" · cool-down {seen.cool_down:.0f}s", style="bold yellow")
    if seen.down:
        found.append(f" · {_DOWN}", style="bold red")
    found.append(f" · in flight {seen.in_flight:,}")
    if seen.slots:
        found.append(f" of {seen.slots:,}", style="dim")
    found.append(f" · retries {seen.retries:,} · ")
    found.append(f"429s {seen.rate_limited:,}", style="yellow" if seen.rate_limited else "")
    if seen.share < 1:
        found.append(f" · share {seen.share:.0%}", style="dim")
    return found


def _meters(seen: Progress) -> Iterator[Text]:
    """How much of the limits is in use; without limits nothing."""
    kinds = (("RPM", seen.requests_used, seen.requests_limit), ("TPM", seen.tokens_used, seen.tokens_limit))
    found = Text()
    for label, used, limit in kinds:
        if limit is not None:
            found.append_text(_meter(label, used, limit))
    if found:
        yield found


def _meter(label: str, used: float, limit: float) -> Text:
    full = min(_METER, round(_METER * used / limit)) if limit else 0
    numbers = f" {short(used)} of {short(limit)}"
    meter = Text.assemble(("▇" * full, "cyan"), ("▁" * (_METER - full), "bright_black"), f"{numbers:<20}")
    return _labelled(label).append_text(meter)


def _money(seen: Progress, budget: float | None, before: float) -> Iterator[Text]:
    if seen.cost is None:
        if seen.input_tokens:
            yield _labelled("tokens").append(f"{short(seen.input_tokens)} in, {short(seen.output_tokens)} out")
        return
    found = _labelled("cost").append(f"{money(seen.cost)} so far")
    if seen.projected is not None:
        found.append(f" · {money(seen.projected)} projected")
    if budget is not None:
        others = f", {money(before)} of it spent before" if before else ""
        found.append(f" · budget {money(budget)}{others}", style="dim")
    yield found


def _labelled(label: str) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "dim"))


def _parts(seen: Progress) -> Iterator[str]:
    yield f"{seen.done:,}/{seen.total:,}"
    yield f"{seen.rate:,.1f}/s"
    yield verdicts(seen)
    if seen.retries:
        yield f"retries {seen.retries:,}"
    if seen.cost is not None:
        yield money(seen.cost)
    yield f"in flight {seen.in_flight:,}"
    for label, used, limit in (
        ("RPM", seen.requests_used, seen.requests_limit),
        ("TPM", seen.tokens_used, seen.tokens_limit),
    ):
        if limit is not None:
            yield f"{label} {used:,.0f}/{limit:,.0f}"
    if seen.cool_down:
        yield f"cool-down {seen.cool_down:.0f}s"
    if seen.down:
        yield _DOWN
    if seen.share < 1:
        yield f"share {seen.share:.0%}"
    yield f"ETA {duration(seen.eta)}"


def _counts(counts: dict[str, int]) -> str:
    return " · ".join(f"{name} {count:,}" for name, count in counts.items())
