"""Input folder (or one .jsonl file) → `Problem`s in numeric order, read one by one.

In: a path. Out: problems, and for each input that cannot be read a `Failed` row that names the file; warnings for
what can be read but looks wrong. It knows neither what is done already nor what a problem says.

A file `<id>.json` holds one object; `id` (int or string) and `subject` are read, other keys are left alone:
    {"id": 17, "subject": "如图,AB∥CD,…", "choices": ["30°", …], "label": 0, …}
A .jsonl file holds one such object a line.
"""

import codecs
import contextlib
import errno
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from asyncgeo.errors import InputError
from asyncgeo.marks import Marks
from asyncgeo.records import INPUT, Failed, Problem, Unreadable, numeric_key
from asyncgeo.terminal import printable

MAX_BYTES: Final = 1 << 20  # a problem is some hundred bytes; a megabyte is something else
MAX_ID: Final = 200  # characters

Warn = Callable[[str], None]


class Problems:
    """The problems of one input, by position: `len(problems)` and `problems.read(start, end)`.

    Raises InputError when the path is missing, or holds nothing that could be a problem.
    """

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        self.path: Final = path
        self._warn = warn
        self._names = _list_folder(path) if path.is_dir() else None
        self._count = len(self._names) if self._names is not None else _count_lines(path)
        if not self._count:
            raise InputError(f"{path} holds no problems.", "Name a folder of <id>.json files or a .jsonl file.")

    def __len__(self) -> int:
        return self._count

    def read(self, start: int = 0, end: int | None = None) -> Iterator[Problem | Unreadable]:
        """The inputs at positions [start, end), each read when it is asked for.

        An id that was read before is reported and left out, so that every id comes once. Raises InputError when this
        process may open no more files.
        """
        if self._names is None:
            return self._read_lines(start, end, self._warn)
        return self._read_files(self._names, start, end)

    def identifiers(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """The ids at [start, end) as far as they are known without reading a folder's files: their names' stems."""
        if self._names is not None:
            return (name.removesuffix(".json") for name in self._names[start:end])
        return (
            each.id if isinstance(each, Problem) else each.row.id
            for each in self._read_lines(start, end, lambda _: None)
        )

    def _read_files(self, names: list[str], start: int, end: int | None) -> Iterator[Problem | Unreadable]:
        strangers: set[str] = set()  # ids that are not their file's stem; only these can come twice
        stems: set[str] | None = None
        folder = f"{self.path}/"
        for position in range(start, min(len(names), len(names) if end is None else end)):
            file, stem = f"{folder}{names[position]}", names[position].removesuffix(".json")
            found = _parse(_read_file(file, self.path), stem, position, file)
            if isinstance(found, Problem) and found.id != stem:
                stems = stems or {name.removesuffix(".json") for name in names}
                if found.id in strangers or found.id in stems:
                    self._warn(f"{printable(file)}: id {found.id!r} is another file's; this one is left out.")
                    continue
                strangers.add(found.id)
                self._warn(f"{printable(file)}: the id inside is {found.id!r}; the row carries that id.")
            yield found

    def _read_lines(self, start: int, end: int | None, warn: Warn) -> Iterator[Problem | Unreadable]:
        seen = Marks()
        for position, (number, line) in enumerate(itertools.islice(_filled_lines(self.path), start, end), start):
            place = f"{self.path}:{number}"
            found = _parse(line, f"{self.path.name}:{number}", position, place)
            identifier = found.id if isinstance(found, Problem) else found.row.id
            if seen[identifier]:
                warn(f"{place}: id {identifier!r} came before; this one is left out.")
                continue
            seen.lift(identifier, 1)
            yield found


def _list_folder(path: Path) -> list[str]:
    try:
        with os.scandir(path) as entries:
            names = [entry.name for entry in entries if entry.name.endswith(".json") and not entry.name.startswith(".")]
    except OSError as error:
        raise InputError(f"{path} cannot be listed: {error.strerror}.", "Check the folder's permissions.") from None
    return sorted(names, key=lambda name: numeric_key(name.removesuffix(".json")))


def _count_lines(path: Path) -> int:
    if not path.exists():
        raise InputError(f"There is no input {path}.", "Name an existing folder or .jsonl file with --input-dir.")
    if path.suffix != ".jsonl":
        raise InputError(f"{path} is neither a folder nor a .jsonl file.", "Name the folder that holds the files.")
    try:
        return sum(1 for _ in _filled_lines(path))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Check the file's permissions.") from None


def _filled_lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """The lines that hold something, numbered from 1; in place of one that is too long, why it is not read."""
    with path.open("rb") as lines:
        for number in itertools.count(1):
            line = lines.readline(MAX_BYTES + 1)
            if len(line) > MAX_BYTES and not line.endswith(b"\n"):
                while not (lines.readline(MAX_BYTES) or b"\n").endswith(b"\n"):
                    pass
                yield number, f"it is longer than {MAX_BYTES} bytes; one line holds one problem"
            elif line.strip():
                yield number, line
            elif not line:
                return


def _read_file(file: str, folder: Path) -> bytes | str:
    """The bytes of the file, or why they cannot be read."""
    try:
        with open(_open(file, folder), "rb") as stream:
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                return "it is no regular file"
            if status.st_size > MAX_BYTES:
                return f"it is larger than {MAX_BYTES} bytes; one file holds one problem"
            return stream.read()
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE):
            raise InputError(f"{file} cannot be opened: {error.strerror}.", "Raise `ulimit -n`.") from None
        return f"it cannot be read: {error.strerror}"


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


