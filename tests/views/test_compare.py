import json
from pathlib import Path
from typing import Any

import pytest

from asyncgeo.schema.conditions import Condition
from asyncgeo.verify.second_reading import words
from asyncgeo.views.compare import compare

EARLIER: list[Condition] = [
    {"type": "right_triangle", "points": ["A", "B", "C"], "right_angle": "C"},
    {"type": "point_between", "point": "D", "endpoints": ["A", "B"]},
    {"type": "point_on_line", "point": "D", "line": ["B", "A"]},
    {"type": "segment_equality", "segments": [["D", "A"], ["D", "B"]]},
    {"type": "segment_equality", "segments": [["B", "D"], ["B", "C"]]},
]
PRESENT: list[Condition] = [
    {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90},
    {"type": "midpoint_of", "point": "D", "segment": ["A", "B"]},
    {"type": "segment_equality", "segments": [["B", "D"], ["B", "C"]]},
]


def dataset(path: Path, conditions: list[Condition], **changes: Any) -> Path:
    """A merged dataset of one problem."""
    problem = {"id": "1", "subject": "△ABC", "required_objects": {}, "verification_conditions": conditions, **changes}
    path.write_text(json.dumps({"problems": [problem]}), encoding="utf-8")
    return path


def test_parses_of_two_forms_say_the_same(tmp_path: Path) -> None:
    """Both sides are compared in the one form: types that are only read count as what is written, each fact once."""
    found, _ = compare(dataset(tmp_path / "a.json", EARLIER), dataset(tmp_path / "b.json", PRESENT))
    assert (found.problems, found.agreeing, found.undrawable) == (1, 1, [])
    assert found.stated == found.confirmed
    assert found.stated == {"triangle_valid": 1, "angle_value": 1, "point_on_segment": 1, "segment_equality": 1}
    assert (found.added, found.justified) == (3, 3)


def test_a_difference_is_shown_in_the_one_form(tmp_path: Path) -> None:
    """What one set alone says."""
    found, _ = compare(dataset(tmp_path / "a.json", EARLIER), dataset(tmp_path / "b.json", PRESENT[:1]))
    ((_, only_a, only_b),) = found.differences
    assert [condition["type"] for condition in only_a] == ["point_on_segment", "segment_equality"]
    assert only_b == []


IMPOSSIBLE: list[Condition] = [{"type": "angle_value", "points": [["A", "C", "B"]], "value": n} for n in (90, 60)]


def test_equal_sets_need_no_figure(tmp_path: Path) -> None:
    """Whatever the order and the spelling, and though no figure of them exists."""
    other = [{**each, "points": [["B", "C", "A"]]} for each in reversed(IMPOSSIBLE)]
    found, _ = compare(dataset(tmp_path / "a.json", IMPOSSIBLE), dataset(tmp_path / "b.json", other))
    assert (found.agreeing, found.undrawable) == (1, [])


@pytest.mark.parametrize(
    ("a", "b", "missing"),
    [
        (IMPOSSIBLE, PRESENT, (True, False)),
        (PRESENT[1:], IMPOSSIBLE, (False, True)),
        (IMPOSSIBLE, [*IMPOSSIBLE[:1], {**IMPOSSIBLE[0], "value": 50}], (True, True)),
    ],
)
def test_a_pair_without_a_figure_is_counted_with_its_side(
    tmp_path: Path, a: list[Condition], b: list[Condition], missing: tuple[bool, bool]
) -> None:
    """It is neither agreement nor difference, and no condition of it counts."""
    found, _ = compare(dataset(tmp_path / "a.json", a), dataset(tmp_path / "b.json", b))
    assert found.undrawable == [("1", *missing)]
    assert (found.problems, found.agreeing, found.stated.total(), found.differences) == (1, 0, 0, [])


def test_words_of_a_fact_are_those_of_all_that_was_read_of_it() -> None:
    """Equalities that became one are quoted from each of their clauses; what was read as a weaker fact, too."""
    quotes = words("如图,在△ABC中,AB=AC,AC=AD,点D是BC的中点,求∠B")
    assert {json.loads(fact)["type"]: quoted for fact, quoted in quotes.items()} == {
        "triangle_valid": "△ABC",
        "segment_equality": "AB=AC; AC=AD",
        "midpoint_of": "D是BC的中点",
    }
