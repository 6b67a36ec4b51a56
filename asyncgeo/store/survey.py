"""One shard read: what is counted of each row, and where its bytes are.

In: a shard's path. Out: `Survey`, columns small enough to be sent between processes. It compares no rows.
"""

from array import array
from pathlib import Path

from asyncgeo.schema.records import Failed, Parsed, Skipped
from asyncgeo.store import lines, order
from asyncgeo.store.ids import plain_number
from asyncgeo.store.lines import AnyRow, Findings, Typed

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
        self.codes = array("I")  # which of `facts`
        self.facts: list[Key] = []
        self.findings = Findings()

    def __len__(self) -> int:
        return len(self.numbers)

    def note(self, identifier: str, offset: int, code: int) -> None:
        """Take one row."""
        number = plain_number(identifier)
        if number is None:
            self.words.append(identifier)
        self.numbers.append(-1 if number is None else number)
        self.offsets.append(offset)
        self.codes.append(code)


def survey_shard(path: Path) -> Survey:
    """Read one shard."""
    survey, facts = Survey(), dict[Key, int]()
    for row, offset, _ in lines.read(path, survey.findings.note):
        survey.note(row.id, offset, facts.setdefault(fact_of(row), len(facts)))
    survey.facts.extend(facts)
    lines.refuse_unreadable(path, len(survey), survey.findings)
    return survey


def fact_of(row: AnyRow) -> Key:
    """What is counted of the row."""
    if isinstance(row, Typed | Parsed):
        failed = row.error is not None or row.kind is not None
        return ("parsed", row.source, _model(row), row.category, row.difficulty, row.kind or "", failed)
    if isinstance(row, Skipped):
        return ("skipped", row.source, _model(row), "", 0, row.reason, False)
    if isinstance(row, Failed):
        return ("error", "", _model(row), "", 0, row.kind, True)
    if row.status == "error":
        return ("error", "", "", "", 0, "original", True)
    return (row.status, row.source, "", row.category, row.difficulty, row.reason, False)


def _model(row: Typed | Parsed | Skipped | Failed) -> str:
    return row.meta.model if row.meta is not None else ""
