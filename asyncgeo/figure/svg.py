"""A figure → SVG, as a textbook would draw it.

In: conditions, objects, a `Figure`, the quantity asked for where it is known. Out: one `<svg>` element that stands
alone, and beside any number of others on one page: black ink on no ground, attributes only, which every viewer and
converter understands; it has no ids, styles or variables. Each group has a class: a page may say in its own style
sheet, which comes before attributes, how `figure-strokes`, `figure-marks` and the others look.
"""

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from itertools import pairwise
from typing import Final, NamedTuple

from asyncgeo.figure.arcs import Wish
from asyncgeo.figure.draw import Figure, Point
from asyncgeo.figure.labels import around, place
from asyncgeo.figure.marks import mark
from asyncgeo.figure.plane import Stroke
from asyncgeo.figure.strokes import Sheet, lay_out
from asyncgeo.schema.asked import Asked
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_INK: Final = "#000"
_MARK: Final = "#b45309"  # what is given; 5.0 to 1 on white
_ASKED: Final = "#1d4ed8"  # what is asked for; 6.7 to 1 on white
_ITALIC: Final = ' font-style="italic"'


class _Letters(NamedTuple):
    """How texts of one kind are written."""

    size: float
    ink: str
    shape: str = ""

    def __str__(self) -> str:
        return f'fill="{self.ink}" stroke="none" font-size="{self.size:g}"{self.shape}'


_LETTERS: Final = {
    "point": _Letters(15, _INK, _ITALIC),
    "line": _Letters(14, _INK, _ITALIC),
    "angle": _Letters(11.5, _MARK),
    "length": _Letters(11.5, _MARK),
    "asked": _Letters(14, _ASKED, ' font-weight="bold"'),
}
_GROUPS: Final = {
    "area": f'fill="{_ASKED}" fill-opacity="0.12" stroke="none"',
    "circles": 'stroke-width="1.2"',
    "dashed": 'stroke-width="1.2" stroke-dasharray="5,3.5"',
    "strokes": 'stroke-width="1.4" stroke-linecap="round"',
    "marks": f'stroke="{_MARK}" stroke-width="1.1" stroke-linejoin="round"',
    "sought": f'stroke="{_ASKED}" stroke-width="1.4"',
    "dots": f'fill="{_INK}" stroke="none"',
    **{kind: str(letters) for kind, letters in _LETTERS.items()},
}
"""What is drawn, in the order of drawing, and how; later groups cover earlier ones."""
_DROP: Final = 0.34  # of the size: from the middle of a capital to its base line
_LOWERED: Final = "₀₁₂₃₄₅₆₇₈₉"
_SUBSCRIPT: Final = str.maketrans("0123456789", _LOWERED)
_FONT: Final = "Times New Roman,Times,serif"
_WITH_LOWERED: Final = f"DejaVu Serif,{_FONT}"
"""What stands for Times on Linux lacks small digits, and cairo looks for them in no other font."""


def render(
    conditions: Sequence[Condition],
    objects: RequiredObjects,
    figure: Figure,
    *,
    asked: Asked | None = None,
    width: float = 320,
    height: float = 260,
) -> str:
    """The figure with its marks and labels; `asked` is drawn and marked as far as the figure has it."""
    sheet = lay_out(conditions, objects, figure, asked, width, height)
    marks = mark(conditions, sheet, asked)
    wishes = [*_names(sheet), *marks.wishes]
    lines = [*marks.arcs, *marks.drawn, *marks.asked]
    taken = [*sheet.strokes, *(piece for drawn in lines for piece in pairwise(drawn.places))]
    pieces = {
        "area": [_path(area) for area in marks.areas],
        "circles": [
            *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>' for (x, y), radius in sheet.circles),
            *(_path(drawn.path) for drawn in marks.arcs),
        ],
        "dashed": [_stroke(stroke) for stroke in sheet.dashed],
        "strokes": [_stroke(stroke) for stroke in sheet.solid],
        "marks": [_path(drawn.path) for drawn in marks.drawn],
        "sought": [_path(drawn.path) for drawn in marks.asked],
        "dots": [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in dict.fromkeys(sheet.points.values())],
    }
    for wish, at in zip(wishes, place(wishes, sheet, taken), strict=True):
        pieces.setdefault(wish.kind, []).append(_text(wish, at))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img" aria-label="{_named(sheet.points)}" fill="none" stroke="{_INK}" '
        f'font-family="{_FONT}" text-anchor="middle">{"".join(_grouped(pieces))}</svg>'
    )


def _grouped(pieces: dict[str, list[str]]) -> Iterator[str]:
    for kind, style in _GROUPS.items():
        if drawn := pieces.get(kind):
            yield f'<g class="figure-{kind}" {style}>{"".join(drawn)}</g>'


def _stroke(stroke: Stroke) -> str:
    (ax, ay), (bx, by) = stroke
    return _path(f"M{ax:.1f},{ay:.1f}L{bx:.1f},{by:.1f}")


def _path(data: str) -> str:
    return f'<path d="{data}"/>'


def _text(wish: Wish, at: Point) -> str:
    """Its base line is computed: not every viewer can centre a text in height."""
    base = at[1] + _DROP * _LETTERS[wish.kind].size
    font = f' font-family="{_WITH_LOWERED}"' if set(_LOWERED) & set(wish.text) else ""
    return f'<text x="{at[0]:.1f}" y="{base:.1f}"{font}>{escape(wish.text)}</text>'


def _named(points: Iterable[str]) -> str:
    return escape("Figure with the points " + ", ".join(points)) if points else "Empty figure"


def _names(sheet: Sheet) -> list[Wish]:
    """One label at each place: points that coincide share theirs, as in A=B."""
    at_place: dict[Point, list[str]] = {}
    for name, at in sheet.points.items():
        at_place.setdefault(at, []).append(name.translate(_SUBSCRIPT))
    points = [Wish("=".join(names), around(at, sheet), "point") for at, names in at_place.items()]
    lines = [
        Wish(name.translate(_SUBSCRIPT), (*around(b, sheet), *around(a, sheet)), "line")
        for name, (a, b) in sheet.named.items()
        if name != "ground"
    ]
    return [*points, *lines]
