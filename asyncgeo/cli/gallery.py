"""`asyncgeo gallery`: parses as figures on one page."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from rich.markup import escape
from rich.progress import track

from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import InputError
from asyncgeo.schema.records import numeric_key
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.verify.picture import to_be_marked


def gallery(source: Path, output: Path, *, limit: int | None = 60, only_contradictory: bool = False) -> None:
    """Write a contact sheet of the parses at `source`, in numeric order. Raises InputError."""
    from asyncgeo.views.report.sheet import SheetEntry, sheet  # noqa: PLC0415  loads numpy

    found = sorted(parses.read(source).values(), key=lambda parse: numeric_key(parse.id))
    wanted = list(islice(_undrawable(found) if only_contradictory else found, limit))
    shown = track(wanted, "drawing", console=SafeConsole(stderr=True), transient=True)
    try:
        with output.open("w", encoding="utf-8") as stream:
            entries = (
                SheetEntry(p.id, p.text, p.conditions, p.objects, to_be_marked(p.original or p.text)) for p in shown
            )
            stream.writelines(sheet(entries, source.name))
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}.", "Name another file.") from error
    SafeConsole(highlight=False).print(
        f"[bold]{escape(str(output))}[/bold]: {len(wanted):,} of {len(found):,} parses", soft_wrap=True
    )


def _undrawable(found: list[Parse]) -> Iterator[Parse]:
    from asyncgeo.figure import draw  # noqa: PLC0415  loads numpy

    return (parse for parse in found if draw(parse.conditions, parse.objects, text=parse.text).state == "contradictory")
