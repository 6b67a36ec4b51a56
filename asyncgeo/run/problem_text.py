"""The points that a text names, and whether a circle of it has no name.

In: a text, Chinese or English. Out: `Named`. It is more generous than `rules.mentions`: a letter that may be a name is
one here, as in "ABcm" or "pointA", because a point taken for invented costs a question and a fact. Pure, in time linear
in the text.
"""

import re
import unicodedata
from functools import cached_property, lru_cache
from typing import Final

from asyncgeo import rules
from asyncgeo.rules import numbers
from asyncgeo.rules.normalise import normalise
from asyncgeo.run.quantities import Quantities
from asyncgeo.schema import units

_LONGEST: Final = 10_000  # characters looked at; texts of problems have hundreds
_PROOF: Final = 2  # names a text must have; a single letter may be a product, a size, a letter on a chart
_IDEOGRAPH: Final = re.compile("[\u4e00-\u9fff]")
_ANY: Final = re.compile(r"[A-Z]\d{0,3}′{0,3}")
_APART: Final = re.compile(r"[A-Z]\d{0,3}′{0,3}(?![a-z])|(?<=[A-Z])[A-Z]")
"""In English a capital before a small letter begins a word, unless another capital is before it, as in ABand."""
_SMALL: Final = re.compile(r"(?<![A-Za-z\\])[a-zα-ω]\d{0,3}′{0,3}(?![A-Za-z])")
_CIRCLE: Final = re.compile(
    r"[圆弧弦⊙⌒]|直径|半径|切线|内心|外心|circle|arc\b|chord|diameter|radi|tangent|incent", re.IGNORECASE
)
_WITH_NAME: Final = re.compile(r"(?:⊙|圆心?为?点?|circles?(?:\s+with\s+cent(?:er|re))?)\s*[A-Z]", re.IGNORECASE)
_WITHOUT_NAME: Final = re.compile(
    r"(?<![接切])圆(?![心周上内外的形\s⊙A-Z]|\()|半圆(?![\s⊙A-Z])|[Cc]ircle(?!s?\s+(?:[A-Z]|with)|s?\s*⊙)"
)
_LENGTH: Final = re.compile(rf"({numbers.PATTERN})\s*({units.NAMES})(?!\s*(?:[a-z0-9²^/]|每|平方))", re.IGNORECASE)


class Text:
    """What a text holds; each is looked for when it is needed, and once."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def sure(self) -> list[str]:
        """The points that it names beyond doubt."""
        return rules.mentions(self._text)

    @property
    def is_proof(self) -> bool:
        """Whether it names so many that other names are none of its own."""
        return len(self.sure) >= _PROOF

    @cached_property
    def points(self) -> frozenset[str]:
        """Whatever may be a point of it."""
        wide = (_ANY if _IDEOGRAPH.search(self._plain) else _APART).findall(self._plain)
        return frozenset((*self.sure, *wide, *_SMALL.findall(self._plain)))

    @cached_property
    def has_unnamed_circle(self) -> bool:
        """Whether there is a circle whose centre has no name."""
        named, unnamed = _WITH_NAME.search(self._plain), _WITHOUT_NAME.search(self._plain)
        return bool(_CIRCLE.search(self._plain) and (unnamed or not named))

    @cached_property
    def quantities(self) -> Quantities:
        """Its numbers."""
        return Quantities(self._text[:_LONGEST], lambda: self._plain)

    @cached_property
    def lengths(self) -> list[tuple[float, float]]:
        """Its lengths that have a unit, each with the metres that the unit is."""
        found = ((numbers.value(each[1]), units.metres(each[2])) for each in _LENGTH.finditer(self._plain))
        return [(value, unit) for value, unit in found if value is not None and unit is not None]

    def says(self, clause: str) -> bool:
        """Whether the clause stands in it word for word, blanks aside."""
        return clause in self._plain.replace(" ", "")

    @cached_property
    def _plain(self) -> str:
        """It in one spelling of its signs."""
        return normalise(unicodedata.normalize("NFKC", self._text[:_LONGEST]).replace("⁄", "/")).text


@lru_cache(64)  # a text is looked at when its answer comes, and when a second one does
def text_of(text: str) -> Text:
    """What the text holds."""
    return Text(text)
