"""Lengths with units → lengths in one unit: the smallest that a problem names, so that 1 m beside 30 cm is 100.

In: a number as it is written, or a unit's name. Out: the number and its unit, a factor in metres. It knows no
condition and no text.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from asyncgeo.schema.sanitize import plain_number

METRES: Final[Mapping[str, float]] = {
    **dict.fromkeys(("mm", "毫米", "millimeter", "millimetre"), 0.001),
    **dict.fromkeys(("cm", "厘米", "centimeter", "centimetre"), 0.01),
    **dict.fromkeys(("dm", "分米", "decimeter", "decimetre"), 0.1),
    **dict.fromkeys(("m", "米", "meter", "metre"), 1.0),
    **dict.fromkeys(("km", "千米", "公里", "kilometer", "kilometre"), 1000.0),
    **dict.fromkeys(("海里", "nautical mile"), 1852.0),
}
"""How many metres a unit is; by the international definition for the last."""

NAMES: Final = "|".join(sorted(METRES, key=len, reverse=True))
UNIT: Final = re.compile(rf"({NAMES})s?", re.IGNORECASE)


def metres(name: object) -> float | None:
    """How many metres the unit of that name is."""
    found = UNIT.fullmatch(name.strip()) if isinstance(name, str) else None
    return METRES[found[1].lower()] if found else None


def in_smallest(value: float, unit: float, units: Iterable[float]) -> float | int | None:
    """The length in the smallest of these units."""
    return plain_number(round(value * unit / min(units), 6))
