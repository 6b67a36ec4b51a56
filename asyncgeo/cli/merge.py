"""`asyncgeo merge`: the dataset written, and its statistics on screen."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from asyncgeo import checks, config
from asyncgeo.cli.flags import Overrides
from asyncgeo.merge import Stats, merge as merge_shards
from asyncgeo.terminal import printable

_SHOWN: Final = 5  # bad lines named on screen; all of them stand in the statistics' count
_LABEL: Final = 36  # the longest category, and a little


def merge(flags: Overrides, file: Path | None, output: Path | None) -> None:
    """Merge the folder of the settings and show what it holds. Raises ConfigError or ShardError."""
    settings = config.load(file, flags=flags)
    show_statistics(merge_folder(Path(settings.output.dir), output), Console(highlight=False))


def merge_folder(folder: Path, output: Path | None = None, *, quiet: bool = False) -> Stats:
    """Merge with a progress bar where somebody watches; conditions of the original script are straightened."""
    bar = Progress(
        TextColumn("merging"),
        BarColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True, quiet=quiet),
        transient=True,
    )
    with bar:
        task = bar.add_task("merge", total=None)
        return merge_shards(
            folder,
            output,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            straighten=checks.straighten_problem,
        )


def show_statistics(stats: Stats, console: Console) -> None:
    """Totals, categories with percentages, difficulties as bars scaled to the terminal, and what was odd."""
    console.print(Text(printable(str(stats.output)), style="bold"), soft_wrap=True)
    console.print(
        f"{stats.problems:,} problems · {stats.skipped:,} skipped · {stats.errors:,} errors"
        f" ({stats.fallbacks:,} of them with a rules parse) · from {stats.rows:,} rows in {stats.shards} shards",
        soft_wrap=True,
    )
    if stats.sources:
        console.print("sources: " + " · ".join(f"{source} {count:,}" for source, count in stats.sources.items()))
    _show_bars(console, "Category", stats.categories, stats.problems)
    _show_bars(console, "Difficulty", stats.difficulties, stats.problems)
    _show_bars(console, "Skipped because", stats.skip_reasons, stats.skipped)
    _show_bars(console, "Errors", stats.error_kinds, stats.errors)
    for finding in stats.findings[:_SHOWN]:
        console.print(f"[yellow]left out:[/yellow] {escape(printable(str(finding)))}", soft_wrap=True)
    if stats.bad_lines > _SHOWN:
        console.print(f"… and {stats.bad_lines - _SHOWN:,} more lines that are no rows")


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
