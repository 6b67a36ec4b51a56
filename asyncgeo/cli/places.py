"""Where problems are read and rows are written when little or nothing was named.

In: settings. Out: paths. Light to import, so that commands that only look are quick.
"""

from importlib import resources
from pathlib import Path
from typing import Final

from asyncgeo import config
from asyncgeo.config import Settings

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
