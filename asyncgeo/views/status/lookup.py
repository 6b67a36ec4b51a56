"""An id → every row of it in the shards of a folder, found by its bytes before anything is decoded.

In: a folder, an id. Out: `FoundProblem`s in the order in which they were written, and which of them counts. A gigabyte
of shards takes a second or two; decoding it would take ten times as long.
"""

import json
import mmap
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import msgspec

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.store import lines
from asyncgeo.store.best import Best
from asyncgeo.store.encoding import BOM
from asyncgeo.store.facts import moment_of
from asyncgeo.store.lines import AnyRow
from asyncgeo.store.survey import Survey


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """One row: where it stands, as `merge` reads it, and whole."""

    path: Path
    number: int
    row: AnyRow
    whole: dict[str, Any]


def lookup(folder: Path, identifier: str) -> list[FoundProblem]:
    """The rows of the id in the order in which they were written: a shard's as they stand in it. Raises ShardError."""
    paths = [path for _, path in store.find(folder)]
    latest: dict[Path, float] = {}
    rows = list[tuple[float, FoundProblem]]()
    for found in _rows(paths, identifier):
        at = moment_of(found.row.meta)
        latest[found.path] = max(at, latest.get(found.path, at))
        rows.append((latest[found.path], found))
    return [found for _, found in sorted(rows, key=itemgetter(0))]


def best(rows: Sequence[FoundProblem]) -> FoundProblem | None:
    """The row that counts."""
    index = Best()
    paths = sorted({found.path for found in rows}, key=lambda path: store.parse_name(path.name) or ())
    for shard, path in enumerate(paths):
        survey = Survey()
        here = sorted((found for found in rows if found.path == path), key=lambda found: found.number)
        survey.take((found.row, found.number) for found in here)
        index.take(shard, survey)
    place = index.place(rows[0].row.id) if rows else None
    return next((f for f in rows if place and (f.path, f.number) == (paths[place.shard], place.offset)), None)


def search(paths: Iterable[Path], identifier: str) -> Iterator[tuple[Path, int, bytes]]:
    """The lines of JSON that hold the id as the value of an `id`: file, line number, line. Raises ShardError."""
    pattern = _pattern(identifier)
    for path in paths:
        try:
            if path.stat().st_size:
                yield from _search(path, pattern)
        except OSError as error:
            raise ShardError(f"{path} cannot be read: {error.strerror}.", "Check its permissions.") from error


def _rows(paths: Iterable[Path], identifier: str) -> Iterator[FoundProblem]:
    for path, number, line in search(paths, identifier):
        try:
            row = lines.look(line)
        except ValueError:
            continue
        if row.id == identifier:
            yield FoundProblem(path, number, row, msgspec.json.decode(line))


def _search(path: Path, pattern: re.Pattern[bytes]) -> Iterator[tuple[Path, int, bytes]]:
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        number, counted, end = 1, 0, 0
        for hit in pattern.finditer(content):
            if hit.start() < end:
                continue
            start = content.rfind(b"\n", 0, hit.start()) + 1
            end = content.find(b"\n", start) % (len(content) + 1)
            number, counted = number + content[counted:start].count(b"\n"), start
            line = content[start:end]
            yield path, number, line if start else line.removeprefix(BOM)


def _pattern(identifier: str) -> re.Pattern[bytes]:
    """`"id"` with the id in every spelling that JSON has for it in practice."""
    spellings = {json.dumps(identifier).encode(), msgspec.json.encode(identifier)}
    if identifier.isascii() and identifier.isdigit():
        spellings.add(identifier.encode())
    return re.compile(rb'"id"\s*:\s*(?:' + b"|".join(map(re.escape, sorted(spellings))) + rb")\s*[,}]")
