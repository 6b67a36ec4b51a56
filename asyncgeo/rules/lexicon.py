"""The words of geometry problems, whatever their language, and the one sign that stands for each.

In: the spellings of `chinese` and `english`. Out: `CHINESE` and `ENGLISH`, spelling → word, and `SIGN_OF`, word → the
one character that stands for it in a row of tokens. Words are named by their Chinese form, so that a clause pattern
reads nearly like the clause itself; English spellings of the same meaning share the word. A spelling of the word "" is
filler: understood, and of no weight, so that 点D是边AB的中点 and D为AB中点 are one row of tokens.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from asyncgeo.rules import chinese, english

KEPT_AS_WRITTEN: Final = ",;.:+-/=()×"
"""Signs that stand for themselves."""


def _words(table: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {spelling: word for word, spellings in table.items() for spelling in spellings}


def _split(table: Mapping[str, str], mark: str | None) -> Iterator[tuple[str, list[str]]]:
    return ((word, spellings.split(mark)) for word, spellings in table.items())


_SIGNS: Final = {sign: sign for sign in KEPT_AS_WRITTEN}
CHINESE: Final = _words(dict(_split(chinese.SPELLINGS, None))) | _SIGNS
ENGLISH: Final = _words(dict(_split(english.SPELLINGS, "|"))) | _SIGNS | {"⊙": "圆", "、": "和", "⌒": "弧"}

_FIRST: Final = 0xE000  # the private use area: no problem holds these characters
SIGN_OF: Final[Mapping[str, str]] = {
    word: word if word in KEPT_AS_WRITTEN else chr(_FIRST + place)
    for place, word in enumerate(dict.fromkeys((*chinese.SPELLINGS, *english.SPELLINGS, *KEPT_AS_WRITTEN)))
    if word
}
