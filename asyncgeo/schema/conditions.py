"""THE table of verification conditions: every type, its fields, their shapes, a gloss and an example.

In: nothing. Out: `TABLE`, the type `COMMON` made of it, `defect` (is this a valid condition?), `points_of`,
and the names of categories and difficulties. The prompt text, the strict JSON schema, the checks and the rules all
derive from this table; a new type is one entry here. It knows no wording of problems and no model; what the value
of a field looks like is `shapes`'.

Field names are those of the published GeoBuildBench dataset. One example of a condition:
    {"type": "point_on_circle", "point": "A", "circle_center": "O"}
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args

import msgspec
from msgspec import UNSET, UnsetType

from asyncgeo.schema.shapes import COMMON_POINT, POINT, SOUND, WALKS, Shape, types_of

TYPE: Final = "type"

Condition = dict[str, Any]
"""One condition as it stands in a row: `type` plus the fields of that type, JSON values only."""

Category = Literal[
    "Basic Constructions",
    "Circle Properties & Constructions",
    "Geometric Transformations",
    "Triangle Properties & Constructions",
    "Applications of Geometric Theorems",
    "Polygon Properties & Constructions",
    "Measurement & Ratios",
    "Locus Constructions",
    "Angle Relationships",
    "Similarity & Congruence",
]
CATEGORIES: Final[tuple[str, ...]] = get_args(Category)
UNKNOWN_CATEGORY: Final = "Unknown"
"""Written by the original script's rule-based fallback only; never by asyncgeo."""

DIFFICULTIES: Final = range(1, 6)
"""How hard the figure is to draw, not how hard the problem is to solve."""
Difficulty = Annotated[int, msgspec.Meta(ge=DIFFICULTIES[0], le=DIFFICULTIES[-1])]


class Field(NamedTuple):
    """One field of a condition type."""

    name: str
    shape: Shape
    gloss: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionType:
    """One row of the table."""

    name: str
    gloss: str
    fields: tuple[Field, ...]
    example: Condition


def _pair(name: str, gloss: str = "") -> Field:
    return Field(name, Shape.PAIR, gloss)


def _point(gloss: str = "") -> Field:
    return Field("point", Shape.POINT, gloss)


def _line(gloss: str = "") -> Field:
    return Field("line", Shape.LINE, gloss)


_CENTER: Final = Field("circle_center", Shape.POINT, "centre of the circle")
_VALUE: Final = Field("value", Shape.NUMBER)
_DEGREES: Final = Field("value", Shape.NUMBER, "degrees")
_RATIO: Final = Field("ratio", Shape.RATIO, "[2, 1] means first = 2 × second")
_ARC: Final = (
    _pair("arc", "its two ends"),
    Field("arc_type", Shape.WORD, optional=True, choices=("minor", "major", "semicircle")),
)

PROPERTIES: Final = (
    "parallelogram",
    "rectangle",
    "rhombus",
    "square",
    "trapezoid",
    "isosceles_trapezoid",
    "right_trapezoid",
    "kite",
    "equilateral",
    "isosceles",
    "right",
    "isosceles_right",
    "convex",
    "regular",
)
TRANSFORMATIONS: Final = ("rotation", "reflection", "translation", "dilation")

