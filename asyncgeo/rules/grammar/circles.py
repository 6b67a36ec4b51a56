"""Circles: points on them, diameters, radii, chords."""

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_TOUCHING: Final = {SIGN_OF["切"], SIGN_OF["切线"]}


@clauses.clause(
    "{s:Ss} (是|和)? {c:K} 是? 直径",
    "{s:Ss} 是 直径 {c:C}?(?!圆|半圆)",
    "{s:S} 是 直径 (圆|半圆)",
    "{s:S} 是 P 直径",
    "弧 {s:s} 是 半圆",
    "直径 {c:C} 是 {s:S}",
    "{c:K}? 直径 (是|和)? {s:s(和 直径? s)*}(?!交|⊥|∥|切|互相|和)",
    "{c:K}? 直径 (是|和)? {s:s}",
    "以 {s:S} 是 直径 (作|在)? (半圆|圆)? {c:C}?",
    "{s:S} 是 (G 外接圆|外接圆 G) 直径",
    "G 外接圆 直径 {s:S}",
)
def diameter(found: Match) -> Iterator[Condition]:
    """AB是⊙O的直径; 直径AB; 以AB为直径的半圆."""
    center = found.center() if "c" in found.match.re.groupindex else found.scene.circle(found.place)
    for segment in found.segments():
        yield from facts.diameter(segment, center)


@clauses.clause(
    "{p:Ps} 和? (是|在) {c:K} (弧|圆)? 上",
    "{p:Ps} (是|在) s [^,;.]{0,3} {c:半圆} 上",
    "{s:s} (是|在) {c:C} 上",
    "{d:C} (是|在) {c:C} 上(?!P)",
    "{p:Ps} 是 {c:C}(?=[,;.]|$)",
    "{p:Ps} (是|在) 以? S 是 直径 {c:K} 弧? 上",
    "{p:Ps} (是|在) 以 P 是 圆心 ,* 以? S 是? 半径 {c:K} 上",
    "{p:Ps} (是|在)? 上 {c:K}(?!外|中|P)",
)
def on_circle(found: Match) -> Iterator[Condition]:
    """A、B、C是⊙O上的三点; CD是⊙O上的点, without the comma; 圆心P在⊙O上, where the word holds the sign of a circle."""
    points = found.opening() if found.has("p") else [*found.names("s", "s"), *found.names("d", "C")][0]
    yield from facts.on_circle_all(points, found.center())
    yield from _on_half(found, points)


def _on_half(found: Match, points: list[str]) -> Iterator[Condition]:
    """C on the semicircle whose diameter AB is known is on that arc from A to B."""
    center = found.center()
    if any(token.text.lower().startswith(_HALVES) for token in found.tokens("c")) and _OTHER not in found.words:
        stated = [fact for fact in found.scene.facts if fact["type"] == "diameter" and fact["circle_center"] == center]
        known = {frozenset(fact["segment"]): fact["segment"] for fact in stated}
        for arc in known.values() if len(known) == 1 else ():
            for point in (point for point in points if point not in (*arc, center)):
                yield {"type": "point_on_arc", "point": point, "arc": arc, "arc_type": "semicircle"}


_HALVES: Final = ("半", "semi")
_OTHER: Final = "另"
"""另一半圆 is not the one that is spoken of."""


@clauses.clause("{p:P ((和|,) P)+} (是|在) {c:C ((和|,) C)+} 上")
def on_each(found: Match) -> Iterator[Condition]:
    """E、F分别是⊙A、⊙D上的动点."""
    if len(found.points()) == len(found.centers()):
        yield from map(facts.on_circle, found.points(), found.centers())


@clauses.clause("{c:K} 上 (取|在|是)? {p:Ps}")
def taken_on_circle(found: Match) -> Iterator[Condition]:
    """在⊙O上取点C."""
    yield from facts.on_circle_all(found.met(1), found.center())
    yield from _on_half(found, found.met(1))


