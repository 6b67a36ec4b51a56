"""Two sets of parses → one of what both say, by meaning; what one alone says is marked.

In: pairs of parses with their comparison. Out: a folder with one shard, which `verify`, `merge`, `report` and `compare`
read as any other. It asks no model and prints nothing.

A row holds the conditions of the side that the other says wholly; where neither does, those of each that hold in
figures of the other. What is left over stands in `meta.disputed`, a condition an entry:
    A only: {"type":"distance_equals","segment":["A","B"],"value":3}
Objects are those that both draw, and what the conditions name. Of a pair that cannot be drawn only what both say in the
same form is kept, and the rest is in dispute. A problem of which both say nothing in common has no row.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from asyncgeo import store
from asyncgeo.errors import InputError
from asyncgeo.schema import drawn
from asyncgeo.schema.canonical import FORM, canonical
from asyncgeo.schema.conditions import CATEGORIES, Condition
from asyncgeo.schema.records import Meta, Parsed, encode, timestamp
from asyncgeo.views.compare import ParsePair

if TYPE_CHECKING:
    from asyncgeo.figure import Comparison

MODEL: Final = "vote"
"""In place of a model's name in the rows."""


class Vote:
    """Takes pairs; `rows` are what both say."""

    def __init__(self) -> None:
        self.rows: list[Parsed] = []
        self.without = 0  # problems of which they say nothing in common
        self._at = timestamp(datetime.now(UTC))

    @property
    def agreed(self) -> int:
        """Rows of which nothing is in dispute."""
        return sum(row.meta is not None and not row.meta.disputed for row in self.rows)

    def add(self, pair: ParsePair, found: "Comparison") -> None:
        """Count one problem in."""
        a, b = pair.a, pair.b
        a_held, b_held = found.a_in_b or pair.a_known, found.b_in_a or pair.b_known
        kept = _kept(pair, a_held, b_held)
        if not kept:
            self.without += 1
            return
        disputed = (*_alone("A", a.conditions, a_held), *_alone("B", b.conditions, b_held))
        self.rows.append(
            Parsed(
                id=a.id,
                source="model",
                subject=a.text,
                original_text=a.original or a.text,
                cleaned_text=a.text,
                category=a.category or b.category or CATEGORIES[0],
                difficulty=a.difficulty or b.difficulty or 1,
                required_objects=drawn.shared(a.objects, b.objects, kept),
                verification_conditions=kept,
                meta=Meta(at=self._at, model=MODEL, disputed=disputed, form=FORM),
            )
        )

    def write(self, folder: Path) -> Path:
        """The shard, written. Raises InputError where the folder holds one, or cannot be written."""
        try:
            if store.find(folder):
                raise InputError(f"{folder} holds rows already.", "Name a folder that does not exist yet.")
            store.make_own_folder(folder)
            path = folder / store.name(0, max(1, len(self.rows)))
            with path.open("xb") as stream:
                stream.writelines(map(encode, self.rows))
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error.strerror}.", "Name another folder.") from error
        return path


def _kept(pair: ParsePair, a_held: Sequence[bool], b_held: Sequence[bool]) -> list[Condition]:
    """What both say: of the side that the other says wholly all; else of each what the other says."""
    if all(a_held):
        return pair.a.conditions
    if all(b_held):
        return pair.b.conditions
    return canonical([*_where(pair.a.conditions, a_held), *_where(pair.b.conditions, b_held)])


def _where(conditions: Sequence[Condition], flags: Sequence[bool]) -> Iterator[Condition]:
    return (condition for condition, is_meant in zip(conditions, flags, strict=True) if is_meant)


def _alone(side: str, conditions: Sequence[Condition], held: Sequence[bool]) -> Iterator[str]:
    for condition in _where(conditions, [not each for each in held]):
        yield f"{side} only: {msgspec.json.encode(condition).decode()}"
