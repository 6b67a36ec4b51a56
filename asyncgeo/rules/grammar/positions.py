"""Positions on lines: 在…上, 延长线, 中点, 共线."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_UNBOUNDED: Final = {SIGN_OF["直线"], SIGN_OF["射线"]}


def _on(found: Match, points: list[str], lines: list[list[str]]) -> Iterator[Condition]:
    unbounded = any(token.sign in _UNBOUNDED or token.sign == "l" for token in found.tokens("s"))
    for point, line in pair_up(points, lines):
        yield from facts.on_line(point, line) if unbounded else facts.on_segment(point, line)


@clauses.clause(
    "{p:Ps} (是|在) (是 n)? {g:(G|X|C) 中? 对角线?}? {s:Ls} 上",
    "{p:Ps} (是|在)? 上 {s:Ls}(?!P)",
    "{p:Ps} 是 (G|X|C)? {s:Ls}(?=[,;.]|$)(?!,[sl])",
    "上 {s:Ls} {p:Ps}",
    "上 S P (和|,) {s:S} {p:P}(?=,|;|\\.|\\?|$)",
    "在 {s:Ls} 上 (取|作)? {p:Ps}",
    "(?<!和){s:L} 上 (取|作)? {q:Ps}",
    "{p:P (和|,) P} {s:S (和|,) S} 上",
)
def on(found: Match) -> Iterator[Condition]:
    """D、E分别在AB、AC上."""
    if SIGN_OF["中点"] in found.row.signs[found.end : found.end + 1]:
        return iter(())
    points = found.met(1, "q") if found.has("q") else found.opening(len(found.lines()))
    return _on(found, points, found.lines())


@clauses.clause(
    "{p:Ps} (在|是) (C|G)? {s:Ss} 延长线 上?",
    "延长 {s:Ss} 至 {p:Ps}",
    "{s:S} 延长 至 {p:P}",
    "{p:Ps} (是|在)? 上 延长线 {s:S}",
    "在 {s:Ss} 延长线 上 取? {p:Ps}",
)
def beyond(found: Match) -> Iterator[Condition]:
    """点E在BC的延长线上."""
    for point, segment in pair_up(found.opening(len(found.segments())), found.segments()):
        yield from facts.on_extension(point, segment)


@clauses.clause("{p:Ps} (在|是) (C|G)? {s:Ss} 反向延长线 上?")
def before(found: Match) -> Iterator[Condition]:
    """点E在BC的反向延长线上."""
    for point, segment in pair_up(found.points(), found.segments()):
        yield from facts.on_extension(point, segment[::-1])


@clauses.clause(
    "{p:Ps} 是 (C 内接)? {g:G}? {s:Ss} 上? 中点", "{p:Ps} 是 中点 {s:Ss}", "{s:Ss} ,? 上? 中点 (是|和)? {q:Ps}"
)
def middle(found: Match) -> Iterator[Condition]:
    """D、E分别是AB、AC的中点."""
    if SIGN_OF["弧"] in found.row.signs[found.place : found.end]:
        return
    segments = found.segments()
    points = found.met(len(segments), "q") if found.has("q") else found.opening(len(segments))
    for point, segment in pair_up(points, segments):
        yield from facts.midpoint(point, segment)


@clauses.clause("(?<!s){p:P} 平分 {s:S}")
def bisecting(found: Match) -> Iterator[Condition]:
    """E bisects segment AC; 点E平分AC."""
    yield from facts.midpoint(found.points()[0], found.segments()[0])


@clauses.clause("{p:Ps} 是 {g:G} 上? 中点", "{g:G} 中点 (是|和)? {q:Ps}")
def middle_of_each(found: Match) -> Iterator[Condition]:
    """E、F、G、H分别是四边形ABCD各边的中点: of its sides in order."""
    (corners,) = found.polygons()
    points = found.met(len(corners), "q") if found.has("q") else found.opening(len(corners))
    if len(points) == len(corners):
        for point, side in zip(points, pairwise([*corners, corners[0]]), strict=True):
            yield from facts.midpoint(point, side)


@clauses.clause("过 [^,;.]{0,4}? {p:P} 作? {s:S} ,? (?=∥|⊥|交)")
def drawn(found: Match) -> Iterator[Condition]:
    """过点P作EF∥BC: P is on EF."""
    yield from facts.on_line(found.points()[0], found.segments()[0])


@clauses.clause("割线 {g:t ((和|,) 割线? t)*}", "{g:t ((和|,) t)*} 是 (过 [PC])? {c:C}? 割线")
def secant(found: Match) -> Iterator[Condition]:
    """割线PAB: from P through the circle at A, then at B."""
    for first, second, third in found.polygons():
        yield from facts.on_segment(second, [first, third])
        yield from facts.on_circle_all([second, third], found.center())


@clauses.clause("{p:Ps} (在|是)? (在|上)? 共线 上?", "{p:Ps} (在|是) 直线 (P|l) (上|(?=[,;.]))", "{g:[tqg]} 是 共线")
def collinear(found: Match) -> Iterator[Condition]:
    """A、B、C在同一条直线上."""
    points = found.polygons()[0] if found.has("g") else found.opening()
    if len(set(points)) < len(points):
        points = points[-3:]
    if len(set(points)) == len(points) > 2:  # noqa: PLR2004 - any two points are on a line
        yield {"type": "order_on_line" if _IN_ORDER.search(found.words) else "collinear", "points": points}


_IN_ORDER: Final = re.compile(r"顺次|依次|\bin (?:(?:that|this|the given) )?order\b", re.IGNORECASE)

_LINE: Final = re.compile(r"\bline\b(?! segment)")


@clauses.clause(
    "{p:Ps} (不 (是|在)|是 不 (是|在)?) {s:L} 上",
    "{p:Ps} (是|在) {s:L} 外",
    "{s:L} 不 过 {q:Ps}",
    "{s:L} 外 (取|在)? {q:Ps}",
)
def off(found: Match) -> Iterator[Condition]:
    """点C不在直线AB上; 直线l不经过点C: of a segment, C may be on its line."""
    if {SIGN_OF["直线"], "l"} & {token.sign for token in found.tokens("s")} or _LINE.search(found.words):
        (line,) = found.lines()
        points = found.met(1, "q") if found.has("q") else found.opening()
        for point in (point for point in points if point not in line):
            yield {"type": "point_outside_line", "point": point, "line": line}


@clauses.clause("{p:Ps} (是|在) (K 上)? {s:L} 同侧", "{p:Ps} (在|上)? 同侧 {s:L}")
def same_side(found: Match) -> Iterator[Condition]:
    """C、O在AB的同侧."""
    points = found.points()
    if len(set(points)) == len(points) > 1:
        yield {"type": "same_side", "points": points, "line": found.lines()[0]}


@clauses.clause("{p:Ps} 在 {s:L} 上方", "{p:Ps} (在|是)? 上方 {s:L}")
def above(found: Match) -> Iterator[Condition]:
    """C在直线AB的上方."""
    for point in found.points():
        if point not in found.lines()[0]:
            yield {"type": "point_above_line", "point": point, "line": found.lines()[0]}
