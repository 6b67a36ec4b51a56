"""Laws of the drawing itself: what is solid, dashed, marked and named, in pixels."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from typing import Any

import pytest

from asyncgeo.figure import Figure, draw, draw_nicely, render
from asyncgeo.figure.layers import Layers
from asyncgeo.figure.nicest import niceness
from asyncgeo.schema.asked import Asked, Measure
from asyncgeo.schema.records import Circle, RequiredObjects

SVG = "{http://www.w3.org/2000/svg}"
Place = tuple[float, float]
TRIANGLE = RequiredObjects(polygons=[["A", "B", "C"]])


class Drawing:
    """An SVG, read back."""

    def __init__(self, svg: str) -> None:
        self.root = ET.fromstring(svg)  # noqa: S314  our own output

    def group(self, kind: str) -> list[ET.Element]:
        return [each for g in self.root.iter(SVG + "g") if g.get("class") == f"figure-{kind}" for each in g]

    def texts(self, kind: str) -> list[str]:
        return [each.text or "" for each in self.group(kind)]

    def strokes(self, kind: str) -> list[tuple[Place, Place]]:
        numbers = ([float(n) for n in re.findall(r"-?[\d.]+", each.get("d", ""))] for each in self.group(kind))
        return [((a, b), (c, d)) for a, b, c, d in numbers]

    def points(self) -> dict[str, Place]:
        places = [(float(dot.get("cx", "")), float(dot.get("cy", ""))) for dot in self.group("dots")]
        return dict(zip(self.texts("point"), places, strict=True))

    def runs(self, kind: str, a: str, b: str) -> bool:
        """Whether a stroke of the kind covers the whole way from one point to the other."""
        points = self.points()
        return any(on(points[a], stroke) and on(points[b], stroke) for stroke in self.strokes(kind))


def on(place: Place, stroke: tuple[Place, Place]) -> bool:
    a, b = stroke
    return math.dist(place, a) + math.dist(place, b) < math.dist(a, b) + 0.3


def drawn(conditions: list[dict[str, Any]], objects: RequiredObjects, asked: Asked | None = None) -> Drawing:
    figure = draw(conditions, objects)
    assert figure.drawable
    return Drawing(render(conditions, objects, figure, asked=asked))


def shown(
    places: dict[str, Place],
    conditions: list[dict[str, Any]],
    objects: RequiredObjects | None = None,
    asked: Asked | None = None,
) -> Drawing:
    """Points where they are put, whatever the conditions say."""
    figure = Figure(drawable=True, residual=0.0, rounded=False, points=places)
    return Drawing(render(conditions, objects or RequiredObjects(), figure, asked=asked))


def wanted(kind: Any, *names: str, **more: str) -> Asked:
    return Asked(((1.0, Measure(kind, names, **more)),))


def test_a_segment_ends_at_its_points() -> None:
    """Tangents, altitudes and bisectors have no stubs: every stroke ends at a point of the figure."""
    conditions: list[dict[str, Any]] = [
        {"type": "tangent_at_point", "point": "A", "line": ["P", "A"], "circle_center": "O"},
        {"type": "perpendicular", "objects": [["A", "D"], ["P", "O"]]},
        {"type": "point_on_segment", "point": "D", "segment": ["P", "O"]},
        {"type": "angle_value", "points": [["A", "P", "O"]], "value": 30},
        {"type": "angle_bisector", "line": ["P", "E"], "angle_points": ["A", "P", "O"]},
    ]
    found = drawn(conditions, RequiredObjects(lines=[["P", "A"], ["A", "D"], ["P", "E"]], circles=[Circle("O", "A")]))
    places = found.points().values()
    for stroke in (*found.strokes("strokes"), *found.strokes("dashed")):
        assert all(any(math.dist(end, place) < 0.5 for place in places) for end in stroke)
    assert found.runs("strokes", "P", "A")


def test_a_line_with_a_name_goes_on_and_stays_on_the_sheet() -> None:
    """Beyond its points, not beyond the edge."""
    conditions = [
        {"type": "point_on_line", "point": "A", "line": ["l"]},
        {"type": "point_on_line", "point": "B", "line": ["l"]},
        {"type": "point_outside_line", "point": "C", "line": ["l"]},
    ]
    found = drawn(conditions, RequiredObjects(points=["A", "B", "C"], lines=[["l"]]))
    (stroke,) = found.strokes("strokes")
    points = found.points()
    assert on(points["A"], stroke)
    assert on(points["B"], stroke)
    assert math.dist(*stroke) > math.dist(points["A"], points["B"]) + 10
    assert all(0 < x < 320 and 0 < y < 260 for x, y in stroke)


@pytest.mark.parametrize(
    "extension",
    [
        {"type": "point_on_segment_extension", "point": "D", "segment": ["B", "C"]},
        {"type": "point_on_line_extension", "point": "D", "line_segment": ["B", "C"]},
        {"type": "point_on_line", "point": "D", "line": ["B", "C"]},
    ],
)
def test_beyond_a_segment_its_line_is_dashed(extension: dict[str, Any]) -> None:
    """To the point that is known to be on it; solid where that part is a segment of its own."""
    places = {"A": (1.0, 2.0), "B": (0.0, 0.0), "C": (3.0, 0.0), "D": (5.0, 0.0)}
    found = shown(places, [extension], TRIANGLE)
    assert found.runs("dashed", "C", "D")
    assert not found.runs("strokes", "C", "D")
    assert not found.runs("dashed", "B", "C")
    own = RequiredObjects(polygons=TRIANGLE.polygons, segments=[["C", "D"]])
    assert shown(places, [extension], own).strokes("dashed") == []


def test_a_foot_outside_the_side_is_joined() -> None:
    """By a dashed extension, with the mark of a right angle, though nothing says that the foot is on that line."""
    places = {"A": (5.0, 2.0), "B": (0.0, 0.0), "C": (3.0, 0.0), "D": (5.0, 0.0)}
    altitude: dict[str, Any] = {"type": "perpendicular", "objects": [["A", "D"], ["B", "C"]]}
    found = shown(places, [altitude], TRIANGLE)
    assert found.runs("strokes", "A", "D")
    assert found.runs("dashed", "C", "D")
    assert len(found.group("marks")) == 1


FOLD = {
    "type": "geometric_transformation",
    "transformation": "reflection",
    "preimage_triangle": ["D"],
    "image_triangle": ["F"],
    "axis": ["A", "E"],
}


def test_what_is_folded_away_is_dashed() -> None:
    """The corner D of a rectangle, folded along AE onto F: its sides up to the crease are gone, those of F are new."""
    places = {"A": (0.0, 3.0), "B": (0.0, 0.0), "C": (5.0, 0.0), "D": (5.0, 3.0), "F": (4.0, 0.0), "E": (5.0, 4 / 3)}
    found = shown(places, [FOLD], RequiredObjects(polygons=[["A", "B", "C", "D"]]))
    assert found.runs("dashed", "A", "D")
    assert found.runs("dashed", "D", "E")
    assert found.runs("strokes", "E", "C")
    assert found.runs("strokes", "F", "A")
    assert found.runs("strokes", "F", "E")
    assert not found.runs("strokes", "D", "E")


def test_a_mirror_image_leaves_the_figure_as_it_is() -> None:
    """Where all of a polygon is reflected nothing is folded."""
    places = {"A": (0.0, 2.0), "E": (0.0, 0.0), "D": (2.0, 1.0), "F": (-2.0, 1.0)}
    triangles = {**FOLD, "preimage_triangle": ["A", "E", "D"], "image_triangle": ["A", "E", "F"]}
    assert shown(places, [triangles]).strokes("dashed") == []


def test_a_rotation_shows_its_angle() -> None:
    """An arrow from a point to its image with the size, and the way from the centre to both, dashed where it is new."""
    places = {"O": (0.0, 0.0), "A": (2.0, 0.0), "B": (0.0, 2.0)}
    turn = {
        "type": "geometric_transformation",
        "transformation": "rotation",
        "preimage_triangle": ["A"],
        "image_triangle": ["B"],
        "center": "O",
        "angle": 90,
        "direction": "counterclockwise",
    }
    found = shown(places, [turn], RequiredObjects(segments=[["O", "A"]]))
    assert found.texts("angle") == ["90°"]
    assert len(found.group("marks")) == 2
    assert found.runs("strokes", "O", "A")
    assert found.runs("dashed", "O", "B")


@pytest.mark.parametrize(("value", "kind", "large"), [(80, "minor", "0"), (280, "major", "1")])
def test_a_measured_arc_is_the_one_that_is_meant(value: int, kind: str, large: str) -> None:
    """Along the circle, the long way round where it is the major one."""
    conditions: list[dict[str, Any]] = [
        {"type": "arc_measure", "arc": ["A", "B"], "arc_type": kind, "value": value, "circle_center": "O"},
        {"type": "point_on_circle", "point": "A", "circle_center": "O"},
    ]
    found = drawn(conditions, RequiredObjects(circles=[Circle("O", "A")]))
    (mark,) = found.group("marks")
    assert re.search(r"A[\d.]+,[\d.]+ 0 (\d)", mark.get("d", ""))[1] == large  # type: ignore[index]
    assert found.texts("angle") == [f"{value}°"]


def test_an_arc_without_a_circle_is_drawn() -> None:
    """From end to end by way of its point, and nothing more of its circle."""
    found = drawn([{"type": "midpoint_of_arc", "point": "D", "arc": ["A", "C"]}], RequiredObjects())
    (arc,) = found.group("circles")
    assert " 0 " in arc.get("d", "")


SQUARE: dict[str, Place] = {"A": (0.0, 2.0), "B": (0.0, 0.0), "C": (3.0, 0.0), "D": (3.0, 2.0)}


@pytest.mark.parametrize(
    ("asked", "text", "sought", "joined"),
    [
        (wanted("angle", "A", "C", "B"), "?", 2, "AC"),
        (wanted("sine", "A", "C", "B"), "sin=?", 2, "AC"),
        (wanted("length", "B", "D"), "?", 0, "BD"),
        (wanted("perimeter", "A", "B", "D"), "C=?", 0, "BD"),
        (wanted("area", "A", "B", "D"), "S=?", 0, "BD"),
        (wanted("radius", "B"), "r=?", 0, ""),
        (wanted("arc", "A", "C", center="B"), "?", 1, ""),
        (wanted("sector", "A", "C", center="B"), "S=?", 0, ""),
    ],
)
def test_what_is_asked_is_drawn_and_marked(asked: Asked, text: str, sought: int, joined: str) -> None:
    """A question mark in a group of its own, arcs that no given angle has, and the sides it is about."""
    found = shown(SQUARE, [], RequiredObjects(segments=[["A", "B"], ["B", "C"]]), asked)
    assert found.texts("asked") == [text]
    assert len(found.group("sought")) == sought
    assert len(found.group("area")) == (text == "S=?")
    assert not joined or found.runs("strokes", joined[0], joined[1])


def test_an_asked_distance_has_its_perpendicular() -> None:
    """Dashed, from the point to the line."""
    found = shown(SQUARE, [], RequiredObjects(segments=[["B", "C"]]), wanted("distance", "D", "A", "C"))
    assert len(found.strokes("dashed")) == 1
    assert found.texts("asked") == ["?"]


def test_what_the_figure_lacks_is_not_marked() -> None:
    """A question about a point that the parse does not have changes nothing."""
    assert shown(SQUARE, [], TRIANGLE, wanted("length", "A", "Z")).texts("asked") == []


def test_each_part_of_a_line_is_drawn_once() -> None:
    """Overlapping strokes are one; what is folded away wins over segments, these over extensions, these over sides."""
    solid, dashed = Layers(
        firm=[((0.0, 0.0), (50.0, 0.0)), ((40.0, 0.0), (60.0, 0.0))],
        weak=[((0.0, 0.0), (100.0, 0.0))],
        beyond=[((55.0, 0.0), (80.0, 0.0))],
        gone=[((0.0, 0.0), (10.0, 0.0))],
    ).drawn()
    assert sorted(map(ends, solid)) == [(10, 60), (80, 100)]
    assert sorted(map(ends, dashed)) == [(0, 10), (60, 80)]


def ends(stroke: tuple[Place, Place]) -> tuple[float, float]:
    one, other = sorted(round(x, 6) for x, _ in stroke)
    return one, other


def test_a_figure_lies_as_usual() -> None:
    """A above BC, B on the left; a diameter AB level from left to right; a trapezoid on its longer base."""
    sideways: dict[str, Place] = {"A": (2.0, 1.0), "B": (0.0, 3.0), "C": (0.0, 0.0)}
    points = shown(sideways, [], TRIANGLE).points()
    assert points["B"][1] == pytest.approx(points["C"][1], abs=0.2)
    assert points["B"][0] < points["C"][0]
    assert points["A"][1] < points["B"][1]
    far = shown({"A": (1.0, -1.0), "B": (0.0, 0.0), "C": (3.0, 0.0), "E": (1.0, 9.0)}, [], TRIANGLE).points()
    assert far["A"][1] < far["B"][1] < far["E"][1]
    diameter = [{"type": "diameter", "segment": ["A", "B"], "circle_center": "O"}]
    points = shown({"A": (0.0, 0.0), "O": (0.0, 1.0), "B": (0.0, 2.0), "C": (1.0, 1.0)}, diameter).points()
    assert points["A"][0] < points["O"][0] < points["B"][0]
    assert points["A"][1] == pytest.approx(points["B"][1], abs=0.2)
    trapezoid = [{"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "trapezoid"}]
    places: dict[str, Place] = {"A": (0.0, 0.0), "D": (4.0, 0.0), "B": (1.0, -2.0), "C": (3.0, -2.0)}
    points = shown(places, trapezoid).points()
    assert points["A"][1] == pytest.approx(points["D"][1], abs=0.2)
    assert points["A"][1] > points["B"][1] + 10


def test_a_directed_turn_is_never_mirrored() -> None:
    """What goes round clockwise goes so on paper, though A is then below."""
    turn = {
        "type": "geometric_transformation",
        "transformation": "rotation",
        "preimage_triangle": ["B"],
        "image_triangle": ["A"],
        "center": "C",
        "angle": 50,
        "direction": "clockwise",
    }
    found = drawn([turn], TRIANGLE)
    a, b, c = (found.points()[name] for name in "ABC")
    assert (b[0] - c[0]) * (a[1] - c[1]) - (b[1] - c[1]) * (a[0] - c[0]) > 0


def test_a_general_figure_looks_general() -> None:
    """A parallelogram that may be any is neither nearly a rectangle nor nearly a rhombus; a triangle is scalene."""
    conditions = [{"type": "polygon_property", "polygon": ["A", "B", "C", "D"], "property": "parallelogram"}]
    a, b, c, _ = (draw_nicely(conditions, RequiredObjects()).points[name] for name in "ABCD")
    assert abs(angle(a, b, c) - 90) > 8
    assert abs(math.log(math.dist(a, b) / math.dist(b, c))) > 0.1
    a, b, c = (draw_nicely([], TRIANGLE).points[name] for name in "ABC")
    assert all(abs(angle(*corner) - 90) > 8 for corner in ((a, b, c), (b, c, a), (c, a, b)))
    sides = sorted((math.dist(a, b), math.dist(b, c), math.dist(c, a)))
    assert sides[1] > 1.08 * sides[0]
    assert sides[2] > 1.08 * sides[1]


def test_what_need_be_special_is_not_held_against_a_figure() -> None:
    """A right angle that is exact is meant; one that is nearly so is an accident."""
    joined = [("A", "B"), ("B", "C"), ("C", "A")]
    exact, nearly, far = (figure((0.0, 0.0), (3.0, 0.0), (x, 2.0)) for x in (0.0, 0.1, 0.9))
    assert niceness(nearly, joined) < niceness(far, joined)
    assert niceness(nearly, joined) < niceness(exact, joined)


def figure(*places: Place) -> Figure:
    return Figure(drawable=True, residual=0.0, rounded=False, points=dict(zip("BCA", places, strict=True)))


def angle(a: Sequence[float], vertex: Sequence[float], b: Sequence[float]) -> float:
    one, other = (math.atan2(p[1] - vertex[1], p[0] - vertex[0]) for p in (a, b))
    return math.degrees(abs((one - other + math.pi) % (2 * math.pi) - math.pi))
