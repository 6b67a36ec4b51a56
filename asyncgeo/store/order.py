"""Which row of an id is best: every reader of shards asks here.

In: rows as `store.lines` finds them. Out: what is compared of them. It reads no file.

Within one shard the row of the highest rank is best, and of equals the last line: a shard has one writer, so the order
of its lines is the order of writing, whatever a clock did. The best rows of different shards are compared by rank, then
by `meta.at`, then by the shards' bounds. That is a total order, so shards may be read in any.
"""

from datetime import UTC, datetime
from typing import Final, NamedTuple

from asyncgeo.schema.records import Failed
from asyncgeo.store.lines import AnyRow, Original


class Worth(NamedTuple):
    """What the best row of a shard is worth against those of other shards: the greater is better.

    `shard` are its bounds, or its number in their order.
    """

    rank: int
    written: datetime
    shard: tuple[int, ...]


ERROR: Final = 0
RULES: Final = 1
MODEL: Final = 2  # and the screen before it


def worth(row: AnyRow, shard: tuple[int, ...]) -> Worth:
    """Of a row that is the best of its shard."""
    return Worth(rank(row), written_at(row), shard)


def rank(row: AnyRow) -> int:
    """Whose word counts more."""
    if isinstance(row, Failed) or (isinstance(row, Original) and row.status == "error"):
        return ERROR
    return rank_of(row.source)


def rank_of(source: str) -> int:
    """The rank of a verdict by who gave it."""
    return RULES if source == "rules" else MODEL


def replaces(later: int, earlier: int) -> bool:
    """Whether a row of the one rank takes the place of a row of the other that stands before it in its shard."""
    return later >= earlier


def written_at(row: AnyRow) -> datetime:
    """When the row was written; rows that do not say come before all that do."""
    at = "" if isinstance(row, Original) or row.meta is None else row.meta.at
    try:
        moment = datetime.fromisoformat(at)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # no moment at all, or one before the year 1
        return datetime.min.replace(tzinfo=UTC)
