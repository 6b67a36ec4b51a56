"""Transformations, and what is measured outdoors."""

from collections.abc import Hashable, Iterator, Sequence
from typing import Final

from asyncgeo.schema.shapes import SAME, Shape
from asyncgeo.schema.table.entry import TYPE, VALUE, Condition, ConditionType, Field, Joins, Use, point, without

TRANSFORMATIONS: Final = ("rotation", "reflection", "translation", "dilation")
_CIRCUMSTANCES: Final = ("center", "axis", "angle", "direction")


def _rotation(condition: Condition) -> Iterator[Condition]:
    """Of one point; `canonical` joins those about one centre by one angle."""
    circumstances: Condition = {name: condition[name] for name in _CIRCUMSTANCES if name in condition}
    yield {
        TYPE: "geometric_transformation",
        "transformation": "rotation",
        "preimage_triangle": [condition["point"]],
        "image_triangle": [condition["image"]],
        **circumstances,
    }


def _one_turn(condition: Condition) -> Iterator[Hashable]:
    """Centre, angle and direction of a rotation of which all are known that a figure needs."""
    paired = len(condition["preimage_triangle"]) == len(condition["image_triangle"])
    if condition["transformation"] == "rotation" and paired and "center" in condition and "angle" in condition:
        yield condition["center"], condition["angle"], condition.get("direction")


def _turned_together(group: Sequence[Condition]) -> list[Condition | None]:
    """All points that turn about the centre, each with its image; apart stays what would give a point two."""
    images = _images(group[0])
    apart: list[Condition | None] = []
    for condition in group[1:]:
        both = images | _images(condition)
        fits = len(set(both.values())) == len(both) and both.items() >= images.items()
        images = both if fits else images
        apart.append(None if fits else condition)
    return [{**group[0], "preimage_triangle": list(images), "image_triangle": list(images.values())}, *apart]


def _images(condition: Condition) -> dict[str, str]:
    return dict(zip(condition["preimage_triangle"], condition["image_triangle"], strict=True))


def _same_motion(condition: Condition) -> Hashable:
    axis = condition.get("axis")
    return (
        condition["transformation"],
        _moved(condition),
        axis and SAME[Shape.LINE](axis),
        *(condition.get(name) for name in ("center", "angle", "direction")),
    )


def _moved(condition: Condition) -> Hashable:
    """Points with their images, either way in a reflection, without those that stay where they are in any case."""
    before, after = condition["preimage_triangle"], condition["image_triangle"]
    if len(before) != len(after):
        return tuple(before), tuple(after)
    fixed = {condition.get("center"), *condition.get("axis", ())}
    moved = [(one, other) for one, other in zip(before, after, strict=True) if one != other or one not in fixed]
    return frozenset(map(frozenset, moved) if condition["transformation"] == "reflection" else moved)


TYPES: Final = (
    ConditionType(
        "geometric_transformation",
        "the image of the first polygon is the second, vertices in corresponding order",
        (
            Field("transformation", Shape.WORD, choices=TRANSFORMATIONS),
            Field("preimage_triangle", Shape.POINTS_1, "points before"),
            Field("image_triangle", Shape.POINTS_1, "the same points after"),
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
        same=_same_motion,
        joins=Joins(_one_turn, _turned_together),
        implies={"geometric_transformation": without(_CIRCUMSTANCES)},
    ),
    ConditionType(
        "rotation",
        "the point turns about the centre into its image",
        (
            point(),
            Field("image", Shape.POINT),
            Field("center", Shape.POINT),
            Field("angle", Shape.NUMBER, "degrees", optional=True),
            Field("direction", Shape.WORD, optional=True, choices=("clockwise", "counterclockwise")),
        ),
        {"point": "B", "image": "D", "center": "C", "angle": 60},
        use=Use.READ,
        writes=_rotation,
    ),
    ConditionType(
        "contact",
        "the two points coincide",
        (Field("point1", Shape.POINT), Field("point2", Shape.POINT)),
        {"point1": "A", "point2": "B"},
        use=Use.WRITTEN,
        same=lambda c: frozenset((c["point1"], c["point2"])),
    ),
    ConditionType(
        "point_height",
        "height of the point above the ground",
        (point(), VALUE),
        {"point": "A", "value": 1.5},
        use=Use.WRITTEN,
    ),
)
