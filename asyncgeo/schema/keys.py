r"""A choice or an answer as text → its amount: `6cm`, `\frac{3}{2}`, `2√{3}-2`, `4/3π`, `30°30′`, `1∶√3`, `约5.7米`.

In: text as collections write it, Chinese or English, LaTeX or not. Out: an `Amount` in the unit it names; what says
that there is none (`Special`); None for a text that is neither, or several (70°或140°). It knows no problem.

A sum of products is read: numbers, roots, π, brackets, + − × ÷ /, and a mixed number (`1\frac{1}{2}`). What is left
over, a letter or a word, makes the whole text unread: no part of a text is taken for all of it.
"""

import math
import re
from functools import lru_cache
from typing import Final, Literal

import msgspec

from asyncgeo.schema import units
from asyncgeo.schema.asked import AnswerKey, Asked, Dimension

Special = Literal["none of these", "undetermined"]


class Amount(msgspec.Struct, frozen=True, omit_defaults=True):
    """A number with what its unit says: `dimension` is None without a unit, `metres` is the unit's length.

    `digit` is the value of the last digit written, 0.1 of 5.7 and 1 of 12; 0 of what is exact, as 3/2 and √2.
    """

    value: float
    dimension: Dimension | None = None
    metres: float | None = None
    digit: float = 0.0


_LONGEST: Final = 80  # characters; a choice that is a number has some ten
_SPECIAL: Final[dict[Special, re.Pattern[str]]] = {
    "none of these": re.compile(
        r"(?:以上|上述)?(?:答案|选项|结论|说法)?(?:均|都|全)(?:不对|不正确|错误?|不是)|其他(?:答案)?"
        r"|none\s+of\s+(?:these|the\s+above|them)|no\s+correct\s+(?:answer|choice)",
        re.IGNORECASE,
    ),
    "undetermined": re.compile(
        r"(?:不能|无法|不可以?|不)\s*(?:确定|求出?|计算)|不能判断|无法判断|与.{1,12}有关"
        r"|(?:cannot|can\s*not|can't)\s+be\s+(?:determined|found|calculated)|cannot\s+(?:determine|tell)"
        r"|not\s+enough\s+information|undetermined",
        re.IGNORECASE,
    ),
}
_LETTERED: Final = re.compile(r"\s*[(（]?[A-H][)）.．、:：]\s*(?=\S)")
"""`A. 30°`: the letter of a choice before its text; no collection uses more than eight."""


def amount(text: str) -> Amount | Special | None:
    """What the text says."""
    return None if len(text) > _LONGEST else _amount(text)


@lru_cache(4096)
def _amount(text: str) -> Amount | Special | None:
    plain = _LETTERED.sub("", text, count=1).strip()
    for special, pattern in _SPECIAL.items():
        if pattern.fullmatch(plain.rstrip("。.")):
            return special
    return _value(_plain(plain))


_CHOSEN: Final = re.compile(
    r"(?:故|因此|所以|答案|应)?(?:本题)?(?:应?选择?|答案[为是]?)[:：]?\s*[(（]?([A-H])[)）]?(?![A-Za-z=∠°])"
    r"|\banswer\s*(?:is|:)?\s*\(?([A-H])\)?(?![A-Za-z])"
)
_LETTER: Final = re.compile(r"\s*[(（]?([A-H])[)）.．、。]?\s*")


def chosen(answer: str) -> int | None:
    """The choice that an answer names by its letter, counted from 0: "B", or a solution that closes with 故选:B."""
    letter = _LETTER.fullmatch(answer)
    closing = _CHOSEN.findall(answer[-_CLOSING:]) if letter is None else [(letter[1], "")]
    return ord("".join(closing[-1])) - ord("A") if closing else None


_CLOSING: Final = 60
"""Characters at the end of a solution in which it names its choice."""


def keyed(key: AnswerKey) -> Amount | Special | None:
    """The right answer: the choice that the label names, else the answer where it is one amount.

    A key whose label and solution name two choices is none.
    """
    if key.label is not None and 0 <= key.label < len(key.choices):
        if chosen(key.answer) not in (None, key.label):
            return None
        return amount(key.choices[key.label])
    return amount(key.answer) if key.answer else None


