"""Angles: values, equalities, sums, ratios, bisectors."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from asyncgeo.conditions import Condition
from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Found, pair_up

clauses = Clauses()
_ALONE: Final = "(?<![=+:/nd×-])"


@clauses.clause(
    "{s:Ss} 平分 {x:Xs}",
    "{s:Ss} 平分 {x:X , X}(?![=+:-])",
    "{s:Ss} 是 {x:Xs} 平分线",
    "{x:Xs} 平分线 (是|和)? {s:Ss}",
    "{s:Ss} 是 平分线 {x:Xs}",
)
def bisector(found: Found) -> Iterator[Condition]:
    """AD平分∠BAC; BE、CF分别是∠ABC、∠ACB的平分线."""
    lines = found.segments()
    for angle in found.angles(every=False):
        for line in [line for line in lines if angle[1] in line][:1]:
            yield from facts.bisector(line, angle)


@clauses.clause("{s:Ss} 是 {g:T}? 平分线(?!X|三角形|t|和)", "{g:T} 平分线 (是|和)? {s:Ss}", "{s:Ss} 平分线 {g:T}")
def triangle_bisector(found: Found) -> Iterator[Condition]:
    """BD是△ABC的角平分线: of the angle at the vertex it starts from."""
    named = found.polygons() or [found.scene.triangle(found.place) or []]
    if not named[0]:
        return
    a, b, c = named[0]
    around = {a: [c, a, b], b: [a, b, c], c: [b, c, a]}
    for line in found.segments():
        vertex = next((point for point in line if point in around), None)
        if vertex is not None:
            yield from facts.bisector(line, around[vertex])


@clauses.clause(
    "{x:X (和|,) X} 平分线 交? (于|交点 是?) {p:P}",
    "{x:Xs} 平分线 交 {s:Ls} 延长线? 于 {p:Ps}",
    "{s:L} 延长线? 和 {x:X} 平分线 交 于 {p:P}",
    "{s:L} 反向延长线 和 {x:X} 平分线 交 于 {p:P}",
    "{x:X (和|,) X} 交 于 {p:P}",
    "{x:X} 平分线 交 于? K 于? {p:P}",
    "{p:P} 是 {x:X (和|,) X} 平分线 交点",
)
def bisectors_meet(found: Found) -> Iterator[Condition]:
    """∠ABC、∠ACB的平分线相交于点O; of two angles only the bisectors can meet."""
    points = found.met(max(1, len(found.lines())))
    for place, angle in enumerate(found.angles()):
        point = points[min(place, len(points) - 1)]
        if point not in angle:
            yield from facts.bisector([angle[1], point], angle)
    for point, line in pair_up(points, found.lines()):
        yield from facts.on_line(point, line)


@clauses.clause("{x:X} 平分线 和 {s:S} 垂直平分线 交 于 {p:P}")
def bisectors_of_both(found: Found) -> Iterator[Condition]:
    """∠BAC的平分线与AB的垂直平分线交于点O."""
    (point,), (first, second) = found.points(), found.segments()[0]
    for angle in found.angles():
        yield from facts.bisector([angle[1], point], angle)
    yield from facts.equal_segments([[point, first], [point, second]])


@clauses.clause("{x:X ((和|,) X)+} (=|是) {v:d ((和|,) d)+}")
def sizes_of_each(found: Found) -> Iterator[Condition]:
    """∠A、∠B分别为50°和60°."""
    angles, values = found.angles(), found.values()
    if len(angles) >= len(values):
        yield from map(facts.angle_value, angles[-len(values) :], values)


@clauses.clause(
    _ALONE + " {x:X ((=|和) X)*} (=|是) {v:d}(?![X+/×(l-])(?!(和|,)d)",
    _ALONE + "(?<!~) {x:X ((=|和) X)*} (=|是) {v:n}(?!倍|[Xs:+/×(l~-])",
)
def size(found: Found) -> Iterator[Condition]:
    """∠B=∠D=90°; ∠A的度数为50°; angle B = 50: a number of degrees, where it can be one."""
    if 0 < found.value() < 360:  # noqa: PLR2004 - a full turn
        for angle in found.angles(every=False):
            yield facts.angle_value(angle, found.value())


@clauses.clause(_ALONE + " {x:X} (=|是) 直角")
def right(found: Found) -> Iterator[Condition]:
    """∠E为直角."""
    return (facts.angle_value(angle, 90) for angle in found.angles())


@clauses.clause(_ALONE + " {x:X (= X)+}(?![=+:/d×-])", "{x:X ≌ X}")
def equality(found: Found) -> Iterator[Condition]:
    """∠B=∠C."""
    for first, second in pairwise(found.angles()):
        if first != second:
            yield {"type": "angle_equality", "points": [first, second]}


@clauses.clause(_ALONE + " {x:X (\\+ X)+} (=|是) {v:d}")
def total(found: Found) -> Iterator[Condition]:
    """∠A+∠B=200°."""
    angles = found.angles()
    if len(angles) > 1:
        yield {"type": "angle_sum", "angles": [{"points": angle} for angle in angles], "value": found.value()}


@clauses.clause("{x:X 和 X} (是|互相)? {k:互补|互余}")
def complement(found: Found) -> Iterator[Condition]:
    """∠A与∠B互补: together 180°; 互余: 90°."""
    angles = found.angles()
    if len(angles) > 1:
        value = 180 if found.match["k"] == SIGN_OF["互补"] else 90
        yield {"type": "angle_sum", "angles": [{"points": angle} for angle in angles], "value": value}


@clauses.clause("{s:S} (和|,) {t:S} 夹角 (是|=) {v:d}", "{s:S} (和|,) {t:S} 是 {v:d} 夹角")
def between(found: Found) -> Iterator[Condition]:
    """AB与AC的夹角为35°: at the point they share."""
    first, second = found.segments()[0], found.segments("t")[0]
    shared = [point for point in first if point in second]
    if len(shared) == 1:
        ends = [point for line in (first, second) for point in line if point not in shared]
        yield facts.angle_value([ends[0], shared[0], ends[1]], found.value())


@clauses.clause("{x:X} 是 {g:T} 外角")
def exterior(found: Found) -> Iterator[Condition]:
    """∠ACD是△ABC的外角: D is on the extension of BC."""
    (corners,) = found.polygons()
    for angle in found.angles():
        arms = [arm for arm in angle[::2] if arm not in corners]
        rest = [corner for corner in corners if corner not in angle]
        if angle[1] in corners and len(arms) == len(rest) == 1:
            yield from facts.on_extension(arms[0], [rest[0], angle[1]])


@clauses.clause(_ALONE + " {a:X} = {v:n} {b:X}", _ALONE + " {a:X} (是|=) {b:X} ({v:n} 倍|{h:一半})(?!和)")
def multiple(found: Found) -> Iterator[Condition]:
    """∠A=2∠B; ∠A是∠B的2倍; ∠A等于∠B的一半."""
    for first, second in zip(found.angles("a"), found.angles("b"), strict=False):
        if (ratio := _times(found)) is not None:
            yield {"type": "angle_ratio", "angle1": first, "angle2": second, "ratio": ratio}


def _times(found: Found) -> list[float] | None:
    """2 → 2:1; half → 1:2."""
    if found.has("h"):
        return [1, 2]
    return [found.value(), 1] if found.value() > 0 else None


@clauses.clause("{x:X (: X)+} (=|是) {v:n (: n)+}")
def ratio(found: Found) -> Iterator[Condition]:
    """∠A:∠B=1:2."""
    for (first, second), parts in zip(pairwise(found.angles()), pairwise(found.values()), strict=False):
        if all(part > 0 for part in parts):
            yield {"type": "angle_ratio", "angle1": first, "angle2": second, "ratio": list(parts)}
