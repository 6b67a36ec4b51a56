import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support import shared
from support.cases import for_each
from support.exports import DRAWABLE, drawn, exportable
from support.figures import CONSISTENT, Case, name

from asyncgeo.export.exportable import Exportable
from asyncgeo.export.geobuild import problems_file, write_geobuild
from asyncgeo.export.geobuild_checks import checks_of
from asyncgeo.figure import draw
from asyncgeo.schema.conditions import TABLE, Condition, example
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.store import parses

Place = tuple[float, float]
OUTPUTS = {"point": 1, "line": 1, "segment": 1, "circle": 1}


class Construction:
    """The language read back, as strictly as the benchmark's reader is: labels once, inputs before outputs."""

    def __init__(self, text: str) -> None:
        self.points: dict[str, Place] = {}
        self.circles: dict[str, tuple[Place, float]] = {}
        self.labels: set[str] = set()
        for line in text.splitlines():
            if not line.startswith("#"):
                self._read(*line.split())

    def _read(self, command: str, colon: str, *rest: str) -> None:
        given, made = rest[: rest.index("->")], rest[rest.index("->") + 1 :]
        assert colon == ":"
        assert len(made) == OUTPUTS.get(command, 1 + len(given))
        labels = [each for each in made if each != "_"]
        assert not self.labels & set(labels)
        if command == "point":
            self.points[made[0]] = self._number(given[0]), self._number(given[1])
        else:
            assert given[0] in self.points
            assert len({self.points.get(each, each) for each in given}) == len(given)
        if command == "circle":
            centre, through = self.points[given[0]], self.points.get(given[1])
            radius = self._number(given[1]) if through is None else math.dist(centre, through)
            self.circles[made[0]] = centre, radius
        self.labels |= set(labels)

    @staticmethod
    def _number(text: str) -> float:
        assert "." in text  # it would be cut to an integer
        assert "e" not in text  # it would be taken for a sum
        return float(text)


@for_each("case", DRAWABLE, ids=name)
def test_a_construction_reads_back_as_the_figure(case: Case) -> None:
    """Every point where it was, but for rounding and a reflection; every circle that was drawn."""
    parse, figure = drawn(case)
    read = Construction(write_geobuild(parse, figure).content.decode())
    for label, (x, y) in figure.points.items():
        assert read.points[label][0] == pytest.approx(x, abs=1e-6)
        assert abs(read.points[label][1]) == pytest.approx(abs(y), abs=1e-6)
    radii = sorted(radius for _, _, radius in figure.circles)
    assert sorted(radius for _, radius in read.circles.values()) == pytest.approx(radii, rel=1e-5)


@for_each("kind", TABLE.values(), ids=lambda kind: kind.name)
def test_every_type_is_checked_or_named_as_unsaid(kind: object) -> None:
    """Nothing is lost without a word."""
    condition = example(kind)  # type: ignore[arg-type]
    checks, unsaid = checks_of([condition])
    assert bool(checks) != bool(unsaid)


def test_lines_of_one_name_are_given_by_two_points() -> None:
    """The validator knows lines by points alone."""
    conditions: list[Condition] = [{"type": "parallel", "objects": [["l"], ["A", "B"]]}]
    parse = Exportable("1", "l∥AB", conditions, RequiredObjects(points=["A", "B"], lines=[["l"]]))
    read = Construction(write_geobuild(parse, draw(parse.conditions, parse.objects)).content.decode())
    assert {"l_1", "l_2"} < read.points.keys()
    assert "l" in read.labels
    (problem,) = json.loads(problems_file([parse])["_problems.json"])["problems"]
    assert problem["required_objects"]["lines"] == [["l_1", "l_2"]]
    assert problem["verification_conditions"][0]["objects"] == [["l_1", "l_2"], ["A", "B"]]


def test_sums_of_angles_are_right_counterclockwise() -> None:
    """The figure is reflected where that is needed, as the benchmark measures from the first leg to the second."""
    angles = [{"points": ["A", "B", "C"]}, {"points": ["B", "C", "A"]}]
    conditions: list[Condition] = [
        {"type": "triangle_valid", "points": ["A", "B", "C"]},
        {"type": "angle_sum", "angles": angles, "value": 110},
    ]
    parse = Exportable("1", "", conditions, RequiredObjects(points=["A", "B", "C"]))
    for seed in range(4):
        points = Construction(write_geobuild(parse, draw(conditions, seed=seed)).content.decode()).points
        (ax, ay), (bx, by), (cx, cy) = (points[each] for each in "ABC")
        assert (cx - bx) * (ay - by) - (cy - by) * (ax - bx) < 0


def test_problems_read_back_as_parses(tmp_path: Path) -> None:
    """The file of checks is a dataset; what its types say otherwise means the same."""
    cases = [case for case in CONSISTENT if not checks_of(case.conditions)[1]]
    path = tmp_path / "problems.json"
    path.write_bytes(problems_file(map(exportable, cases))["_problems.json"])
    read = parses.read(path)
    assert read.keys() == {case.name for case in cases}
    for parse in read.values():
        assert draw(parse.conditions, parse.objects).drawable


@pytest.mark.slow
def test_points_of_published_parses_are_on_their_lines_by_rank() -> None:
    """As the benchmark asks for it, to the last bit: the first sixty that can be drawn."""
    found = parses.read(shared.path("geoqa3/reference.json")).values()
    tried = right = 0
    for parse in list(found)[:60]:
        figure = draw(parse.conditions, parse.objects, patience=1)
        if not figure.drawable:
            continue
        each = Exportable(parse.id, parse.text, parse.conditions, parse.objects)
        points = Construction(write_geobuild(each, figure).content.decode()).points
        for condition in parse.conditions:
            if condition["type"] == "point_on_segment":
                point, a, b = (np.array(points[name]) for name in (condition["point"], *condition["segment"]))
                tried += 1
                right += int(np.linalg.matrix_rank([point - a, point - b]) <= 1)
    assert tried > 20
    assert right == tried


def test_required_objects_stay_as_they_are() -> None:
    """Of lines with two points nothing is changed."""
    objects = RequiredObjects(points=["A", "B"], lines=[["A", "B"]])
    parse = Exportable("1", "", [], objects)
    (problem,) = json.loads(problems_file([parse])["_problems.json"])["problems"]
    assert msgspec.convert(problem["required_objects"], RequiredObjects) == objects
