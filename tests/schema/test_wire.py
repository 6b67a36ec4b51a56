import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from support import shared
from support.cases import for_each
from support.wire import long_form, unordered

from asyncgeo.schema import checks, usual, wire
from asyncgeo.schema.checks import Checked, straighten_problem
from asyncgeo.schema.records import Circle, Extraction, RequiredObjects

TEXT = "在△ABC中,AB=AC"


def answer(*facts: Any, **changes: Any) -> str:
    """A parse in the form that the prompt asks for."""
    members = {
        "text": TEXT,
        "facts": [dict(zip(("type", "of"), fact, strict=True)) if isinstance(fact, tuple) else fact for fact in facts],
        "also": "",
        "unexpressed": [],
        "category": "Triangle Properties & Constructions",
        "difficulty": 2,
    }
    return json.dumps({"answer": members | changes}, ensure_ascii=False)


def read(content: str) -> Checked:
    """A usable answer, which the types of `usual`, if they take it, and `checks` read alike."""
    found = checks.read(content)
    assert isinstance(found, Checked)
    assert checks.read(f"Answer: {content}") == found
    return found


def objects(content: str) -> RequiredObjects:
    """What is to be drawn."""
    return read(content).extraction.required_objects


def _published() -> Iterator[dict[str, Any]]:
    yield from json.loads(shared.path("geoqa3/reference.json").read_text(encoding="utf-8"))["problems"]
    yield from map(json.loads, shared.path("geoqa3/model_rows.jsonl").read_text(encoding="utf-8").splitlines())


def test_published_rows_survive_as_answers() -> None:
    """Packed and read they say what they say in the form of earlier versions; nine of ten go the quick way."""
    quick = total = 0
    for row in map(straighten_problem, _published()):
        known = msgspec.convert(row, Extraction)
        if not known.required_objects.points:
            continue
        content = json.dumps(wire.pack(known), ensure_ascii=False)
        found, before = read(content), read(long_form(known))
        assert unordered(found.extraction) == unordered(before.extraction)
        assert found.findings == before.findings
        quick += usual.parse(content) is not None
        total += 1
    assert quick > 0.88 * total > 600


def test_objects_follow_from_facts() -> None:
    """Segments, lines, polygons and circles that facts name are drawn, each once; points of an arc are no segment."""
    found = objects(
        answer(
            ("point_on_circle", "A O"),
            ("distance_equals", "AB 5"),
            ("segment_equality", "BA CD"),
            ("parallel", "l AB"),
            ("triangle_valid", "ABC"),
            ("polygon_property", "ABCD square"),
            ("point_on_arc", "E AC circle_center=P"),
        )
    )
    assert found.segments == [["A", "B"], ["C", "D"]]
    assert found.lines == [["l"], ["A", "B"]]
    assert found.polygons == [["A", "B", "C"], ["A", "B", "C", "D"]]
    assert found.circles == [Circle("O", "A"), Circle("P")]
    assert set(found.points) == set("ABCDEOP")


def test_the_text_may_have_more_to_draw() -> None:
    """And what facts name may stay away; a circle as the text has it takes the place of that of the facts."""
    facts = (("point_on_circle", "A O"), ("perpendicular", "AB CD"))
    found = objects(answer(*facts, also="BC ABCD line:l line:EF circle:OB circle:P -line:DC Q"))
    assert found.segments == [["B", "C"]]
    assert found.lines == [["A", "B"], ["l"], ["E", "F"]]
    assert found.polygons == [["A", "B", "C", "D"]]
    assert found.circles == [Circle("O", "B"), Circle("P")]
    assert found.points[0] == "Q"


