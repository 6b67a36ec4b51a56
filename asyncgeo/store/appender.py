"""One shard being written: locked, repaired, appended to in whole chunks of lines.

In: chunks of whole encoded rows. Out: bytes on disk. It knows rows only as lines.

Laws: only the holder of the lock repairs; no half row survives a failed write; what `sync` has returned for survives
a power cut. Bytes after the last newline are a row whose newline was lost, or a torn one: the first is completed, the
second moved to `<shard>.torn`, never dropped.
"""

import asyncio
import os
from collections.abc import Awaitable, Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import aiofiles
import aiofiles.os
import msgspec
from aiofiles.threadpool.binary import AsyncFileIO

from asyncgeo.errors import ShardError
from asyncgeo.store import lock
from asyncgeo.store.encoding import BOM
from asyncgeo.store.lock import Locked
from asyncgeo.store.names import Bounds
from asyncgeo.store.own import open_own, sync_folder

_BLOCK: Final = 1 << 16  # how far at a time the last newline is looked for; a row is about 1 KB
_fsync = aiofiles.os.wrap(os.fsync)

T = TypeVar("T")


class Shard:
    """The one writer of `dataset_{start}_{end}.jsonl`; open with `await Shard.open(folder, bounds)`."""

    def __init__(self, path: Path, stream: AsyncFileIO, size: int) -> None:
        self.path: Final = path
        self._stream = stream
        self._size = size  # all of it whole lines
        self._unsynced = False

    @classmethod
    async def open(cls, folder: Path, bounds: Bounds) -> Self:
        """Lock the shard, repair its end, and make the file's name itself durable.

        Raises ShardError when it is held, overlaps one that is held, or cannot be written.
        """
        return (await cls.open_all(folder, (bounds,)))[0]

    @classmethod
    async def open_all(cls, folder: Path, bounds: Iterable[Bounds], command: str = "") -> list[Self]:
        """All of these shards, or none: as `open`, in one turn at the folder's lock, where others read `command`."""
        ready = await asyncio.to_thread(_open, folder, bounds, command)
        return [cls(each.path, await aiofiles.open(each.descriptor, "ab", buffering=0), size) for each, size in ready]

    async def append(self, chunk: bytes) -> None:
        """Write whole lines after the last one; when that fails, keep those that found room and raise ShardError.

        Cancelling waits for the write under way: a thread cannot be called back, and the length must stay known.
        """
        await _finish(self._append(chunk))

    async def sync(self) -> None:
        """Return once every appended row is on the disk, and still under the shard's name."""
        if not self._unsynced:
            return
        self._unsynced = False
        try:
            await _finish(_fsync(self._stream.fileno()))
            self._check_place()
        except OSError as error:
            raise lock.unusable(self.path, error) from error

    async def close(self) -> None:
        """Sync and give up the lock, the lock also when the sync fails; a shard without a row leaves no file."""
        try:
            await self.sync()
            if not self._size:
                lock.discard(self.path)
        finally:
            await _finish(self._stream.close())

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _append(self, chunk: bytes) -> None:
        rest = memoryview(chunk)
        self._unsynced = True
        try:
            while rest:
                rest = rest[await self._stream.write(rest) :]
        except OSError as error:
            lost = self._keep_whole_lines(chunk)
            failure = lock.unusable(self.path, error)
            outcome = f"{lost:,} bytes of finished rows found no room; the {self._size:,} bytes before them are safe."
            raise ShardError(f"{failure.message} {outcome}", failure.remedy) from error
        self._size += len(chunk)

    def _keep_whole_lines(self, chunk: bytes) -> int:
        """Cut the file behind the last whole line that a failed write left; the bytes of lines that found no room."""
        fitted = 0
        with suppress(OSError):  # what cannot be cut back now, the next holder repairs
            written = os.fstat(self._stream.fileno()).st_size - self._size
            fitted = chunk.rfind(b"\n", 0, max(0, written)) + 1
            os.ftruncate(self._stream.fileno(), self._size + fitted)
        self._size += fitted
        return len(chunk) - fitted

    def _check_place(self) -> None:
        here = os.fstat(self._stream.fileno())
        try:
            named = self.path.stat()
        except FileNotFoundError:
            named = None
        if named is None or (named.st_dev, named.st_ino) != (here.st_dev, here.st_ino):
            what = "removed" if named is None else "replaced by another file"
            raise ShardError(
                f"{self.path} was {what} while this run was writing it; the rows written since are lost.",
                "Start the same command again: it asks for exactly the rows that are missing.",
            )


def _open(folder: Path, bounds: Iterable[Bounds], command: str) -> list[tuple[Locked, int]]:
    """The locked, repaired shards and their lengths."""
    taken = lock.acquire(folder, bounds, command)
    try:
        if any(each.is_new for each in taken):
            sync_folder(folder)
        return [(each, repair(each.path, each.descriptor)) for each in taken]
    except (OSError, ShardError) as error:
        for each in taken:
            os.close(each.descriptor)
        if isinstance(error, OSError):
            raise lock.unusable(folder, error) from error
        raise


def repair(path: Path, descriptor: int) -> int:
    """The length of the shard once every byte of it belongs to a whole line.

    The torn bytes are safe in `<shard>.torn` before they leave the shard: a crash in between leaves both.
    """
    size = os.fstat(descriptor).st_size
    good = _end_of_lines(descriptor, size)
    tail = os.pread(descriptor, size - good, good)
    if not tail:
        return size
    if _is_object(tail if good else tail.removeprefix(BOM)):
        os.write(descriptor, b"\n")
        good = size + 1
    else:
        _keep_torn(path.with_name(path.name + ".torn"), tail)
        os.ftruncate(descriptor, good)
    os.fsync(descriptor)
    return good


def _end_of_lines(descriptor: int, size: int) -> int:
    """The position after the last newline."""
    end = size
    while end > 0:
        start = max(end - _BLOCK, 0)
        found = os.pread(descriptor, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _is_object(tail: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(tail), dict)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _keep_torn(path: Path, tail: bytes) -> None:
    """Raises ShardError when the torn bytes cannot be kept; then they stay in the shard."""
    try:
        descriptor = open_own(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        with os.fdopen(descriptor, "ab") as torn:
            torn.write(tail + b"\n")
            torn.flush()
            os.fsync(torn.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise lock.unusable(path, error) from error


async def _finish(work: Awaitable[T]) -> T:
    """The result of `work`, which a cancellation cannot interrupt; the cancellation takes effect after it."""
    task: asyncio.Future[Any] = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait((task,))
        raise