_TYPES: Final = (
    # relations of lines and points
    ConditionType(
        "parallel", "the lines are parallel", (Field("objects", Shape.LINES_2),), {"objects": [["A", "B"], ["C", "D"]]}
    ),
    ConditionType(
        "perpendicular",
        "the lines are perpendicular",
        (Field("objects", Shape.LINES_2),),
        {"objects": [["A", "B"], ["C", "D"]]},
    ),
    ConditionType("collinear", "all on one line", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C"]}),
    ConditionType("not_collinear", "not on one line", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C"]}),
    ConditionType(
        "concurrent",
        "the lines meet in one point",
        (Field("lines", Shape.LINES),),
        {"lines": [["A", "D"], ["B", "E"], ["C", "F"]]},
    ),
    # angles
    ConditionType(
        "angle_value",
        "the angle has this size",
        (Field("points", Shape.ANGLE_1), _DEGREES),
        {"points": [["A", "B", "C"]], "value": 50},
    ),
    ConditionType(
        "angle_equality",
        "the angles are equal",
        (Field("points", Shape.ANGLES_2),),
        {"points": [["A", "B", "C"], ["D", "E", "F"]]},
    ),
    ConditionType(
        "angle_sum",
        "the angles add up to this",
        (Field("angles", Shape.ANGLE_OBJECTS), _DEGREES),
        {"angles": [{"points": ["A", "B", "C"]}, {"points": ["D", "E", "F"]}], "value": 90},
    ),
    ConditionType(
        "angle_bisector",
        "the line bisects the angle",
        (_line("starts at the vertex"), Field("angle_points", Shape.ANGLE)),
        {"line": ["A", "D"], "angle_points": ["B", "A", "C"]},
    ),
    ConditionType(
        "angle_ratio",
        "first angle : second angle",
        (Field("angle1", Shape.ANGLE), Field("angle2", Shape.ANGLE), _RATIO),
        {"angle1": ["C", "B", "D"], "angle2": ["B", "D", "C"], "ratio": [2, 1]},
    ),
    # lengths
    ConditionType(
        "segment_equality",
        "the segments are equally long",
        (Field("segments", Shape.SEGMENTS_2),),
        {"segments": [["A", "B"], ["C", "D"]]},
    ),
    ConditionType(
        "distance_equals",
        "the segment has this length",
        (_pair("segment"), _VALUE),
        {"segment": ["A", "B"], "value": 8},
    ),
    ConditionType(
        "perimeter",
        "the polygon has this perimeter",
        (Field("polygon", Shape.POINTS_3), _VALUE),
        {"polygon": ["A", "B", "C"], "value": 15},
    ),
    ConditionType(
        "segments_sum_value",
        "the lengths add up to this",
        (Field("segments", Shape.SEGMENTS_2), _VALUE),
        {"segments": [["A", "B"], ["B", "C"]], "value": 6},
    ),
    ConditionType(
        "segments_sum_equals",
        "left lengths together equal right lengths together",
        (Field("left_segments", Shape.SEGMENTS), Field("right_segments", Shape.SEGMENTS)),
        {"left_segments": [["A", "B"], ["B", "C"]], "right_segments": [["A", "D"]]},
    ),
    ConditionType(
        "segment_ratio",
        "first length : second length",
        (_pair("segment1"), _pair("segment2"), _RATIO),
        {"segment1": ["A", "E"], "segment2": ["E", "C"], "ratio": [1, 2]},
    ),
    # positions on lines
    ConditionType(
        "point_on_segment", "between the two ends", (_point(), _pair("segment")), {"point": "D", "segment": ["B", "C"]}
    ),
    ConditionType("point_on_line", "on the line, anywhere", (_point(), _line()), {"point": "E", "line": ["A", "B"]}),
    ConditionType(
        "point_on_line_extension",
        "on the line beyond either end",
        (_point(), _pair("line_segment")),
        {"point": "D", "line_segment": ["B", "C"]},
    ),
    ConditionType(
        "point_on_segment_extension",
        "on the ray from the first end, beyond the second",
        (_point(), _pair("segment", "the extension goes past the second end")),
        {"point": "E", "segment": ["B", "C"]},
    ),
    ConditionType(
        "midpoint_of", "the middle of the segment", (_point(), _pair("segment")), {"point": "M", "segment": ["A", "B"]}
    ),
    ConditionType(
        "point_between", "between the two ends", (_point(), _pair("endpoints")), {"point": "P", "endpoints": ["A", "B"]}
    ),
    ConditionType(
        "order_on_line", "on one line in this order", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C"]}
    ),
    ConditionType(
        "same_side",
        "the points lie on one side of the line",
        (Field("points", Shape.POINTS_2), Field("line", Shape.LINE)),
        {"points": ["C", "O"], "line": ["A", "B"]},
    ),
    ConditionType(
        "point_above_line", "above the line in the figure", (_point(), _line()), {"point": "C", "line": ["A", "B"]}
    ),
    ConditionType("point_outside_line", "not on the line", (_point(), _line()), {"point": "P", "line": ["A", "B"]}),
    ConditionType(
        "intersection_point",
        "where the two lines meet",
        (_point(), Field("lines", Shape.LINES_2)),
        {"point": "O", "lines": [["A", "C"], ["B", "D"]]},
    ),
    ConditionType(
        "point_intersection",
        "where a line meets a circle",
        (_point(), _line(), _CENTER),
        {"point": "P", "line": ["A", "B"], "circle_center": "O"},
    ),
    ConditionType(
        "perpendicular_bisector",
        "the line halves the segment at a right angle",
        (_line(), _pair("segment")),
        {"line": ["D", "E"], "segment": ["A", "B"]},
    ),
    # circles
    ConditionType("point_on_circle", "on the circle", (_point(), _CENTER), {"point": "A", "circle_center": "O"}),
    ConditionType(
        "point_inside_circle", "inside the circle", (_point(), _CENTER), {"point": "P", "circle_center": "O"}
    ),
    ConditionType(
        "concyclic", "all on one circle", (Field("points", Shape.POINTS_3),), {"points": ["A", "B", "C", "D"]}
    ),
    ConditionType(
        "concentric_circles",
        "circles with one centre; centres as named",
        (Field("centers", Shape.POINTS_2),),
        {"centers": ["O", "P"]},
    ),
    ConditionType(
        "tangent_line", "the line touches the circle", (_line(), _CENTER), {"line": ["P", "A"], "circle_center": "O"}
    ),
    ConditionType(
        "tangent_at_point",
        "the line touches the circle at the point",
        (_point(), _line(), _CENTER),
        {"point": "A", "line": ["P", "A"], "circle_center": "O"},
    ),
    ConditionType(
        "diameter",
        "the segment is a diameter",
        (_pair("segment"), _CENTER),
        {"segment": ["A", "B"], "circle_center": "O"},
    ),
    ConditionType(
        "point_on_arc",
        "on the arc",
        (_point(), *_ARC, _CENTER._replace(optional=True)),
        {"point": "D", "arc": ["A", "C"], "arc_type": "major"},
    ),
    ConditionType(
        "midpoint_of_arc",
        "the middle of the arc",
        (_point(), *_ARC, _CENTER._replace(optional=True)),
        {"point": "D", "arc": ["A", "C"]},
    ),
    # figures
    ConditionType(
        "triangle_valid",
        "a triangle with these vertices",
        (Field("points", Shape.TRIANGLE),),
        {"points": ["A", "B", "C"]},
    ),
    ConditionType(
        "isosceles_triangle",
        "a triangle with these two sides equal",
        (Field("points", Shape.TRIANGLE), Field("equal_sides", Shape.SEGMENTS_2)),
        {"points": ["A", "B", "C"], "equal_sides": [["A", "B"], ["A", "C"]]},
    ),
    ConditionType(
        "right_triangle",
        "a triangle with a right angle",
        (Field("points", Shape.TRIANGLE), Field("right_angle", Shape.POINT, "its vertex", optional=True)),
        {"points": ["A", "B", "C"], "right_angle": "C"},
    ),
    ConditionType(
        "polygon_property",
        "the polygon is of this kind",
        (Field("polygon", Shape.POINTS_3), Field("property", Shape.WORD, choices=PROPERTIES)),
        {"polygon": ["A", "B", "C", "D"], "property": "rhombus"},
    ),
    ConditionType(
        "polygon_type",
        "the polygon is of this kind",
        (Field("polygon", Shape.POINTS_3), Field("value", Shape.WORD, choices=PROPERTIES)),
        {"polygon": ["A", "B", "C", "D"], "value": "trapezoid"},
    ),
    ConditionType(
        "square", "each polygon is a square", (Field("polygons", Shape.POLYGONS),), {"polygons": [["A", "B", "C", "D"]]}
    ),
    ConditionType(
        "regular_polygon",
        "all sides and angles equal",
        (Field("polygon_points", Shape.POINTS_3), Field("sides", Shape.COUNT)),
        {"polygon_points": ["A", "B", "C", "D", "E", "F"], "sides": 6},
    ),
    ConditionType(
        "point_incenter",
        "centre of the inscribed circle",
        (_point(), Field("triangle", Shape.TRIANGLE)),
        {"point": "I", "triangle": ["A", "B", "C"]},
    ),
    ConditionType(
        "similarity",
        "similar, vertices in corresponding order",
        (Field("polygons", Shape.POLYGONS_2),),
        {"polygons": [["A", "B", "C"], ["D", "E", "F"]]},
    ),
    ConditionType(
        "congruence",
        "congruent, vertices in corresponding order",
        (Field("polygons", Shape.POLYGONS_2),),
        {"polygons": [["A", "B", "C"], ["D", "E", "F"]]},
    ),
    # transformations
    ConditionType(
        "geometric_transformation",
        "the image of the first polygon is the second, vertices in corresponding order",
        (
            Field("transformation", Shape.WORD, choices=TRANSFORMATIONS),
            Field("preimage_triangle", Shape.POINTS_2, "points before"),
            Field("image_triangle", Shape.POINTS_2, "the same points after"),
            Field("center", Shape.POINT, "of a rotation or dilation", optional=True),
            Field("axis", Shape.LINE, "of a reflection", optional=True),
            Field("angle", Shape.NUMBER, "of a rotation, degrees", optional=True),
            Field("direction", Shape.WORD, optional=True, choices=("clockwise", "counterclockwise")),
        ),
        {
            "transformation": "rotation",
            "preimage_triangle": ["A", "B", "C"],
            "image_triangle": ["D", "E", "C"],
            "center": "C",
        },
    ),
    ConditionType(
        "rotation",
        "the point turns about the centre into its image",
        (
            _point(),
            Field("image", Shape.POINT),
            Field("center", Shape.POINT),
            Field("angle", Shape.NUMBER, "degrees", optional=True),
            Field("direction", Shape.WORD, optional=True, choices=("clockwise", "counterclockwise")),
        ),
        {"point": "B", "image": "D", "center": "C", "angle": 60},
    ),
    # measurements outdoors
    ConditionType(
        "contact",
        "the two points coincide",
        (Field("point1", Shape.POINT), Field("point2", Shape.POINT)),
        {"point1": "A", "point2": "B"},
    ),
    ConditionType(
        "point_height", "height of the point above the ground", (_point(), _VALUE), {"point": "A", "value": 1.5}
    ),
)

TABLE: Final[Mapping[str, ConditionType]] = {t.name: t for t in _TYPES}
"""Every condition type by name, in the order in which the prompt presents them."""


def example(kind: ConditionType) -> Condition:
    """A whole valid condition of that type."""
    return {TYPE: kind.name, **kind.example}


def defect(condition: object) -> str | None:
    """Why `condition` is no valid condition, or None when it is.

    Valid means: an object whose `type` is in the table, with every required field, no other field than the
    type's own, and each value of its field's shape.
    """
    if not isinstance(condition, dict):
        return f"not an object: {condition!r:.60}"
    kind = condition.get(TYPE)
    struct = _STRUCTS.get(kind) if isinstance(kind, str) else None
    if struct is None:
        return f"unknown type {kind!r:.60}"
    try:
        msgspec.convert(condition, struct)
    except ValueError as error:  # msgspec's own, and a text that is no UTF-8
        return f"{kind}: {error}"
    return None


def points_of(condition: Condition) -> Iterator[str]:
    """Every point a valid condition names, in reading order, with repetitions; names of lines are left out."""
    for name, walk in _WALKS[condition[TYPE]]:
        if name in condition:
            yield from walk(condition[name])


def _types(point: Any) -> dict[str, type[msgspec.Struct]]:
    """The table as types, points being of the given one: structs distinguished by their `type`."""
    shapes = types_of(point)
    return {kind.name: _struct(kind, shapes) for kind in _TYPES}


def _struct(kind: ConditionType, shapes: Mapping[Shape, Any]) -> type[msgspec.Struct]:
    def annotated(field: Field) -> tuple[str, Any] | tuple[str, Any, Any]:
        worded = Literal.__getitem__(field.choices) if field.shape is Shape.WORD else shapes[field.shape]
        return (field.name, worded | UnsetType, UNSET) if field.optional else (field.name, worded)

    return msgspec.defstruct(
        kind.name,
        map(annotated, kind.fields),
        tag_field=TYPE,
        tag=kind.name,
        kw_only=True,
        forbid_unknown_fields=True,
        gc=False,
        namespace=_look_after(kind),
    )


def _look_after(kind: ConditionType) -> dict[str, Any]:
    """What a struct of the type does once its fields are of their types: it refuses what types cannot say."""
    checks = [_check(field) for field in kind.fields if field.shape in SOUND]

    def look(condition: msgspec.Struct) -> None:
        for check in checks:
            check(condition)

    return {"__post_init__": checks[0] if len(checks) == 1 else look} if checks else {}


def _check(field: Field) -> Callable[[msgspec.Struct], None]:
    get, is_sound = attrgetter(field.name), SOUND[field.shape]

    def check(condition: msgspec.Struct) -> None:
        if not is_sound(get(condition)):
            raise ValueError(f"{field.name}: a point is named twice, or polygons differ in size")

    def check_given(condition: msgspec.Struct) -> None:
        if get(condition) is not UNSET:
            check(condition)

    return check_given if field.optional else check


_STRUCTS: Final = _types(POINT)
COMMON: Final = Union.__getitem__(tuple(_types(COMMON_POINT).values()))
"""What a valid condition decodes to whose points have common names: in a third of the time of asking `defect`."""
_WALKS: Final = {kind.name: tuple((f.name, WALKS[f.shape]) for f in kind.fields if f.shape in WALKS) for kind in _TYPES}
