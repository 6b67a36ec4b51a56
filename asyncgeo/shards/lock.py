"""Who may write a shard: one process each, and none while a live neighbour writes an overlapping range.

In: a folder, bounds. Out: the descriptor of the locked shard file, or ShardError with the file and its holder.

The lock is `flock` on the shard file itself, so it ends with its process, however that dies. All who want a shard
take turns at `.asyncgeo.lock` in the folder while they look at the neighbours, which makes look-then-lock one step.
That file also says who holds what, one JSON object a line, only to word messages: it is never taken for a lock, and
lines of holders that are gone are dropped by whoever comes next.
    {"shard":"dataset_0_500.jsonl","pid":4711,"command":"asyncgeo run","since":"2026-11-23 12:30:09 UTC"}
"""

import errno
import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.shards import names
from asyncgeo.shards.names import Bounds

REGISTRY: Final = ".asyncgeo.lock"


class Holder(msgspec.Struct, frozen=True):
    """Who holds a shard; `since` is UTC."""

    shard: str
    pid: int
    command: str
    since: str


def acquire(folder: Path, bounds: Bounds) -> tuple[int, bool]:
    """The locked shard's descriptor, opened for reading and appending, and whether the file is new.

    Raises ShardError when it, or an overlapping shard, is held, or when it cannot be opened.
    """
    path = folder / names.name(*bounds)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _turn(folder) as registry:
            holders = _live(folder, registry)
            _refuse_overlap(folder, bounds, holders)
            return _lock(path, holders, registry)
    except OSError as error:
        raise unusable(path, error) from error


def release(folder: Path, bounds: Bounds, descriptor: int) -> None:
    """Give the shard up; the registry forgets it. A folder that is gone is no obstacle."""
    shard = names.name(*bounds)
    with suppress(OSError), _turn(folder) as registry:
        _write(registry, [each for each in _read(registry) if each.shard != shard])
        os.close(descriptor)
        return
    os.close(descriptor)


def unusable(path: Path, error: OSError) -> ShardError:
    """What the system said about `path`, with what to do about it."""
    remedies = {
        errno.EROFS: "The file system is read-only; name another folder with --output-dir.",
        errno.EACCES: "Give yourself write permission, or name another folder with --output-dir.",
        errno.EPERM: "Give yourself write permission, or name another folder with --output-dir.",
        errno.ENOTDIR: "Something on the way is a file; name another folder with --output-dir.",
        errno.EEXIST: "A file stands where the folder should be; name another folder with --output-dir.",
        errno.ELOOP: "It is a link; put the file itself there, or name another folder with --output-dir.",
        errno.EISDIR: "A folder has the shard's name; move it away.",
        errno.ENOENT: "The folder was removed; start the same command again.",
        errno.EMFILE: "Too many files are open; raise `ulimit -n`, or use larger shards (--shard-size).",
        errno.ENFILE: "The system has too many files open; close other programs and start again.",
        errno.ENOSPC: "The disk is full; free space and start the same command again.",
        errno.EDQUOT: "The disk quota is used up; free space and start the same command again.",
        errno.EFBIG: "The file may not grow further; raise `ulimit -f`, or use smaller shards (--shard-size).",
        errno.EIO: "The disk reported an error; check it before the next run.",
    }
    return ShardError(
        f"{path} cannot be written: {error.strerror or error}.",
        remedies.get(error.errno or 0, "Start the same command again once that is solved."),
    )


@contextmanager
def _turn(folder: Path) -> Iterator[int]:
    """The registry's descriptor, while nobody else looks at or takes a shard of the folder."""
    registry = os.open(folder / REGISTRY, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(registry, fcntl.LOCK_EX)
        yield registry
    finally:
        os.close(registry)


def _live(folder: Path, registry: int) -> dict[str, Holder]:
    return {each.shard: each for each in _read(registry) if _is_held(folder / each.shard)}


def _refuse_overlap(folder: Path, bounds: Bounds, holders: dict[str, Holder]) -> None:
    for other, path in names.find(folder):
        if other != bounds and other.overlaps(bounds) and _is_held(path):
            raise ShardError(
                f"{names.name(*bounds)} overlaps {path}, which is held by {_describe(holders.get(path.name))}.",
                "Wait until that run has finished, or choose ranges that do not overlap (--start, --end).",
            )


def _lock(path: Path, holders: dict[str, Holder], registry: int) -> tuple[int, bool]:
    new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _write(registry, [*(each for each in holders.values() if each.shard != path.name), _myself(path.name)])
    except BlockingIOError:
        os.close(descriptor)
        raise ShardError(
            f"{path} is held by {_describe(holders.get(path.name))}.",
            "Wait until that run has finished, or stop it; then start the same command again.",
        ) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor, new


def _is_held(path: Path) -> bool:
    """Whether a live process holds the shard; asking does not disturb it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read(registry: int) -> list[Holder]:
    found: list[Holder] = []
    for line in os.pread(registry, os.fstat(registry).st_size, 0).splitlines():
        with suppress(msgspec.MsgspecError):  # a line cut off by a crash; it was only words
            found.append(msgspec.json.decode(line, type=Holder))
    return found


def _write(registry: int, holders: list[Holder]) -> None:
    os.ftruncate(registry, 0)
    os.pwrite(registry, b"".join(msgspec.json.encode(each) + b"\n" for each in holders), 0)


def _myself(shard: str) -> Holder:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return Holder(shard, os.getpid(), shlex.join(sys.orig_argv)[:300], since)


def _describe(holder: Holder | None) -> str:
    if holder is None:
        return "another process"
    return f"process {holder.pid} since {holder.since} ({holder.command})"
