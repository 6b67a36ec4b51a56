r"""A value as models spell it → the value that a field's shape has: `"∠ABC"`, `"3√2/2"`, `"30°30′"`, `{"center": "O"}`.

In: any JSON value. Out: `COERCE[shape](value)`, None where nothing of the shape can be made of it; `number`, with its
unit; `circle`, the centre of a circle that stands where something else may. It knows no condition type.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from asyncgeo.schema import units
from asyncgeo.schema.sanitize import plain_number
from asyncgeo.schema.shapes import POINT_NAME, Shape

_PRIMES: Final = str.maketrans({"'": "′", "’": "′", "ʹ": "′", "`": "′", "″": "′′"})
_INDEX: Final = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_NAMES: Final = re.compile(r"[A-Za-z][_{~]*\d*[}~]*['’ʹ′]*")
_KIND: Final = re.compile(
    r"^(?:straight_?line|line_?segment|segment|line|ray|side|angle|triangle|polygon|arc|point|直线|线段|射线|三角形|弧|点)"
    r"(?:[\s_:]+|(?=[A-Z])|(?<=[^a-z]))"
)
"""What a thing is called before its name: line l, segment_AB, 直线AB."""
_SIGNS: Final = re.compile(r"[∠△⊙⌒\s]|\\(?:angle|triangle|odot|overline|widehat)|[{}$](?![\d}])")
_CIRCLE: Final = re.compile(r"(?:circle(?:_?cent(?:er|re))?|⊙|圆|\\odot)[\s_:]*([A-Za-z].*)", re.IGNORECASE)

_PLAIN: Final = r"\d+(?:\.\d+)?"
_LONGEST_NUMBER: Final = 60  # characters, blanks and unit included
_DEGREES: Final = re.compile(rf"({_PLAIN})(?:°|度)(?:({_PLAIN})(?:′|分))?(?:({_PLAIN})(?:′′|秒))?")
_MIXED: Final = re.compile(r"(\d+)\s+(\d+)/(\d+)")
_TERM: Final = re.compile(
    rf"(-)?({_PLAIN})?(?:√\(?({_PLAIN})\)?)?(π)?(?:[/:：∶]({_PLAIN}))?(?:°|度|degrees?|units?|{units.NAMES}s?|[a-z]{{1,2}})?",
    re.IGNORECASE,
)
_FRACTION: Final = re.compile(r"\\?[dt]?frac\{?([^{}]+(?:\{[^{}]*\})?)\}?\{([^{}]+)\}")
_ROOT: Final = re.compile(r"\\?(?:sqrt|√)[({]?([\d.]+)[)}]?")


def point_name(raw: object) -> str | None:
    """`raw` as the name of a point (`A'`, `A_1`, `A_{1}`, `A₁` are read), or None."""
    if not isinstance(raw, str):
        return None
    if POINT_NAME.fullmatch(raw):
        return raw
    name = re.sub(r"[_{}~\s$\\]", "", raw).translate(_PRIMES).translate(_INDEX)
    return name if POINT_NAME.fullmatch(name) else None


def circle(raw: object) -> str | None:
    """The centre of a circle that is called one: `⊙O`, `circle_O`, `{"center": "O"}`, alone in a list or not."""
    if isinstance(raw, list):
        return circle(raw[0]) if len(raw) == 1 else None
    if isinstance(raw, dict):
        return point_name(raw.get("circle_center", raw.get("center")) or circle(raw.get("circle")))
    found = _CIRCLE.fullmatch(raw.strip()) if isinstance(raw, str) else None
    return point_name(found[1]) if found else None


def names(raw: object) -> list[str] | None:
    """Point names out of `["A", "B"]`, `"AB"`, `[["A", "B"]]` or `{"points": …}`; no circle is a name."""
    if isinstance(raw, dict):
        raw = next((raw[key] for key in ("points", "vertices", "endpoints", "segment", "line") if key in raw), None)
    if isinstance(raw, list) and len(raw) == 1:
        return None if circle(raw[0]) else names(raw[0])
    if isinstance(raw, str):
        raw = None if circle(raw) else _NAMES.findall(_SIGNS.sub("", _KIND.sub("", raw.strip())))
    if not isinstance(raw, list):
        return None
    found = [name for name in map(point_name, raw) if name is not None]
    return found if found and len(found) == len(raw) else None


def number(raw: object) -> float | int | None:
    """The number that is written, whatever its unit."""
    return measure(raw)[0]


def measure(raw: object) -> tuple[float | int | None, float | None]:
    """The number that is written, and of how many metres its unit is, if it has one."""
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        return plain_number(raw), None
    if not isinstance(raw, str) or len(raw) > _LONGEST_NUMBER:
        return None, None
    value = _written(_FRACTION.sub(r"\1/\2", raw.strip().strip("$")))
    unit = re.search(rf"({units.NAMES})s?\s*$", raw, re.IGNORECASE)
    return value if value is None else plain_number(round(value, 6)), units.metres(unit[0]) if unit else None


def _written(text: str) -> float | None:
    if mixed := _MIXED.fullmatch(text):
        return int(mixed[1]) + int(mixed[2]) / int(mixed[3]) if int(mixed[3]) else None
    plain = _ROOT.sub(r"√\1", re.sub(r"\\?(?:times|cdot)|[\s*·×$]|\^?\{?\\?circ\}?", _degree, text).translate(_PRIMES))
    plain = re.sub(r"\\?pi", "π", plain)
    if found := _DEGREES.fullmatch(plain):
        whole, minutes, seconds = (float(part or 0) for part in found.groups())
        return whole + minutes / 60 + seconds / 3600
    found = _TERM.fullmatch(plain)
    if found is None or not any(found.groups()[1:4]):
        return None
    sign, factor, root, pi, divisor = found.groups()
    if divisor is not None and not float(divisor):
        return None
    size = float(factor or 1) * math.sqrt(float(root or 1)) * (math.pi if pi else 1) / float(divisor or 1)
    return -size if sign else size


def _degree(found: re.Match[str]) -> str:
    return "°" if "circ" in found[0] else ""


def _exactly(count: int) -> Callable[[object], list[str] | None]:
    def coerce(raw: object) -> list[str] | None:
        found = names(raw)
        return found if found is not None and len(found) == count else None

    return coerce


def _several(one: Callable[[object], Any]) -> Callable[[object], list[Any] | None]:
    def coerce(raw: object) -> list[Any] | None:
        if not isinstance(raw, list):
            return None
        values = [one(item) for item in raw]
        if values and all(value is not None for value in values):
            return values
        alone = one(raw)
        return None if alone is None else [alone]

    return coerce


def _point(raw: object) -> str | None:
    if isinstance(raw, list) and len(raw) == 1:
        raw = raw[0]
    if isinstance(raw, str):
        return point_name(_KIND.sub("", raw.strip())) or circle(raw)
    return circle(raw)


def _ratio(raw: object) -> list[float] | None:
    if isinstance(raw, str):
        raw = re.split(r"[/:：∶]", raw, maxsplit=1)
    if isinstance(raw, (int, float)) and not isinstance(raw, bool):
        raw = [raw, 1]
    if isinstance(raw, list) and len(raw) == 1:
        raw = [raw[0], 1]
    if not isinstance(raw, list):
        return None
    numbers = [found for found in map(number, raw) if found is not None]
    return numbers if len(numbers) == len(raw) else None


def _angle_object(raw: object) -> dict[str, list[str]] | None:
    angle = _exactly(3)(raw)
    return None if angle is None else {"points": angle}


_PAIR: Final = _exactly(2)
_ANGLE: Final = _exactly(3)

COERCE: Final[Mapping[Shape, Callable[[object], Any]]] = {
    Shape.POINT: _point,
    Shape.PAIR: _PAIR,
    Shape.LINE: names,
    Shape.LINES: _several(names),
    Shape.LINES_2: _several(names),
    Shape.SEGMENTS: _several(_PAIR),
    Shape.SEGMENTS_2: _several(_PAIR),
    Shape.ANGLE: _ANGLE,
    Shape.ANGLE_1: _several(_ANGLE),
    Shape.ANGLES_2: _several(_ANGLE),
    Shape.ANGLE_OBJECTS: _several(_angle_object),
    Shape.TRIANGLE: _ANGLE,
    Shape.POINTS_1: names,
    Shape.POINTS_2: names,
    Shape.POINTS_3: names,
    Shape.POLYGONS: _several(names),
    Shape.POLYGONS_2: _several(names),
    Shape.NUMBER: number,
    Shape.COUNT: number,
    Shape.RATIO: _ratio,
}
"""By shape, what makes a value of it."""
