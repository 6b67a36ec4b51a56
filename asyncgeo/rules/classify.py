"""Category and difficulty of a problem, by rules that are stated here.

In: the row, what is given, the facts. Out: one of `conditions.CATEGORIES`, and 1…5. The first rule that holds decides.
"""

from collections.abc import Sequence
from typing import Final

from asyncgeo.conditions import DIFFICULTIES, Condition
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.tokens import Row

_MOTIONS: Final = frozenset(SIGN_OF[word] for word in ("旋转", "折", "平移", "折痕", "对称"))
_POLYGONS: Final = frozenset(
    SIGN_OF[word]
    for word in ("平行四边形", "正方形", "矩形", "菱形", "梯形", "等腰梯形", "直角梯形", "四边形", "多边形", "正多边形")
)
_CIRCULAR: Final = {"point_on_circle", "concyclic", "diameter", "tangent_line", "tangent_at_point"}


def category(row: Row, given: int, facts: Sequence[Condition]) -> str:
    """The first of these that is given: motion, similarity, circle, polygon, triangle, lengths; else angles."""
    signs = set(row.signs[:given])
    kinds = {fact["type"] for fact in facts}
    holds = {
        "Geometric Transformations": signs & _MOTIONS,
        "Similarity & Congruence": kinds & {"congruence", "similarity"},
        "Circle Properties & Constructions": "C" in signs or kinds & _CIRCULAR,
        "Polygon Properties & Constructions": signs & _POLYGONS,
        "Triangle Properties & Constructions": "t" in signs or kinds & {"segment_equality", "perimeter"},
        "Measurement & Ratios": kinds & {"distance_equals", "segment_ratio"},
    }
    return next((name for name, held in holds.items() if held), "Angle Relationships")


_LENGTH_OF_LEVEL: Final = 25
"""Words of one level of difficulty; the weights below are in words, fitted to published problems."""
_GROUND: Final = 16
_KIND: Final = 7
_CIRCLE: Final = 5


def difficulty(row: Row, given: int, facts: Sequence[Condition]) -> int:
    """Longer statements and more kinds of facts are harder to draw; a circle places points by itself."""
    kinds = len({fact["type"] for fact in facts} - {"triangle_valid"})
    weight = _GROUND + given + _KIND * kinds - _CIRCLE * ("C" in row.signs)
    return min(max(round(weight / _LENGTH_OF_LEVEL), DIFFICULTIES.start), DIFFICULTIES.stop - 1)
