"""The records that flow: `Problem` in, `Row` out; and the row format, which this module owns.

In: nothing but values. Out: frozen structs, and one line of JSON for each row. It knows neither files nor models.

One row is one JSON object on one line, UTF-8, not ASCII-escaped, `status` first:
    {"status":"parsed","id":"17","source":"model","subject":"…","original_text":"…","cleaned_text":"…",
     "category":"Basic Constructions","difficulty":2,"required_objects":{…},"verification_conditions":[…],"meta":{…}}
    {"status":"skipped","id":"43","source":"screen","reason":"ambiguous_reference","detail":"…","meta":{…}}
    {"status":"error","id":"99","error":"…","kind":"timeout","attempts":6,"meta":{…}}
`subject` equals `cleaned_text`: readers of the published dataset expect it. A rules row that stands in because
the model failed on the problem carries `error` and `kind` as well. Where the input had them, a verdict carries
`"choices":["30°","40°"],"label":1,"answer":"…"` before `meta`; the label counts from 0. Ids are strings. Rows of
earlier versions end with a key `seal`, which is ignored.
"""

from datetime import datetime
from functools import partial
from typing import Any, Final, Literal

import msgspec

from asyncgeo.schema import conditions
from asyncgeo.schema.asked import AnswerKey, Label
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.sanitize import clean_text, encodable

Source = Literal["model", "rules", "screen"]
"""Who gave the verdict: a model, the rule reader, or the screen that sends no request."""

Service = Literal["standard", "flex", "batch"]
"""How a request is served and billed: at once, when there is capacity, or within a day from a file of requests."""

Found = Literal["", "drawable", "repaired", "contradictory", "unchecked"]
"""What drawing a parse by the rules found before it was written; nothing where no parse by the rules was."""

INPUT: Final = "input"
"""The kind of a row whose problem could not be read."""
REFUSALS: Final = frozenset({"content_filter", "flagged", "refusal"})
"""Kinds of rows whose problem's own text was refused: that is in its nature, and asking again would only repeat it."""
RULES_MODEL: Final = "asyncgeo-rules"
"""The model name under which the embedded endpoint answers; rows it answers have source "rules"."""

SKIP_REASONS: Final = (
    "ambiguous_reference",  # numbered angles (∠1), or a single-letter angle that fits several
    "undefined_points",  # points that only the picture defines
    "no_formal_objects",  # a word problem without named points
    "pure_calculation",  # nothing to draw
    "not_plane_geometry",  # solids, coordinates, charts
)
NOT_UNDERSTOOD: Final = "not_understood"
"""The reason of the rules, and of no model, where the fault is theirs: they read no fact in words they do not know."""


class Problem(msgspec.Struct, frozen=True):
    """One problem as read.

    `position` counts the input in numeric id order from 0; `path` names where it was read (`file` or `file:line`).
    `key` is kept in rows and never sent to a model.
    """

    id: str
    text: str
    position: int = 0
    path: str = ""
    key: AnswerKey = AnswerKey()


class Circle(msgspec.Struct, frozen=True, omit_defaults=True):
    """A circle by its centre, and where one is named a point on it."""

    center: str
    radius_point: str | None = None


class RequiredObjects(msgspec.Struct, frozen=True):
    """What must be drawn. Points are names; segments are pairs; a line is a pair or one name; polygons ≥ 3 points."""

    points: list[str] = []
    segments: list[list[str]] = []
    lines: list[list[str]] = []
    circles: list[Circle] = []
    polygons: list[list[str]] = []


class Extraction(msgspec.Struct, frozen=True):
    """What a reader (model or rules) made of one text: a parse, or a refusal with its reason.

    A refusal has `reason` set (one of `SKIP_REASONS` or `NOT_UNDERSTOOD`) and everything after `detail` empty.
    `coverage` is the share of clauses understood, 0…1, where the reader knows it. `unexpressed` are the words of the
    text that state what no type of condition can say.
    """

    reason: str | None = None
    detail: str = ""
    cleaned_text: str = ""
    category: str = conditions.CATEGORIES[0]
    difficulty: int = 1
    required_objects: RequiredObjects = RequiredObjects()
    verification_conditions: list[Condition] = []
    coverage: float | None = None
    unexpressed: tuple[str, ...] = ()


