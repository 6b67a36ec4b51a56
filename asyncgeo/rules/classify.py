"""Category and difficulty of a problem, by rules that are stated here.

In: the row, what is given, the facts. Out: one of `conditions.CATEGORIES`, and 1…5. The first rule that holds decides.
"""

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.tokens import TokenRow
from asyncgeo.schema.conditions import DIFFICULTIES, Condition

_MOTIONS: Final = frozenset(SIGN_OF[word] for word in ("旋转", "折", "平移", "折痕", "对称"))
_ALIKE: Final = frozenset(SIGN_OF[word] for word in ("≌", "∽", "位似"))
_POLYGONS: Final = frozenset(
    SIGN_OF[word]
    for word in ("平行四边形", "正方形", "矩形", "菱形", "梯形", "等腰梯形", "直角梯形", "四边形", "多边形", "正多边形")
)
_CIRCULAR: Final = {"point_on_circle", "concyclic", "diameter", "tangent_line", "tangent_at_point"}


def category(row: TokenRow, given: int, facts: Sequence[Condition]) -> str:
    """The first of these that is given: motion, similarity, circle, polygon, triangle, lengths; else angles."""
    signs = set(row.signs[:given])
    kinds = {fact["type"] for fact in facts}
    holds = {
        "Geometric Transformations": signs & _MOTIONS,
        "Similarity & Congruence": signs & _ALIKE,
        "Circle Properties & Constructions": "C" in signs or kinds & _CIRCULAR,
        "Polygon Properties & Constructions": signs & _POLYGONS,
        "Triangle Properties & Constructions": "t" in signs or kinds & {"segment_equality", "perimeter"},
        "Measurement & Ratios": kinds & {"distance_equals", "segment_ratio"},
    }
    return next((name for name, held in holds.items() if held), "Angle Relationships")


_LEVELS: Final = (5, 12, 36, 60)
"""The weights from which a figure is of difficulty 2, 3, 4 and 5; the first two fitted to published problems."""
_CONSTRUCTION: Final = 5
"""The weight of a construction, in mentions."""
_CONSTRUCTED: Final = {"point_on_segment", "point_on_line", "point_on_segment_extension", "segment_equality"}
"""Facts that take a construction: a point is put on a line, a length is carried over."""


def difficulty(row: TokenRow, given: int, facts: Sequence[Condition]) -> int:
    """How much there is to draw: one for each mention of something with a name, five for each construction."""
    mentions = sum(bool(token.points) for token in row.tokens[:given])
    weight = mentions + _CONSTRUCTION * sum(fact["type"] in _CONSTRUCTED for fact in facts)
    return DIFFICULTIES.start + bisect_right(_LEVELS, weight)
