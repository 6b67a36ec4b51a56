"""What happens in a run, as events: lines of JSON for a file and for scripts, and back.

In: events. Out: the event log of a run, `<output-dir>/logs/run_<time>_<pid>.jsonl`, which `status` and `report` read,
and which `asyncgeo run --json` prints as it grows. It decides nothing and words nothing; rows are not its business.

One event is one JSON object on one line, `event` first; times are UTC, durations seconds, cost USD, null is unknown:
    {"event":"started","at":"…","pid":4711,"command":["asyncgeo","run"],"model":"gpt-4.1-mini",…,"total":5007}
    {"event":"progress","at":"…","elapsed":12.5,"total":5007,"done":731,"parsed":655,"rate":58.2,"eta":73.5,…}
    {"event":"said","at":"…","level":"warning","text":"limits changed: requests_per_minute 500"}
    {"event":"failed","at":"…","id":"17","kind":"timeout","message":"…","cost":0.82}
    {"event":"probed","at":"…","id":"3","usable":true,"cost":0.84}
    {"event":"ended","at":"…","exit_code":0,"message":"","remedy":"","bound":{"tokens":0.91,"concurrency":0.09},…}
    {"event":"merged","at":"…","output":"ground_truth/geoqa3_dataset.json","problems":4638,…}
An event log without `ended` is of a run that goes on, or that was killed. What a disk cannot take is left out: an event
log is not worth a run.
"""

import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import msgspec

from asyncgeo.schema.records import Tokens

FOLDER: Final = "logs"
"""Inside the output folder."""
PATTERN: Final = "run_*.jsonl"


class Started(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="started"):
    """A run begins: who asks whom about what. `total` problems are pending of the positions [start, end).

    `budget` is USD for the folder, where other runs had spent `spent_before` of it; `pack` is problems per request.
    `input` is an absolute path: a reader of the event log may be in another folder.
    """

    at: str
    version: str
    pid: int
    command: tuple[str, ...]
    model: str
    base_url: str
    offline: bool
    input: str
    output: str
    start: int
    end: int
    total: int
    budget: float | None = None
    spent_before: float = 0.0
    pack: int = 1


class Progress(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="progress"):
    """The state of a run at one moment.

    `done` = parsed + stand_ins + skipped + failed: by the source asked, by the rules because it failed, without a
    construction, without a verdict; `unreadable` are those of `failed` that could not be asked. `waiting` have failed
    and have no row yet; `probes` asked what was answered before; `flex_fallbacks` were asked at the standard tier in
    the end. `rate` is problems per second of late; `*_used` and `*_limit` are per minute; `share` is the part of a
    limit left to this process by its neighbours; `projected` is the cost of the whole run; `down`: the endpoint answers
    nothing.
    """

    at: str
    elapsed: float = 0.0
    total: int = 0
    done: int = 0
    parsed: int = 0
    stand_ins: int = 0
    skipped: int = 0
    failed: int = 0
    unreadable: int = 0
    waiting: int = 0
    probes: int = 0
    rate: float = 0.0
    eta: float | None = None
    requests: int = 0
    retries: int = 0
    rate_limited: int = 0
    flex_fallbacks: int = 0
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost: float | None = None
    projected: float | None = None
    in_flight: int = 0
    slots: int = 0
    requests_used: float = 0.0
    requests_limit: float | None = None
    tokens_used: float = 0.0
    tokens_limit: float | None = None
    cool_down: float = 0.0
    down: bool = False
    share: float = 1.0

    @property
    def tokens(self) -> Tokens:
        """What was billed."""
        return Tokens(
            self.input_tokens, self.cached_tokens, self.output_tokens, self.cache_write_tokens, self.reasoning_tokens
        )

    @property
    def errors(self) -> int:
        """Problems that failed, with or without a row of the rules in their place."""
        return self.failed + self.stand_ins


class Said(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="said"):
    """Something the person should know."""

    at: str
    level: Literal["info", "warning", "error"]
    text: str


class Lost(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="failed"):
    """A problem failed; its row says the same as soon as there is evidence that it was not the endpoint.

    It is written at once; `cost` is what the run has cost so far.
    """

    at: str
    id: str
    kind: str
    message: str
    cost: float | None = None


