"""What is handed on: the parses of a folder or a dataset, with what a row says beside its conditions.

In: a path, the ids that are wanted, which verdicts count. Out: `Exportable`s in numeric order. It draws and writes
nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from asyncgeo.dataset import best_lines
from asyncgeo.dataset.folder import qualities
from asyncgeo.dataset.quality import UNKNOWN, OnlyQuality, Quality
from asyncgeo.errors import ConfigError, InputError
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects, numeric_key
from asyncgeo.store import Findings, parses, places

_NAME_ONE: Final = "Name the folder of a run, a shard, or a merged dataset (.json, .jsonl)."


class Exportable(msgspec.Struct, frozen=True):
    """One parse, and the words of its text that no condition can say."""

    id: str
    text: str
    conditions: list[Condition]
    objects: RequiredObjects
    original: str = ""
    category: str = ""
    difficulty: int = 0
    unexpressed: tuple[str, ...] = ()


def read_exportables(
    source: Path, *, ids: Sequence[str] | None = None, only: OnlyQuality | None = None
) -> list[Exportable]:
    """Of the best rows of a folder, or of the problems of a dataset, those that are wanted.

    Raises InputError where there are none, an id has none, or nothing says which are of that quality; ConfigError for a
    word that `only` does not know.
    """
    if only is not None and only not in get_args(OnlyQuality):
        raise ConfigError(f"--only = {only!r} is not allowed.", f"--only takes {' or '.join(get_args(OnlyQuality))}.")
    try:
        found = {each.id: each for each in filter(None, map(_exportable, _rows(source, only)))}
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}.", _NAME_ONE) from error
    if ids is not None:
        found = {each: _of(found, each, source, only) for each in dict.fromkeys(ids)}
    if not found:
        raise InputError(f"{source} holds no parse{_that(only)}.", _NAME_ONE)
    return [found[each] for each in sorted(found, key=numeric_key)]


def _of(found: Mapping[str, Exportable], identifier: str, source: Path, only: OnlyQuality | None) -> Exportable:
    if identifier not in found:
        raise InputError(
            f"{source} holds no parse of {identifier!r:.80}{_that(only)}.",
            "asyncgeo show ID says what is known of a problem; ids are separated by commas.",
        )
    return found[identifier]


def _that(only: OnlyQuality | None) -> str:
    return "" if only is None else f" that is {only}"


def _exportable(row: dict[str, Any]) -> Exportable | None:
    parse = parses.of_row(row)
    if parse is None:
        return None
    difficulty, unexpressed = row.get("difficulty"), row.get("unexpressed")
    return Exportable(
        parse.id,
        parse.text,
        parse.conditions,
        parse.objects,
        parse.original,
        str(row.get("category", "")),
        difficulty if isinstance(difficulty, int) else 0,
        tuple(each for each in unexpressed if isinstance(each, str)) if isinstance(unexpressed, list) else (),
    )


def _rows(source: Path, only: OnlyQuality | None) -> Iterator[dict[str, Any]]:
    """What is decoded of each row or problem of that quality; lines that are no objects are passed over."""
    if source.is_dir():
        quality = qualities(source, needed=only is not None)
        for line in best_lines(source, Findings()):
            if quality is None or quality(line).fits(only):
                yield from _objects((line,))
        return
    if source.suffix == ".parquet":
        raise InputError(f"{source} is Parquet, which is not read here.", _NAME_ONE)
    if source.suffix == ".jsonl":
        problems = list(_objects(line for _, line in places(source)))
    else:
        problems = [each for each in parses.problems_of(source) if isinstance(each, dict)]
    if only is not None and not any("quality" in each for each in problems):
        raise InputError(
            f"{source} does not say which parses are {only}.", "First `asyncgeo verify`, then `asyncgeo merge`."
        )
    yield from (each for each in problems if _quality_of(each).fits(only))


def _quality_of(problem: dict[str, Any]) -> Quality:
    try:
        return msgspec.convert(problem.get("quality", {}), Quality)
    except msgspec.ValidationError:
        return UNKNOWN


def _objects(lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = msgspec.json.decode(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row
