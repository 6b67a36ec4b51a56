"""What the shards of a folder already hold: the best standing of every id.

In: a folder. Out: `Scan`. Disk is the only truth: a deleted shard makes its problems pending.

Standings are ordered, and the best of an id counts, so shards can be read in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from asyncgeo.store import lines, names
from asyncgeo.store.facts import Standing
from asyncgeo.store.ids import IdMap
from asyncgeo.store.lines import Finding, Findings
from asyncgeo.store.survey import Survey, survey_shards

Redo = Literal["failed", "none", "all"]
RunSource = Literal["model", "rules"]

_STANDINGS: Final = tuple(Standing)


class Standings:
    """id → `Standing`."""

    def __init__(self) -> None:
        self._marks = IdMap()

    def __getitem__(self, identifier: str) -> Standing:
        return _STANDINGS[self._marks[identifier]]

    def __contains__(self, identifier: str) -> bool:
        return self._marks[identifier] > 0

    def count(self) -> int:
        """How many ids have a row."""
        return self._marks.count()

    def lift(self, identifier: str, standing: Standing) -> None:
        """Set the standing of the id unless it is better already."""
        self._marks.lift(identifier, standing)

    def absorb(self, survey: Survey) -> None:
        """Lift every id of a shard."""
        standings = [fact.standing for fact in survey.facts]
        self._marks.lift_all(survey.numbers, survey.words, map(standings.__getitem__, survey.codes))


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
    paths = [path for _, path in names.find(folder)]
    for path, survey in zip(paths, survey_shards(paths), strict=True):
        lines.refuse_unreadable(path, len(survey), survey.findings, only_encoding=True)
        standings.absorb(survey)
        findings.absorb(survey.findings)
        unreadable |= survey.unreadable
        rows += len(survey)
    return Scan(standings, rows, findings.count, tuple(findings.kept), unreadable)


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
