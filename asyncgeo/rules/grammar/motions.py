"""Rotations, folds, reflections, translations."""

from collections.abc import Iterator
from typing import Any, Final

from asyncgeo.rules.grammar import facts
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses()


@clauses.clause(
    "{a:G} (顺|逆)? 绕 {p:P} {m:[^.]{0,9}?} (得|至) {b:G}", "{b:G} 是 {a:G} (顺|逆)? 绕 {p:P} {m:[^.]{0,9}?} 得"
)
def rotation(found: Match) -> Iterator[Condition]:
    """将△ABC绕点C顺时针旋转60°得到△DEC; △DEC是由△ABC绕点C旋转60°得到的."""
    before, after = found.polygons("a")[0], found.polygons("b")[0]
    if len(before) == len(after):
        yield {
            "type": "geometric_transformation",
            "transformation": "rotation",
            "preimage_triangle": before,
            "image_triangle": after,
            "center": found.points()[0],
            **_turn(found),
        }


_DIRECTIONS: Final = {SIGN_OF["顺"]: "clockwise", SIGN_OF["逆"]: "counterclockwise"}


def _turn(found: Match) -> dict[str, Any]:
    """The angle of a rotation and, as it says something of a known angle only, then its direction."""
    degrees = [token.value for token in found.tokens("m") if token.sign == "d"][:1]
    ways = [_DIRECTIONS[sign] for sign in found.match[0] if sign in _DIRECTIONS][:1]
    return {**({"angle": degrees[0]} if degrees else {}), **({"direction": ways[0]} if degrees and ways else {})}


@clauses.clause("{a:S} (顺|逆)? 绕 {p:P} {m:[^.s]{0,6}?} (得|至) {b:S}")
def turned_segment(found: Match) -> Iterator[Condition]:
    """将线段AB绕点A旋转60°得到AC: as long, at that angle."""
    before, after, center = found.segments("a")[0], found.segments("b")[0], found.points()[0]
    ends = [point for line in (before, after) for point in line if point != center]
    if center in before and center in after and len(set(ends)) == 2:  # noqa: PLR2004
        yield from facts.equal_segments([before, after])
        for degrees in [token.value for token in found.tokens("m") if token.sign == "d" and token.value < 180][:1]:  # noqa: PLR2004
            yield facts.angle_value([ends[0], center, ends[1]], degrees)


@clauses.clause(
    "{a:G} [^.;]{0,5}? 平移 {m:[^.;]{0,4}?} ,? (得|至) {b:G}",
    "{b:G} 是 {a:G} [^.;]{0,4}? 平移 {m:[^.;]{0,4}?} 得",
    "将 {a:S} [^.;]{0,5}? 平移 {m:[^.;]{0,4}?} ,? (得|至) {b:S}",
)
def translation(found: Match) -> Iterator[Condition]:
    """将△ABC沿BC方向平移2cm得到△DEF; 将线段AB平移得到CD: each point moves as far."""
    before, after = found.names("a", "stqg")[0], found.names("b", "stqg")[0]
    if len(before) != len(after) or set(before) & set(after):
        return
    yield {
        "type": "geometric_transformation",
        "transformation": "translation",
        "preimage_triangle": before,
        "image_triangle": after,
    }
    for far in [token.value for token in found.tokens("m") if token.sign == "n" and token.value > 0][:1]:
        yield facts.length([before[0], after[0]], far)


@clauses.clause(
    "{a:G} 和 {b:G} 关于 {s:L} 直线? 对称",
    "{a:G} 和 {b:G} 是 以 {s:L} 直线? 是 对称轴 对称",
    "{p:P} 和 {q:P} 关于 {s:L} 对称",
    "{p:P} , {q:P} 关于 {s:L} 对称",
    "{p:P(和 P)*} 关于 {s:L} (对应点|对称) 是? {q:P(和 P)*}",
    "{q:P} 是 {p:P} 关于 {s:L} (对应点|对称)",
)
def mirrored(found: Match) -> Iterator[Condition]:
    """△ABC与△DEF关于直线l对称; 点D与点A关于BC对称."""
    axis = found.lines()[0]
    before = found.polygons("a")[0] if found.has("a") else [*found.points(), *(axis if len(axis) > 1 else [])]
    after = found.polygons("b")[0] if found.has("b") else [*found.points("q"), *(axis if len(axis) > 1 else [])]
    if len(before) == len(after) > 1 and before != after and _is_fixed(axis, before, after):
        yield _reflection(before, after, axis)


def _is_fixed(axis: list[str], before: list[str], after: list[str]) -> bool:
    """Whether a point of the axis is its own image; else the letters are in no corresponding order: ABCD and BCFE."""
    return all(one == other for one, other in zip(before, after, strict=True) if {one, other} & set(axis))


def _reflection(before: list[str], after: list[str], axis: list[str]) -> Condition:
    return {
        "type": "geometric_transformation",
        "transformation": "reflection",
        "preimage_triangle": before,
        "image_triangle": after,
        "axis": axis,
    }


@clauses.clause(
    "{g:G}? 沿 {s:S} 折 [^.]{0,6}? {p:P} 落? (在|至|和)? [^.;]{0,5}? {q:P} (处|得|,|;|重合|$)",
    "折 [^.]{0,4}? {p:P} (和|落 在?|至) {t:s?} [^.;sXtq]{0,3}? {q:P} (重合|处)? ,+ 折痕 是? {s:S}",
)
def fold(found: Match) -> Iterator[Condition]:
    """将△ADE沿DE折叠,使点A落在点A′处; 将△ABC折叠,使点A与点D重合,折痕为MN: the image mirrors A in the crease."""
    axis, point, image = found.segments()[0], found.points()[0], found.points("q")[0]
    if point != image and not {point, image} & set(axis):
        yield _reflection([point, *axis], [image, *axis], axis)


@clauses.clause(
    "{p:P} 落 (在|至) {s:S} 上? [^,;.]{0,2}? {q:P} 处?",
    "{p:P} 落 (在|至) {s:S} 上 {q:P}?(?!高|中线|垂直平分线)",
    "{p:P} 落? 上 {s:S} {q:P}",
    "{p:P} 和 {s:S} 上? {q:P} 重合",
)
def landing(found: Match) -> Iterator[Condition]:
    """使点A落在BC上的点F处: the image is on the line; so is B′ in 点B′落在BC上, and B where it is the image."""
    images = {image for fact in found.scene.facts for image in fact.get("image_triangle", ())}
    moved = {point for fact in found.scene.facts for point in fact.get("preimage_triangle", ())}
    itself = [point for point in found.points() if "′" in point or point in images - moved]
    for point in found.points("q") or itself:
        yield from facts.on_segment(point, found.segments()[0])
