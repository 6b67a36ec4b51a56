"""∠B → ∠ABC: which two arms a single letter means.

In: the scene and the letters of an angle. Out: three points, or None. In order of trust: the figure named in the text
that has the letter as a vertex; the two rays that lines of the text draw from it; the points on the circle; the arc of
an angle at its centre.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from asyncgeo.rules.scene import Scene

_ON: Final = {
    "point_on_segment": "segment",
    "midpoint_of": "segment",
    "point_on_segment_extension": "segment",
    "point_on_line": "line",
    "tangent_at_point": "line",
}
_INSIDE: Final = {"point_on_segment", "midpoint_of"}
_DRAWN: Final = {"tangent_at_point", "tangent_line"}
"""Their lines are drawn, even where no word names them: CE in 过点C的切线交AB于E."""


def angle(scene: Scene, points: Sequence[str]) -> list[str] | None:
    """The angle meant: three letters as they are, one letter with the arms it has in the figure."""
    if len(points) > 1:
        return list(points)
    found = _arms(scene, points[0])
    return [found[0], points[0], found[1]] if found else None


def unmistakable(scene: Scene, vertex: str) -> list[str] | None:
    """The angle that a question means by one letter.

    Where only the circle says the arms, no other point may be on it, and no line of the text may be another arm: what
    is read as a fact can be wrong once, a question that is read wrong makes a right parse wrong.
    """
    arms = _in_figure(vertex, scene.polygons(sure=True)) or _by_rays(scene, vertex)
    if arms is None and (arms := _on_circle(scene, vertex) or _over_arc(scene, vertex)):
        others = _may_be_on_circle(scene) - {vertex}
        if set(arms) != others or not all(others & set(ray) for ray in _merged(_rays(scene, vertex))):
            return None
    return [arms[0], vertex, arms[1]] if arms and not _is_flat(scene, vertex, arms) else None


def _may_be_on_circle(scene: Scene) -> set[str]:
    """The points on the circle, and those that the text joins to its centre and puts nowhere else."""
    center = scene.circle(0)
    joined = (token.points for token in scene.row.tokens if token.sign in "sX" and center in token.points)
    placed = {fact["point"] for fact in scene.facts if "point" in fact}
    return {*scene.on_circle(), *({point for points in joined for point in points} - placed - {center})}


def _arms(scene: Scene, vertex: str) -> tuple[str, str] | None:
    """The arms of the angle at `vertex`."""
    ways = (_in_polygon, _by_rays, _on_circle, _over_arc)
    found = (arms for way in ways if (arms := way(scene, vertex)) and not _is_flat(scene, vertex, arms))
    return next(found, None)


def _is_flat(scene: Scene, vertex: str, arms: Sequence[str]) -> bool:
    """Whether a stated fact puts the vertex and both arms on one line, or makes a diameter of the arms: 90° then."""
    for fact in scene.facts:
        if fact["type"] == "diameter":
            ends = set(fact["segment"])
            if {vertex, *arms} == {*ends, fact["circle_center"]} or (set(arms) == ends and vertex in scene.on_circle()):
                return True
        elif (field := _ON.get(fact["type"])) and {vertex, *arms} == {fact["point"], *fact[field]}:
            return True
    return False


def _in_polygon(scene: Scene, vertex: str) -> tuple[str, str] | None:
    return _in_figure(vertex, scene.polygons())


def _in_figure(vertex: str, figures: Iterable[Sequence[str]]) -> tuple[str, str] | None:
    """The neighbours of `vertex` in the first figure named that has it."""
    for points in figures:
        if vertex in points:
            spot = points.index(vertex)
            return points[spot - 1], points[(spot + 1) % len(points)]
    return None


def _by_rays(scene: Scene, vertex: str) -> tuple[str, str] | None:
    """A point on each of the two rays from `vertex`, when there are just two."""
    rays = _merged(_rays(scene, vertex))
    return (rays[0][0], rays[1][0]) if len(rays) == 2 else None  # noqa: PLR2004


def _merged(drawn: Iterable[list[str]]) -> list[list[str]]:
    """The rays, those that share a point made one."""
    rays: list[list[str]] = []
    for ray in drawn:
        same = [one for one in rays if set(one) & set(ray)]
        merged = list(dict.fromkeys(point for one in (*same, ray) for point in one))
        rays = [*(one for one in rays if one not in same), merged]
    return rays


def _rays(scene: Scene, vertex: str) -> Iterator[list[str]]:
    """The points on each ray that the text draws from `vertex`, the far one first: of facts, of segments and angles."""
    for fact in scene.facts:
        if fact["type"] in _DRAWN and vertex in fact["line"] and len(fact["line"]) > 1:
            yield [fact["line"][1 - fact["line"].index(vertex)]]
        if fact["type"] == "diameter" and vertex in fact["segment"]:
            yield [fact["segment"][1 - fact["segment"].index(vertex)], fact["circle_center"]]
        field = _ON.get(fact["type"])
        line = fact[field] if field else []
        if len(line) == 2:  # noqa: PLR2004
            yield from _along(vertex, fact["point"], line, fact["type"])
    for token in scene.row.tokens:
        if token.sign == "s" and vertex in token.points:
            yield [token.points[1 - token.points.index(vertex)]]
        elif token.sign == "X" and len(token.points) == 3 and vertex in token.points:  # noqa: PLR2004
            arms = token.points[::2] if token.points[1] == vertex else token.points[1:2]
            yield from ([arm] for arm in arms)


def _along(vertex: str, point: str, line: list[str], kind: str) -> Iterator[list[str]]:
    """What `point` on `line` says of rays from `vertex`: outside the segment both its ends are on one ray."""
    if vertex == point:
        if kind not in _INSIDE:
            yield list(line)
    elif vertex in line:
        end = line[1 - line.index(vertex)]
        if kind in _INSIDE or line[0] == vertex:
            yield [point, end] if kind == "point_on_segment_extension" else [end, point]


def _on_circle(scene: Scene, vertex: str) -> tuple[str, str] | None:
    """The two others, when three points are on the circle; of four, only the picture says which chords are drawn."""
    points = scene.on_circle()
    if vertex in points and len(points) == 3:  # noqa: PLR2004
        spot = points.index(vertex)
        return points[spot - 1], points[(spot + 1) % len(points)]
    return None


def _over_arc(scene: Scene, vertex: str) -> tuple[str, str] | None:
    """∠A on the circle and ∠BOC at its centre: the arms go to B and C, when there is one such angle of either kind.

    Where a fourth point is on the circle the angle may be another, as when one is asked for that is not its double.
    """
    if len(scene.on_circle()) > 3:  # noqa: PLR2004
        return None
    angles = [token.points for token in scene.row.tokens if token.sign == "X"]
    if {points for points in angles if points[0] in scene.on_circle() and len(points) == 1} != {(vertex,)}:
        return None
    named = (points for points in angles if len(points) == 3)  # noqa: PLR2004
    central = {points for points in named if points[1] == scene.circle(0) and vertex not in points}
    return next(((first, last) for first, _, last in central), None) if len(central) == 1 else None