class Tokens(msgspec.Struct, frozen=True, omit_defaults=True, rename={"input": "in", "output": "out"}):
    """Tokens billed, summed over all attempts of one problem.

    `cached` and `cache_write`, read from the endpoint's prompt cache and written to it, are parts of `input`;
    `reasoning` is a part of `output`. The last two are left out of a row where they are 0.
    """

    input: int = msgspec.field(default_factory=int)  # a factory's value is written whatever it is
    cached: int = msgspec.field(default_factory=int)
    output: int = msgspec.field(default_factory=int)
    cache_write: int = 0
    reasoning: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.cached + other.cached,
            self.output + other.output,
            self.cache_write + other.cache_write,
            self.reasoning + other.reasoning,
        )

    def __sub__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input - other.input,
            self.cached - other.cached,
            self.output - other.output,
            self.cache_write - other.cache_write,
            self.reasoning - other.reasoning,
        )


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a row came to be. `latency` in seconds, send to reply of the last attempt; `at` is UTC, ISO 8601.

    `service` is what the tokens were billed as, "standard" where any of them was. `drawable` is false on a parse that
    the model was asked twice for and that still contradicts itself; `disputed` says what still speaks against a parse
    after a review, a reason an entry. `checked` is what drawing a parse by the rules found: a figure; one without
    clauses that findings name; none, for reasons that are no misread; or that it was not tried (no time; before 0.3, no
    numpy).
    `answered` is when the answer came that the row is made of, where the row was written later: marked, or made again
    by `reparse`. `form` is the form in which facts were written (`canonical.FORM`), 0 in rows of versions before there
    was one.
    """

    at: str
    model: str = ""
    prompt: str = ""
    tokens: Tokens = Tokens()
    service: Service = "standard"
    attempts: int = 0
    latency: float = 0.0
    coverage: float | None = None
    findings: tuple[str, ...] = ()
    drawable: bool | None = None
    disputed: tuple[str, ...] = ()
    checked: Found = ""
    answered: str = ""
    rechecked: bool = False
    form: int = 0


class Parsed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="status", tag="parsed"):
    """A verdict: this is the construction."""

    id: str
    source: Source
    subject: str
    original_text: str
    cleaned_text: str
    category: str
    difficulty: int
    required_objects: RequiredObjects
    verification_conditions: list[Condition]
    unexpressed: tuple[str, ...] = ()
    error: str | None = None
    kind: str | None = None
    choices: tuple[str, ...] = ()
    label: Label | None = None
    answer: str = ""
    meta: Meta | None = None

    @property
    def key(self) -> AnswerKey:
        """The key that came with the problem."""
        return AnswerKey(self.choices, self.label, self.answer)

    @property
    def stands_in(self) -> bool:
        """Whether the rules stand in for a model that failed; a row may have lost one of the two that say why."""
        return self.error is not None or self.kind is not None


class Skipped(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="status", tag="skipped"):
    """A verdict: this problem has no construction to read, and why."""

    id: str
    source: Source
    reason: str
    detail: str = ""
    choices: tuple[str, ...] = ()
    label: Label | None = None
    answer: str = ""
    meta: Meta | None = None

    @property
    def key(self) -> AnswerKey:
        """The key that came with the problem."""
        return AnswerKey(self.choices, self.label, self.answer)


class Failed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="status", tag="error"):
    """No verdict: what went wrong. `kind` is retry's word for it, or `INPUT`."""

    id: str
    error: str
    kind: str
    attempts: int = 0
    meta: Meta | None = None


Row = Parsed | Skipped | Failed


def failure_of(row: Row) -> tuple[str, str] | None:
    """Kind and message of a row that records a failure, whether the rules stand in or not; else None."""
    if isinstance(row, Skipped) or row.error is None or row.kind is None:
        return None
    return row.kind, row.error


class Unreadable(msgspec.Struct, frozen=True):
    """An input that is no problem: its position, and the row that says why; whether a shard holds that row already."""

    position: int
    row: Failed
    recorded: bool = False


_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final[msgspec.json.Decoder[Row]] = msgspec.json.Decoder(Row)


def readable_line(row: Row) -> bytes:
    """The row as `encode` writes it, proven to read back as it is. Raises ValueError with what is wrong otherwise."""
    try:
        line = encode(row)
        found = decode(line)
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the row cannot be written: {error}") from error
    if not _is_common(line) and (why := defect(found)) is not None:
        raise ValueError(f"the row would not be valid: {why}")
    if found != row:
        raise ValueError("the row would read otherwise than it was written")
    return line


