"""Lengths: values, equalities, ratios, sums, perimeters."""

import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import Final

from asyncgeo.conditions import Condition
from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Found

clauses = Clauses()
_ALONE: Final = "(?<![=+:/n×-])"
_TERM: Final = "[sl:+/(×-]"  # what makes a number part of a longer term: AB=2y+1


@clauses.clause("{s:S ((和|,) S)+} (=|是) {v:n ((和|,) n)+}(?!" + _TERM + ")")
def lengths_of_each(found: Found) -> Iterator[Condition]:
    """AB、CD的长分别为3和5."""
    segments, values = found.segments(), found.values()
    if len(segments) >= len(values):
        pairs = zip(segments[-len(values) :], values, strict=True)
        yield from (facts.length(segment, value) for segment, value in pairs if value > 0)


@clauses.clause(_ALONE + " {s:S ((=|和) S)*} (=|是) {v:n}(?!" + _TERM + ")(?!(和|,)n)")
def length(found: Found) -> Iterator[Condition]:
    """AB=AC=5cm; AB的长为8."""
    segments = found.segments()
    if found.value() > 0:
        yield from (facts.length(segment, found.value()) for segment in segments if ":" not in found.match[0])


@clauses.clause(_ALONE + " {s:S (= S)+}(?![+:/×-]|=s|(=|是)n(?!s))", "{s:S ≌ S}")
def equality(found: Found) -> Iterator[Condition]:
    """AB=BC=CD; nothing more of AB=BC=5: two lengths say that they are equal."""
    return facts.equal_segments(found.segments())


@clauses.clause(_ALONE + " {a:S} = {v:n} {b:S}", _ALONE + " {a:S} (是|=) {b:S} ({v:n} 倍|{h:一半})")
def multiple(found: Found) -> Iterator[Condition]:
    """AB=2CD; AB是CD的2倍; AB等于CD的一半."""
    first, second = found.segments("a")[0], found.segments("b")[0]
    parts = [1, 2] if found.has("h") else [found.value(), 1]
    if set(first) != set(second) and parts[0] > 0:
        yield {"type": "segment_ratio", "segment1": first, "segment2": second, "ratio": parts}


@clauses.clause("{p:P (和|,) P} 距离 (是|=)? {v:n}", "{p:P} 至 {q:P} 距离 (是|=)? {v:n}")
def distance(found: Found) -> Iterator[Condition]:
    """A、B两点相距8米; 点A到点B的距离为8."""
    segment = [*found.points(), *found.points("q")]
    if len(set(segment)) == 2 and found.value() > 0:  # noqa: PLR2004
        yield facts.length(segment, found.value())


@clauses.clause("{s:S ((:|/) S)+} (=|是) {v:n ((:|/) n)+}", "{s:S / S} = {v:n}")
def ratio(found: Found) -> Iterator[Condition]:
    """AE:EC=1:2."""
    segments, values = found.segments(), found.values()
    if len(values) < len(segments):
        values = _as_ratio(values[0])
    for (first, second), parts in zip(pairwise(segments), pairwise(values), strict=False):
        if set(first) != set(second) and all(part > 0 for part in parts):
            yield {"type": "segment_ratio", "segment1": first, "segment2": second, "ratio": list(parts)}


def _as_ratio(value: float) -> list[float]:
    """2/3 → [2, 3]; √2 → [1.414214, 1]."""
    near = Fraction(value).limit_denominator(100)
    return [*near.as_integer_ratio()] if math.isclose(near, value, rel_tol=1e-5) else [value, 1]


@clauses.clause(_ALONE + " {s:S (\\+ S)+} (=|是) {v:n}")
def total(found: Found) -> Iterator[Condition]:
    """AB+BC=10."""
    yield {"type": "segments_sum_value", "segments": found.segments(), "value": found.value()}


@clauses.clause(_ALONE + " {a:S (\\+ S)+} = {b:S (\\+ S)*}", _ALONE + " {a:S} = {b:S (\\+ S)+}")
def sums(found: Found) -> Iterator[Condition]:
    """AB+BC=AD."""
    yield {"type": "segments_sum_equals", "left_segments": found.segments("a"), "right_segments": found.segments("b")}


@clauses.clause("{g:G} 周长 (=|是) {v:n}", "周长 {g:G} (=|是) {v:n}")
def perimeter(found: Found) -> Iterator[Condition]:
    """△ABC的周长为15."""
    yield {"type": "perimeter", "polygon": found.polygons()[0], "value": found.value()}


@clauses.clause(
    "{g:T|Q} 边长 (=|是) {v:n}", "边长 (=|是) {v:n} {g:T|Q}", "(?<!面积)(等边三角形 {g:t}|(正方形|菱形) {h:q}) = {v:n}"
)
def side_length(found: Found) -> Iterator[Condition]:
    """边长为2的正方形ABCD."""
    yield facts.length([*found.polygons(), *found.polygons("h")][0][:2], found.value())
