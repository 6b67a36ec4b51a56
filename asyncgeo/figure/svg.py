"""A figure → SVG, as a textbook would draw it.

In: conditions, objects, a `Figure`. Out: one `<svg>` element that stands alone, and beside any number of others on one
page: it has no ids and no style sheet, and its ink is the colour of the text around it. A page may set `--mark`, the
colour of what is given (values, ticks, arcs); the default is readable on white and on black.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final

from asyncgeo.figure.draw import Figure, Point
from asyncgeo.figure.labels import around, place
from asyncgeo.figure.marks import Wish, mark
from asyncgeo.figure.strokes import Sheet, lay_out
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_INK: Final = 'fill="currentColor" stroke="none"'
_MARKED: Final = 'style="fill:var(--mark,#c2680f)" stroke="none"'
_GROUPS: Final = {
    "circles": 'stroke-width="1.2"',
    "strokes": 'stroke-width="1.4" stroke-linecap="round"',
    "marks": 'stroke-width="1.1" stroke-linejoin="round" style="stroke:var(--mark,#c2680f)"',
    "dots": _INK,
    "point": f'{_INK} font-size="15" font-style="italic"',
    "line": f'{_INK} font-size="14" font-style="italic"',
    "angle": f'{_MARKED} font-size="11.5"',
    "length": f'{_MARKED} font-size="11.5"',
}
"""What is drawn, in the order of drawing, and how; later groups cover earlier ones."""
_DROP: Final = "0.34em"  # from the middle of a capital to its base line: not every viewer knows dominant-baseline
_SUBSCRIPT: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def render(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    figure: Figure,
    *,
    width: float = 320,
    height: float = 260,
) -> str:
    """The figure with its marks and labels."""
    sheet = lay_out(conditions, objects, figure, width, height)
    marks = mark(conditions, sheet)
    wishes = [*_names(sheet), *marks.wishes]
    taken = [*sheet.strokes, *(piece for drawn in marks.drawn for piece in pairwise(drawn.places))]
    pieces = {
        "circles": [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>' for (x, y), radius in sheet.circles],
        "strokes": [
            f'<path d="M{ax:.1f},{ay:.1f} L{bx:.1f},{by:.1f}"/>' for (ax, ay), (bx, by) in dict.fromkeys(sheet.strokes)
        ],
        "marks": [f'<path d="{drawn.path}"/>' for drawn in marks.drawn],
        "dots": [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in dict.fromkeys(sheet.points.values())],
    }
    for wish, at in zip(wishes, place(wishes, sheet, taken), strict=True):
        pieces.setdefault(wish.kind, []).append(_text(wish, at))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{_named(sheet.points)}" fill="none" stroke="currentColor" '
        f'font-family="\'Times New Roman\',Times,serif" text-anchor="middle">{"".join(_grouped(pieces))}</svg>'
    )


def _grouped(pieces: dict[str, list[str]]) -> Iterator[str]:
    for kind, style in _GROUPS.items():
        if drawn := pieces.get(kind):
            yield f'<g class="figure-{kind}" {style}>{"".join(drawn)}</g>'


def _text(wish: Wish, at: Point) -> str:
    return f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" dy="{_DROP}">{escape(wish.text)}</text>'


def _named(points: Iterable[str]) -> str:
    return escape("Figure with the points " + ", ".join(points)) if points else "Empty figure"


def _names(sheet: Sheet) -> list[Wish]:
    """One label at each place: points that coincide share theirs, as in A=B."""
    at_place: dict[Point, list[str]] = {}
    for name, at in sheet.points.items():
        at_place.setdefault(at, []).append(name.translate(_SUBSCRIPT))
    points = [Wish("=".join(names), around(at), "point") for at, names in at_place.items()]
    lines = [
        Wish(name.translate(_SUBSCRIPT), (*around(b), *around(a)), "line")
        for name, (a, b) in sheet.named.items()
        if name != "ground"
    ]
    return [*points, *lines]
