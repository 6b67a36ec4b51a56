"""Rotations, folds, reflections, translations."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.grammar.images import images
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match, compile_pattern, pair_up
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause("绕 [^P,;.]{0,3}? {p:P}", "以 {p:P} 是 中心 (?=[^.]{0,6}旋转)")
def rotation(found: Match) -> Iterator[Condition]:
    """将△ABC绕点C顺时针旋转60°得到△DEC; 半圆绕点B旋转45°,点A旋转到A′的位置: every point whose image is said."""
    (center,), end = found.points(), _end(found)
    before = _figure_at(found, found.place - 1)
    turned = _moved(before, _made(found, end, len(before)), images(found.row, found.end, end, before), {center})
    if turned and center not in (image for point, image in turned.items() if point != center):
        yield {**_motion("rotation", turned), "center": center, **_turn(found, end)}


def _motion(kind: str, moved: Mapping[str, str]) -> Condition:
    return {
        "type": "geometric_transformation",
        "transformation": kind,
        "preimage_triangle": list(moved),
        "image_triangle": list(moved.values()),
    }


_MOVING: Final = (SIGN_OF["绕"], SIGN_OF["折"], SIGN_OF["平移"])
_TURNING: Final = {SIGN_OF["顺"], SIGN_OF["逆"], SIGN_OF["沿"], SIGN_OF["将"]}
_CIRCULAR: Final = {"C", SIGN_OF["圆"], SIGN_OF["半圆"]}


def _end(found: Match) -> int:
    """Where the words about this motion end: at the next, or with what is given."""
    others = [spot for sign in _MOVING if (spot := found.row.signs.find(sign, found.end)) >= 0]
    return min([*others, found.scene.given])


def _figure_at(found: Match, spot: int) -> list[str]:
    """The figure that moves: what is named just before, else the last polygon of the sentence."""
    signs, tokens = found.row.signs, found.row.tokens
    while spot > 0 and signs[spot] in _TURNING:
        spot -= 1
    if spot < 0 or signs[spot] in _CIRCULAR:
        return []
    if signs[spot] in "tqgsP":
        return list(tokens[spot].points)
    sentence = tokens[signs.rfind(".", 0, spot) + 1 : spot]
    return next((list(token.points) for token in reversed(sentence) if token.sign in "tqg"), [])


_MADE: Final = compile_pattern("(得|至) ,? {b:G|S|P} (?!处)|和 {c:G|S} 重合")
_MADE_OF: Final = compile_pattern("{b:G|S} 是 将? (G|S) (顺|逆)? $")


def _made(found: Match, end: int, count: int) -> list[str]:
    """What is called the image: △DEC in 得到△DEC, in 到△DEC的位置, in 与△DEC重合, in △DEC由△ABC绕点C旋转得到."""
    signs = found.row.signs
    stop = signs.find(".", found.end, end)
    made = _MADE.search(signs, found.end, end if stop < 0 else stop) or _MADE_OF.search(signs, 0, found.place)
    name = list(found.row.tokens[made.end(made.lastgroup or 0) - 1].points) if made else []
    return name if len(name) == count else []


def _moved(before: list[str], named: list[str], said: dict[str, str], fixed: Collection[str]) -> dict[str, str]:
    """Point → image, in the order of the figure: where the letters of the image are in another order, as is said.

    Of a figure whose image has no name, all points where all are known, else those whose image is said.
    """
    stay = {point: point for point in before if point in fixed and (point in named or not named)}
    certain, ordered = said | stay, dict(zip(before, named, strict=False))
    if named and all(ordered.get(point) == image for point, image in certain.items()):
        return ordered
    rest, left = (
        [p for p in points if p not in known] for points, known in ((before, certain), (named, certain.values()))
    )
    if len(rest) == len(left) == 1:
        certain |= zip(rest, left, strict=True)
    whole = {point: certain[point] for point in before if point in certain}
    return whole if said and before and len(whole) == len(before) else said


_DIRECTIONS: Final = {SIGN_OF["顺"]: "clockwise", SIGN_OF["逆"]: "counterclockwise"}
_WINDOW: Final = 9
"""Tokens after the centre within which its angle is said."""


def _turn(found: Match, end: int) -> dict[str, Any]:
    """The angle and the direction of a rotation, where they are told."""
    signs = found.row.signs
    stop = min(spot for spot in (signs.find(".", found.end), end, found.end + _WINDOW) if spot >= 0)
    window = range(max(found.place - 2, 0), stop)
    degrees = [found.row.tokens[spot].value for spot in window if signs[spot] == "d" and signs[spot - 1] != "="][:1]
    ways = [_DIRECTIONS[signs[spot]] for spot in window if signs[spot] in _DIRECTIONS][:1]
    return {**({"angle": degrees[0]} if degrees else {}), **({"direction": ways[0]} if ways else {})}


@clauses.clause("平移 (?={m:[^.;]{0,4}})")
def translation(found: Match) -> Iterator[Condition]:
    """将△ABC沿BC方向平移2cm得到△DEF; 将线段AB平移,使点A落在点C处: each point moves as far."""
    start, end = found.row.signs.rfind(".", 0, found.place) + 1, _end(found)
    before = _figure_at(found, _before_crease(found, start))
    moved = _moved(before, _made(found, end, len(before)), images(found.row, found.end, end, before), ())
    if not moved or set(moved) & set(moved.values()):
        return
    yield _motion("translation", moved)
    for far in [token.value for token in found.tokens("m") if token.sign == "n" and token.value > 0][:1]:
        yield facts.length(next(iter(moved.items())), far)


@clauses.clause(
    "{a:G} 和 {b:G} 关于 {s:L} 直线? 对称",
    "{a:G} 和 {b:G} 是 以 {s:L} 直线? 是 对称轴 对称",
    "{p:P} 和 {q:P} 关于 {s:L} 对称",
    "{p:P} , {q:P} 关于 {s:L} 对称",
    "{p:P(和 P)*} 关于 {s:L} (对应点|对称) 是? {q:P(和 P)*}",
    "{q:P} 是 {p:P} 关于 {s:L} (对应点|对称)",
    "{p:P} 关于 {s:L} 对应点 (落 在?|在) [^P,;.]{1,4} {q:P} (处|,)",
)
def mirrored(found: Match) -> Iterator[Condition]:
    """△ABC与△DEF关于直线l对称; 点D与点A关于BC对称."""
    axis = found.lines()[0]
    before = found.polygons("a")[0] if found.has("a") else found.points()
    after = found.polygons("b")[0] if found.has("b") else found.points("q")
    ways = [after, *_ways_round(after)] if len(before) == len(after) and before != after else []
    for way in [way for way in ways if _is_fixed(axis, before, way)][:1]:
        yield {**_motion("reflection", dict(zip(before, way, strict=True))), "axis": axis}


def _is_fixed(axis: list[str], before: list[str], after: list[str]) -> bool:
    """Whether a point of the axis is its own image."""
    return all(one == other for one, other in zip(before, after, strict=True) if {one, other} & set(axis))


def _ways_round(points: list[str]) -> Iterator[list[str]]:
    """BCFE, CFEB, …, EFCB, …: a polygon from each corner, either way; two fixed corners leave one way of four."""
    for ring in (points, points[::-1]) if len(points) > 3 else ():  # noqa: PLR2004 - three corners are in any order
        yield from ([*ring[spot:], *ring[:spot]] for spot in range(len(ring)))


@clauses.clause(
    "{p:P} 关于 {s:L (和|,) L} (对应点|对称) 是? {q:P (和|,) P}",
    "{q:P (和|,) P} 是 {p:P} 关于 {s:L (和|,) L} (对应点|对称)",
)
def mirrored_in_each(found: Match) -> Iterator[Condition]:
    """点P关于OA、OB的对称点分别是Q、R: an image in each line."""
    for image, axis in zip(found.points("q"), found.lines(), strict=True):
        if image not in found.points():
            yield {**_motion("reflection", dict.fromkeys(found.points(), image)), "axis": axis}


@clauses.clause("{g:q} 是 对称 , 直线? {s:S} 是 对称轴")
def symmetric(found: Match) -> Iterator[Condition]:
    """四边形ABCD是轴对称图形,直线AC是它的对称轴: B mirrors D."""
    (a, b, c, d), (axis,) = found.polygons()[0], found.segments()
    for ends, one, other in (({a, c}, b, d), ({b, d}, a, c)):
        if set(axis) == ends:
            yield {**_motion("reflection", {one: other}), "axis": axis}


@clauses.clause("折 {g:G?}")
def fold(found: Match) -> Iterator[Condition]:
    """将△ADE沿DE折叠,使点A落在点A′处; 将△ABC折叠,使点A与点D重合,折痕为MN: the image mirrors A in the crease."""
    start, end = found.row.signs.rfind(".", 0, found.place) + 1, _end(found)
    axis, through = _crease(found, start, end)
    before = next(iter(found.polygons()), []) or _figure_at(found, _before_crease(found, start))
    said = {p: q for p, q in images(found.row, start, end, before).items() if not {p, q} & set(axis)}
    moved = _moved(before, _made(found, end, len(before)), said, axis)
    if any(one != other for one, other in moved.items()):
        yield {**_motion("reflection", moved), **({"axis": axis} if axis else {})}
        for point, image in moved.items() if through and not axis else ():
            yield from facts.equal_segments([[through, point], [through, image]])


_CREASES: Final = tuple(
    compile_pattern(written)
    for written in (
        "沿 (直线|对角线)? {a:s|l} (?=[^.;]{0,8}折)",
        "折痕 (是|和)? {a:s|l}",
        "以 {a:s|l} 是 (折痕|对称轴)",
        "折痕 [^.;]{0,2}? 交 [^.;P]{1,3} (于|和) {a:P} (,|;|和)? 交? [^.;P]{0,3} (于|和)? {b:P}",
        "沿 过 {p:P} 直线 (?=折)",
    )
)


def _crease(found: Match, start: int, end: int) -> tuple[list[str], str]:
    """The line along which is folded; else a point that it goes through."""
    for pattern in _CREASES:
        made = pattern.search(found.row.signs, start, end)
        if made is not None:
            tokens = [found.row.tokens[made.end(name) - 1] for name, place in made.groupdict().items() if place]
            names = [name for token in tokens for name in token.points or (token.text,)]
            return ([], names[0]) if "p" in made.groupdict() else (names, "")
    return [], ""


def _before_crease(found: Match, start: int) -> int:
    """The token before 沿, which says along what is folded; else the one before the fold."""
    along = max(found.row.signs.rfind(sign, start, found.place) for sign in (SIGN_OF["沿"], SIGN_OF["以"]))
    return (found.place if along < 0 else along) - 1


@clauses.clause(
    "{p:P} 落 (在|至) {s:S} 上? [^,;.]{0,2}? {q:P} 处?",
    "{p:P} 落 (在|至) {s:S} (上 {q:P}?(?!高|中线|垂直平分线)|(?=,|;|\\.))",
    "{p:P (和|,) P} 落 (在|至) {s:S (和|,) S} 上?",
    "{p:P} 落? 上 {s:S} {q:P}",
    "{p:P} 和 {s:S} 上? {q:P} 重合",
)
def landing(found: Match) -> Iterator[Condition]:
    """使点A落在BC上的点F处: the image is on the line; so is B′ in 点B′落在BC上, and B where it is the image."""
    after = {image for fact in found.scene.facts for image in fact.get("image_triangle", ())}
    before = {point for fact in found.scene.facts for point in fact.get("preimage_triangle", ())}
    itself = [point for point in found.points() if "′" in point or point in after - before]
    for point, segment in pair_up(found.points("q") or itself, found.segments()):
        yield from facts.on_segment(point, segment)
