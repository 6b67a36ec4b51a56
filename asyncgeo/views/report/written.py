"""A folder of the settings → its report on disk.

In: settings, and what was named beside them. Out: the file, and how much it shows. It prints nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from asyncgeo.config import Settings
from asyncgeo.llm import prices
from asyncgeo.run.places import looked_at
from asyncgeo.views.report.gather import Extent, gathered, write
from asyncgeo.views.report.page import render

NAME: Final = "report.html"
FIGURES: Final = 500
"""Problems whose figures are drawn by default; one takes a core about 20 ms."""


@dataclass(frozen=True, slots=True)
class WrittenReport:
    """A report: its file, the folder it is about, how much it holds; `choice` says what of more problems it shows."""

    path: Path
    folder: Path
    problems: int
    runs: int
    figures: int
    choice: str = ""


def write_report(
    settings: Settings,
    named: Path | None,
    target: Path | None,
    extent: Extent,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> WrittenReport:
    """Write the report of the settings' folder to `target`, else into it; `named` is the input that was named.

    `progress` hears of figures drawn. Raises InputError or ShardError.
    """
    folder, likely = looked_at(settings)
    path = target or folder / NAME
    with gathered(
        folder, lambda model: prices.tariff(settings, model), named, likely, extent, progress=progress
    ) as found:
        write(path, render(found.content))
    runs = len(found.content.runs)
    return WrittenReport(path, folder, found.rows, runs, found.pictures.found, found.content.choice or "")
