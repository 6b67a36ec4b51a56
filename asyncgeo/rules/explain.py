"""What was read where, and what was not understood, for people.

In: a reading. Out: `Explanation`, places given in the text as it was written. It renders nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.read import Place, Reading
from asyncgeo.rules.tokens import BREAKS, UNKNOWN
from asyncgeo.schema.conditions import Condition

_MINOR: Final = frozenset(BREAKS) | {SIGN_OF[word] for word in ("和", "在", "中", "以", "作", "处")}
"""A break, an "and" and a preposition state nothing: it is the nouns around them that are missed."""


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of the original text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ReadFact:
    """One fact, the clause kind that read it, and where."""

    condition: Condition
    clause: str
    span: TextSpan


@dataclass(frozen=True, slots=True)
class Explanation:
    """A text with what was read of it."""

    normalised: str
    facts: tuple[ReadFact, ...]
    unread: tuple[TextSpan, ...]
    question: TextSpan | None
    coverage: float


def explanation(reading: Reading) -> Explanation:
    """What `reading` understood."""
    facts = tuple(ReadFact(one.condition, one.clause, words(reading, one.place)) for one in reading.reads)
    return Explanation(reading.normal.text, facts, tuple(_unread(reading)), _question(reading), coverage(reading))


def words(reading: Reading, place: Place) -> TextSpan:
    """What the clause was read from."""
    _, start, end = place
    return _span(reading, reading.row.tokens[start].start, reading.row.tokens[end - 1].end)


def coverage(reading: Reading) -> float:
    """The share of the given part's characters, blanks apart, that clauses read or that carry no weight."""
    text = reading.normal.text
    total = _weight(text[: _given_end(reading)])
    missed = sum(_weight(text[first:last]) for first, last in _missed(reading))
    return round(1 - missed / total, 4) if total else 1.0


def _weight(text: str) -> int:
    return sum(not character.isspace() for character in text)


def _given_end(reading: Reading) -> int:
    tokens = reading.row.tokens
    return tokens[reading.given].start if reading.given < len(tokens) else len(reading.normal.text)


def _missed(reading: Reading) -> Iterator[tuple[int, int]]:
    """The places of given tokens that no clause used; punctuation is never missed."""
    used = bytearray(len(reading.row.tokens))
    for first, last in reading.understood:
        used[first:last] = b"\x01" * (last - first)
    for spot, token in enumerate(reading.row.tokens[: reading.given]):
        if token.sign == UNKNOWN or (not used[spot] and token.sign not in _MINOR):
            yield token.start, token.end


def _unread(reading: Reading) -> Iterator[TextSpan]:
    """Missed places, neighbours joined."""
    start = end = -1
    for first, last in _missed(reading):
        if start >= 0 and first - end <= 1:
            end = last
            continue
        if start >= 0:
            yield _span(reading, start, end)
        start, end = first, last
    if start >= 0:
        yield _span(reading, start, end)


def _question(reading: Reading) -> TextSpan | None:
    end = _given_end(reading)
    return _span(reading, end, len(reading.normal.text)) if end < len(reading.normal.text) else None


def _span(reading: Reading, start: int, end: int) -> TextSpan:
    first, last = reading.normal.origin(start), max(reading.normal.origin(end), reading.normal.origin(start) + 1)
    return TextSpan(first, last, reading.normal.original[first:last])
