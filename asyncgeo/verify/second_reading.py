"""A parse by a model → what the rules read in its text and it does not say, with the words: an independent witness.

In: a `Parse` with its text. Out: a `SecondReading`. The same for the same parse. It draws where form alone does not
decide, and asks no model.

The rules are precise and not perfect, so they are heard only where they are sure. What a text implies without saying so
(在⊙O中: which points are on it) is a guess, and so are points that neither text nor parse names. That a point is on a
segment rather than on its line is mostly the picture's to say. Where what they read cannot be drawn itself, they
misread something, and are not heard at all.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from asyncgeo import rules
from asyncgeo.rules import ReadFact
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import TYPE, Condition, points_of
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.schema.said import said, says
from asyncgeo.schema.sameness import key
from asyncgeo.schema.verdict import SecondReading, Unsaid
from asyncgeo.store.parses import Parse

_IMPLIED: Final = "implied."
"""Kinds of clauses that read what a text leaves unsaid."""
_ROUNDED: Final = 5e-3
"""Relative difference of numbers that are one, rounded: 1.41 for √2."""
_SECONDS: Final = 2.0  # of computing; a real problem takes a twentieth of one


def second_reading(parse: Parse) -> SecondReading:
    """What is sure in the text, and what of it a parse that can be drawn does not say."""
    read = rules.parse(parse.original)
    if read.reason is not None:
        return SecondReading()
    facts, row = read.verification_conditions, canonical(parse.conditions)
    quotes = _quotes(parse, facts)
    known = [place not in quotes or is_said for place, is_said in enumerate(said(row, facts))]
    known = [is_known or _is_close(fact, row) for fact, is_known in zip(facts, known, strict=True)]
    if all(known):
        return SecondReading(facts=len(quotes))
    side = (facts, read.required_objects)
    lacking = _lacking((row, parse.objects), side, known) if _can_be_drawn(side) else None
    if lacking is None:
        return SecondReading()
    return SecondReading(len(quotes), tuple(Unsaid(facts[place], quotes[place]) for place in lacking))


def words(text: str) -> dict[str, str]:
    """Each condition that the rules read in the text, in its one form, and the words they read it from."""
    read = _read(text)
    conditions = canonical(fact.condition for fact in read)
    return {msgspec.json.encode(condition).decode(): _joined(_sources(condition, read)) for condition in conditions}


def _read(text: str) -> list[ReadFact]:
    return [fact for fact in rules.explain(text).facts if canonical([fact.condition])]


def _sources(condition: Condition, read: Sequence[ReadFact]) -> list[ReadFact]:
    """All that was read of the condition, which may have been joined of several facts, or be one of them."""
    alone = canonical([condition])
    return [fact for fact in read if says(alone, fact.condition)]


def _joined(sources: Sequence[ReadFact]) -> str:
    return "; ".join(dict.fromkeys(fact.span.text for fact in sources))


def _quotes(parse: Parse, facts: Sequence[Condition]) -> dict[int, str]:
    """The words of each fact that the rules are sure of, by its place."""
    named = {*rules.mentions(parse.original), *parse.objects.points}
    for condition in parse.conditions:
        named.update(points_of(condition))
    read = _read(parse.original)
    found = ((place, fact, _sources(fact, read)) for place, fact in enumerate(facts))
    return {
        place: _joined(sources)
        for place, fact, sources in found
        if _is_sure(fact, sources) and named.issuperset(points_of(fact))
    }


def _is_sure(fact: Condition, sources: Sequence[ReadFact]) -> bool:
    """Whether the text says it in words of its own."""
    sure = [source for source in sources if not source.clause.startswith(_IMPLIED)]
    return bool(sure) and (len(sure) == len(sources) or key(fact) in {key(source.condition) for source in sure})


def _is_close(fact: Condition, row: Sequence[Condition]) -> bool:
    """Whether the row says the same with a number that is rounded."""
    value = fact.get("value")
    return value is not None and any(
        math.isclose(value, other["value"], rel_tol=_ROUNDED) and key({**fact, "value": other["value"]}) == key(other)
        for other in row
        if other[TYPE] == fact[TYPE]
    )


_Said = tuple[Sequence[Condition], RequiredObjects]


def _can_be_drawn(said: _Said) -> bool:
    from asyncgeo.figure import Deadline, draw  # noqa: PLC0415  loads numpy

    return draw(*said, deadline=Deadline(_SECONDS)).drawable


def _lacking(row: _Said, text: _Said, known: Sequence[bool]) -> list[int] | None:
    """The places of facts of the text that are not known and do not hold in figures of the row; None without one."""
    from asyncgeo.figure import Deadline  # noqa: PLC0415  loads numpy
    from asyncgeo.figure.compare import held  # noqa: PLC0415  as above
    from asyncgeo.figure.effort import TooMuch  # noqa: PLC0415  as above

    facts, objects = text
    weaker = dict(_weaker(facts, known))
    asked, decided = [*facts, *weaker.values()], [*known, *(False for _ in weaker)]
    try:
        holds = held((asked, objects), row, decided, deadline=Deadline(_SECONDS))
    except (TooMuch, ArithmeticError, ValueError, MemoryError):
        return None
    if holds is None:
        return None
    nearly = {place for place, is_held in zip(weaker, holds[len(facts) :], strict=True) if is_held}
    return [place for place in range(len(facts)) if not holds[place] and place not in nearly]


def _weaker(facts: Sequence[Condition], known: Sequence[bool]) -> Iterator[tuple[int, Condition]]:
    """For each point of which it is not known whether it is on its segment, that it is on the line."""
    for place, fact in enumerate(facts):
        if fact[TYPE] == "point_on_segment" and not known[place]:
            yield place, {TYPE: "point_on_line", "point": fact["point"], "line": fact["segment"]}
