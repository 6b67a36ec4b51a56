"""Parses wherever they lie: a merged dataset, one shard, or a folder of shards → `Parse`s.

In: a path. Out: each parse, its conditions and objects straightened to the table's form. Rows that are no parse
(skipped, errors, lines that are no JSON) are passed over. It neither draws nor judges.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from asyncgeo import store
from asyncgeo.errors import InputError
from asyncgeo.schema import checks, conditions
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Parsed, RequiredObjects
from asyncgeo.store import best
from asyncgeo.store.best import Best

CONDITIONS: Final = "verification_conditions"


class Parse(msgspec.Struct, frozen=True):
    """What can be drawn of one row."""

    id: str
    text: str
    conditions: list[Condition]
    objects: RequiredObjects
    original: str = ""
    """The problem's whole text, question and all, where the row holds it."""
    key: AnswerKey = AnswerKey()
    """The key that came with the problem, where the row holds it."""
    category: str = ""
    difficulty: int = 0


def read(path: Path) -> dict[str, Parse]:
    """The parses of the dataset, the shard or the folder, by id; of several with one id the last. Raises InputError."""
    try:
        return {parse.id: parse for parse in _read(path)}
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.", "Name a dataset, a shard or a folder.") from error


def of_lines(lines: Iterable[bytes]) -> Iterator[Parse]:
    """The parses among the lines of a shard."""
    for line in lines:
        try:
            row = msgspec.json.decode(line)
        except (ValueError, RecursionError):
            continue
        if (parse := of_row(row)) is not None:
            yield parse


def of_shard(path: Path, shard: int, best_rows: Best) -> Iterator[Parse]:
    """The parses of one shard of a folder, without rows that another one of the folder replaces."""
    for offset, line in store.places(path):
        for parse in of_lines((line,)):
            place = best_rows.place(parse.id)  # none: it is no row of ours, but something to draw all the same
            if place is None or (place.shard, place.offset) == (shard, offset):
                yield parse


def of_row(row: object) -> Parse | None:
    """The parse that a decoded row, or a problem of a dataset, holds; None when it holds none."""
    if not isinstance(row, dict) or row.get("status", "parsed") != "parsed" or CONDITIONS not in row:
        return None
    straight = row if _is_straight(row) else checks.straighten_problem(row)
    try:
        objects = msgspec.convert(straight.get("required_objects") or {}, RequiredObjects)
    except msgspec.ValidationError:
        straight = checks.straighten_problem(row)
        objects = msgspec.convert(straight["required_objects"], RequiredObjects)
    text = str(row.get("cleaned_text") or row.get("subject") or "")
    original = str(row.get("original_text") or row.get("subject") or "")
    return Parse(str(row.get("id", "")), text, straight[CONDITIONS], objects, original, _key(row), *_class(row))


def _class(row: Mapping[str, Any]) -> tuple[str, int]:
    """Category and difficulty, where they are such."""
    category, difficulty = row.get("category"), row.get("difficulty")
    return (
        category if category in conditions.CATEGORIES else "",
        difficulty if isinstance(difficulty, int) and difficulty in conditions.DIFFICULTIES else 0,
    )


def _key(row: Mapping[str, Any]) -> AnswerKey:
    """What the row holds of a key; one that is none of ours counts for nothing."""
    held = {name: row[name] for name in AnswerKey.__struct_fields__ if name in row}
    try:
        return msgspec.convert(held, AnswerKey)
    except msgspec.ValidationError:
        return AnswerKey()


def of_parsed(row: Parsed) -> Parse:
    """The parse that a row of ours holds; conditions that are not in the table's form are straightened."""
    if not any(map(conditions.defect, row.verification_conditions)):
        return Parse(
            row.id, row.cleaned_text, row.verification_conditions, row.required_objects, row.original_text, row.key
        )
    straight = checks.straighten_problem(msgspec.to_builtins(row))
    objects = msgspec.convert(straight["required_objects"], RequiredObjects)
    return Parse(row.id, row.cleaned_text, straight[CONDITIONS], objects, row.original_text, row.key)


def _is_straight(row: Mapping[str, Any]) -> bool:
    given = row[CONDITIONS]
    return isinstance(given, list) and not any(map(conditions.defect, given))


def _read(path: Path) -> Iterator[Parse]:
    if path.is_dir():
        found = [shard for _, shard in store.find(path)]
        if not found:
            raise InputError(f"{path} holds no dataset_*.jsonl.", "Name the folder of a run, a shard or a dataset.")
        best_rows = best.best_of_folder(path)
        for shard, each in enumerate(found):
            yield from of_shard(each, shard, best_rows)
    elif path.suffix == ".jsonl":
        yield from of_lines(line for _, line in store.places(path))
    else:
        yield from filter(None, map(of_row, problems_of(path)))


def problems_of(path: Path) -> list[Any]:
    """The decoded problems of a merged dataset. Raises InputError."""
    try:
        whole = json.loads(path.read_bytes())
    except ValueError as error:
        raise InputError(f"{path} is no JSON: {error}.", "Name a merged dataset, a shard or a folder.") from error
    problems = whole.get("problems") if isinstance(whole, dict) else whole
    if not isinstance(problems, list):
        raise InputError(f"{path} holds no list of problems.", "Name a merged dataset, a shard or a folder.")
    return problems
