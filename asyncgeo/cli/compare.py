"""`asyncgeo compare A [B]`: how far two sets of parses say the same, whatever their spelling.

Without B each parse is held against what the rules read in its text: an independent second reading, with the words.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.verify.second_reading import words
from asyncgeo.views.compare import TWO_SETS, Agreement, Names, compare as compare_sets
from asyncgeo.views.vote import Vote

_SHOWN: Final = 10


def compare(a: Path, b: Path | None, *, limit: int | None = None, show: int = _SHOWN, vote: Path | None = None) -> None:
    """Compare, show what was found, and write what both say to the folder `vote`. Raises InputError or ConfigError."""
    ballot, console = Vote(), SafeConsole(highlight=False)
    with progress_bar("comparing") as progress:
        agreement, names = compare_sets(a, b, limit=limit, progress=progress, hear=ballot.add)
    show_agreement(agreement, console, show, names)
    if vote is not None:
        path = ballot.write(vote)
        disputed = len(ballot.rows) - ballot.agreed
        left = f"; of {ballot.without:,} they say nothing in common" * bool(ballot.without)
        counts = f"{len(ballot.rows):,} rows of what both say, {disputed:,} of them with conditions in dispute{left}"
        console.print(f"\n{escape(str(path))}: {counts}", soft_wrap=True)


def show_agreement(agreement: Agreement, console: Console, show: int = _SHOWN, names: Names = TWO_SETS) -> None:
    """Shares both ways, types that agree least, and the first differences."""
    drawn = agreement.problems - len(agreement.undrawable)
    refused = f" · {agreement.refused:,} more, which they refuse, left out" * bool(agreement.refused)
    console.print(f"{agreement.problems:,} {names.problems}{refused}")
    for line in _undrawn(agreement, names, show):
        console.print(line)
    console.print(f"[bold]{_share(agreement.agreeing, drawn)} of the problems say the same[/bold]")
    kept, justified = (
        _share(agreement.confirmed.total(), agreement.stated.total()),
        _share(agreement.justified, agreement.added),
    )
    console.print(f"{kept} of {names.of_first} conditions hold in {names.of_second} figures")
    console.print(f"{justified} of {names.of_second} conditions hold in {names.of_first} figures")
    table = Table(box=None, show_header=False)
    for kind, count in (agreement.stated - agreement.confirmed).most_common(show):
        table.add_row(escape(str(kind)), f"{count:,} of {agreement.stated[kind]:,}")
    if table.row_count:
        console.print(f"[italic]{names.of_first} conditions that do not follow from {names.of_second}[/italic]")
        console.print(table)
    for parse, only_a, only_b in agreement.differences[:show]:
        console.print(f"\n[yellow]{escape(parse.id)}[/yellow]", end=" ")
        console.print(parse.text, markup=False, soft_wrap=True)
        quotes = words(parse.original) if names.quotes else {}
        for mark, listed in ((names.first, only_a), (names.second, only_b)):
            for condition in listed:
                shown = msgspec.json.encode(condition).decode()
                quoted = f"  «{quotes[shown]}»" if mark == names.second and shown in quotes else ""
                console.print(f"  {mark} only: {shown}{quoted}", markup=False, soft_wrap=True)


def _undrawn(agreement: Agreement, names: Names, show: int) -> Iterator[str]:
    """Pairs that cannot be compared, by the side whose figure is missing."""
    sides = {(True, False): names.of_first, (False, True): names.of_second, (True, True): "both"}
    for side, name in sides.items():
        ids = [identifier for identifier, *missing in agreement.undrawable if tuple(missing) == side]
        if ids:
            more = ", …" * (len(ids) > show)
            listed = escape(", ".join(ids[:show])) + more
            why = "no figure of either can be drawn" if name == "both" else f"{name} conditions cannot be drawn"
            yield f"[yellow]{len(ids):,} of them are not compared: {why} ({listed})[/yellow]"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.1%})" if whole else "0 of 0"
