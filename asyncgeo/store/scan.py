"""What the shards of a folder already hold: the best standing of every id.

In: a folder. Out: `Scan`. Disk is the only truth: a deleted shard makes its problems pending.

Standings are ordered, and the best of an id counts, so shards can be read in any order.
"""

from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal

from asyncgeo.schema.records import INPUT, REFUSALS, Failed, Skipped
from asyncgeo.store import lines, names
from asyncgeo.store.ids import Marks, plain_number
from asyncgeo.store.lines import AnyRow, Finding, Findings, Original
from asyncgeo.store.processes import spread

Redo = Literal["failed", "none", "all"]
RunSource = Literal["model", "rules"]


class Standing(IntEnum):
    """How far the rows of an id have come, the better the higher."""

    PENDING = 0  # no row that counts
    ERROR = 1  # tried, no verdict
    STAND_IN = 2  # rules, because the model failed on this problem
    RULES = 3  # the rules' verdict, asked for
    SCREENED = 4  # refused before anything was asked
    REFUSED = 5  # asked, and a content filter or the model refused this problem
    MODEL = 6  # the model's verdict


_STANDINGS: Final = tuple(Standing)
_BY_SOURCE: Final = {"model": Standing.MODEL, "screen": Standing.SCREENED, "rules": Standing.RULES}


class Standings:
    """id → `Standing`."""

    def __init__(self) -> None:
        self._marks = Marks()

    def __getitem__(self, identifier: str) -> Standing:
        return _STANDINGS[self._marks[identifier]]

    def lift(self, identifier: str, standing: Standing) -> None:
        """Set the standing of the id unless it is better already."""
        self._marks.lift(identifier, standing)

    def absorb(self, part: "Part") -> None:
        """Lift every id of a shard."""
        for standing, numbers in part.numbers.items():
            self._marks.lift_numbers(numbers, standing)
        for standing, words in part.words.items():
            for word in words:
                self._marks.lift(word, standing)


@dataclass(frozen=True, slots=True)
class Scan:
    """Standings, the rows read, and the lines that were none: the first of `bad_lines`.

    `unreadable` holds the errors of inputs that could not be read, as their last rows have them.
    """

    standings: Standings
    rows: int
    bad_lines: int
    findings: tuple[Finding, ...]
    unreadable: Mapping[str, str]


def scan(folder: Path) -> Scan:
    """Read every shard of the folder; bad lines are left where they are, an unfinished last line is no bad line.

    Raises ShardError for a shard that cannot be read, or was saved in another encoding: its rows were paid for.
    """
    standings, findings, unreadable = Standings(), Findings(), dict[str, str]()
    rows = 0
    for part in spread(scan_shard, [path for _, path in names.find(folder)]):
        standings.absorb(part)
        findings.absorb(part.findings)
        unreadable |= part.unreadable
        rows += part.rows
    return Scan(standings, rows, findings.count, tuple(findings.kept), unreadable)


class Part:
    """The ids of one shard by their standings, small enough to be sent between processes."""

    def __init__(self) -> None:
        self.rows = 0
        self.numbers: defaultdict[Standing, array[int]] = defaultdict(_no_numbers)  # plain ones
        self.words: defaultdict[Standing, list[str]] = defaultdict(list)
        self.findings = Findings()
        self.unreadable: dict[str, str] = {}

    def note(self, identifier: str, standing: Standing) -> None:
        """Take one id."""
        number = plain_number(identifier)
        if number is None:
            self.words[standing].append(identifier)
        else:
            self.numbers[standing].append(number)
        self.rows += 1


def scan_shard(path: Path) -> Part:
    """Read one shard."""
    part = Part()
    for block in lines.blocks(path):
        for row, _, _ in lines.read_block(path, block, part.findings.note):
            part.note(row.id, standing_of(row))
            if isinstance(row, Failed) and row.kind == INPUT:
                part.unreadable[row.id] = row.error
    lines.refuse_unreadable(path, part.rows, part.findings, only_encoding=True)
    return part


def _no_numbers() -> "array[int]":
    return array("I")


def standing_of(row: AnyRow) -> Standing:
    """The standing that one row gives its id."""
    if isinstance(row, Original):
        return _standing_of_original(row)
    if isinstance(row, Failed):
        return Standing.REFUSED if row.kind in REFUSALS else Standing.ERROR
    if row.source == "rules" and not isinstance(row, Skipped) and (row.error is not None or row.kind is not None):
        return Standing.REFUSED if row.kind in REFUSALS else Standing.STAND_IN
    return _BY_SOURCE[row.source]


def is_done(standing: Standing, run_source: RunSource, redo: Redo) -> bool:
    """Whether a run that answers from `run_source` leaves the problem alone.

    By default a verdict at least as good as the run's own is done, and what was refused; `none` also keeps what failed.
    """
    match redo:
        case "all":
            return False
        case "none":
            return standing > Standing.PENDING
        case "failed":
            return standing >= (Standing.SCREENED if run_source == "model" else Standing.RULES)


def _standing_of_original(row: Original) -> Standing:
    """Its category "Unknown" is a guess after a dead key; its skips have no reason of ours: both are asked again."""
    if row.source == "rules":
        return Standing.STAND_IN
    return Standing.MODEL if row.sound and row.status != "error" else Standing.ERROR
