"""A folder of `<id>.json` files → its problems by position, and their ids.

In: a folder. Out: problems, and for each file that cannot be read an `Unreadable`. It knows nothing of rows.

The id inside counts, whatever the file is called; without one it is the file's name, composed (NFC), since some systems
decompose names. Whether two files have one id is therefore known only after they were read: each file is read once for
its id, and then again only where its text is wanted, so that no more than names and ids are kept in memory.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final
from unicodedata import normalize

from asyncgeo.errors import InputError, printable
from asyncgeo.problems.decoding import decode, id_of, parse
from asyncgeo.schema.records import Problem, Unreadable, numeric_key

MAX_BYTES: Final = 1 << 20  # a problem is some hundred bytes; a megabyte is something else

Warn = Callable[[str], None]
IsWanted = Callable[[str], bool]
"""Whether the problem with this id is to be read."""


class Files:
    """The files of one folder in numeric order. Raises InputError when it cannot be listed."""

    def __init__(self, path: Path, warn: Warn) -> None:
        self._path = path
        self._warn = warn
        self._names = _list_folder(path)
        self._was_read = bytearray(len(self._names))
        self._other: dict[int, str | None] = {}  # ids that are not their file's name; None: left out
        self._owners: dict[str, int] = {}  # the positions of these ids
        self._positions: dict[str, int] = {}  # of all names; made when an id is not its file's name
        self._reported = 0

    def __len__(self) -> int:
        return len(self._names)

    def read(self, positions: Iterable[int], wanted: IsWanted) -> Iterator[Problem | Unreadable]:
        """The inputs at these positions; one whose id is known already only if it is wanted."""
        for position in positions:
            known = self._id_at(position) if self._was_read[position] else None
            if self._was_read[position] and (known is None or not wanted(known)):
                continue
            found = self._read(position)
            if found is not None and wanted(id_of(found)):
                yield found
        self._report()

    def identifiers(self, positions: Iterable[int]) -> Iterator[str]:
        """The ids that `read` gives for these positions."""
        for position in positions:
            if not self._was_read[position]:
                self._read(position)
            known = self._id_at(position)
            if known is not None:
                yield known
        self._report()

    def names(self) -> list[str]:
        """The names of all files, composed: their ids, where nothing else is inside."""
        return [normal(name.removesuffix(".json")) for name in self._names]

    def position_of(self, name: str) -> int | None:
        """Where the file `<name>.json` is."""
        return self._position_of().get(name)

    def objects(self) -> Iterator[dict[str, Any] | str]:
        """What the files hold, or why one cannot be read."""
        for position in range(len(self._names)):
            data = _read_file(self._file(position), self._path)
            yield data if isinstance(data, str) else decode(data)

    def _read(self, position: int) -> Problem | Unreadable | None:
        """The input, None if its id is another's; and the id is known from now on."""
        found = self._parse(position)
        identifier, first = id_of(found), not self._was_read[position]
        self._was_read[position] = 1
        if identifier == self._stem(position):
            self._other.pop(position, None)
        elif self._is_taken(identifier, position):
            self._other[position] = None
            if first:
                file = printable(self._file(position))
                self._warn(f"{file}: id {identifier!r} is another file's; this one is left out.")
            return None
        else:
            self._other[position] = identifier
        return found

    def _parse(self, position: int) -> Problem | Unreadable:
        file = self._file(position)
        return parse(_read_file(file, self._path), normal(self._stem(position)), position, file)

    def _is_taken(self, identifier: str, position: int) -> bool:
        """Whether the file of that name has this id, or one that came before."""
        namesake = self._position_of().get(identifier, position)
        if namesake != position and id_of(self._parse(namesake)) == identifier:
            return True
        return self._owners.setdefault(identifier, position) != position

    def _position_of(self) -> dict[str, int]:
        if not self._positions:
            self._positions = {self._stem(position): position for position in range(len(self._names))}
        return self._positions

    def _id_at(self, position: int) -> str | None:
        return self._other[position] if position in self._other else self._stem(position)

    def _stem(self, position: int) -> str:
        return self._names[position].removesuffix(".json")

    def _file(self, position: int) -> str:
        return f"{self._path}/{self._names[position]}"

    def _report(self) -> None:
        """Say once which ids are not what their files' names say."""
        others = [
            (position, identifier)
            for position, identifier in self._other.items()
            if identifier is not None and normal(identifier) != normal(self._stem(position))
        ]
        if len(others) > self._reported:
            self._reported = len(others)
            position, identifier = others[0]
            more = f" So it is with {len(others) - 1:,} more files." if len(others) > 1 else ""
            file = printable(self._file(position))
            self._warn(f"{file}: the id inside is {identifier!r}; the row carries that id.{more}")


def normal(name: str) -> str:
    """The name composed (NFC)."""
    return name if name.isascii() else normalize("NFC", name)


def _list_folder(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".json") and not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(
            f"{printable(str(path))} cannot be listed: {error.strerror}.", "Check the folder's permissions."
        ) from None
    return sorted(names, key=lambda name: numeric_key(name.removesuffix(".json")))


def _read_file(file: str, folder: Path) -> bytes | str:
    """The bytes of the file, or why they cannot be read."""
    try:
        descriptor = _open(file, folder)
        try:
            return _content(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise InputError(f"{printable(file)} cannot be opened: {error.strerror}.", "Raise `ulimit -n`.") from None
        return f"it cannot be read: {error.strerror}"


def _content(descriptor: int) -> bytes | str:
    """The same of an open file; four calls of the system for each of many files, where a stream makes nine."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        return "it is no regular file"
    if status.st_size > MAX_BYTES:
        return f"it is larger than {MAX_BYTES} bytes; one file holds one problem"
    data = os.read(descriptor, status.st_size + 1)
    if len(data) != status.st_size:  # it grows, or comes in parts
        while more := os.read(descriptor, MAX_BYTES):
            data += more
    return data


def _open(file: str, folder: Path) -> int:
    """A descriptor of the file; a link that leaves the folder is refused, a pipe does not block."""
    try:
        return os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
    real = os.path.realpath(file)
    if not Path(real).is_relative_to(folder.resolve()):
        raise PermissionError(errno.EPERM, "it is a link that leaves the input folder; put a copy of the file there")
    return os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW)
