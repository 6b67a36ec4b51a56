"""What a text leaves unsaid: read last, when all that is said is known."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause("{c:C} 中", "中 {c:C}", "P 是 圆心 {c:C}", "圆心 {c:C} 是 P", "(?<![^,;.]){c:C} (?=,[^C])")
def inside(found: Match) -> Iterator[Condition]:
    """在⊙O中: the points of what is given are on it, but for those that something else places."""
    if any(token.text in _WITHIN for token in found.row.tokens[found.place : found.end]):
        return
    center, known = found.center(), set(found.scene.on_circle())
    if known and not found.row.chinese:  # an English text says what is on the circle
        return
    placed = set(_placed(found.scene.facts))
    for token in found.scene.row.tokens[: found.scene.given]:
        if token.sign in ("sX" if known else "sXtq") and not (known and center in token.points):
            free = [point for point in token.points if point != center and point not in placed]
            if not (token.sign == "s" and known & set(token.points) and _is_dropped(found, token.points)):
                yield from facts.on_circle_all(free, center)
    yield from _asked(found, center)


def _asked(found: Match, center: str) -> Iterator[Condition]:
    """C in 在⊙O中,∠AOB=50°,则∠ACB=(): an angle that is asked over an arc has its vertex on the circle."""
    placed, known = set(_placed(found.scene.facts)), set(found.scene.on_circle())
    for token in found.scene.row.tokens[found.scene.given :]:
        if token.sign == "X" and known >= set(token.points[::2]) and token.points[1:2] and center not in token.points:
            yield from facts.on_circle_all([point for point in token.points[1:2] if point not in placed], center)


def _is_dropped(found: Match, segment: Sequence[str]) -> bool:
    """Whether the segment stands perpendicular on another: then its free end is a foot, rather."""
    stated = (fact["objects"] for fact in found.scene.facts if fact["type"] == "perpendicular")
    return any(set(line) == set(segment) for lines in stated for line in lines)


def _placed(known: list[Condition]) -> Iterator[str]:
    """Points that are put somewhere: on a line, in the middle, outside at the end of a tangent, at another centre."""
    for fact in known:
        if fact["type"] in _PLACING:
            yield fact["point"]
        if fact["type"] in ("tangent_at_point", "tangent_line"):
            yield from (point for point in fact["line"] if point != fact.get("point"))


_WITHIN: Final = frozenset(("内", "内部", "内有", "inside", "inside of", "within"))
"""Other than 中 and "in", these say that a figure is inside the circle."""
_PLACING: Final = {"point_on_segment", "point_on_line", "point_on_segment_extension", "midpoint_of", "point_incenter"}


@clauses.clause("{c:C} 是 {g:T} 内切圆", "{c:C} 是 内切圆 {g:T}", "{g:T} {c:内切圆 (是|,)? C?}", "{c:C} 内切 {g:T}")
def touching_sides(found: Match) -> Iterator[Condition]:
    """⊙I是△ABC的内切圆: it touches each side, on it, at the point that is named or at none."""
    center, known = found.center(), [fact for fact in found.scene.facts if fact["type"] == "tangent_at_point"]
    stated = [fact for fact in known if fact["circle_center"] == center]
    touched = [set(fact["line"]) for fact in stated]
    for points in found.polygons():
        for side in pairwise([*points, points[0]]):
            if center in points:
                continue
            for fact in (fact for fact in stated if set(fact["line"]) == set(side)):
                yield from facts.on_segment(fact["point"], side)
            if set(side) not in touched:
                yield {"type": "tangent_line", "line": list(side), "circle_center": center}


@clauses.clause("直角三角形 {g:t}", "{g:t} 是 直角三角形")
def right_triangle(found: Match) -> Iterator[Condition]:
    """Rt△ABC: where no right angle is stated, there is one, opposite the 斜边 if that is named."""
    (points,) = found.polygons()
    if _has_right_angle(found, points):
        return
    apex = [point for side in _named_side(found, points, "斜边") for point in points if point not in side]
    if len(apex) == 1:
        first, second = (point for point in points if point != apex[0])
        yield facts.angle_value([first, apex[0], second], 90)
    else:
        yield {"type": "right_triangle", "points": points}


def _named_side(found: Match, points: list[str], word: str) -> list[tuple[str, ...]]:
    """AB in 斜边AB, where it is a side of the triangle."""
    signs, tokens = found.row.signs, found.row.tokens[: found.scene.given]
    named = (token.points for spot, token in enumerate(tokens) if signs[spot - 1 : spot + 1] == SIGN_OF[word] + "s")
    return [side for side in named if set(side) <= set(points)][:1]


def _has_right_angle(found: Match, points: list[str]) -> bool:
    """Whether some stated fact makes an angle of the triangle right."""
    return _right_corner(found, points) is not None or any(
        fact["type"] == "right_triangle" and set(fact["points"]) == set(points) for fact in found.scene.facts
    )


@clauses.clause("等腰三角形 {g:t}", "{g:T} 是 等腰三角形")
def isosceles(found: Match) -> Iterator[Condition]:
    """等腰三角形ABC: where no two equal sides are stated, there are two, those beside the base if that is named."""
    (points,) = found.polygons()
    if _equal_sides(found, points):
        return
    apex = [point for side in _named_side(found, points, "底") for point in points if point not in side]
    if len(apex) == 1:
        first, second = (point for point in points if point != apex[0])
        yield from facts.equal_segments([[apex[0], first], [apex[0], second]])
    else:
        yield facts.polygon(points, "isosceles")


@clauses.clause("等腰直角三角形 {g:t}", "{g:T} 是 等腰直角三角形")
def isosceles_right(found: Match) -> Iterator[Condition]:
    """等腰直角三角形ABC: a stated right angle lies between equal sides, and stated equal sides hold a right angle."""
    (points,) = found.polygons()
    equal = _equal_sides(found, points)
    corner = _right_corner(found, points) or next(
        (p for p in points if equal and all(p in side for side in equal)), None
    )
    if corner is None:
        yield facts.polygon(points, "isosceles_right")
        return
    first, second = (point for point in points if point != corner)
    if not equal:
        yield from facts.equal_segments([[corner, first], [corner, second]])
    if not _has_right_angle(found, points):
        yield facts.angle_value([first, corner, second], 90)


def _equal_sides(found: Match, points: list[str]) -> list[list[str]]:
    """Two sides of the triangle that are stated to be equal."""
    stated = [fact["segments"] for fact in found.scene.facts if fact["type"] == "segment_equality"]
    long = [(fact["segment"], fact["value"]) for fact in found.scene.facts if fact["type"] == "distance_equals"]
    stated += [[one, two] for (one, first), (two, second) in combinations(long, 2) if first == second]
    return next((sides for sides in stated if set(sides[0]) | set(sides[1]) <= set(points)), [])


def _right_corner(found: Match, points: list[str]) -> str | None:
    """The vertex of the triangle at which a stated fact makes a right angle."""
    for fact in found.scene.facts:
        if fact["type"] == "angle_value" and fact["value"] == 90 and set(fact["points"][0]) <= set(points):  # noqa: PLR2004
            return str(fact["points"][0][1])
        if fact["type"] == "perpendicular" and set().union(*fact["objects"]) <= set(points):
            return str(next(iter(set(fact["objects"][0]) & set(fact["objects"][1]))))
    return None


@clauses.clause("{s:Ss} 是 {g:T}? 平分线(?!X|三角形|t|和)", "{g:T} 平分线 (是|和)? {s:Ss}")
def foot_of_bisector(found: Match) -> Iterator[Condition]:
    """BD是△ABC的角平分线: it ends on the side opposite B, where nothing else says where D is."""
    lines, corners = found.segments(), next(iter(found.polygons()), None) or found.scene.triangle(found.place) or []
    feet = [next((point for point in line if point not in corners), "") for line in lines]
    taken = set(_anywhere(found.scene.facts))
    larger = {point for points in found.scene.polygons() if len(points) > len(corners) for point in points}
    for line, foot in zip(lines, feet, strict=True):
        side = [point for point in corners if point not in line]
        if foot and len(side) == 2 and feet.count(foot) == 1 and foot not in taken | larger:  # noqa: PLR2004
            yield from facts.on_segment(foot, side)


def _anywhere(known: list[Condition]) -> Iterator[str]:
    """Points of which something says where they are."""
    yield from _placed(known)
    for fact in known:
        if fact["type"] in ("point_on_circle", "point_on_arc", "midpoint_of_arc"):
            yield fact["point"]
        if fact["type"] in ("collinear", "order_on_line", "concyclic"):
            yield from fact["points"]
        if fact["type"] == "perpendicular":  # D in AD⊥BD is where they meet
            yield from set(fact["objects"][0]) & set(fact["objects"][1])