class _Common(msgspec.Struct, tag_field="status", tag="parsed"):
    """What `defect` looks at, by the types of the table; points have common names."""

    category: conditions.Category
    difficulty: conditions.Difficulty
    verification_conditions: list[conditions.COMMON]  # type: ignore[valid-type]


_COMMON_DECODER: Final = msgspec.json.Decoder(_Common)


def _is_common(line: bytes) -> bool:
    """Whether the row is a parse of the most common kind, which has no defect; quicker than asking `defect`."""
    try:
        _COMMON_DECODER.decode(line)
    except ValueError:
        return False
    return True


def failed(identifier: str, error: str, kind: str, meta: Meta | None = None) -> Failed:
    """An error row that can be written, whatever stands in its id, the error's words and `meta`."""
    attempts = 0 if meta is None else meta.attempts
    row = Failed(id=encodable(identifier), error=clean_text(error)[:MAX_ERROR], kind=kind, attempts=attempts, meta=meta)
    try:
        readable_line(row)
    except ValueError:
        return msgspec.structs.replace(row, attempts=0, meta=None)
    return row


MAX_ERROR: Final = 500  # characters of an error in a row


def encode(row: Row) -> bytes:
    """The row as one line, newline included: JSON escapes newlines, so a row never spans lines."""
    return _ENCODER.encode(row) + b"\n"


def decode(line: bytes) -> Row:
    """The row of one line.

    Raises ValueError when the line is no row: not JSON, a field missing or of the wrong type.
    Conditions are not looked at here; `defect` does.
    """
    return _DECODER.decode(line)


def defect(row: Row, *, proven: bool = False) -> str | None:
    """Why a decoded row must not count as done, or None: its conditions, category and difficulty fit the table.

    Of conditions that were `proven` when they were written the types are looked at alone.
    """
    if not isinstance(row, Parsed):
        return None
    if row.category not in conditions.CATEGORIES:
        return f"unknown category {row.category!r:.60}"
    if row.difficulty not in conditions.DIFFICULTIES:
        return f"difficulty {row.difficulty} is not in 1…5"
    look = partial(conditions.defect, proven=proven)
    return next(filter(None, map(look, row.verification_conditions)), None)


def row_from(
    problem: Problem,
    extraction: Extraction,
    source: Source,
    meta: Meta,
    *,
    error: str | None = None,
    kind: str | None = None,
) -> Parsed | Skipped:
    """The verdict of `extraction` on `problem` as a row; `error` and `kind` mark one that stands in for a model."""
    if extraction.reason is not None:
        return Skipped(
            id=problem.id,
            source=source,
            reason=extraction.reason,
            detail=extraction.detail,
            choices=problem.key.choices,
            label=problem.key.label,
            answer=problem.key.answer,
            meta=meta,
        )
    cleaned = clean_text(extraction.cleaned_text)
    return Parsed(
        id=problem.id,
        source=source,
        subject=cleaned,
        original_text=problem.text,
        cleaned_text=cleaned,
        category=extraction.category,
        difficulty=extraction.difficulty,
        required_objects=extraction.required_objects,
        verification_conditions=extraction.verification_conditions,
        unexpressed=extraction.unexpressed,
        error=error,
        kind=kind,
        choices=problem.key.choices,
        label=problem.key.label,
        answer=problem.key.answer,
        meta=msgspec.structs.replace(meta, form=FORM),
    )


def numeric_key(identifier: str) -> tuple[int, int, str]:
    """Sort key that puts ids in numeric order, ids that are no numbers after them in text order."""
    if identifier.isascii() and identifier.isdigit():
        return (0, int(identifier), identifier)
    return (1, 0, identifier)


def rewritten(row: Row, at: str, **changes: Any) -> Row:
    """The row written once more, at another time and with other members of `meta`; it knows when it was answered."""
    meta = row.meta or Meta(at="")
    told = meta.answered or meta.at
    return msgspec.structs.replace(row, meta=msgspec.structs.replace(meta, at=at, answered=told, **changes))


def timestamp(moment: datetime) -> str:
    """UTC as rows carry it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
