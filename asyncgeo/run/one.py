"""One text → its row: `asyncgeo parse`.

In: a text, settings, the key. Out: a row; where the rules made it, checked as a run would. Nothing is written.
"""

import asyncio

from asyncgeo.config import Settings
from asyncgeo.run.session import session
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Parsed, Problem, Row
from asyncgeo.verify import selfcheck


async def ask(text: str, settings: Settings, key: str | None, *, offline: bool) -> Row:
    """The row of one problem, with id "1". Raises Stopped when the endpoint refuses."""
    async with session(settings, key, Tally(1), lambda _: None, offline=offline) as asking:
        return await checked(await asking.extractor.extract(Problem("1", text)))


async def checked(row: Row) -> Row:
    """The row, after a check where it is the rules'."""
    if isinstance(row, Parsed) and row.source == "rules":
        return await asyncio.to_thread(selfcheck.check, row)
    return row
