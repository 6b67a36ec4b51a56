"""`asyncgeo merge`: the dataset written, and its statistics on screen."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from asyncgeo import config
from asyncgeo.cli.status import write_object
from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.dataset import FigureCounts, Stats
from asyncgeo.dataset.folder import Written, merge_folder
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import folder_of
from asyncgeo.schema.conditions import UNKNOWN_CATEGORY
from asyncgeo.schema.words import counted, unexpressed
from asyncgeo.views.status import identifiers_of_folder

_SHOWN: Final = 5  # bad lines named on screen; all of them stand in the statistics' count
_LABEL: Final = 36  # the longest category, and a little


def merge(flags: Overrides, file: Path | None, written: Written, *, as_json: bool = False) -> None:
    """Merge the folder of the settings and show what it holds. Raises ConfigError, InputError or ShardError."""
    folder = folder_of(config.load(file, flags=flags))
    with progress_bar("merging") as progress:
        stats = merge_folder(folder, written, expected=identifiers_of_folder(folder), progress=progress)
    if as_json:
        write_object(_plain(stats))
    else:
        show_statistics(stats, SafeConsole(highlight=False))


def _plain(stats: Stats) -> dict[str, Any]:
    """The same for scripts."""
    quality, missing = stats.quality, stats.missing
    return {
        "outputs": stats.outputs,
        "shards": stats.shards,
        "rows": stats.rows,
        "ids": stats.ids,
        "parsed": stats.parsed,
        "stand_ins": stats.fallbacks,
        "skipped": stats.skipped,
        "failed": stats.failed,
        "left_out": stats.left_out,
        "problems": stats.problems,
        "pending": missing.pending,
        "guesses": stats.guesses,
        "unexpressed": stats.unexpressed,
        "duplicates": stats.duplicates,
        "bad_lines": stats.bad_lines,
        "figures": None if quality is None else quality.figures._asdict(),
        "answers": None if quality is None else quality.answers,
        "categories": stats.categories,
        "difficulties": stats.difficulties,
        "sources": stats.sources,
        "models": stats.models,
        "skip_reasons": stats.skip_reasons,
        "error_kinds": stats.error_kinds,
        "gaps": [gap._asdict() for gap in missing.gaps],
        "held": [holder.shard for holder in missing.held],
        "lookalikes": missing.lookalikes,
    }


def show_statistics(stats: Stats, console: Console) -> None:
    """Totals, categories with percentages, difficulties as bars scaled to the terminal, and what was odd."""
    for output in stats.outputs:
        console.print(Text(printable(str(output)), style="bold"), soft_wrap=True)
    console.print(
        f"{counted(stats.ids, 'problem')}: parsed {stats.parsed:,} · stood in {stats.fallbacks:,}"
        f" · skipped {stats.skipped:,} · failed {stats.failed:,}"
        f" · from {counted(stats.rows, 'row')} in {counted(stats.shards, 'shard')}",
        soft_wrap=True,
    )
    if stats.sources:
        console.print(escape("sources: " + " · ".join(f"{name} {count:,}" for name, count in stats.sources.items())))
    if stats.unexpressed:
        console.print(unexpressed(stats.unexpressed))
    if stats.checked is not None:
        console.print(_figures(stats, stats.checked), soft_wrap=True)
    if stats.quality is not None and stats.quality.answers:
        told = " · ".join(f"{state} {count:,}" for state, count in stats.quality.answers.items())
        console.print(f"answers: {told}", soft_wrap=True)
    for line in _missing(stats):
        console.print(Text(printable(line), style="yellow"), soft_wrap=True)
    _show_bars(console, "Category", stats.categories, stats.problems)
    _show_bars(console, "Difficulty", stats.difficulties, stats.problems)
    _show_bars(console, "Skipped because", stats.skip_reasons, stats.skipped)
    _show_bars(console, "Errors", stats.error_kinds, stats.errors)
    for finding in stats.findings[:_SHOWN]:
        console.print(f"[yellow]left out:[/yellow] {escape(printable(str(finding)))}", soft_wrap=True)
    if stats.bad_lines > _SHOWN:
        console.print(
            f"… and {counted(stats.bad_lines - _SHOWN, 'more line that is no row', 'more lines that are no rows')}"
        )


def _missing(stats: Stats) -> Iterator[str]:
    """What is no problem of a model yet, and what was not read."""
    missing = stats.missing
    if stats.guesses:
        yield (
            f"{stats.guesses:,} of these problems are guesses of the original script's rules (category "
            f'"{UNKNOWN_CATEGORY}"); `asyncgeo run` asks a model about them.'
        )
    if missing.pending:
        yield f"{counted(missing.pending, 'problem of the input has', 'problems of the input have')} no row yet."
    for holder in missing.held[:_SHOWN]:
        who = f"process {holder.pid}" if holder.pid else "another process"
        yield f"{holder.shard} is being written by {who}: merge again when that has ended."
    if len(missing.held) > _SHOWN:
        yield f"… and {counted(len(missing.held) - _SHOWN, 'more shard that is', 'more shards that are')} being written"
    if missing.gaps:
        spans = ", ".join(f"{gap.start:,}–{gap.end:,}" for gap in missing.gaps[:_SHOWN])
        yield f"No shard covers the positions {spans}{' …' if len(missing.gaps) > _SHOWN else ''}."
    for path in missing.lookalikes[:_SHOWN]:
        yield f"not read: {path.name} is named like a shard but is none (dataset_{{start}}_{{end}}.jsonl)"
    if len(missing.lookalikes) > _SHOWN:
        yield f"… and {len(missing.lookalikes) - _SHOWN:,} more such files"


def _figures(stats: Stats, checked: FigureCounts) -> str:
    out = f" · {stats.left_out:,} left out" if stats.left_out else ""
    unchecked = f" · {checked.unchecked:,} not verified" if checked.unchecked else ""
    return f"figures: {checked.drawable:,} can be drawn · {checked.contradictory:,} cannot{unchecked}{out}"


def _show_bars(console: Console, title: str, counts: Mapping[str, int] | Mapping[int, int], total: int) -> None:
    if not counts:
        return
    width = max(10, console.width - _LABEL - 18)
    longest = max(counts.values())
    table = Table(title=title, title_justify="left", title_style="bold", box=None, show_header=False, pad_edge=False)
    table.add_column(width=_LABEL, overflow="ellipsis", no_wrap=True)
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    for name, count in counts.items():
        bar = Text("█" * max(1, round(width * count / longest)), style="cyan")
        table.add_row(Text(printable(str(name))), f"{count:,}", f"{count / total:.1%}" if total else "", bar)
    console.print()
    console.print(table)