@clauses.clause("{c:K} (过|是 过) (G 顶点)? {p:Ps}")
def through(found: Match) -> Iterator[Condition]:
    """⊙O经过点A、B."""
    return facts.on_circle_all(found.points(), found.center())


@clauses.clause("{c:C}? 半径 是? {s:Ss}", "(?<!大于)(?<!n){s:Ss} 是 {c:C}? 半径")
def radius(found: Match) -> Iterator[Condition]:
    """半径OC: its other end is on the circle."""
    for segment in found.segments():
        for center in found.centers():
            if center in segment:
                yield facts.on_circle(segment[1 - segment.index(center)], center)


@clauses.clause(
    "(?<![C]和)(?<![C],){c:K} 半径 [lP]? (是|=) {v:n}",
    "半径 l? (是|=) {v:n} {c:C}",
    "半径 {c:C} (是|=) {v:n}",
    "{c:C} 是 半径 (是|=) {v:n} 圆",
    "(?<!圆心 ,)(?<!圆心 , 以)(?<!圆心 以)(?<!圆心){v:n} 是 半径 作? {c:K}",
    "(,|;) 半径 l? (是|=) {v:n}(?!C|(和|,)n)",
)
def radius_length(found: Match) -> Iterator[Condition]:
    """半径为5cm的⊙O."""
    if found.value() > 0 and not _of_another(found):
        yield facts.radius(found.center(), found.value())


_CONCENTRIC: Final = {SIGN_OF["小圆"], SIGN_OF["同心圆"]}


def _of_another(found: Match) -> bool:
    """扇形的圆心角为90°,半径为2: the sector's; nor is it said of one of two circles with one centre."""
    signs = found.row.signs
    start, end = signs.rfind(".", 0, found.place) + 1, signs.find(".", found.end)
    of_sector = SIGN_OF["扇形"] in signs[start : end if end >= 0 else None] and not found.has("c")
    return of_sector or bool(_CONCENTRIC & set(signs))


@clauses.clause("以? ({o:Ps}|{g:G} 顶点?) 是 圆心 ,* 以? {v:n} 是? 半径 作? (圆|C|弧|圆弧|,)")
def drawn_radii(found: Match) -> Iterator[Condition]:
    """分别以A、D为圆心,1为半径画圆; 以四边形ABCD各顶点为圆心."""
    if found.value() > 0 and found.row.signs[found.end - 1] not in _ARCS:
        for center in (*found.points("o"), *(point for points in found.polygons() for point in points)):
            yield facts.radius(center, found.value())


_ARCS: Final = {SIGN_OF["弧"], SIGN_OF["圆弧"]}


@clauses.clause("{c:K} 直径 (是|=) {v:n}", "直径 (是|=) {v:n} {c:C}", "直径 {c:C} (是|=) {v:n}")
def diameter_length(found: Match) -> Iterator[Condition]:
    """直径为8的⊙O: twice the radius."""
    if found.value() > 0:
        half = found.value() / 2
        yield facts.radius(found.center(), int(half) if half.is_integer() else half)


@clauses.clause(
    "{c:C ((和|,) C)+} [^.;CP]{0,7}? 半径 (是|=) {v:n ((和|,) n)*}", "(?<=[,;.]) 半径 (是|=) {v:n ((和|,) n)+}"
)
def radii(found: Match) -> Iterator[Condition]:
    """⊙A、⊙B的半径分别为2和3; ⊙A、⊙B、⊙C的半径都是1; 半径分别为2和3, of the circles named before."""
    centers = found.centers() if found.has("c") else found.scene.circles(found.place)
    values = found.values()
    if len(values) in (1, len(centers)):
        for spot, center in enumerate(centers):
            yield facts.radius(center, values[spot % len(values)])


