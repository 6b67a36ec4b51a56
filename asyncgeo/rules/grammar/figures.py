"""Figures: △ABC, 菱形ABCD, 正六边形, and figures in and around circles."""

from collections.abc import Iterator
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()

_PROPERTY: Final = {
    "平行四边形": "parallelogram",
    "矩形": "rectangle",
    "菱形": "rhombus",
    "正方形": "square",
    "梯形": "trapezoid",
    "等腰梯形": "isosceles_trapezoid",
    "直角梯形": "right_trapezoid",
    "筝形": "kite",
}
_KIND_OF = {SIGN_OF[word]: kind for word, kind in _PROPERTY.items()}


@clauses.clause(
    "三角形 {g:t(和 t)*}", "直角三角形 {g:t}", "等腰三角形 {g:t}", "等边三角形 {g:t}", "等腰直角三角形 {g:t}"
)
def triangle(found: Match) -> Iterator[Condition]:
    """在△ABC中."""
    return map(facts.triangle, found.polygons())


@clauses.clause("等边三角形 {g:t((和 等边三角形?)t)*}", "{g:T((和|,)T)*} (是|和) (边长 (是|=) n)? 等边三角形")
def equilateral(found: Match) -> Iterator[Condition]:
    """△ABC是等边三角形: three equal sides."""
    for a, b, c in found.polygons():
        yield from facts.equal_segments([[a, b], [b, c], [c, a]])


@clauses.clause(
    "{k:平行四边形|矩形|菱形|正方形|梯形|等腰梯形|直角梯形|筝形} {g:q((和|,)q)*}",
    "{g:Q((和|,) Q)*} 是 (边长 (是|=) n)? {k:平行四边形|矩形|菱形|正方形|梯形|等腰梯形|直角梯形|筝形}",
)
def quadrilateral(found: Match) -> Iterator[Condition]:
    """在菱形ABCD中."""
    kind = _KIND_OF[found.match["k"]]
    return (facts.polygon(points, kind) for points in found.polygons())


@clauses.clause("正多边形 {g:G}", "{g:G} 是 正多边形")
def regular(found: Match) -> Iterator[Condition]:
    """正六边形ABCDEF."""
    for points in found.polygons():
        yield {"type": "regular_polygon", "polygon_points": points, "sides": len(points)}


@clauses.clause(
    "{g:G} 顶点? [^P,;.]{0,3}? 在 {c:C} 上",
    "{g:G} (是|在)? 内接 {c:C}",
    "{g:G} 是 {c:C} 内接",
    "{g:G} 是 内接 (三角形|四边形) {c:C}",
    "{c:C} (是|中)? 内接 {g:G}",
    "{c:C} 是 {g:G} 外接圆",
    "{c:C} 是 外接圆 {g:G}",
    "顶点 {g:G} 上 {c:C}",
    "{g:G} 顶点 上 {c:C}",
    "{g:G} 外接圆 (是|,)? {c:C}",
    "{c:C} (外切|外接) {g:G}",
    "{c:K} 过 {g:G} 顶点",
    "(交|L 和) {g:G} {c:外接圆} (切|于)",
    "S 是 {g:G} {c:外接圆} 直径",
    "{g:G} {c:外接圆} 直径 S",
    "S 是 {c:外接圆} {g:G} 直径",
)
def inscribed(found: Match) -> Iterator[Condition]:
    """四边形ABCD内接于⊙O: all vertices on the circle."""
    for points in found.polygons():
        yield from facts.on_circle_all(points, found.center())


@clauses.clause(
    "圆 内接 {g:G}", "{g:G} 是 圆 内接", "{g:G} 顶点 在 圆 上", "{g:G} 内接 圆", "{p:P} 是 {g:G} 外接圆 弧? [sP]? 上"
)
def inscribed_somewhere(found: Match) -> Iterator[Condition]:
    """圆内接四边形ABCD, of the circle named elsewhere, or of none with a name; 点D是△ABC外接圆上的点."""
    for points in found.polygons():
        if len(vertices := list(dict.fromkeys([*points, *found.points()]))) > 3:  # noqa: PLR2004 - as above
            yield {"type": "concyclic", "points": vertices}
        if len(vertices) <= 3 or {"C", SIGN_OF["半径"]} & set(found.row.signs):  # noqa: PLR2004
            yield from facts.on_circle_all(vertices, found.scene.circle(found.place))


@clauses.clause("{c:C} 是 {g:T} 内切圆", "{c:C} 是 内切圆 {g:T}", "{g:T} {c:内切圆 (是|,)? C?}", "{c:C} 内切 {g:T}")
def incircle(found: Match) -> Iterator[Condition]:
    """⊙I是△ABC的内切圆: its centre; `implied.touching_sides` says what it touches."""
    for points in found.polygons():
        if found.center() not in points:
            yield {"type": "point_incenter", "point": found.center(), "triangle": points}


@clauses.clause(
    "{p:P} 是 {g:T}? 内心",
    "{p:P} 是 {g:T} 平分线 交点",
    "{p:P} 是 内心 {g:T}",
    "{g:T} 内心 是? {p:P}",
    "{p:P} [^,;.]{0,3} [,;]? 至 {g:T}? 距离 相等",
)
def incenter(found: Match) -> Iterator[Condition]:
    """点I是△ABC的内心; 点I到三边的距离相等: of the triangle last spoken of, where none is named."""
    for points in _triangles(found):
        yield {"type": "point_incenter", "point": found.points()[0], "triangle": points}


def _triangles(found: Match) -> list[list[str]]:
    """The triangle of the match, or the one last spoken of, that does not have the point."""
    last = found.scene.triangle(found.place)
    named = found.polygons() or ([last] if last else [])
    return [points for points in named if found.points()[0] not in points]


@clauses.clause(
    "{p:P} 是 {g:T}? 外心",
    "{g:T} 外心 是? {p:P}",
    "{p:P} 是 {g:T} 外接圆 圆心",
    "{p:P} [^,;.]{0,3} [,;]? 至 {g:T}? 顶点 距离 相等",
)
def circumcenter(found: Match) -> Iterator[Condition]:
    """点O是△ABC的外心: as far from each vertex."""
    for points in _triangles(found):
        yield from facts.equal_segments([[found.points()[0], vertex] for vertex in points])


@clauses.clause("{a:G} (和|,)? ≌ {b:G}", "{a:G} (和|,) {b:G} 是? ≌")
def congruent(found: Match) -> Iterator[Condition]:
    """△ABC≌△DEF: vertices in corresponding order; △ABC和△DEF全等 says no more than that they are."""
    first, second = found.polygons("a")[0], found.polygons("b")[0]
    if len(first) == len(second):
        yield {"type": "congruence", "polygons": [first, second]}


@clauses.clause(
    "{a:G} ∽ {b:G}( ,? 相似比 (是|=)? {v:n : n})?",
    "{a:G} 和 {b:G} 是 相似比 (是|=)? {v:n : n} (∽|位似)",
    "{a:G} 和 {b:G} 是? (以? P 是 位似中心)? (∽|位似)( [^.]{0,6}? 相似比 (是|=)? {v:n : n})?",
)
def similar(found: Match) -> Iterator[Condition]:
    """△ABC∽△DEF,相似比为1:2: vertices in corresponding order, sides in that ratio."""
    first, second = found.polygons("a")[0], found.polygons("b")[0]
    if len(first) == len(second):
        yield {"type": "similarity", "polygons": [first, second]}
        if found.has("v") and all(part > 0 for part in found.values()):
            ratio = list(found.values())
            yield {"type": "segment_ratio", "segment1": first[:2], "segment2": second[:2], "ratio": ratio}
