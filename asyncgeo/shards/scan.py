"""What the shards of a folder already hold: the best standing of every id.

In: a folder. Out: `Scan`, one byte an id. Disk is the only truth: a deleted shard makes its problems pending.

Standings are ordered, and the best of an id counts, so shards can be read in any order.
"""

import mmap
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal, NamedTuple

from asyncgeo.records import Failed, Skipped
from asyncgeo.shards import lines, names
from asyncgeo.shards.lines import AnyRow, Finding, Findings, Original
from asyncgeo.shards.spread import spread

Redo = Literal["failed", "none", "all"]
RunSource = Literal["model", "rules"]

_DENSE_DIGITS: Final = 8  # ids of fewer digits take a byte each: 10 MB of address space, resident only where used


class Standing(IntEnum):
    """How far the rows of an id have come, the better the higher."""

    PENDING = 0  # no row that counts
    ERROR = 1  # tried, no verdict
    STAND_IN = 2  # rules, because the model failed on this problem
    RULES = 3  # the rules' verdict, asked for
    SCREENED = 4  # refused before anything was asked
    MODEL = 5  # the model's verdict


_STANDINGS: Final = tuple(Standing)
_BY_SOURCE: Final = {"model": Standing.MODEL, "screen": Standing.SCREENED, "rules": Standing.RULES}


class Standings:
    """id → `Standing`. Plain numbers are indices into one map of bytes; other ids go to a dict."""

    def __init__(self) -> None:
        self._dense = mmap.mmap(-1, 10 ** (_DENSE_DIGITS - 1))
        self._other: dict[str, Standing] = {}

    def __getitem__(self, identifier: str) -> Standing:
        index = _index(identifier)
        return self._other.get(identifier, Standing.PENDING) if index is None else Standing(self._dense[index])

    def lift(self, identifier: str, standing: Standing) -> None:
        """Set the standing of the id unless it is better already."""
        index = _index(identifier)
        if index is None:
            self._other[identifier] = max(standing, self._other.get(identifier, Standing.PENDING))
        elif self._dense[index] < standing:
            self._dense[index] = standing


def _index(identifier: str) -> int | None:
    """The id as a number when it is spelled as one plainly (`7`, not `007`) and is small enough."""
    if len(identifier) >= _DENSE_DIGITS or not identifier.isdigit() or not identifier.isascii():
        return None
    return int(identifier) if identifier[0] != "0" or identifier == "0" else None


@dataclass(frozen=True, slots=True)
class Scan:
    """Standings, the rows read, and the lines that were none: the first of `bad_lines`."""

    standings: Standings
    rows: int
    bad_lines: int
    findings: tuple[Finding, ...]


def scan(folder: Path) -> Scan:
    """Read every shard of the folder; bad lines are left where they are, an unfinished last line is no bad line."""
    standings, findings = Standings(), Findings()
    rows = 0
    for part in spread(scan_shard, [path for _, path in names.find(folder)]):
        for identifier, standing in zip(part.identifiers, part.standings, strict=True):
            standings.lift(identifier, _STANDINGS[standing])
        findings.absorb(part.findings)
        rows += len(part.identifiers)
    return Scan(standings, rows, findings.count, tuple(findings.kept))


class Part(NamedTuple):
    """The rows of one shard, small enough to be sent between processes."""

    identifiers: list[str]
    standings: bytearray
    findings: Findings


def scan_shard(path: Path) -> Part:
    """Read one shard."""
    part = Part([], bytearray(), Findings())
    for row, _, _ in lines.read(path, part.findings.note):
        part.identifiers.append(row.id)
        part.standings.append(standing_of(row))
    return part


def standing_of(row: AnyRow) -> Standing:
    """The standing that one row gives its id."""
    if isinstance(row, Failed):
        return Standing.ERROR
    if isinstance(row, Original):
        return _standing_of_original(row)
    if row.source == "rules" and not isinstance(row, Skipped) and (row.error is not None or row.kind is not None):
        return Standing.STAND_IN
    return _BY_SOURCE[row.source]


def is_done(standing: Standing, run_source: RunSource, redo: Redo) -> bool:
    """Whether a run that answers from `run_source` leaves the problem alone.

    By default a verdict at least as good as the run's own is done; `none` also keeps what failed.
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
