"""Shards opened again to fetch rows that were found before: a few at a time, and only if they are still the same.

In: paths, then places. Out: bytes. It knows nothing of rows.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from asyncgeo.errors import ShardError

_OPEN: Final = 64  # far below any limit on open files; ids in order touch one shard after the other
_WINDOW: Final = 1 << 20  # bytes of a shard read at once: rows of neighbouring ids lie near each other
_BEHIND: Final = 1 << 18  # how many of them before the row that is wanted


class Sources:
    """The shards by index."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths: Final = paths
        self.sizes: Final[list[int]] = []
        self._inodes: Final[list[int]] = []
        self._open: OrderedDict[int, BinaryIO] = OrderedDict()
        for index, path in enumerate(paths):
            try:
                status = path.stat()
            except OSError as error:
                raise self._changed(index) from error
            self.sizes.append(status.st_size)
            self._inodes.append(status.st_ino)

    def line(self, shard: int, offset: int) -> bytes:
        """The line that begins at the offset."""
        stream = self._stream(shard)
        try:
            stream.seek(offset)
            return stream.readline()
        except OSError as error:
            raise self._unreadable(shard, error) from error

    def lines(self, places: Iterable[tuple[int, int]]) -> Iterator[bytes]:
        """The lines that begin at these shards and offsets; those of neighbouring places cost one read."""
        current, low, window = -1, 0, b""
        for shard, offset in places:
            end = 0
            if shard == current and offset >= low:
                end = window.find(b"\n", offset - low) + 1
            if not end:
                current, low = shard, max(0, offset - _BEHIND)
                window = self._window(shard, low)
                end = window.find(b"\n", offset - low) + 1
            yield window[offset - low : end] if end else self.line(shard, offset)

    def _window(self, shard: int, offset: int) -> bytes:
        stream = self._stream(shard)
        try:
            return os.pread(stream.fileno(), _WINDOW, offset)
        except OSError as error:
            raise self._unreadable(shard, error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close those that are open."""
        for stream in self._open.values():
            stream.close()
        self._open.clear()

    def __getstate__(self) -> dict[str, object]:
        return vars(self) | {"_open": OrderedDict()}  # another process opens them itself

    def _stream(self, shard: int) -> BinaryIO:
        if shard in self._open:
            self._open.move_to_end(shard)
            return self._open[shard]
        if len(self._open) >= _OPEN:
            self._open.popitem(last=False)[1].close()
        try:
            stream = self._open[shard] = self.paths[shard].open("rb")
        except OSError as error:
            raise self._changed(shard) from error
        status = os.fstat(stream.fileno())
        if status.st_ino != self._inodes[shard] or status.st_size < self.sizes[shard]:
            raise self._changed(shard)
        return stream

    def _unreadable(self, shard: int, error: OSError) -> ShardError:
        return ShardError(
            f"{self.paths[shard]} cannot be read: {error.strerror or error}.", "Check the file and its disk."
        )

    def _changed(self, shard: int) -> ShardError:
        return ShardError(
            f"{self.paths[shard]} was changed or removed while it was read.", "Start the same command again."
        )
