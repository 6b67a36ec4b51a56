r"""The numbers that a text states, however it writes them: 30°30′, \frac{3}{2}, 3√2, ½, 两倍, 三分之一, twice, 40%.

In: a text, Chinese or English. Out: `Quantities`, which says whether a number of a condition stands
in it. It is generous on purpose: a number that is there in other words costs a question if it is taken for invented,
so what follows from the words at once (90 of 垂直, 60 of an equilateral triangle, half of a diameter, 100 of 1 m) is
there too. It reads no sentence. Pure, in time linear in the text.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import Final

from asyncgeo.rules import numbers

_CLOSE: Final = 0.005  # of the number: 1.41 is √2, and no text means 50.2 by 50
_NUMBER: Final = re.compile(numbers.PATTERN)
_PLAIN: Final = re.compile(r"\d+(?:\.\d+)?")
_DEGREES: Final = re.compile(r"(\d+(?:\.\d+)?)\s*°\s*(?:(\d+(?:\.\d+)?)\s*′(?!′))?\s*(?:(\d+(?:\.\d+)?)\s*′′)?")
_MIXED: Final = re.compile(r"(\d+)\s*(\d+)\s*/\s*(\d+)")
_PERCENT: Final = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_POWER: Final = re.compile(r"(\d+(?:\.\d+)?)\s*×\s*10\s*\^?\s*(\d)")

_DIGITS: Final = {digit: value for value, digit in enumerate("零一二三四五六七八九")} | dict.fromkeys("两俩双", 2)
_TENS: Final = {"十": 10, "百": 100, "千": 1000, "万": 10_000}
_CHINESE: Final = re.compile(f"[{''.join(_DIGITS)}{''.join(_TENS)}]{{1,12}}")
_PART: Final = re.compile(rf"({_CHINESE.pattern})分之({_CHINESE.pattern})")

_WORDS: Final = tuple(
    (re.compile(words), values)
    for words, values in (
        ("半|平分|中点|中线|中位线|half|halve|bisect|midpoint|median", (0.5, 2)),
        ("倍|twice|double|two|pair", (2, 0.5)),
        ("三等分|thrice|triple|three|trisect|third", (3, 1 / 3, 2, 2 / 3)),
        ("四等分|four|quarter", (4, 0.25, 0.75, 3)),
        ("单位|one|unit", (1,)),
        ("five|fifth", (5, 0.2)),
        ("six|sixth", (6, 1 / 6)),
        ("seven", (7, 70)),
        ("eight", (8, 80)),
        ("nine", (9, 90)),
        ("ten", (10,)),
        ("eleven", (11,)),
        ("twelve", (12,)),
        ("twenty", (20,)),
        ("thirty", (30,)),
        ("forty", (40,)),
        ("fifty", (50,)),
        ("sixty", (60,)),
        ("⊥|垂|直角|rt|高|矩形|长方|正方|直径|切|竖直|半圆|互余|余角|正[东西南北]", (90,)),
        ("right|perp|square|rectang|altitude|diameter|tangent|height|vertical|complement|due", (90,)),
        ("平角|直线|上|互补|补角|line|straight|supplement", (180,)),
        ("等边|正三角|正△|正六边|equilateral|hexagon|regular", (60, 120)),
        ("等腰直角|等腰rt|正方|[东西][南北]|square|(?:north|south)(?:east|west)|isosceles right", (45, 90)),
        ("三角[板尺]|set.?square", (30, 45, 60, 90)),
        ("正五边|五角星|pentag", (108, 72, 36)),
        ("正八边|octagon", (135, 45)),
        ("黄金分割|golden", (0.618034, 1.618034)),
    )
)
"""What a word says in numbers."""
_FROM_THE_OTHER_SIDE: Final = re.compile(
    "偏|方向|方位|[余补]角|互[余补]|仰角|俯角|坡|bearing|direction|north|south|complement|supplement|elevation|depression"
)
"""Words of angles that are told from another side of a right or straight angle."""
_HALVED: Final = re.compile("直径|半径|中点|半|倍|平分|对角线|重合|diameter|radi|midpoint|half|twice|bisect|diagonal")
_MEASURED: Final = re.compile(r"[kcdm]?m(?![a-z])|厘米|毫米|分米|千米|公里|米|尺|里|meter|metre|unit")
_SCALES: Final = (10, 100, 1000, 1e4, 1e5, 1e6)


class Quantities:
    """The numbers of one text; what is not there in plain digits is looked for when it is needed.

    `plain` gives the text in one spelling.
    """

    def __init__(self, text: str, plain: Callable[[], str]) -> None:
        self._text = text
        self._spell = plain

    def hold(self, value: float) -> bool:
        """Whether the number stands in the text, or follows from its words at once."""
        return value in self._written or self._says(value) or any(_is_among(value, each) for each in self._others())

    def hold_ratio(self, one: float, other: float) -> bool:
        """Whether the ratio does: both of its numbers, or what they come to."""
        return all(value == 1 or self.hold(value) for value in (one, other)) or any(
            map(self.hold, (one / other, other / one))
        )

    def _says(self, value: float) -> bool:
        """Whether one of the words does."""
        return any(_is_among(value, values) and words.search(self._lower) for words, values in _WORDS)

    def _others(self) -> Iterator[Iterable[float]]:
        yield self._stated
        yield self._implied

    @cached_property
    def _written(self) -> frozenset[float]:
        """In plain digits, as nearly all are."""
        return frozenset(map(float, _PLAIN.findall(self._text)))

    @cached_property
    def _lower(self) -> str:
        return self._spell().lower()

    @cached_property
    def _stated(self) -> frozenset[float]:
        return self._written.union(_stated(self._spell()))

    @cached_property
    def _implied(self) -> frozenset[float]:
        return frozenset(_implied(self._lower, self._stated))


def _is_among(value: float, numbers: Iterable[float]) -> bool:
    size = abs(value)
    return any(abs(number - size) <= _CLOSE * size for number in numbers)


def _stated(plain: str) -> Iterator[float]:
    for found in _NUMBER.finditer(plain):
        if (value := numbers.value(found[0])) is not None:
            yield value
    for found in _DEGREES.finditer(plain):
        whole, minutes, seconds = (float(part or 0) for part in found.groups())
        yield whole + minutes / 60 + seconds / 3600
    for found in _MIXED.finditer(plain):
        if int(found[3]):
            yield int(found[1]) + int(found[2]) / int(found[3])
    yield from (float(found[1]) / 100 for found in _PERCENT.finditer(plain))
    yield from (float(found[1]) * 10 ** int(found[2]) for found in _POWER.finditer(plain))
    for found in _PART.finditer(plain):
        if whole := _chinese(found[1]):
            yield from (_chinese(found[2]) / whole, 1 - _chinese(found[2]) / whole)
    yield from (_chinese(found[0]) for found in _CHINESE.finditer(plain))


def _chinese(written: str) -> int:
    """一百二十 → 120; digits one after the other are read as such."""
    total = digit = 0
    for sign in written:
        if sign in _TENS:
            total += (digit or 1) * _TENS[sign]
            digit = 0
        else:
            digit = digit * 10 + _DIGITS[sign]
    return total + digit


def _implied(plain: str, stated: Iterable[float]) -> Iterator[float]:
    if _FROM_THE_OTHER_SIDE.search(plain):
        yield from (abs(whole - value) for value in stated for whole in (90, 180, 360))
        yield from (whole + value for value in stated for whole in (90, 180))
    if _HALVED.search(plain):
        yield from (value * factor for value in stated for factor in (0.5, 2))
    if _MEASURED.search(plain):
        yield from (value * scale for value in stated for scale in _SCALES)
        yield from (value / scale for value in stated for scale in _SCALES)
