"""Rows → compact columns, so that thousands of problems make a small page that opens at once.

In: `PageEntry`s, one by one. Out: pieces of JSON, by `embedded` such that no HTML can be harmed by them.

A row is a list in the order of `COLUMNS`, without the nulls at its end. Words that many rows share (source, category,
reason, model, …) and conditions are numbered and stand once:
    {"columns":["id","outcome",…],"words":["rules",…],"conditions":[["∠ABC = 50°",{"type":"angle_value",…}],…],
     "rows":[["17",1,…],…],"pictures":{"size":32,"chunks":["H4sI…",…]},"raws":{…}}
Each is kept as the bytes that the page will hold, a third of what the values need.
Pictures and raw answers are looked at one at a time: 32 rows of them make one chunk, a JSON list of values and nulls,
gzip, base64, unpacked in the browser when a row of it is opened; a chunk of nulls is "".
"""

import gzip
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from msgspec import structs

from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Failed, Meta, Parsed, Row, Skipped, Tokens
from asyncgeo.schema.verdict import AnswerVerdict, Verdict
from asyncgeo.schema.words import readable
from asyncgeo.store.raw_answers import Raw
from asyncgeo.views.report.content import PageEntry
from asyncgeo.views.report.drawing import drawing
from asyncgeo.views.report.figures import is_of_model, outcome

CHUNK: Final = 32
_UNSAFE: Final = {
    character.encode(): f"\\u{ord(character):04x}".encode() for character in ("<", ">", "&", "\u2028", "\u2029")
}
"""In JSON these stand only inside of strings, where an escape means the same."""
_UNSAFE_CHARACTER: Final = re.compile(b"|".join(_UNSAFE))
MARKS: Final = ("contradicts", "rechecked")
"""The model was asked twice and still contradicts itself; the row was made again from a kept answer."""
OUTCOMES: Final = ("model", "rules", "stand_in", "skipped", "error")

COLUMNS: Final = (
    "id",
    "outcome",  # index into OUTCOMES
    "source",  # this and the next three are indices into words
    "category",
    "word",  # the reason of a skip, or the kind of an error
    "model",
    "prompt",
    "difficulty",
    "text",
    "conditions",  # indices into conditions
    "objects",  # as in the row, empty lists left out
    "at",
    "tokens",  # [in, cached, out]
    "latency",
    "attempts",
    "cost",
    "coverage",
    "original",  # where it is not the text
    "verdict",  # [state, conflict, by_objects, rounded, freedom, surplus]
    "answer",  # [state, asked, values, key, among, why]
    "review",  # what its witnesses say together
    "disputed",  # what speaks against it
    "findings",
    "unexpressed",  # words that no condition can say
    "marks",  # of MARKS
    "detail",  # of a skip
    "error",
)


