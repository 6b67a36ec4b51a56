"""The lines of shards as they are found on disk: which are rows, and which are not and why.

In: a shard's path. Out: rows with their lines and places, and `Finding`s for lines that are none. `scan` and `merge`
both read through here, so what one calls done the other can use.

A line counts when `records.decode` takes it and `records.defect` finds nothing: that is `_judge`. Nearly every line is
taken before: `look` decodes row and conditions in one pass, by types that are narrower than what is allowed (points
with common names, no unknown member). What these refuse, `_judge` decides. Rows in the present form (`meta.form`) were
proven when they were written: types are enough there, and nobody asks again whether points differ that must.

What counts can be decoded whole, so that no later reader of it fails. msgspec passes over members that were not asked
for without checking their UTF-8 or their numbers; so `look` takes no row with a member that it does not know.

Rows of the original script carry none of `source`, `meta` and `kind` and do not begin with `status`, as ours do: by
that they are told apart from ours that lost their source to damage, which may be a model's or the rules'.
They are not refused for their conditions, which had types of their own.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal, NamedTuple

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.schema import conditions, records
from asyncgeo.schema.asked import Label
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.conditions import Category, Difficulty
from asyncgeo.schema.records import Failed, Meta, Parsed, Skipped, Source, Tokens
from asyncgeo.store.encoding import BOM, encoding_of

_BUFFER: Final = 1 << 20
_BLOCK: Final = 1 << 16  # bytes: with what is kept of its rows it fits into a core's own cache
_FINDINGS_KEPT: Final = 1000
_ORIGINAL_LACKS: Final = frozenset(("source", "meta", "kind"))
_ORIGINAL_BEGINS: Final = b'{"id"'


@dataclass(frozen=True, slots=True)
class Finding:
    """A line that is no row. `unfinished` marks a last line without newline: a run is writing it, or was killed."""

    path: Path
    line: int
    why: str
    unfinished: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.why}"


class Findings:
    """Bad lines: all are counted, the first are kept, so that a file of rubbish does not fill the memory.

    An unfinished line is no bad line: its writer finishes it, or the next holder of the shard repairs it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[Finding] = []

    def note(self, finding: Finding) -> None:
        """Count the finding."""
        if finding.unfinished:
            return
        self.count += 1
        if len(self.kept) < _FINDINGS_KEPT:
            self.kept.append(finding)

    def absorb(self, other: "Findings") -> None:
        """Count another file's findings after these."""
        self.count += other.count
        self.kept += other.kept[: _FINDINGS_KEPT - len(self.kept)]


class Block(NamedTuple):
    """Lines of a shard, the number and the offset of the first."""

    number: int
    offset: int
    lines: list[bytes]


class _Circle(records.Circle, frozen=True, gc=False, forbid_unknown_fields=True):
    pass


