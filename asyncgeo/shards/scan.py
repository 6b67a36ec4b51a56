"""What the shards of a folder already hold: the best standing of every id.

In: a folder. Out: `Scan`, one byte an id. Disk is the only truth: a deleted shard makes its problems pending.

Standings are ordered, and the best of an id counts, so shards can be read in any order.
"""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final, Literal

from asyncgeo.records import Failed, Skipped
from asyncgeo.shards import lines, names
from asyncgeo.shards.lines import AnyRow, Finding, Original

Redo = Literal["failed", "none", "all"]
RunSource = Literal["model", "rules"]

_DENSE: Final = 1 << 26  # ids below this take one byte each; the map is 64 MB of address space, resident where used
FINDINGS_KEPT: Final = 1000  # the rest is counted; a file of rubbish must not fill the memory


class Standing(IntEnum):
    """How far the rows of an id have come, the better the higher."""

    PENDING = 0  # no row that counts
    ERROR = 1  # tried, no verdict
    STAND_IN = 2  # rules, because the model failed on this problem
    RULES = 3  # the rules' verdict, asked for
    SCREENED = 4  # refused before anything was asked
    MODEL = 5  # the model's verdict


class Standings:
    """id → `Standing`. Plain numbers are indices into one map of bytes; other ids go to a dict."""

    def __init__(self) -> None:
        self._dense = mmap.mmap(-1, _DENSE)
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
    if identifier.isdecimal() and identifier.isascii() and len(identifier) <= 8:  # noqa: PLR2004  (digits of _DENSE)
        number = int(identifier)
        if number < _DENSE and (identifier[0] != "0" or identifier == "0"):
            return number
    return None


@dataclass(frozen=True, slots=True)
class Scan:
    """Standings, the rows read, and the lines that were none: the first thousand of `bad_lines`."""

    standings: Standings
    rows: int
    bad_lines: int
    findings: tuple[Finding, ...]


def scan(folder: Path) -> Scan:
    """Read every shard of the folder; bad lines are left where they are, an unfinished last line is no bad line."""
    standings, findings = Standings(), list[Finding]()
    rows = bad_lines = 0
    for found in _read_all(folder):
        if isinstance(found, Finding):
            bad_lines += 1
            if len(findings) < FINDINGS_KEPT:
                findings.append(found)
        else:
            rows += 1
            standings.lift(str(found.id), standing_of(found))
    return Scan(standings, rows, bad_lines, tuple(findings))


def standing_of(row: AnyRow) -> Standing:
    """The standing that one row gives its id."""
    if isinstance(row, Failed):
        return Standing.ERROR
    if isinstance(row, Original):
        return _standing_of_original(row)
    if row.source == "screen":
        return Standing.SCREENED
    if row.source == "model":
        return Standing.MODEL
    marked = not isinstance(row, Skipped) and (row.error is not None or row.kind is not None)
    return Standing.STAND_IN if marked else Standing.RULES


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
    return Standing.MODEL if row.valid else Standing.ERROR


def _read_all(folder: Path) -> Iterator[AnyRow | Finding]:
    for _, path in names.find(folder):
        for found in lines.read(path):
            if isinstance(found, Finding):
                if not found.unfinished:
                    yield found
            else:
                yield found.row
