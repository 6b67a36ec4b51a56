import xml.etree.ElementTree as ET
from itertools import combinations

import pytest
from support.figures import CONSISTENT, Case

from asyncgeo.figure import draw, draw_nicely, render
from asyncgeo.figure.arcs import Wish
from asyncgeo.figure.labels import box
from asyncgeo.figure.nicest import niceness
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.views.report.sheet import SheetEntry, sheet

PLAIN = {
    *("viewBox", "width", "height", "role", "aria-label", "class", "d", "cx", "cy", "r", "x", "y", "fill", "stroke"),
    *("fill-opacity", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-dasharray", "text-anchor"),
    *("font-family", "font-size", "font-style", "font-weight"),
}
NOT_PLAIN = ("var(", "currentColor", "url(")
SUBSCRIPT = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SVG = "{http://www.w3.org/2000/svg}"


def drawn(case: Case) -> ET.Element:
    figure = draw_nicely(case.conditions, case.objects, tries=4)
    return ET.fromstring(render(case.conditions, case.objects, figure))  # noqa: S314  our own output


def find(case: str) -> Case:
    return next(each for each in CONSISTENT if each.name == case)


def group(svg: ET.Element, kind: str) -> list[ET.Element]:
    return [each for found in svg.iter(SVG + "g") if found.get("class") == f"figure-{kind}" for each in found]


def texts(svg: ET.Element, kind: str) -> list[str]:
    return [each.text or "" for each in group(svg, kind)]


def middle(svg: ET.Element, kind: str, text: ET.Element) -> tuple[float, float]:
    """A third of the size above the base line."""
    (letters,) = (found for found in svg.iter(SVG + "g") if found.get("class") == f"figure-{kind}")
    return float(text.get("x", "")), float(text.get("y", "")) - 0.34 * float(letters.get("font-size", ""))


def test_every_figure_is_plain_and_readable() -> None:
    """Known attributes alone, no style, no variable; every point has its name, on the sheet and not on another."""
    for case in CONSISTENT:
        figure = draw(case.conditions, case.objects)
        svg = ET.fromstring(render(case.conditions, case.objects, figure))  # noqa: S314  our own output
        assert {name for each in svg.iter() for name in each.attrib} <= PLAIN, case.name
        assert not any(word in value for each in svg.iter() for value in each.attrib.values() for word in NOT_PLAIN)
        assert sorted(name for text in texts(svg, "point") for name in text.split("=")) == sorted(
            name.translate(SUBSCRIPT) for name in figure.points
        )
        assert len(group(svg, "point")) == len(group(svg, "dots"))
        _is_readable(svg, case.name)


def _is_readable(svg: ET.Element, case: str) -> None:
    boxes = [
        box(Wish(text.text or "", (), kind), middle(svg, kind, text))
        for kind in ("point", "line", "angle", "length")
        for text in group(svg, kind)
    ]
    for one, other in combinations(boxes, 2):
        assert (
            abs(one.x - other.x) >= one.half_width + other.half_width - 0.2
            or abs(one.y - other.y) >= one.half_height + other.half_height - 0.2
        ), case
    assert all(0 < each.x < 320 and 0 < each.y < 260 for each in boxes), case


def test_marks_say_what_the_conditions_say() -> None:
    """A right angle, equal halves, parallels with arrows, an arc with its value."""
    svg = drawn(find("a triangle with its altitude, bisector and median from one vertex"))
    assert len(group(svg, "marks")) == 7  # a square, two ticks, two arcs with values, two of the bisector
    assert sorted(texts(svg, "angle")) == ["40°", "70°"]
    svg = drawn(find("a diameter, a chord across it, and the foot"))
    assert sorted(texts(svg, "length")) == ["10", "3", "8"]
    assert len(group(svg, "circles")) == 1


def test_radii_areas_and_arcs_have_their_numbers() -> None:
    """At the centre, in the middle of the polygon, in the angle over the arc."""
    touching = drawn(find("circles of 3 and 2 that touch from outside are 5 apart"))
    assert sorted(texts(touching, "length")) == ["3", "5", "r=2", "r=3"]
    assert "S=84" in texts(drawn(find("Heron's triangle: 13, 14, 15 has the area 84")), "length")
    assert texts(drawn(find("an inscribed angle of 40° stands on an arc of 80°")), "angle") == ["80°", "40°"]


def test_the_nicest_figure_is_at_least_as_nice_as_the_first() -> None:
    """More tries never make it worse."""
    case = find("the inscribed angle is half the central one")
    assert niceness(draw_nicely(case.conditions, case.objects)) >= niceness(draw(case.conditions, case.objects))


def test_what_is_above_a_line_is_drawn_above_it() -> None:
    """The figure is turned until it is."""
    case = find("a pole and its shadow")
    for seed in range(4):
        figure = draw(case.conditions, case.objects, seed=seed)
        svg = ET.fromstring(render(case.conditions, case.objects, figure))  # noqa: S314  our own output
        dots = [float(dot.get("cy", "")) for dot in group(svg, "dots")]
        place = dict(zip(texts(svg, "point"), dots, strict=True))
        assert place["A"] < place["B"] - 10
        assert place["B"] == pytest.approx(place["C"], abs=0.2)


def test_an_empty_parse_is_an_empty_sheet() -> None:
    """Nothing to draw is no error."""
    assert ET.fromstring(render([], RequiredObjects(), draw([]))).find(SVG + "text") is None  # noqa: S314


def test_a_sheet_needs_nothing_else_and_says_what_contradicts() -> None:
    """No link leads out of it; texts are escaped; contradictions stand by their nearest figure."""
    good = SheetEntry(
        "1", "∠ABC < 60°", [{"type": "angle_value", "points": [["A", "B", "C"]], "value": 50}], RequiredObjects()
    )
    bad = SheetEntry(
        "2",
        "",
        [*good.conditions, {"type": "angle_value", "points": [["A", "B", "C"]], "value": 70}],
        RequiredObjects(),
    )
    page = "".join(sheet([good, bad], "a <title>"))
    assert page.count("<svg") == 2
    assert "∠ABC &lt; 60°" in page
    assert "a &lt;title&gt;" in page
    assert page.count("<code>") == 2
    assert "src=" not in page
    assert "href=" not in page
