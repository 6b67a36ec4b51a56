"""What was read where, and what was not understood, for people.

In: a reading. Out: `Explanation`, places given in the text as it was written. It renders nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from asyncgeo.rules import promises
from asyncgeo.rules.read import ClausePlace, Reading
from asyncgeo.rules.tokens import Token
from asyncgeo.schema.conditions import Condition


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


def words(reading: Reading, place: ClausePlace) -> TextSpan:
    """What the clause was read from."""
    _, start, end = place
    return _span(reading, *_stretch(reading.row.tokens[start:end]))


def _stretch(tokens: Sequence[Token]) -> tuple[int, int]:
    """From where the first of the tokens begins to where the last ends, in whatever order they stand."""
    return min(token.start for token in tokens), max(token.end for token in tokens)


def coverage(reading: Reading) -> float:
    """The share of the clauses of what is given that led to all the facts that their words promise, parts as halves."""
    shares = [clause.share for clause in reading.clauses if clause.share is not None]
    return round(sum(shares) / len(shares), 4) if shares else 1.0


def _given_end(reading: Reading) -> int:
    tokens = reading.row.tokens
    return tokens[reading.given].start if reading.given < len(tokens) else len(reading.normal.text)


def _unread(reading: Reading) -> Iterator[TextSpan]:
    """Missed places, neighbours joined."""
    start = end = -1
    tokens = [reading.row.tokens[spot] for spot in promises.missed(reading.row, reading.given, reading.said)]
    for first, last in sorted((token.start, token.end) for token in tokens):
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
