"""Edits of config.toml while a run goes on: `[limits]` is taken over, and what the edit does is said.

In: how to load the settings. Out: changed limits for the run, and a sentence for the person; after a mistake in the
edit the run keeps what it had.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

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
    seen, before = _stamp(path), load()
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
            say(effect(path.name, before, settings))
            before = settings


def effect(name: str, before: Settings, after: Settings) -> str:
    """What the edit of the file `name` changes now, and what only the next run will read."""
    now = [f"{key} = {value}" for key, value in _changed(before, after, ("limits",))]
    others = [name for name in Settings.__struct_fields__ if name not in ("limits", "origins")]
    later = [key for key, _ in _changed(before, after, others)]
    sentences = [f"{name} was edited."]
    if now:
        sentences.append(f"From now on {', '.join(now)}.")
    if later:
        sentences.append(f"Only the next run reads the change of {', '.join(later)}.")
    if not now and not later:
        sentences.append("It changes nothing here: flags and the environment win over it.")
    return " ".join(sentences)


def _changed(before: Settings, after: Settings, sections: Iterable[str]) -> Iterator[tuple[str, object]]:
    """Each setting of the sections that has another value, and the value; elsewhere than in limits it may be secret."""
    for section in sections:
        old, new = (msgspec.to_builtins(getattr(settings, section)) for settings in (before, after))
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield f"{section}.{key}", new.get(key)


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file is edited or replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
