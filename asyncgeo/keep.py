"""Rows with their positions → the shards they belong to: opened together, written in batches, closed together.

In: bounds, then batches of (position, encoded row). Out: whole lines in the right shards. It knows rows only as
bytes.
"""

from bisect import bisect_right
from collections.abc import Iterable
from contextlib import AsyncExitStack
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import Self

from asyncgeo.shards import Bounds, Shard


class Keep:
    """The shards of one run, in the order of their bounds; `async with` locks them all, or none.

    `written` counts the rows that have gone to their shards.

    Raises ShardError on entering when one of them is held by another process or cannot be written.
    """

    def __init__(self, folder: Path, bounds: Iterable[Bounds]) -> None:
        self._folder = folder
        self._bounds = sorted(bounds)
        self._starts = [each.start for each in self._bounds]
        self._shards: list[Shard] = []
        self._touched: set[int] = set()
        self.written = 0
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._shards = await Shard.open_all(self._folder, self._bounds)
        for shard in self._shards:
            await self._stack.enter_async_context(shard)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    async def append(self, rows: list[tuple[int, bytes]]) -> None:
        """Write the batch: one write a shard, rows in the order in which they came."""
        ordered = sorted(((self._index(position), row) for position, row in rows), key=lambda each: each[0])
        for index, group in groupby(ordered, key=lambda each: each[0]):
            self._touched.add(index)
            await self._shards[index].append(b"".join(row for _, row in group))
        self.written += len(rows)

    async def sync(self) -> None:
        """Return once every row appended so far is on the disk."""
        while self._touched:
            await self._shards[self._touched.pop()].sync()

    def _index(self, position: int) -> int:
        return bisect_right(self._starts, position) - 1
