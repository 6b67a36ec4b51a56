"""What a clause can ask of the whole text: which circle, which figure is spoken of.

In: the row of tokens, and the facts as they are read. Out: answers about names. It knows no clause.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from asyncgeo.conditions import Condition
from asyncgeo.rules.tokens import Row

DEFAULT_CENTER: Final = "O"  # problems call a circle without a name by its centre O in the figure


@dataclass(slots=True)
class Scene:
    """The row, how many of its tokens are given (the rest is asked), and the facts so far."""

    row: Row
    given: int
    facts: list[Condition] = field(default_factory=list)

    def circle(self, place: int) -> str:
        """The centre of the circle last named before `place`; else of the first named; else O."""
        named = [(spot, token.points[0]) for spot, token in enumerate(self.row.tokens) if token.sign == "C"]
        before = [center for spot, center in named if spot <= place]
        return before[-1] if before else named[0][1] if named else DEFAULT_CENTER

    def triangle(self, place: int) -> list[str] | None:
        """The triangle last named before `place`, else the first named."""
        named = [(spot, token.points) for spot, token in enumerate(self.row.tokens[: self.given]) if token.sign == "t"]
        before = [points for spot, points in named if spot <= place]
        found = before[-1] if before else named[0][1] if named else None
        return list(found) if found else None

    def polygons(self) -> Iterator[Sequence[str]]:
        """Every polygon named, the given ones first."""
        for token in self.row.tokens:
            if token.sign in "tqg":
                yield token.points

    def on_circle(self) -> list[str]:
        """The points known to be on a circle, in order."""
        return list(dict.fromkeys(fact["point"] for fact in self.facts if fact["type"] == "point_on_circle"))
