"""A parsed row → its figure as SVG text, for a terminal's user or a report.

In: a row. Out: one `<svg>` element that any number of others may stand beside on one page (see `figure.svg`), with what
the row's text asks for marked, or None where no figure is found. Importing it loads no numpy.
"""

from typing import Final

from asyncgeo.rules.asking import asked
from asyncgeo.schema.asked import Asked
from asyncgeo.schema.records import Parsed
from asyncgeo.store import parses

_TRIES: Final = 12


def picture(
    row: Parsed, *, tries: int = _TRIES, patience: int | None = None, contradictory: bool = False
) -> str | None:
    """The nicest of `tries` figures of the row; one takes about 6 ms, twelve 52.

    With little `patience` (see `draw`) contradictions are given up soon, and one figure in a hundred is missed.

    None where nothing can be drawn: no points, or conditions that contradict; of these the nearest candidate
    where `contradictory` figures are wanted.
    """
    from asyncgeo.figure import draw_nicely, render  # noqa: PLC0415  loads numpy

    parse = parses.of_parsed(row)
    figure = draw_nicely(parse.conditions, parse.objects, text=row.original_text, tries=tries, patience=patience)
    if figure.unjudged or not figure.points or not (figure.drawable or contradictory):
        return None
    return render(parse.conditions, parse.objects, figure, asked=to_be_marked(parse.original))


def to_be_marked(text: str) -> Asked | None:
    """The quantity that the problem's whole text asks for, where a figure has it."""
    found = asked(text)
    return found if isinstance(found, Asked) else None
