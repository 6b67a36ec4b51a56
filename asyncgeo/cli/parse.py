"""`asyncgeo parse`: one problem, one row, pretty-printed."""

import asyncio
import sys
from pathlib import Path

import msgspec
from rich.console import Console

from asyncgeo import config, records
from asyncgeo.cli.flags import Overrides
from asyncgeo.cli.session import is_offline, session
from asyncgeo.errors import InputError
from asyncgeo.records import Problem, Row
from asyncgeo.tally import Tally


def parse(text: str, flags: Overrides, file: Path | None, *, offline: bool) -> None:
    """Print the row of `text`. Raises InputError for an empty text, Stopped when the endpoint refuses."""
    if not text.strip():
        raise InputError("The text is empty.", "Give one problem as the argument, or - and the text on standard input.")
    settings = config.load(file, flags={key: flag for key, flag in flags.items() if flag[1] is not None})
    key = config.api_key()
    offline = is_offline(settings, key, wanted=offline)
    if offline:
        Console(stderr=True, highlight=False).print("No model is used: the embedded rule reader answers.")

    async def ask() -> Row:
        async with session(settings, key, Tally(1), lambda _: None, offline=offline) as asking:
            return await asking.extractor.extract(Problem("1", text))

    row = asyncio.run(ask())
    sys.stdout.write(msgspec.json.format(records.encode(row), indent=2).decode() + "\n")


def explain(text: str) -> None:
    """Print the text with what was read where, and what was not understood."""
    raise NotImplementedError(text)