def expected(found: Amount, asked: Asked) -> tuple[float, float] | None:
    """The amount in the figure's unit, and by how much the true value may differ from it; None: of another kind.

    A number without a unit is of the kind that is asked. Where the text asks for a rounded answer, or the amount is a
    decimal fraction, half of its last digit is allowed: 5.7 may be 5.66. Of an exact one, nothing.
    """
    if found.dimension is not None and found.dimension != asked.dimension:
        return None
    scale = 1.0
    if found.metres and asked.metres and asked.dimension in _POWERS:
        scale = (found.metres / asked.metres) ** _POWERS[asked.dimension]
    is_rounded = asked.rounded or 0 < found.digit < 1
    return found.value * scale, found.digit * scale / 2 if is_rounded else 0.0


_POWERS: Final[dict[Dimension, int]] = {"length": 1, "area": 2}

_SAME: Final = str.maketrans(
    {
        **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
        **dict.fromkeys("−–—﹣", "-"),
        **dict.fromkeys("·•×∙⋅", "*"),
        **dict.fromkeys("∶：", ":"),
        **dict.fromkeys("∘˚º", "°"),
        **dict.fromkeys("'’‘ʹ´", "′"),
        **dict.fromkeys("⅟⁄∕", "/"),
        "÷": "/",
        "±": "!",
        "½": "(1/2)",
        "¼": "(1/4)",
        "¾": "(3/4)",
        "⅓": "(1/3)",
        "⅔": "(2/3)",
        "〖": "(",
        "〗": ")",
    }
)
_WRITTEN: Final = (
    (re.compile(r"\\(?:text|mathrm|mathbf|rm|operatorname)\s*\{([^{}]*)\}"), r"\1"),
    (re.compile(r"\\(?:left|right|displaystyle|,|;|!|quad|qquad)|\$|~"), ""),
    (re.compile(r"\^\s*\{?\s*\\?(?:circ|°)\s*\}?|\\(?:degree|circ)(?![a-z])|degrees?\b|度"), "°"),
    (re.compile(r"\^\s*\{?\s*\\prime\s*\}?|\\prime|分(?=$)"), "′"),
    (re.compile(r"\\(?:times|cdot)(?![a-z])"), "*"),
    (re.compile(r"\\pi(?![a-z])|\bpi\b|兀|л"), "π"),
    (re.compile(r"\\%"), "%"),
    (re.compile(r"\\?sqrt(?![a-z])"), "√"),
    (re.compile(r"\\[dt]?frac\s*(\d)\s*(\d)(?!\d)"), r"\\frac{\1}{\2}"),
)
_FRACTION: Final = re.compile(r"\\?[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_MIXED: Final = re.compile(r"(?<![\d.])(\d+)(?:\s*\\[dt]?frac\s*\{(\d+)\}\s*\{(\d+)\}|\s+(\d+)/(\d+)(?!\d))")
_BRACES: Final = re.compile(r"\{([^{}\\]*)\}")


def _plain(text: str) -> str:
    """The text in one spelling, with brackets where LaTeX has braces."""
    plain = text.translate(_SAME)
    for pattern, put in _WRITTEN:
        plain = pattern.sub(put, plain)
    plain = _MIXED.sub(lambda found: f"({found[1]}+{found[2] or found[4]}/{found[3] or found[5]})", plain)
    for _ in range(4):  # roots within fractions within roots: no choice is deeper
        before = plain
        plain = _FRACTION.sub(r"((\1)/(\2))", re.sub(r"√\s*\{([^{}\\]*)\}", r"√(\1)", plain))
        if plain == before:
            break
    return _BRACES.sub(r"(\1)", plain).strip().rstrip("。.;,，").strip()


_PIECE: Final = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<sign>[-+*/()√π]))")
_ABOUT: Final = re.compile(r"(?:大?约为?|≈|about|approximately|approx\.?)\s*", re.IGNORECASE)
_ANGLE: Final = re.compile(r"(\d+(?:\.\d+)?)°(?:(\d+(?:\.\d+)?)(?:′(?!′)|分))?(?:(\d+(?:\.\d+)?)(?:′′|″|秒))?")
_SQUARE: Final = re.compile(
    rf"(?:平方|square\s+|sq\.?\s*)(?P<before>{units.NAMES}|单位|unit)s?"
    rf"|(?P<after>{units.NAMES}|unit)s?\s*(?:\^\s*\(?2\)?|²|2)",
    re.IGNORECASE,
)
_LENGTH: Final = re.compile(
    rf"(?P<metric>{units.NAMES})s?|个?单位(?:长度)?|units?|里|尺|feet|foot|ft|inch(?:es)?|in|yards?|miles?",
    re.IGNORECASE,
)
_HIGHEST: Final = 1e12
_NO_AMOUNT: Final = (ValueError, ZeroDivisionError, OverflowError)


