"""The lines of shards as they are found on disk: which are rows, and which are not and why.

In: a shard's path. Out: `Found` rows with their place, and `Finding`s for lines that are none. `scan` and `merge` both
read through here, so what one calls done the other can use.

A line counts when `records.decode` takes it and `records.defect` finds nothing: that is `_judge`, and it is slow.
Nearly every line was written by asyncgeo and repeats conditions seen before (a point on a circle, a segment of 8), so
`look` decodes the row in one pass, leaves each condition as bytes, and asks the table once for each distinct one. It
takes no line that `_judge` would refuse; what it does not take, `_judge` decides.

Rows of the original script carry neither `source` nor `meta`. They are told apart by that and are never refused for
their conditions, which had types of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

import msgspec

from asyncgeo import conditions, records
from asyncgeo.errors import ShardError
from asyncgeo.records import Failed, Meta, Parsed, RequiredObjects, Skipped, Source

_BUFFER: Final = 1 << 20
_KNOWN_LIMIT: Final = 1 << 16  # distinct conditions remembered, about 10 MB; real sets have some thousands


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that is no row. `unfinished` marks a last line without newline: a run is writing it, or was killed."""

    path: Path
    line: int
    why: str
    unfinished: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


class Glance(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="status", tag="parsed", forbid_unknown_fields=True
):
    """`records.Parsed` with its conditions left as bytes: the same fields in the same types otherwise."""

    id: str
    source: Source
    subject: str
    original_text: str
    cleaned_text: str
    category: str
    difficulty: int
    required_objects: RequiredObjects
    verification_conditions: list[msgspec.Raw]
    error: str | None = None
    kind: str | None = None
    meta: Meta | None = None


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the original script."""

    id: str | int
    status: Literal["parsed", "skipped", "error"]
    reason: str = ""
    category: str = ""
    difficulty: int = 0
    valid: bool = False

    @property
    def source(self) -> Source:
        """Its rules wrote this category only; everything else came from its model."""
        return "rules" if self.category == conditions.UNKNOWN_CATEGORY else "model"


class _OriginalParse(msgspec.Struct, frozen=True):
    subject: str
    original_text: str
    cleaned_text: str
    required_objects: dict[str, Any]
    verification_conditions: list[Any]


AnyRow = Glance | Parsed | Skipped | Failed | Original


class Found(NamedTuple):
    """A row and the place of its line."""

    row: AnyRow
    offset: int
    line: bytes


def read(path: Path) -> Iterator[Found | Finding]:
    """Every line of the shard in order; empty lines are passed over in silence."""
    offset = 0
    try:
        with path.open("rb", buffering=_BUFFER) as stream:
            for number, line in enumerate(stream, 1):
                try:
                    yield Found(look(line), offset, line)
                except ValueError as error:
                    if line.strip():
                        yield Finding(path, number, str(error), unfinished=not line.endswith(b"\n"))
                offset += len(line)
    except OSError as error:
        raise ShardError(f"{path} cannot be read: {error.strerror}.", "Check the file and its permissions.") from error


def look(line: bytes) -> AnyRow:
    """The row of one line; raises ValueError with the reason when it is none."""
    try:
        row = _FAST.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _judge(line)
    if type(row) is Glance and not _fits(row):
        return _judge(line)
    return row


_FAST: Final[msgspec.json.Decoder[Glance | Skipped | Failed]] = msgspec.json.Decoder(Glance | Skipped | Failed)
_CATEGORIES: Final = frozenset(conditions.CATEGORIES)
_known: set[bytes] = set()


def _fits(row: Glance) -> bool:
    if row.category not in _CATEGORIES or row.difficulty not in conditions.DIFFICULTIES:
        return False
    for raw in row.verification_conditions:
        condition = bytes(raw)
        if condition not in _known:
            if conditions.defect(msgspec.json.decode(condition)) is not None:
                return False
            if len(_known) >= _KNOWN_LIMIT:
                _known.clear()
            _known.add(condition)
    return True


def _judge(line: bytes) -> Parsed | Skipped | Failed | Original:
    whole = _object(line)
    if "source" not in whole and "meta" not in whole and "kind" not in whole:
        return _original(whole)
    row = records.decode(line)
    if (why := records.defect(row)) is not None:
        raise ValueError(why)
    return row


def _object(line: bytes) -> dict[str, Any]:
    try:
        whole = msgspec.json.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"it is no JSON: {error}") from None
    if not isinstance(whole, dict):
        raise ValueError(f"it holds {type(whole).__name__}, not an object")  # noqa: TRY004  (one error for all lines)
    return whole


def _original(whole: dict[str, Any]) -> Original:
    row = msgspec.convert(whole, Original)
    if row.status != "parsed":
        return msgspec.structs.replace(row, valid=row.status == "skipped" and row.reason in records.SKIP_REASONS)
    parse = msgspec.convert(whole, _OriginalParse)
    sound = row.difficulty in conditions.DIFFICULTIES and row.category in _CATEGORIES
    return msgspec.structs.replace(row, valid=sound and not any(map(conditions.defect, parse.verification_conditions)))
