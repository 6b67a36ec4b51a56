"""Where problems are read and rows are written when little or nothing was named.

In: settings. Out: paths. Light to import, so that commands that only look are quick.
"""

from importlib import resources
from pathlib import Path
from typing import Final

from asyncgeo import config, shards
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


def looked_at(settings: Settings, *, may_come: bool = False) -> tuple[Path, Path | None]:
    """The folder of earlier runs, and where its problems may be.

    Where nothing was named it is the default one if it holds shards, else the sample's, whose input is the sample.
    Raises InputError where there is no such folder, unless it may come.
    """
    source, sample = input_of(settings)
    own, folder = output_of(settings, sample=False), output_of(settings, sample=sample)
    if folder != own and own.is_dir() and shards.find(own):
        folder = own
    _check(folder, may_come=may_come)
    return folder, None if sample and folder == own else source


def _check(folder: Path, *, may_come: bool) -> None:
    if folder.is_dir() or (may_come and not folder.exists()):
        return
    if folder.exists():
        raise InputError(f"{folder} is a file; the folder of a run was expected.", "Name it with --output-dir.")
    raise InputError(
        f"There is no folder {folder}: nothing was run into it yet.",
        "Start a run (asyncgeo run), or name the folder of one with --output-dir.",
    )
