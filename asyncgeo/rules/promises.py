"""What each clause of a text promises, and whether it was kept: the measure of understanding.

In: the row of what is given, and what was read where. Out: `clauses`, each with its share understood; a clause stands
between two breaks. One whose key words (垂直平分, 旋转, 切 …) or values led to no fact, or of which a name is left, is
understood in part. It knows which kinds of facts a word announces, and no wording.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.tokens import BREAKS, UNKNOWN, TokenRow

_ON: Final = "point_on_segment point_on_line point_on_segment_extension point_on_line_extension"
_MOTION: Final = "geometric_transformation"
_TANGENT: Final = "tangent_line tangent_at_point circles_tangent"
_EQUAL: Final = "segment_equality angle_equality"
_ROUND: Final = "point_on_circle concyclic"
_ARC: Final = f"point_on_arc midpoint_of_arc arc_measure segment_equality {_ROUND}"
_LENGTH: Final = "distance_equals"
_PROMISES: Final[Mapping[str, str]] = {
    "垂直平分": "perpendicular_bisector segment_equality",
    "垂直平分线": "perpendicular_bisector segment_equality",
    "高": "perpendicular",
    "中线": "midpoint_of",
    "中点": "midpoint_of midpoint_of_arc",
    "中位线": "midpoint_of",
    "垂足": _ON,
    "⊥": "perpendicular",
    "垂线": "perpendicular",
    "∥": "parallel",
    "平行线": "parallel",
    "切": _TANGENT,
    "切线": _TANGENT,
    "公切线": _TANGENT,
    "切点": f"{_TANGENT} point_on_circle",
    "内切圆": "point_incenter tangent_line",
    "外接圆": _ROUND,
    "内切": "circles_tangent tangent_line",
    "外切": "circles_tangent tangent_line",
    "内接": _ROUND,
    "内心": "point_incenter",
    "外心": "segment_equality",
    "平分": "angle_bisector midpoint_of perpendicular_bisector segment_equality",
    "平分线": "angle_bisector",
    "旋转": _MOTION,
    "绕": _MOTION,
    "折": _MOTION,
    "折痕": _MOTION,
    "平移": _MOTION,
    "对称": f"{_MOTION} perpendicular_bisector",
    "对称轴": f"{_MOTION} perpendicular_bisector",
    "关于": _MOTION,
    "弧": _ARC,
    "优弧": _ARC,
    "半径": f"radius {_LENGTH} point_on_circle segment_equality",
    "直径": f"diameter radius {_LENGTH}",
    "弦": "point_on_circle",
    "弦心距": "perpendicular",
    "仰角": "angle_value",
    "面积": "area",
    "周长": "perimeter",
    "边长": _LENGTH,
    "相似比": "segment_ratio",
    "倍": "segment_ratio angle_ratio length_relation",
    "比": "segment_ratio angle_ratio length_relation",
    "≌": f"congruence {_EQUAL}",
    "∽": "similarity",
    "延长线": f"{_ON} collinear order_on_line",
    "共线": f"collinear order_on_line {_ON}",
    "交": f"{_ON} {_ROUND} segment_equality angle_bisector perpendicular_bisector {_MOTION}",
    "相等": f"{_EQUAL} point_incenter congruence",
    "正方形": "polygon_property",
    "菱形": "polygon_property",
    "矩形": "polygon_property",
    "平行四边形": "polygon_property",
    "互补": "angle_sum",
    "互余": "angle_sum",
    "距离": f"{_LENGTH} segment_equality",
}
_KINDS: Final = {SIGN_OF[word]: frozenset(kinds.split()) for word, kinds in _PROMISES.items()}
_NUMBER: Final = frozenset(
    f"{_LENGTH} radius area perimeter segments_sum_value segment_ratio angle_ratio length_relation".split()
) | {_MOTION, "angle_value"}
_DEGREES: Final = frozenset(f"angle_value angle_sum arc_measure {_MOTION}".split())
_MEASURES: Final = (_NUMBER | _DEGREES) - {_MOTION, "segment_ratio", "angle_ratio"}
_KINDS_OF_VALUE: Final = {"n": _NUMBER, "d": _DEGREES}
_MINOR: Final = frozenset(BREAKS) | {SIGN_OF[word] for word in ("和", "在", "中", "以", "作", "处")}
"""A break, an "and" and a preposition state nothing: it is the nouns around them that are missed."""
_PART: Final = 0.5
_CLAUSE: Final = re.compile(f"[^{BREAKS}]+")


class SaidSpan(NamedTuple):
    """Tokens from which something was read, and the type of the fact; none of words that only name what comes."""

    start: int
    end: int
    kind: str = ""


class ClauseRead(NamedTuple):
    """A clause by its tokens, and how much of it is understood, 0…1; None where it has nothing to understand.

    It is measured where a fact with a number was read from it.
    """

    start: int
    end: int
    share: float | None
    is_measured: bool


def missed(row: TokenRow, given: int, said: Sequence[SaidSpan]) -> list[int]:
    """The given tokens that nothing was read from; what joins others is never missed."""
    used = bytearray(len(row.tokens))
    for one in said:
        used[one.start : one.end] = b"\x01" * (one.end - one.start)
    for spot, token in enumerate(row.tokens):
        if token.start == token.end:  # `order` put it in
            used[spot] = 1
    signs = row.signs[:given]
    return [spot for spot, sign in enumerate(signs) if sign == UNKNOWN or not (used[spot] or sign in _MINOR)]


def clauses(row: TokenRow, given: int, said: Sequence[SaidSpan]) -> Iterator[ClauseRead]:
    """Every clause of what is given."""
    spans = list(_between_breaks(row.signs, given))
    lost = missed(row, given, said)
    for start, end in spans:
        kinds = {one.kind for one in said if one.start < end and one.end > start and one.kind}
        is_whole = not any(start <= spot < end for spot in lost)
        yield ClauseRead(start, end, _share(row.signs[start:end], kinds, is_whole=is_whole), bool(kinds & _MEASURES))


def _between_breaks(signs: str, given: int) -> Iterator[tuple[int, int]]:
    return (found.span() for found in _CLAUSE.finditer(signs, 0, given))


def _share(signs: str, kinds: set[str], *, is_whole: bool) -> float | None:
    """How much of a clause is understood: nothing, a part, all."""
    if not set(signs) - _MINOR:
        return None
    if not is_whole or any(not kinds & promised for promised in _promised(signs)):
        return _PART if kinds else 0
    return 1


def _promised(signs: str) -> Iterator[frozenset[str]]:
    """Of each key word and value of a clause, the kinds of facts of which one must come."""
    for sign in set(signs):
        if kinds := _KINDS.get(sign) or _KINDS_OF_VALUE.get(sign):
            yield kinds
