"""`asyncgeo status`: what a folder holds and what its runs are doing, once, or again and again.

In: the flags. Out: text, a live picture, or JSON. Ctrl-C ends a watch, and nothing else.
"""

import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import config
from asyncgeo.cli.look import render
from asyncgeo.cli.picture import Picture
from asyncgeo.cli.streams import SafeConsole, write_json
from asyncgeo.config import Settings
from asyncgeo.errors import printable
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import looked_at
from asyncgeo.views.status import Status, Watcher

INTERVAL: Final = 1.0  # seconds between looks: calm, and no slower than runs report
UNLIMITED: Final = 10_000
"""Columns that no line fills."""
_SHARE: Final = 0.1  # of the time at most is spent on looking; in a folder of millions of rows a look takes long


def status(flags: Overrides, file: Path | None, *, watch: bool, as_json: bool) -> None:
    """Show the folder of the settings. Raises ConfigError, InputError or ShardError."""
    settings = config.load(file, flags=flags)
    watcher = _watcher(settings, is_named=flags["input.dir"][1] is not None, may_come=watch)
    if not watch:
        _show(watcher.look(), settings, as_json=as_json)
        return
    try:
        _watch(watcher, settings, as_json=as_json)
    except KeyboardInterrupt:
        return


def _watcher(settings: Settings, *, is_named: bool, may_come: bool) -> Watcher:
    """The watcher of the folder, which `may_come` while it watches."""
    folder, likely = looked_at(settings, may_come=may_come)
    return Watcher(folder, named=likely if is_named else None, likely=likely)


def _watch(watcher: Watcher, settings: Settings, *, as_json: bool) -> None:
    console = SafeConsole(highlight=False)
    if as_json or not console.is_terminal or console.is_dumb_terminal:
        while True:
            began = time.monotonic()
            _show(watcher.look(), settings, as_json=as_json)
            _pause(began)
    with Picture(console, stays=True) as picture:
        while True:
            began = time.monotonic()
            found = watcher.look()
            picture.update(render(found, settings, console.width, console.height))
            _pause(began)


def _pause(began: float) -> None:
    time.sleep(max(INTERVAL, (time.monotonic() - began) / _SHARE))


def _show(found: Status, settings: Settings, *, as_json: bool) -> None:
    if as_json:
        write_json(encode(found).decode())
        sys.stdout.flush()
    else:
        console = SafeConsole(highlight=False)
        if not console.is_terminal:  # a file, or the next program, has no edge
            console.width = UNLIMITED
        console.print(render(found, settings, console.width), crop=False)


def write_object(found: object) -> None:
    """One JSON object on several lines, for programs and for people."""
    write_json(msgspec.json.format(encode(found), indent=2).decode())


def encode(found: object) -> bytes:
    """What was found as JSON; paths are text, with bytes that are none escaped."""
    return msgspec.json.encode(found, enc_hook=lambda path: printable(str(path)))
