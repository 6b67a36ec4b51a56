"""A request → the quantity: sums of measures of named things.

In: a `Request` and the `Scenery`. Out: the sums above and below the line, or `NotMeasured`. A body that holds anything
but names, the words that belong before them, and signs, is not read.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final

from asyncgeo.rules.asking import kinds
from asyncgeo.rules.asking.phrases import FROM, Noun, Request
from asyncgeo.rules.asking.scenery import Scenery
from asyncgeo.rules.tokens import NAME
from asyncgeo.schema.asked import DIMENSIONS, Measure, MeasureKind, NotMeasured, Sum, Unmeasured

_ONE: Final = re.compile(NAME)
_ENDS: Final = rf"{NAME}{NAME}"
_VERTEX: Final = rf"(?:{NAME}{NAME}{NAME}|{NAME})"
_KIND: Final = (
    r"(?:(?:锐角|钝角|等腰|等边|直角|Rt|正|凸|圆?内接)*"
    r"(?:△|三角形|四边形|□|平行四边形|矩形|长方形|正方形|菱形|梯形|[五六七八]边形|多边形|筝形)(?:纸片)?)"
)
_OWNER: Final = (
    rf"(?:在?(?:(?:⊙|圆){NAME}|{_KIND}(?:{NAME}){{3,8}})(?:的|中的?|上的?)?"
    rf"|{_ENDS}边?上的(?=高|中线)|∠{_VERTEX}的(?=角?平分线))"
)
"""What a named thing belongs to: ⊙O的半径OA, BC边上的高AD."""
_CALLED: Final = r"[^+\-:/=比倍差]{1,30}(?:距离|高度?|长度?|宽度?|深度?)(?:即|[为是])?"
"""What is called by its ends: 击球点离地面的高度AB."""
_SEEN: Final = rf"[^+\-:/=比倍差]{{1,30}}角(?:即|[为是])?(?=∠{NAME}{NAME})"
"""从C岛看A、B两岛的视角∠ACB."""
_WORDS: Final = r"(?:弦心距|圆心距|对角线|(?!面积|周长|分别|优角)[^\x00-\u4dff比倍到和与同差余补除减加乘之点每邻对距])"
"""Words before a name that say what it is, as in 弦AB, 旋转角∠BAC; none of these relates it to something else."""
_TERM: Final = re.compile(
    rf"(?P<factor>\d+(?:\.\d+)?|\d/\d)?"
    rf"(?:(?:{_OWNER}?{_WORDS}{{0,9}}?|{_SEEN})∠(?P<angle>{_VERTEX})|{_OWNER}?(?:角|∠角)(?P<corner>{NAME})"
    rf"|(?P<function>sin|cos|tan)∠?(?P<of>{_VERTEX})"
    rf"|{_WORDS}{{0,4}}?(?P<major>优)?劣?(?:圆?弧|⌒)+(?P<arc>{_ENDS})"
    rf"|(?P<surface>面积)(?P<outline>{_KIND})?(?P<shape>(?:{NAME}){{3,8}})~?"
    rf"|(?P<figure>{_KIND})(?P<corners>(?:{NAME}){{3,8}})"
    rf"|扇形(?P<slice>{NAME}{NAME}{NAME})"
    rf"|(?:⊙|圆|圆⊙)(?P<circle>{NAME})"
    rf"|(?P<nameless>(?:该|此|这个|这)?(?:圆|半圆))"
    rf"|(?:该|此|这个|这)?(?P<kind>{_KIND})"
    rf"|(?:{_OWNER}?{_WORDS}{{0,9}}?|{_CALLED})(?P<ends>{_ENDS})(?:边|弦|线段|之?间)?)"
)
_FUNCTIONS: Final[Mapping[str, MeasureKind]] = {"sin": "sine", "cos": "cosine", "tan": "tangent"}
_SIGN: Final = re.compile(r"(?=[+-])")


class _Unread(Exception):
    """Why a body is no quantity."""

    def __init__(self, reason: Unmeasured, words: str) -> None:
        self.why = NotMeasured(reason, words[: kinds.QUOTED])


def quantity(wanted: Request, scenery: Scenery) -> tuple[Sum, Sum] | NotMeasured:
    """The sums that are wanted."""
    try:
        above = _sum(wanted.noun, wanted.body, scenery)
        below = _sum(wanted.noun, wanted.over, scenery) if wanted.over else ()
    except _Unread as unread:
        return unread.why
    if len({DIMENSIONS[measure.kind] for _, measure in (*above, *below)}) != 1:
        return NotMeasured("not understood", wanted.body[: kinds.QUOTED])
    return above, below


def _sum(noun: Noun, body: str, scenery: Scenery) -> Sum:
    if noun == "from line":
        return ((1.0, Measure("distance", tuple(_ONE.findall(body.replace(FROM, ""))))),)
    return tuple(_term(noun, term, scenery) for term in _SIGN.split(body) if term)


def _term(noun: Noun, written: str, scenery: Scenery) -> tuple[float, Measure]:
    """One measure and how often it counts."""
    sign = -1.0 if written.startswith("-") else 1.0
    found = _TERM.fullmatch(written.lstrip("+-"))
    if found is None:
        raise _Unread(kinds.of_rest(written).reason, written)
    for group, read in _READERS.items():
        if group in _HEARD[noun] and found[group]:
            return sign * _factor(found["factor"]), read(found, noun, scenery)
    raise _Unread("not understood", f"{noun} {written}")


def _factor(written: str | None) -> float:
    above, _, below = (written or "1").partition("/")
    return float(above) / float(below or 1)


_HEARD: Final[Mapping[Noun, tuple[str, ...]]] = {
    "": ("angle", "corner", "function", "surface", "ends"),
    "degrees": ("angle", "corner", "arc"),
    "length": ("arc", "ends"),
    "perimeter": ("figure", "kind", "circle"),
    "area": ("surface", "figure", "kind", "slice", "circle"),
    "radius": ("circle", "nameless"),
    "diameter": ("circle", "nameless"),
    "side": ("figure", "kind"),
    "sine": ("angle", "corner"),
    "cosine": ("angle", "corner"),
    "tangent": ("angle", "corner"),
    "from line": (),
}
"""What each noun may be said of."""
_Found = re.Match[str]


def _angle(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    names = _ONE.findall(found["angle"] or found["corner"] or found["of"])
    arms = names if len(names) > 1 else scenery.angle(names[0])
    if arms is None or len(set(arms)) < 3:  # noqa: PLR2004
        raise _Unread("which angle", found[0])
    kind: MeasureKind = _FUNCTIONS[found["function"]] if found["function"] else _KINDS.get(noun, "angle")
    return Measure(kind, tuple(arms))


_KINDS: Final[Mapping[Noun, MeasureKind]] = {"sine": "sine", "cosine": "cosine", "tangent": "tangent"}


def _arc(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    if (center := scenery.circle()) is None:
        raise _Unread("which arc", found[0])
    kind: MeasureKind = "arc" if noun == "degrees" else "arc_length"
    return Measure(kind, tuple(_ONE.findall(found["arc"])), center, "major" if found["major"] else "minor")


def _polygon(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    if found["kind"]:
        corners = scenery.corners(found["kind"])
    else:
        corners = tuple(_ONE.findall(found["shape"] or found["corners"]))
    if len(set(corners)) < max(len(corners), 3):
        raise _Unread("unnamed", found[0])
    if noun == "side":
        if not scenery.is_regular(corners):
            raise _Unread("unnamed", found[0])
        return Measure("length", corners[:2])
    return Measure("perimeter" if noun == "perimeter" else "area", corners)


def _sector(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    del noun
    names = _ONE.findall(found["slice"])
    if (center := scenery.circle()) not in names:
        raise _Unread("which arc", found[0])
    return Measure("sector", tuple(name for name in names if name != center), center or "", "minor")


def _circle(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    center = scenery.circle(found["circle"] or "")
    if center is None:
        raise _Unread("which arc", found[0])
    return Measure(_ROUND[noun], (center,))


_ROUND: Final[Mapping[Noun, MeasureKind]] = {
    "perimeter": "circumference",
    "area": "disc",
    "radius": "radius",
    "diameter": "diameter",
}


def _ends(found: _Found, noun: Noun, scenery: Scenery) -> Measure:
    del noun, scenery
    names = tuple(_ONE.findall(found["ends"]))
    if len(set(names)) < len(names):
        raise _Unread("not understood", found[0])
    return Measure("length", names)


_READERS: Final[Mapping[str, Callable[[_Found, Noun, Scenery], Measure]]] = {
    "angle": _angle,
    "corner": _angle,
    "function": _angle,
    "arc": _arc,
    "surface": _polygon,
    "figure": _polygon,
    "kind": _polygon,
    "slice": _sector,
    "circle": _circle,
    "nameless": _circle,
    "ends": _ends,
}
