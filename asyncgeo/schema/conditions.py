"""What a valid condition is, by the table; and what a parse says beside its conditions.

In: `table.TABLE`. Out: the type `COMMON` made of it, `defect` (is this a valid condition?), `points_of` and `lines_of`,
and the names of categories and difficulties. It knows no wording of problems and no model.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from operator import attrgetter
from typing import Annotated, Any, Final, Literal, Union, get_args

import msgspec
from msgspec import UNSET, UnsetType

from asyncgeo.schema.shapes import COMMON_POINT, POINT, SOUND, WALKS, Shape, types_of
from asyncgeo.schema.table import TABLE
from asyncgeo.schema.table.entry import TYPE, Condition, ConditionType, Field

__all__ = [
    "CATEGORIES",
    "COMMON",
    "DIFFICULTIES",
    "PROVEN",
    "TABLE",
    "TYPE",
    "UNKNOWN_CATEGORY",
    "Category",
    "Condition",
    "ConditionType",
    "Difficulty",
    "Field",
    "defect",
    "example",
    "lines_of",
    "points_of",
]

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


def example(kind: ConditionType) -> Condition:
    """A whole valid condition of that type."""
    return {TYPE: kind.name, **kind.example}


def defect(condition: object, *, proven: bool = False) -> str | None:
    """Why `condition` is no valid condition, or None when it is.

    Valid means: an object whose `type` is in the table, with every required field, no other field than the
    type's own, and each value of its field's shape; of one that was `proven` when it was written, its field's type.
    """
    if not isinstance(condition, dict):
        return f"not an object: {condition!r:.60}"
    kind = condition.get(TYPE)
    struct = (_proven() if proven else _STRUCTS).get(kind) if isinstance(kind, str) else None
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


def lines_of(condition: Condition) -> Iterator[str]:
    """Every line of one name that a valid condition speaks of, with repetitions."""
    for field in TABLE[condition[TYPE]].fields:
        if field.shape in _OF_LINES and field.name in condition:
            value = condition[field.name]
            yield from (line[0] for line in ([value] if field.shape is Shape.LINE else value) if len(line) == 1)


_OF_LINES: Final = (Shape.LINE, Shape.LINES, Shape.LINES_2)


def _types(point: Any, *, proven: bool = False) -> dict[str, type[msgspec.Struct]]:
    """The table as types, points being of the given one: structs distinguished by their `type`."""
    shapes = types_of(point)
    return {kind.name: _struct(kind, shapes, {} if proven else _look_after(kind)) for kind in TABLE.values()}


def _struct(kind: ConditionType, shapes: Mapping[Shape, Any], namespace: dict[str, Any]) -> type[msgspec.Struct]:
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
        namespace=namespace,
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


@cache
def _proven() -> dict[str, type[msgspec.Struct]]:
    return _types(POINT, proven=True)


_STRUCTS: Final = _types(POINT)
COMMON: Final = Union.__getitem__(tuple(_types(COMMON_POINT).values()))
"""What a valid condition decodes to whose points have common names: in a third of the time of asking `defect`."""
PROVEN: Final = Union.__getitem__(tuple(_types(COMMON_POINT, proven=True).values()))
"""The same of one that was proven when it was written: types alone, in two thirds of that time."""
_WALKS: Final = {
    kind.name: tuple((f.name, WALKS[f.shape]) for f in kind.fields if f.shape in WALKS) for kind in TABLE.values()
}
