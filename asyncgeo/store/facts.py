"""What is counted of one row, and what it is worth against the other rows of its id.

In: rows as `store.lines` finds them. Out: `Fact`s, and when a row was written. It reads no file.

Within one shard the row of the highest rank is best, and of equals the last line: a shard has one writer, so the order
of its lines is the order of writing, whatever a clock did. The best rows of different shards are compared by rank, then
by `meta.at`, then by the shards' bounds. That is a total order, so shards may be read in any. `store.best` applies it.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import IntEnum
from operator import attrgetter
from typing import Final, NamedTuple

from asyncgeo.schema.records import REFUSALS, Failed, Meta, Parsed, Skipped
from asyncgeo.store.lines import AnyRow, Original, Typed, in_form


class Standing(IntEnum):
    """How far the rows of an id have come, the better the higher."""

    PENDING = 0  # no row that counts
    ERROR = 1  # tried, no verdict
    STAND_IN = 2  # rules, because the model failed on this problem
    RULES = 3  # the rules' verdict, asked for
    SCREENED = 4  # refused before anything was asked
    REFUSED = 5  # asked, and a content filter or the model refused this problem
    MODEL = 6  # the model's verdict


ERROR: Final = 0
RULES: Final = 1
MODEL: Final = 2  # and the screen before it
NEVER: Final = float("-inf")
"""When rows were written that do not say: before all that do."""


class Fact(NamedTuple):
    """What is counted of one row; thousands of rows share one. `word` is the skip's reason or the error's kind.

    `in_form`: its facts are written in the present form; `unexpressed`: its text states more than they do.
    """

    status: str
    source: str
    model: str
    category: str
    difficulty: int
    word: str
    failed: bool  # an error, or a rules row that stands in for the model
    standing: Standing
    original: bool  # written by the original script
    in_form: bool = False
    unexpressed: bool = False

    @property
    def rank(self) -> int:
        """Whose word counts more."""
        return ERROR if self.status == "error" else RULES if self.source == "rules" else MODEL


def fact_of(row: AnyRow) -> Fact:
    """What is counted of the row."""
    if isinstance(row, Original):
        word, failed = ("original", True) if row.status == "error" else (row.reason, False)
        source = "" if failed else row.source
        return Fact(row.status, source, "", row.category, row.difficulty, word, failed, standing_of(row), original=True)
    model = row.meta.model if row.meta is not None else ""
    if isinstance(row, Skipped):
        return Fact(
            "skipped", row.source, model, "", 0, row.reason, failed=False, standing=standing_of(row), original=False
        )
    if isinstance(row, Failed):
        return Fact("error", "", model, "", 0, row.kind, failed=True, standing=standing_of(row), original=False)
    return Fact(
        "parsed",
        row.source,
        model,
        row.category,
        row.difficulty,
        row.kind or "",
        row.stands_in,
        standing_of(row),
        original=False,
        in_form=in_form(row),
        unexpressed=bool(row.unexpressed),
    )


def standing_of(row: AnyRow) -> Standing:
    """The standing that one row gives its id."""
    if isinstance(row, Original):
        return _standing_of_original(row)
    if isinstance(row, Failed):
        return Standing.REFUSED if row.kind in REFUSALS else Standing.ERROR
    if row.source == "rules" and isinstance(row, Typed | Parsed) and row.stands_in:
        return Standing.REFUSED if row.kind in REFUSALS else Standing.STAND_IN
    return _BY_SOURCE[row.source]


_BY_SOURCE: Final = {"model": Standing.MODEL, "screen": Standing.SCREENED, "rules": Standing.RULES}


def _standing_of_original(row: Original) -> Standing:
    """Its category "Unknown" is a guess after a dead key; its skips have no reason of ours: both are asked again."""
    if row.source == "rules":
        return Standing.STAND_IN
    return Standing.MODEL if row.sound and row.status != "error" else Standing.ERROR


def moment_of(meta: Meta | None) -> float:
    """When a row that says so was written, in seconds since 1970."""
    return NEVER if meta is None else moment(meta.at)


def moment(text: str) -> float:
    """A moment as rows carry it, in seconds since 1970; `NEVER` where it is none."""
    if not text:
        return NEVER
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return NEVER
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def moments(texts: Sequence[str]) -> list[float]:
    """The same of many."""
    try:
        found = list(map(datetime.fromisoformat, texts))
    except ValueError:
        return list(map(moment, texts))
    if set(map(attrgetter("tzinfo"), found)) <= {UTC}:
        return list(map(datetime.timestamp, found))
    return list(map(moment, texts))
