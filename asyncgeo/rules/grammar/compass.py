"""What a compass draws: circles and arcs around a centre, and where they meet."""

from collections.abc import Iterator

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} (是|=)? 半径 作? (圆|半圆|C)")
def drawn(found: Match) -> Iterator[Condition]:
    """以O为圆心,OA为半径作圆: A is on it."""
    (center,), segment = found.points("o"), found.segments()[0]
    if center in segment:
        yield facts.on_circle(segment[1 - segment.index(center)], center)


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} 是 半径 (作|圆)* 交 {l:L} 于 {p:P}")
def compass(found: Match) -> Iterator[Condition]:
    """以C为圆心,CB为半径的圆交AB于点D."""
    (center,), segment, (point,) = found.points("o"), found.segments()[0], found.points()
    if center in segment:
        yield facts.on_circle(segment[1 - segment.index(center)], center)
    yield facts.on_circle(point, center)
    for line in found.lines("l"):
        yield from facts.on_segment(point, line)


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} (是|=) 半径 作? (圆弧|弧) ,? 交 ({l:L}|{c:K}) 于 {p:P}")
def compass_arc(found: Match) -> Iterator[Condition]:
    """以A为圆心,AB长为半径画弧交AD于F: as far from A."""
    (center,), segment, (point,) = found.points("o"), found.segments()[0], found.points()
    yield from facts.equal_segments([[center, point], segment])
    for line in found.lines("l"):
        yield from facts.on_segment(point, line)
    if found.has("c"):
        yield facts.on_circle(point, found.center())


@clauses.clause(
    "以? {o:P} 是 圆心 ,* 以? 大于 [^;.]{0,3}? 是? 半径 作? (圆弧|弧) ,? 交 {l:L (和|,) L 延长线?} 于 {p:P (和|,) P}"
)
def equal_reach(found: Match) -> Iterator[Condition]:
    """以A为圆心,任意长为半径画弧,分别交AB、AC于点E、F: AE = AF."""
    (center,) = found.points("o")
    yield from facts.equal_segments([[center, point] for point in found.points()])


@clauses.clause("以? {o:P (和|,) P} 是 圆心 ,* 以? 大于 [^;.]{0,6}? 半径 [^;.]{0,5}? ,? 弧? 交 于? {p:P ((和|,) P)?}")
def arcs_meet(found: Match) -> Iterator[Condition]:
    """分别以A、B为圆心,大于AB的一半为半径画弧,两弧交于点P: as far from A as from B."""
    first, second = found.points("o")
    for point in found.points():
        if point not in (first, second):
            yield from facts.equal_segments([[first, point], [second, point]])
