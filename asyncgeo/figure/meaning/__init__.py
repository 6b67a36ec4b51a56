"""What each condition type says about coordinates: one function a type, in one registry.

In: a valid condition. Out: the terms it writes into a `Sketch`. `MEANING` has an entry for every type of
the table; a type added there needs one here. `GIVEN`, `REFLEX` and `ON_CIRCLE` are
what else `compose` has to know of types.
"""

from collections.abc import Callable, Mapping
from typing import Final

from asyncgeo.figure.meaning import angles, circles, lengths, lines, motions, polygons
from asyncgeo.figure.sketch import Coincident, Sketch
from asyncgeo.schema.conditions import TYPE, Condition

Meaning = Callable[[Sketch, Condition], None]

MEANING: Final[Mapping[str, Meaning]] = {
    **lines.MEANING,
    **angles.MEANING,
    **lengths.MEANING,
    **circles.MEANING,
    **polygons.MEANING,
    **motions.MEANING,
}

GIVEN: Final = {**lengths.GIVEN, **circles.GIVEN}
"""Types that give a length, and how long something is by a condition of the type."""

REFLEX: Final = angles.reflex
"""Which conditions give a reflex angle, which none between two rays is."""

ON_CIRCLE: Final = circles.ON_CIRCLE
"""Which fields of a type name points that lie on the circle about `circle_center`."""


def write(sketch: Sketch, condition: Condition, owner: int) -> None:
    """Write the condition's terms into the sketch, as its owner's."""
    sketch.owner = owner
    try:
        MEANING[condition[TYPE]](sketch, condition)
    except Coincident:
        sketch.impossible()
