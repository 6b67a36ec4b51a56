"""The formats with a file a problem, by name."""

from typing import Final

from asyncgeo.export.geobuild import GEOBUILD
from asyncgeo.export.ggb import GGB
from asyncgeo.export.newclid import NEWCLID
from asyncgeo.export.options import FigureKind
from asyncgeo.export.piece import FigureFormat
from asyncgeo.export.tikz import TIKZ, TIKZ_DOCUMENT

FORMATS: Final[dict[FigureKind, FigureFormat]] = {"geobuild": GEOBUILD, "ggb": GGB, "newclid": NEWCLID, "tikz": TIKZ}
STANDALONE: Final[dict[FigureKind, FigureFormat]] = {"tikz": TIKZ_DOCUMENT}
"""Those that come as a whole document too."""
