from typing import Any

from support.cases import for_each

from asyncgeo.schema import conditions
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import TABLE, TYPE, Condition
from asyncgeo.schema.table.entry import Use


def said(*told: str | Condition) -> list[Condition]:
    """Conditions from short words: `point_on_segment D BC` names a point and a pair in the order of the fields."""
    return [one if isinstance(one, dict) else _condition(*one.split()) for one in told]


def _condition(kind: str, *words: str) -> Condition:
    values = (_value(word) for word in words)
    return {TYPE: kind, **{field.name: value for field, value in zip(TABLE[kind].fields, values, strict=False)}}


def _value(word: str) -> Any:
    if word.lstrip("-").isdigit():
        return int(word)
    if "," in word:
        return [list(names) for names in word.split(",") if names]
    return list(word) if word.isupper() and len(word) > 1 else word


@for_each(
    ("told", "written"),
    [
        (["not_collinear ABC"], ["triangle_valid ABC"]),
        (["point_between D BC"], ["point_on_segment D BC"]),
        (["intersection_point P AB,CD"], ["point_on_line P AB", "point_on_line P CD"]),
        (["intersection_point P AP,CD"], ["point_on_line P CD"]),
        (["point_intersection P AB O"], ["point_on_line P AB", "point_on_circle P O"]),
        (["isosceles_triangle ABC AB,AC"], ["triangle_valid ABC", "segment_equality AB,AC"]),
        (["right_triangle ABC C"], ["triangle_valid ABC", "angle_value ACB, 90"]),
        (["right_triangle ABC"], ["polygon_property ABC right"]),
        (["polygon_type ABCD kite"], ["polygon_property ABCD kite"]),
        (["square ABCD,CDEF"], ["polygon_property ABCD square", "polygon_property CDEF square"]),
        (["polygon_type ABC regular"], ["segment_equality AB,BC,AC"]),
        (["polygon_property ABCD equilateral"], ["polygon_property ABCD rhombus"]),
        (["polygon_property ABCD regular"], ["polygon_property ABCD square"]),
        (["polygon_property ABCDE regular"], ["regular_polygon ABCDE 5"]),
        (["regular_polygon ABC 3"], ["segment_equality AB,BC,AC"]),
        (["diameter AB O"], ["diameter AB O", "point_on_circle A O", "point_on_circle B O"]),
        (["point_on_circle B O", "diameter AB O"], ["point_on_circle B O", "diameter AB O", "point_on_circle A O"]),
        (["tangent_at_point A PA O"], ["tangent_at_point A PA O", "point_on_circle A O"]),
        (["tangent_line PA O", "point_on_circle A O"], ["tangent_at_point A PA O", "point_on_circle A O"]),
        (["tangent_line PA O", "point_on_circle B O"], ["tangent_line PA O", "point_on_circle B O"]),
        (["tangent_line AP O", "tangent_at_point A PA O"], ["tangent_at_point A AP O", "point_on_circle A O"]),
    ],
)
def test_what_is_only_read_is_written_as_what_says_the_same(told: list[str], written: list[str]) -> None:
    """And what belongs to a fact is written after it, unless it is said already."""
    assert canonical(said(*told)) == said(*written)


@for_each(
    ("told", "written"),
    [
        (["perpendicular BA,CD", "perpendicular DC,AB"], ["perpendicular BA,CD"]),
        (["angle_value CBA, 50", "angle_value ABC, 50"], ["angle_value CBA, 50"]),
        (["distance_equals BA 5", "distance_equals AB 5"], ["distance_equals BA 5"]),
        (["distance_equals AB 5", "distance_equals AC 5"], ["distance_equals AB 5", "distance_equals AC 5"]),
        (["distance_equals AB 5", "distance_equals AB 6"], ["distance_equals AB 5", "distance_equals AB 6"]),
        (["point_on_line D BC", "point_on_segment D CB"], ["point_on_segment D CB"]),
        (["midpoint_of D BC", "point_on_segment D CB", "point_on_line D BC"], ["midpoint_of D BC"]),
        (["point_on_segment D BC", "point_on_line D BE"], ["point_on_segment D BC", "point_on_line D BE"]),
        (["point_on_segment_extension D BC", "point_on_line_extension D CB"], ["point_on_segment_extension D BC"]),
        (
            ["point_on_segment D BC", "point_on_segment_extension D BC"],
            ["point_on_segment D BC", "point_on_segment_extension D BC"],
        ),
        (
            ["point_on_segment_extension D BC", "point_on_segment_extension D CB"],
            ["point_on_segment_extension D BC", "point_on_segment_extension D CB"],
        ),
        (["point_on_line A AB", "point_on_segment B AB", "triangle_valid ABC"], ["triangle_valid ABC"]),
        (["similarity ABC,DEF", "congruence EFD,BCA"], ["congruence EFD,BCA"]),
        (["perpendicular DE,AB", "perpendicular_bisector DE AB"], ["perpendicular_bisector DE AB"]),
        (["polygon_property ABCD square", "polygon_property CBAD rhombus"], ["polygon_property ABCD square"]),
        (["parallel BC,AD", "polygon_property ABCD parallelogram"], ["polygon_property ABCD parallelogram"]),
    ],
)
def test_a_fact_is_said_once_and_in_its_strongest_form(told: list[str], written: list[str]) -> None:
    """The first stays as it is spelt; facts that contradict each other both stay."""
    assert canonical(said(*told)) == said(*written)


