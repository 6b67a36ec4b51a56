"""`asyncgeo reparse`: rows made anew from raw answers, and what is different about them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import msgspec
from rich.console import Console
from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import folder_of
from asyncgeo.run.reparse import Change, Recount, reparse as reparse_folder
from asyncgeo.schema.records import Parsed, Row, Skipped
from asyncgeo.schema.words import counted


def reparse(flags: Overrides, file: Path | None, *, show: int) -> None:
    """Parse the folder's kept answers anew and show what changed. Raises ConfigError, InputError or ShardError."""
    folder = folder_of(config.load(file, flags=flags))
    recount = asyncio.run(reparse_folder(folder))
    show_recount(recount, folder, SafeConsole(highlight=False, soft_wrap=True), show)


def show_recount(recount: Recount, folder: Path, console: Console, show: int) -> None:
    """Counts, the first changes, and what makes sense now."""
    console.print(
        f"[bold]{counted(recount.total, 'problem has', 'problems have')} raw answers:[/bold] "
        f"{counted(recount.unchanged, 'row')} unchanged · "
        f"{recount.changed:,} changed · {recount.new:,} newly usable · {len(recount.invalid):,} no longer usable"
    )
    if recount.without:
        console.print(
            f"{recount.without:,} of them have no row and no usable answer: `asyncgeo run` asks for them again."
        )
    for change in recount.examples[:show]:
        console.print()
        for line in _describe(change):
            console.print(escape(printable(line)))
    if recount.invalid:
        console.print(
            f"\nRows that no answer supports any more are kept as they were: {', '.join(recount.invalid[:show])}"
            f"{' …' if len(recount.invalid) > show else ''}"
        )
    if recount.changed or recount.new:
        console.print(f"\nNext: asyncgeo merge --output-dir {escape(str(folder))}")


def _describe(change: Change) -> Iterator[str]:
    """One line for what the row is now, then what was lost and gained."""
    known = change.after or change.before
    assert known is not None  # noqa: S101  a change has a side
    yield f"{known.id}: {_word(change.before)} → {_word(change.after)}"
    before, after = _members(change.before), _members(change.after)
    yield from (f"  - {line}" for line in before if line not in after)
    yield from (f"  + {line}" for line in after if line not in before)


def _word(row: Row | None) -> str:
    if row is None:
        return "no row"
    if isinstance(row, Parsed):
        return "parsed" if row.kind is None else f"parsed by the rules ({row.kind})"
    return f"skipped ({row.reason})" if isinstance(row, Skipped) else f"error ({row.kind})"


def _members(row: Row | None) -> list[str]:
    """What a row says, a line for each thing."""
    if not isinstance(row, Parsed):
        return []
    named = {"text": row.cleaned_text, "category": row.category, "difficulty": row.difficulty}
    objects = msgspec.to_builtins(row.required_objects)
    lines = [f"{name} {value}" for name, value in named.items()]
    lines += [f"{name} {msgspec.json.encode(value).decode()}" for name, values in objects.items() for value in values]
    return lines + [msgspec.json.encode(condition).decode() for condition in row.verification_conditions]
