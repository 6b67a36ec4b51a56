"""What an export is asked for, and what came of it.

In: nothing. Out: types that cost nothing to load, so that `--help` and the API know them without loading numpy.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # the dataset's code is not needed to know what is asked for
    from asyncgeo.dataset.quality import OnlyQuality

FigureKind = Literal["geobuild", "ggb", "newclid", "tikz"]
"""Formats with a file a problem."""
ExportProgress = Callable[[int, int], None]
"""Problems done, problems in all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOptions:
    """Which parses, and how.

    `ids` are the only ones; `only` those that a verdict lets through. `standalone` makes of a TikZ picture a document.
    `force` replaces files that no export wrote.
    """

    ids: Sequence[str] | None = None
    only: "OnlyQuality | None" = None
    standalone: bool = False
    force: bool = False
    processes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HubOptions:
    """What of a folder goes into a dataset for the Hub, and what its card says.

    `split` is as a merge takes it: "train=0.8,test=0.2". `licence` is the Hub's word for it: "mit", "cc-by-4.0".
    """

    only: "OnlyQuality | None" = None
    split: str | None = None
    seed: int = 0
    licence: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and what was not.

    `not_drawn` gives the state of figures that there are none of, by id; `unsaid` what the format could not say, in
    words, by id.
    """

    output: Path
    written: int
    not_drawn: dict[str, str] = field(default_factory=dict)
    unsaid: dict[str, tuple[str, ...]] = field(default_factory=dict)
