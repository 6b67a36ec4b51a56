"""Tangents: PA切⊙O于A, PA、PB是⊙O的切线, the points of tangency."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.grammar.subjects import subject_of
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


def _touch(center: str, pairs: list[tuple[str, list[str]]]) -> Iterator[Condition]:
    for point, line in pairs:
        if point == center:
            continue
        yield facts.on_circle(point, center)
        yield {"type": "tangent_at_point", "point": point, "line": line, "circle_center": center}


@clauses.clause(
    "{s:Ls} (和|是)? 切? {c:K} 切 于 {p:Ps}",
    "{s:Ls} 和 以? S 是 直径 {c:K} 切 于 {p:P}",
    "{s:Ls} 是? (切|切线) {c:K} 于 {p:Ps}",
    "{c:C} (和|切) {s:Ls} 切? 于 {p:Ps}",
    "{s:L} 和 G {c:外接圆} 切 于 {p:P}",
    "{c:K} (和 G? {s:Ls} 切|切 G? {t:Ls}) 于 {p:Ps}",
    "(,|;) (和 G? {s:Ls} 切|切 {t:Ls}) 于 {p:Ps}",
    "{s:Ls} (是|和)? 切? {c:K} (切线|切) ,? (切点 (是|和)? {p:Ps}|{q:Ps} 是 切点)",
    "{s:Ls} (是 切线 C?|切 {c:K}) ,? (切点 (是|和)? {p:Ps}|{q:Ps} 是 切点)",
    "切线 {s:Ls} ,? (切点 (是|和)? {p:Ps}|{q:Ps} 是 切点)",
    "(?<!s,)(?<!s和){s:S} 切 于 {p:P}(?!和P)",
)
def tangent_at(found: Match) -> Iterator[Condition]:
    """PA、PB分别切⊙O于A、B."""
    lines = found.lines() or found.lines("t")
    points = found.met(len(lines)) or found.points("q")
    if len(points) < len(lines):  # AB、BC、CD与⊙O相切,A、D是切点
        lines = [line for line in lines if set(line) & set(points)]
    if len(lines) == 1 < len(points):  # AB touches two circles: `touching_both` knows them
        return iter(())
    return _touch(found.center(), list(pair_up(points, lines)))


@clauses.clause("{p:Ps} (是|和)? n? 切点", "切点 (是|和)? {p:Ps}")
def tangent_points(found: Match) -> Iterator[Condition]:
    """D、E、F为切点: on the circle; of two circles it is not said on which."""
    if {SIGN_OF["小圆"], SIGN_OF["公切线"]} & set(found.row.signs):
        return iter(())
    return facts.on_circle_all(found.opening(), found.scene.circle(found.place))


@clauses.clause(
    "{s:Ls} 是 {c:K} 切线",
    "{s:Ls} 是 切线 {c:C}?",
    "{s:Ls} (和|切)? {c:K} 切(?!于)",
    "{s:Ls} 切 {c:K}(?!于|和C)",
    "{c:K} 和 G? {s:Ls} 切(?!于)",
    "{c:K} 切 G? {s:Ls}(?!于|交)",
    "{c:K}? 切线 {s:Ls}(?!延长线|交)",
    "{c:K}? 切线 {s:L}",
    "(切线|切) {c:C} 是 {s:L}",
)
def tangent(found: Match) -> Iterator[Condition]:
    """PA是⊙O的切线: at the end that is on the circle, where one is."""
    center = found.center() if "c" in found.match.re.groupindex else found.scene.circle(found.place)
    on = found.scene.on_circle()
    for line in found.lines():
        touching = [point for point in line if point in on]
        if center in line:
            continue
        if len(touching) == 1:
            yield {"type": "tangent_at_point", "point": touching[0], "line": line, "circle_center": center}
        else:
            yield {"type": "tangent_line", "line": line, "circle_center": center}


@clauses.clause(
    "{g:T|Q} (和|切) {c:K} 切(?!于)",
    "{c:K} (和|切) {g:T|Q} (切(?!于)|(?=[,;.]|$))",
    "{c:K} (和|切) {x:x} 切(?!于)",
    "{g:T|Q} 是 {c:C} 外切 (四边形|三角形)?",
    "圆 外切 {g:G}",
)
def tangent_sides(found: Match) -> Iterator[Condition]:
    """四边形ABCD各边与⊙O相切; ⊙C与∠AOB的两边相切: each side touches."""
    center = found.center()
    for points in (*found.polygons(), *found.names("x", "X")):
        closed = [*points, points[0]] if found.has("g") else points
        for side in pairwise(closed):
            if center not in side:
                yield {"type": "tangent_line", "line": list(side), "circle_center": center}


@clauses.clause(
    "{g:T} (和|切) {c:K} 切? 于 {p:P (和|,) P (和|,) P}", "{c:K} (和|切) {g:T} 切? 于 {p:P (和|,) P (和|,) P}"
)
def tangent_sides_at(found: Match) -> Iterator[Condition]:
    """△ABC的三边切⊙O于D、E、F: which touches which side is not said."""
    (points,) = found.polygons()
    yield from facts.on_circle_all(found.points(), found.center())
    for side in pairwise([*points, points[0]]):
        yield {"type": "tangent_line", "line": list(side), "circle_center": found.center()}


@clauses.clause(
    "(?<!s,)(?<!s和){s:S} (和|是)? 切? {c:C 和 C} 切? 于 {p:P 和 P}(?!(和|,)P)",
    "(?<!s,)(?<!s和){s:S} 切 圆? (于|,? 切点 是?) {p:P 和 P}(?!(和|,)P)",
    "{s:S} 是 ({c:C (和|,) C}|圆)? 公切线 (,|;)? ({p:P (和|,) P} 是 切点|切点 (是|和)? {q:P (和|,) P})",
    "({c:C (和|,) C}|圆)? 公切线 {s:S} (,|;)? ({p:P (和|,) P} 是 切点|切点 (是|和)? {q:P (和|,) P})",
)
def touching_both(found: Match) -> Iterator[Condition]:
    """直线AB分别切⊙P、⊙Q于点A、B; AB是两圆的公切线,A、B为切点: where two circles are named."""
    centers = found.centers() if found.has("c") else found.scene.circles()
    points, (line,) = found.points() or found.points("q"), found.segments()
    if len(centers) == len(points) and (found.has("c") or _EACH.search(found.words)):
        for center, point in zip(centers, points, strict=True):
            yield from _touch(center, [(point, line)])


_EACH: Final = re.compile("分别|respectively")


@clauses.clause(
    "(?<!s,)(?<!s和){s:S} 切 圆? 于 P 和 P(?!(和|,)P)",
    "{s:S} 是 ({c:C (和|,) C}|圆)? 公切线",
    "({c:C (和|,) C}|圆)? 公切线 {s:S}",
    "{s:S} 切 {c:C (和|,) C}(?!切|于)",
    "{s:S} 和 {c:C (和|,) C} 切(?!于)",
)
def common_tangent(found: Match) -> Iterator[Condition]:
    """AB是两圆的公切线: touches each of the two, where it is not said at which point."""
    centers, (line,) = found.centers() if found.has("c") else found.scene.circles(), found.segments()
    tangents = [fact for fact in found.scene.facts if fact["type"] == "tangent_at_point"]
    touched = {fact["circle_center"] for fact in tangents if set(fact["line"]) == set(line)}
    if len(centers) == 2:  # noqa: PLR2004 - of three, it is not said which two
        for center in (center for center in centers if center not in touched):
            yield {"type": "tangent_line", "line": line, "circle_center": center}


@clauses.clause("(,|;) (和 {c:C} 切|切 {d:C}) 于 {p:P}")
def tangent_too(found: Match) -> Iterator[Condition]:
    """直线CD交PA于点C,并切⊙O于点E: what was named before touches."""
    center = found.center("c" if found.has("c") else "d")
    return _touch(center, [(found.points()[0], line) for line in subject_of(found).lines[:1]])


@clauses.clause("{s:Ss} 是 过 {c:C} 上? {p:Ps} 切线")
def tangents_through(found: Match) -> Iterator[Condition]:
    """BD、CD分别是过⊙O上点B、C的切线."""
    return _touch(found.center(), list(pair_up(found.points(), found.lines())))


@clauses.clause(
    "过 (K (上|外|中))? {t:Ps} 作? {c:K}? 切线 C? ,? (交|和) C? 延长线? {s:L} 延长线? 交? 于 {p:P}",
    "过 (K (上|外|中))? {t:Ps} 作? {c:K}? 切线 ,? 交 延长线? {s:L} 延长线? (和|于) {p:P}",
    "{s:L} 延长? ,? 交 过 {t:P} {c:K}? 切线 于 {p:P}",
    "过 (K (上|外|中))? {t:Ps} 作? {c:K}? 切线 ,? 切线? 交 于 {p:P}",
    "{s:L} 延长线? (交|和) 过 {t:P} {c:K}? 切线 交? 于 {p:P}",
)
def tangent_through(found: Match) -> Iterator[Condition]:
    """过点C作⊙O的切线交AB的延长线于点E: CE touches at C."""
    point = found.points()[0]
    touching = [touch for touch in found.points("t") if touch != point]
    yield from _touch(found.center(), [(touch, [point, touch]) for touch in touching])
    for line in found.lines():
        yield from facts.on_line(point, line)


@clauses.clause("过 (K (上|外|中))? {t:P} 作? {c:K}? 切线 {s:Ls}")
def tangent_from(found: Match) -> Iterator[Condition]:
    """过点D的切线PD touches at D, as does EF; 过点P作切线PA、PB touch at A and B; PA too where A is on it."""
    through = found.points("t")[0]
    if len(found.segments()) == 1 and through not in found.segments()[0]:
        yield from _touch(found.center(), [(through, found.segments()[0])])
    lines = [line for line in found.segments() if through in line]
    outside = len(lines) > 1 or any(set(line) & set(found.scene.on_circle()) - {through} for line in lines)
    for line in lines:
        yield from _touch(found.center(), [(line[1 - line.index(through)] if outside else through, line)])


@clauses.clause(
    "过 (K (上|外|中))? {t:P} 作? {c:K}? 切线 ,? 切点 是? {p:P}",
    "(过|K (上|外|中))+ {t:P} 作? {c:K}? 切线 ,? 切点 是? {p:Ps}",
)
def tangent_touching(found: Match) -> Iterator[Condition]:
    """过点P作⊙O的切线,切点为A."""
    start = found.points("t")[0]
    yield from _touch(found.center(), [(touch, [start, touch]) for touch in found.met(1) if touch != start])


@clauses.clause(
    "{s:S} (和|⊥) 过 {t:P} {c:K}? 切线 互相? ⊥? (,? 垂足 是?|于) {p:P}",
    "过 (K (上|外|中))? {t:P} 作? {c:K}? 切线 (和|⊥) {s:L} 直线? (互相? ⊥)? (,? 垂足 是?|于) {p:P}",
    "过 (K (上|外|中))? {t:P} 作? {c:K}? 切线 和 {s:L} 直线? 互相? ⊥ {p:P}",
)
def tangent_perpendicular(found: Match) -> Iterator[Condition]:
    """AD与过点C的切线互相垂直,垂足为D."""
    touch, foot, line = found.points("t")[0], found.points()[0], found.lines()[0]
    if touch != foot:
        yield from _touch(found.center(), [(touch, [foot, touch])])
        yield from facts.perpendicular(line, [foot, touch])