def _parse(data: bytes | str, fallback: str, position: int, place: str) -> Problem | Unreadable:
    """The problem in `data`, which is bytes, or text that says why there are none."""
    place = printable(place)
    if isinstance(data, str):
        return _failed(fallback, position, f"{place}: {data}.")
    try:
        found = msgspec.json.decode(_text(data))
    except UnicodeDecodeError:
        return _failed(fallback, position, f"{place}: it is not UTF-8{_guess(data)}; save it as UTF-8.")
    except (msgspec.DecodeError, RecursionError) as error:
        return _failed(fallback, position, f"{place}: it is not JSON: {error or 'nested too deeply'}.")
    if not isinstance(found, dict):
        return _failed(
            fallback, position, f"{place}: it holds {type(found).__name__}, not an object with id and subject."
        )
    return _problem(found, fallback, position, place)


def _text(data: bytes) -> str:
    """The text of a file: in the encoding that its mark names, UTF-8 without one. Raises UnicodeDecodeError."""
    encoding = next((name for mark, name in _MARKS.items() if data.startswith(mark)), "utf-8")
    if data.startswith((b"{\0", b"\0{")):
        raise UnicodeDecodeError(encoding, data[:2], 0, 2, "UTF-16 without its mark")
    return data.decode(encoding)


_MARKS: Final = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",  # what Windows calls "Unicode"
    codecs.BOM_UTF16_BE: "utf-16",
}


def _guess(data: bytes) -> str:
    """What an object that is not in UTF-8 looks like, in brackets."""
    for name, encoding in (("UTF-16", "utf-16-le"), ("UTF-16", "utf-16-be"), ("GBK", "gb18030")):
        with contextlib.suppress(UnicodeDecodeError):
            if data.decode(encoding).lstrip().startswith("{"):
                return f" (it looks like {name})"
    return ""


def _problem(found: dict[str, Any], fallback: str, position: int, place: str) -> Problem | Unreadable:
    given = found.get("id", fallback)
    identifier = str(given) if isinstance(given, (int, str)) and not isinstance(given, bool) else ""
    if not identifier or len(identifier) > MAX_ID or not identifier.isprintable():
        return _failed(
            fallback, position, f"{place}: its id {printable(repr(given))[:80]} is no whole number and no plain text."
        )
    text = found.get("subject")
    if not isinstance(text, str):
        keys = printable(", ".join(found))[:120]
        return _failed(identifier, position, f"{place}: it has no text under subject; it has: {keys or 'nothing'}.")
    if not text.strip():
        return _failed(identifier, position, f"{place}: its subject is empty.")
    return Problem(identifier, text, position, place)


def _failed(identifier: str, position: int, message: str) -> Unreadable:
    return Unreadable(position, Failed(id=printable(identifier)[:MAX_ID], error=message, kind=INPUT))
