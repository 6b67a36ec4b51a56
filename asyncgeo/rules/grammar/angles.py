"""Angles: values, equalities, sums, ratios, bisectors."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_ALONE: Final = "(?<![=+:/nd×-])"
_UNBOUNDED: Final = {SIGN_OF[word] for word in ("延长线", "反向延长线", "直线", "射线")}


@clauses.clause(
    "{s:Ss} 平分 G? {x:Xs}",
    "{s:Ss} 平分 {x:X , X}(?![=+:-])",
    "{s:Ss} 是 (G 中?)? {x:X((和|,) X)*} 平分线",
    "{x:Xs} 平分线 (是|和)? {s:Ss}",
    "{s:Ss} 是 平分线 {x:Xs}",
)
def bisector(found: Match) -> Iterator[Condition]:
    """AD平分∠BAC; BE、CF分别是∠ABC、∠ACB的平分线."""
    lines = found.segments()
    for angle in found.angles(every=False):
        for line in [line for line in lines if angle[1] in line][:1]:
            yield from facts.bisector(line, angle)


@clauses.clause(
    "{s:Ss} 是 {g:T}? 平分线(?!X|三角形|t|和)",
    "{g:T} 平分线 (是|和)? {s:Ss}",
    "{s:Ss} 是? 平分线 {g:T}",
    "(高|中线) s (和|,) 平分线 {s:S}",
    "(?<!x)平分线 {s:Ss} (?=交)",
    "{s:S} (和|,) S 是 {g:T}? 平分线 (和|,) (高|中线)",
    "S (和|,) {s:S} 是 {g:T}? (高|中线) (和|,) 平分线",
)
def triangle_bisector(found: Match) -> Iterator[Condition]:
    """BD是△ABC的角平分线: of the angle at the vertex it starts from."""
    figures = iter(map(list, found.scene.polygons()))
    corners = next(iter(found.polygons()), None) or found.scene.triangle(found.place) or next(figures, [])
    around = {
        corner: [corners[spot - 1], corner, corners[(spot + 1) % len(corners)]] for spot, corner in enumerate(corners)
    }
    for line in found.segments():
        vertex = next((point for point in line if point in around), None)
        if vertex is not None:
            yield from facts.bisector(line, around[vertex])


@clauses.clause(
    "{x:X (和|,) X} 平分线 交? (于|交点 是?) {p:P}",
    "{x:Xs} 平分线 (交|和) {s:Ls} 延长线? 交? 于 {p:Ps}",
    "{x:X} 平分线 和 X 外角? 平分线 交 于 {p:P}",
    "交 {x:X} 平分线 于 {p:P}",
    "平分线 {x:X} 交 {s:Ls} 于 {p:Ps}",
    "平分线 {x:X 和} 平分线 {y:X} 交 于 {p:P}",
    "{s:L} 延长线? 和 {x:X} 平分线 交 于 {p:P}",
    "{s:L} 反向延长线 和 {x:X} 平分线 交 于 {p:P}",
    "{x:X (和|,) X} 交 于 {p:P}",
    "{s:L} 和 {x:X} 交 于 {p:P}",
    "{x:X} 平分线 交 于? K 于? {p:P}",
    "{p:P} 是 G? {x:X (和|,) X} 平分线 (交点|交(?=,|;|\\.|\\?|$))",
)
def bisectors_meet(found: Match) -> Iterator[Condition]:
    """∠ABC、∠ACB的平分线相交于点O; of two angles, and of a line and an angle, only the bisectors can meet."""
    points = found.met(max(1, len(found.lines())))
    for place, angle in enumerate([*found.angles(), *found.angles("y")]):
        point = points[min(place, len(points) - 1)]
        if point not in angle:
            yield from facts.bisector([angle[1], point], angle)
    unbounded = bool(_UNBOUNDED & {token.sign for token in found.row.tokens[found.place : found.end]})
    for point, line in pair_up(points, found.lines()):
        yield from facts.on_line(point, line) if unbounded else facts.on_segment(point, line)


@clauses.clause("{x:X} 平分线 ⊥ {s:S} (,? 垂足 是?|于) {p:P}")
def bisector_perpendicular(found: Match) -> Iterator[Condition]:
    """∠ABC的平分线垂直于AE,垂足为Q."""
    point = found.points()[0]
    for angle in found.angles():
        if point != angle[1]:
            yield from facts.bisector([angle[1], point], angle)
            yield from facts.perpendicular([angle[1], point], found.segments()[0])
    yield from facts.on_segment(point, found.segments()[0])


@clauses.clause("{x:X} 平分线 和 {s:S} 垂直平分线 交 于 {p:P}")
def bisectors_of_both(found: Match) -> Iterator[Condition]:
    """∠BAC的平分线与AB的垂直平分线交于点O."""
    (point,) = found.points()
    for angle in found.angles():
        yield from facts.bisector([angle[1], point], angle)
    yield from facts.reached(point, found.segments()[0])


@clauses.clause("{x:X ((和|,) X)+} (=|是) {v:d ((和|,) d)+}")
def sizes_of_each(found: Match) -> Iterator[Condition]:
    """∠A、∠B分别为50°和60°."""
    angles, values = found.angles(), found.values()
    if len(angles) >= len(values):
        yield from map(facts.angle_value, angles[-len(values) :], values)


@clauses.clause(
    _ALONE + " {x:X ((=|和) X)*} (=|是) {v:d}(?![X+/×l-])(?!(和|,)d)",
    _ALONE + "(?<!~) {x:X ((=|和) X)*} (=|是) {v:n}(?!倍|[Xs:+/×(l~-])",
)
def size(found: Match) -> Iterator[Condition]:
    """∠B=∠D=90°; ∠A的度数为50°; angle B = 50: a number of degrees, where it can be one."""
    if 0 < found.value() < 360:  # noqa: PLR2004 - a full turn
        for angle in found.angles(every=False):
            yield facts.angle_value(angle, found.value())


@clauses.clause(_ALONE + " {x:X} (=|是) 直角")
def right(found: Match) -> Iterator[Condition]:
    """∠E为直角."""
    return (facts.angle_value(angle, 90) for angle in found.angles())


@clauses.clause(_ALONE + " {x:X (= X)+}(?![+:/d×-])(?!=[^l~])", "{x:X ≌ X}", "{x:X (和|,) X} 是? 相等")
def equality(found: Match) -> Iterator[Condition]:
    """∠B=∠C."""
    for first, second in pairwise(found.angles()):
        if first != second:
            yield {"type": "angle_equality", "points": [first, second]}


@clauses.clause(_ALONE + " {x:X (\\+ X)+} (=|是) {v:d}")
def total(found: Match) -> Iterator[Condition]:
    """∠A+∠B=200°."""
    angles = found.angles()
    if len(angles) > 1:
        yield {"type": "angle_sum", "angles": [{"points": angle} for angle in angles], "value": found.value()}


@clauses.clause("{x:X 和 X} (是|互相)? {k:互补|互余}")
def complement(found: Match) -> Iterator[Condition]:
    """∠A与∠B互补: together 180°; 互余: 90°."""
    angles = found.angles()
    if len(angles) > 1:
        value = 180 if found.match["k"] == SIGN_OF["互补"] else 90
        yield {"type": "angle_sum", "angles": [{"points": angle} for angle in angles], "value": value}


@clauses.clause(
    "夹角 {s:S} (和|,) {t:S} (是|=) {v:d}",
    "{s:S} (和|,) {t:S} 夹角 (是|=) {v:d}",
    "{s:S} (和|,) {t:S} 是 {v:d} 夹角",
    "{s:S} 和 {t:S} 成 {v:d}",
    "直径 {s:S} 和 弦 {t:S} 是 {v:d}",
)
def between(found: Match) -> Iterator[Condition]:
    """AB与AC的夹角为35°: at the point they share."""
    first, second = found.segments()[0], found.segments("t")[0]
    shared = [point for point in first if point in second]
    if len(shared) == 1:
        ends = [point for line in (first, second) for point in line if point not in shared]
        yield facts.angle_value([ends[0], shared[0], ends[1]], found.value())


@clauses.clause("{p:P} 处? [^,;.PXd]{0,9}? {q:P} 仰角 (是|=) {v:d}")
def elevation(found: Match) -> Iterator[Condition]:
    """旗杆BC…,在A处测得顶端C的仰角为30°: seen from the ground, ∠CAB; from an instrument or a roof, nobody knows."""
    (eye,), (top,) = found.points(), found.points("q")
    signs, tokens = found.row.signs, found.row.tokens
    upright = {
        token.points for token in tokens if token.sign == "s" and top in token.points and eye not in token.points
    }
    words = {character for token in tokens for character in token.text}
    if len(upright) == 1 and not words & _RAISED and SIGN_OF["延长"] not in signs:
        (foot,) = (point for point in upright.pop() if point != top)
        yield facts.angle_value([top, eye, foot], found.value())


_RAISED: Final = frozenset("仪眼身器空飞机球坡山楼塔")
"""Words of an eye that is not on the ground, or of a foot that is not on it."""


@clauses.clause("{x:X} 是 ((圆|C) 内接)? {g:G} 外角", "{g:G}? 外角 {y:x}")
def exterior(found: Match) -> Iterator[Condition]:
    """∠ACD是△ABC的外角, ABCD的一个外角∠DCE: the arm that is no vertex of the figure extends the other side."""
    named = found.polygons() or [list(points) for points in found.scene.polygons()]
    for angle in (*found.angles(), *found.names("y", "X")):
        for corners in (points for points in named if len(angle) > 1 and angle[1] in points):
            spot = corners.index(angle[1])
            beside = {corners[spot - 1], corners[(spot + 1) % len(corners)]}
            arms, rest = set(angle[::2]) - set(corners), beside - set(angle)
            if len(arms) == len(rest) == 1:
                yield from facts.on_extension(arms.pop(), [rest.pop(), angle[1]])
                break


@clauses.clause(_ALONE + " {a:X} = {v:n} {b:X}", _ALONE + " {a:X} (是|=) {b:X} ({v:n} 倍|{h:一半})(?!和)")
def multiple(found: Match) -> Iterator[Condition]:
    """∠A=2∠B; ∠A是∠B的2倍; ∠A等于∠B的一半."""
    for first, second in zip(found.angles("a"), found.angles("b"), strict=False):
        if (ratio := _times(found)) is not None:
            yield {"type": "angle_ratio", "angle1": first, "angle2": second, "ratio": ratio}


def _times(found: Match) -> list[float] | None:
    """2 → 2:1; half → 1:2."""
    if found.has("h"):
        return [1, 2]
    value = found.value()
    return [value, 1] if value >= 1 else [1, round(1 / value, 6)] if value > 0 else None


@clauses.clause("{x:X (: X)+} (=|是) {v:n (: n)+}")
def ratio(found: Match) -> Iterator[Condition]:
    """∠A:∠B=1:2."""
    for (first, second), parts in zip(pairwise(found.angles()), pairwise(found.values()), strict=False):
        if all(part > 0 for part in parts):
            yield {"type": "angle_ratio", "angle1": first, "angle2": second, "ratio": list(parts)}
