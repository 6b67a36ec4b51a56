"""The best row of every id, and where its bytes are.

In: shards. Out: `Chosen`. It keeps some numbers per id, never a row.

Best is: a verdict of the model (or of the screen, before it) > a verdict of the rules > an error; among equals the
later by `meta.at`, then the later shard, then the later line. That is a total order, so rows may come in any.
"""

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from asyncgeo.merge.sources import Sources
from asyncgeo.merge.stats import Fact
from asyncgeo.records import Failed, Parsed, Skipped
from asyncgeo.shards import lines
from asyncgeo.shards.lines import AnyRow, Findings, Glance, Original
from asyncgeo.shards.spread import spread

HEAD: Final = b'{"status":"parsed",'
TAIL: Final = b',"meta":'

Key = tuple[str, str, str, str, int, str, bool]


class Survey(NamedTuple):
    """The rows of one shard as columns, small enough to be sent between processes."""

    identifiers: list[str]
    offsets: "array[int]"  # where the line begins
    cuts: "array[int]"  # how many bytes of the line reach up to its meta; 0: it must be written anew
    codes: "array[int]"  # which of `facts`
    facts: list[Key]
    findings: Findings


class Chosen:
    """Best rows by id. A slot numbers an id, in the order of first sight, and indexes all arrays."""

    def __init__(self, sources: Sources) -> None:
        self.rows = 0
        self._sources = sources
        self._slots: dict[str, int] = {}
        self._shards = array("I")
        self._offsets = array("q")
        self._cuts = array("I")
        self._codes = array("I")  # which of the facts
        self._facts: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def duplicates(self) -> int:
        """Rows that another row of the same id has beaten."""
        return self.rows - len(self._slots)

    def take(self, shard: int, survey: Survey) -> None:
        """Keep each row of the shard that is the best of its id so far; shards are taken in order."""
        codes = [self._facts.setdefault(key, len(self._facts)) for key in survey.facts]
        self.rows += len(survey.identifiers)
        columns = zip(survey.identifiers, survey.offsets, survey.cuts, survey.codes, strict=True)
        for identifier, offset, cut, code in columns:
            slot = self._slots.setdefault(identifier, len(self._codes))
            if slot == len(self._codes):
                self._shards.append(shard)
                self._offsets.append(offset)
                self._cuts.append(cut)
                self._codes.append(codes[code])
            elif self._worth(shard, offset) >= self._worth(self._shards[slot], self._offsets[slot]):
                self._shards[slot] = shard
                self._offsets[slot] = offset
                self._cuts[slot] = cut
                self._codes[slot] = codes[code]

    def counts(self) -> dict[Fact, int]:
        """How many ids share each fact."""
        facts = list(map(Fact._make, self._facts))
        return {facts[code]: count for code, count in Counter(self._codes).items()}

    def slots(self, holds: Callable[[Fact], bool]) -> list[int]:
        """The slots whose fact `holds`, in numeric order of their ids (as `records.numeric_key` orders them)."""
        wanted = [holds(Fact._make(key)) for key in self._facts]
        codes = self._codes
        numbers, words = list[str](), list[str]()
        for identifier, slot in self._slots.items():
            if wanted[codes[slot]]:
                is_number = identifier.isdigit() and identifier.isascii()
                (numbers if is_number else words).append(identifier)
        if any(identifier[0] == "0" for identifier in numbers):
            numbers.sort()  # settles 7 and 007, which are one number
        numbers.sort(key=int)
        words.sort()
        return [self._slots[identifier] for part in (numbers, words) for identifier in part]

    def identifiers(self, slots: list[int]) -> list[str]:
        """Their ids."""
        by_slot = list(self._slots)
        return [by_slot[slot] for slot in slots]

    def fetch(self, slots: list[int]) -> Iterator[tuple[bytes, bool]]:
        """For each slot the bytes of its row between `status` and `meta`, or the whole line and True."""
        sources, shards, offsets, cuts = self._sources, self._shards, self._offsets, self._cuts
        head, current, descriptor = len(HEAD), -1, -1
        for slot in slots:
            cut = cuts[slot]
            if not cut:
                current = -1
                yield sources.line(shards[slot], offsets[slot]), True
                continue
            if shards[slot] != current:
                current = shards[slot]
                descriptor = sources.descriptor(current)
            yield os.pread(descriptor, cut - head, offsets[slot] + head), False

    def _worth(self, shard: int, offset: int) -> tuple[int, datetime]:
        row = lines.look(self._sources.line(shard, offset))
        return rank(row), written_at(row)


def choose(sources: Sources, findings: Findings, advance: Callable[[int], None]) -> Chosen:
    """Read every line of the shards; bad lines go to `findings`, the bytes of each shard to `advance`."""
    chosen = Chosen(sources)
    for shard, survey in enumerate(spread(survey_shard, sources.paths)):
        chosen.take(shard, survey)
        findings.absorb(survey.findings)
        advance(sources.sizes[shard])
    return chosen


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey, facts = Survey([], array("q"), array("I"), array("I"), [], Findings()), dict[Key, int]()
    for row, offset, line in lines.read(path, survey.findings.note):
        survey.identifiers.append(row.id)
        survey.offsets.append(offset)
        survey.cuts.append(_cut(row, line))
        survey.codes.append(facts.setdefault(fact_of(row), len(facts)))
    survey.facts.extend(facts)
    return survey


def rank(row: AnyRow) -> int:
    """Whose word counts more."""
    if isinstance(row, Failed) or (isinstance(row, Original) and row.status == "error"):
        return 0
    return 1 if row.source == "rules" else 2


def fact_of(row: AnyRow) -> Key:
    """What is counted of the row: the fields of a `Fact`, as a plain tuple because it is built for every row."""
    if isinstance(row, Glance | Parsed):
        failed = row.error is not None or row.kind is not None
        return ("parsed", row.source, _model(row), row.category, row.difficulty, row.kind or "", failed)
    if isinstance(row, Skipped):
        return ("skipped", row.source, _model(row), "", 0, row.reason, False)
    if isinstance(row, Failed):
        return ("error", "", _model(row), "", 0, row.kind, True)
    if row.status == "error":
        return ("error", "", "", "", 0, "original", True)
    return (row.status, row.source, "", row.category, row.difficulty, row.reason, False)


def _model(row: Glance | Parsed | Skipped | Failed) -> str:
    return row.meta.model if row.meta is not None else ""


def written_at(row: AnyRow) -> datetime:
    """When the row was written; rows that do not say come before all that do."""
    at = "" if isinstance(row, Original) or row.meta is None else row.meta.at
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _cut(row: AnyRow, line: bytes) -> int:
    """Where the row's meta begins if what stands before it is a problem of the dataset as it is; else 0.

    `Glance` has no unknown fields, so a line that begins with the status and ends with exactly its meta holds
    nothing else that a problem must not have.
    """
    if type(row) is not Glance or row.error is not None or row.kind is not None or not line.startswith(HEAD):
        return 0
    tail = TAIL + _encode(row.meta) + b"}\n"
    return len(line) - len(tail) if line.endswith(tail) else 0


_encode: Final = msgspec.json.Encoder().encode
