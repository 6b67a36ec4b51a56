"""Where problems are read and rows are written when little or nothing was named.

In: settings. Out: paths. Light to import, so that commands that only look are quick.
"""

import os
from importlib import resources
from pathlib import Path
from typing import Final

from asyncgeo import config, store
from asyncgeo.config import Settings
from asyncgeo.errors import InputError

SAMPLE: Final = Path(str(resources.files("asyncgeo.problems") / "sample"))
SAMPLE_FOLDER: Final = "sample"
"""Inside the default output folder, so that the sample's rows never mix with a person's own."""


def input_of(settings: Settings, *, asks: bool) -> tuple[Path, bool]:
    """The input's path, and whether it is the bundled sample: read where nothing was named and no model is asked.

    Raises InputError where an input was named, or a model is to be asked, and there is nothing to read.
    """
    source = Path(settings.input.dir).expanduser()
    if os.path.exists(source):  # noqa: PTH110  False also where a folder on the way may not be searched
        return source, False
    if _is_named(settings):
        raise InputError(
            f"There is no input {source}, which {settings.origin('input.dir')} names.",
            "Name a folder of <id>.json files or a .jsonl file that is there.",
        )
    if asks:
        raise InputError(
            f"No problems were named, and the default folder {source} is not here.",
            "Name a folder of <id>.json files or a .jsonl file: asyncgeo run --input-dir DIR\n"
            "The bundled sample is read without a model: asyncgeo run --offline",
        )
    return SAMPLE, True


def _is_named(settings: Settings) -> bool:
    """Whether somebody chose the input."""
    return not settings.is_usual("input.dir")


def output_of(settings: Settings, *, sample: bool) -> Path:
    """The folder of shards and dataset."""
    folder = Path(settings.output.dir).expanduser()
    is_default = settings.output.dir == config.Settings().output.dir
    return folder / SAMPLE_FOLDER if sample and is_default else folder


def folder_of(settings: Settings) -> Path:
    """The folder of earlier runs: that of the settings, unless only the sample was read."""
    own, sample = output_of(settings, sample=False), output_of(settings, sample=True)
    return sample if sample.is_dir() and store.find(sample) and not _has_shards(own) else own


def looked_at(settings: Settings, *, may_come: bool = False, reads_input: bool = True) -> tuple[Path, Path | None]:
    """The folder of earlier runs, and where its problems may be.

    Where nothing was named it is the default one if it holds shards, else the sample's, whose input is the sample.
    Raises InputError where there is no such folder, unless it may come, or no input that was named and is to be read.
    """
    if reads_input or not _is_named(settings):
        source, sample = input_of(settings, asks=False)
    else:
        source, sample = Path(settings.input.dir).expanduser(), False
    own, folder = output_of(settings, sample=False), output_of(settings, sample=sample)
    if folder != own and _has_shards(own):
        folder = own
    _check(folder, may_come=may_come)
    return folder, None if sample and folder == own else source


def _has_shards(folder: Path) -> bool:
    return folder.is_dir() and bool(store.find(folder))


def _check(folder: Path, *, may_come: bool) -> None:
    if folder.is_dir() or (may_come and not folder.exists()):
        return
    if folder.exists():
        raise InputError(f"{folder} is a file; the folder of a run was expected.", "Name it with --output-dir.")
    raise InputError(
        f"There is no folder {folder}: nothing was run into it yet.",
        "Start a run (asyncgeo run), or name the folder of one with --output-dir.",
    )
