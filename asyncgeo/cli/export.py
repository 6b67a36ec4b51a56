"""`asyncgeo export`: files that other programs read, and what they do not hold on screen."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import typer
from rich.console import Console

from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.errors import printable
from asyncgeo.export import (
    Exported,
    ExportOptions,
    FigureKind,
    HubOptions,
    export_dataset,
    export_figures,
    push_dataset,
)
from asyncgeo.schema.words import counted

_SHOWN: Final = 5  # problems named on screen; the record beside the files names all


class Push(NamedTuple):
    """Where to, for whom, and whether the person is asked before."""

    name: str
    public: bool
    asks: bool


def export(kind: FigureKind, source: Path, output: Path | None, options: ExportOptions) -> None:
    """Write the figures and show what was written. Raises ConfigError or InputError."""
    with progress_bar("drawing") as progress:
        done = export_figures(kind, source, output, options, progress=progress)
    show_export(done, SafeConsole(highlight=False))


def export_to_hub(source: Path, output: Path | None, options: HubOptions, push: Push | None) -> None:
    """Write the dataset, show what was written, and send it where that is wanted. Raises ConfigError, UserError."""
    with progress_bar("merging") as progress:
        done = export_dataset(source, output, options, progress=progress)
    console = SafeConsole(highlight=False)
    show_export(done, console)
    if push is None:
        if not options.licence:
            console.print("README.md names no licence yet: --licence cc-by-4.0, or whichever it is", markup=False)
        return
    if push.asks:
        seen = "everybody can see it" if push.public else "only you see it"
        question = f"Send {counted(done.written, 'problem')} to the Hub as {push.name}, where {seen}?"
        typer.confirm(printable(question), abort=True, err=True)
    address = push_dataset(done.output, push.name, public=push.public)
    console.print(printable(address), soft_wrap=True, markup=False)


def show_export(done: Exported, console: Console) -> None:
    """Where the files are, and of what there are none or not all."""
    console.print(f"{done.output}: {counted(done.written, 'problem')}", soft_wrap=True, markup=False)
    states = Counter(done.not_drawn.values())
    for state, count in states.most_common():
        ids = [each for each, found in done.not_drawn.items() if found == state]
        console.print(f"not drawn: {count:,} {state} ({_few(ids)})", soft_wrap=True, markup=False)
    _show_unsaid(done.unsaid, console)


def _show_unsaid(unsaid: Mapping[str, tuple[str, ...]], console: Console) -> None:
    """The first problems of which the format does not say everything, each with its words."""
    if not unsaid:
        return
    console.print(f"not said by this format in {counted(len(unsaid), 'problem')}:", markup=False)
    for identifier, words in list(unsaid.items())[:_SHOWN]:
        console.print(printable(f"  {identifier}: {'; '.join(words)}"), soft_wrap=True, markup=False)
    if len(unsaid) > _SHOWN:
        console.print(f"  … and {len(unsaid) - _SHOWN:,} more", markup=False)


def _few(ids: list[str]) -> str:
    return printable(", ".join(ids[:_SHOWN])) + (" …" if len(ids) > _SHOWN else "")
