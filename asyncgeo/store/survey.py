"""One shard read for a merge: what is counted of each row, and where its bytes are.

In: a shard's path. Out: `Survey`, columns small enough to be sent between processes. It compares no rows.

Of a sealed row nothing is decoded: what is wanted stands between bytes that occur once in it, since quotes within
texts are escaped. Rows of which the same is counted share these bytes, so one of them is decoded for all.
"""

from array import array
from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo.schema.records import Failed, Parsed, Skipped
from asyncgeo.store import lines, order
from asyncgeo.store.ids import plain_number, plain_numbers
from asyncgeo.store.lines import AnyRow, Block, Findings, Glance

HEAD: Final = b'{"status":"parsed",'

Key = tuple[str, str, str, str, int, str, bool]
"""The fields of a `Fact`, as a plain tuple because it is sent between processes."""


def rank_of_key(key: Key) -> int:
    """The rank of every row that shares the fact."""
    return order.ERROR if key[0] == "error" else order.rank_of(key[1])


class Survey:
    """The rows of one shard as columns."""

    def __init__(self) -> None:
        self.numbers = array("q")  # ids that are plain numbers; -1: the next of `words`
        self.words: list[str] = []
        self.offsets = array("q")  # where the line begins
        self.cuts = array("I")  # how many bytes of the line reach up to its meta; 0: it must be written anew
        self.codes = array("I")  # which of `facts`
        self.facts: list[Key] = []
        self.findings = Findings()

    def __len__(self) -> int:
        return len(self.numbers)

    def note(self, identifier: str, offset: int, cut: int, code: int) -> None:
        """Take one row."""
        self._note_id(identifier)
        self.offsets.append(offset)
        self.cuts.append(cut)
        self.codes.append(code)

    def note_all(self, raw: list[bytes], offsets: Iterable[int], cuts: list[int], codes: list[int]) -> None:
        """Take rows whose ids are given as they stand in JSON."""
        numbers = plain_numbers(raw)
        if numbers is not None:
            self.numbers.extend(numbers)
        else:
            for each in raw:
                self._note_id(lines.unquote(each))
        self.offsets.extend(offsets)
        self.cuts.extend(cuts)
        self.codes.extend(codes)

    def _note_id(self, identifier: str) -> None:
        number = plain_number(identifier)
        if number is None:
            self.words.append(identifier)
        self.numbers.append(-1 if number is None else number)


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey = Survey()
    facts = _Facts()
    for block in lines.blocks(path):
        if block.sealed:
            _skim(block, survey, facts)
            continue
        for row, offset, _ in lines.read_block(path, block, survey.findings.note):
            survey.note(row.id, offset, 0, facts.code(row))
    survey.facts.extend(facts.keys)
    lines.refuse_unreadable(path, len(survey), survey.findings)
    return survey


class _Facts:
    """Distinct facts, numbered; and by the bytes of sealed rows that tell them."""

    def __init__(self) -> None:
        self.keys: dict[Key, int] = {}
        self.by_bytes: dict[tuple[bytes, bytes, bytes], int] = {}

    def code(self, row: AnyRow) -> int:
        return self.keys.setdefault(fact_of(row), len(self.keys))

    def learn(self, told: tuple[bytes, bytes, bytes], line: bytes) -> int:
        code = self.code(lines.look(line))
        if not told[2].endswith(b"\\"):  # a quote within the model's name: what is told is not all
            self.by_bytes[told] = code
        return code


def _skim(block: Block, survey: Survey, facts: _Facts) -> None:
    """Take the lines of a sealed block: plain parses from their bytes alone, others decoded.

    What is looked for is found in every parse, but for a model; of other lines nothing that is found is used.
    """
    raw, cuts, codes = list[bytes](), list[int](), list[int]()
    start, known = len(_ID), facts.by_bytes.get
    for line in block.lines:
        end = line.find(b'"', start)
        cut = line.find(_META, len(line) - _NEAR)
        model = line.find(_MODEL, cut, cut + _AT)
        if model < 0 or line[end - 1] == _BACKSLASH or not line.startswith(_ID):
            row = lines.look(line)
            raw.append(msgspec.json.encode(row.id)[1:-1])
            cuts.append(_cut(row, line))
            codes.append(facts.code(row))
            continue
        category = line.find(_CATEGORY, end)
        told = (
            line[end : end + _SOURCE],
            line[category : line.find(_OBJECTS, category)],
            line[model : line.find(b'"', model + len(_MODEL))],
        )
        code = known(told)
        raw.append(line[start:end])
        cuts.append(cut + 1)
        codes.append(facts.learn(told, line) if code is None else code)
    survey.note_all(raw, accumulate(map(len, block.lines[:-1]), initial=block.offset), cuts, codes)


_BACKSLASH: Final = ord("\\")
_ID: Final = HEAD + b'"id":"'
_CATEGORY: Final = b',"category":"'
_OBJECTS: Final = b',"required_objects":'
_META: Final = b'],"meta":{"at":"'  # so that no error stands between the conditions and the meta
_MODEL: Final = b'","model":"'
_SOURCE: Final = len(b'","source":"model",')
_NEAR: Final = 400  # bytes from the end within which nearly every meta begins
_AT: Final = 64  # bytes from there within which the model of nearly every one does


def _cut(row: AnyRow, line: bytes) -> int:
    """Where the meta of a sealed row begins if what stands before it is a problem as it is; else 0."""
    if type(row) is not Glance or row.error is not None or row.kind is not None:
        return 0
    return line.find(b'],"meta":{"at":"') + 1


def fact_of(row: AnyRow) -> Key:
    """What is counted of the row."""
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
