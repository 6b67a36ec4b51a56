"""The shards of a folder, followed while they grow → the best row of every id, counted.

In: a folder. Out: `Shelf`s, and `Counts` over ids. It keeps a few numbers per id, never a row; what is best and what
is counted of a row is `merge`'s business, so that both say the same.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Tokens
from asyncgeo.store import Bounds, RunSource, Standing, is_done, lines, order
from asyncgeo.store.choose import Key, fact_of
from asyncgeo.store.encoding import BOM, encoding_of
from asyncgeo.store.facts import Fact
from asyncgeo.store.lines import AnyRow, Original
from asyncgeo.store.order import Worth
from asyncgeo.store.scan import standing_of
from asyncgeo.views.status.tail import Tail

Kind = tuple[Fact, Standing]
"""What is counted of a row, and how far all rows of its id have come."""


class Entry(NamedTuple):
    """The best row of an id: what it is worth against those of other shards, and its kind."""

    worth: Worth
    kind: Kind


@dataclass(frozen=True, slots=True)
class Counts:
    """Ids by their best rows: parsed + stand_ins + skipped + failed; `pending` have none, None for an unknown input.

    `stand_ins` have a parse by the rules because the model failed, `failed` have nothing; `again` have a row that the
    next run replaces.
    """

    parsed: int = 0
    stand_ins: int = 0
    skipped: int = 0
    failed: int = 0
    again: int = 0
    pending: int | None = None

    @property
    def errors(self) -> int:
        """What failed, with or without a row of the rules in its place."""
        return self.stand_ins + self.failed


class Shelf:
    """One shard, as far as it has been read; `fresh` are the entries that the last reading changed."""

    def __init__(self, bounds: Bounds, path: Path, facts: dict[Key, Fact]) -> None:
        self.bounds: Final = bounds
        self.path: Final = path
        self._facts = facts
        self._tail = Tail(path, self._take, self._forget)
        self._forget()

    def read(self) -> bool:
        """Read what was appended; whether there was anything. Raises ShardError."""
        self.fresh, self.is_anew = dict[str, Entry](), False
        try:
            return self._tail.read()
        except FileNotFoundError:  # removed since it was listed
            self._forget()
            return True
        except OSError as error:
            raise ShardError(
                f"{self.path} cannot be read: {error.strerror}.", "Check the file and its permissions."
            ) from error

    def encoding(self) -> str | None:
        """What the shard was saved in, where that explains why no line of it is a row. Raises ShardError."""
        return encoding_of(self.path) if self.bad_lines and not self.rows else None

    def _take(self, offset: int, line: bytes) -> bool:
        try:
            self._keep(lines.look(line if offset else line.removeprefix(BOM)))
        except ValueError:
            if not line.endswith(b"\n"):
                return False
            self.bad_lines += bool(line.strip())
        return True

    def _keep(self, row: AnyRow) -> None:
        key = fact_of(row)
        fact = self._facts.get(key) or self._facts.setdefault(key, Fact._make(key))
        old = self.entries.get(row.id)
        new = later(old, Entry(order.worth(row, self.bounds), (fact, standing_of(row))))
        if old is not None:
            self.kinds[old.kind] -= 1
        self.kinds[new.kind] += 1
        self.entries[row.id] = self.fresh[row.id] = new
        self.rows += 1
        if not isinstance(row, Original) and row.meta is not None:
            model, tokens = row.meta.model, add(row.meta.tokens, Tokens())
            if tokens != Tokens():
                self.tokens[model] = add(self.tokens.get(model, Tokens()), tokens)

    def _forget(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.fresh = dict[str, Entry]()
        self.kinds: Counter[Kind] = Counter()
        self.tokens: dict[str, Tokens] = {}
        self.rows = self.bad_lines = 0
        self.is_anew = True


class Shelves:
    """Every shard of a folder; `read()` before each look. `best` are the best entries of all shards."""

    def __init__(self, folder: Path) -> None:
        self.folder: Final = folder
        self.best: dict[str, Entry] = {}
        self._shelves: dict[Path, Shelf] = {}
        self._facts: dict[Key, Fact] = {}

    def __iter__(self) -> Iterator[Shelf]:
        return iter(self._shelves.values())

    def read(self) -> bool:
        """Read what is new; whether anything was. Raises ShardError when the folder or a shard cannot be read."""
        found = store.find(self.folder)
        before = self._shelves
        self._shelves = {path: before.get(path) or Shelf(bounds, path, self._facts) for bounds, path in found}
        news = [shelf for shelf in self._shelves.values() if shelf.read()]
        if before.keys() != self._shelves.keys() or any(shelf.is_anew for shelf in news):
            self.best = {}
            self._add(shelf.entries for shelf in self._shelves.values())
            return True
        for identifier in chain.from_iterable(shelf.fresh for shelf in news):
            self.best[identifier] = self._best(identifier)
        return bool(news)

    def kinds(self) -> Counter[Kind]:
        """The best entries, counted by kind."""
        if self._are_apart():
            return sum((shelf.kinds for shelf in self), Counter())
        return Counter(entry.kind for entry in self.best.values())

    def kinds_of(self, shelf: Shelf) -> Counter[Kind]:
        """Those of the ids that a shard holds."""
        if self._are_apart():
            return shelf.kinds
        return Counter(self.best[identifier].kind for identifier in shelf.entries)

    def _are_apart(self) -> bool:
        """Whether no id stands in two shards, as is the rule: then what each holds is the best there is."""
        return len(self.best) == sum(len(shelf.entries) for shelf in self)

    def _best(self, identifier: str) -> Entry:
        """Looked up in all shards: the last line of one may be worth less than the line whose place it takes."""
        return reduce(better, (shelf.entries[identifier] for shelf in self if identifier in shelf.entries))

    def _add(self, parts: Iterable[Mapping[str, Entry]]) -> None:
        for part in parts:
            for identifier, entry in part.items():
                self.best[identifier] = better(self.best.get(identifier, entry), entry)


def later(one: Entry | None, other: Entry) -> Entry:
    """The better of two entries of one shard, of which the other comes later; the standing is the higher of both."""
    if one is None:
        return other
    return _with_standing(other if order.replaces(other.worth.rank, one.worth.rank) else one, one, other)


def better(one: Entry, other: Entry) -> Entry:
    """The better of the entries of two shards; the standing is the higher of both."""
    return _with_standing(other if other.worth >= one.worth else one, one, other)


def _with_standing(best: Entry, one: Entry, other: Entry) -> Entry:
    standing = max(one.kind[1], other.kind[1])
    return best if best.kind[1] is standing else Entry(best.worth, (best.kind[0], standing))


def add(one: Tokens, other: Tokens) -> Tokens:
    """The sum."""
    return Tokens(one.input + other.input, one.cached + other.cached, one.output + other.output)


def count(kinds: Mapping[Kind, int], source: RunSource, pending: int | None) -> Counts:
    """What the kinds add up to; `source` is whose verdicts the next run makes."""
    parsed = stand_ins = skipped = failed = again = 0
    for (fact, standing), n in kinds.items():
        parsed += n * (fact.status == "parsed" and not fact.failed)
        stand_ins += n * (fact.status == "parsed" and fact.failed)
        skipped += n * (fact.status == "skipped")
        failed += n * (fact.status != "parsed" and fact.failed)
        again += n * (not is_done(standing, source, "failed"))
    return Counts(parsed, stand_ins, skipped, failed, again, pending)