def _value(text: str) -> Amount | None:
    """The amount that a text in one spelling is."""
    found = _ABOUT.match(text)
    text = text[found.end() :] if found else text
    if angle := _ANGLE.fullmatch(text):
        return _angle(*angle.groups())
    try:
        left, _, right = text.partition(":")
        return _ratio(left, right) if right else _measured(text)
    except _NO_AMOUNT:
        return None


def _angle(degrees: str, minutes: str | None, seconds: str | None) -> Amount:
    size = float(degrees) + float(minutes or 0) / 60 + float(seconds or 0) / 3600
    return Amount(size, "degrees", digit=_digit(degrees) if minutes is None and seconds is None else 1 / 60)


def _ratio(left: str, right: str) -> Amount | None:
    """1:√3; a ratio of three is no number."""
    (one, first), (other, second) = _sum(left), _sum(right)
    return Amount(one / other, "number") if first == len(left) and second == len(right) else None


def _measured(text: str) -> Amount | None:
    """A sum with what its unit says."""
    value, end = _sum(text)
    if not abs(value) < _HIGHEST:
        return None
    digit = _digit(text[:end].strip()) if _is_plain(text[:end]) else 0.0
    unit = text[end:].strip()
    if unit in ("", "°", "%"):
        scale = 0.01 if unit == "%" else 1.0
        return Amount(value * scale, _BY_SIGN[unit], digit=digit * scale)
    if square := _SQUARE.fullmatch(unit):
        return Amount(value, "area", units.metres(square["before"] or square["after"]), digit)
    if length := _LENGTH.fullmatch(unit):
        return Amount(value, "length", units.metres(length["metric"]), digit)
    return None


_BY_SIGN: Final[dict[str, Dimension | None]] = {"": None, "°": "degrees", "%": "number"}


def _is_plain(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdigit()


def _digit(number: str) -> float:
    """The value of the last digit."""
    return 10.0 ** -len(number.partition(".")[2])


def _sum(text: str, place: int = 0) -> tuple[float, int]:
    """The sum that begins there, and where it ends."""
    total, place = _product(text, place)
    while (sign := _sign(text, place)) and sign[0] in "+-":
        term, place = _product(text, sign[1])
        total += term if sign[0] == "+" else -term
    return total, place


def _product(text: str, place: int) -> tuple[float, int]:
    """Factors with ×, / or nothing between them: 4/3π is four thirds of π."""
    sign = _sign(text, place)
    if sign and sign[0] == "-":
        value, place = _product(text, sign[1])
        return -value, place
    value, place = _factor(text, place)
    while sign := _sign(text, place):
        if sign[0] in "*/":
            factor, place = _factor(text, sign[1])
            value = value * factor if sign[0] == "*" else value / factor
        elif sign[0] in "√π(":
            factor, place = _factor(text, place)
            value *= factor
        else:
            break
    return value, place


def _factor(text: str, place: int) -> tuple[float, int]:
    """A number, a root, π, or a sum in brackets. Raises ValueError for anything else."""
    found = _PIECE.match(text, place)
    if found is None:
        raise ValueError(text)
    if found["number"]:
        return float(found["number"]), found.end()
    if found["sign"] == "π":
        return math.pi, found.end()
    if found["sign"] == "√":
        value, place = _factor(text, found.end())
        return math.sqrt(value), place
    if found["sign"] != "(":
        raise ValueError(text)
    value, place = _sum(text, found.end())
    closing = _sign(text, place)
    if closing is None or closing[0] != ")":
        raise ValueError(text)
    return value, closing[1]


def _sign(text: str, place: int) -> tuple[str, int] | None:
    """The sign that comes next, and where it ends."""
    found = _PIECE.match(text, place)
    return (found["sign"], found.end()) if found and found["sign"] else None
