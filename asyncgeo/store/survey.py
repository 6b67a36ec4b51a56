"""One shard read: of each row which id it has, where its line begins, when it was written, and its fact.

In: a shard's path. Out: `Survey`, columns small enough to be sent between processes, which grow as the shard does. It
compares no rows.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import accumulate, compress, repeat
from operator import add, attrgetter, is_not
from pathlib import Path
from typing import Any, Final

from msgspec.structs import astuple

from asyncgeo.schema.records import INPUT, Failed, Service, Tokens
from asyncgeo.store import lines
from asyncgeo.store.facts import Fact, fact_of, moment_of, moments
from asyncgeo.store.ids import plain_numbers
from asyncgeo.store.lines import AnyRow, Block, Findings
from asyncgeo.store.processes import spread


class Survey:
    """The rows of one shard as columns; `read` takes what was appended since it was called last."""

    def __init__(self) -> None:
        self.numbers = array("i")  # ids that are plain numbers; -1: the next of `words`
        self.words: list[str] = []
        self.offsets = array("q")
        self.moments = array("d")
        self.codes = array("I")  # which of `facts`
        self.facts: list[Fact] = []
        self.findings = Findings()
        self.unreadable: dict[str, str] = {}  # the errors of inputs that could not be read, by id
        self.end = 0  # where reading goes on: after the last line, or at one that is being written
        self._line = 1
        self._spent: dict[tuple[str, Service], list[int]] = {}  # tokens by model and service
        self._codes: dict[Fact, int] = {}
        self._told: dict[tuple[object, ...], int] = {}  # the same by the members of a row that tell its fact

    def __len__(self) -> int:
        return len(self.numbers)

    def tokens(self) -> dict[tuple[str, Service], Tokens]:
        """What the rows cost, by model and service."""
        return {billed: Tokens(*spent) for billed, spent in self._spent.items() if any(spent)}

    def read(self, path: Path) -> None:
        """Take the lines from `end` on. Raises ShardError."""
        for block in lines.blocks(path, self.end, self._line):
            self._take_block(path, block)
            last = block.lines[-1]
            self._line, self.end = block.number + len(block.lines), block.offset + sum(map(len, block.lines))
            if not last.endswith(b"\n"):  # whole or not, the line goes on
                self._line -= 1
                self.end -= len(last) * (self.offsets[-1:].tolist() != [self.end - len(last)])

    def take(self, rows: Iterable[tuple[AnyRow, int]]) -> None:
        """Take rows and the offsets at which their lines begin."""
        for row, offset in rows:
            self.codes.append(self._code(fact_of(row)))
            self.offsets.append(offset)
            self._name([row.id])
            self.moments.append(moment_of(row.meta))
            if row.meta is not None:
                self._spend([row.meta.model], [row.meta.service], [row.meta.tokens])
            if isinstance(row, Failed) and row.kind == INPUT:
                self.unreadable[row.id] = row.error

    def _take_block(self, path: Path, block: Block) -> None:
        """Nearly all rows at once, without a step of ours for each; one after another what they are not."""
        decode, left, done = lines.usual_decoder(block.lines), iter(block.lines), 0
        starts = list(accumulate(map(len, block.lines), initial=block.offset))
        while done < len(block.lines):
            told: list[tuple[Any, ...]] = []
            with suppress(ValueError, RecursionError, AttributeError):  # no usual row, or one that lacks its meta
                told.extend(map(_TELL, map(decode, left)))
            end = done + len(told)
            if told:
                self._take_told(told, block.lines[done:end])
                self.offsets.extend(starts[done:end])
            done = end + 1
            if one := block.lines[end:done]:
                odd = Block(block.number + end, starts[end], one)
                self.take((row, offset) for row, offset, _ in lines.read_block(path, odd, self.findings.note))

    def _take_told(self, told: list[tuple[Any, ...]], found: Sequence[bytes]) -> None:
        """What rows tell, a column at a time."""
        identifiers, ats, tokens, services, models, errors, unexpressed, kinds, *others = zip(*told, strict=True)
        failed, more = map(is_not, errors, repeat(None)), map(bool, unexpressed)
        keys = list(zip(models, kinds, failed, more, *others, strict=True))
        try:
            codes = list(map(self._told.__getitem__, keys))
        except KeyError:
            for key in set(keys).difference(self._told):
                self._told[key] = self._code(fact_of(lines.look(found[keys.index(key)])))
            codes = list(map(self._told.__getitem__, keys))
        self.codes.extend(codes)
        self._name(identifiers)
        self.moments.extend(moments(ats))
        self._spend(models, services, tokens)
        if INPUT in kinds:
            rows = zip(identifiers, errors, kinds, strict=True)
            self.unreadable |= {identifier: error for identifier, error, kind in rows if kind == INPUT}

    def _name(self, identifiers: Sequence[str]) -> None:
        numbers = plain_numbers(identifiers)
        self.numbers.extend(numbers)
        if min(numbers) < 0:
            self.words += [word for word, number in zip(identifiers, numbers, strict=True) if number < 0]

    def _spend(self, models: Sequence[str], services: Sequence[Service], tokens: Sequence[Tokens]) -> None:
        if len(set(models)) == 1 == len(set(services)):
            self._add(models[0], services[0], tokens)
            return
        billed = list(zip(models, services, strict=True))
        for each in set(billed):
            self._add(*each, compress(tokens, map(each.__eq__, billed)))

    def _add(self, model: str, service: Service, tokens: Iterable[Tokens]) -> None:
        sums = map(sum, zip(*map(astuple, tokens), strict=True))
        self._spent[model, service] = list(map(add, self._spent.get((model, service), repeat(0)), sums))

    def _code(self, fact: Fact) -> int:
        """The number of the fact."""
        code = self._codes.setdefault(fact, len(self.facts))
        if code == len(self.facts):
            self.facts.append(fact)
        return code


_TELL: Final = attrgetter(
    "id",
    "meta.at",
    "meta.tokens",
    "meta.service",
    "meta.model",
    "error",
    "unexpressed",
    "kind",
    "meta.form",
    "__class__",
    "source",
    "category",
    "difficulty",
    "reason",
    "sound",
)
"""What is kept of a row, and what tells its fact."""


def survey_shards(paths: Sequence[Path]) -> Iterator[Survey]:
    """Read shards, on all cores where that is worth it."""
    size = sum(path.stat().st_size for path in paths if path.exists())
    return spread(survey_shard, paths, size if len(paths) > 1 else 0)


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey = Survey()
    survey.read(path)
    return survey