@for_each(
    ("kind", "text", "condition"),
    [
        ("distance_equals", "A B 5cm", {"segment": ["A", "B"], "value": 5}),
        ("distance_equals", "AB = 5", {"segment": ["A", "B"], "value": 5}),
        ("segment_equality", "AB=CD", {"segments": [["A", "B"], ["C", "D"]]}),
        ("segment_ratio", "AB:CD = 2:1", {"segment1": ["A", "B"], "segment2": ["C", "D"], "ratio": [2, 1]}),
        ("angle_value", "∠ABC=30°", {"points": [["A", "B", "C"]], "value": 30}),
        (
            "angle_sum",
            "∠ABC+∠DEF=90°",
            {"angles": [{"points": ["A", "B", "C"]}, {"points": ["D", "E", "F"]}], "value": 90},
        ),
        ("collinear", "A, B, C", {"points": ["A", "B", "C"]}),
        ("same_side", "C、D AB", {"points": ["C", "D"], "line": ["A", "B"]}),
        ("parallel", "AB ∥ l", {"objects": [["A", "B"], ["l"]]}),
        ("point_on_circle", "A' ⊙O", {"point": "A′", "circle_center": "O"}),
        ("tangent_at_point", "A, P A, ⊙O", {"point": "A", "line": ["P", "A"], "circle_center": "O"}),
        (
            "geometric_transformation",
            "rotation △ABC→△A'B'C, center=C, angle=60°",
            {
                "transformation": "rotation",
                "preimage_triangle": ["A", "B", "C"],
                "image_triangle": ["A′", "B′", "C"],
                "center": "C",
                "angle": 60,
            },
        ),
    ],
)
def test_facts_may_be_spelt_as_people_write_them(kind: str, text: str, condition: dict[str, Any]) -> None:
    """What servers without a schema send is read where it can mean one thing only."""
    assert read(answer((kind, text))).extraction.verification_conditions[0] == {"type": kind, **condition}


@pytest.mark.parametrize(
    "fact", ["parallel AB CD", {"parallel": "AB CD"}, {"type": "parallel", "objects": ["AB", "CD"]}]
)
def test_facts_may_have_another_form(fact: object) -> None:
    """A text, a member named by the type, or the fields of the table one by one."""
    assert read(answer(fact)).extraction.verification_conditions == [
        {"type": "parallel", "objects": [["A", "B"], ["C", "D"]]}
    ]


@for_each(
    ("kind", "text"),
    [
        ("parallel", "AB"),
        ("parallel", "AB CD EF"),
        ("distance_equals", "AB"),
        ("distance_equals", "AB 5 6"),
        ("angle_value", "AB 50"),
        ("angle_value", "ABA 50"),
        ("midpoint_of", "the middle of AB"),
        ("point_on_arc", "D AC arc_type=long circle=O x"),
        ("no_such_type", "AB"),
    ],
)
def test_facts_that_mean_nothing_are_findings(kind: str, text: str) -> None:
    """Each is shown as it came."""
    found = read(answer(("triangle_valid", "ABC"), (kind, text)))
    assert len(found.extraction.verification_conditions) == 1
    assert found.findings == (f'dropped condition {{"type":"{kind}","of":"{text}"}}',)


def test_what_is_misspelt_in_also_is_a_finding() -> None:
    """Marks and commas that people write are read."""
    found = read(answer(("triangle_valid", "ABC"), also="AD, △ABE; ⊙O line: BC, the rest"))
    assert found.extraction.required_objects.polygons == [["A", "B", "C"], ["A", "B", "E"]]
    assert found.extraction.required_objects.circles == [Circle("O")]
    assert found.extraction.required_objects.lines == [["B", "C"]]
    assert found.findings == ('dropped segments ["the"]', 'dropped segments ["rest"]')


def test_what_no_type_says_is_kept() -> None:
    """Each clause once, without blanks around it; an answer may leave the member out."""
    assert read(answer(("triangle_valid", "ABC"), unexpressed=["tanB=2 ", "tanB=2", ""])).extraction.unexpressed == (
        "tanB=2",
    )
    assert read(answer(("triangle_valid", "ABC"), unexpressed="tanB=2")).extraction.unexpressed == ("tanB=2",)
    assert read(answer(("triangle_valid", "ABC"), unexpressed=None)).extraction.unexpressed == ()


def test_an_answer_is_known_without_its_wrapper() -> None:
    """Servers without a schema leave it away; a refusal is short."""
    inner = json.loads(answer(("triangle_valid", "ABC")))["answer"]
    assert read(json.dumps(inner)) == read(json.dumps({"answer": inner}))
    refusal = Extraction(reason="pure_calculation", detail="2+2")
    assert wire.pack(refusal) == {"answer": {"skip": "pure_calculation", "detail": "2+2"}}
    assert read('{"skip":"pure_calculation","detail":"2+2"}').extraction == refusal
