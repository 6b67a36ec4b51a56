"""The best rows of a folder, in today's form, one after another.

In: a folder of shards. Out: rows in numeric order of their ids, as often as they are asked for. It keeps no row, but
some 30 bytes an id (see `store.best`), by which each row is found again.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import tee
from pathlib import Path

import msgspec

from asyncgeo.errors import printable
from asyncgeo.schema import records
from asyncgeo.schema.conditions import UNKNOWN_CATEGORY
from asyncgeo.schema.records import Row
from asyncgeo.schema.words import counted
from asyncgeo.store import Findings, need, parses
from asyncgeo.store.best import best_of
from asyncgeo.store.sources import Sources


class BestRows:
    """A folder's best rows, each by its slot. Raises ShardError where there is no shard, or one has changed."""

    def __init__(self, folder: Path) -> None:
        paths = [path for _, path in need(folder)]
        self._findings = Findings()
        self._sources = Sources(paths)
        self._best = best_of(paths, self._findings)
        self.slots = self._best.slots(lambda _: True)
        """Of all rows, in order."""

    def read(self, slots: Iterable[int]) -> Iterator[tuple[int, Row]]:
        """The rows of these slots."""
        given, placed = tee(slots)
        lines = self._sources.lines(self._best.places(placed))
        return ((slot, _row(line)) for slot, line in zip(given, lines, strict=True))

    def close(self) -> None:
        """Close the shards."""
        self._sources.close()

    def slot(self, identifier: str) -> int | None:
        """The slot of the id; None where it has no row."""
        return self._best.slot(identifier)

    def identifier(self, slot: int) -> str:
        """The id that has the slot."""
        return self._best.identifier(slot)

    def notes(self) -> list[str]:
        """What the reader must know of lines that are no rows."""
        if not self._findings.count:
            return []
        first = printable(str(self._findings.kept[0]))
        lines = counted(self._findings.count, "line of the shards is no row", "lines of the shards are no rows")
        return [f"{lines} and left out; the first: {first}"]


def _row(line: bytes) -> Row:
    try:
        return records.decode(line)
    except ValueError:
        return _original(msgspec.json.decode(line))


def _original(whole: Mapping[str, object]) -> Row:
    """A row of the original script, which `store.lines` has found to be one."""
    straight = parses.of_row(whole)
    if straight is None:
        known = {"source": "model", "kind": "original", **whole, "id": str(whole["id"])}
        return _converted(known)
    source = "rules" if whole["category"] == UNKNOWN_CATEGORY else "model"
    objects = msgspec.to_builtins(straight.objects)
    known = {"verification_conditions": straight.conditions, "required_objects": objects, "source": source}
    return _converted({**whole, **known, "id": straight.id})


def _converted(whole: Mapping[str, object]) -> Row:
    row: Row = msgspec.convert(whole, Row)
    return row
