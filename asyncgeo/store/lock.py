"""Who may write a shard: one process each, and none while a live neighbour writes an overlapping range.

In: a folder, bounds. Out: descriptors of the locked shard files, or ShardError with the file and its holder.

The lock is `flock` on the shard file itself, so it ends with its process, however that dies. All who want shards take
turns at `.asyncgeo.lock` in the folder while they look at the neighbours, which makes look-then-lock one step. That
file also says who took what, one JSON object a line, only to word messages: it is never taken for a lock, and lines of
holders that are gone are dropped by the next process. `holders` only looks: it shares the turn, so that its glance at
a shard can never be what refuses a run that shard.
    {"shard":"dataset_0_500.jsonl","pid":4711,"command":"asyncgeo run","since":"2026-11-23 12:30:09 UTC"}
"""

import errno
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.store import names
from asyncgeo.store.names import Bounds

REGISTRY: Final = ".asyncgeo.lock"
_COMMAND_SHOWN: Final = 200  # characters, enough to recognise it
_REMEDIES: Final = {
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
_NO_LOCKS: Final = frozenset((errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP))
"""What `flock` says on NFS without its lock service, on some FUSE and cluster file systems."""


class Holder(msgspec.Struct, frozen=True):
    """Who took a shard; `since` is UTC. `pid` is 0, and the rest empty, where the holder left no word.

    `command` is empty for a program that is not ours.
    """

    shard: str
    pid: int
    command: str
    since: str


class Locked(NamedTuple):
    """A shard this process holds, open for reading and appending; closing the descriptor gives it up."""

    path: Path
    descriptor: int
    is_new: bool


def acquire(folder: Path, wanted: Iterable[Bounds], command: str = "") -> list[Locked]:
    """Lock all of the shards, or none; the folder is made where there is none. `command` is what the others read.

    Raises ShardError when one of them, or a shard that overlaps one, is held, or when it cannot be opened.
    """
    place, taken = folder, list[Locked]()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _turn(folder) as registry:
            holders = [each for each in _read(registry) if _is_held(folder / each.shard)]
            for bounds in _refuse_overlap(folder, list(wanted), holders):
                place = folder / names.name(*bounds)
                taken.append(_lock(place, holders))
            _write(registry, holders + _mine(taken, command))
    except BaseException as error:
        for each in taken:
            os.close(each.descriptor)
        if isinstance(error, OSError):
            raise unusable(place, error) from error
        raise
    return taken


def holders(folder: Path) -> list[Holder]:
    """Who holds which shard now, in numeric order; nothing is written, and no process that wants a shard is refused.

    Raises ShardError when the folder cannot be listed.
    """
    shards = names.find(folder)
    try:
        registry = os.open(folder / REGISTRY, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return []  # no process ever took a shard here
    try:
        with suppress(OSError):  # a file system without locks: nothing can be held there
            fcntl.flock(registry, fcntl.LOCK_SH)
        known = {each.shard: each for each in _read(registry)}
        return [known.get(path.name) or Holder(path.name, 0, "", "") for _, path in shards if _is_held(path)]
    finally:
        os.close(registry)


def discard(path: Path) -> None:
    """Remove a shard that this process holds and that got no row; in turn, so that no process takes it meanwhile."""
    with suppress(OSError), _turn(path.parent):
        if path.stat().st_size == 0:
            path.unlink()


def unusable(path: Path, error: OSError) -> ShardError:
    """What the system said about `path`, with what to do about it."""
    if error.errno in _NO_LOCKS:
        return ShardError(
            f"{path} cannot be locked: this file system has no locks ({error.strerror or error}).",
            "Two runs would write the same shard unseen, so name a folder on a local disk with --output-dir.",
        )
    return ShardError(
        f"{path} cannot be written: {error.strerror or error}.",
        _REMEDIES.get(error.errno or 0, "Start the same command again once that is solved."),
    )


@contextmanager
def in_turn(path: Path) -> Iterator[int]:
    """The file's descriptor, made where there is none, while no other process has its turn. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)


def _turn(folder: Path) -> AbstractContextManager[int]:
    """The registry's descriptor, while no other process looks at or takes a shard of the folder."""
    return in_turn(folder / REGISTRY)


def _refuse_overlap(folder: Path, wanted: list[Bounds], holders: list[Holder]) -> list[Bounds]:
    """The wanted bounds, once no shard that overlaps one of them under another name is held."""
    mine = set(wanted)
    for other, path in names.find(folder):
        if other in mine:
            continue
        for bounds in wanted:
            if other.overlaps(bounds) and _is_held(path):
                raise ShardError(
                    f"{names.name(*bounds)} overlaps {path}, which is held by {_describe(path, holders)}.",
                    "Wait until that run has finished, or choose ranges that do not overlap (--start, --end).",
                )
    return wanted


def _lock(path: Path, holders: list[Holder]) -> Locked:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if not isinstance(error, BlockingIOError):
            raise
        raise ShardError(
            f"{path} is held by {_describe(path, holders)}.",
            "Wait until that run has finished, or stop it; then start the same command again.",
        ) from None
    return Locked(path, descriptor, is_new)


def _is_held(path: Path) -> bool:
    """Whether a live process holds the shard; asking does not disturb it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:  # without locks it is not known, and a run could not start anyway
        return isinstance(error, BlockingIOError)
    finally:
        os.close(descriptor)
    return False


def _read(registry: int) -> list[Holder]:
    found: list[Holder] = []
    for line in os.pread(registry, os.fstat(registry).st_size, 0).splitlines():
        with suppress(ValueError):  # a line cut off by a crash; it was only words
            found.append(msgspec.json.decode(line, type=Holder))
    return found


def _write(registry: int, holders: list[Holder]) -> None:
    os.ftruncate(registry, 0)
    os.pwrite(registry, b"".join(msgspec.json.encode(each) + b"\n" for each in holders), 0)


def _mine(taken: list[Locked], command: str) -> list[Holder]:
    since = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return [Holder(each.path.name, os.getpid(), command[:_COMMAND_SHOWN], since) for each in taken]


def _describe(path: Path, holders: list[Holder]) -> str:
    found = next((each for each in holders if each.shard == path.name), None)
    if found is None:
        return "another process"
    return f"process {found.pid} since {found.since}" + (f" ({found.command})" if found.command else "")
