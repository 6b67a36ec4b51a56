"""One unit a problem: 1m beside 30cm is 100 beside 30.

In: the row, and how much of it is given. Out: the row, its lengths in the smallest unit that what is given names, where
it names several. It knows metric units and the mile; a number without a unit stays as it is.
"""

import re
from dataclasses import replace
from typing import Final

from asyncgeo.rules.tokens import Token, TokenRow

_METRES: Final = {
    "km": 1000,
    "千米": 1000,
    "公里": 1000,
    "海里": 1852,  # the international nautical mile
    "里": 500,
    "m": 1,
    "米": 1,
    "meter": 1,
    "dm": 0.1,
    "分米": 0.1,
    "cm": 0.01,
    "厘米": 0.01,
    "centimeter": 0.01,
    "mm": 0.001,
    "毫米": 0.001,
}
_UNIT: Final = re.compile(r"(?:[a-z]+?|[\u4e00-\u9fff]+)(?=s?$)")


def in_one_unit(row: TokenRow, given: int) -> TokenRow:
    """The row with its lengths in one unit."""
    sizes = [_size(token) for token in row.tokens]
    named = {size for size in sizes[:given] if size}
    if len(named) <= 1:
        return row
    least = min(named)
    tokens = [
        token._replace(value=_whole(token.value * size / least)) if size else token
        for token, size in zip(row.tokens, sizes, strict=True)
    ]
    return replace(row, tokens=tuple(tokens))


def _size(token: Token) -> float:
    """The length of the token's unit in metres; 0 of what has none."""
    if token.sign != "n":
        return 0
    found = _UNIT.search(token.text)
    return _METRES.get(found[0], 0) if found else 0


def _whole(value: float) -> float:
    near = round(value, 6)
    return int(near) if near == int(near) else near