class _Objects(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """`records.RequiredObjects` as far as types go; without garbage collection it decodes faster."""

    points: list[str] = []
    segments: list[list[str]] = []
    lines: list[list[str]] = []
    circles: list[_Circle] = []
    polygons: list[list[str]] = []


class _Tokens(Tokens, frozen=True, gc=False, rename={"input": "in", "output": "out"}, forbid_unknown_fields=True):
    pass


class _Meta(Meta, frozen=True, gc=False, forbid_unknown_fields=True):
    tokens: _Tokens = _Tokens()


class _MetaInForm(_Meta, frozen=True, gc=False, kw_only=True, forbid_unknown_fields=True):
    form: Literal[FORM]  # type: ignore[valid-type]


class _Skipped(Skipped, frozen=True, kw_only=True, tag_field="status", tag="skipped", forbid_unknown_fields=True):
    meta: _Meta | None = None
    seal: str = ""  # earlier versions ended their rows with it
    kind: ClassVar[None] = None
    error: ClassVar[None] = None
    category: ClassVar[str] = ""
    difficulty: ClassVar[int] = 0
    unexpressed: ClassVar[tuple[str, ...]] = ()
    sound: ClassVar[bool] = True


class _Failed(Failed, frozen=True, kw_only=True, tag_field="status", tag="error", forbid_unknown_fields=True):
    meta: _Meta | None = None
    seal: str = ""
    source: ClassVar[str] = ""
    reason: ClassVar[str] = ""
    category: ClassVar[str] = ""
    difficulty: ClassVar[int] = 0
    unexpressed: ClassVar[tuple[str, ...]] = ()
    sound: ClassVar[bool] = True


class Typed(
    msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="status", tag="parsed", forbid_unknown_fields=True
):
    """A `records.Parsed` without a defect: its fields, by the types of the table."""

    id: str
    source: Source
    subject: str
    original_text: str
    cleaned_text: str
    category: Category
    difficulty: Difficulty
    required_objects: _Objects
    verification_conditions: list[conditions.COMMON]  # type: ignore[valid-type]
    unexpressed: tuple[str, ...] = ()
    error: str | None = None
    kind: str | None = None
    choices: tuple[str, ...] = ()
    label: Label | None = None
    answer: str = ""
    meta: _Meta | None = None
    seal: str = ""
    reason: ClassVar[str] = ""
    sound: ClassVar[bool] = True

    @property
    def stands_in(self) -> bool:
        """As `Parsed.stands_in`."""
        return self.error is not None or self.kind is not None


class _InForm(Typed, frozen=True, kw_only=True, gc=False, tag_field="status", tag="parsed", forbid_unknown_fields=True):
    """A `Typed` row in the present form."""

    verification_conditions: list[conditions.PROVEN]  # type: ignore[valid-type]
    meta: _MetaInForm


class Original(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the original script; `sound` when its conditions, or the reason of its skip, are ours."""

    id: str
    status: Literal["parsed", "skipped", "error"]
    reason: str = ""
    category: str = ""
    difficulty: int = 0
    sound: bool = False
    kind: ClassVar[None] = None
    error: ClassVar[None] = None
    unexpressed: ClassVar[tuple[str, ...]] = ()
    meta: ClassVar[Meta] = Meta(at="")

    @property
    def source(self) -> Source:
        """Whose verdict it is."""
        return source_of_original(self.category)


def source_of_original(category: str) -> Source:
    """The original script's rules wrote one category only; everything else came from its model."""
    return "rules" if category == conditions.UNKNOWN_CATEGORY else "model"


class _OriginalParse(msgspec.Struct, frozen=True):
    subject: str
    original_text: str
    cleaned_text: str
    category: str
    difficulty: Difficulty
    required_objects: dict[str, Any]
    verification_conditions: list[Any]


class _TypedOriginal(
    msgspec.Struct, frozen=True, gc=False, tag_field="status", tag="parsed", forbid_unknown_fields=True
):
    """The same with nothing besides, its conditions as they are spelt."""

    id: str | int
    subject: str
    original_text: str
    cleaned_text: str
    category: str
    difficulty: Difficulty
    required_objects: _Objects
    verification_conditions: list[msgspec.Raw]


AnyRow = Typed | Parsed | Skipped | Failed | Original
Note = Callable[[Finding], None]


def read(path: Path, note: Note) -> Iterator[tuple[AnyRow, int, bytes]]:
    """Each row of the shard with the offset of its line and the line; `note` gets the lines that are none.

    Empty lines are passed over. A last line without newline counts when it is whole.
    """
    for block in blocks(path):
        yield from read_block(path, block, note)


def places(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line of the shard, row or not, and the offset at which it begins."""
    for block in blocks(path):
        offset = block.offset
        for line in block.lines:
            yield offset, line
            offset += len(line)


def blocks(path: Path, offset: int = 0, number: int = 1) -> Iterator[Block]:
    """The lines of the shard from an offset on, some hundred at a time, numbered from that number.

    A byte order mark before the first line of the file belongs to none.
    """
    try:
        with path.open("rb", buffering=_BUFFER) as stream:
            stream.seek(offset)
            while lines := stream.readlines(_BLOCK):
                if not offset and lines[0].startswith(BOM):
                    lines[0], offset = lines[0][len(BOM) :], len(BOM)
                yield Block(number, offset, lines)
                number += len(lines)
                offset += sum(map(len, lines))
    except OSError as error:
        raise ShardError(f"{path} cannot be read: {error.strerror}.", "Check the file and its permissions.") from error


def read_block(path: Path, block: Block, note: Note) -> Iterator[tuple[AnyRow, int, bytes]]:
    """As `read`, of one block."""
    usual, offset = usual_decoder(block.lines), block.offset
    for number, line in enumerate(block.lines, block.number):
        try:
            yield usual(line), offset, line  # nearly every row, without a call of ours
        except (ValueError, RecursionError):
            try:
                yield look(line), offset, line
            except ValueError as error:
                if line.strip():
                    note(Finding(path, number, str(error), unfinished=not line.endswith(b"\n")))
        offset += len(line)


def refuse_unreadable(path: Path, rows: int, findings: Findings, *, only_encoding: bool = False) -> None:
    """Raise ShardError for a shard that has bad lines and no row, so that it is not taken for an empty one.

    With `only_encoding` only where its encoding explains that.
    """
    if rows or not findings.count:
        return
    encoding = encoding_of(path)
    if encoding is not None:
        raise ShardError(
            f"No line of {path} is a row: it is {encoding}; save it as UTF-8.",
            "Then start the same command again; nothing was written.",
        )
    if not only_encoding:
        raise ShardError(
            f"No line of {path} is a row; the first of {findings.count:,}, line {findings.kept[0].line}: "
            f"{findings.kept[0].why}.",
            "Restore the file, or move it out of the folder: `asyncgeo run` then asks for its problems again.",
        )


def look(line: bytes) -> AnyRow:
    """The row of one line; raises ValueError with the reason when it is none."""
    try:
        return usual_decoder((line,))(line)
    except (ValueError, RecursionError):  # msgspec's own errors, and bytes that are no UTF-8
        return _look_again(line)


def _look_again(line: bytes) -> AnyRow:
    """At what is spelt or put in another order than usual, or is no row."""
    try:
        return _DECODER.decode(line)
    except (ValueError, RecursionError):
        return _judge(line)


def usual_decoder(found: Sequence[bytes]) -> Callable[[bytes], AnyRow]:
    """What decodes nearly all lines of which these are the first; raises ValueError or RecursionError for others."""
    if found[0].startswith(_ORIGINAL_BEGINS):
        return _typed_original
    return _IN_FORM_DECODER.decode if _IN_FORM_MARK in b"".join(found[:_FIRST]) else _DECODER.decode


_FIRST: Final = 8  # lines: nearly always one of them is a parse
_IN_FORM_MARK: Final = b'"form":%d}' % FORM
_DECODER: Final[msgspec.json.Decoder[Typed | _Skipped | _Failed]] = msgspec.json.Decoder(Typed | _Skipped | _Failed)
_IN_FORM_DECODER: Final[msgspec.json.Decoder[_InForm | _Skipped | _Failed]] = msgspec.json.Decoder(
    _InForm | _Skipped | _Failed
)
_ORIGINAL_DECODER: Final = msgspec.json.Decoder(_TypedOriginal)
_KNOWN: Final = 1 << 16  # distinct conditions, some 10 MB


def _typed_original(line: bytes) -> Original:
    if not line.startswith(_ORIGINAL_BEGINS):
        raise ValueError("it may be one of ours")
    row = _ORIGINAL_DECODER.decode(line)
    is_sound = all(list(map(holds, map(bytes, row.verification_conditions))))  # each is decoded, sound or not
    return Original(id=str(row.id), status="parsed", category=row.category, difficulty=row.difficulty, sound=is_sound)


@lru_cache(_KNOWN)
def holds(condition: bytes) -> bool:
    """Whether what is spelt so is a condition of the table. Raises ValueError where it is no JSON."""
    return conditions.defect(msgspec.json.decode(condition)) is None


def _judge(line: bytes) -> Parsed | Skipped | Failed | Original:
    whole = _object(line)
    if _ORIGINAL_LACKS.isdisjoint(whole) and next(iter(whole), None) != "status":
        return _original(whole)
    row = records.decode(line)
    if (why := records.defect(row, proven=in_form(row))) is not None:
        raise ValueError(why)
    return row


def in_form(row: AnyRow) -> bool:
    """Whether the row says that its facts are in the present form."""
    return row.meta is not None and row.meta.form == FORM


def _object(line: bytes) -> dict[str, Any]:
    try:
        whole = msgspec.json.decode(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(_why_no_json(line, error)) from None
    if not isinstance(whole, dict):
        raise ValueError(f"it holds {type(whole).__name__}, not an object")  # noqa: TRY004  (one error for all lines)
    return whole


def _why_no_json(line: bytes, error: ValueError) -> str:
    try:
        line.decode()
    except UnicodeDecodeError as broken:
        return f"it is not UTF-8 (byte {broken.start})"
    return f"it is no JSON: {error}"


def _original(whole: dict[str, Any]) -> Original:
    if isinstance(whole.get("id"), int):
        whole["id"] = str(whole["id"])
    row = msgspec.convert(whole, Original)
    if row.status != "parsed":
        return msgspec.structs.replace(row, sound=row.reason in records.SKIP_REASONS)
    parse = msgspec.convert(whole, _OriginalParse)
    return msgspec.structs.replace(row, sound=not any(map(conditions.defect, parse.verification_conditions)))
