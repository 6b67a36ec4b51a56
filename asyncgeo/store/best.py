"""A folder of shards → for each id the row that a merge would choose, and where it stands.

In: a folder. Out: `Place`s, some numbers per id. What is better is `dataset.order`'s business.
"""

from pathlib import Path
from typing import NamedTuple

from asyncgeo import store
from asyncgeo.store import Findings, lines, order
from asyncgeo.store.lines import Original
from asyncgeo.store.order import Worth


class Place(NamedTuple):
    """Where the best row of a shard, or of a folder, stands; of two shards' the greater is the better row."""

    worth: Worth
    shard: int
    offset: int
    original: bool = False  # written by the original script


def survey(folder: Path) -> dict[str, Place]:
    """The best row of every id; `shard` counts `shards.find(folder)`. Raises ShardError."""
    best: dict[str, Place] = {}
    for shard, (_, path) in enumerate(store.find(folder)):
        for identifier, place in _reduced(shard, path).items():
            best[identifier] = max(place, best.get(identifier, place))
    return best


def _reduced(shard: int, path: Path) -> dict[str, Place]:
    """The best row of every id of one shard."""
    found, findings = dict[str, Place](), Findings()
    rows = 0
    for row, offset, _ in lines.read(path, findings.note):
        rows += 1
        place = Place(order.worth(row, (shard,)), shard, offset, isinstance(row, Original))
        if order.replaces(place.worth.rank, found.get(row.id, place).worth.rank):
            found[row.id] = place
    lines.refuse_unreadable(path, rows, findings, only_encoding=True)
    return found
