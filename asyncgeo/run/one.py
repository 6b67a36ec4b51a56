"""One text → its row: `asyncgeo parse`.

In: a text, settings, the key. Out: a row. Nothing is written.
"""

from asyncgeo.config import Settings
from asyncgeo.run.session import session
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import Problem, Row


async def ask(text: str, settings: Settings, key: str | None, *, offline: bool) -> Row:
    """The row of one problem, with id "1". Raises Stopped when the endpoint refuses."""
    async with session(settings, key, Tally(1), lambda _: None, offline=offline) as asking:
        return await asking.extractor.extract(Problem("1", text))
