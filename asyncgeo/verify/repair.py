"""A text that the rules read so that it cannot be drawn → the same text read without the clause that contradicts.

In: the row of a text. Out: what is read without one clause, or without two, and the words of those.
What cannot be drawn is mostly a misread; where the text contradicts itself it looks the same.

    conflict ─ the clauses it was read from ─ the text without one of them ─ drawn: repaired
                                                    └ no figure either: its conflict, without a second one

Of the clauses without which the rest can be drawn the one goes that says least: the figure moves least without it. Of
equals one that names points which its words do not hold, for it is half a guess; then the last, for what comes before
it was complete without it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, NamedTuple

import msgspec

from asyncgeo import rules
from asyncgeo.figure import Deadline, Figure, draw, find_conflict
from asyncgeo.rules import ClausePlace, Reading
from asyncgeo.schema import conditions
from asyncgeo.schema.records import Extraction, Parsed

_MOST: Final = 2
"""Clauses that may go; a text of which more contradict each other was not understood."""
_PATIENCE: Final = 3  # rounds of starts, without insisting, as for a conflict


class Repaired(NamedTuple):
    """What is read without the clauses that contradict, and their words."""

    extraction: Extraction
    dropped: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Try:
    """The clauses left out so far, what is read without them, how near a figure of it comes, and what else to prefer.

    `lacks`: polygons that a clause names are not drawn either; `said`: how many of the clauses hold all points of what
    was read from them; `start`: where they begin, added up.
    """

    places: frozenset[ClausePlace]
    extraction: Extraction
    figure: Figure
    lacks: bool = False
    said: int = 0
    start: int = 0

    @property
    def loss(self) -> tuple[bool, int, int, int]:
        """The less the better."""
        return self.lacks, self.figure.freedom or 0, self.said, -self.start


def repair(row: Parsed, figure: Figure, deadline: Deadline) -> Repaired | None:
    """The row's text without what contradicts; None where that takes more than two clauses, or leaves nothing.

    `figure` is the nearest candidate to one of the row. Raises TooMuch after the deadline.
    """
    text = row.original_text
    read = Extraction(verification_conditions=row.verification_conditions, required_objects=row.required_objects)
    tries = [_Try(frozenset(), read, figure)]
    for _ in range(_MOST):
        tries = list(chain.from_iterable(_without_one(text, each, deadline) for each in tries))
        if drawn := [each for each in tries if each.figure.drawable]:
            best = min(drawn, key=lambda each: each.loss)
            return Repaired(best.extraction, _words(text, best.places))
    return None


def _without_one(text: str, before: _Try, deadline: Deadline) -> Iterator[_Try]:
    """The text without one clause more, of those from which the conflict was read."""
    read = before.extraction
    facts, objects = read.verification_conditions, read.required_objects
    conflict = find_conflict(facts, objects, text=text, residuals=before.figure.residuals, deadline=deadline)
    deadline.check()
    reading = rules.read(text, before.places)
    for place in dict.fromkeys(one.place for one in reading.reads):
        places = before.places | _same(text, reading, before.places, place)
        rest = rules.parse(text, places)
        if rest.reason is None and any(facts[k] not in rest.verification_conditions for k in conflict.conditions):
            said, start = before.said + _is_said(reading, place), before.start + place[1]
            after = _Try(places, rest, before.figure, before.lacks, said, start)
            yield _drawn(after, _without_polygons(reading, place, rest), deadline)


def _drawn(after: _Try, lighter: Extraction, deadline: Deadline) -> _Try:
    """What is left, drawn; where that fails, without the polygons that the clause names."""
    figure = _draw(after.extraction, deadline)
    if not figure.drawable and lighter != after.extraction and (found := _draw(lighter, deadline)).drawable:
        return replace(after, extraction=lighter, figure=found, lacks=True)
    return replace(after, figure=figure)


def _draw(read: Extraction, deadline: Deadline) -> Figure:
    figure = draw(read.verification_conditions, read.required_objects, patience=_PATIENCE, deadline=deadline)
    deadline.check()
    return figure


def _without_polygons(reading: Reading, place: ClausePlace, rest: Extraction) -> Extraction:
    _, start, end = place
    named = [set(token.points) for token in reading.row.tokens[start:end]]
    kept = [polygon for polygon in rest.required_objects.polygons if set(polygon) not in named]
    return msgspec.structs.replace(rest, required_objects=msgspec.structs.replace(rest.required_objects, polygons=kept))


def _same(text: str, reading: Reading, gone: frozenset[ClausePlace], place: ClausePlace) -> frozenset[ClausePlace]:
    """The clause, and those that read one of its facts from the same words once it is gone."""
    facts = [one.condition for one in reading.reads if one.place == place]
    found = frozenset((place,))
    while True:
        again = {
            one.place
            for one in rules.read(text, gone | found).reads
            if one.condition in facts and one.start < place[2] and place[1] < one.end
        }
        if again <= found:
            return found
        found |= again


def _is_said(reading: Reading, place: ClausePlace) -> bool:
    """Whether the words of a clause hold all points of what was read from them."""
    _, start, end = place
    there = {point for token in reading.row.tokens[start:end] for point in token.points}
    return all(there.issuperset(conditions.points_of(one.condition)) for one in reading.reads if one.place == place)


def _words(text: str, places: frozenset[ClausePlace]) -> tuple[str, ...]:
    """What the text says there, in its order; what lies within other words is not said twice."""
    reading = rules.read(text)
    spans = [rules.words(reading, place) for place in sorted(places, key=lambda each: each[1:])]
    found = dict.fromkeys(span.text for span in spans)
    return tuple(each for each in found if not any(each != other and each in other for other in found))
