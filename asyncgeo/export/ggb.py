"""A figure → a file of GeoGebra, in which it can be moved.

In: a parse and its figure. Out: `<id>.ggb`: a zip archive with `geogebra.xml`, a list of commands and elements in the
order in which they are made. Points are free, or made by the rules of `ggb_rules`; circles, segments and lines follow
their points. The conditions are a text under the figure.

Read in other people's files and readers (November 2026; the schema that GeoGebra's files name is not needed to read
them): an element without its command is free; a text needs no element, and one without is placed at the origin, so the
figure stands above it; readers that know points, lines, segments and conics alone know all elements there are here.
"""

import io
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import quoteattr
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.ggb_rules import Made, made_points
from asyncgeo.export.piece import FigureFormat, Piece, ends_of, in_words, places_of
from asyncgeo.figure import Figure, Point
from asyncgeo.schema.conditions import TYPE

_RESERVED: Final = frozenset("eixyz")
"""One letter that means something else in GeoGebra: numbers and variables."""
_WIDTH, _HEIGHT, _FIGURE = 900, 700, 440  # pixels: of the view, and of the figure in it
_LEFT, _GROUND = 60, 520  # where the origin is
_SAME: Final = 1e-6  # of a radius
_ABOVE: Final = 0.12  # sizes of the figure between it and the text
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the same figure gives the same bytes
_HEAD: Final = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<geogebra format="5.0" version="5.2.871.0" app="classic" platform="w">\n'
    f'<euclidianView>\n<size width="{_WIDTH}" height="{_HEIGHT}"/>\n'
    f'<coordSystem xZero="{_LEFT}" yZero="{_GROUND}" scale="{{scale:.6g}}" yscale="{{scale:.6g}}"/>\n'
    '<evSettings axes="false" grid="false" pointCapturing="0"/>\n</euclidianView>\n'
    '<kernel>\n<continuous val="false"/>\n<decimals val="2"/>\n<angleUnit val="degree"/>\n</kernel>\n'
    '<construction title={title} author="" date="">\n'
)
_TAIL: Final = "</construction>\n</geogebra>\n"


def write_ggb(parse: Exportable, figure: Figure) -> Piece:
    """The archive."""
    archive = io.BytesIO()
    with ZipFile(archive, "w", ZIP_DEFLATED) as file:
        entry = ZipInfo("geogebra.xml", _EPOCH)
        entry.compress_type = ZIP_DEFLATED
        file.writestr(entry, _xml(parse, figure).encode())
    return Piece(archive.getvalue())


GGB: Final = FigureFormat(".ggb", write_ggb, nicely=True)


def _xml(parse: Exportable, figure: Figure) -> str:
    places, size = _upright(places_of(figure))
    head = _HEAD.format(scale=_FIGURE / size, title=quoteattr(f"{parse.id}: {parse.text}"))
    words = "\n".join(in_words(parse.conditions)).replace('"', "”")
    quoted = f'"{words}"'
    text = f'<expression label="conditions" exp={quoteattr(quoted)} type="text"/>\n'
    return head + "".join(_Construction(parse, figure, places).lines()) + text + _TAIL


def _upright(places: Mapping[str, Point]) -> tuple[dict[str, Point], float]:
    """The places above the origin and right of it, and the larger side of what they cover."""
    xs, ys = ([place[k] for place in places.values()] for k in range(2))
    size = max(max(xs) - min(xs), max(ys) - min(ys)) or 1.0
    return {name: (x - min(xs), y - min(ys) + _ABOVE * size) for name, (x, y) in places.items()}, size


