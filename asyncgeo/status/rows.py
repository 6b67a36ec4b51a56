"""The shards of a folder, followed while they grow → the best row of every id, counted.

In: a folder. Out: `Shelf`s, and `Counts` over ids. It keeps a few numbers per id, never a row; what is best and what
is counted of a row is `merge`'s business, so that both say the same.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from asyncgeo import shards
from asyncgeo.errors import ShardError
from asyncgeo.merge.choose import Key, fact_of, rank, written_at
from asyncgeo.merge.stats import Fact
from asyncgeo.records import Tokens
from asyncgeo.shards import Bounds, RunSource, Standing, is_done, lines
from asyncgeo.shards.lines import AnyRow, Original
from asyncgeo.shards.scan import standing_of
from asyncgeo.status.tail import Tail


class Entry(NamedTuple):
    """The best row of an id: its worth, what is counted of it, and how far all rows of the id have come."""

    worth: tuple[int, datetime]
    fact: Fact
    standing: Standing


@dataclass(frozen=True, slots=True)
class Counts:
    """Ids by their best rows: parsed + skipped + errors; `pending` have none, None where the input is not known.

    `errors` counts what failed, `stand_ins` those of them that still have a parse by the rules; `again` has a row
    that the next run replaces.
    """

    parsed: int = 0
    skipped: int = 0
    errors: int = 0
    stand_ins: int = 0
    again: int = 0
    pending: int | None = None


class Shelf:
    """One shard, as far as it has been read."""

    def __init__(self, bounds: Bounds, path: Path, facts: dict[Key, Fact]) -> None:
        self.bounds: Final = bounds
        self.path: Final = path
        self.entries: dict[str, Entry] = {}
        self.tokens: dict[str, Tokens] = {}
        self.rows = 0
        self.bad_lines = 0
        self._facts = facts
        self._tail = Tail(path, self._take, self._forget)

    def read(self) -> bool:
        """Read what was appended; whether there was anything. Raises ShardError."""
        try:
            return self._tail.read()
        except FileNotFoundError:  # removed since it was listed
            self._forget()
            return True
        except OSError as error:
            raise ShardError(
                f"{self.path} cannot be read: {error.strerror}.", "Check the file and its permissions."
            ) from error

    def _take(self, _: int, line: bytes) -> bool:
        try:
            self._keep(lines.look(line))
        except ValueError:
            if not line.endswith(b"\n"):
                return False
            self.bad_lines += bool(line.strip())
        return True

    def _keep(self, row: AnyRow) -> None:
        key = fact_of(row)
        fact = self._facts.get(key) or self._facts.setdefault(key, Fact._make(key))
        entry = Entry((rank(row), written_at(row)), fact, standing_of(row))
        self.entries[row.id] = better(self.entries.get(row.id), entry)
        self.rows += 1
        if not isinstance(row, Original) and row.meta is not None and row.meta.tokens != Tokens():
            model = row.meta.model
            self.tokens[model] = add(self.tokens.get(model, Tokens()), row.meta.tokens)

    def _forget(self) -> None:
        self.entries, self.tokens = {}, {}
        self.rows = self.bad_lines = 0


class Shelves:
    """Every shard of a folder; `read()` before each look."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.best: Mapping[str, Entry] = {}
        self._shelves: dict[Path, Shelf] = {}
        self._facts: dict[Key, Fact] = {}

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._shelves.values())

    def read(self) -> bool:
        """Read what is new; whether anything was. Raises ShardError when the folder or a shard cannot be read."""
        found = shards.find(self.folder)
        before = list(self._shelves)
        self._shelves = {path: self._shelves.get(path) or Shelf(bounds, path, self._facts) for bounds, path in found}
        news = [shelf.read() for shelf in self._shelves.values()]
        changed = any(news) or before != list(self._shelves)
        if changed:
            self.best = _best(self._shelves.values())
        return changed


def better(one: Entry | None, other: Entry) -> Entry:
    """The better of two entries, the later of equals; the standing is the higher of both."""
    if one is None:
        return other
    best = other if other.worth >= one.worth else one
    standing = max(one.standing, other.standing)
    return best if best.standing is standing else best._replace(standing=standing)


def add(one: Tokens, other: Tokens) -> Tokens:
    """The sum."""
    return Tokens(one.input + other.input, one.cached + other.cached, one.output + other.output)


def count(entries: Iterable[Entry], source: RunSource, pending: int | None) -> Counts:
    """What the entries hold; `source` is whose verdicts the next run makes."""
    parsed = skipped = errors = stand_ins = again = 0
    for _, fact, standing in entries:
        errors += fact.failed
        stand_ins += fact.failed and fact.status == "parsed"
        parsed += fact.status == "parsed" and not fact.failed
        skipped += fact.status == "skipped"
        again += not is_done(standing, source, "failed")
    return Counts(parsed, skipped, errors, stand_ins, again, pending)


def _best(shelves: Iterable[Shelf]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for shelf in shelves:
        if not found:
            found = dict(shelf.entries)
            continue
        for identifier, entry in shelf.entries.items():
            found[identifier] = better(found.get(identifier), entry)
    return found
