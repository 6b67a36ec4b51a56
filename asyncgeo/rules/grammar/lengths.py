"""Lengths: values, equalities, ratios, sums, perimeters."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_ALONE: Final = "(?<![=+:/n×-])(?<!弧)(?<!优弧)"
_MEASURES: Final = "".join(
    SIGN_OF[word] for word in ("半径", "直径", "周长", "边长", "面积", "高", "距离", "比", "相似比")
)
"""Of what a number is given, where it is no length of the segment that follows: 半径为5的AB."""
_TERM: Final = "[sl:+/(×-]"  # what makes a number part of a longer term: AB=2y+1


_FIGURES: Final = (
    "平行四边形|矩形|菱形|正方形|梯形|三角形|四边形|多边形|正多边形|等腰三角形|等边三角形|直角三角形|等腰梯形"
)
_ALIKE: Final = {
    SIGN_OF["多边形"]: SIGN_OF["多边形"] + SIGN_OF["正多边形"],
    SIGN_OF["三角形"]: "".join(SIGN_OF[f"{kind}三角形"] for kind in ("", "等腰", "等边", "直角", "等腰直角")),
    SIGN_OF["梯形"]: "".join(SIGN_OF[f"{kind}梯形"] for kind in ("", "等腰", "直角")),
}
"""By what word a figure may be called that was called by another."""


@clauses.clause("{s:S ((和|,) S)+} (=|是) {v:n ((和|,) n)+}(?!" + _TERM + ")")
def lengths_of_each(found: Match) -> Iterator[Condition]:
    """AB、CD的长分别为3和5."""
    segments, values = found.segments(), found.values()
    if len(segments) >= len(values):
        pairs = zip(segments[-len(values) :], values, strict=True)
        yield from (facts.length(segment, value) for segment, value in pairs if value > 0)


@clauses.clause(_ALONE + " {s:S ((=|和) S)*} (=|是) {v:n}(?!" + _TERM + ")(?!(和|,)n)")
def length(found: Match) -> Iterator[Condition]:
    """AB=AC=5cm; AB的长为8."""
    segments = found.segments()
    if found.value() > 0:
        yield from (facts.length(segment, found.value()) for segment in segments if ":" not in found.match[0])


@clauses.clause(f"(?<![sX{_MEASURES}]) 是 {{v:n}} {{s:S}}(?!(和|,|=)?n)", "{s:S} 高 (是|=)? {v:n}")
def long(found: Match) -> Iterator[Condition]:
    """长为10cm的线段AB; 旗杆AB高8米: of a length whose word carries no weight."""
    if found.value() > 0:
        yield facts.length(found.segments()[0], found.value())


@clauses.clause(_ALONE + " {s:S (= S)+}(?![+:/×-]|=s|(=|是)n(?!s))", "{s:S ≌ S}", _ALONE + " {s:S ((和|,) S)+} 相等")
def equality(found: Match) -> Iterator[Condition]:
    """AB=BC=CD; AB与CD的长度相等; nothing more of AB=BC=5: two lengths say that they are equal."""
    return facts.equal_segments(found.segments())


@clauses.clause(_ALONE + " {a:S} = {v:n} {b:S}(?![+-])", _ALONE + " {a:S} (是|=) {b:S} ({v:n} 倍|{h:一半})(?!多|少)")
def multiple(found: Match) -> Iterator[Condition]:
    """AB=2CD; AB是CD的2倍; AB等于CD的一半."""
    first, second = found.segments("a")[0], found.segments("b")[0]
    parts = [1, 2] if found.has("h") else _times(found.value())
    if set(first) != set(second) and parts[0] > 0:
        yield {"type": "segment_ratio", "segment1": first, "segment2": second, "ratio": parts}


@clauses.clause(
    _ALONE + " {a:S} = {x:n?} {b:S} {k:\\+|-} {v:n}(?![sl:+/(×-])",
    _ALONE + " {a:S} 比 {b:S} ({x:n} 倍)? {k:多|少} {v:n}",
    _ALONE + " {a:S} 是 {b:S} {x:n} 倍 {k:多|少} {v:n}",
    _ALONE + " {a:S} - {b:S} = {v:n}",
)
def relation(found: Match) -> Iterator[Condition]:
    """AB=2CD+1; AB比CD长3; AB-CD=3."""
    (first,), (second,) = found.segments("a"), found.segments("b")
    less = found.has("k") and found.match["k"] in ("-", SIGN_OF["少"])
    times = found.values("x")[0] if found.tokens("x") else 1
    if set(first) != set(second) and times > 0 and found.value() > 0:
        plus = -found.value() if less else found.value()
        yield {"type": "length_relation", "segment1": first, "times": times, "segment2": second, "plus": plus}


@clauses.clause("{p:P ((和|,) P)+} 至 {q:P} 距离 相等")
def equidistant(found: Match) -> Iterator[Condition]:
    """A、B、C到点O的距离相等."""
    (center,) = found.points("q")
    if center not in found.points():
        yield from facts.equal_segments([[center, point] for point in found.points()])


@clauses.clause("{p:P (和|,) P} 距离 (是|=)? {v:n}", "{p:P} 至 {q:P} 距离 (是|=)? {v:n}")
def distance(found: Match) -> Iterator[Condition]:
    """A、B两点相距8米; 点A到点B的距离为8."""
    segment = [*found.points(), *found.points("q")]
    if len(set(segment)) == 2 and found.value() > 0:  # noqa: PLR2004
        yield facts.length(segment, found.value())


@clauses.clause("沿 {s:S} ((?!平移|旋转|折)[^,;.P]){0,4} {v:n} ,? ((?!得)[^,;.P]){0,3}? {p:P}")
def walked(found: Match) -> Iterator[Condition]:
    """在K处…,沿KM方向前进12米到达L处: L is on KM, that far from K."""
    (point,), (line,) = found.points(), found.segments()
    if point not in line and found.value() > 0:
        yield from facts.on_segment(point, line)
        yield facts.length([line[0], point], found.value())


@clauses.clause("{s:S (:|/) S (= S (:|/) S)+} = {v:n (: n)?}")
def equal_ratios(found: Match) -> Iterator[Condition]:
    """AD/DB=AE/EC=1/2: each of them; the last is read as a ratio alone."""
    segments, parts = found.segments(), found.values()
    parts = parts if len(parts) > 1 else _as_ratio(parts[0])
    for first, second in zip(segments[:-2:2], segments[1:-2:2], strict=True):
        if set(first) != set(second) and all(part > 0 for part in parts):
            yield {"type": "segment_ratio", "segment1": first, "segment2": second, "ratio": list(parts)}


@clauses.clause("{p:P} 将 {s:S} [^,;.]{0,4}? 分成 {v:n : n}")
def divided(found: Match) -> Iterator[Condition]:
    """点C将线段AB分成1:3两部分: C is on AB, and AC:CB is that."""
    (point,), ((first, last),) = found.points(), found.segments()
    yield from facts.on_segment(point, [first, last])
    if point not in (first, last) and all(part > 0 for part in found.values()):
        ratio = list(found.values())
        yield {"type": "segment_ratio", "segment1": [first, point], "segment2": [point, last], "ratio": ratio}


@clauses.clause("{s:S ((:|/) S)+} (=|是) {v:n ((:|/) n)+}", "{s:S / S} = {v:n}")
def ratio(found: Match) -> Iterator[Condition]:
    """AE:EC=1:2."""
    segments, values = found.segments(), found.values()
    if len(values) < len(segments):
        values = _as_ratio(values[0])
    for (first, second), parts in zip(pairwise(segments), pairwise(values), strict=False):
        if set(first) != set(second) and all(part > 0 for part in parts):
            yield {"type": "segment_ratio", "segment1": first, "segment2": second, "ratio": list(parts)}


def _times(value: float) -> list[float]:
    """2 → [2, 1]; 0.5 → [1, 2]."""
    return [value, 1] if value >= 1 else _as_ratio(value)


def _as_ratio(value: float) -> list[float]:
    """2/3 → [2, 3]; √2 → [1.414214, 1]."""
    near = Fraction(value).limit_denominator(100)
    return [*near.as_integer_ratio()] if math.isclose(near, value, rel_tol=1e-5) else [value, 1]


@clauses.clause(_ALONE + " {s:S (\\+ S)+} (=|是) {v:n}")
def total(found: Match) -> Iterator[Condition]:
    """AB+BC=10."""
    yield {"type": "segments_sum_value", "segments": found.segments(), "value": found.value()}


@clauses.clause(_ALONE + " {a:S (\\+ S)+} = {b:S (\\+ S)*}", _ALONE + " {a:S} = {b:S (\\+ S)+}")
def sums(found: Match) -> Iterator[Condition]:
    """AB+BC=AD."""
    yield {"type": "segments_sum_equals", "left_segments": found.segments("a"), "right_segments": found.segments("b")}


@clauses.clause(
    "{g:G} 周长 (=|是)? {v:n}",
    "周长 {g:G} (=|是) {v:n}",
    "周长 (=|是) {v:n} {g:G}",
    "(?<=[,;.]){k:" + _FIGURES + "} 周长 (=|是) {v:n}",
    "周长 {k:" + _FIGURES + "} (=|是) {v:n}",
    "{g:G} 是 (" + _FIGURES + ") 周长 (=|是) {v:n}",
)
def perimeter(found: Match) -> Iterator[Condition]:
    """△ABC的周长为15; 矩形的周长为16, of the one that is named."""
    named = found.polygons() or list(_of_kind(found))
    for polygon in named[:1]:
        yield {"type": "perimeter", "polygon": polygon, "value": found.value()}


def _of_kind(found: Match) -> Iterator[list[str]]:
    """The one figure of that kind that is named before, as in 正方形ABCD and in ABCD是正方形."""
    if not found.has("k"):
        return
    signs, kinds = found.row.signs, _ALIKE.get(found.match["k"], found.match["k"])
    named: dict[frozenset[str], list[str]] = {}
    for spot, token in enumerate(found.row.tokens[: found.end]):
        called = signs[spot - 1 : spot], signs[spot + 2 : spot + 3] * signs.startswith(SIGN_OF["是"], spot + 1)
        if token.sign in "tqg" and any(sign and sign in kinds for sign in called):
            named.setdefault(frozenset(token.points), list(token.points))
    if len(named) == 1:
        yield from named.values()


@clauses.clause(
    "{g:G} 面积 (=|是)? {v:n}(?![:(])",
    "面积 {g:G} (=|是) {v:n}(?![:(])",
    "面积 (=|是) {v:n} {g:G}",
    "(?<=[,;.]){k:" + _FIGURES + "} 面积 (=|是) {v:n}",
    "{g:G} 是 (" + _FIGURES + ") 面积 (=|是) {v:n}",
)
def area(found: Match) -> Iterator[Condition]:
    """△ABC的面积为6; S△ABC=6; 菱形的面积为24, of the one that is named."""
    for polygon in [*found.polygons(), *_of_kind(found)][:1]:
        if found.value() > 0:
            yield {"type": "area", "polygon": polygon, "value": found.value()}


@clauses.clause(
    "(?<=[,;.]){k:正方形|菱形|等边三角形|正多边形} 边长 (=|是) {v:n}",
    "{k:正多边形|正方形|菱形} [qg] , 边长 (=|是) {v:n}",
    "{g:T|Q} 是? 边长 (=|是) {v:n}",
    "边长 (=|是)? {v:n} {g:T|Q}(?!(和|,)q)",
    "(?<!面积)(等边三角形 {g:t}|(正方形|菱形) {h:q}) = {v:n}",
)
def side_length(found: Match) -> Iterator[Condition]:
    """边长为2的正方形ABCD; 正方形的边长为2, of the one that is named."""
    for polygon in [*found.polygons(), *found.polygons("h"), *_of_kind(found)][:1]:
        yield facts.length(polygon[:2], found.value())


@clauses.clause("边长 是 {v:n (和|,) n} {g:Q (和|,) Q}")
def side_lengths(found: Match) -> Iterator[Condition]:
    """边长分别为2和6的正方形ABCD和CEFG."""
    for polygon, value in zip(found.polygons(), found.values(), strict=True):
        yield facts.length(polygon[:2], value)
