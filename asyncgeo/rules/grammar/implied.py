"""What a text leaves unsaid: read last, when all that is said is known."""

from collections.abc import Iterator

from asyncgeo.conditions import Condition
from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Found

clauses = Clauses()


@clauses.clause("{c:C} 中", "中 {c:C}")
def inside(found: Found) -> Iterator[Condition]:
    """在⊙O中: where nothing else says what is on it, the points of what is given are."""
    center = found.center()
    if not found.scene.on_circle():
        given = found.scene.row.tokens[: found.scene.given]
        yield from facts.on_circle_all(
            list(dict.fromkeys(p for t in given if t.sign in "sXtq" for p in t.points if p != center)), center
        )


@clauses.clause("{c:C} 半径 (是|=) {v:n}", "半径 (是|=) {v:n} {c:C}")
def radius_length(found: Found) -> Iterator[Condition]:
    """半径为5cm的⊙O: the length of a radius to the first point known to be on it."""
    center = found.center()
    ends = [
        fact["point"]
        for fact in found.scene.facts
        if fact["type"] == "point_on_circle" and fact["circle_center"] == center
    ]
    if ends:
        yield facts.length([center, ends[0]], found.value())


@clauses.clause("直角三角形 {g:t} [^,;.]{0,2}? {s:斜边 s}", "直角三角形 {g:t}")
def right_triangle(found: Found) -> Iterator[Condition]:
    """Rt△ABC: where no right angle is stated, there is one, opposite the 斜边 if that is named."""
    (points,) = found.polygons()
    if _has_right_angle(found, points):
        return
    apex = [point for point in points if found.has("s") and point not in found.segments()[0]]
    if len(apex) == 1:
        first, second = (point for point in points if point != apex[0])
        yield facts.angle_value([first, apex[0], second], 90)
    else:
        yield {"type": "right_triangle", "points": points}


def _has_right_angle(found: Found, points: list[str]) -> bool:
    """Whether some stated fact makes an angle of the triangle right."""
    return any(
        (fact["type"] == "angle_value" and fact["value"] == 90 and set(fact["points"][0]) <= set(points))  # noqa: PLR2004
        or (fact["type"] == "perpendicular" and set().union(*fact["objects"]) <= set(points))
        or (fact["type"] == "right_triangle" and set(fact["points"]) == set(points))
        for fact in found.scene.facts
    )


@clauses.clause("等腰三角形 {g:t}", "{g:T} 是 等腰三角形", "等腰直角三角形 {g:t}", "{g:T} 是 等腰直角三角形")
def isosceles(found: Found) -> Iterator[Condition]:
    """等腰三角形ABC: where no two equal sides are stated, there are two."""
    (points,) = found.polygons()
    sides = [fact["segments"] for fact in found.scene.facts if fact["type"] == "segment_equality"]
    if not any(set(first) | set(second) <= set(points) for first, second in sides):
        yield facts.polygon(points, "isosceles")
