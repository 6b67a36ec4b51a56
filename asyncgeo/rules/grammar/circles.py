"""Circles: points on them, diameters, radii, chords."""

from collections.abc import Iterator

from asyncgeo.conditions import Condition
from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Found

clauses = Clauses()


@clauses.clause(
    "{p:Ps} 和? (是|在) {c:K} (弧|圆)? 上",
    "{p:Ps} 是 {c:C}(?=[,;.]|$)",
    "{p:Ps} (是|在) 以 S 是 直径 {c:K} 弧? 上",
    "{p:Ps} (是|在) 以 P 是 圆心 ,* 以? S 是? 半径 {c:K} 上",
    "{p:Ps} (是|在)? 上 {c:K}(?!外|中|P)",
)
def on_circle(found: Found) -> Iterator[Condition]:
    """A、B、C是⊙O上的三点."""
    return facts.on_circle_all(found.opening(), found.center())


@clauses.clause("{c:K} 上 (取|在|是)? {p:Ps}")
def taken_on_circle(found: Found) -> Iterator[Condition]:
    """在⊙O上取点C."""
    return facts.on_circle_all(found.met(1), found.center())


@clauses.clause("{c:K} (过|是 过) (G 顶点)? {p:Ps}")
def through(found: Found) -> Iterator[Condition]:
    """⊙O经过点A、B."""
    return facts.on_circle_all(found.points(), found.center())


@clauses.clause(
    "{s:Ss} (是|和)? {c:K} 是? 直径",
    "{s:Ss} 是 直径 {c:C}?",
    "直径 {c:C} 是 {s:S}",
    "{c:K}? 直径 (是|和)? {s:s(和 直径? s)*}",
    "以 {s:S} 是 直径 (作|在)? (半圆|圆)? {c:C}?",
)
def diameter(found: Found) -> Iterator[Condition]:
    """AB是⊙O的直径; 直径AB; 以AB为直径的半圆."""
    center = found.center() if "c" in found.match.re.groupindex else found.scene.circle(found.place)
    for segment in found.segments():
        yield from facts.diameter(segment, center)


@clauses.clause("{c:C}? 半径 是? {s:Ss}", "{s:Ss} 是 {c:C}? 半径")
def radius(found: Found) -> Iterator[Condition]:
    """半径OC: its other end is on the circle."""
    for segment in found.segments():
        for center in found.centers():
            if center in segment:
                yield facts.on_circle(segment[1 - segment.index(center)], center)


@clauses.clause("({c:C}|大圆)? 弦 是? {s:Ss}", "{s:Ss} 是 {c:C}? 弦")
def chord(found: Found) -> Iterator[Condition]:
    """弦AB: both ends are on the circle."""
    for segment in found.segments():
        if found.center() not in segment:
            yield from facts.on_circle_all(segment, found.center())


@clauses.clause("圆周角 {x:x}", "{x:Xs} 是 K? (弧 s)? 圆周角")
def inscribed_angle(found: Found) -> Iterator[Condition]:
    """圆周角∠ACB: its three points are on the circle; of ∠C the one that is named."""
    center = found.scene.circle(found.place)
    for token in (*found.tokens("x"), *found.tokens("y")):
        yield from facts.on_circle_all(token.points, center)


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} (是|=)? 半径 作? (圆|半圆|C)")
def drawn(found: Found) -> Iterator[Condition]:
    """以O为圆心,OA为半径作圆: A is on it."""
    (center,), segment = found.points("o"), found.segments()[0]
    if center in segment:
        yield facts.on_circle(segment[1 - segment.index(center)], center)


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} 是 半径 (作|圆)* 交 {l:L} 于 {p:P}")
def compass(found: Found) -> Iterator[Condition]:
    """以C为圆心,CB为半径的圆交AB于点D."""
    (center,), segment, (point,) = found.points("o"), found.segments()[0], found.points()
    if center in segment:
        yield facts.on_circle(segment[1 - segment.index(center)], center)
    yield facts.on_circle(point, center)
    for line in found.lines("l"):
        yield from facts.on_segment(point, line)


@clauses.clause("以? {o:P} 是 圆心 ,* 以? {s:S} (是|=) 半径 作? (圆弧|弧) ,? 交 {l:L} 于 {p:P}")
def compass_arc(found: Found) -> Iterator[Condition]:
    """以A为圆心,AB长为半径画弧交AD于F: as far from A."""
    (center,), segment, (point,) = found.points("o"), found.segments()[0], found.points()
    yield from facts.equal_segments([[center, point], segment])
    for line in found.lines("l"):
        yield from facts.on_segment(point, line)


@clauses.clause(
    "大圆 弦 是? {s:S} (是|和)? 切? 小圆 (切线 ,?|切 ,?) (于|切点 是?) {p:P}",
    "大圆 弦 {s:S} [^;.]{0,5} 小圆 [^;.]{0,3}? {p:P} 是 切点",
)
def concentric(found: Found) -> Iterator[Condition]:
    """同心圆中,大圆的弦AB与小圆相切于点C: a circle is known by its centre, so the touch is told by the radius."""
    center, chord, touch = found.scene.circle(found.place), found.segments()[0], found.points()[0]
    if center not in (*chord, touch):
        yield from facts.perpendicular([center, touch], chord)
        yield from facts.on_segment(touch, chord)


@clauses.clause("小圆 半径 (是|=) {v:n}")
def small_radius(found: Found) -> Iterator[Condition]:
    """小圆的半径为3: from the common centre to where it is touched."""
    center = found.scene.circle(found.place)
    for fact in found.scene.facts:
        if fact["type"] == "perpendicular" and center == fact["objects"][0][0]:
            yield facts.length(fact["objects"][0], found.value())
