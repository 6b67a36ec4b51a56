"""`asyncgeo errors`: the problems that failed, counted and listed, and the command that asks them again."""

import difflib
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from asyncgeo import config, store
from asyncgeo.cli.status import encode
from asyncgeo.cli.streams import SafeConsole, write_json
from asyncgeo.errors import ConfigError, printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import looked_at
from asyncgeo.views.status import FailedProblem, Failures, failures, follow_up


def errors(flags: Overrides, file: Path | None, *, kind: str | None, limit: int | None, as_json: bool) -> None:
    """Show the failures of the folder. Raises ConfigError, InputError or ShardError."""
    folder, likely = looked_at(config.load(file, flags=flags), reads_input=False)
    store.need(folder)
    found = failures(folder, kind, limit)
    if kind is not None and not found.rows and limit != 0:
        _check_kind(kind, found, folder)
    if as_json:
        for failure in found.rows:
            write_json(encode(failure).decode())
        return
    _show(found, folder, kind, SafeConsole(highlight=False))
    if found.total:
        _show_way_on(follow_up(folder, likely), SafeConsole(highlight=False))


def _check_kind(kind: str, found: Failures, folder: Path) -> None:
    if not found.kinds:
        return
    near = difflib.get_close_matches(kind, found.kinds, n=1)
    known = f"Did you mean {near[0]}?" if near else f"There are: {', '.join(found.kinds)}."
    raise ConfigError(f"--kind {kind}: no problem of {folder} failed that way.", known)


def _show(found: Failures, folder: Path, kind: str | None, console: Console) -> None:
    if not found.total:
        console.print(f"No errors in {printable(str(folder))}.", markup=False, soft_wrap=True)
        return
    console.print(Text(_headline(found), style="bold"))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name, count in found.kinds.items():
        table.add_row(Text(f"{count:,}", style="red", justify="right"), Text(printable(name)))
    console.print(Padding(table, (0, 0, 0, 2)))
    if found.rows:
        console.print()
    for failure in found.rows:
        console.print(_line(failure), soft_wrap=not console.is_terminal)
    wanted = found.total if kind is None else found.kinds.get(kind, 0)
    if len(found.rows) < wanted:
        console.print(f"… and {wanted - len(found.rows):,} more")


def _show_way_on(command: Sequence[str], console: Console) -> None:
    console.print()
    console.print(Text.assemble(("asked again by: ", "dim"), (shlex.join(command), "bold")), soft_wrap=True)


def _headline(found: Failures) -> str:
    noun = "problem" if found.total == 1 else "problems"
    stand_ins = f", {found.stand_ins:,} of them with a parse by the rules" if found.stand_ins else ""
    return f"{found.total:,} {noun} failed{stand_ins}"


def _line(failure: FailedProblem) -> Text:
    attempts = f" after {failure.attempts} attempts" if failure.attempts > 1 else ""
    stands_in = " · rules stand in" if failure.stands_in else ""
    return Text.assemble(
        (printable(failure.id), "bold"),
        (f"  {printable(failure.kind)}{attempts}{stands_in}", "yellow"),
        f"  {printable(failure.message)}",
    )
