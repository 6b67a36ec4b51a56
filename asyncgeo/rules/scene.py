"""What a clause can ask of the whole text: which circle, which figure is spoken of.

In: the row of tokens, and the facts as they are read. Out: answers about names. It knows no clause.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.tokens import TokenRow
from asyncgeo.schema.conditions import Condition

DEFAULT_CENTER: Final = "O"  # problems call a circle without a name by its centre O in the figure

_ARCS: Final = SIGN_OF["圆弧"] + SIGN_OF["弧"]
_ROUND: Final = f"[C{SIGN_OF['圆']}{SIGN_OF['半圆']}{SIGN_OF['同心圆']}]"
_IS_CENTER: Final = SIGN_OF["是"] + SIGN_OF["圆心"]
_CENTER: Final = re.compile(
    f"C|(?<!{SIGN_OF['以']})P(?={_IS_CENTER})|P(?={_IS_CENTER}[^.;{_ARCS}]{{0,12}}{_ROUND})"
    f"|(?<={SIGN_OF['圆心']}{SIGN_OF['是']})P"
)
"""⊙O; O in 点O是圆心, 以O为圆心…的圆 and 圆心为O; no centre of an arc, of which problems draw several."""
_SECANT: Final = re.compile(
    f"(?<={SIGN_OF['割线']})(t)|(?<={SIGN_OF['割线']}t{SIGN_OF['和']})(t)"
    f"|(t)(?=(?:{SIGN_OF['和']}t)*{SIGN_OF['是']}[^,;.]{{0,3}}{SIGN_OF['割线']})"
)
"""PAB in 割线PAB and in PAB是⊙O的割线: three points of a line, no triangle."""
_TRIANGLES: Final = frozenset(
    SIGN_OF[word] for word in ("三角形", "直角三角形", "等腰三角形", "等边三角形", "等腰直角三角形", "≌", "∽", "和")
)
"""What may stand before three points that are a triangle."""


def _centers(signs: str) -> list[int]:
    return [found.start() for found in _CENTER.finditer(signs)]


@dataclass(slots=True)
class Scene:
    """The row, how many of its tokens are given (the rest is asked), and the facts so far."""

    row: TokenRow
    given: int
    facts: list[Condition] = field(default_factory=list)

    def circle(self, place: int) -> str:
        """The centre of the circle last named before `place`; else of the first named; else O."""
        named = [(spot, self.row.tokens[spot].points[0]) for spot in _centers(self.row.signs)]
        before = [center for spot, center in named if spot <= place]
        return before[-1] if before else named[0][1] if named else DEFAULT_CENTER

    def centers(self) -> list[str]:
        """The centres of all circles that are named, also by their centre alone; each once."""
        return list(dict.fromkeys(self.row.tokens[spot].points[0] for spot in _centers(self.row.signs)))

    def circles(self, end: int | None = None) -> list[str]:
        """The centres of the circles named as such before `end`, each once."""
        return list(dict.fromkeys(token.points[0] for token in self.row.tokens[:end] if token.sign == "C"))

    def triangle(self, place: int) -> list[str] | None:
        """The triangle last named before `place`, else the first named."""
        named = [(spot, token.points) for spot, token in enumerate(self.row.tokens[: self.given]) if token.sign == "t"]
        before = [points for spot, points in named if spot <= place]
        found = before[-1] if before else named[0][1] if named else None
        return list(found) if found else None

    def polygons(self, *, sure: bool = False) -> Iterator[Sequence[str]]:
        """Every polygon named, the given ones first; where it must be sure, no three points without a word for them."""
        lines = {found.start(found.lastindex or 0) for found in _SECANT.finditer(self.row.signs)}
        for spot, token in enumerate(self.row.tokens):
            is_said = not sure or token.sign != "t" or self.row.signs[spot - 1 : spot] in _TRIANGLES
            if token.sign in "tqg" and spot not in lines and is_said:
                yield token.points

    def on_circle(self) -> list[str]:
        """The points known to be on a circle, in order."""
        return list(dict.fromkeys(fact["point"] for fact in self.facts if fact["type"] == "point_on_circle"))
