"""Relations of lines: ∥, ⊥ and its foot, heights, medians, midlines, perpendicular bisectors."""

from collections.abc import Iterator
from itertools import pairwise

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.grammar.subjects import subject_of
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause(
    "{s:L (∥ L)+}",
    "(?<![sl])平行线 {s:L (和|,) L}(?!=|∥|⊥|平分|交|是|于)",
    "(?<!中点)(?<!上)(?<!上 直线){s:L 和 L} (是|互相)* ∥(?!直线|s|l)",
    "{s:L 是 ∥ L}",
    "(平行线|∥) (直线)? {s:l ((和|,) l){2,4}}",
)
def parallel(found: Match) -> Iterator[Condition]:
    """AB∥CD∥EF; 直线AB与CD平行."""
    for first, second in pairwise(found.lines()):
        yield from facts.parallel(first, second)


def _foot(point: str, first: list[str], second: list[str], *, beyond: bool = False) -> Iterator[Condition]:
    """A foot is on both lines, inside or outside; on the second alone where it is on its extension."""
    yield from facts.on_line(point, second)
    if not beyond:
        yield from facts.on_line(point, first)


@clauses.clause(
    "(?<!上)(?<!上 直线){a:L (和 L)*} (和|是)? ⊥ (X 平分线)? {b:L (和 L(?!⊥))*} 延长线?"
    "( 交? ,? 于 {p:Ps}|,? 和? 垂足 (是|和)? {q:Ps}|, {r:Ps} 是 垂足)?",
    "{a:Ls} 和 {b:L} (是|互相)* ⊥(?!L)( 于 {p:P}|,? 垂足 (是|和)? {q:Ps}|, {r:P} 是 垂足)?",
)
def perpendicular(found: Match) -> Iterator[Condition]:
    """DE⊥AB于E; OC与AB垂直,垂足为D."""
    firsts, seconds = found.lines("a"), found.lines("b")
    feet = found.met(len(firsts)) or found.met(len(firsts), "q") or found.points("r")
    if len(feet) != len(firsts) and len(feet) > 1:
        feet = []  # 垂足分别为D、E: `feet` knows whose they are
    pairs = [(first, second) for first in firsts for second in seconds]
    if len(firsts) == len(seconds):
        pairs = list(zip(firsts, seconds, strict=True))
    for place, (first, second) in enumerate(pairs):
        yield from facts.perpendicular(first, second)
        if place < len(feet):
            yield from _foot(feet[place], first, second, beyond=SIGN_OF["延长线"] in found.match[0])


@clauses.clause(
    "{s:L ⊥ L (于 P)? ((,|;|和)+ L ⊥ L (于 P)?)+} (,|;|和)* 垂足 (是|和)? {p:P ((和|,)+ P)+}",
    "{s:L ⊥ L (于 P)? ((,|;|和)+ L ⊥ L (于 P)?)+} (,|;|和)* {q:P ((和|,)+ P)+} 是 垂足",
)
def feet(found: Match) -> Iterator[Condition]:
    """AC⊥CD,BD⊥CD,垂足分别为C、D: one each; of fewer, they are of the last."""
    lines = found.lines()
    pairs = list(zip(lines[::2], lines[1::2], strict=True))
    points = found.points("q") or found.met(len(pairs))
    if 0 < len(points) <= len(pairs):
        for point, (first, second) in zip(points, pairs[-len(points) :], strict=True):
            yield from _foot(point, first, second)


@clauses.clause("{a:L} (和|,) {b:L} 交 于 P (,|;) (是|互相)* ⊥(?!直线|s|l)")
def crossing_at_right_angles(found: Match) -> Iterator[Condition]:
    """AC与BD相交于点O,且互相垂直."""
    yield from facts.perpendicular(found.lines("a")[0], found.lines("b")[0])


@clauses.clause("(,|;) 和+ {b:L} ⊥(?!直线|s|l) (,? 垂足 (是|和)? {p:P}|于 {q:P})?")
def perpendicular_to(found: Match) -> Iterator[Condition]:
    """…,且与OC垂直,垂足为H: what was named before is."""
    for line in subject_of(found).lines:
        for other in found.lines("b"):
            yield from facts.perpendicular(line, other)
            for foot in (*found.points(), *found.points("q")):
                yield from _foot(foot, line, other)


@clauses.clause(
    "{s:Ls} 垂直平分 {t:Ss}",
    "{s:Ss} 是 (G 中?)? 对角线? {t:Ss} 上? (垂直平分线|对称轴)",
    "{t:S} 垂直平分线 是? {s:L}",
    "{s:L} 是 垂直平分线 {t:S}",
)
def perpendicular_bisector(found: Match) -> Iterator[Condition]:
    """AB的垂直平分线DE."""
    for line, segment in zip(found.lines(), found.segments("t"), strict=False):
        yield from facts.halving(line, segment)