class Pack:
    """Takes entries, gives the table of the page."""

    def __init__(self) -> None:
        self._rows: list[bytes] = []
        self._words: dict[str, int] = {}
        self._conditions: dict[bytes, int] = {}
        self._pictures = Chunks()
        self._raws = Chunks()

    def add(self, entry: PageEntry) -> None:
        """Keep the entry."""
        cells = {**self._of_row(entry.row), **self._of_entry(entry)}
        row = [cells.get(column) for column in COLUMNS]
        while row[-1] is None:
            row.pop()
        self._rows.append(embedded(row))
        self._pictures.add(None if entry.figure is None else drawing(entry.figure))
        self._raws.add([_answer(raw) for raw in entry.raws] or None)

    def __len__(self) -> int:
        return len(self._rows)

    def table(self, left_out: int, choice: str) -> Iterator[bytes]:
        """What was kept; `left_out` problems are not in it, and how the others were chosen is said then."""
        head = {"columns": COLUMNS, "outcomes": OUTCOMES, "left_out": left_out, "words": list(self._words)}
        yield embedded(head | ({"choice": choice} if left_out else {}))[:-1]
        yield b',"conditions":'
        yield from listed(map(_readable, self._conditions))
        yield b',"rows":'
        yield from listed(self._rows)
        for name, chunks in (("pictures", self._pictures), ("raws", self._raws)):
            yield f',"{name}":{{"size":{CHUNK},"chunks":'.encode()
            yield from listed(chunks.packed())
            yield b"}"
        yield b"}"

    def _of_entry(self, entry: PageEntry) -> dict[str, Any]:
        row, meta = entry.row, entry.row.meta
        text = row.cleaned_text if isinstance(row, Parsed) else entry.text
        original = row.original_text if isinstance(row, Parsed) else ""
        cells: dict[str, Any] = {
            "id": row.id,
            "outcome": OUTCOMES.index(outcome(row)),
            "text": text,
            "original": original if original and original != text else None,
            "cost": None if entry.cost is None else round(entry.cost, 8),
            "verdict": None if entry.verdict is None else _verdict(entry.verdict),
            "answer": None if entry.verdict is None else _answer_verdict(entry.verdict.answer),
            "review": None if entry.verdict is None else entry.verdict.standing or None,
        }
        if meta is not None:
            cells |= {
                "model": self._word(meta.model),
                "prompt": self._word(meta.prompt),
                "at": meta.at,
                "tokens": _counts(meta.tokens) if is_of_model(meta) else None,
                "latency": round(meta.latency, 3) if is_of_model(meta) else None,
                "attempts": meta.attempts,
                "coverage": meta.coverage,
                "findings": meta.findings or None,
                "disputed": meta.disputed or None,
                "marks": _marks(meta) or None,
            }
        return cells

    def _of_row(self, row: Row) -> dict[str, Any]:
        match row:
            case Parsed():
                objects = msgspec.to_builtins(row.required_objects)
                return {
                    "source": self._word(row.source),
                    "category": self._word(row.category),
                    "word": None if row.kind is None else self._word(row.kind),
                    "difficulty": row.difficulty,
                    "conditions": [self._condition(condition) for condition in row.verification_conditions],
                    "objects": {name: listed for name, listed in objects.items() if listed},
                    "unexpressed": row.unexpressed or None,
                    "error": row.error,
                }
            case Skipped():
                source, word = self._word(row.source), self._word(row.reason)
                return {"source": source, "word": word, "detail": row.detail or None}
            case Failed():
                return {"word": self._word(row.kind), "error": row.error}

    def _word(self, word: str) -> int:
        return self._words.setdefault(word, len(self._words))

    def _condition(self, condition: Condition) -> int:
        return self._conditions.setdefault(msgspec.json.encode(condition), len(self._conditions))


def embedded(data: object) -> bytes:
    """JSON for a script element: nothing in it can end the element, begin a comment, or end a line of a script."""
    return _UNSAFE_CHARACTER.sub(lambda found: _UNSAFE[found[0]], msgspec.json.encode(data))


def listed(items: Iterable[bytes]) -> Iterator[bytes]:
    """The items as one JSON list."""
    separator = b"["
    for item in items:
        yield separator
        yield item
        separator = b","
    yield b"[]" if separator == b"[" else b"]"


def _readable(condition: bytes) -> bytes:
    """How the condition reads, and the condition."""
    plain: Condition = msgspec.json.decode(condition)
    return embedded([readable(plain), plain])


class Chunks:
    """Values by row, compressed a chunk at a time."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._open: list[object] = []
        self._some = False

    def add(self, value: object) -> None:
        """What the next row has, or None."""
        self._some = self._some or value is not None
        self._open.append(value)
        if len(self._open) == CHUNK:
            self._close()

    def packed(self) -> list[bytes]:
        """Every chunk, as JSON; none where no row had anything."""
        if self._open:
            self._close()
        return self._chunks if self._some else []

    def _close(self) -> None:
        some = any(value is not None for value in self._open)
        plain = msgspec.json.encode(self._open)
        self._chunks.append(b'"%b"' % (b64encode(gzip.compress(plain, mtime=0)) if some else b""))
        self._open = []


def _counts(tokens: Tokens) -> tuple[int, ...]:
    """In, cached, out; written to the cache and thought only where either is."""
    counts: tuple[int, ...] = structs.astuple(tokens)
    return counts if any(counts[3:]) else counts[:3]


def _marks(meta: Meta) -> list[str]:
    held = (meta.drawable is False, meta.rechecked)
    return [mark for mark, holds in zip(MARKS, held, strict=True) if holds]


def _answer(raw: Raw) -> list[str]:
    return [raw.at, raw.model, raw.finish_reason, raw.content]


def _verdict(verdict: Verdict) -> list[Any]:
    v = verdict
    return [v.state, v.conflict, v.by_objects, v.rounded, v.freedom, v.surplus]


def _answer_verdict(found: AnswerVerdict | None) -> list[Any] | None:
    return None if found is None else [found.state, found.asked, found.values, found.key, found.among, found.why]
