"""The best row of every id: which it is, where its line begins, and what is counted of it.

In: the surveys of shards, in the order of their bounds. Out: `Best`. It keeps these, some 25 bytes a row, and 20 bytes
an id; never a row. Merge, status, errors, verify, reparse and report ask here, so all say the same.

Best is what `facts` says: each shard is reduced first, then its best rows are compared with those of other shards.
"""

import mmap
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from heapq import merge
from itertools import chain, filterfalse, tee
from operator import getitem
from pathlib import Path
from typing import Final, NamedTuple

from asyncgeo.schema.records import numeric_key
from asyncgeo.store import lines, names
from asyncgeo.store.facts import Fact, Standing
from asyncgeo.store.ids import DENSE_DIGITS, plain_number
from asyncgeo.store.lines import Findings
from asyncgeo.store.survey import Survey, survey_shards

_PAGE: Final = 1 << 12
_STANDINGS: Final = tuple(Standing)

RowKind = tuple[Fact, Standing]
"""What is counted of a best row, and how far all rows of its id have come."""


class Place(NamedTuple):
    """Where the best row of an id is: the shard's number in the order of bounds, and where its line begins."""

    shard: int
    offset: int
    original: bool  # written by the original script


class _Places:
    """Ids numbered in the order of first sight: their slots. Plain numbers find theirs in a map as in `IdMap`."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 4 * 10**DENSE_DIGITS, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._dense = memoryview(self._map).cast("I")  # slot + 1
        self._words: dict[str, int] = {}
        self._ids = array("i")  # by slot: the number, or -1 where it is no plain one

    def __len__(self) -> int:
        return len(self._ids)

    def number(self, survey: Survey, since: int) -> "array[int]":
        """The slots of the survey's ids."""
        slots, dense, ids = array("I"), self._dense, self._ids
        words = iter(survey.words[survey.numbers[:since].count(-1) :])
        for number in survey.numbers[since:]:
            if number < 0:
                slot = self._words.setdefault(next(words), len(ids))
            else:
                slot = dense[number] - 1
                if slot < 0:
                    slot = len(ids)
                    dense[number] = slot + 1
            if slot == len(ids):
                ids.append(number)
            slots.append(slot)
        return slots

    def slot(self, identifier: str) -> int | None:
        """The slot of the id; None where it has no row."""
        number = plain_number(identifier)
        if number is None:
            return self._words.get(identifier)
        return self._dense[number] - 1 if self._dense[number] else None

    def in_order(self) -> Iterator[int]:
        """Every slot, in the order of `records.numeric_key`."""
        slots = self._words
        long = sorted(filter(_is_number, slots), key=numeric_key)
        if long:  # 007, or of more digits than the map has
            slots_by_number = enumerate(chain.from_iterable(self._pages()))
            numbers = (((0, number, str(number)), slot - 1) for number, slot in slots_by_number if slot)
            yield from (slot for _, slot in merge(numbers, ((numeric_key(each), slots[each]) for each in long)))
        else:
            for part in self._pages():
                yield from [slot - 1 for slot in part if slot]
        yield from map(slots.__getitem__, sorted(filterfalse(_is_number, slots)))

    def identifier(self, slot: int) -> str:
        """The id that has the slot."""
        number = self._ids[slot]
        return self._words_by_slot[slot] if number < 0 else str(number)

    @cached_property
    def _words_by_slot(self) -> dict[int, str]:
        return {slot: word for word, slot in self._words.items()}

    def _pages(self) -> Iterator[memoryview]:
        """The map, as far as it is used."""
        top = max(self._ids, default=-1) + 1
        return (self._dense[low : low + _PAGE] for low in range(0, top, _PAGE))


def _is_number(identifier: str) -> bool:
    return identifier.isascii() and identifier.isdigit()