class _Construction:
    """Commands and elements, each line and circle once."""

    def __init__(self, parse: Exportable, figure: Figure, places: Mapping[str, Point]) -> None:
        self._parse, self._figure, self._places = parse, figure, places
        self._made: dict[str, None] = {}
        self._radii: dict[str, list[float]] = {}
        self._labels = {name: _label(name) for name in places}

    def lines(self) -> Iterator[str]:
        """In an order in which everything can be made."""
        for made in made_points(list(self._places), self._parse.conditions):
            yield from self._point(made)
        for centre, _, radius in self._figure.circles:
            yield from self._circle_of(centre, radius)
        for a, b in self._pairs(self._parse.objects.segments, self._polygon_sides()):
            yield from self._stroke("Segment", a, b, is_shown=True)
        for a, b in self._pairs(self._parse.objects.lines, map(ends_of, self._figure.lines)):
            yield from self._stroke("Line", a, b, is_shown=True)

    def _polygon_sides(self) -> Iterator[Sequence[str]]:
        for corners in self._parse.objects.polygons:
            yield from zip(corners, (*corners[1:], corners[0]), strict=True)

    def _pairs(self, *many: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
        """Those between two places."""
        for pair in (each for some in many for each in some):
            if len(pair) > 1 and {*pair[:2]} <= self._places.keys() and self._places[pair[0]] != self._places[pair[1]]:
                yield pair[:2]

    def _point(self, made: Made) -> Iterator[str]:
        label, given = self._labels[made.point], made.given
        match made.rule:
            case "midpoint":
                yield _command("Midpoint", [self._labels[each] for each in given], label)
            case "on_line":
                yield from self._stroke("Line", *given)
                yield _command("Point", [self._line_label(*given)], label)
            case "on_circle" if self._is_on_circle(made):
                centre, through = given
                radius = self._distance(centre, through)
                yield from self._circle(centre, radius, self._labels[through])
                yield _command("Point", [self._circle_label(centre, radius)], label)
            case "intersection":
                a, b, c, d = given
                yield from (*self._stroke("Line", a, b), *self._stroke("Line", c, d))
                yield _command("Intersect", [self._line_label(a, b), self._line_label(c, d)], label)
            case "foot":
                top, a, b = given
                falling = f"p_{{{top}{made.point}}}"
                yield from self._stroke("Line", a, b)
                yield _command("OrthogonalLine", [self._labels[top], self._line_label(a, b)], falling)
                yield self._line_element("line", falling, *self._across(top, a, b), is_shown=False)
                yield _command("Intersect", [falling, self._line_label(a, b)], label)
        yield _point_element(label, self._places[made.point], is_named=made.point in self._figure.points)

    def _is_on_circle(self, made: Made) -> bool:
        """Whether it is the circle through that point, and none about the same centre."""
        centre, through = made.given
        return math.isclose(self._distance(centre, through), self._distance(centre, made.point), rel_tol=_SAME)

    def _across(self, top: str, a: str, b: str) -> tuple[Point, Point]:
        (x, y), (ax, ay), (bx, by) = (self._places[name] for name in (top, a, b))
        return (x, y), (x - by + ay, y + bx - ax)

    def _line_label(self, a: str, b: str) -> str:
        return f"l_{{{min(a, b)}{max(a, b)}}}"

    def _stroke(self, command: str, a: str, b: str, *, is_shown: bool = False) -> Iterator[str]:
        label = self._line_label(a, b) if command == "Line" else f"s_{{{min(a, b)}{max(a, b)}}}"
        if label not in self._made:
            self._made[label] = None
            yield _command(command, [self._labels[a], self._labels[b]], label)
            is_wanted = is_shown or {a, b} in map(set, self._parse.objects.lines)
            yield self._line_element(command.lower(), label, self._places[a], self._places[b], is_shown=is_wanted)

    def _line_element(self, kind: str, label: str, one: Point, other: Point, *, is_shown: bool) -> str:
        a, b = one[1] - other[1], other[0] - one[0]
        show = f'<show object="{str(is_shown).lower()}" label="false"/>'
        return _element(kind, label, show, f'<coords x="{a!r}" y="{b!r}" z="{-a * one[0] - b * one[1]!r}"/>')

    def _circle_of(self, centre: str, radius: float) -> Iterator[str]:
        """Through a point that is known on it; if there is none, through one that is made and not named."""
        known = [each.radius_point for each in self._parse.objects.circles if each.center == centre]
        on = (c for c in self._parse.conditions if c[TYPE] == "point_on_circle" and c["circle_center"] == centre)
        for point in (*filter(None, known), *(each["point"] for each in on)):
            if point in self._places and math.isclose(self._distance(centre, point), radius, rel_tol=_SAME):
                yield from self._circle(centre, radius, self._labels[point])
                return
        (x, y), label = self._places[centre], f"R_{{{centre}}}"
        yield _point_element(label, (x + radius, y), is_named=False)
        yield from self._circle(centre, radius, label)

    def _circle(self, centre: str, radius: float, through: str) -> Iterator[str]:
        label = self._circle_label(centre, radius)
        if label not in self._made:
            self._made[label] = None
            yield _command("Circle", [self._labels[centre], through], label)
            yield _element("conic", label, '<show object="true" label="false"/>')

    def _circle_label(self, centre: str, radius: float) -> str:
        """By the centre; a number tells circles about one centre apart."""
        radii = self._radii.setdefault(centre, [])
        if not any(math.isclose(radius, each, rel_tol=_SAME) for each in radii):
            radii.append(radius)
        place = next(k for k, each in enumerate(radii) if math.isclose(radius, each, rel_tol=_SAME))
        return f"c_{{{centre}{place or ''}}}"

    def _distance(self, a: str, b: str) -> float:
        return math.dist(self._places[a], self._places[b])


def _label(name: str) -> str:
    """`A1′` → `A_{1}'`; one letter that is a number there gets an index."""
    letter, digits = name[0], "".join(filter(str.isdigit, name))
    primes = "'" * name.count("\N{PRIME}")
    if "_" in name:  # one of the two points of a line
        return f"{letter}_{{{name[1:]}}}"
    index = f"_{{{digits}}}" if digits else "_{0}" if letter in _RESERVED else ""
    return f"{letter}{index}{primes}"


def _command(name: str, given: Sequence[str], made: str) -> str:
    inputs = " ".join(f"a{k}={quoteattr(each)}" for k, each in enumerate(given))
    return f'<command name="{name}">\n<input {inputs}/>\n<output a0={quoteattr(made)}/>\n</command>\n'


def _point_element(label: str, place: Point, *, is_named: bool) -> str:
    show = f'<show object="true" label="{str(is_named).lower()}"/>'
    return _element("point", label, show, f'<coords x="{place[0]!r}" y="{place[1]!r}" z="1.0"/>')


def _element(kind: str, label: str, *inner: str) -> str:
    lines = (f'<element type="{kind}" label={quoteattr(label)}>', *inner, "</element>")
    return "".join(f"{each}\n" for each in lines)
