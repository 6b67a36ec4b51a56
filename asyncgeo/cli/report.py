"""`asyncgeo report`: everything a folder holds of its problems and runs, as one page."""

from pathlib import Path
from typing import Final, Literal

from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.errors import printable
from asyncgeo.llm import prices
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import looked_at
from asyncgeo.schema.words import counted
from asyncgeo.views.report import choice, render
from asyncgeo.views.report.gather import Extent, gathered, write

NAME: Final = "report.html"
FIGURES: Final = 500
"""Problems whose figures are drawn by default; one takes a core about 20 ms."""


def report(
    flags: Overrides,
    file: Path | None,
    output: Path | None,
    *,
    figures: int = FIGURES,
    limit: int = choice.MOST,
    only: Literal["contradictory"] | None = None,
) -> None:
    """Write the report of the settings' folder. Raises ConfigError, InputError or ShardError."""
    settings = config.load(file, flags=flags)
    folder, likely = looked_at(settings)
    target = output or folder / NAME
    _, given = flags["input.dir"]
    named = None if given is None else Path(str(given))

    with (
        progress_bar("drawing") as progress,
        gathered(
            folder,
            lambda model: prices.tariff(settings, model),
            named,
            likely,
            Extent(figures, limit, only),
            progress=progress,
        ) as found,
    ):
        write(target, render(found.content))
    runs, size = len(found.content.runs), target.stat().st_size / 1e6
    figures_drawn = counted(found.pictures.found, "figure")
    held = f"{counted(found.rows, 'problem')}, {counted(runs, 'run')}, {figures_drawn}, {size:.1f} MB"
    console = SafeConsole(highlight=False)
    console.print(f"[bold]{escape(printable(str(target)))}[/bold]: {held}", soft_wrap=True)
    if found.content.choice:
        console.print(f"Its table shows {found.content.choice}. Others: --limit N.", soft_wrap=True)
