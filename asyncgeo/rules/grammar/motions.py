"""Rotations, folds, reflections, translations."""

from collections.abc import Iterator

from asyncgeo.conditions import Condition
from asyncgeo.rules.grammar import facts
from asyncgeo.rules.pattern import Clauses, Found

clauses = Clauses()


@clauses.clause("{a:G} (顺|逆)? 绕 {p:P} {m:[^.]{0,9}?} 得 {b:G}")
def rotation(found: Found) -> Iterator[Condition]:
    """将△ABC绕点C顺时针旋转60°得到△DEC."""
    before, after, center = found.polygons("a")[0], found.polygons("b")[0], found.points()[0]
    if len(before) != len(after):
        return
    yield {
        "type": "geometric_transformation",
        "transformation": "rotation",
        "preimage_triangle": before,
        "image_triangle": after,
        "center": center,
    }
    for degrees in found.values("m")[:1]:
        for point, image in zip(before, after, strict=True):
            if len({point, image, center}) == 3 and 0 < degrees < 180:  # noqa: PLR2004
                yield facts.angle_value([point, center, image], degrees)


@clauses.clause("{g:G}? 沿 {s:S} 折 [^.]{0,6}? {p:P} 落? (在|至|和)? [^.;]{0,5}? {q:P} (处|得|,|;|重合|$)")
def fold(found: Found) -> Iterator[Condition]:
    """将△ADE沿DE折叠,使点A落在点A′处: A′ mirrors A in DE."""
    axis, point, image = found.segments()[0], found.points()[0], found.points("q")[0]
    if point != image and not {point, image} & set(axis):
        yield {
            "type": "geometric_transformation",
            "transformation": "reflection",
            "preimage_triangle": [point, *axis],
            "image_triangle": [image, *axis],
            "axis": axis,
        }


@clauses.clause("{p:P} 落 (在|至) {s:S} 上? [^,;.]{0,2}? {q:P} 处?", "{p:P} 落 (在|至) {s:S} 上 {q:P}?")
def landing(found: Found) -> Iterator[Condition]:
    """使点A落在BC上的点F处: the image is on the line."""
    for point in found.points("q"):
        yield from facts.on_segment(point, found.segments()[0])
