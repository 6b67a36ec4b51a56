"""`asyncgeo merge`: the dataset written, and its statistics on screen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from asyncgeo import config, store
from asyncgeo.cli.flags import Overrides
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.dataset import Checked, Format, Options, Stats, merge as merge_shards, read_split
from asyncgeo.errors import InputError, printable
from asyncgeo.problems.reader import Problems
from asyncgeo.run.places import folder_of
from asyncgeo.schema import checks
from asyncgeo.schema.conditions import UNKNOWN_CATEGORY
from asyncgeo.store import parses
from asyncgeo.store.ids import Marks
from asyncgeo.verify import folder as verify
from asyncgeo.verify.folder import Verdict
from asyncgeo.views.status import input_of_folder

_SHOWN: Final = 5  # bad lines named on screen; all of them stand in the statistics' count
_LABEL: Final = 36  # the longest category, and a little


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the flags of `asyncgeo merge` say of the dataset; without a format, the output's ending tells it."""

    output: Path | None = None
    format: Format | None = None
    split: str | None = None
    seed: int = 0
    only_drawable: bool = False
    allow_empty: bool = False


def merge(flags: Overrides, file: Path | None, written: Written) -> None:
    """Merge the folder of the settings and show what it holds. Raises ConfigError, InputError or ShardError."""
    folder = folder_of(config.load(file, flags=flags))
    show_statistics(merge_folder(folder, written), SafeConsole(highlight=False))


def merge_folder(folder: Path, written: Written = Written(), *, quiet: bool = False) -> Stats:
    """Merge with a progress bar where somebody watches; conditions of the original script are straightened.

    What is pending is counted by the input of the folder's latest run.
    """
    options = Options(
        format=written.format or _format_of(written.output),
        split=None if written.split is None else read_split(written.split, written.seed),
        straighten=checks.straighten_problem,
        verdict=_verdicts(folder, needed=written.only_drawable),
        only_drawable=written.only_drawable,
        expected=_expected(folder),
        allow_empty=written.allow_empty,
    )
    bar = Progress(
        TextColumn("merging"),
        BarColumn(),
        TimeRemainingColumn(),
        console=SafeConsole(stderr=True, quiet=quiet),
        transient=True,
    )
    with bar:
        task = bar.add_task("merge", total=None)
        return merge_shards(
            folder, written.output, options, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )


def _expected(folder: Path) -> tuple[str, ...] | None:
    """The ids of the problems that the folder's runs were about; None where their input is not there any more."""
    path = input_of_folder(folder, None)
    return None if path is None else tuple(Problems(path).identifiers())


def _format_of(output: Path | None) -> Format:
    suffix = "" if output is None else output.suffix
    return "jsonl" if suffix == ".jsonl" else "parquet" if suffix == ".parquet" else "json"


def _verdicts(folder: Path, *, needed: bool) -> Callable[[bytes], bool | None] | None:
    """What `asyncgeo verify` found, by the line of a shard; None where it never ran."""
    files = [folder / verify.name(*bounds) for bounds, _ in store.find(folder)]
    found = [file for file in files if file.exists()]
    if not found:
        if needed:
            raise InputError(
                f"{folder} holds no verify_*.jsonl, so nothing says which parses can be drawn.",
                f"First: asyncgeo verify --output-dir {folder}",
            )
        return None
    marks = Marks()
    for file in found:
        _read_verdicts(file, marks)

    def verdict(line: bytes) -> bool | None:
        parse = parses.of_row(msgspec.json.decode(line))
        mark = 0 if parse is None else marks[_key(parse.id, verify.digest(parse.conditions, parse.objects))]
        return None if not mark else mark == _DRAWABLE

    return verdict


def _read_verdicts(file: Path, marks: Marks) -> None:
    with file.open("rb") as stream:
        for line in stream:
            try:
                verdict = _decode(line)
            except ValueError:  # a line that a killed verification left torn
                continue
            if verdict.drawable is not None:
                marks.lift(_key(verdict.id, verdict.of), _DRAWABLE if verdict.drawable else _CONTRADICTORY)


def _key(identifier: str, of: str) -> str:
    return f"{of} {identifier}"


_decode: Final = msgspec.json.Decoder(Verdict).decode
_CONTRADICTORY: Final = 1
_DRAWABLE: Final = 2


def show_statistics(stats: Stats, console: Console) -> None:
    """Totals, categories with percentages, difficulties as bars scaled to the terminal, and what was odd."""
    for output in stats.outputs:
        console.print(Text(printable(str(output)), style="bold"), soft_wrap=True)
    shards_read = f"{stats.shards:,} shard{'s' * (stats.shards != 1)}"
    console.print(
        f"{stats.ids:,} problems: parsed {stats.parsed:,} · stood in {stats.fallbacks:,} · skipped {stats.skipped:,}"
        f" · failed {stats.failed:,} · from {stats.rows:,} rows in {shards_read}",
        soft_wrap=True,
    )
    if stats.sources:
        console.print(escape("sources: " + " · ".join(f"{name} {count:,}" for name, count in stats.sources.items())))
    if stats.checked is not None:
        console.print(_figures(stats, stats.checked), soft_wrap=True)
    for line in _missing(stats):
        console.print(Text(printable(line), style="yellow"), soft_wrap=True)
    _show_bars(console, "Category", stats.categories, stats.problems)
    _show_bars(console, "Difficulty", stats.difficulties, stats.problems)
    _show_bars(console, "Skipped because", stats.skip_reasons, stats.skipped)
    _show_bars(console, "Errors", stats.error_kinds, stats.errors)
    for finding in stats.findings[:_SHOWN]:
        console.print(f"[yellow]left out:[/yellow] {escape(printable(str(finding)))}", soft_wrap=True)
    if stats.bad_lines > _SHOWN:
        console.print(f"… and {stats.bad_lines - _SHOWN:,} more lines that are no rows")


def _missing(stats: Stats) -> Iterator[str]:
    """What is no problem of a model yet, and what was not read."""
    missing = stats.missing
    if stats.guesses:
        yield (
            f"{stats.guesses:,} of these problems are guesses of the original script's rules (category "
            f'"{UNKNOWN_CATEGORY}"); `asyncgeo run` asks a model about them.'
        )
    if missing.pending:
        yield f"{missing.pending:,} problems of the input have no row yet."
    for holder in missing.held[:_SHOWN]:
        who = f"process {holder.pid}" if holder.pid else "another process"
        yield f"{holder.shard} is being written by {who}: merge again when that has ended."
    if len(missing.held) > _SHOWN:
        yield f"… and {len(missing.held) - _SHOWN:,} more shards that are being written"
    if missing.gaps:
        spans = ", ".join(f"{gap.start:,}–{gap.end:,}" for gap in missing.gaps[:_SHOWN])
        yield f"No shard covers the positions {spans}{' …' if len(missing.gaps) > _SHOWN else ''}."
    for path in missing.lookalikes[:_SHOWN]:
        yield f"not read: {path.name} is named like a shard but is none (dataset_{{start}}_{{end}}.jsonl)"
    if len(missing.lookalikes) > _SHOWN:
        yield f"… and {len(missing.lookalikes) - _SHOWN:,} more such files"


def _figures(stats: Stats, checked: Checked) -> str:
    out = ", which are left out" if stats.left_out else ""
    unchecked = f" · {checked.unchecked:,} not verified" if checked.unchecked else ""
    return f"figures: {checked.drawable:,} can be drawn · {checked.contradictory:,} cannot{out}{unchecked}"


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
