"""One problem in a format, and what the format could not say.

In: nothing. Out: the types that every format has in common. It knows no format.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from asyncgeo.export.exportable import Exportable
from asyncgeo.figure import Figure, Point
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.words import readable


class Piece(NamedTuple):
    """The content of one problem's file; `unsaid` are conditions in words that the file does not hold."""

    content: bytes
    unsaid: tuple[str, ...] = ()


class FigureFormat(NamedTuple):
    """A format with one file a problem.

    `nicely`: the figure is looked at, so the nicest of several is drawn. `beside` gives files that tell of all
    problems, by name, those without a figure included.
    """

    suffix: str
    write: Callable[[Exportable, Figure], Piece]
    nicely: bool = False
    beside: Callable[[Iterable[Exportable]], dict[str, bytes]] | None = None


def ends_of(line: str) -> tuple[str, str]:
    """The names of two points of a line that has a name alone."""
    return f"{line}_1", f"{line}_2"


def places_of(figure: Figure) -> dict[str, Point]:
    """All points, and two of each line that has a name alone."""
    places = dict(figure.points)
    for name, (a, b) in figure.lines.items():
        places |= dict(zip(ends_of(name), (a, b), strict=True))
    return places


def in_words(conditions: Iterable[Condition]) -> tuple[str, ...]:
    """Each condition once, as a mathematician writes it."""
    return tuple(dict.fromkeys(readable(condition) for condition in conditions))
