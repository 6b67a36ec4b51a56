"""Events of a run → a live panel in a terminal, plain lines where there is none, and the lines at its end.

In: a function that gives the present `events.Progress`. Out: text on a console. It knows no run and changes nothing.
Where the terminal is too narrow for a line, its parts go on below; nothing is cut but errors.

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
from rich.text import Text

from asyncgeo.cli.picture import Picture
from asyncgeo.errors import printable
from asyncgeo.run.summary import DOWN, line, meters, shared, verdict_counts
from asyncgeo.schema.words import duration, money, short
from asyncgeo.store.events import Progress

LIVE_INTERVAL: Final = 0.25  # calm to look at, and 1 % of a core
PLAIN_INTERVAL: Final = 5.0
_REPEATED: Final = 60.0
"""Seconds until a line that says nothing new is printed all the same: the run is alive."""
_LABEL: Final = 8
_METER: Final = 10
_SHORTEST: Final = 10
_LONGEST: Final = 100

_DOT: Final = " · "

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
        with Picture(console) as picture, suppress(asyncio.CancelledError):
            while True:
                picture.update(panel(view(), errors(), console.width, budget, before))
                await asyncio.sleep(LIVE_INTERVAL)
    else:
        await _lines(view, console)


async def _lines(view: Callable[[], Progress], console: Console) -> None:
    """A line every few seconds in which something has happened."""
    last, silent = None, 0.0
    while True:
        await asyncio.sleep(PLAIN_INTERVAL)
        seen = view()
        silent += PLAIN_INTERVAL
        if (happened := _happened(seen)) != last or silent >= _REPEATED:
            console.print(line(seen), highlight=False, markup=False, soft_wrap=True)
            last, silent = happened, 0.0


def _happened(seen: Progress) -> object:
    """What makes a line worth reading: not the time, nor what follows from it alone."""
    return verdict_counts(seen), seen.requests, seen.retries, seen.in_flight, bool(seen.cool_down), seen.down


def panel(
    seen: Progress, errors: Sequence[str], width: int, budget: float | None = None, before: float = 0.0
) -> RenderableType:
    """The state of a run as a block of lines that fits `width` columns; `before` was spent by other runs."""
    rows = [
        *_bar(seen, width),
        *_wrapped("", list(_verdicts(seen)), width),
        *_wrapped("speed", list(_speed(seen)), width),
        *_beside([_meter(*each) for each in meters(seen)], width),
        *_money(seen, budget, before, width),
    ]
    rows += [Text(f"  {printable(error)}", style="yellow") for error in errors]
    for row in rows:
        row.no_wrap, row.overflow = True, "ellipsis"
    return Group(*rows)


def _wrapped(label: str, parts: Sequence[Text], width: int) -> Iterator[Text]:
    """Label and parts with dots between; what finds no room goes on in the next line, below the first part."""
    indent = _LABEL if label else 0
    row = _labelled(label) if label else Text()
    for part in parts:
        is_first = row.cell_len <= indent
        if not is_first and row.cell_len + len(_DOT) + part.cell_len > width:
            yield row
            row, is_first = Text(" " * indent), True
        row.append("" if is_first else _DOT, style="dim").append_text(part)
    yield row


def _beside(meters: Sequence[Text], width: int) -> Iterator[Text]:
    """The meters in one line, or where that is too narrow each in its own."""
    if sum(each.cell_len for each in meters) <= width:
        meters = [Text().join(meters)] if meters else []
    for each in meters:
        each.rstrip()
        yield each


def _bar(seen: Progress, width: int) -> Iterator[Text]:
    """The share done as a bar that takes what the numbers leave, in a narrow window a line of its own."""
    share = seen.done / seen.total if seen.total else 1.0
    counted = f"{share:4.0%}  {seen.done:,}/{seen.total:,}"
    times = f"{duration(seen.elapsed)} · ETA {duration(seen.eta)}"
    room = width - len(f"{counted}  {times}") - 2
    is_beside = room >= _SHORTEST
    room = min(_LONGEST, room if is_beside else width)
    full = int(share * room)
    bar = Text.assemble(("━" * full, "green"), ("━" * (room - full), "bright_black"))
    if is_beside:
        yield bar.append(f" {counted}  {times}")
    else:
        yield bar
        yield from _wrapped("", [Text(counted.strip()), Text(times)], width)


def _verdicts(seen: Progress) -> Iterator[Text]:
    for name, number in verdict_counts(seen):
        yield Text.assemble((f"{name} ", "dim"), (f"{number:,}", _STYLES.get(name, "") if number else ""))


_STYLES: Final = {"stood in": "yellow", "failed": "bold red", "waiting for evidence": "bold yellow"}


def _speed(seen: Progress) -> Iterator[Text]:
    yield Text(f"{seen.rate:,.1f} problems/s")
    if seen.cool_down:
        yield Text(f"cool-down {seen.cool_down:.0f}s", style="bold yellow")
    if seen.down:
        yield Text(DOWN, style="bold red")
    slots = f" of {seen.slots:,}" if seen.slots else ""
    yield Text.assemble(f"in flight {seen.in_flight:,}", (slots, "dim"))
    yield Text(f"retries {seen.retries:,}")
    yield Text(f"429s {seen.rate_limited:,}", style="yellow" if seen.rate_limited else "")
    if seen.share < 1:
        yield Text(shared(seen), style="dim")


def _meter(label: str, used: float, limit: float) -> Text:
    full = min(_METER, round(_METER * used / limit)) if limit else 0
    numbers = f" {short(used)} of {short(limit)}"
    meter = Text.assemble(("▇" * full, "cyan"), ("▁" * (_METER - full), "bright_black"), f"{numbers:<20}")
    return _labelled(label).append_text(meter)


def _money(seen: Progress, budget: float | None, before: float, width: int) -> Iterator[Text]:
    if seen.cost is None:
        if seen.input_tokens:
            spent = f"{short(seen.input_tokens)} in, {short(seen.output_tokens)} out{_further(seen)}"
            yield from _wrapped("tokens", [Text(spent)], width)
        return
    parts = [Text(f"{money(seen.cost)} so far")]
    if seen.projected is not None:
        parts.append(Text(f"{money(seen.projected)} projected"))
    if budget is not None:
        others = f", {money(before)} of it spent before" if before else ""
        parts.append(Text(f"budget {money(budget)}{others}", style="dim"))
    if further := _further(seen):
        parts.append(Text(f"tokens{further.removeprefix(',')}", style="dim"))
    yield from _wrapped("cost", parts, width)


def _further(seen: Progress) -> str:
    """Tokens that a bill may hold beside those in and out."""
    parts = ((seen.cache_write_tokens, "written to the cache"), (seen.reasoning_tokens, "of thinking"))
    return "".join(f", {short(number)} {what}" for number, what in parts if number)


def _labelled(label: str) -> Text:
    return Text.assemble((f"{label:<{_LABEL}}", "dim"))
