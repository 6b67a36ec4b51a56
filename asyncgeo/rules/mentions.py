"""The names of points that a text uses: `△ABC`, `P_1`, `O'`, `angle B A D`.

In: a text, Chinese or English, with LaTeX or without. Out: names in the order of their first use, in time linear in the
text. It is coarse on purpose and knows no grammar: capital letters that stand alone or among capitals, with index and
primes. What may be something else (an article, the letters of choices, a theorem, a unit) is no name, so a text that
names no point yields none.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from asyncgeo.rules.normalise import normalise

_LONGEST: Final = 10_000  # characters looked at; texts of problems have hundreds
_NO_NAMES: Final = dict.fromkeys((*range(0x2160, 0x2189), ord("℃"), ord("℉")), " ")
"""Roman numerals and degrees, which NFKC would make letters of."""
_MARKS: Final = tuple(re.compile(rf"(?<![A-Za-z]){letter}\s*[:.)]") for letter in "ABC")
"""Where the choices of a text begin: `A:115 B:119 C:120 D:123`."""
_NOISE: Final = re.compile(r"\bR[Tt](?=\s*[△∠])|\bA(?=\s+[a-z]{2})|\bI(?=\s+[a-z])")
"""Rt△, the article, the pronoun."""
_RUN: Final = re.compile(r"[A-Za-z][A-Za-z0-9′]*")
_NAME: Final = re.compile(r"[A-Z]\d{0,3}′{0,3}")
_SMALL: Final = re.compile(r"[a-z]")
_THEOREMS: Final = frozenset(("SSS", "SAS", "ASA", "AAS", "HL", "SSA", "AAA", "AA"))


def mentions(text: str) -> list[str]:
    """The names of points in `text`, each once."""
    compatible = unicodedata.normalize("NFKC", text[:_LONGEST].translate(_NO_NAMES))
    plain = normalise(compatible).text
    return list(dict.fromkeys(_found(_NOISE.sub(" ", _without_choices(plain)))))


def _without_choices(plain: str) -> str:
    """The text before its choices."""
    begin, at = None, 0
    for mark in _MARKS:
        found = mark.search(plain, at)
        if found is None:
            return plain
        begin = found.start() if begin is None else begin
        at = found.end()
    return plain[:begin]


def _found(plain: str) -> Iterator[str]:
    for run in _RUN.findall(plain):
        if not _SMALL.search(run) and run not in _THEOREMS:
            yield from _NAME.findall(run)
