"""One shard read: of each row which id it has, where its line begins, when it was written, and its fact.

In: a shard's path. Out: `Survey`, columns small enough to be sent between processes, which grow as the shard does. It
compares no rows.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path

from asyncgeo.schema.records import INPUT, Failed, Meta, Service, Tokens
from asyncgeo.store import lines
from asyncgeo.store.facts import Fact, fact_of, moment_of
from asyncgeo.store.ids import plain_number
from asyncgeo.store.lines import AnyRow, Findings, Typed
from asyncgeo.store.processes import spread


class Survey:
    """The rows of one shard as columns; `read` takes what was appended since it was called last."""

    def __init__(self) -> None:
        self.numbers = array("q")  # ids that are plain numbers; -1: the next of `words`
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
            self.take((row, offset) for row, offset, _ in lines.read_block(path, block, self.findings.note))
            last = block.lines[-1]
            self._line, self.end = block.number + len(block.lines), block.offset + sum(map(len, block.lines))
            if not last.endswith(b"\n"):  # whole or not, the line goes on
                self._line -= 1
                self.end -= len(last) * (self.offsets[-1:].tolist() != [self.end - len(last)])

    def take(self, rows: Iterable[tuple[AnyRow, int]]) -> None:
        """Take rows and the offsets at which their lines begin: in a loop what tells their facts, the rest at once."""
        told, codes, offsets = self._told, self.codes, self.offsets
        identifiers, metas = list[str](), list[Meta | None]()
        for row, offset in rows:
            meta = row.meta
            if type(row) is Typed and meta is not None:
                key = row.source, meta.model, row.category, row.difficulty, row.kind, row.error is None
                if (code := told.get(key)) is None:
                    code = told[key] = self._code(fact_of(row))
            else:
                code = self._code(fact_of(row))
                if isinstance(row, Failed) and row.kind == INPUT:
                    self.unreadable[row.id] = row.error
            codes.append(code)
            offsets.append(offset)
            identifiers.append(row.id)
            metas.append(meta)
        self._add(identifiers, metas)

    def _add(self, identifiers: list[str], metas: list[Meta | None]) -> None:
        numbers = list(map(plain_number, identifiers))
        self.numbers.extend(-1 if number is None else number for number in numbers)
        self.words += [word for word, number in zip(identifiers, numbers, strict=True) if number is None]
        self.moments.extend(map(moment_of, metas))
        written = [meta for meta in metas if meta is not None]
        for model, service in {(meta.model, meta.service) for meta in written}:
            tokens = [meta.tokens for meta in written if meta.model == model and meta.service == service]
            spent = self._spent.setdefault((model, service), [0] * len(Tokens.__struct_fields__))
            for index, name in enumerate(Tokens.__struct_fields__):
                spent[index] += sum(map(attrgetter(name), tokens))

    def _code(self, fact: Fact) -> int:
        """The number of the fact."""
        code = self._codes.setdefault(fact, len(self.facts))
        if code == len(self.facts):
            self.facts.append(fact)
        return code


def survey_shards(paths: Sequence[Path]) -> Iterator[Survey]:
    """Read shards, on all cores where that is worth it."""
    size = sum(path.stat().st_size for path in paths if path.exists())
    return spread(survey_shard, paths, size if len(paths) > 1 else 0)


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey = Survey()
    survey.read(path)
    return survey
