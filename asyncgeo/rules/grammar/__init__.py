"""Every clause kind, in the order in which they read: figures and positions first, for angles depend on them.

In: a match of a clause. Out: its facts. One module a subject, one function a clause kind; clauses read independently
of each other and may read the same words.

What a parse states, where a text can be put in more than one way; `schema.canonical` has the last word:
- all that is said, and of what is implied: both ends of a chord, diameter or arc on the circle, the end of a radius,
  the vertices of an inscribed figure and angle, points of tangency, feet on their lines; with ⊙O中 all that nothing
  else places, and the vertex of an angle that is asked over an arc;
- a line that is extended, or called a line, is met on its line, other lines on their segment; what is worded so
  (D在BC上, D是BC的中点) outranks what follows from a crossing;
- no guess: a single letter is an angle only where the text leaves one, else the text is refused; its arms end at the
  far point of their ray; what else only the picture shows is left out;
- a touch as `tangent_at_point`, which puts it on its line too, a right angle as `angle_value` 90 where it is given so;
- 垂直平分线DE is `perpendicular_bisector`; one of which two points are named is the line through them, one of which a
  single point is named makes it as far from both ends;
- a height is `perpendicular` with its foot on the line of the side; an incircle touches each side, at the point named;
- a secant PAB has A between P and B; a bisector of a triangle ends on the opposite side, where nothing else places it;
- a point of a semicircle whose diameter is known is on that arc;
- an arc keeps its kind: 劣弧, 优弧, 半圆弧; its measure is `arc_measure`, and equal arcs have equal chords;
- the radius of a circle is `radius`, so is half of a diameter without a name; of a sector, and of
  one of two circles about one centre, it is the length of a segment;
- a motion holds the points whose images are said, in the order of the figure, with centre, angle, direction or axis
  as told; the points that stay belong to it where the whole figure is known;
- a line of one letter by two of its points, where two are put on it; an unnamed circle is around O;
- congruent figures as `congruence`; AB=AC=5 as two lengths; one unit a problem, the smallest that is named;
- a question says by the way which diameter, chord, height or exterior angle it is about;
- areas of polygons, and AB=2CD+1, have types; trigonometric ratios, bearings, slopes, distances to lines, differences
  of angles and of perimeters have none, and stand in their own words under `unexpressed`.
"""

from collections.abc import Iterator
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
from asyncgeo.rules.needs import Places
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


_PLACES: Final = Places([clause.needs for clause in CLAUSES])


def applicable(signs: str) -> Iterator[Clause]:
    """The clauses that can match a row of these signs, in order: of most, the row lacks a sign that they need."""
    return (CLAUSES[place] for place in _PLACES.able(signs))