@clauses.clause("{t:S} 垂直平分线 (交|和) {c:C}? {k:弧|优弧} {a:s} 交? 于? {p:P}")
def bisector_to_arc(found: Match) -> Iterator[Condition]:
    """AB的垂直平分线与弧AC相交于点D."""
    (point,), center = found.points(), found.center()
    yield from facts.reached(point, found.segments("t")[0])
    yield from facts.on_circle_all([point, *found.segments("a")[0]], center)
    kind = facts.arc_type(token.text for token in found.tokens("k"))
    yield {"type": "point_on_arc", "point": point, "arc": found.segments("a")[0], **kind}


@clauses.clause(
    "{t:Ss} 垂直平分线 {m:(,? (交|和) ((?!于|P)[^;.]){1,8} 于 Ps(?!(,P)?(是|在)))+} (,? 垂足 是? {f:P})?",
    "{t:Ss} 垂直平分线 {m:,? (交|和) ((?!于|P)[^;.]){1,8} 于 P} , {f:P} 是 垂足",
    "{t:Ss} 垂直平分线 {m:,? (交|和) ((?!于|P)[^;.]){1,8} 于 P,}(?=P(是|在)(?!垂足))",
)
def unnamed_bisector(found: Match) -> Iterator[Condition]:
    """AB的垂直平分线交AC于E: as far from A as from B; 交AB于D,交AC于E: DE is the line, and holds what else it meets."""
    halved, points = found.segments("t"), [*found.points("m"), *found.points("f")]
    if len(halved) == 1 and len(points) > 1:
        yield from facts.halving(points[:2], halved[0])
        for point in points[2:]:
            yield from facts.on_line(point, points[:2])
    else:
        for point, segment in pair_up(points, halved):
            yield from facts.reached(point, segment)
    for foot in found.points("f"):
        yield from facts.on_segment(foot, halved[0])


@clauses.clause("{p:P} (是|在) {t:S} 垂直平分线 上")
def on_bisector(found: Match) -> Iterator[Condition]:
    """点D在线段AB的垂直平分线上: as far from A as from B."""
    return facts.reached(found.points()[0], found.segments("t")[0])


@clauses.clause(
    "{p:P} 是 {t:Ss} 垂直平分线 交点",
    "{t:S ((和|,) S)+} 垂直平分线 交 于? 交点? {p:P}",
    "{t:S 垂直平分线 和 S} 垂直平分线 交 于? {p:P}",
)
def bisectors_meet(found: Match) -> Iterator[Condition]:
    """点O是AB、AC的垂直平分线的交点: as far from both ends of each."""
    (point,) = found.points()
    for segment in found.segments("t"):
        yield from facts.reached(point, segment)


@clauses.clause(
    "{t:S} 垂直平分线 {s:L} (交 L 于 P)? ,? 垂足 是? {p:P}",
    "{t:S} 垂直平分线 {s:L} 交 L 于 P , {p:P} 是 垂足",
    "{s:L} 垂直平分 {t:S} (于|,? 垂足 是?) {p:P}",
)
def bisector_foot(found: Match) -> Iterator[Condition]:
    """AB的垂直平分线DF交AC于点F,垂足为D: D is on AB, and on the line that halves it."""
    (foot,) = found.points()
    yield from facts.on_segment(foot, found.segments("t")[0])
    yield from facts.on_line(foot, found.lines()[0])


def _sides(triangle: list[str] | None, vertex: str) -> list[list[str]]:
    """The side of the triangle that lies opposite its vertex."""
    if triangle is None or vertex not in triangle:
        return []
    return [[point for point in triangle if point != vertex]]


@clauses.clause("{s:Ss} 是 {g:G}? {t:Ss} 上? 高", "{g:G}? {t:Ss} 上 高 (是|和)? {s:Ss}", "{s:Ss} 是 高 上? {t:Ss}")
def height_on(found: Match) -> Iterator[Condition]:
    """BD是AC边上的高: its foot is on that side, or on its line."""
    corners = {point for points in found.scene.polygons() for point in points}
    for line, side in zip(found.segments(), found.segments("t"), strict=False):
        feet = [point for point in line if point not in corners] or line
        yield from _height(line, side, feet[-1])


def _height(line: list[str], side: list[str], foot: str) -> Iterator[Condition]:
    yield from facts.perpendicular(line, side)
    yield from facts.on_line(foot, side)


