"""Figures of many parses in one format, drawn in several processes.

In: what is wanted. Out: files, and `Exported`. A figure that cannot be drawn, or costs too much, is named with its
state.
"""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from asyncgeo.errors import ConfigError, InputError
from asyncgeo.export.exportable import Exportable, read_exportables
from asyncgeo.export.formats import FORMATS, STANDALONE
from asyncgeo.export.options import Exported, ExportOptions, ExportProgress, FigureKind
from asyncgeo.export.outlet import file_name, open_outlet, write_file
from asyncgeo.export.piece import FigureFormat, Piece
from asyncgeo.figure import draw, draw_nicely
from asyncgeo.store.processes import spread_over

_BATCH: Final = 16  # parses sent to a process at once: up to a second of work
_FEW: Final = 64  # parses that are drawn here before another process has started


class _Outcome(NamedTuple):
    """One problem's file; None and the state of its figure where there is none."""

    piece: Piece | None
    state: str


def export_each(
    kind: FigureKind, source: Path, output: Path, options: ExportOptions, progress: ExportProgress | None
) -> Exported:
    """Write the figures, and what tells of all of them."""
    form = _form(kind, standalone=options.standalone)
    parses = read_exportables(source, ids=options.ids, only=options.only)
    if output.suffix == form.suffix and not output.is_dir():
        return _export_one(form, parses, output, force=options.force)
    names = {parse.id: file_name(parse.id, form.suffix) for parse in parses}
    beside = {} if form.beside is None else form.beside(parses)
    written, not_drawn, unsaid = 0, dict[str, str](), dict[str, tuple[str, ...]]()
    with open_outlet(output, (*names.values(), *beside), force=options.force) as outlet:
        for done, (parse, outcome) in enumerate(zip(parses, _outcomes(form, parses, options), strict=True), 1):
            if outcome.piece is None:
                not_drawn[parse.id] = outcome.state
            else:
                outlet.put(names[parse.id], outcome.piece.content)
                written += 1
            if words := _unsaid(parse, outcome.piece):
                unsaid[parse.id] = words
            if progress is not None:
                progress(done, len(parses))
        for name, content in beside.items():
            outlet.put(name, content)
        outlet.close({"format": kind, "not_drawn": not_drawn, "unsaid": unsaid})
    return Exported(output, written, not_drawn, unsaid)


def _form(kind: FigureKind, *, standalone: bool) -> FigureFormat:
    """Raises ConfigError for a name that is no format's."""
    known = STANDALONE if standalone else FORMATS
    if kind not in known:
        whole = " as a whole document" if standalone else ""
        raise ConfigError(f"There is no format {kind!r:.40}{whole}.", f"Formats{whole}: {', '.join(known)}.")
    return known[kind]


def _export_one(form: FigureFormat, parses: Sequence[Exportable], output: Path, *, force: bool) -> Exported:
    if len(parses) > 1:
        raise InputError(
            f"{output} is one file, and there are {len(parses):,} problems.", "Name one with --ids, or a folder."
        )
    (parse,) = parses
    (outcome,) = _work(form, parses)
    if outcome.piece is None:
        raise InputError(
            f"The figure of {parse.id} cannot be drawn: {outcome.state}.",
            "asyncgeo verify says which conditions contradict each other.",
        )
    write_file(output, outcome.piece.content, force=force)
    words = _unsaid(parse, outcome.piece)
    return Exported(output, 1, unsaid={parse.id: words} if words else {})


def _outcomes(form: FigureFormat, parses: Sequence[Exportable], options: ExportOptions) -> Iterator[_Outcome]:
    batches = [parses[k : k + _BATCH] for k in range(0, len(parses), _BATCH)]
    count = options.processes or (os.cpu_count() or 1)
    for batch in spread_over(partial(_work, form), batches, count if len(parses) > _FEW else 1):
        yield from batch


def _work(form: FigureFormat, parses: Sequence[Exportable]) -> list[_Outcome]:
    return [_outcome(form, parse) for parse in parses]


def _outcome(form: FigureFormat, parse: Exportable) -> _Outcome:
    figure = (draw_nicely if form.nicely else draw)(parse.conditions, parse.objects)
    is_figure = figure.drawable and bool(figure.points)
    return _Outcome(form.write(parse, figure) if is_figure else None, figure.unjudged or figure.state)


def _unsaid(parse: Exportable, piece: Piece | None) -> tuple[str, ...]:
    """What the text says and neither the conditions nor the file."""
    return (*(() if piece is None else piece.unsaid), *parse.unexpressed)
