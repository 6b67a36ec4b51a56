"""Input folder (or one .jsonl file) → `Problem`s in numeric order, read one by one.

In: a path. Out: problems, and for each input that cannot be read a `Failed` row that names the file; warnings for
what can be read but looks wrong. It knows neither what is done already nor what a problem says.

A file `<id>.json` holds one object; `id` (int or string), `subject` and what says the answer are read (`keys`), other
members are left alone:
    {"id": 17, "subject": "如图,AB∥CD,…", "choices": ["30°", …], "label": 0, …}
A .jsonl file holds one such object a line. The id inside counts, whatever the file is called.
"""

import io
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from asyncgeo.errors import InputError, printable
from asyncgeo.problems.decoding import NO_SUBJECT, decode, encoding_of, id_of, parse
from asyncgeo.problems.files import MAX_BYTES, Files, IsWanted, Warn
from asyncgeo.schema.records import Problem, Unreadable
from asyncgeo.store.ids import IdMap

_LOOKED_AT: Final = 20  # inputs that are searched for a text when none has a subject
_SHORTEST: Final = 8  # characters of such a text


class Problems:
    """The problems of one input, by position: `len(problems)` and `problems.read(start, end)`.

    Raises InputError when the path is missing, or holds nothing that could be a problem.
    """

    def __init__(self, path: Path, warn: Warn = lambda _: None) -> None:
        self.path: Final = path
        self._warn = warn
        self._files = Files(path, warn) if path.is_dir() else None
        self._count = len(self._files) if self._files is not None else _count_lines(path)
        if not self._count:
            raise InputError(
                f"{printable(str(path))} holds no problems.", "Name a folder of <id>.json files or a .jsonl file."
            )

    def __len__(self) -> int:
        return self._count

    def read(
        self, start: int = 0, end: int | None = None, wanted: IsWanted = lambda _: True
    ) -> Iterator[Problem | Unreadable]:
        """The inputs at positions [start, end) whose ids are wanted, each read when it is asked for.

        An id that was read before is reported and left out, so that every id comes once. Raises InputError when this
        process may open no more files.
        """
        if self._files is not None:
            return self._files.read(range(self._count)[start:end], wanted)
        return (each for each in self._read_lines(start, end, self._warn) if wanted(id_of(each)))

    def identifiers(self, start: int = 0, end: int | None = None) -> Iterator[str]:
        """The ids that `read` gives at [start, end)."""
        if self._files is not None:
            return self._files.identifiers(range(self._count)[start:end])
        return map(id_of, self._read_lines(start, end, lambda _: None))

    def names(self) -> list[str]:
        """What files are called, by position: their ids, where nothing else is inside; lines have no names."""
        return [] if self._files is None else self._files.names()

    def read_at(self, positions: Iterable[int]) -> list[Problem | Unreadable]:
        """The inputs in the files at these positions."""
        return [] if self._files is None else list(self._files.read(positions, lambda _: True))

    def find(self, identifier: str) -> Problem | None:
        """The problem with this id; the file of that name is looked at first."""
        likely = None if self._files is None else self._files.position_of(identifier)
        first = () if likely is None else self.read(likely, likely + 1)
        inputs = itertools.chain(first, self.read())
        return next((each for each in inputs if isinstance(each, Problem) and each.id == identifier), None)

    def require_one(self, start: int = 0, end: int | None = None) -> None:
        """Raise InputError when not one of the inputs at [start, end) can be read."""
        first, number = "", 0
        for each in self.read(start, end):
            if isinstance(each, Problem):
                return
            first, number = first or each.row.error, number + 1
        which = "The only input" if number == 1 else f"Each of the {number:,} inputs"
        raise InputError(
            f"{which} of {printable(str(self.path))} is unreadable. {first}",
            self._texts() if NO_SUBJECT in first else "Correct the input and start again.",
        )

    def _texts(self) -> str:
        """Which members look like the text of a problem, where none is called subject."""
        lengths = Counter[str]()
        for found in itertools.islice(self._objects(), _LOOKED_AT):
            if isinstance(found, dict):
                lengths.update({name: len(value) for name, value in found.items() if _is_text(value)})
        if not lengths:
            return 'The text of a problem is read from "subject"; no member here looks like a text.'
        names = ", ".join(f'"{printable(name)[:40]}"' for name, _ in lengths.most_common(3))
        return f'The text of a problem is read from "subject"; a text is here under {names}. Rename that member.'

    def _objects(self) -> Iterator[dict[str, Any] | str]:
        if self._files is not None:
            return self._files.objects()
        return (line if isinstance(line, str) else decode(line) for _, line in _filled_lines(self.path))

    def _read_lines(self, start: int, end: int | None, warn: Warn) -> Iterator[Problem | Unreadable]:
        seen = IdMap()
        for position, (number, line) in enumerate(itertools.islice(_filled_lines(self.path), start, end), start):
            place = printable(f"{self.path}:{number}")
            found = parse(line, f"{self.path.name}:{number}", position, place)
            identifier = id_of(found)
            if seen[identifier]:
                warn(f"{place}: id {identifier!r} came before; this one is left out.")
                continue
            seen.lift(identifier, 1)
            yield found


def _is_text(value: object) -> bool:
    """Whether it could be a problem's text: words, and no name, path or number."""
    return isinstance(value, str) and len(value) >= _SHORTEST and (" " in value.strip() or not value.isascii())


def _count_lines(path: Path) -> int:
    shown = printable(str(path))
    if not path.exists():
        raise InputError(f"There is no input {shown}.", "Name an existing folder or .jsonl file with --input-dir.")
    if path.suffix != ".jsonl":
        raise InputError(f"{shown} is neither a folder nor a .jsonl file.", "Name the folder that holds the files.")
    try:
        return sum(1 for _ in _filled_lines(path))
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}.", "Check the file's permissions.") from None


def _filled_lines(path: Path) -> Iterator[tuple[int, bytes | str]]:
    """The lines that hold something, numbered from 1; in place of one that is too long, why it is not read."""
    with path.open("rb") as stream:
        read = _line_reader(stream)
        for number in itertools.count(1):
            line = read(MAX_BYTES + 1)
            if len(line) > MAX_BYTES and not line.endswith(b"\n"):
                while not (read(MAX_BYTES) or b"\n").endswith(b"\n"):
                    pass
                yield number, f"it is longer than {MAX_BYTES} bytes; one line holds one problem"
            elif line.strip():
                yield number, line
            elif not line:
                return


def _line_reader(stream: io.BufferedReader) -> Callable[[int], bytes]:
    """Reads a line of at most that number of bytes, as UTF-8 whatever the file's byte order mark says."""
    encoding = encoding_of(stream.peek(4)[:4])
    if encoding.startswith("utf-8"):
        return stream.readline
    text = io.TextIOWrapper(stream, encoding, errors="replace", newline="\n")
    return lambda size: text.readline(size).encode()
