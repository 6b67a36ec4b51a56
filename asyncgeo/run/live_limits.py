"""Edits of `[limits]` in config.toml, taken over while a run goes on.

In: how to load the settings. Out: changed limits for the run; a mistake in the edit is said, and the run keeps what
it had.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from asyncgeo import config
from asyncgeo.config import Settings
from asyncgeo.errors import ConfigError

INTERVAL: Final = 1.0
"""Seconds between looks at the file."""


async def watch(
    file: Path | None,
    load: Callable[[], Settings],
    apply: Callable[[config.LimitSettings], None],
    say: Callable[[str], None],
) -> None:
    """Look at the file until cancelled, and apply what its `[limits]` have become."""
    path = file or Path(config.FILE_NAME)
    seen = _stamp(path)
    while True:
        await asyncio.sleep(INTERVAL)
        stamp = _stamp(path)
        if stamp == seen or stamp is None:
            continue
        seen = stamp
        try:
            settings = load()
        except ConfigError as error:
            say(f"The edit is ignored. {error.message} {error.remedy}")
        else:
            apply(settings.limits)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file is edited or replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
