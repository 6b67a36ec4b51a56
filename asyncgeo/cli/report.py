"""`asyncgeo report`: everything a folder holds of its problems and runs, as one page."""

import time
from pathlib import Path
from typing import Final

from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.streams import SafeConsole, progress_bar
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.schema.words import counted
from asyncgeo.store.lock import holders
from asyncgeo.views.report.gather import Extent
from asyncgeo.views.report.written import WrittenReport, write_report

INTERVAL: Final = 5.0
"""Seconds between two reports of a run that goes on, at least …"""
_SHARE: Final = 0.1
"""… and no more of the time than this is spent on them."""


def report(flags: Overrides, file: Path | None, output: Path | None, extent: Extent, *, watch: bool = False) -> None:
    """Write the report of the settings' folder; with `watch` again and again, while a run goes on there.

    Raises ConfigError, InputError or ShardError.
    """
    settings = config.load(file, flags=flags)
    _, given = flags["input.dir"]
    named = None if given is None else Path(str(given))
    while True:
        began = time.monotonic()
        with progress_bar("drawing") as progress:
            found = write_report(settings, named, output, extent, progress)
        _show(found)
        if not (watch and holders(found.folder)):
            return
        time.sleep(max(INTERVAL, (time.monotonic() - began) / _SHARE))


def _show(found: WrittenReport) -> None:
    size = found.path.stat().st_size / 1e6
    held = f"{counted(found.problems, 'problem')}, {counted(found.runs, 'run')}, {counted(found.figures, 'figure')}"
    console = SafeConsole(highlight=False)
    console.print(f"[bold]{escape(printable(str(found.path)))}[/bold]: {held}, {size:.1f} MB", soft_wrap=True)
    if found.choice:
        console.print(f"Its table shows {found.choice}. Others: --limit N.", soft_wrap=True)
