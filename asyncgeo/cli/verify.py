"""`asyncgeo verify`: which parses of a finished folder can be drawn, and what contradicts in the others."""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import folder_of
from asyncgeo.schema.verdict import Verdict, digest
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.verify.folder import Summary, verify as verify_folder

_SHOWN: Final = 10


def verify(flags: Overrides, file: Path | None, *, processes: int | None = None, show: int = _SHOWN) -> None:
    """Verify the folder of the settings and show what was found. Raises ConfigError or InputError."""
    folder = folder_of(config.load(file, flags=flags))
    with progress_bar("verifying") as progress:
        summary = verify_folder(folder, processes=processes, progress=progress)
    show_summary(summary, folder, SafeConsole(highlight=False), show)


def show_summary(summary: Summary, folder: Path, console: Console, show: int = _SHOWN) -> None:
    """Shares, states, and the first contradictions with their conditions."""
    total = len(summary.verdicts)
    share = f" ({summary.drawable / total:.1%})" if total else ""
    console.print(f"[bold]{summary.drawable:,} of {total:,} parses can be drawn{share}[/bold] · {summary.judged:,} new")
    states = Counter(verdict.state for verdict in summary.verdicts)
    console.print(" · ".join(f"{state} {count:,}" for state, count in states.most_common()))
    bad = summary.contradictory()
    if rounded := sum(verdict.rounded for verdict in bad):
        console.print(f"{rounded:,} of the contradictory hold to 1 %: their numbers seem rounded")
    for why, count in Counter(verdict.why for verdict in summary.unjudged()).most_common():
        ids = ", ".join(printable(verdict.id) for verdict in summary.unjudged() if verdict.why == why)
        console.print(f"{count:,} not judged: {why} ({ids:.200})", soft_wrap=True, markup=False)
    if bad:
        known = parses.read(folder)
        for verdict in bad[:show]:
            _show(verdict, known.get(verdict.id), console)
    if len(bad) > show:
        console.print(escape(f"… and {len(bad) - show:,} more, in {folder}/verify_*.jsonl"))


def _show(verdict: Verdict, parse: Parse | None, console: Console) -> None:
    by_objects = ", with the objects to be drawn" if verdict.by_objects else ""
    console.print(f"\n[yellow]{escape(verdict.id)}[/yellow] cannot be drawn{by_objects}:", soft_wrap=True)
    if parse is None or digest(parse.conditions, parse.objects) != verdict.of:
        return
    console.print(f"  {parse.text}", soft_wrap=True, markup=False)
    for k in verdict.conflict:
        console.print(f"  {msgspec.json.encode(parse.conditions[k]).decode()}", soft_wrap=True, markup=False)
