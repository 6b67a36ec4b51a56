"""A figure → SVG, as a textbook would draw it.

In: conditions, objects, a `Figure`. Out: one `<svg>` element that stands alone, colours adjustable by CSS variables.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from asyncgeo.conditions import Condition
from asyncgeo.figure.draw import Figure
from asyncgeo.figure.labels import around, place
from asyncgeo.figure.marks import Wish, mark
from asyncgeo.figure.strokes import Sheet, lay_out
from asyncgeo.records import RequiredObjects

_STYLE: Final = (
    ".s{stroke:var(--ink,#1f2937);stroke-width:1.4;fill:none;stroke-linecap:round}"
    ".m{stroke:var(--mark,#b45309);stroke-width:1.1;fill:none;stroke-linejoin:round}"
    ".c{stroke:var(--ink,#1f2937);stroke-width:1.2;fill:none}"
    ".p{fill:var(--ink,#1f2937)}"
    "text{text-anchor:middle;dominant-baseline:central;font-family:'Times New Roman',Times,serif}"
    ".point{font-size:15px;font-style:italic;fill:var(--ink,#1f2937)}"
    ".line{font-size:14px;font-style:italic;fill:var(--ink,#1f2937)}"
    ".angle,.length{font-size:11.5px;fill:var(--mark,#b45309)}"
)
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
    parts = [
        *(f'<circle class="c" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"/>' for (x, y), radius in sheet.circles),
        *(
            f'<path class="s" d="M{ax:.1f},{ay:.1f} L{bx:.1f},{by:.1f}"/>'
            for (ax, ay), (bx, by) in dict.fromkeys(sheet.strokes)
        ),
        *(f'<path class="m" d="{drawn.path}"/>' for drawn in marks.drawn),
        *(f'<circle class="p" cx="{x:.1f}" cy="{y:.1f}" r="2"/>' for x, y in sheet.points.values()),
        *(
            f'<text class="{wish.kind}" x="{x:.1f}" y="{y:.1f}">{wish.text}</text>'
            for wish, (x, y) in zip(wishes, place(wishes, sheet, taken), strict=True)
        ),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" role="img"><style>{_STYLE}</style>{"".join(parts)}</svg>'
    )


def _names(sheet: Sheet) -> list[Wish]:
    points = [Wish(name.translate(_SUBSCRIPT), around(at), "point") for name, at in sheet.points.items()]
    lines = [
        Wish(name.translate(_SUBSCRIPT), (*around(b), *around(a)), "line")
        for name, (a, b) in sheet.named.items()
        if name != "ground"
    ]
    return [*points, *lines]
