"""Shard names and how a run is cut into shards.

In: numbers and a folder. Out: `Bounds`, names, the shards of a folder in numeric order. It opens no file.

A shard holds the rows of the problems at positions [start, end) and is named `dataset_{start}_{end}.jsonl`:
    dataset_0_1000.jsonl
Bounds are plain decimal numbers and are compared as numbers, never as text. Any other spelling (`dataset_00_5.jsonl`,
an empty range) is a foreign file: neither read nor written.
"""

import itertools
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from asyncgeo.errors import ShardError

_NUMBER: Final = "(0|[1-9][0-9]{0,17})"  # 18 digits fit every position and keep comparing cheap
_LOOKS_LIKE: Final = re.compile(r"dataset[^0-9]{0,3}[0-9]+[^0-9]{1,3}[0-9]+.*json", re.IGNORECASE | re.DOTALL)
_OURS: Final = (".jsonl.torn", ".raw.jsonl.gz")  # what stands beside a shard under its name
_NAME: Final = re.compile(rf"dataset_{_NUMBER}_{_NUMBER}\.jsonl")


class Bounds(NamedTuple):
    """Positions [start, end) of the input."""

    start: int
    end: int

    def overlaps(self, other: "Bounds") -> bool:
        """Whether some position lies in both."""
        return self.start < other.end and other.start < self.end


def name(start: int, end: int) -> str:
    """The file name of the shard for positions [start, end)."""
    return f"dataset_{start}_{end}.jsonl"


def parse_name(text: str) -> Bounds | None:
    """The bounds that a file name spells, or None when it is no shard's name."""
    found = _NAME.fullmatch(text)
    if found is None:
        return None
    bounds = Bounds(int(found[1]), int(found[2]))
    return bounds if bounds.start < bounds.end else None


def plan(
    total: int,
    *,
    shard_size: int | None = None,
    shards: int | None = None,
    start: int | None = None,
    end: int | None = None,
) -> list[Bounds]:
    """How the positions [0, total) are cut into shards.

    With `start` or `end`: exactly that range, clamped to the input. With `shards`: that many shards whose sizes
    differ by one at most. Else shards of `shard_size`, the last one shorter; without it one shard.
    """
    if start is not None or end is not None:
        low, high = max(start or 0, 0), min(total if end is None else end, total)
        return [Bounds(low, high)] if low < high else []
    if shards is not None:
        cuts = [total * i // shards for i in range(shards + 1)]
    else:
        cuts = [*range(0, total, shard_size or max(total, 1)), total]
    return [Bounds(low, high) for low, high in itertools.pairwise(cuts) if low < high]


def need(folder: Path) -> list[tuple[Bounds, Path]]:
    """The shards in `folder`, of which there is at least one. Raises ShardError where there is none."""
    if found := find(folder):
        return found
    said = f"{folder} holds no dataset_*.jsonl." if folder.exists() else f"There is no folder {folder}."
    remedy = "Name the folder of a run with --output-dir."
    for each in lookalikes(folder)[:1]:
        remedy = f"{each.name} is named like a shard but is none (dataset_{{start}}_{{end}}.jsonl). {remedy}"
    raise ShardError(said, remedy)


def lookalikes(folder: Path) -> list[Path]:
    """What is named like a shard and is none, so that it is not read: copies, backups, other spellings, folders."""
    files = {path.name for _, path in find(folder)}
    return sorted(folder / each for each in _listed(folder) if each not in files and _looks_like(each))


def _looks_like(text: str) -> bool:
    if text.startswith(".") or _LOOKS_LIKE.search(text) is None:
        return False
    ours = next((end for end in _OURS if text.endswith(end)), None)
    return ours is None or parse_name(text.removesuffix(ours) + ".jsonl") is None


def uncovered(covered: Iterable[Bounds], size: int) -> Iterator[Bounds]:
    """The stretches of [0, size) outside all bounds, which come in the order of their starts."""
    reached = 0
    for bounds in covered:
        if bounds.start >= size:
            break
        if bounds.start > reached:
            yield Bounds(reached, bounds.start)
        reached = max(reached, bounds.end)
    if reached < size:
        yield Bounds(reached, size)


def find(folder: Path) -> list[tuple[Bounds, Path]]:
    """The shards in `folder` by numeric bounds; none where the folder does not exist."""
    names = _listed(folder, only_files=True)
    return sorted((bounds, folder / each) for each in names if (bounds := parse_name(each)) is not None)


def _listed(folder: Path, *, only_files: bool = False) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if not only_files or entry.is_file()]
    except FileNotFoundError:
        return []
    except NotADirectoryError:
        raise ShardError(f"{folder} is a file; a folder was expected.", "Name the folder with --output-dir.") from None
    except OSError as error:
        raise ShardError(f"{folder} cannot be listed: {error.strerror}.", "Check the folder's permissions.") from None
