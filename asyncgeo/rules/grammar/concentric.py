"""Two circles with one centre: 同心圆, 大圆, 小圆. A circle is known by its centre, so radii show which is which."""

from collections.abc import Iterator

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause("大圆 弦? {s:S} 交 小圆 于 {p:P (和|,) P}")
def chord(found: Match) -> Iterator[Condition]:
    """大圆的弦AB交小圆于C、D: both are on the small one."""
    center, chord, (first, second) = found.scene.circle(found.place), found.segments()[0], found.points()
    if center not in (*chord, first, second):
        yield from facts.on_segment(first, chord)
        yield from facts.on_segment(second, chord)
        yield from facts.equal_segments([[center, first], [center, second]])


@clauses.clause(
    "大圆 弦 是? {s:S} (是|和)? 切? 小圆 (切线 ,?|切 ,?)? (于|切点 是?) {p:P}",
    "弦 {s:S} 和 小圆 切 于 {p:P}",
    "大圆 弦 {s:S} [^;.]{0,5} 小圆 [^;.]{0,3}? {p:P} 是 切点",
)
def touch(found: Match) -> Iterator[Condition]:
    """同心圆中,大圆的弦AB与小圆相切于点C: the radius there is perpendicular."""
    center, chord, touch = found.scene.circle(found.place), found.segments()[0], found.points()[0]
    if center not in (*chord, touch):
        yield from facts.perpendicular([center, touch], chord)
        yield from facts.on_segment(touch, chord)


@clauses.clause("(同心圆|圆) 半径 (是|=) {v:n 和 n}")
def both_radii(found: Match) -> Iterator[Condition]:
    """两个同心圆的半径分别为3和5: to the touch of the small one, to a point of the large one."""
    center, (small, large) = found.scene.circle(found.place), sorted(found.values())
    for fact in found.scene.facts:
        if fact["type"] == "perpendicular" and center == fact["objects"][0][0]:
            yield facts.length(fact["objects"][0], small)
    for point in found.scene.on_circle()[:1]:
        yield facts.length([center, point], large)


@clauses.clause("小圆 半径 (是|=) {v:n}")
def small_radius(found: Match) -> Iterator[Condition]:
    """小圆的半径为3: from the common centre to where it is touched."""
    center = found.scene.circle(found.place)
    for fact in found.scene.facts:
        if fact["type"] == "perpendicular" and center == fact["objects"][0][0]:
            yield facts.length(fact["objects"][0], found.value())


@clauses.clause("大圆 半径 (是|=) {v:n}")
def large_radius(found: Match) -> Iterator[Condition]:
    """大圆的半径为5: from the common centre to a point that is on it."""
    for point in found.scene.on_circle()[:1]:
        yield facts.length([found.scene.circle(found.place), point], found.value())
