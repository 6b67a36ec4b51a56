"""No parse, however large or strange, stops the verification of others: it is not judged, and the reason is named."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from rich.console import Console

from asyncgeo.cli.verify import show_summary
from asyncgeo.figure import Deadline, compare, draw, draw_nicely, find_conflict
from asyncgeo.schema.conditions import CATEGORIES
from asyncgeo.schema.records import Parsed, RequiredObjects, encode
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.parses import Parse
from asyncgeo.store.verdicts import read
from asyncgeo.verify.folder import verify
from asyncgeo.verify.judge import judge
from asyncgeo.verify.picture import picture

NAMES = [f"{letter}{index or ''}" for index in range(400) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
NOTHING = RequiredObjects()
Given = list[dict[str, Any]]


def pairs(count: int) -> list[list[str]]:
    return [NAMES[2 * k : 2 * k + 2] for k in range(count)]


def lengths(count: int) -> Given:
    between = list(itertools.combinations(NAMES[:26], 2))
    return [{"type": "distance_equals", "segment": list(between[k % 325]), "value": 1 + k % 9} for k in range(count)]


def lines(count: int) -> Given:
    return [{"type": "concurrent", "lines": [list(pair) for pair in itertools.combinations(NAMES[:count], 2)]}]


TOO_MUCH: dict[str, tuple[Given, RequiredObjects, str]] = {
    "equal segments": ([{"type": "segment_equality", "segments": pairs(38)}], NOTHING, "points"),
    "a polygon": ([], RequiredObjects(polygons=[NAMES[:10_000]]), "points"),
    "conditions": (lengths(310), NOTHING, "named more than"),
    "a regular polygon": (
        [{"type": "regular_polygon", "polygon_points": NAMES[:38], "sides": 38}],
        NOTHING,
        "coefficients",
    ),
    "lines": (lines(20), NOTHING, "equations"),
    "one line again and again": ([{"type": "concurrent", "lines": [["l"], ["m"]] * 500}], NOTHING, "equations"),
    "lines of one name": (
        [
            {"type": "parallel", "objects": [[one], [other]]}
            for one, other in itertools.pairwise("abcdefghijklmnopqrstuvw")
        ],
        NOTHING,
        "points",
    ),
    "a quotient": (
        [{"type": "segment_ratio", "segment1": ["A", "B"], "segment2": ["B", "C"], "ratio": [5e-324, 1e300]}],
        NOTHING,
        "computed",
    ),
}


@pytest.mark.parametrize("name", TOO_MUCH)
def test_what_costs_too_much_is_not_judged(name: str) -> None:
    """Points, equations, memory: whichever ends first is named; neither true nor false is said of the parse."""
    conditions, objects, why = TOO_MUCH[name]
    verdict = judge(Parse("17", "", conditions, objects))
    assert (verdict.drawable, verdict.state) == (None, "not judged")
    assert why in verdict.why
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=Verdict) == verdict
    assert draw_nicely(conditions, objects).unjudged == verdict.why
    found = compare((conditions, objects), (conditions, objects))
    assert (found.a_in_b, found.b_in_a) == ((None, None) if conditions else ((), ()))


def ticking(ticks: int) -> Callable[[], float]:
    """A clock on which the time is over at the look after these."""
    return itertools.chain([0.0] * ticks, itertools.repeat(100.0)).__next__


HARD: Given = [
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 50},
    {"type": "angle_value", "points": [["A", "B", "C"]], "value": 70},
    {"type": "point_on_segment", "point": "D", "segment": ["A", "B"]},
]


def test_after_the_deadline_nothing_is_computed() -> None:
    """A figure that is still being looked for is not judged; a conflict is what is left of the conditions by then."""
    assert "seconds" in draw(HARD, deadline=Deadline(10, ticking(5))).unjudged
    assert draw(HARD, deadline=Deadline(10, ticking(10_000))).state == "contradictory"
    assert find_conflict(HARD, NOTHING, deadline=Deadline(10, ticking(1))).conditions == (0, 1, 2)
    assert find_conflict(HARD, NOTHING, deadline=Deadline(10, ticking(10_000))).conditions == (0, 1)


def row(identifier: str, conditions: Given) -> Parsed:
    return Parsed(
        id=identifier,
        source="model",
        subject="s",
        original_text="o",
        cleaned_text="s",
        category=CATEGORIES[0],
        difficulty=2,
        required_objects=NOTHING,
        verification_conditions=conditions,
    )


def test_the_rest_of_the_folder_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Counted by its reason, not judged again, neither drawable nor contradictory; old verdict files are read."""
    too_much = TOO_MUCH["equal segments"][0]
    rows = [row("1", HARD[:1]), row("2", too_much), row("3", HARD)]
    (tmp_path / "dataset_0_3.jsonl").write_bytes(b"".join(map(encode, rows)))
    summary = verify(tmp_path, processes=1)
    assert {verdict.id: verdict.drawable for verdict in summary.verdicts} == {"1": True, "2": None, "3": False}
    assert (summary.judged, summary.drawable, len(summary.contradictory()), len(summary.unjudged())) == (3, 1, 1, 1)
    assert verify(tmp_path, processes=1).judged == 0
    show_summary(summary, tmp_path, Console(highlight=False, width=100))
    shown = capsys.readouterr().out
    assert "1 not judged: more than 40 points (2)" in shown
    assert "3 cannot be drawn" in shown
    assert "2 cannot be drawn" not in shown
    assert picture(rows[1]) is None
    file = tmp_path / "verify_0_3.jsonl"
    file.write_bytes(file.read_bytes().replace(b',"why":""', b""))
    assert [verdict.drawable for verdict in read(tmp_path).values()] == [True, None, False]
