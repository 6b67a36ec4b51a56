"""How long an answer will take: what the person says, else what the folder's last answers took, else an assumption.

In: a folder of shards. Out: seconds, and in words where they are from. It reads the end of the newest shard only.
"""

import os
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from asyncgeo import store
from asyncgeo.errors import printable
from asyncgeo.run.forecast import LATENCY
from asyncgeo.schema.records import RULES_MODEL, Meta, decode

_TAIL: Final = 256 * 1024
"""Bytes: some 200 rows."""
_ENOUGH: Final = 20
"""Answers from which a median is worth more than an assumption."""
_MOST: Final = 200


class Latency(NamedTuple):
    """Seconds to an answer, and where the number is from."""

    seconds: float
    why: str
    is_assumed: bool = False


def latency_for(folder: Path, said: float | None, pack: int = 1) -> Latency:
    """What to reckon with in this folder, where a request is about `pack` problems."""
    if said is not None:
        return Latency(said, f"{said:g} s to an answer, as --latency says")
    metas = _answers(folder)[:_MOST]
    if len(metas) < _ENOUGH:
        assumed = LATENCY * pack  # what takes the time is writing
        why = f"{assumed:g} s to an answer is assumed; `asyncgeo plan --latency` takes another"
        return Latency(assumed, why, is_assumed=True)
    middle = median(meta.latency for meta in metas)
    ((model, _),) = Counter(meta.model for meta in metas).most_common(1)
    why = f"{middle:.2g} s to an answer: the median of the last {len(metas)} in {folder}, by {printable(model)}"
    return Latency(middle, why)


def _answers(folder: Path) -> list[Meta]:
    """How the newest rows that a model answered came to be, the last first."""
    paths = [path for _, path in store.find(folder)]
    if not paths:
        return []
    rows = _tail(max(paths, key=lambda path: path.stat().st_mtime))
    return [meta for meta in map(_meta, reversed(rows)) if meta is not None]


def _tail(path: Path) -> list[bytes]:
    """The last whole lines of a file."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        lines = file.read().split(b"\n")
    return lines[1:] if size > _TAIL else lines


def _meta(line: bytes) -> Meta | None:
    """Of a row that a model answered; None for any other line."""
    try:
        meta = decode(line).meta
    except ValueError:
        return None
    return meta if meta is not None and meta.latency > 0 and meta.model not in ("", RULES_MODEL) else None