class Best:
    """Best rows by id. A slot numbers an id, in the order of first sight, and indexes all arrays."""

    def __init__(self) -> None:
        self.rows = 0
        self.are_apart = True
        """Whether no id has rows in two shards, as is the rule."""
        self._places = _Places()
        self._surveys: dict[int, Survey] = {}  # by shard
        self._shards = array("I")
        self._rows = array("I")  # which row of that shard
        self._codes = array("I")  # which of the facts
        self._standings = bytearray()
        self._facts: list[Fact] = []
        self._codes_of: dict[Fact, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    def __contains__(self, identifier: str) -> bool:
        """Whether the id has a row."""
        return self._places.slot(identifier) is not None

    def __iter__(self) -> Iterator[str]:
        """The ids, in the order of `records.numeric_key`."""
        return map(self.identifier, self._places.in_order())

    @property
    def duplicates(self) -> int:
        """Rows that another row of the same id has beaten."""
        return self.rows - len(self)

    def take(self, shard: int, survey: Survey, since: int = 0) -> None:
        """Keep each row of the shard, from that one on, that is the best of its id so far.

        Shards are taken one after another. A shard may be taken further where ids `are_apart`; elsewhere its last line
        may be worth less than the line whose place it takes, so that the row of another shard is best again.
        """
        first, self._surveys[shard] = len(self), survey
        known = [self._codes_of.setdefault(fact, len(self._codes_of)) for fact in survey.facts]
        self._facts = list(self._codes_of)
        codes = array("I", map(known.__getitem__, survey.codes[since:]))
        slots = self._places.number(survey, since)
        self.rows += len(slots)
        if len(self._places) == first + len(slots):  # every id is new
            self._shards.extend(array("I", (shard,)) * len(slots))
            self._rows.extend(range(since, len(survey)))
            self._codes.extend(codes)
            self._standings.extend(map([fact.standing for fact in self._facts].__getitem__, codes))
        else:
            self._reduce(shard, since, slots, codes)
            self._lift(slots, codes)

    def _reduce(self, shard: int, since: int, slots: Sequence[int], codes: Sequence[int]) -> None:
        ranks = [fact.rank for fact in self._facts]
        held, shards = self._codes, self._shards
        elsewhere: dict[int, tuple[int, int]] = {}  # ids with rows in other shards: this one's best row and its code
        for row, (slot, code) in enumerate(zip(slots, codes, strict=True), since):
            if slot == len(held):
                self._append(shard, row, code)
            elif shards[slot] == shard:
                if ranks[code] >= ranks[held[slot]]:
                    self._replace(slot, shard, row, code)
            elif slot not in elsewhere or ranks[code] >= ranks[elsewhere[slot][1]]:
                elsewhere[slot] = row, code
        self.are_apart &= not elsewhere
        for slot, (row, code) in elsewhere.items():
            mine = ranks[code], self._moment(shard, row), shard
            if mine > (ranks[held[slot]], self._moment(shards[slot], self._rows[slot]), shards[slot]):
                self._replace(slot, shard, row, code)

    def _lift(self, slots: Sequence[int], codes: Sequence[int]) -> None:
        """Give each id the highest standing of its rows."""
        standings = [fact.standing for fact in self._facts]
        lifted = self._standings
        lifted.extend(bytes(len(self) - len(lifted)))
        for slot, code in zip(slots, codes, strict=True):
            lifted[slot] = max(lifted[slot], standings[code])

    def kinds(self) -> Counter[RowKind]:
        """How many ids share each kind."""
        return self._kinds(Counter(zip(self._codes, self._standings, strict=True)))

    def kinds_by_shard(self, surveys: Sequence[Survey]) -> list[Counter[RowKind]]:
        """The same of the ids that each shard holds, wherever their best rows are."""
        codes, standings = self._codes, self._standings
        counts = [Counter[tuple[int, int]]() for _ in surveys]
        if self.are_apart:
            for (shard, *kind), n in Counter(zip(self._shards, codes, standings, strict=True)).items():
                counts[shard][kind[0], kind[1]] = n
        else:
            for count, survey in zip(counts, surveys, strict=True):
                count.update((codes[slot], standings[slot]) for slot in set(self._places.number(survey, 0)))
        return list(map(self._kinds, counts))

    def _kinds(self, counts: Counter[tuple[int, int]]) -> Counter[RowKind]:
        facts = self._facts
        return Counter({(facts[code], _STANDINGS[standing]): n for (code, standing), n in counts.items()})

    def counts(self, slots: Iterable[int] | None = None) -> dict[Fact, int]:
        """How many ids (of these slots, or of all) share each fact."""
        facts = self._facts
        codes = self._codes if slots is None else map(self._codes.__getitem__, slots)
        return {facts[code]: count for code, count in Counter(codes).items()}

    def slots(self, holds: Callable[[Fact], bool]) -> "array[int]":
        """The slots whose fact `holds`, in numeric order of their ids (as `records.numeric_key` orders them)."""
        wanted, codes = list(map(holds, self._facts)), self._codes
        found = self._places.in_order() if any(wanted) else ()
        return array("I", found if all(wanted) else (slot for slot in found if wanted[codes[slot]]))

    def identifier(self, slot: int) -> str:
        """Its id."""
        return self._places.identifier(slot)

    def places(self, slots: Iterable[int]) -> Iterator[tuple[int, int]]:
        """For each slot the shard of its row and where the line begins."""
        shards, numbers, rows = tee(slots, 3)
        offsets = {shard: survey.offsets for shard, survey in self._surveys.items()}
        columns = map(offsets.__getitem__, map(self._shards.__getitem__, numbers))
        begins = map(getitem, columns, map(self._rows.__getitem__, rows))
        return zip(map(self._shards.__getitem__, shards), begins, strict=True)

    def slot(self, identifier: str) -> int | None:
        """The slot of the id; None where it has no row."""
        return self._places.slot(identifier)

    def place(self, identifier: str) -> Place | None:
        """Where the best row of the id is; None where it has none."""
        slot = self._places.slot(identifier)
        if slot is None:
            return None
        shard, row = self._shards[slot], self._rows[slot]
        return Place(shard, self._surveys[shard].offsets[row], self._facts[self._codes[slot]].original)

    def _moment(self, shard: int, row: int) -> float:
        return self._surveys[shard].moments[row]

    def _append(self, shard: int, row: int, code: int) -> None:
        self._shards.append(shard)
        self._rows.append(row)
        self._codes.append(code)

    def _replace(self, slot: int, shard: int, row: int, code: int) -> None:
        self._shards[slot] = shard
        self._rows[slot] = row
        self._codes[slot] = code


def best_of(
    paths: Sequence[Path], findings: Findings, done: Callable[[int], None] = lambda _: None, *, strict: bool = True
) -> Best:
    """The best rows of these shards; bad lines go to `findings`, the numbers of shards that were read to `done`.

    Raises ShardError for a shard without a row whose encoding explains that, and if `strict` for any with bad lines
    and no row.
    """
    best = Best()
    for shard, (path, survey) in enumerate(zip(paths, survey_shards(paths), strict=True)):
        lines.refuse_unreadable(path, len(survey), survey.findings, only_encoding=not strict)
        best.take(shard, survey)
        findings.absorb(survey.findings)
        done(shard)
    return best


def best_of_folder(folder: Path) -> Best:
    """The best rows of a folder's shards, whatever else is in them. Raises ShardError."""
    return best_of([path for _, path in names.find(folder)], Findings(), strict=False)
