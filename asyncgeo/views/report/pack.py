"""Rows → compact columns, so that thousands of problems make a small page that opens at once.

In: `PageEntry`s, one by one. Out: plain values ready for JSON. It knows no HTML.

A row is a list in the order of `COLUMNS`, without the nulls at its end. Words that many rows share (source, category,
reason, model, …) and conditions are numbered and stand once:
    {"columns":["id","outcome",…],"words":["rules",…],"conditions":[["∠ABC = 50°",{"type":"angle_value",…}],…],
     "rows":[["17",1,…],…],"pictures":{"size":32,"chunks":["H4sI…",…]},"raws":{…}}
Pictures and raw answers are looked at one at a time: 32 rows of them make one chunk, a JSON list of values and nulls,
gzip, base64, unpacked in the browser when a row of it is opened; a chunk of nulls is "".
"""

import gzip
from base64 import b64encode
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
from asyncgeo.views.report.figures import outcome

MOST_ROWS: Final = 20_000
"""Rows that one page holds, about 20 MB; browsers open ten times as much only with patience."""
CHUNK: Final = 32
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
    """Takes entries, gives the table of the page; of entries beyond the limit nothing is kept but their number."""

    def __init__(self, most: int = MOST_ROWS) -> None:
        self._most = most
        self._seen = 0
        self._rows: list[list[Any]] = []
        self._words: dict[str, int] = {}
        self._conditions: dict[bytes, int] = {}
        self._listed: list[tuple[str, Condition]] = []
        self._pictures = Chunks()
        self._raws = Chunks()

    def add(self, entry: PageEntry) -> None:
        """Keep the entry."""
        self._seen += 1
        if self._seen > self._most:
            return
        cells = {**self._of_row(entry.row), **self._of_entry(entry)}
        row = [cells.get(column) for column in COLUMNS]
        while row[-1] is None:
            row.pop()
        self._rows.append(row)
        self._pictures.add(None if entry.figure is None else drawing(entry.figure))
        self._raws.add([_answer(raw) for raw in entry.raws] or None)

    def table(self) -> dict[str, Any]:
        """What was kept."""
        return {
            "columns": COLUMNS,
            "outcomes": OUTCOMES,
            "left_out": max(0, self._seen - self._most),
            "words": list(self._words),
            "conditions": self._listed,
            "rows": self._rows,
            "pictures": self._pictures.packed(),
            "raws": self._raws.packed(),
        }

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
                "tokens": _counts(meta.tokens),
                "latency": round(meta.latency, 3),
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
        number = self._conditions.setdefault(msgspec.json.encode(condition), len(self._listed))
        if number == len(self._listed):
            self._listed.append((readable(condition), condition))
        return number


class Chunks:
    """Values by row, compressed a chunk at a time."""

    def __init__(self) -> None:
        self._chunks: list[str] = []
        self._open: list[object] = []
        self._some = False

    def add(self, value: object) -> None:
        """What the next row has, or None."""
        self._some = self._some or value is not None
        self._open.append(value)
        if len(self._open) == CHUNK:
            self._close()

    def packed(self) -> dict[str, Any]:
        """Every chunk; none where no row had anything."""
        if self._open:
            self._close()
        return {"size": CHUNK, "chunks": self._chunks if self._some else []}

    def _close(self) -> None:
        some = any(value is not None for value in self._open)
        plain = msgspec.json.encode(self._open)
        self._chunks.append(b64encode(gzip.compress(plain, mtime=0)).decode() if some else "")
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
