import io
import math
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from support.cases import for_each
from support.exports import DRAWABLE, drawn
from support.figures import Case, name

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.ggb import write_ggb
from asyncgeo.export.ggb_rules import Made, made_points
from asyncgeo.figure import draw
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.words import readable

TAKES = {"Midpoint": 2, "Line": 2, "Segment": 2, "Circle": 2, "OrthogonalLine": 2, "Intersect": 2, "Point": 1}
KINDS = {
    **dict.fromkeys(("Midpoint", "Intersect", "Point"), "point"),
    **dict.fromkeys(("Line", "OrthogonalLine"), "line"),
    "Segment": "segment",
    "Circle": "conic",
}


def construction(content: bytes) -> ET.Element:
    with ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["geogebra.xml"]
        whole = ET.fromstring(archive.read("geogebra.xml"))  # noqa: S314  our own
    assert whole.tag == "geogebra"
    found = whole.find("construction")
    assert found is not None
    return found


def places(found: ET.Element) -> dict[str, tuple[float, float]]:
    points = (each for each in found.iter("element") if each.get("type") == "point")
    read = {each.get("label", ""): each.find("coords") for each in points}
    return {label: (float(c.get("x", "")), float(c.get("y", ""))) for label, c in read.items() if c is not None}


@for_each("case", DRAWABLE, ids=name)
def test_every_object_is_made_once_from_what_is_there(case: Case) -> None:
    """A command is followed by its element, of its kind; what it takes was made before."""
    found, there, expected = construction(write_ggb(*drawn(case)).content), set[str](), ""
    for each in found:
        if each.tag == "command":
            given, made = each.find("input"), each.find("output")
            assert given is not None
            assert made is not None
            assert len(given.attrib) == TAKES[each.get("name", "")]
            assert there.issuperset(given.attrib.values())
            expected = made.get("a0", "")
            kind = KINDS[each.get("name", "")]
        elif each.tag == "element":
            label = each.get("label", "")
            assert label not in there
            assert not expected or (label, each.get("type")) == (expected, kind)
            there.add(label)
            expected = ""


@for_each("case", DRAWABLE, ids=name)
def test_places_and_circles_are_those_of_the_figure(case: Case) -> None:
    """Shifted as a whole; each circle through a point at its radius."""
    parse, figure = drawn(case)
    found = construction(write_ggb(parse, figure).content)
    read = places(found)
    distances = sorted(math.dist(a, b) for a in figure.points.values() for b in figure.points.values())
    named = {
        each.get("label", "")
        for each in found.iter("element")
        if each.get("type") == "point" and (show := each.find("show")) is not None and show.get("label") == "true"
    }
    assert len(named) == len(figure.points)
    assert sorted(math.dist(read[a], read[b]) for a in named for b in named) == pytest.approx(distances, abs=1e-9)
    circles = [each.find("input") for each in found.iter("command") if each.get("name") == "Circle"]
    radii = [math.dist(read[each.get("a0", "")], read[each.get("a1", "")]) for each in circles if each is not None]
    wanted = {round(radius, 5) for _, _, radius in figure.circles}
    assert {round(radius, 5) for radius in radii} >= wanted


@pytest.mark.parametrize("case", DRAWABLE, ids=name)
def test_newclid_reads_it(case: Case, tmp_path: Path) -> None:
    """With all its points, and as a problem whose assumptions hold."""
    reader = pytest.importorskip("newclid.ggb.problem_builder", reason="needs newclid", exc_type=ImportError)
    parse, figure = drawn(case)
    path = tmp_path / "17.ggb"
    path.write_bytes(write_ggb(parse, figure).content)
    assert len(reader.GeogebraProblemBuilder(path).build().points) >= len(figure.points)


def test_conditions_are_a_text_under_the_figure() -> None:
    """One a line; the figure is above the origin, where the text is."""
    parse, figure = drawn(DRAWABLE[0])
    found = construction(write_ggb(parse, figure).content)
    text = found.find("expression")
    assert text is not None
    assert text.get("exp", "").strip('"').split("\n") == list(dict.fromkeys(map(readable, parse.conditions)))
    assert min(y for _, y in places(found).values()) > 0


def test_names_are_labels_that_geogebra_takes() -> None:
    """Indices in braces, primes as apostrophes, and no letter that is a number there."""
    conditions: list[dict[str, Any]] = [{"type": "angle_value", "points": [["A1", "B′", "e"]], "value": 50}]
    content = write_ggb(Exportable("1", "", conditions, RequiredObjects()), draw(conditions)).content
    assert {"A_{1}", "B'", "e_{0}"} <= places(construction(content)).keys()


def test_a_figure_gives_the_same_bytes() -> None:
    """Whenever it is written."""
    parse, figure = drawn(DRAWABLE[0])
    assert write_ggb(parse, figure) == write_ggb(parse, figure)


ON_BC = {"type": "point_on_segment", "point": "D", "segment": ["B", "C"]}


@pytest.mark.parametrize(
    ("conditions", "made"),
    [
        ([], Made("D", "free")),
        ([ON_BC], Made("D", "on_line", ("B", "C"))),
        ([ON_BC, {"type": "midpoint_of", "point": "D", "segment": ["B", "C"]}], Made("D", "midpoint", ("B", "C"))),
        ([ON_BC, {"type": "perpendicular", "objects": [["A", "D"], ["B", "C"]]}], Made("D", "foot", ("A", "B", "C"))),
        (
            [ON_BC, {"type": "point_on_line", "point": "D", "line": ["A", "E"]}],
            Made("D", "intersection", ("B", "C", "A", "E")),
        ),
        (
            [{"type": "point_on_circle", "point": each, "circle_center": "A"} for each in "BD"],
            Made("D", "on_circle", ("A", "B")),
        ),
    ],
)
def test_the_strongest_rule_makes_a_point(conditions: list[dict[str, Any]], made: Made) -> None:
    """Of what is said of it."""
    assert made in made_points(list("ABCDE"), conditions)


def test_rules_that_need_each_other_leave_a_point_free() -> None:
    """Something has to be there first."""
    conditions = [
        {"type": "midpoint_of", "point": "A", "segment": ["B", "C"]},
        {"type": "point_on_line", "point": "B", "line": ["A", "C"]},
    ]
    order = made_points(list("ABC"), conditions)
    assert [made.point for made in order if made.rule == "free"][:1] == ["C"]
    for k, made in enumerate(order):
        assert {each.point for each in order[:k]} >= set(made.given)
