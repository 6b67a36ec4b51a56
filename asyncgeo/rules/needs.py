"""Which signs a pattern needs: most texts are spared most searches.

In: a pattern as it is written. Out: `needs`, sets of signs of each of which every match holds one, and `Places`, which
finds, of many patterns, those that can match a row. It knows no clause and no rule.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF

_CLASS: Final = re.compile(r"\[[^\]]*\][?*+]?|\{0[^}]*\}\??")
_TIMES: Final = re.compile(r"\{\d[^}]*\}\??")
_INNERMOST: Final = re.compile(r"(?:\((?P<look>\?<?[=!])?|\{\w+:)(?P<held>[^(){}]*)[)}](?P<times>[?*]?)")
_WORD: Final = re.compile(r"[\u4e00-\u9fff∥⊥≌∽≠]+(?![\u4e00-\u9fff?*])|§\d+|(?<![A-Za-z\\])[A-Za-z]+(?![A-Za-z?*])")
_NAMED: Final = {
    **dict.fromkeys(("S", "Ss", "s"), "s"),
    **dict.fromkeys(("L", "Ls"), "sl"),
    **dict.fromkeys(("G", "Gs"), "tqg"),
    **dict.fromkeys(("P", "Ps"), "P"),
    **dict.fromkeys(("C", "Cs"), "C"),
    **dict.fromkeys(("X", "Xs", "x"), "X"),
    **{sign: sign for sign in "tqglnd"},
    "T": "t",
    "Q": "q",
    "v": "nd",
    "K": "C" + "".join(SIGN_OF[word] for word in ("圆", "半圆", "大圆", "内切圆", "外接圆")),
}
"""The signs of which a name or a value is one."""


def needs(written: str) -> tuple[frozenset[str], ...]:
    """Of a pattern, sets of signs of each of which every match holds one, of words and names that may not lack.

    Brackets are looked at from within: what they need stands in their place, as §0, §1, …
    """
    choices: list[frozenset[str]] = []

    def within(found: re.Match[str]) -> str:
        if found["look"] or found["times"]:
            return " * " if found["times"] else " "
        if "|" not in found["held"]:
            return f" {found['held']} "
        ways = [_held(way, choices) for way in found["held"].split("|")]
        if not all(ways):
            return " "
        choices.append(frozenset().union(*(min(way, key=len) for way in ways)))
        return f" §{len(choices) - 1} "

    outside = _TIMES.sub("", _CLASS.sub(" ", written))
    while (shorter := _INNERMOST.sub(within, outside)) != outside:
        outside = shorter
    return () if "|" in outside else tuple(_held(outside, choices))


def _held(part: str, choices: Sequence[frozenset[str]]) -> list[frozenset[str]]:
    """What the words of a part need, one set each."""
    words = _WORD.findall(part)
    return [
        choices[int(word[1:])] if word[0] == "§" else frozenset(_NAMED.get(word) or (SIGN_OF[word],))
        for word in words
        if word in SIGN_OF or word in _NAMED or word[0] == "§"
    ]


_COMMON: Final = frozenset("sPXdnCt,;=") | set(
    map(SIGN_OF.__getitem__, ("是", "在", "和", "上", "中", "于", "交", "三角形"))
)
"""Signs that most texts have: a pattern is found by another, where it needs one."""


class Places:
    """Places of patterns, by the signs that they need."""

    def __init__(self, needed: Sequence[tuple[frozenset[str], ...]]) -> None:
        signs = sorted({sign for sets in needed for one in sets for sign in one})
        self._bit = {sign: 1 << place for place, sign in enumerate(signs)}
        self._masks = [tuple(sum(self._bit[sign] for sign in one) for one in sets) for sets in needed]
        self._by_sign: dict[str, list[int]] = {}
        for place, sets in enumerate(needed):
            for sign in min(sets, key=lambda one: (bool(one & _COMMON), len(one)), default=frozenset(("",))):
                self._by_sign.setdefault(sign, []).append(place)

    def able(self, signs: str, first: int = 0) -> Iterator[int]:
        """The places, from the first on, of patterns that can match a row of these signs, in order."""
        present, found = {"", *signs}, set[int]()
        for sign in present & self._by_sign.keys():
            found.update(self._by_sign[sign])
        held = sum(self._bit.get(sign, 0) for sign in present)
        for place in sorted(found):
            if place < first:
                continue
            for mask in self._masks[place]:
                if not held & mask:
                    break
            else:
                yield place
