"""Several processes of one machine, one limit: each takes a share, and four terminals are not four times the limit.

In: whether this process could use more. Out: its share of the limits. It knows neither rates nor requests.

Everybody keeps one row in a small SQLite file, whose lock makes reading all and writing one's own a single step,
and whose journal survives a process killed in the middle of it. A row per process and second, not a row per request
as in rate limiters built on SQLite: sending costs nothing here, and the price is that a newcomer waits a moment
until the others have seen it.

    members: id TEXT PRIMARY KEY, seen REAL, hungry INTEGER, joined REAL
"""

import contextlib
import errno
import hashlib
import os
import sqlite3
import stat
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

BEAT: Final = 0.5
"""Seconds between looks at the others."""
_SOON: Final = 0.1
"""Seconds after which a look that found the file busy is tried again."""
_GONE: Final = 4 * BEAT
"""A process not seen for so long is dead, or asks nothing; its share goes to the others."""
_NEWCOMER: Final = 0.02
"""The share of a process that the others have not seen yet: enough to learn the limits from headers."""
_SATED: Final = 0.1
"""The share of a process that would not use more, while others would."""


class SharedLimit:
    """This process among those that share a limit; `with` leaves the others their share again at the end.

    Args:
        file: the same for all that share; see `file_for`. Its folder must be this user's alone.
        wall: seconds on a clock that all processes share.
        say: takes a sentence that says why nothing is shared, where it is not.
    """

    def __init__(
        self, file: Path, *, wall: Callable[[], float] = time.time, say: Callable[[str], None] = lambda _: None
    ) -> None:
        self._file = file
        self._wall = wall
        self._say = say
        self._me = uuid.uuid4().hex
        self._joined = wall()
        self._looked_at = float("-inf")
        self._share = 1.0
        self._database: sqlite3.Connection | None = None
        self.count = 1

    def __enter__(self) -> Self:
        try:
            self._open()
        except (OSError, sqlite3.Error) as error:  # without the file every process is alone, as far as is known
            why = error.strerror if isinstance(error, OSError) else str(error)
            self._say(f"the limits are not shared with other processes: {self._file}: {why}")
        return self

    def _open(self) -> None:
        _make_own(self._file.parent)
        _clear(self._file)
        database = sqlite3.connect(self._file, timeout=BEAT, isolation_level=None)
        database.execute("PRAGMA synchronous=OFF")  # a power cut ends every process in it anyway
        database.execute(
            "CREATE TABLE IF NOT EXISTS members (id TEXT PRIMARY KEY, seen REAL, hungry INTEGER, joined REAL)"
        )
        database.execute("PRAGMA busy_timeout=20")  # ms: the event loop waits meanwhile; else the next beat will do
        self._database = database

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):  # the others notice within seconds
                self._database.execute("DELETE FROM members WHERE id = ?", (self._me,))
            self._database.close()
            self._database = None

    def share(self, now: float, *, hungry: bool) -> float:
        """The part of the limits that is this process's, 1 where it is alone; looked up once a beat."""
        if self._database is None or now - self._looked_at < BEAT:
            return self._share
        self._looked_at = now
        try:
            members = self._beat(self._database, hungry=hungry)
        except sqlite3.Error:  # busy, or the file is gone: what was agreed still holds
            self._looked_at = now - BEAT + _SOON
            return self._share
        self.count = len(members)
        self._share = self._divide(members, hungry=hungry)
        return self._share

    def _beat(self, database: sqlite3.Connection, *, hungry: bool) -> list[tuple[bool, float]]:
        """Write this process's row and read everybody's (hungry, joined), in one step."""
        wall = self._wall()
        with database:
            database.execute("BEGIN IMMEDIATE")
            database.execute("DELETE FROM members WHERE seen < ? OR seen > ?", (wall - _GONE, wall + _GONE))
            database.execute(
                "INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?)", (self._me, wall, hungry, self._joined)
            )
            rows = database.execute("SELECT hungry, joined FROM members").fetchall()
            database.execute("COMMIT")
        return [(bool(row[0]), float(row[1])) for row in rows]

    def _divide(self, members: list[tuple[bool, float]], *, hungry: bool) -> float:
        """Equal shares among the hungry, little for the sated, and a newcomer waits until the others know of it."""
        if len(members) == 1:
            return 1.0
        if self._wall() - self._joined < 2 * BEAT:
            return _NEWCOMER
        eaters = sum(wants for wants, _ in members)
        if not eaters:
            return 1 / len(members)
        sated = (len(members) - eaters) * _SATED
        return max(0.0, 1 - min(sated, 0.5)) / eaters if hungry else _SATED


def _make_own(folder: Path) -> None:
    """Make the folder, or see that only this user can write in it. Raises OSError else.

    The folder for temporary files is everybody's: another user may have made this one first, or a link in its place.
    """
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        raise OSError(errno.ENOTDIR, "its folder is a link or a file")
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise OSError(errno.EPERM, "its folder is not this user's alone (mode 700)")


def _clear(mine: Path) -> None:
    """Remove the files of endpoints that are not used any more. Raises OSError where `mine` is no plain file."""
    with os.scandir(mine.parent) as entries:
        for entry in entries:
            if entry.name.startswith("limit-") and not entry.name.startswith(mine.name):
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_mtime < time.time() - _FORGOTTEN:
                        Path(entry.path).unlink()
    if mine.is_symlink() or (mine.exists() and not mine.is_file()):
        raise OSError(errno.ELOOP, "it is a link, or no file")


_FORGOTTEN: Final = 86_400.0
"""Seconds after which a file without writes belongs to no process: those that share write twice a second."""


def file_for(base_url: str, model: str, api_key: str) -> Path | None:
    """The file shared by all who use one key for one model at one endpoint; it reveals nothing of the key.

    None where the machine has no temporary folder (a read-only container): then nothing is shared.
    """
    digest = hashlib.sha256(f"{base_url}\n{model}\n{api_key}".encode()).hexdigest()[:24]
    try:
        folder = Path(tempfile.gettempdir())
    except FileNotFoundError:
        return None
    return folder / f"asyncgeo-{os.getuid()}" / f"limit-{digest}.sqlite"
