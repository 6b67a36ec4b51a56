"""A folder of shards → for each id the row that a merge would choose, and where it stands.

In: a folder. Out: `Place`s, some numbers per id. What is better is `merge`'s business.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from asyncgeo import shards
from asyncgeo.dataset.choose import rank, written_at
from asyncgeo.shards import Findings, lines
from asyncgeo.shards.lines import Original


class Place(NamedTuple):
    """Where a row stands; of two, the greater is the better row."""

    rank: int
    written: datetime
    shard: int
    offset: int
    original: bool = False  # written by the original script


def survey(folder: Path) -> dict[str, Place]:
    """The best row of every id; `shard` counts `shards.find(folder)`. Raises ShardError."""
    best: dict[str, Place] = {}
    for identifier, place in _places(path for _, path in shards.find(folder)):
        best[identifier] = max(place, best.get(identifier, place))
    return best


def _places(paths: Iterable[Path]) -> Iterator[tuple[str, Place]]:
    for shard, path in enumerate(paths):
        for row, offset, _ in lines.read(path, Findings().note):
            yield row.id, Place(rank(row), written_at(row), shard, offset, isinstance(row, Original))
