"""A folder of shards → its dataset, as the flags of `asyncgeo merge` ask for it.

In: a folder, and what is wanted. Out: files, and their statistics. Verdicts of `asyncgeo verify` count where there are
some.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import msgspec

from asyncgeo import store
from asyncgeo.dataset import Format, MergeOptions, ProgressCallback, Stats, merge, read_split
from asyncgeo.dataset.quality import NUMBERS, QUALITIES, UNKNOWN, OnlyQuality, Quality, quality_of
from asyncgeo.errors import InputError
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.rewriting import rewrite
from asyncgeo.schema.verdict import digest, question_digest
from asyncgeo.store import parses, verdicts
from asyncgeo.store.ids import IdMap


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What the flags of `asyncgeo merge` say of the dataset; without a format, the output's ending says which."""

    output: Path | None = None
    format: Format | None = None
    split: str | None = None
    seed: int = 0
    only: OnlyQuality | None = None
    allow_empty: bool = False
    flat: bool = False


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
        quality=qualities(folder, needed=written.only is not None),
        only=written.only,
        expected=expected,
        allow_empty=written.allow_empty,
        flat=written.flat,
    )
    return merge(folder, written.output, options, progress=progress)


def _format_of(output: Path | None) -> Format:
    """By the ending of the file; json where it says nothing."""
    ending = "" if output is None else output.suffix.removeprefix(".")
    return next((each for each in get_args(Format) if each == ending), "json")


def qualities(folder: Path, *, needed: bool) -> Callable[[bytes], Quality] | None:
    """What `asyncgeo verify` found, by the line of a shard; None where it never ran.

    A verdict is on the row as it is stored; a rewritten problem says the same, so the verdict counts for it. One that
    was reached with a key counts for a row that holds none, and for one that holds this key.
    """
    files = [folder / verdicts.name(*bounds) for bounds, _ in store.find(folder)]
    found = [file for file in files if file.exists()]
    if not found:
        if needed:
            raise InputError(
                f"{folder} holds no verify_*.jsonl, so nothing says which parses can be drawn or lead to their key.",
                f"First: asyncgeo verify --output-dir {folder}",
            )
        return None
    marks = IdMap()
    for file in found:
        for each in verdicts.each(file):
            mark = NUMBERS[quality_of(each)]
            marks.put(_key(each.id, each.of), mark)
            marks.put(_key(each.id, each.of, each.asks), mark)

    def quality(line: bytes) -> Quality:
        parse = parses.of_row(msgspec.json.decode(line))
        if parse is None:
            return UNKNOWN
        of = digest(parse.conditions, parse.objects)
        known = QUALITIES[marks[_key(parse.id, of)]]
        if parse.key == AnswerKey():
            return known
        held = QUALITIES[marks[_key(parse.id, of, question_digest(parse.original, parse.key))]]
        return msgspec.structs.replace(known, answer=held.answer)

    return quality


def _key(identifier: str, *of: str) -> str:
    return f"{' '.join(of)} {identifier}"
