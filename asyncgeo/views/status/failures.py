"""The shards of a folder → the problems whose best row records an error.

In: a folder. Out: `Failures`, in numeric order of their ids. Which row is the best is `merge`'s business.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final

import msgspec

from asyncgeo import store
from asyncgeo.store import Findings
from asyncgeo.store.best import best_of
from asyncgeo.store.facts import Fact
from asyncgeo.store.sources import Sources

NAMELESS: Final = "unknown"
"""The kind of failures that name none."""


@dataclass(frozen=True, slots=True)
class FailedProblem:
    """A problem that failed; `stands_in` says that the rules' parse stands in its place."""

    id: str
    kind: str
    message: str
    attempts: int
    stands_in: bool
    at: str


@dataclass(frozen=True, slots=True)
class Failures:
    """How many there are of each kind, the most first, how many of them the rules stand in for; and those wanted."""

    kinds: dict[str, int]
    stand_ins: int
    rows: tuple[FailedProblem, ...]

    @property
    def total(self) -> int:
        """Of every kind."""
        return sum(self.kinds.values())


def failures(folder: Path, kind: str | None = None, limit: int | None = None) -> Failures:
    """The failures of the folder; `rows` holds those of the kind, at most `limit`. Raises ShardError."""
    paths = [path for _, path in store.find(folder)]
    with Sources(paths) as sources:
        chosen = best_of(paths, Findings())
        slots = chosen.slots(lambda fact: fact.failed and kind in (None, _kind(fact)))
        rows = tuple(_failure(msgspec.json.decode(line)) for line in sources.lines(chosen.places(islice(slots, limit))))
        failed = [(fact, n) for fact, n in chosen.counts().items() if fact.failed]
    return Failures(_kinds(failed), sum(n for fact, n in failed if fact.status == "parsed"), rows)


def _kinds(failed: Iterable[tuple[Fact, int]]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for fact, n in failed:
        found[_kind(fact)] += n
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def _kind(fact: Fact) -> str:
    return fact.word or NAMELESS


def _failure(row: dict[str, Any]) -> FailedProblem:
    meta = row.get("meta") or {}
    return FailedProblem(
        id=str(row["id"]),
        kind=row.get("kind") or NAMELESS,
        message=str(row.get("error") or row.get("reason") or ""),
        attempts=row.get("attempts") or meta.get("attempts", 0),
        stands_in=row["status"] == "parsed",
        at=meta.get("at", ""),
    )
