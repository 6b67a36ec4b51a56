"""Where lines meet: AC与BD交于点O; BE交AC于D; OC交⊙O于点D."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.grammar.subjects import grid, subject_of
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_UNBOUNDED: Final = {SIGN_OF["直线"], SIGN_OF["射线"], SIGN_OF["延长线"], SIGN_OF["延长"]}


def _is_unbounded(found: Match, group: str) -> bool:
    return any(token.sign in _UNBOUNDED for token in found.tokens(group))


def _on(point: str, line: list[str], *, unbounded: bool) -> Iterator[Condition]:
    return facts.on_line(point, line) if unbounded else facts.on_segment(point, line)


_ALONE: Final = "(?!和)(?!(,P)+和)(?!(,P)+(,?$|[;.]|,[^P]))"
"""Two lines meet in one point: of D, E each is for one of them."""


@clauses.clause(
    "(?<!l和)(?<!l,)(?<!交)(?<!交 直线){s:L 延长线? (和|,) 延长?} {t:L (延长线|延长)?} (交|交? (于|交点 是?)) {p:P}"
    + _ALONE,
    "{s:L 延长线?} 和 {t:L 延长线?} 交点? {p:P}",
    "直线 {s:s} (,|和)+ 直线 {t:s (,|和)+ 直线 s} 交 于 {p:P}" + _ALONE,
    "{p:P} 是 G? (平分线|中线|高|对角线)? {s:L} (和|,) {t:L} (交点|交(?=,|;|\\.|\\?|$))",
    "{s:L 和 L} 和 {t:L(和 L)*} (交 于|交点 是?) {p:P}" + _ALONE,
    "对角线 {s:s} {t:s} 交 于 {p:P}",
    "{s:S} (和|,) {t:S} [^;.sC]{0,6}? [,;] (交 于?|交点 是) {p:P}" + _ALONE,
    "{s:S} (和|,) (平分线|中线|高) {t:S} 交 于 {p:P}" + _ALONE,
    "{s:S} (和|,) {t:S} 是 [^,;.sXC]{1,4}? 交 于 {p:P}" + _ALONE,
)
def crossing(found: Match) -> Iterator[Condition]:
    """AC与BD相交于点O."""
    point = found.points()[0]
    unbounded = _is_unbounded(found, "s") or _is_unbounded(found, "t") or _is_outside(found)
    for line in (*found.lines("s"), *found.lines("t")):
        yield from _on(point, line, unbounded=unbounded)


def _is_outside(found: Match) -> bool:
    """Whether they may meet outside: 延长AB与DC相交于点G; AB、DC交于E, of a circle where no chord is said."""
    if found.row.signs[found.place - 1 : found.place] == SIGN_OF["延长"]:
        return True
    ends = {point for line in (*found.lines("s"), *found.lines("t")) for point in line}
    return len(ends) == 4 and ends <= set(found.scene.on_circle()) and SIGN_OF["弦"] not in found.row.signs  # noqa: PLR2004


@clauses.clause("{c:C} (和|,) {d:C} (交 于|交点|交 交点) 是? {p:Ps}")
def of_circles(found: Match) -> Iterator[Condition]:
    """⊙O1与⊙O2相交于A、B: on both."""
    yield from facts.on_circle_all(found.points(), found.center("c"))
    yield from facts.on_circle_all(found.points(), found.center("d"))


@clauses.clause("(交|和) {c:C}? {k:弧|优弧} {a:s} 交? 于 {p:P}")
def with_arc(found: Match) -> Iterator[Condition]:
    """过点O作OD⊥BC交弧BC于点D: D is on both."""
    (point,), (arc,), center = found.points(), found.segments("a"), found.center()
    if point == center or point in arc:
        return
    yield from facts.on_circle_all([point, *arc], center)
    yield {
        "type": "point_on_arc",
        "point": point,
        "arc": arc,
        **facts.arc_type(token.text for token in found.tokens("k")),
    }
    for line in subject_of(found).lines[:1]:
        yield from facts.on_line(point, line)


@clauses.clause(
    "(交|(?<!C)和) {c:K} 交? 于? {p:Ps}",
    "交 G {c:外接圆} 于 {p:Ps}",
    "{c:C} (交|和) {s:Ls} 交? 于 {p:Ps}",
    "{c:C} {s:s((和|,)s)*} 于 {p:Ps}",
    "{s:Ls} {c:C} 于 {p:Ps}",
)
def with_circle(found: Match) -> Iterator[Condition]:
    """BO交⊙O于点C: C is on both."""
    subject = subject_of(found, len(found.points()))
    lines = found.lines() or subject.lines
    points = [point for point in found.met(len(lines), most=2) if point != found.center()]
    yield from facts.on_circle_all(points, found.center())
    for point, line in pair_up(points, lines):
        yield from _on(point, line, unbounded=subject.unbounded)


@clauses.clause(
    "交 G? {s:延长线? Ls 延长线?} 于 {p:Ps}",
    "和 G? {s:Ls 延长线?} 交 于 {p:Ps}",
    "交 {s:Ls 延长线?} {p:P}(?!(是|和|,))",
    "交 {s:Ls 延长线?} 和 {p:P}(?=[,;.])",
    "交 G? L 延长线? 于 P (,|;|和)? 交? {s:L 延长线?} 于 {p:P}",
)
def with_line(found: Match) -> Iterator[Condition]:
    """…交AC于D,交BC于E: what meets was named before."""
    lines, subject = found.lines(), subject_of(found, len(found.points()))
    crossings = list(grid(found.points(), subject.lines, lines))
    for point, line in crossings:
        yield from facts.on_line(point, line)
    if crossings:
        return
    points = found.met(len(lines))
    if subject.center is not None:
        yield from facts.on_circle_all(points, subject.center)
    if len(points) != len(lines) > 1:
        return
    for point, line in pair_up(points, lines):
        yield from _on(point, line, unbounded=subject.extended or _is_unbounded(found, "s"))
    for point, line in subject.meeting(points, lines):
        if not any(set(line) == set(other) for other in lines):
            yield from facts.on_line(point, line)


@clauses.clause("{s:l(和 直线? l)+} 交 于 {p:P((和|,) P)+}")
def with_lines(found: Match) -> Iterator[Condition]:
    """直线m、n与a、b、c分别交于点A、B、C、D、E、F: 与 parts the lines that 、 joins."""
    tokens = found.tokens("s")
    parts = [place for place, token in enumerate(tokens) if token.text in ("与", "和")]
    if len(parts) == 1:
        first, second = tokens[: parts[0]], tokens[parts[0] :]
        lines = [[[token.text] for token in part if token.sign == "l"] for part in (first, second)]
        for point, line in grid(found.points(), *lines):
            yield from facts.on_line(point, line)


@clauses.clause(
    "{g:Q} 中? ,? 对角线 (交 于|交点 是?|和) {p:P}", "对角线 (交 于|交点 是?) {p:P}", "{p:P} 是 {g:Q}? 对角线 交点"
)
def diagonals(found: Match) -> Iterator[Condition]:
    """平行四边形ABCD的对角线相交于点O."""
    quadrilaterals = (list(points) for points in found.scene.polygons() if len(points) == 4)  # noqa: PLR2004
    named = found.polygons() or list(islice(quadrilaterals, 1))
    for vertices in named:
        a, b, c, d = vertices
        yield from facts.on_segment(found.points()[0], [a, c])
        yield from facts.on_segment(found.points()[0], [b, d])


@clauses.clause("(交 于?|交点 是) {p:P (和|,) P (和|,) P (和|,) P (和|,) P (和|,) P}(?!(和|,)P)")
def transversals(found: Match) -> Iterator[Condition]:
    """与三条平行线分别交于点A、B、C和点D、E、F: three on each line."""
    points = found.points()
    for line in (points[:3], points[3:]):
        if len(set(line)) == 3:  # noqa: PLR2004
            yield {"type": "collinear", "points": line}


@clauses.clause("(?<!弧)(?<!优弧){s:L} 过 {c:C}", "(?<!弧)(?<!优弧){s:L} 过 圆心(?!P)", "(,|;) 过 {c:C}(?=[,;.])")
def through_center(found: Match) -> Iterator[Condition]:
    """BC经过圆心O; …,且经过圆心O."""
    for line in (found.lines() or subject_of(found).lines)[:1]:
        yield from facts.on_segment(found.center(), line)


@clauses.clause(
    "过 [^,;.]{0,4}? {t:P} 作? 直线 (和|交) {c:K} 交? 于 {p:P (和|,) P}",
    "过 [^,;.]{0,4}? {t:P} 作? 直线 (和|交) L (和|,) L 延长线? 交? 于 {p:P (和|,) P}",
    "过 [^,;.]{0,4}? {t:P} 作? 直线 (和|交) L 延长线? 交? 于 {p:P} [,;]? 交? L 延长线? 于 {q:P}",
)
def line_through(found: Match) -> Iterator[Condition]:
    """过点O的直线交AD于E,交BC于F: O, E and F are on one line."""
    ends = [*found.points(), *found.points("q")]
    yield from facts.on_line(found.points("t")[0], ends)


@clauses.clause("割线 {g:t} 过 {c:C|圆心}")
def secant_through(found: Match) -> Iterator[Condition]:
    """割线PAB经过圆心O."""
    first, _, last = found.polygons()[0]
    yield from facts.on_line(found.center(), [first, last])


@clauses.clause("{s:L(和 L)*} 过 G? 对角线? {p:Ps}", "{s:L} 过 (弧|优弧|弦)? s 中点 {p:P}")
def through(found: Match) -> Iterator[Condition]:
    """DE经过点A; AB、CD经过点O; DE过BC的中点M."""
    for point, line in pair_up(found.met(1), found.lines()):
        yield from facts.on_line(point, line)
