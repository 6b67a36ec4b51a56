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
from asyncgeo.run.summary import verdict_counts, verdicts
from asyncgeo.schema.words import duration, money, short
from asyncgeo.store.events import Progress

LIVE_INTERVAL: Final = 0.25  # calm to look at, and 1 % of a core
PLAIN_INTERVAL: Final = 5.0
_LABEL: Final = 8
_METER: Final = 10

_DOWN: Final = "the endpoint does not answer"


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
    for name, number in verdict_counts(seen):
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
            spent = f"{short(seen.input_tokens)} in, {short(seen.output_tokens)} out{_further(seen)}"
            yield _labelled("tokens").append(spent)
        return
    found = _labelled("cost").append(f"{money(seen.cost)} so far")
    if seen.projected is not None:
        found.append(f" · {money(seen.projected)} projected")
    if budget is not None:
        others = f", {money(before)} of it spent before" if before else ""
        found.append(f" · budget {money(budget)}{others}", style="dim")
    if further := _further(seen):
        found.append(f" · tokens{further.removeprefix(',')}", style="dim")
    yield found


def _further(seen: Progress) -> str:
    """Tokens that a bill may hold beside those in and out."""
    parts = ((seen.cache_write_tokens, "written to the cache"), (seen.reasoning_tokens, "of thinking"))
    return "".join(f", {short(number)} {what}" for number, what in parts if number)


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
