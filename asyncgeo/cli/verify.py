"""`asyncgeo verify`: which parses of a finished folder can be drawn, and what contradicts in the others."""

from collections import Counter
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asyncgeo import config, parses
from asyncgeo.cli.flags import Overrides
from asyncgeo.parses import Parse
from asyncgeo.verify import Summary, Verdict, digest, verify as verify_folder

_SHOWN: Final = 10


def verify(flags: Overrides, file: Path | None, *, workers: int | None = None, show: int = _SHOWN) -> None:
    """Verify the folder of the settings and show what was found. Raises ConfigError or InputError."""
    given = {key: value for key, value in flags.items() if value[1] is not None}
    folder = Path(config.load(file, flags=given).output.dir)
    bar = Progress(
        TextColumn("verifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("verify", total=None)
        summary = verify_folder(
            folder, workers=workers, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    show_summary(summary, folder, Console(highlight=False), show)


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
    if bad:
        known = parses.read(folder)
        for verdict in bad[:show]:
            _show(verdict, known.get(verdict.id), console)
    if len(bad) > show:
        console.print(f"… and {len(bad) - show:,} more, in {folder}/verify_*.jsonl")


def _show(verdict: Verdict, parse: Parse | None, console: Console) -> None:
    by_objects = ", with the objects to be drawn" if verdict.by_objects else ""
    console.print(f"\n[yellow]{verdict.id}[/yellow] cannot be drawn{by_objects}:", soft_wrap=True)
    if parse is None or digest(parse.conditions, parse.objects) != verdict.of:
        return
    console.print(f"  {parse.text}", soft_wrap=True, markup=False)
    for k in verdict.conflict:
        console.print(f"  {msgspec.json.encode(parse.conditions[k]).decode()}", soft_wrap=True, markup=False)