class Probed(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="probed"):
    """A problem that was answered before was asked once more: is the endpoint dead, or do problems fail?."""

    at: str
    id: str
    usable: bool
    cost: float | None = None


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="ended"):
    """The run is over. `bound`: share of the time, by what was waited for (`limits.Bound`); 0…1, adding up to 1."""

    at: str
    exit_code: int
    message: str = ""
    remedy: str = ""
    bound: dict[str, float] = {}
    skip_reasons: dict[str, int] = {}
    error_kinds: dict[str, int] = {}


class Merged(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag="merged"):
    """All rows of the folder are in one dataset: parsed + fallbacks + skipped + failed.

    problems = parsed + fallbacks, errors = fallbacks + failed; logs up to version 0.1.0 have only these two.
    """

    at: str
    output: str
    problems: int
    skipped: int
    errors: int
    fallbacks: int
    parsed: int = 0
    failed: int = 0


Event = Started | Progress | Said | Lost | Probed | Ended | Merged

_LONE: Final = re.compile("[\ud800-\udfff]")
"""Surrogates: how Python holds such bytes, and no JSON can."""
_ENCODER: Final = msgspec.json.Encoder()
_DECODER: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)


def now() -> str:
    """This moment as events record it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def encode(event: Event) -> bytes:
    """The event as one line, newline included; bytes of file names that are no text are escaped."""
    try:
        return _ENCODER.encode(event) + b"\n"
    except UnicodeEncodeError:
        text = json.dumps(msgspec.to_builtins(event), ensure_ascii=False)
        return _LONE.sub(lambda found: f"\\\\u{ord(found[0]):04x}", text).encode() + b"\n"


def decode(line: bytes) -> Event:
    """The event of one line. Raises ValueError when it is none.

    Up to version 0.1.0 `parsed` included the stand-ins; then the other three alone add up.
    """
    event = _DECODER.decode(line)
    if isinstance(event, Progress) and event.stand_ins and event.parsed + event.skipped + event.failed == event.done:
        return msgspec.structs.replace(event, parsed=event.parsed - event.stand_ins)
    return event


def summed(progresses: Iterable[Progress]) -> Progress | None:
    """Several runs as one: counts, rates, limits and costs added, of times the largest. None without any."""
    found = list(progresses)
    if not found:
        return None
    joined: dict[str, Any] = {"at": max(each.at for each in found)}
    for name in Progress.__struct_fields__[1:]:
        known = [value for each in found if (value := getattr(each, name)) is not None]
        joined[name] = (max if name in _LARGEST else sum)(known) if known else None
    joined["share"] = min(1.0, round(joined["share"], 2))  # each rounded its own
    return Progress(**joined)


_LARGEST: Final = frozenset(("elapsed", "eta", "cool_down"))
"""Times; everything else adds up, limits too: each run reports its part of them."""


def event_logs(folder: Path) -> list[Path]:
    """The event logs of an output folder in the order in which their runs began."""
    return sorted((folder / FOLDER).glob(PATTERN))


def read(path: Path) -> Iterator[Event]:
    """The events of an event log; lines that are none (cut off by a crash, or of a later version) are left out.

    Raises OSError when the file cannot be read.
    """
    with path.open("rb") as lines:
        for line in lines:
            with suppress(ValueError):
                yield decode(line)


class EventLog:
    """The event log of this run, at `path` (its folder is there); `copy` gets the same lines, after `clean`.

    Only the first process to name the path writes it. Raises OSError when it cannot be made.
    """

    def __init__(
        self,
        path: Path,
        copy: Callable[[bytes], None] | None = None,
        clean: Callable[[bytes], bytes] = lambda line: line,
    ) -> None:
        self.path: Final = path
        self._clean = clean
        self._copy = copy
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC  # new, so never a link
        self._descriptor: int | None = os.open(path, flags, 0o666)

    def append(self, event: Event) -> None:
        """Write the event; after an error of the disk nothing more is written, and the run goes on."""
        line = self._clean(encode(event))
        if self._copy is not None:
            self._copy(line)
        if self._descriptor is None:
            return
        try:
            is_whole = os.write(self._descriptor, line) == len(line)
        except OSError:
            is_whole = False
        if not is_whole:
            self._close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _close(self) -> None:
        if self._descriptor is not None:
            with suppress(OSError):  # some disks report only now what they could not take
                os.close(self._descriptor)
            self._descriptor = None
