from support.cases import for_each

from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import TABLE, TYPE, ConditionType, defect, example, points_of

VOCABULARY = """
parallel perpendicular collinear not_collinear concurrent angle_value angle_equality angle_sum angle_bisector
angle_ratio segment_equality distance_equals perimeter segments_sum_value segments_sum_equals segment_ratio
point_on_segment point_on_line point_on_line_extension point_on_segment_extension midpoint_of point_between
order_on_line same_side point_above_line point_outside_line point_on_circle point_inside_circle concyclic
concentric_circles tangent_line tangent_at_point diameter point_on_arc midpoint_of_arc triangle_valid
isosceles_triangle right_triangle polygon_property polygon_type square regular_polygon intersection_point
point_intersection point_incenter perpendicular_bisector geometric_transformation rotation contact point_height
""".split()


def test_the_vocabulary_is_whole() -> None:
    """Every type of the published dataset and of the original script has its row."""
    assert set(VOCABULARY) <= TABLE.keys()


@for_each("kind", TABLE.values(), ids=lambda kind: str(kind.name))
def test_the_example_of_each_type_is_valid_and_nothing_less_is(kind: ConditionType) -> None:
    """An example validates; without a required field, or with a strange one, it does not."""
    assert defect(example(kind)) is None
    assert list(points_of(example(kind)))
    for field in kind.fields:
        rest = {name: value for name, value in example(kind).items() if name != field.name}
        assert (defect(rest) is None) == field.optional
        assert defect({**example(kind), field.name: object()}) is not None
    assert defect({**example(kind), "strange": 1}) is not None


@for_each(
    "raw",
    [
        None,
        [],
        "parallel",
        {},
        {TYPE: None},
        {TYPE: ["parallel"]},
        {TYPE: "parallel", "objects": [["A", "B"]]},
        {TYPE: "parallel", "objects": [["A", "A"], ["C", "D"]]},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": float("nan")},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": True},
        {TYPE: "angle_value", "points": [["A", "B", "C"]], "value": None},
        {TYPE: "point_on_circle", "point": "小刚", "circle_center": "O"},
        {TYPE: "regular_polygon", "polygon_points": ["A", "B", "C"], "sides": 2},
        {TYPE: "similarity", "polygons": [["A", "B", "C"], ["D", "E", "F", "G"]]},
        {TYPE: "segment_ratio", "segment1": ["A", "B"], "segment2": ["C", "D"], "ratio": [1, 0]},
        {TYPE: "polygon_property", "polygon": ["A", "B", "C"], "property": "nice"},
    ],
)
def test_what_is_no_condition_has_a_defect(raw: object) -> None:
    """Anything but a whole condition is refused, whatever it is."""
    assert defect(raw) is not None


def test_categories_are_the_published_ten() -> None:
    """The names readers of the dataset know, and no other."""
    assert len(conditions.CATEGORIES) == len(set(conditions.CATEGORIES)) == 10
    assert conditions.UNKNOWN_CATEGORY not in conditions.CATEGORIES
