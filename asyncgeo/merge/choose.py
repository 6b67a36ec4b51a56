"""The best row of every id, and where its bytes are.

In: shards. Out: `Chosen`. It keeps per id some numbers in arrays, never a row.

Best is: a verdict of the model (or of the screen, before it) > a verdict of the rules > an error; among equals the
later by `meta.at`, then the later shard, then the later line. That is a total order, so shards may be read in any.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncgeo.merge.stats import Fact
from asyncgeo.records import Failed, Skipped, numeric_key
from asyncgeo.shards import Finding, lines
from asyncgeo.shards.lines import AnyRow, Found, Glance, Original

HEAD: Final = b'{"status":"parsed",'
TAIL: Final = b',"meta":'


class Chosen:
    """Best rows by id. A slot is an index into the arrays; a place is (shard, offset, length of what is copied)."""

    def __init__(self, paths: list[Path]) -> None:
        self.paths: Final = paths
        self.rows = 0
        self.duplicates = 0
        self._slots: dict[str, int] = {}
        self._shards = array("I")
        self._offsets = array("q")
        self._lengths = array("I")
        self._facts = array("I")
        self._codes: dict[Fact, int] = {}
        self._by_code: list[Fact] = []

    def __len__(self) -> int:
        return len(self._slots)

    def facts(self) -> dict[Fact, int]:
        """How many ids share each fact."""
        return {self._by_code[code]: n for code, n in Counter(self._facts).items()}

    def identifiers(self, holds: Callable[[Fact], bool]) -> list[str]:
        """The ids whose best row's fact `holds`, in numeric order."""
        wanted = [holds(fact) for fact in self._by_code]
        facts = self._facts
        return sorted((key for key, slot in self._slots.items() if wanted[facts[slot]]), key=numeric_key)

    def place(self, identifier: str) -> tuple[int, int, int]:
        """Shard index, offset and length of the line of the id's best row."""
        slot = self._slots[identifier]
        return self._shards[slot], self._offsets[slot], self._lengths[slot]

    def offer(self, shard: int, found: Found) -> None:
        """Keep the row if it is the best so far; shards and lines are offered in order."""
        row = found.row
        identifier = str(row.id)
        self.rows += 1
        fact = fact_of(row)
        slot = self._slots.setdefault(identifier, len(self._slots))
        if slot == len(self._facts):
            self._shards.append(shard)
            self._offsets.append(found.offset)
            self._lengths.append(len(found.line))
            self._facts.append(self._code(fact))
            return
        self.duplicates += 1
        if self._replaces(slot, fact, row):
            self._shards[slot] = shard
            self._offsets[slot] = found.offset
            self._lengths[slot] = len(found.line)
            self._facts[slot] = self._code(fact)

    def _code(self, fact: Fact) -> int:
        code = self._codes.setdefault(fact, len(self._codes))
        if code == len(self._by_code):
            self._by_code.append(fact)
        return code

    def _replaces(self, slot: int, fact: Fact, row: AnyRow) -> bool:
        new, old = rank(fact), rank(self._by_code[self._facts[slot]])
        return new > old or (new == old and written_at(row) >= written_at(self._reread(slot)))

    def _reread(self, slot: int) -> AnyRow:
        with self.paths[self._shards[slot]].open("rb") as stream:
            stream.seek(self._offsets[slot])
            return lines.look(stream.read(self._lengths[slot]))


def choose(paths: list[Path], note: Callable[[Finding], None], advance: Callable[[int], None]) -> Chosen:
    """Read every line of the shards at `paths`; `note` gets the bad ones, `advance` the bytes read."""
    chosen = Chosen(paths)
    for index, path in enumerate(paths):
        for found in _read(path, note, advance):
            chosen.offer(index, found)
    return chosen


def _read(path: Path, note: Callable[[Finding], None], advance: Callable[[int], None]) -> Iterator[Found]:
    for found in lines.read(path):
        if isinstance(found, Finding):
            note(found)
        else:
            advance(len(found.line))
            yield found


def rank(fact: Fact) -> int:
    """Whose word counts more."""
    if fact.status == "error":
        return 0
    return 1 if fact.source == "rules" else 2


def fact_of(row: AnyRow) -> Fact:
    """What is counted of the row."""
    if isinstance(row, Original):
        return Fact(row.status, row.source, category=row.category, difficulty=row.difficulty, word=row.reason)
    model = row.meta.model if row.meta is not None else ""
    if isinstance(row, Skipped):
        return Fact("skipped", row.source, model, word=row.reason)
    if isinstance(row, Failed):
        return Fact("error", "", model, word=row.kind, failed=True)
    failed = row.error is not None or row.kind is not None
    return Fact("parsed", row.source, model, row.category, row.difficulty, row.kind or "", failed)


def written_at(row: AnyRow) -> datetime:
    """When the row was written; rows that do not say come before all that do."""
    at = "" if isinstance(row, Original) or row.meta is None else row.meta.at
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def cut(found_row: AnyRow, line: bytes) -> bytes | None:
    """The part of the line that goes into the dataset as it stands, or None when the row must be written anew."""
    if not isinstance(found_row, Glance) or found_row.error is not None or found_row.kind is not None:
        return None
    end = line.rfind(TAIL)
    return line[len(HEAD) : end] if line.startswith(HEAD) and end > 0 else None