@clauses.clause(
    "(?<![sl]和){c:C ((和|,) C)+} [^,;.CP]{0,2}? {k:外切|内切|切} (于|,? 切点 是?)? {p:P}",
    "{c:C} {k:外切|内切|切} {d:C} (于 {p:P})?",
    "{c:C ((和|,) C)+} [^,;.CP]{0,2}? {k:外切|内切|切}(?!于|切点|圆)",
    "以? {o:P (和|,) P} 是 圆心 [^,;.P]{0,3}? {k:外切|内切|切}",
    "(?<![^,;.]){d:圆} 是? {k:外切|内切} (于 {p:P})?(?=[,;.]|$)",
)
def touching(found: Match) -> Iterator[Condition]:
    """⊙A与⊙B外切于点P; ⊙A、⊙B、⊙C两两外切: every two."""
    named = found.scene.circles(found.place) or found.scene.circles()
    last = found.centers("d") if found.has("c") and found.has("d") else []
    centers = found.points("o") or ([*found.centers(), *last] if found.has("c") else named)
    ways = {SIGN_OF["外切"]: "external", SIGN_OF["内切"]: "internal"}
    tangency = {"tangency": way} if (way := ways.get(found.match["k"])) else {}
    for pair in combinations(dict.fromkeys(centers), 2):
        touch = {"point": point} if (point := next(iter(found.points()), None)) and len(centers) == 2 else {}  # noqa: PLR2004
        yield {"type": "circles_tangent", "centers": list(pair), **tangency, **touch}


_CHORD: Final = SIGN_OF["弦"] + "s"


@clauses.clause("{t:S} 弦心距 (是|和)? {s:S}", "弦心距 (是|和)? {s:S}")
def chord_distance(found: Match) -> Iterator[Condition]:
    """AB的弦心距OC: perpendicular, from the centre to the chord; where none is named, to the one that is called so."""
    (line,), signs = found.segments(), found.row.signs
    called = [list(token.points) for spot, token in enumerate(found.row.tokens) if signs[spot - 1 : spot + 1] == _CHORD]
    for chord in (found.segments("t") or called)[-1:]:
        if not set(chord) & set(line):
            yield from facts.perpendicular(line, chord)
            yield from facts.on_line(line[1] if line[0] == found.scene.circle(found.place) else line[0], chord)


@clauses.clause("({c:C}|大圆)? 弦 是? {s:Ss}", "{s:Ss} 是 {c:K}? 弦", "{c:C}? 弦 {s:s ∥} {t:s}")
def chord(found: Match) -> Iterator[Condition]:
    """弦AB: both ends are on the circle; 弦AB∥CD: of both chords, where none is a tangent."""
    both = found.segments("t") if not _TOUCHING & set(found.row.signs) else []
    for segment in [*found.segments(), *both]:
        if found.center() not in segment:
            yield from facts.on_circle_all(segment, found.center())


@clauses.clause("圆周角 {x:x}", "{x:Xs} 是 K? (弧 s)? 圆周角")
def inscribed_angle(found: Match) -> Iterator[Condition]:
    """圆周角∠ACB: its three points are on the circle; of ∠C the one that is named."""
    for token in found.tokens("x"):
        yield from facts.on_circle_all(token.points, found.scene.circle(found.place))
    yield from _asked(found)


def _asked(found: Match) -> Iterator[Condition]:
    """The points of 圆周角∠ACB where it is asked about: they are on the circle that is spoken of."""
    signs, tokens = found.row.signs, found.row.tokens
    for spot in range(found.scene.given, len(tokens) - 1):
        if signs.startswith(SIGN_OF["圆周角"] + "X", spot):
            yield from facts.on_circle_all(tokens[spot + 1].points, found.scene.circle(found.place))


@clauses.clause("圆心角 (是|=)? {x:X((和|,)X)*}")
def central_angle(found: Match) -> Iterator[Condition]:
    """圆心角∠AOB: its arms end on the circle around its vertex."""
    for token in found.tokens("x"):
        if len(token.points) > 1:
            first, center, last = token.points
            yield from facts.on_circle_all([first, last], center)
    yield from _asked(found)
