"""The best row of every id, and where its bytes are.

In: the surveys of shards. Out: `Chosen`. It keeps 32 bytes an id, and the ids that are no plain numbers; never a row.

Best is what `order` says: each shard is reduced first, then its best rows are compared with those of other shards.
"""

import mmap
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from heapq import merge
from itertools import filterfalse
from typing import Final

from asyncgeo.schema.records import numeric_key
from asyncgeo.store import lines, order
from asyncgeo.store.facts import Fact
from asyncgeo.store.ids import DENSE_DIGITS, plain_number
from asyncgeo.store.lines import Findings
from asyncgeo.store.order import Worth
from asyncgeo.store.processes import spread
from asyncgeo.store.sources import Sources
from asyncgeo.store.survey import Key, Survey, fact_of, rank_of_key, survey_shard

__all__ = ["Chosen", "Key", "choose", "fact_of"]

_PAGE: Final = 1 << 12


class _Places:
    """Ids numbered in the order of first sight: their slots. Plain numbers find theirs in a map as in `Marks`."""

    def __init__(self) -> None:
        self._map = mmap.mmap(-1, 4 * 10**DENSE_DIGITS, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
        self._dense = memoryview(self._map).cast("I")  # slot + 1
        self._words: dict[str, int] = {}
        self._ids = array("q")  # by slot: the number, or -1 where it is no plain one

    def __len__(self) -> int:
        return len(self._ids)

    def number(self, survey: Survey) -> list[int]:
        """The slots of the survey's ids."""
        slots, dense, ids = list[int](), self._dense, self._ids
        words = iter(survey.words)
        for number in survey.numbers:
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

    def __contains__(self, identifier: str) -> bool:
        number = plain_number(identifier)
        return identifier in self._words if number is None else bool(self._dense[number])

    def in_order(self) -> Iterator[int]:
        """Every slot, in the order of `records.numeric_key`."""
        slots = self._words
        long = sorted(filter(_is_number, slots), key=numeric_key)
        if long:  # 007, or of more digits than the map has
            numbers = (((0, number, str(number)), slot) for number, slot in self._numbers())
            yield from (slot for _, slot in merge(numbers, ((numeric_key(each), slots[each]) for each in long)))
        else:
            yield from (slot for _, slot in self._numbers())
        yield from map(slots.__getitem__, sorted(filterfalse(_is_number, slots)))

    def identifier(self, slot: int) -> str:
        """The id that has the slot."""
        number = self._ids[slot]
        return self._words_by_slot[slot] if number < 0 else str(number)

    @cached_property
    def _words_by_slot(self) -> dict[int, str]:
        return {slot: word for word, slot in self._words.items()}

    def _numbers(self) -> Iterator[tuple[int, int]]:
        top = max(self._ids, default=-1) + 1
        for low in range(0, top, _PAGE):
            part = self._dense[low : low + _PAGE]
            if any(part):
                yield from ((number, slot - 1) for number, slot in enumerate(part, low) if slot)


def _is_number(identifier: str) -> bool:
    return identifier.isascii() and identifier.isdigit()


class Chosen:
    """Best rows by id. A slot numbers an id, in the order of first sight, and indexes all arrays."""

    def __init__(self, sources: Sources) -> None:
        self.rows = 0
        self._sources = sources
        self._places = _Places()
        self._shards = array("I")
        self._offsets = array("q")
        self._codes = array("I")  # which of the facts
        self._facts: dict[Key, int] = {}

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def duplicates(self) -> int:
        """Rows that another row of the same id has beaten."""
        return self.rows - len(self)

    def take(self, shard: int, survey: Survey) -> None:
        """Keep each row of the shard that is the best of its id so far; shards are taken in order."""
        known = [self._facts.setdefault(key, len(self._facts)) for key in survey.facts]
        codes = array("I", map(known.__getitem__, survey.codes))
        first = len(self)
        self.rows += len(survey)
        slots = self._places.number(survey)
        if len(self._places) == first + len(survey):  # every id is new
            self._shards.extend(array("I", (shard,)) * len(survey))
            self._offsets.extend(survey.offsets)
            self._codes.extend(codes)
            return
        rows = range(len(slots))
        ranks = list(map(rank_of_key, self._facts))
        elsewhere = array("i", (-1,)) * (first if min(slots) < first else 0)  # by slot: the shard's best row so far
        for row, slot, code in zip(rows, slots, codes, strict=True):
            if slot == len(self):
                self._append(shard, survey, row, code)
            elif slot >= first:
                if order.replaces(ranks[code], ranks[self._codes[slot]]):
                    self._replace(slot, shard, survey, row, code)
            elif elsewhere[slot] < 0 or order.replaces(ranks[code], ranks[codes[elsewhere[slot]]]):
                elsewhere[slot] = row
        for slot, row in enumerate(elsewhere):
            if row >= 0 and self._worth(shard, survey.offsets[row]) > self._worth_of(slot):
                self._replace(slot, shard, survey, row, codes[row])

    def counts(self, slots: Iterable[int] | None = None) -> dict[Fact, int]:
        """How many ids (of these slots, or of all) share each fact."""
        facts = list(map(Fact._make, self._facts))
        codes = self._codes if slots is None else map(self._codes.__getitem__, slots)
        return {facts[code]: count for code, count in Counter(codes).items()}

    def slots(self, holds: Callable[[Fact], bool]) -> "array[int]":
        """The slots whose fact `holds`, in numeric order of their ids (as `records.numeric_key` orders them)."""
        wanted = [holds(Fact._make(key)) for key in self._facts]
        codes = self._codes
        found = (slot for slot in self._places.in_order() if wanted[codes[slot]])
        return array("I", found if any(wanted) else ())

    def __contains__(self, identifier: str) -> bool:
        """Whether the id has a row."""
        return identifier in self._places

    def identifier(self, slot: int) -> str:
        """Its id."""
        return self._places.identifier(slot)

    def lines(self, slots: Iterable[int]) -> Iterator[bytes]:
        """For each slot the whole line of its row."""
        shards, offsets = self._shards, self._offsets
        return self._sources.lines((shards[slot], offsets[slot]) for slot in slots)

    def _append(self, shard: int, survey: Survey, row: int, code: int) -> None:
        self._shards.append(shard)
        self._offsets.append(survey.offsets[row])
        self._codes.append(code)

    def _replace(self, slot: int, shard: int, survey: Survey, row: int, code: int) -> None:
        self._shards[slot] = shard
        self._offsets[slot] = survey.offsets[row]
        self._codes[slot] = code

    def _worth_of(self, slot: int) -> Worth:
        return self._worth(self._shards[slot], self._offsets[slot])

    def _worth(self, shard: int, offset: int) -> Worth:
        return order.worth(lines.look(self._sources.line(shard, offset)), (shard,))


def choose(sources: Sources, findings: Findings, advance: Callable[[int], None]) -> Chosen:
    """Read every line of the shards; bad lines go to `findings`, the bytes of each shard to `advance`."""
    chosen = Chosen(sources)
    for shard, survey in enumerate(spread(survey_shard, sources.paths)):
        chosen.take(shard, survey)
        findings.absorb(survey.findings)
        advance(sources.sizes[shard])
    return chosen
