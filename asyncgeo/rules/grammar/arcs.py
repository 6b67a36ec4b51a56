"""Arcs: their middles, points on them, equal ones; sectors."""

from collections.abc import Iterator
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.rules.scene import DEFAULT_CENTER
from asyncgeo.schema.conditions import Condition

clauses = Clauses()
_ROUND_SIGNS: Final = {"C", SIGN_OF["圆"], SIGN_OF["半圆"]}


@clauses.clause(
    "{p:Ps} 是 {c:C|圆}? {k:半圆? (弧|优弧)|半圆} 弧? {s:s|t} {m:((和|,) (弧|优弧) s)*} 上? 中点",
    "{p:P} 是 中点 {k:弧|优弧} {s:s}",
    "{p:P} 是 {c:K}? {s:s} {k:弧} 中点",
    "{k:弧|优弧|半圆} 弧? {s:s|t} 中点 是? {p:P}(?!(和|,)P)",
)
def middle(found: Match) -> Iterator[Condition]:
    """点C是弧AB的中点; 点C是弧ADB的中点, of the arc from A to B that holds D."""
    arcs = [*found.names("s", "st"), *found.names("m", "s")]
    points = found.opening(len(arcs))
    for point, named in zip(points, arcs, strict=False) if len(points) == len(arcs) else ():
        if point not in named:
            yield {"type": "midpoint_of_arc", "point": point, "arc": [named[0], named[-1]], **_kind(found)}
            yield from facts.on_circle_all([point, *named], found.center())


def _kind(found: Match) -> Condition:
    """劣弧, 优弧 or 半圆弧, where the clause says so."""
    return facts.arc_type(token.text for token in found.tokens("k"))


@clauses.clause("{t:弧? s ((和|,) 弧? s)*} 中点 (是|和)? {p:P ((和|,) P)+}")
def middles(found: Match) -> Iterator[Condition]:
    """KL、弧MN的中点分别是P、Q: of segments, `positions.middle` speaks."""
    tokens, points = found.tokens("t"), found.points()
    named = [(token, tokens[spot - 1].sign if spot else "") for spot, token in enumerate(tokens) if token.sign == "s"]
    for point, (token, before) in zip(points, named, strict=True) if len(points) == len(named) else ():
        if before == SIGN_OF["弧"]:
            yield {"type": "midpoint_of_arc", "point": point, "arc": list(token.points)}
            yield from facts.on_circle_all([point, *token.points], found.scene.circle(found.place))
        elif SIGN_OF["弧"] in {token.sign for token in tokens}:
            yield from facts.midpoint(point, token.points)


@clauses.clause(
    "{p:Ps} (是|在) {c:K}? {k:弧|优弧} 弧? {s:s|t} 上?(?!(和|,)?(弧|优弧)?s?上?中点)",
    "{p:Ps} (是|在) {c:K}? {s:S} {k:弧|优弧} 上",
    "{p:Ps} (是|在) {k:半圆} 弧? {s:s} 上",
    "{p:Ps} 落 (在|至)? {c:K}? {k:弧|优弧} {s:s} 上",
)
def on_arc(found: Match) -> Iterator[Condition]:
    """点D在优弧AB上; 点D在弧AEB上, an arc from A to B."""
    named, center = found.names("s", "st")[0], found.center()
    arc = [named[0], named[-1]]
    yield from facts.on_circle_all([point for point in named if point != center], center)
    for point in found.opening():
        if point not in (*arc, center):
            yield facts.on_circle(point, center)
            yield {"type": "point_on_arc", "point": point, "arc": arc, **_kind(found)}


@clauses.clause("(弧|圆弧) {a:s} = (弧|圆弧) {b:s}( = (弧|圆弧) {c:s})?")
def equal_arcs(found: Match) -> Iterator[Condition]:
    """弧AB=弧CD: their chords are equal."""
    arcs = [*found.segments("a"), *found.segments("b"), *found.segments("c")]
    yield from facts.equal_segments(arcs)
    yield from facts.on_circle_all(list(dict.fromkeys(p for arc in arcs for p in arc)), found.scene.circle(found.place))


@clauses.clause(
    "{k:弧|优弧} 弧? {s:s|t} (=|是) {v:d}",
    "(?<![+:/=×])(?<!∥)(?<!⊥)(?<!和 弦){s:s} {k:弧?} (=|是) {v:d}",
    "{s:s} {k:弧|优弧} (=|是) {v:d}",
)
def measure(found: Match) -> Iterator[Condition]:
    """弧AB的度数为80°; AB为80° where the sign is lost; 弧ACB的度数为300°, of the arc from A to B that holds C."""
    if not found.tokens("k") and not _ROUND_SIGNS & set(found.row.signs):
        return
    named, center = found.names("s", "st")[0], found.scene.circle(found.place)
    yield from facts.on_circle_all([point for point in named if point != center], center)
    if 0 < found.value() < 360:  # noqa: PLR2004 - a full turn
        kind = _kind(found) or ({"arc_type": "major"} if found.value() > 180 else {})  # noqa: PLR2004 - half a turn
        yield {"type": "arc_measure", "arc": [named[0], named[-1]], **kind, "value": found.value()}


def _sector(found: Match) -> list[str] | None:
    """A, O, B of the sector AOB or OAB: its centre is O, or is called 圆心, or is the vertex of a named angle."""
    points = found.names("g", "t")[0]
    called = {DEFAULT_CENTER, *_centers_called(found)}
    turned = {token.points[1] for token in found.row.tokens if token.sign == "X" and set(token.points) == set(points)}
    center = next((point for known in (called, turned) for point in points if point in known), None)
    if center is None:
        return None
    first, last = (point for point in points if point != center)
    return [first, center, last]


def _centers_called(found: Match) -> Iterator[str]:
    """A in 以A为圆心."""
    mark = SIGN_OF["是"] + SIGN_OF["圆心"]
    for spot, token in enumerate(found.row.tokens):
        if token.sign == "P" and found.row.signs.startswith(mark, spot + 1):
            yield token.points[0]


@clauses.clause("扇形 {g:t}")
def sector(found: Match) -> Iterator[Condition]:
    """扇形AOB: two equal radii."""
    if corner := _sector(found):
        yield from facts.equal_segments([[corner[1], corner[0]], [corner[1], corner[2]]])


@clauses.clause("扇形 {g:t} 半径 (是|=)? {v:n}", "半径 (是|=) {v:n} [^.;]{0,5}? 扇形 {g:t}")
def sector_radius(found: Match) -> Iterator[Condition]:
    """半径为2的扇形AOB."""
    if corner := _sector(found):
        yield facts.length([corner[1], corner[0]], found.value())


@clauses.clause("扇形 {g:t} [^.;]{0,6}? 圆心角 (是|=)? {v:v}", "圆心角 (是|=) {v:d} [^.;]{0,6}? 扇形 {g:t}")
def sector_angle(found: Match) -> Iterator[Condition]:
    """圆心角为90°的扇形AOB; an angle has less than 180°."""
    if found.value() < 180 and (corner := _sector(found)):  # noqa: PLR2004
        yield facts.angle_value(corner, found.value())
