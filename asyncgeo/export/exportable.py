"""What is handed on: the parses of a folder or a dataset, with what a row says beside its conditions.

In: a path, the ids that are wanted, which verdicts count. Out: `Exportable`s in numeric order. It draws and writes
nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, get_args

import msgspec

from asyncgeo.dataset import best_lines
from asyncgeo.errors import ConfigError, InputError
from asyncgeo.export.options import Only
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects, numeric_key
from asyncgeo.schema.verdict import digest
from asyncgeo.store import Findings, parses, places, verdicts
from asyncgeo.store.parses import Parse

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


def read_exportables(source: Path, *, ids: Sequence[str] | None = None, only: Only | None = None) -> list[Exportable]:
    """Of the best rows of a folder, or of the problems of a dataset, those that are wanted.

    Raises InputError where there are none, an id has none, or nothing says which can be drawn; ConfigError for a word
    that `only` does not know.
    """
    found = {each.id: each for each in _read(source, _accepts(source, only))}
    if ids is not None:
        found = {each: _of(found, each, source, only) for each in dict.fromkeys(ids)}
    if not found:
        raise InputError(f"{source} holds no parse{_that(only)}.", _NAME_ONE)
    return [found[each] for each in sorted(found, key=numeric_key)]


def _of(found: Mapping[str, Exportable], identifier: str, source: Path, only: Only | None) -> Exportable:
    if identifier not in found:
        raise InputError(
            f"{source} holds no parse of {identifier!r:.80}{_that(only)}.",
            "asyncgeo show ID says what is known of a problem; ids are separated by commas.",
        )
    return found[identifier]


def _that(only: Only | None) -> str:
    return "" if only is None else f" that is {only}"


def _read(source: Path, accepts: Callable[[Parse], bool]) -> Iterator[Exportable]:
    try:
        for row in _rows(source):
            parse = parses.of_row(row)
            if parse is not None and accepts(parse):
                yield Exportable(
                    parse.id,
                    parse.text,
                    parse.conditions,
                    parse.objects,
                    parse.original,
                    str(row.get("category", "")),
                    difficulty if isinstance(difficulty := row.get("difficulty"), int) else 0,
                    tuple(filter(_is_text, row.get("unexpressed") or ())),
                )
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}.", _NAME_ONE) from error


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _rows(source: Path) -> Iterator[dict[str, Any]]:
    """What is decoded of each row or problem; lines that are no objects are passed over."""
    if source.is_dir():
        yield from _objects(best_lines(source, Findings()))
    elif source.suffix == ".jsonl":
        yield from _objects(line for _, line in places(source))
    elif source.suffix == ".parquet":
        raise InputError(f"{source} is Parquet, which is not read here.", _NAME_ONE)
    else:
        yield from (each for each in parses.problems_of(source) if isinstance(each, dict))


def _objects(lines: Iterator[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        try:
            row = msgspec.json.decode(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(row, dict):
            yield row


def _accepts(source: Path, only: Only | None) -> Callable[[Parse], bool]:
    """Whether the verdict on a parse lets it through. Raises ConfigError, InputError."""
    if only is None:
        return lambda _: True
    if only not in get_args(Only):
        raise ConfigError(f"only = {only!r} is not allowed.", f"only takes {' or '.join(get_args(Only))}.")
    known = verdicts.read(source) if source.is_dir() else {}
    if not known:
        raise InputError(
            f"{source} holds no verify_*.jsonl, so nothing says which parses are {only}.",
            "Name the folder of a run, after: asyncgeo verify --output-dir FOLDER",
        )

    def accepts(parse: Parse) -> bool:
        verdict = known.get((parse.id, digest(parse.conditions, parse.objects)))
        return verdict is None or verdict.drawable is not False

    return accepts
