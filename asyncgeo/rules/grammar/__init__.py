"""Every clause kind, in the order in which they read: figures and positions first, for angles depend on them.

In: a match of a clause. Out: its facts. One module a subject, one function a clause kind; clauses read independently
of each other and may read the same words.

What a parse states, where a text can be put in more than one way:
- all that is said, and of what is implied: both ends of a chord, diameter or arc on the circle, the end of a radius,
  the vertices of an inscribed figure and angle, points of tangency, feet on their lines, inside or outside; with ⊙O中
  all that nothing else places, and the vertex of an angle that is asked over an arc;
- a line that is extended is met on its line, not on its segment; other crossings are on both segments;
- no guess: a single letter is an angle only where the text leaves one; what else only the picture shows is left out;
- a diameter as `diameter`, a touch as `tangent_at_point`, a right angle as `angle_value` 90 where it is given as one;
- a height or a perpendicular bisector as `perpendicular`, the latter with its middle where that is named;
- a motion once, with its angle and direction, and not point by point;
- a line of one letter by two of its points, where two are put on it;
- nothing twice: congruent triangles as three equal sides, AB=AC=5 as two lengths;
- an equilateral triangle as its sides, a quadrilateral by its kind;
- nothing of areas, trigonometric ratios and bearings: no condition type holds them; they count as not understood.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from asyncgeo.rules.grammar import (
    angles,
    arcs,
    asked,
    circles,
    compass,
    concentric,
    figures,
    implied,
    lengths,
    lines,
    meetings,
    motions,
    positions,
    silent,
    tangents,
)
from asyncgeo.rules.pattern import Clause

CLAUSES: Final[tuple[Clause, ...]] = tuple(
    clause
    for module in (
        figures,
        circles,
        compass,
        concentric,
        tangents,
        arcs,
        positions,
        lines,
        meetings,
        motions,
        lengths,
        angles,
        implied,
        silent,
    )
    for clause in module.clauses
)

ASKED: Final = tuple(asked.clauses)
"""What a question says by the way, read last."""


def _index() -> Mapping[str, tuple[int, ...]]:
    """The places of clauses by the signs of which each needs one, the fewest; by "" of those that need none."""
    places: dict[str, list[int]] = {}
    for place, clause in enumerate(CLAUSES):
        for sign in min(clause.needs, key=len, default=("",)):
            places.setdefault(sign, []).append(place)
    return {sign: tuple(listed) for sign, listed in places.items()}


_PLACES: Final = _index()


def applicable(signs: str) -> Iterator[Clause]:
    """The clauses that can match a row of these signs, in order: of most, the row lacks a sign that they need."""
    present = {"", *signs}
    found = {place for sign in present if sign in _PLACES for place in _PLACES[sign]}
    return (CLAUSES[place] for place in sorted(found) if not any(map(present.isdisjoint, CLAUSES[place].needs)))
