"""The clauses that state what no type of condition can say, in the text's own words: tan∠ABC=2, 坡度为1:2.

In: a reading. Out: its `unexpressed`. It looks only at clauses that are understood in part or not at all.
"""

import re
from collections.abc import Iterator
from typing import Final

from asyncgeo.rules.read import Reading

_UNSAYABLE: Final = re.compile(
    r"(?:sin|cos|tan|cot)\s*[∠A-Zα-ω]|正弦|余弦|正切|坡度|坡比|偏[东南西北]|比.{1,12}[大小多少高低]\s*\d"
    r"|∠.{1,4}[=是为].{0,5}∠.{1,4}[+-]|∠.{1,4}-\s*∠|[Ss]ine\b|[Cc]osine\b|\bslope\b"
    r"|(?:∠|\b[Aa]ngle\s).{1,8}\d+\s*°?\s*(?:more|less|larger|smaller|greater)\b|\bbearing\b"
    r"|\b(?:centroid|orthocent(?:er|re))\b|\bperimeter\b.*\b(?:more|less|longer|shorter)\b"
)
_UNLESS_READ: Final = re.compile(
    r"面积|周长|体积|弧长|弧.{1,8}长|高.{0,3}\d|距.{0,6}\d|速度|每秒|每小时|坡角|仰角|俯角"
    r"|\b(?:elevation|depression|area|perimeter|circumference|distance|height|speed)\b"
)
"""What a type can say of some things, and of others not: a number that was read from these words is said."""
_SAYS: Final = re.compile(r"[\d√=≈:/]|相等|倍|方向|\bequal|\btwice\b|\bhalf\b|\bcentroid\b|\borthocent")
"""Without a value or a relation a clause names something, and states nothing."""
_KNOWN: Final = re.compile(r"(?:sin|cos|tan)\s*\d|≈|参考|精确")
"""sin35°≈0.57, of a table of values, says nothing of the figure."""


def unexpressed(reading: Reading) -> tuple[str, ...]:
    """The words of what is given that no condition holds."""
    return tuple(dict.fromkeys(_clauses(reading)))


def _clauses(reading: Reading) -> Iterator[str]:
    normal, tokens = reading.normal, reading.row.tokens
    for clause in reading.clauses:
        if clause.share in (1, None):
            continue
        start = tokens[clause.start - 1].end if clause.start else 0
        end = tokens[clause.end].start if clause.end < len(tokens) else len(normal.text)
        if _is_unsayable(normal.text[start:end], is_measured=clause.is_measured):
            yield normal.original[normal.origin(start) : normal.origin(end)].strip(" ,，.．。;；:：、(（\n$")


def _is_unsayable(words: str, *, is_measured: bool) -> bool:
    if not _SAYS.search(words) or _KNOWN.search(words):
        return False
    return bool(_UNSAYABLE.search(words) or (not is_measured and _UNLESS_READ.search(words)))
