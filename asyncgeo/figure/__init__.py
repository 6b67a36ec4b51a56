"""The figure of a parse: conditions and objects → coordinates, or which conditions contradict each other.

Loads numpy, which takes a tenth of a second: imported where a figure is drawn, not at the top of a module.
"""

from asyncgeo.figure.compare import Comparison, compare
from asyncgeo.figure.conflicts import Conflict, find_conflict
from asyncgeo.figure.draw import Figure, Point, draw
from asyncgeo.figure.effort import Deadline
from asyncgeo.figure.nicest import draw_nicely
from asyncgeo.figure.svg import render

__all__ = [
    "Comparison",
    "Conflict",
    "Deadline",
    "Figure",
    "Point",
    "compare",
    "draw",
    "draw_nicely",
    "find_conflict",
    "render",
]
