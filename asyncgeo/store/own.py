"""Files that asyncgeo writes beside shards: opened so that nothing that belongs to somebody else is written.

In: a path. Out: a descriptor, or ShardError. A link, a pipe or a device in the place of a file of ours is refused.
"""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from asyncgeo.errors import ShardError

_ALWAYS: Final = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK  # a pipe without a reader must not hold us


def open_own(path: Path, flags: int) -> int:
    """Open the file as `os.open` does, made where there is none if the flags say so.

    Raises ShardError for what is no file of ours, OSError for what the disk refuses.
    """
    try:
        descriptor = os.open(path, flags | _ALWAYS, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EISDIR):
            raise _foreign(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _foreign(path)
    return descriptor


def make_own_folder(path: Path) -> None:
    """Make the folder and those above it; a link in its place is refused. Raises ShardError, OSError."""
    path.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        raise _foreign(path)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder survive a power cut, and its own name: those above it may be as new.

    Raises OSError when the folder itself cannot be synced; folders that are not ours to open were not made by us.
    """
    sync_names(folder)
    for above in folder.resolve().parents:
        with suppress(OSError):
            sync_names(above)


def sync_names(folder: Path) -> None:
    """Make the names in a folder that is itself there to stay survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _foreign(path: Path) -> ShardError:
    what = "a link" if path.is_symlink() else "no file of asyncgeo's"
    return ShardError(
        f"{path} is {what}; nothing is written through it.",
        "Move it away, or name another folder with --output-dir; then start the same command again.",
    )