@clauses.clause(
    "{s:Ss} 是 {g:T}? (斜边 上?)? 高(?!(和|,)(中线|平分线))",
    "{g:T} 高 (是|和)? {s:Ss}",
    "高 {s:Ss}(?!上)",
    "{s:S} (和|,) S 是 {g:T}? 高 (和|,) (中线|平分线)",
    "S (和|,) {s:S} 是 {g:T}? (中线|平分线) (和|,) 高",
)
def height(found: Match) -> Iterator[Condition]:
    """BE、CF是△ABC的高: each perpendicular to the side opposite its vertex, with its foot there."""
    triangle = found.scene.triangle(found.place)
    for line in found.segments():
        vertex = next((point for point in line if triangle and point in triangle), "")
        for side in _sides(triangle, vertex):
            yield from _height(line, side, line[1 - line.index(vertex)])


@clauses.clause(
    "{s:Ss} 是 {g:T}? {t:Ss}? 上? 中线(?!(和|,)(高|平分线))",
    "{g:T}? {t:Ss}? 上? 中线 (是|和)? {s:Ss}",
    "{s:Ss} 是 中线 上 {t:Ss}",
    "{s:S} (和|,) S 是 {g:T}? 中线 (和|,) (高|平分线)",
    "S (和|,) {s:S} 是 {g:T}? (高|平分线) (和|,) 中线",
)
def median(found: Match) -> Iterator[Condition]:
    """AD是BC边上的中线: its foot halves the side."""
    triangle = found.scene.triangle(found.place)
    sides = found.segments("t")
    for place, (first, second) in enumerate(found.segments()):
        vertex, foot = (second, first) if triangle and second in triangle and first not in triangle else (first, second)
        for side in sides[place : place + 1] or _sides(triangle, vertex):
            yield from facts.midpoint(foot, side)


@clauses.clause("{s:S} 是 {g:T|Q} 中位线", "{g:T|Q} 中位线 是? {s:S}")
def midline(found: Match) -> Iterator[Condition]:
    """DE是△ABC的中位线, in the order of the letters: D halves AB, E halves AC; 梯形ABCD的中位线EF halves AB and CD."""
    a, b, c, *rest = found.polygons()[0]
    if {"type": "parallel", "objects": [[a, b], [c, *rest]]} in found.scene.facts:
        a, b, c, rest = b, c, rest[0], [a]
    for point, side in pair_up(found.segments()[0], [[a, b], [c, *rest] if rest else [a, c]]):
        yield from facts.midpoint(point, side)


@clauses.clause("过 {p:P} 作? 直线 {k:∥|⊥} {s:L} ,? (和|交) L (和|,) L 延长线? 交? 于 {q:P (和|,) P}")
def drawn_across(found: Match) -> Iterator[Condition]:
    """过点D作直线平行于BC,分别交AB、AC于E、F: EF∥BC, and D is on EF."""
    line, other = found.points("q"), found.lines()[0]
    related = facts.parallel if found.match["k"] == SIGN_OF["∥"] else facts.perpendicular
    yield from related(line, other)
    yield from facts.on_line(found.points()[0], line)


@clauses.clause("过 (对角线? S 和 S)? {p:P} 作? {s:L} {k:平行线|垂线} ,? (交|和) {t:L} 延长线? 交? 于 {q:P}")
def drawn_through(found: Match) -> Iterator[Condition]:
    """过点D作AC的平行线交BC于点E: DE∥AC."""
    line, other = [found.points()[0], found.points("q")[0]], found.lines()[0]
    if line[0] != line[1]:
        related = facts.parallel if found.match["k"] == SIGN_OF["平行线"] else facts.perpendicular
        yield from related(line, other)
        yield from facts.on_line(line[1], found.lines("t")[0])


@clauses.clause("过 {p:P} 作? {s:L} {k:平行线|垂线} {t:S}")
def drawn_line(found: Match) -> Iterator[Condition]:
    """过点D作AC的平行线DE."""
    related = facts.parallel if found.match["k"] == SIGN_OF["平行线"] else facts.perpendicular
    yield from related(found.segments("t")[0], found.lines()[0])


@clauses.clause("过 {p:P} 作? {s:L} 垂线 ,? 垂足 是? {q:P}")
def dropped(found: Match) -> Iterator[Condition]:
    """过点A作BC的垂线,垂足为D."""
    line, other = [found.points()[0], found.points("q")[0]], found.lines()[0]
    if line[0] != line[1]:
        yield from facts.perpendicular(line, other)
        yield from facts.on_segment(line[1], other)
