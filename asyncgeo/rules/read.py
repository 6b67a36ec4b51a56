"""Text → facts with their places: the whole way, in order.

In: text. Out: `Reading`. 1. one spelling, 2. tokens, 3. the question cut off, 4. every clause kind over what is given,
5. one name a line, facts once each. It knows no single clause.
"""

import re
from collections.abc import Collection, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from asyncgeo.rules import names, order, promises, question
from asyncgeo.rules.grammar import ASKED, applicable
from asyncgeo.rules.normalise import Normal, normalise
from asyncgeo.rules.pattern import Clause, Match
from asyncgeo.rules.promises import ClauseRead, SaidSpan
from asyncgeo.rules.scene import Scene
from asyncgeo.rules.tokens import TokenRow, is_chinese, tokenise
from asyncgeo.rules.units import in_one_unit
from asyncgeo.schema import conditions, sameness
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import Condition

LONGEST: Final = 4000
"""Characters that are read; a longer text holds more than one problem, and time stays bounded."""

ClausePlace = tuple[str, int, int]
"""A clause kind, and the tokens from which it read something."""


class Read(NamedTuple):
    """One fact, the clause kind that read it, and the tokens it was read from."""

    condition: Condition
    clause: str
    start: int
    end: int

    @property
    def place(self) -> ClausePlace:
        """The clause, with all that it read there."""
        return self.clause, self.start, self.end


@dataclass(frozen=True, slots=True)
class Reading:
    """All that was read of one text."""

    normal: Normal
    row: TokenRow
    given: int
    reads: tuple[Read, ...]
    said: tuple[SaidSpan, ...]
    clauses: tuple[ClauseRead, ...]

    @property
    def facts(self) -> list[Condition]:
        """Every fact once, in the one form that is written, in the order of the text."""
        return canonical(read.condition for read in self.reads)


def read(text: str, without: Collection[ClausePlace] = ()) -> Reading:
    """Everything that is understood of `text`, as if the clauses `without` said nothing."""
    normal = normalise(text[:LONGEST])
    row = tokenise(normal.text)
    if not is_chinese(normal.text):
        row = order.arranged(row)
    given = question.given(row)
    row = in_one_unit(row, given)
    said: list[SaidSpan] = []
    reads = sorted(_read(Scene(row, given), said, without), key=lambda one: one.start)
    told = tuple(promises.clauses(row, given, said))
    return Reading(normal, row, given, tuple(_once(_named(reads))), tuple(said), told)


def _read(scene: Scene, said: list[SaidSpan], without: Collection[ClausePlace]) -> Iterator[Read]:
    lead = question.leading(scene.row)
    said.append(SaidSpan(0, lead))
    for clause in applicable(scene.row.signs):
        for match in clause.pattern.finditer(scene.row.signs, lead, scene.given):
            if clause.silent:
                said.append(SaidSpan(*match.span()))
            for found in _of_match(clause, match, scene, without):
                scene.facts.append(found.condition)
                said.append(SaidSpan(found.start, found.end, found.condition["type"]))
                yield found
    for clause in ASKED:
        for match in clause.pattern.finditer(scene.row.signs, scene.given):
            yield from _of_match(clause, match, scene, without)


def _of_match(clause: Clause, match: re.Match[str], scene: Scene, without: Collection[ClausePlace]) -> Iterator[Read]:
    start, end = match.span()
    if (clause.name, start, end) not in without:
        for condition in clause.read(Match(match, scene.row, scene)):
            if conditions.defect(condition) is None:
                yield Read(condition, clause.name, start, end)


def _named(reads: list[Read]) -> Iterator[Read]:
    """The reads with one name a line; without those that say no more than a name or than 共线."""
    called = names.names_of([one.condition for one in reads])
    rows = [set(one.condition["points"]) for one in reads if one.condition["type"] in _ROWS]
    for one in reads:
        condition = names.renamed(one.condition, called) if called else one.condition
        if condition is None or (condition is not one.condition and conditions.defect(condition) is not None):
            continue
        if condition is one.condition or not any(set(conditions.points_of(condition)) <= row for row in rows):
            yield one if condition is one.condition else one._replace(condition=condition)


_ROWS: Final = ("collinear", "order_on_line")
_PLACES: Final = {
    "point_on_segment": "segment",
    "midpoint_of": "segment",
    "point_on_segment_extension": "segment",
    "point_on_line": "line",
}


def _once(reads: Iterable[Read]) -> Iterable[Read]:
    """The first read of every fact; of several that place a point on a line, the one that does so in as many words."""
    first: dict[Hashable, Read] = {}
    for one in reads:
        key = _key(one.condition)
        known = first.setdefault(key, one)
        if key[0] == "on" and _is_worded(one) > _is_worded(known):
            first[key] = one
    return first.values()


def _is_worded(one: Read) -> bool:
    return one.clause.startswith("positions")


def _key(fact: Condition) -> tuple[Hashable, ...]:
    """What a fact is about: of a point and a line, where it is on it does not count."""
    if (field := _PLACES.get(fact["type"])) is None:
        return (sameness.key(fact),)
    return "on", fact["point"], frozenset(fact[field]), fact["type"] == "midpoint_of"
