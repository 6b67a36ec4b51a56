"""Numbers as problems write them: 12, 1.5, 3/4, √2, 2√3, 3√2/2, 4π, 30°, 22°30′, with or without a unit.

In: the pieces of `PATTERN`. Out: a float. Lengths keep their number; units are dropped, as in published parses.
"""

import math
import re
from typing import Final

_PLAIN: Final = r"\d+(?:\.\d+)?"
_ROOT: Final = rf"√\s*\(?\s*{_PLAIN}\s*\)?"
PATTERN: Final = rf"(?:(?:{_PLAIN}\s*)?{_ROOT}(?:\s*/\s*\d+)?|{_PLAIN}(?:\s*/\s*{_PLAIN}(?!\s*°))?)(?:\s*π)?"
DEGREES: Final = r"\s*°(?:\s*(?P<minutes>\d{1,2})\s*′)?"
_UNITS: Final = (
    r"km|cm|dm|mm|m|厘米|毫米|分米|千米|公里|海里|里|米|尺|个?单位(?:长度)?"
    r"|units?\b|(?:centi|milli|kilo)?met(?:er|re)s?\b|feet\b|ft\b|inch(?:es)?\b|yards?\b|miles?\b"
)
_SQUARES: Final = r"(?:cm|dm|mm|km|m)\s*[²2](?!\d)|(?:square|sq\.?)\s+[a-z]+\b|平方(?:厘米|分米|毫米|千米|公里|米|单位)"
UNIT: Final = rf"\s*(?:{_SQUARES}|(?:{_UNITS})(?![a-z²2]))"

_LARGEST: Final = 1e9  # no figure is drawn in larger ones; it also keeps every number within JSON's integers

_PARTS: Final = re.compile(rf"({_PLAIN})?\s*(?:√\s*\(?\s*({_PLAIN})\s*\)?)?\s*(?:/\s*({_PLAIN}))?")


def value(text: str, minutes: str | None = None) -> float | None:
    """The number that `text` writes, minutes of arc added; None where it divides by zero or is absurdly large."""
    found = _PARTS.match(text)
    if found is None or not any(found.groups()):
        return None
    factor, root, divisor = found.groups()
    number = (
        float(factor or 1) * math.sqrt(float(root or 1)) / float(divisor or 1)
        if divisor is None or float(divisor)
        else math.inf
    )
    number = number * (math.pi if "π" in text else 1) + int(minutes or 0) / 60
    if not number < _LARGEST:
        return None
    return int(number) if number == int(number) else round(number, 6)
