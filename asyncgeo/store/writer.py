"""Rows with their positions → the shards they belong to: opened together, written in batches, closed together.

In: bounds, then batches of `Entry`s. Out: whole lines in the right shards, and where
they are wanted the raw answers beside them. It knows rows and answers only as bytes.

Rows go first: if raw answers cannot be written, rows still are; raw answers stop.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from asyncgeo.errors import ShardError
from asyncgeo.store import Bounds
from asyncgeo.store.appender import Shard
from asyncgeo.store.raw_answers import RawFile

Entry = tuple[int, bytes, bytes, bool]
"""Position, encoded row, encoded answers, and whether the row takes an earlier one's place.

Row and answers may be empty: an answer that was paid for is kept although its row comes later, or never.
"""


class ShardWriter:
    """The shards of one run, in the order of their bounds; `async with` locks them all, or none.

    With `raw` the answers are kept too; `say` hears when that has to end. `command` is what those who want the same
    shards read. `written` counts the problems whose
    rows have gone to their shards.

    Raises ShardError on entering when one of them is held by another process or cannot be written, or when a file of
    raw answers is not ours.
    """

    def __init__(
        self,
        folder: Path,
        bounds: Iterable[Bounds],
        *,
        raw: bool = False,
        say: Callable[[str], None] = lambda _: None,
        command: str = "",
    ) -> None:
        self.folder: Final = folder
        self._bounds = sorted(bounds)
        self._starts = [each.start for each in self._bounds]
        self._shards: list[Shard] = []
        self._raws: list[RawFile] = []
        self._keeps_raw = raw
        self._say = say
        self._command = command
        self._touched: set[int] = set()
        self.written = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._shards = await Shard.open_all(self.folder, self._bounds, self._command)
        for shard in self._shards:
            await self._stack.enter_async_context(shard)
        if self._keeps_raw:
            try:
                await self._try_raw(self._open_raw)
            except ShardError:  # a file in the place of ours: it is said before anything is asked
                await self._stack.aclose()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for raw in self._raws:
            await self._try_raw(raw.close)
        await self._stack.__aexit__(kind, error, trace)

    async def append(self, items: Sequence[Entry]) -> None:
        """Write the batch: one write a shard, rows in the order in which they came, their answers after them.

        Cancelling waits for the batch: no row is written without its answers, and no file closed under a write.
        """
        await _to_the_end(self._append(items))

    async def sync(self) -> None:
        """Return once everything appended so far is on the disk."""
        while self._touched:
            index = self._touched.pop()
            await self._shards[index].sync()
            if self._keeps_raw:
                await _to_the_end(self._try_raw(self._raws[index].sync))

    def bounds_of(self, position: int) -> Bounds:
        """The shard that the position belongs to."""
        return self._bounds[self._index(position)]

    async def _append(self, items: Sequence[Entry]) -> None:
        ordered = sorted(((self._index(item[0]), *item[1:]) for item in items), key=itemgetter(0))
        for index, group in groupby(ordered, key=itemgetter(0)):
            _, rows, raws, again = zip(*group, strict=True)
            self._touched.add(index)
            if lines := b"".join(rows):
                await self._shards[index].append(lines)
            self.written += sum(bool(row) and not earlier for row, earlier in zip(rows, again, strict=True))
            if self._keeps_raw and any(raws):
                await self._try_raw(self._raws[index].append, b"".join(raws))

    def _open_raw(self) -> None:
        self._raws = [RawFile(self.folder, bounds) for bounds in self._bounds]

    async def _try_raw(self, act: Callable[..., None], *given: bytes) -> None:
        """Do something with the files of raw answers; where that fails, keep no more of them, and say so once."""
        try:
            await asyncio.to_thread(act, *given)
        except OSError as error:
            if self._keeps_raw:
                self._keeps_raw = False
                self._say(f"Raw answers are no longer kept: {error.strerror} in {self.folder}. Rows are not affected.")

    def _index(self, position: int) -> int:
        return bisect_right(self._starts, position) - 1


async def _to_the_end(work: Awaitable[None]) -> None:
    """Carry out `work`, which a cancellation cannot interrupt; the cancellation takes effect after it."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
