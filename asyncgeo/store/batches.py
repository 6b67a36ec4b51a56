"""What was sent to the Batch API and what came of it, kept so that a crash loses nothing and pays nothing twice.

In: events as they happen, each before or right after the call that it is about. Out: parts (the requests of one batch)
with how far each has come; the ids that are held by them. It knows neither endpoints, requests nor prices.

All of it is under `<output>/batches/`: `batches.jsonl`, and of each part `<part>.input.jsonl` until it is closed, then
`<part>.output.jsonl` and `<part>.errors.jsonl` as the endpoint sent them. One event is one line, fsynced:
    {"event":"opened","at":"…","folder":"5b1f…","pid":4711,"command":["asyncgeo","run","--batch"],
     "input":"/data/json"}
    {"event":"planned","at":"…","part":"0001-9f2c01ab","base_url":"…","model":"gpt-6-luna","prompt":"77aa…",
     "tokens":1987000,"reserved":0.61,"items":[["17.5e0c11aa.77aa…","17"],…]}
    {"event":"uploaded","at":"…","part":"0001-9f2c01ab","file":"file-…"}
    {"event":"created","at":"…","part":"0001-9f2c01ab","batch":"batch_…","expires":1796112000}
    {"event":"seen","at":"…","part":"0001-9f2c01ab","state":"in_progress","done":120,"failed":2,"total":370}
    {"event":"refused","at":"…","part":"0001-9f2c01ab","limit":2000000}
    {"event":"collected","at":"…","part":"0001-9f2c01ab"}
    {"event":"closed","at":"…","part":"0001-9f2c01ab","again":["23","40"]}
`planned` is there before anything is uploaded, `uploaded` before a batch is made of the file; `refused` asks for a new
batch of the same file, when there is room; `again` are the problems that are pending as before. Between `planned` and
`closed` the problems of a part are held.

Law: only who holds the lock (`flock` on the file, as long as the process lives) appends; anybody may read.
"""

import fcntl
import os
import secrets
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Literal, Self

import msgspec

from asyncgeo.errors import ShardError
from asyncgeo.store.appender import repair
from asyncgeo.store.events import now
from asyncgeo.store.lock import unusable
from asyncgeo.store.own import make_own_folder, open_own, sync_folder, sync_names

FOLDER: Final = "batches"
"""Inside the output folder."""
NAME: Final = "batches.jsonl"
FINAL_STATES: Final = frozenset({"completed", "expired", "cancelled", "failed"})
"""The endpoint does nothing more for a batch in one of these."""
FileKind = Literal["input", "output", "errors"]


class Opened(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="opened"):
    """A process begins to write; `folder` is the same for ever, and is sent along with every batch.

    `input` is an absolute path, as in event logs.
    """

    at: str
    folder: str
    pid: int
    command: tuple[str, ...]
    input: str = ""


class Planned(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="planned"):
    """The input file of a part is on the disk; `items` are (custom_id, id), `tokens` what its prompts enqueue.

    `reserved` is the most that it may cost, in USD; `format` and `without` say how its requests are written. `packed`:
    they are about several problems each, whose items stand one after the other under one custom_id.
    """

    at: str
    part: str
    base_url: str
    model: str
    prompt: str
    tokens: int
    reserved: float | None
    items: tuple[tuple[str, str], ...]
    format: str = "json_schema"
    without: tuple[str, ...] = ()
    packed: bool = False

    def requests(self) -> dict[str, list[str]]:
        """The ids of the problems of each request, by its custom_id."""
        found: dict[str, list[str]] = {}
        for custom_id, identifier in self.items:
            found.setdefault(custom_id, []).append(identifier)
        return found


class Uploaded(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="uploaded"):
    """The endpoint has the input file."""

    at: str
    part: str
    file: str


class Created(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="created"):
    """The endpoint made a batch of the file; `expires` is its own Unix time."""

    at: str
    part: str
    batch: str
    expires: int | None = None


class BatchSeen(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="seen"):
    """How the batch stood when it was asked about."""

    at: str
    part: str
    state: str
    done: int
    failed: int
    total: int


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="refused"):
    """The batch found no room in the account's queue; `limit` is that of the queue, where the endpoint names it."""

    at: str
    part: str
    limit: int | None


class Collected(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="collected"):
    """What the endpoint had to give is on the disk."""

    at: str
    part: str


class Closed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="closed"):
    """The part holds nothing any more: its answers are rows, and the problems in `again` are pending as before."""

    at: str
    part: str
    again: tuple[str, ...] = ()


BatchEvent = Opened | Planned | Uploaded | Created | BatchSeen | Refused | Collected | Closed

_DECODER: Final[msgspec.json.Decoder[BatchEvent]] = msgspec.json.Decoder(BatchEvent)
_ENCODER: Final = msgspec.json.Encoder()


@dataclass(slots=True)
class Part:
    """One part, as far as it has come; `sent` is when its present batch was made, `refusals` how often none was."""

    planned: Planned
    file: str | None = None
    batch: str | None = None
    sent: str = ""
    expires: int | None = None
    seen: BatchSeen | None = None
    refusals: int = 0
    limit: int | None = None
    collected: bool = False
    closed: bool = False

    @property
    def name(self) -> str:
        """What it is called, here and in the endpoint's metadata."""
        return self.planned.part

    @property
    def state(self) -> str:
        """The endpoint's word for it, or ours before there is a batch and after its files are here."""
        if self.collected:
            return "collected"
        if self.batch is None:
            return "waits for room" if self.refusals else "not submitted"
        return self.seen.state if self.seen is not None else "validating"

    def ids(self) -> Iterator[str]:
        """The problems in it."""
        return (identifier for _, identifier in self.planned.items)


