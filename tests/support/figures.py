"""Hand-made cases of what can and what cannot be drawn, for the tests of figures."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from asyncgeo.schema.records import RequiredObjects

_CASES = Path(__file__).parents[1] / "cases" / "figure"


class Case(NamedTuple):
    """One case; `conflict` is the conditions that contradict, None where several sets do."""

    name: str
    conditions: list[dict[str, Any]]
    objects: RequiredObjects
    conflict: tuple[int, ...] | None = None


def cases(file: str) -> list[Case]:
    """The cases of `consistent` or `contradictory`."""
    rows = map(msgspec.json.decode, (_CASES / f"{file}.jsonl").read_bytes().splitlines())
    return [
        Case(
            row["case"],
            row["conditions"],
            msgspec.convert(row["objects"], RequiredObjects),
            tuple(row["conflict"]) if row.get("conflict") else None,
        )
        for row in rows
    ]


CONSISTENT = cases("consistent")
CONTRADICTORY = cases("contradictory")

PUBLISHED: list[dict[str, Any]] = [
    msgspec.json.decode(line) for line in (_CASES / "published.jsonl").read_bytes().splitlines()
]
"""Published parses that contradict themselves: id, types of the conditions in conflict, and why no figure exists."""


def name(case: Case) -> str:
    return case.name
