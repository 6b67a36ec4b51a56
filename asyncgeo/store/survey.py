"""One shard read: of each row which id it has, where its line begins, when it was written, and its fact.

In: a shard's path. Out: `Survey`, columns small enough to be sent between processes, which grow as the shard does. It
compares no rows.
"""

from array import array
from pathlib import Path

from msgspec import structs

from asyncgeo.schema.records import INPUT, Failed, Tokens
from asyncgeo.store import lines
from asyncgeo.store.facts import Fact, fact_of, moment, moment_of
from asyncgeo.store.ids import DENSE_DIGITS, plain_number
from asyncgeo.store.lines import AnyRow, Block, Finding, Findings, Original, Typed


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
        self._spent: list[list[int]] = []  # tokens by fact, in the order of `Tokens`
        self._codes: dict[Fact, int] = {}
        self._told: dict[tuple[object, ...], int] = {}  # the same by the members of a row that tell its fact

    def __len__(self) -> int:
        return len(self.numbers)

    def tokens(self) -> dict[str, Tokens]:
        """What the rows cost, by model."""
        spent: dict[str, list[int]] = {}
        for fact, each in zip(self.facts, self._spent, strict=True):
            if any(each):
                spent[fact.model] = [sum(pair) for pair in zip(spent.get(fact.model, [0] * 5), each, strict=True)]
        return {model: Tokens(*each) for model, each in spent.items()}

    def read(self, path: Path) -> None:
        """Take the lines from `end` on. Raises ShardError."""
        for block in lines.blocks(path, self.end):
            self._take(path, block)

    def note(self, row: AnyRow, offset: int) -> None:
        """Take one row whose line begins there."""
        number = plain_number(row.id)
        if number is None:
            self.words.append(row.id)
        self.numbers.append(-1 if number is None else number)
        self.offsets.append(offset)
        self.moments.append(moment_of(row))
        code = self._code(fact_of(row))
        self.codes.append(code)
        if not isinstance(row, Original) and row.meta is not None:
            tokens = row.meta.tokens
            for index, count in enumerate(structs.astuple(tokens)):
                self._spent[code][index] += count
        if isinstance(row, Failed) and row.kind == INPUT:
            self.unreadable[row.id] = row.error

    def _take(self, path: Path, block: Block) -> None:
        offset, look, note_typed = block.offset, lines.look, self._note_typed
        for line in block.lines:
            is_ended = line.endswith(b"\n")
            try:
                row = look(line)
            except ValueError as error:
                if line.strip():
                    self.findings.note(Finding(path, self._line, str(error), unfinished=not is_ended))
                if not is_ended:
                    break
            else:
                if type(row) is not Typed or not note_typed(row, offset):
                    self.note(row, offset)
            offset += len(line)
            self._line += is_ended
        self.end = offset

    def _note_typed(self, row: Typed, offset: int) -> bool:
        """As `note` in a third of the time, for nearly every row: its id is a number, its fact was seen before."""
        meta, identifier = row.meta, row.id
        if meta is None or len(identifier) > DENSE_DIGITS or not (identifier.isascii() and identifier.isdigit()):
            return False
        told = row.source, meta.model, row.category, row.difficulty, row.kind, row.error is None
        code = self._told.get(told)
        if code is None or identifier[0] == "0":
            self._told[told] = self._code(fact_of(row))
            return False
        self.numbers.append(int(identifier))
        self.offsets.append(offset)
        self.moments.append(moment(meta.at))
        self.codes.append(code)
        spent, tokens = self._spent[code], meta.tokens
        spent[0] += tokens.input
        spent[1] += tokens.cached
        spent[2] += tokens.output
        if tokens.cache_write or tokens.reasoning:
            spent[3] += tokens.cache_write
            spent[4] += tokens.reasoning
        return True

    def _code(self, fact: Fact) -> int:
        """The number of the fact."""
        code = self._codes.setdefault(fact, len(self.facts))
        if code == len(self.facts):
            self.facts.append(fact)
            self._spent.append([0] * 5)
        return code


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey = Survey()
    survey.read(path)
    return survey