@dataclass(slots=True)
class Batches:
    """All parts of a folder by name; `again` counts how often a part gave a problem back.

    `command` is what was typed to open the ledger last, `input` where problems were read then.
    """

    folder: str = ""
    command: tuple[str, ...] = ()
    input: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    again: Counter[str] = field(default_factory=Counter)

    @property
    def open(self) -> list[Part]:
        """Those that hold problems, in the order in which they were planned."""
        return [part for part in self.parts.values() if not part.closed]

    def held(self) -> frozenset[str]:
        """The problems in parts that are not closed."""
        return frozenset(identifier for part in self.open for identifier in part.ids())

    def note(self, event: BatchEvent) -> None:
        """Take one event in; events of parts that are not known say nothing."""
        if isinstance(event, Opened):
            self.folder = event.folder
            self.command = event.command or self.command
            self.input = event.input or self.input
        elif isinstance(event, Planned):
            self.parts[event.part] = Part(event)
        elif (part := self.parts.get(event.part)) is not None:
            _move(part, event)
            if isinstance(event, Closed):
                self.again.update(event.again)


def _move(part: Part, event: Uploaded | Created | BatchSeen | Refused | Collected | Closed) -> None:
    """How a part stands after the event."""
    match event:
        case Uploaded():
            part.file = event.file
        case Created():
            part.batch, part.sent, part.expires, part.seen = event.batch, event.at, event.expires, None
        case BatchSeen():
            part.seen = event
        case Refused():
            part.batch, part.seen = None, None
            part.refusals += 1
            part.limit = event.limit or part.limit
        case Collected():
            part.collected = True
        case Closed():
            part.closed = True


def read(folder: Path) -> Batches:
    """The batches of an output folder as they stand; lines that are no events (cut off by a crash) are left out."""
    found = Batches()
    for event in _events(folder):
        found.note(event)
    return found


def path_of(folder: Path, part: str, kind: FileKind) -> Path:
    """Where the requests, the answers or the errors of a part are."""
    return folder / FOLDER / f"{part}.{kind}.jsonl"


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Write the file so that it is there whole or not at all, also after a power cut. Raises ShardError."""
    temporary = path.with_name(path.name + ".part")
    try:
        with os.fdopen(open_own(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        sync_names(path.parent)
    except OSError as error:
        raise unusable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


class BatchLedger:
    """The one writer of a folder's `batches.jsonl`, for as long as the block lasts; `all` is what it says so far.

    Raises ShardError on entering where another process is it, or the file cannot be written.
    """

    def __init__(self, folder: Path, command: tuple[str, ...] = (), source: str = "") -> None:
        self._folder: Final = folder
        self._path: Final = folder / FOLDER / NAME
        self._command = command
        self._source = source
        self._descriptor = -1
        self.all = Batches()

    def __enter__(self) -> Self:
        try:
            make_own_folder(self._path.parent)
            self._descriptor = open_own(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
            self._take()
            repair(self._path, self._descriptor)
            self.all = read(self._folder)
            self.append(
                Opened(
                    at=now(),
                    folder=self.all.folder or secrets.token_hex(8),
                    pid=os.getpid(),
                    command=self._command,
                    input=self._source,
                )
            )
            sync_folder(self._path.parent)
        except BaseException as error:
            self._close()
            if isinstance(error, OSError):
                raise unusable(self._path, error) from error
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def append(self, event: BatchEvent) -> None:
        """Write the event and return once it is on the disk. Raises ShardError."""
        line = _ENCODER.encode(event) + b"\n"
        try:
            if os.write(self._descriptor, line) != len(line):
                raise OSError(28, "No space left on device")  # noqa: TRY301  one place words what the disk says
            os.fsync(self._descriptor)
        except OSError as error:
            raise unusable(self._path, error) from error
        self.all.note(event)

    def clear(self, part: Part) -> None:
        """Remove the input file of a part that is closed: it can be rendered again, and is large."""
        path_of(self._folder, part.name, "input").unlink(missing_ok=True)

    def clear_strays(self) -> None:
        """Remove what a crash left unfinished: input files that no event names, and files half written."""
        known = {path_of(self._folder, part.name, "input").name for part in self.all.open}
        for path in _inputs(self._path.parent):
            if path.name not in known:
                path.unlink(missing_ok=True)

    def _take(self) -> None:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ShardError(
                f"{self._path} is held by {_holder(self._folder)}: batches of one folder have one keeper.",
                "Wait until that run has finished, or stop it (its batches go on); then start the same command again.",
            ) from None

    def _close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _inputs(folder: Path) -> Iterable[Path]:
    return [*folder.glob("*.input.jsonl"), *folder.glob("*.part")]


def _holder(folder: Path) -> str:
    """Who wrote `opened` last, in words."""
    last = next((event for event in reversed(_events(folder)) if isinstance(event, Opened)), None)
    if last is None:
        return "another process"
    return f"process {last.pid} since {last.at}" + (f" ({shlex.join(last.command)})" if last.command else "")


def _events(folder: Path) -> list[BatchEvent]:
    found: list[BatchEvent] = []
    with suppress(OSError):
        for line in (folder / FOLDER / NAME).read_bytes().splitlines():
            with suppress(ValueError):
                found.append(_DECODER.decode(line))
    return found
