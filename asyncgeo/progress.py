"""Snapshots → one live line in a terminal, or a plain line every few seconds where there is none.

In: a function that gives the present snapshot. Out: text on a console. It knows no run and changes nothing.
"""

import asyncio
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from asyncgeo.tally import Snapshot
from asyncgeo.terminal import printable

LIVE_INTERVAL: Final = 0.25  # calm to look at, and 1 % of a core
PLAIN_INTERVAL: Final = 5.0
_BAR: Final = 20


async def show(view: Callable[[], Snapshot], console: Console, note: Callable[[], str] = str) -> None:
    """Show `view()` until cancelled; `note()` is what the limits have to say, in a few words."""
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live, suppress(asyncio.CancelledError):
            while True:
                live.update(_live(view(), note(), console.width), refresh=True)
                await asyncio.sleep(LIVE_INTERVAL)
    else:
        while True:
            await asyncio.sleep(PLAIN_INTERVAL)
            console.print(line(view(), note()), highlight=False, markup=False, soft_wrap=True)


def line(snapshot: Snapshot, note: str = "") -> str:
    """One line of plain text: done/total, rate, verdicts, what is left."""
    parts = [
        f"{snapshot.done:,}/{snapshot.total:,}",
        f"{snapshot.rate:,.1f}/s",
        f"parsed {snapshot.parsed:,}",
        f"skipped {snapshot.skipped:,}",
        f"errors {snapshot.failed + snapshot.stand_ins:,}",
    ]
    if snapshot.retries:
        parts.append(f"retries {snapshot.retries:,}")
    if snapshot.cost is not None:
        parts.append(f"${snapshot.cost:.2f}")
    parts.append(f"ETA {duration(snapshot.eta)}")
    return " · ".join([*parts, *filter(None, [note])])


def duration(seconds: float) -> str:
    """`75` → "1m15s"; infinity → "–"."""
    if not math.isfinite(seconds):
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{rest:02}s" if minutes else f"{rest}s"


def _live(snapshot: Snapshot, note: str, width: int) -> Table:
    """A bar with the share done, the line under it, and the last errors."""
    share = snapshot.done / snapshot.total if snapshot.total else 1.0
    full = int(share * _BAR)
    grid = Table.grid()
    bar = Text.assemble(
        ("━" * full, "green"), ("━" * (_BAR - full), "dim"), f" {share:4.0%}  {duration(snapshot.elapsed)}"
    )
    grid.add_row(bar)
    grid.add_row(Text(line(snapshot, note), overflow="ellipsis", no_wrap=True))
    for error in snapshot.last_errors:
        grid.add_row(Text(printable(error)[:width], style="yellow", overflow="ellipsis", no_wrap=True))
    return grid
