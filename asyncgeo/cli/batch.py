"""`asyncgeo batch`: the batches of a folder, and their end.

In: the flags. Out: text or JSON; with `cancel`, calls of the endpoint. The next `run --batch` sees what became of the
batches, and collects what was answered; only one that the endpoint does not know is given up here.
"""

import asyncio
import shlex
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from rich.markup import escape

from asyncgeo import config
from asyncgeo.cli.look import describe
from asyncgeo.cli.status import encode
from asyncgeo.cli.streams import SafeConsole, write_json
from asyncgeo.config import Settings
from asyncgeo.errors import UserError, hide
from asyncgeo.llm.batch import BatchApi, GoneError
from asyncgeo.run import commands
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import folder_of
from asyncgeo.run.session import NO_KEY, with_headers
from asyncgeo.store import batches
from asyncgeo.store.batches import BatchLedger, Closed, Part
from asyncgeo.store.events import now
from asyncgeo.views.status import open_batches


def show(flags: Overrides, file: Path | None, *, as_json: bool) -> None:
    """List the batches that hold problems. Raises ConfigError."""
    folder = folder_of(config.load(file, flags=flags))
    found = open_batches(folder)
    if as_json:
        write_json(encode(found).decode())
        return
    console, now = SafeConsole(highlight=False, soft_wrap=True), datetime.now(UTC).isoformat()
    for each in found:
        console.print(escape(f"{each.name}  {each.batch or '-'}  {describe(each, now)}"))
    if not found:
        console.print(escape(f"No batch of {folder} holds problems."))
    else:
        console.print(escape(f"Collect them with: {_collecting(folder)}"))


def cancel(flags: Overrides, file: Path | None, names: Collection[str]) -> None:
    """Ask for the end of these batches, or of all. Raises UserError for one that is not there, Stopped as a run."""
    settings = config.load(file, flags=flags)
    folder = folder_of(settings)
    parts = _chosen(folder, names)
    asyncio.run(_cancel(settings, folder, parts))
    console = SafeConsole(highlight=False, soft_wrap=True)
    console.print("It may take 10 minutes; what is answered by then is billed.")
    console.print(escape(f"Collect it with: {_collecting(folder)}"))


def _chosen(folder: Path, names: Collection[str]) -> list[Part]:
    """The batches with these names that the endpoint works on."""
    going = {part.name: part for part in batches.read(folder).open if part.batch is not None and not part.collected}
    if unknown := [name for name in names if name not in going]:
        raise UserError(f"{folder} has no batch {unknown[0]} under way.", "See them with: asyncgeo batch")
    if not going:
        raise UserError(f"No batch of {folder} is under way.", "See what there is with: asyncgeo status")
    return [going[name] for name in names or going]


async def _cancel(settings: Settings, folder: Path, parts: list[Part]) -> None:
    console = SafeConsole(highlight=False, soft_wrap=True)
    key = config.api_key()
    hide(key)
    async with BatchApi(with_headers(settings), key or NO_KEY, settings.retry) as api:
        for part in parts:
            try:
                state = (await api.cancel(part.batch or "")).state
            except GoneError:
                _give_up(folder, part)
                state = "the endpoint does not know it with this key; it is given up, its problems are pending"
            console.print(escape(f"Batch {part.name}: {state}."))


def _give_up(folder: Path, part: Part) -> None:
    """Nothing will come of the batch; what it may have cost stays counted."""
    with BatchLedger(folder) as ledger:
        ledger.append(Closed(at=now(), part=part.name))
        ledger.clear(part)


def _collecting(folder: Path) -> str:
    """The command that waits for the folder's batches."""
    typed = commands.collecting(batches.read(folder).command)
    return shlex.join(typed or ("asyncgeo", "run", "--batch", "--output-dir", str(folder)))
