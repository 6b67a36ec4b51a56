"""What one row of the table of conditions states about a type.

In: nothing. Out: `ConditionType`, `Field`, and the fields that several types have. It knows no type.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, NamedTuple

from asyncgeo.schema.shapes import SAME, Shape

TYPE: Final = "type"

Condition = dict[str, Any]
"""One condition as it stands in a row: `type` plus the fields of that type, JSON values only."""

Facts = Callable[[Condition], Iterable[Condition]]
"""Other conditions, made of one."""
Instead = Callable[[Condition], Iterable[Condition] | None]
"""Conditions that take the place of one; None where it stays."""
Given = Callable[[Condition], Iterable[tuple[Condition, Condition]]]
"""Pairs: another fact, and what takes the place of the condition beside it."""


class Joins(NamedTuple):
    """How conditions of one type become one.

    `shared` is what two of them have in common that are one. `unite` gives what takes the place of each of those that
    have something in common, directly or through others: None where another one says it now.
    """

    shared: Callable[[Condition], Iterable[Hashable]]
    unite: Callable[[Sequence[Condition]], list[Condition | None]]


class Use(Enum):
    """What becomes of a type."""

    OFFERED = "offered"  # asked for in the prompt, read and written
    WRITTEN = "written"  # read and written, but so rare that no prompt pays for it
    READ = "read"  # read, and written as other types that say the same


class Field(NamedTuple):
    """One field of a condition type. `same` gives equal values for equal facts, where its shape's own does not."""

    name: str
    shape: Shape
    gloss: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()
    same: Callable[[Any], Hashable] | None = None


@dataclass(frozen=True, slots=True)
class ConditionType:
    """One row of the table.

    `writes` is what stands in a row instead of a condition of the type, nothing where it says nothing. `adds` is
    written after it. `implies` is what it says as well, by type, and is not written beside it. `same` gives equal
    values for equal facts, where its fields one by one do not. `joins` makes one fact of several. `beside` is what
    stands instead of the condition where one other fact is known.
    """

    name: str
    gloss: str
    fields: tuple[Field, ...]
    example: Condition
    use: Use = Use.OFFERED
    writes: Instead | None = None
    adds: Facts | None = None
    implies: Mapping[str, Facts] | None = None
    same: Callable[[Condition], Hashable] | None = None
    joins: Joins | None = None
    beside: Given | None = None


def pair(name: str, gloss: str = "") -> Field:
    """Two different points."""
    return Field(name, Shape.PAIR, gloss)


def point(gloss: str = "") -> Field:
    """The point that the condition is about."""
    return Field("point", Shape.POINT, gloss)


def line(gloss: str = "") -> Field:
    """The line that the condition is about."""
    return Field("line", Shape.LINE, gloss)


CENTER: Final = Field("circle_center", Shape.POINT, "centre of the circle")
VALUE: Final = Field("value", Shape.NUMBER)
DEGREES: Final = Field("value", Shape.NUMBER, "degrees")
RATIO: Final = Field("ratio", Shape.RATIO, "[2, 1] means first = 2 × second")


def distinct(name: str, shape: Shape) -> Instead:
    """Of things that are equal each once; of a thing that equals itself nothing is said."""
    same = SAME[shape]

    def said(condition: Condition) -> Iterable[Condition] | None:
        told = condition[name]
        different: dict[Hashable, Any] = {}
        for each in told:
            different.setdefault(same(each), each)
        if len(different) == len(told):
            return None
        return ({**condition, name: list(different.values())},) if len(different) > 1 else ()

    return said


def in_common(name: str, shape: Shape) -> Joins:
    """What equals the same is equal: conditions that share one of the things at `name` are one, each thing once."""
    same, said = SAME[shape], distinct(name, shape)

    def unite(group: Sequence[Condition]) -> list[Condition | None]:
        both = {**group[0], name: [each for condition in group for each in condition[name]]}
        return [next(iter(said(both) or ()), both), *[None] * (len(group) - 1)]

    return Joins(lambda condition: map(same, condition[name]), unite)


def proportion(one: Any, other: Any, ratio: Sequence[float]) -> Hashable:
    """The same for AB : CD = 1 : 2 and CD : AB = 4 : 2."""
    return (one, other, rounded(ratio[0] / ratio[1])) if one <= other else (other, one, rounded(ratio[1] / ratio[0]))


def rounded(number: float) -> float:
    """To nine digits, so that what is computed in two ways is equal."""
    return float(f"{number:.9g}")


def without(fields: Sequence[str]) -> Facts:
    """What a condition still says without some of its optional fields."""

    def less(condition: Condition) -> Iterable[Condition]:
        told = [name for name in fields if name in condition]
        for kept in range((1 << len(told)) - 1):
            dropped = {name for place, name in enumerate(told) if not kept >> place & 1}
            yield {name: value for name, value in condition.items() if name not in dropped}

    return less
