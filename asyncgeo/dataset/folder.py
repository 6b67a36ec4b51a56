"""A folder of shards → its dataset, as the flags of `asyncgeo merge` ask for it.

In: a folder, and what is wanted. Out: files, and their statistics. Verdicts of `asyncgeo verify` count where there are
some.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import msgspec

from asyncgeo import store
from asyncgeo.dataset import Format, MergeOptions, ProgressCallback, Stats, merge, read_split
from asyncgeo.errors import InputError
from asyncgeo.schema.rewriting import rewrite
from asyncgeo.schema.verdict import digest
from asyncgeo.store import parses, verdicts
from asyncgeo.store.ids import IdMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the flags of `asyncgeo merge` say of the dataset; without a format, the output's ending says which."""

    output: Path | None = None
    format: Format | None = None
    split: str | None = None
    seed: int = 0
    only_drawable: bool = False
    allow_empty: bool = False


def merge_folder(
    folder: Path,
    written: Written = Written(),
    *,
    expected: tuple[str, ...] | None,
    progress: ProgressCallback | None = None,
) -> Stats:
    """Merge the folder; facts that are not in the present form are rewritten in it.

    `expected` are the ids that the folder's runs were about, by which the missing ones are counted; None where they are
    not known. Raises InputError, ShardError and ConfigError as `merge` does.
    """
    options = MergeOptions(
        format=written.format or _format_of(written.output),
        split=None if written.split is None else read_split(written.split, written.seed),
        rewrite=rewrite,
        verdict=_verdicts(folder, needed=written.only_drawable),
        only_drawable=written.only_drawable,
        expected=expected,
        allow_empty=written.allow_empty,
    )
    return merge(folder, written.output, options, progress=progress)


def _format_of(output: Path | None) -> Format:
    """By the ending of the file; json where it says nothing."""
    ending = "" if output is None else output.suffix.removeprefix(".")
    return next((each for each in get_args(Format) if each == ending), "json")


def _verdicts(folder: Path, *, needed: bool) -> Callable[[bytes], bool | None] | None:
    """What `asyncgeo verify` found, by the line of a shard; None where it never ran.

    A verdict is on the row as it is stored; a rewritten problem says the same, so the verdict counts for it.
    """
    files = [folder / verdicts.name(*bounds) for bounds, _ in store.find(folder)]
    found = [file for file in files if file.exists()]
    if not found:
        if needed:
            raise InputError(
                f"{folder} holds no verify_*.jsonl, so nothing says which parses can be drawn.",
                f"First: asyncgeo verify --output-dir {folder}",
            )
        return None
    marks = IdMap()
    for file in found:
        for each in verdicts.each(file):
            if each.drawable is not None:
                marks.lift(_key(each.id, each.of), _DRAWABLE if each.drawable else _CONTRADICTORY)

    def is_drawable(line: bytes) -> bool | None:
        parse = parses.of_row(msgspec.json.decode(line))
        mark = 0 if parse is None else marks[_key(parse.id, digest(parse.conditions, parse.objects))]
        return None if not mark else mark == _DRAWABLE

    return is_drawable


def _key(identifier: str, of: str) -> str:
    return f"{of} {identifier}"


_CONTRADICTORY: Final = 1
_DRAWABLE: Final = 2