@for_each(
    ("told", "written"),
    [
        (
            ["segment_equality AB,CD", "midpoint_of M AB", "segment_equality EF,GH", "segment_equality DC,EF,IJ"],
            ["segment_equality AB,CD,EF,GH,IJ", "midpoint_of M AB"],
        ),
        (["segment_equality AB,BA", "segment_equality AB,AC,BA"], ["segment_equality AB,AC"]),
        (["angle_equality ABC,DEF", "angle_equality FED,GHI"], ["angle_equality ABC,DEF,GHI"]),
        (["parallel AB,CD", "parallel BC,AD"], ["polygon_property ABCD parallelogram"]),
        (["parallel AB,CD", "parallel CA,BD"], ["polygon_property ABDC parallelogram"]),
        (["parallel AB,CD", "parallel CD,EF"], ["parallel AB,CD", "parallel CD,EF"]),
        (["polygon_property ABCD trapezoid", "parallel AB,CD"], ["polygon_property ABCD trapezoid", "parallel AB,CD"]),
    ],
)
def test_facts_that_are_one_together_become_one(told: list[str], written: list[str]) -> None:
    """In the place of the first, its names in the order in which they were first named."""
    assert canonical(said(*told)) == said(*written)


def turn(before: str, after: str, **told: Any) -> Condition:
    """A rotation about C, of several points where several are named."""
    if len(before) == 1 and not told.pop("whole", False):
        return {TYPE: "rotation", "point": before, "image": after, "center": "C", **told}
    images = {"preimage_triangle": list(before), "image_triangle": list(after)}
    return {TYPE: "geometric_transformation", "transformation": "rotation", **images, "center": "C", **told}


def test_points_that_turn_together_are_one_rotation() -> None:
    """About one centre by one angle in one direction; a point that would have two images stays apart."""
    assert canonical([turn("A", "D", angle=60), turn("B", "E", angle=60)]) == [turn("AB", "DE", angle=60)]
    apart = [turn("A", "D", angle=60), turn("B", "E", angle=30), turn("F", "G", angle=60, direction="clockwise")]
    assert len(canonical(apart)) == 3
    assert canonical([turn("A", "D", angle=60), turn("A", "E", angle=60), turn("B", "F", angle=60)]) == [
        turn("AB", "DF", angle=60),
        turn("A", "E", angle=60, whole=True),
    ]


def test_what_is_told_with_its_circumstances_is_not_told_without() -> None:
    """The major arc of a named circle, a rotation with its angle; what is told less fully adds nothing."""
    arc = {TYPE: "point_on_arc", "point": "D", "arc": ["A", "C"]}
    fully = {**arc, "arc_type": "major", "circle_center": "O"}
    on = [{TYPE: "point_on_circle", "point": each, "circle_center": "O"} for each in "DAC"]
    assert canonical([arc, {**arc, "arc_type": "major"}, fully]) == [fully, *on]
    assert canonical([turn("AB", "DE"), turn("AB", "DE", angle=60)]) == [turn("AB", "DE", angle=60)]
    minor = {**arc, "arc_type": "minor"}
    assert canonical([minor, fully]) == [{**minor, "circle_center": "O"}, fully, *on]


def test_points_that_a_motion_leaves_where_they_are_say_nothing() -> None:
    """Its centre, those of its axis; and a mirrored point is mirrored back."""
    folded: Condition = {TYPE: "geometric_transformation", "transformation": "reflection", "axis": ["D", "E"]}
    whole = {**folded, "preimage_triangle": ["A", "D", "E"], "image_triangle": ["F", "D", "E"]}
    back = {**folded, "preimage_triangle": ["F"], "image_triangle": ["A"]}
    assert canonical([whole, back]) == [whole]
    assert canonical([turn("ABC", "DEC"), turn("AB", "DE")]) == [turn("ABC", "DEC")]
    assert len(canonical([turn("AB", "DE"), turn("DE", "AB")])) == 2


def test_ratios_and_relations_have_one_form() -> None:
    """1 : 1 is equality, a relation without an addend a ratio, and either may begin with either segment."""
    sides = {"segment1": ["A", "B"], "segment2": ["C", "D"]}
    turned = {"segment1": ["C", "D"], "segment2": ["B", "A"]}
    ratio: Condition = {TYPE: "segment_ratio", **sides, "ratio": [1, 2]}
    assert canonical([{**ratio, "ratio": [2, 2]}]) == said("segment_equality AB,CD")
    assert canonical([ratio, {**ratio, **turned, "ratio": [4, 2]}]) == [ratio]
    relation: Condition = {TYPE: "length_relation", **sides, "times": 2, "plus": 4}
    assert canonical([relation, {**relation, **turned, "times": 0.5, "plus": -2}]) == [relation]
    assert canonical([{**relation, "plus": 0}]) == [{**ratio, "ratio": [2, 1]}]


def test_examples_that_are_written_are_canonical() -> None:
    """What the prompt may show is what rows hold, but for what is added."""
    for kind in TABLE.values():
        example = conditions.example(kind)
        if kind.use is not Use.READ:
            assert canonical([example])[0] == example
        else:
            assert example not in canonical([example])


def test_long_answers_take_time_in_proportion() -> None:
    """Thousands of facts that have things in common are joined without comparing each with each."""
    names = [f"{letter}{k}" for letter in "ABCDEFGHIJ" for k in range(300)]
    chain = [
        {TYPE: "segment_equality", "segments": [[a, b], [c, d]]}
        for a, b, c, d in zip(names, names[1:], names[1:], names[2:], strict=False)
    ]
    (united,) = canonical(chain)
    assert len(united["segments"]) == len(names) - 1
