"""Where problems are read and rows are written when little or nothing was named.

In: settings. Out: paths. Light to import, so that commands that only look are quick.
"""

from importlib import resources
from pathlib import Path
from typing import Final

from asyncgeo import config
from asyncgeo.config import Settings
from asyncgeo.errors import InputError

SAMPLE_FOLDER: Final = "sample"
"""Inside the default output folder, so that the sample's rows never mix with a person's own."""


def input_of(settings: Settings) -> tuple[Path, bool]:
    """The input's path, and whether it is the bundled sample: nothing was named, and the default is not there."""
    named = Path(settings.input.dir).expanduser()
    if settings.input.dir != config.DEFAULT_INPUT or named.exists():
        return named, False
    return Path(str(resources.files("asyncgeo") / "sample")), True


def output_of(settings: Settings, *, sample: bool) -> Path:
    """The folder of shards and dataset."""
    folder = Path(settings.output.dir).expanduser()
    is_default = settings.output.dir == config.Settings().output.dir
    return folder / SAMPLE_FOLDER if sample and is_default else folder


def likely_input(settings: Settings) -> Path | None:
    """Where the problems of the output folder may be; the sample belongs to its own folder only."""
    source, sample = input_of(settings)
    return None if sample and output_of(settings, sample=True) == output_of(settings, sample=False) else source


def existing_output(settings: Settings, *, may_come: bool = False) -> Path:
    """The folder of shards of earlier runs. Raises InputError where there is none, unless it may come."""
    folder = output_of(settings, sample=input_of(settings)[1])
    if folder.is_dir() or (may_come and not folder.exists()):
        return folder
    if folder.exists():
        raise InputError(f"{folder} is a file; the folder of a run was expected.", "Name it with --output-dir.")
    raise InputError(
        f"There is no folder {folder}: nothing was run into it yet.",
        "Start a run (asyncgeo run), or name the folder of one with --output-dir.",
    )
