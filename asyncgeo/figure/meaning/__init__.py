"""What each condition type says about coordinates: one function a type, in one registry.

In: a valid condition. Out: the terms it writes into a `Sketch`. `MEANING` has an entry for every type of
`conditions.TABLE`; a type added there needs one here.
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


def write(sketch: Sketch, condition: Condition, owner: int) -> None:
    """Write the condition's terms into the sketch, as its owner's."""
    sketch.owner = owner
    try:
        MEANING[condition[TYPE]](sketch, condition)
    except Coincident:
        sketch.impossible()
