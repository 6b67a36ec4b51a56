"""The Batch API of the endpoint: files, batches, their states and what becomes of their lines.

In: calls with their bodies. Out: `ServedReply`s in OpenAI's words, and replies to every line of a batch when its time
has come. It keeps files in memory and knows no sockets. What a line is answered is `service`'s.

    POST, GET /v1/files    GET /v1/files/ID    GET /v1/files/ID/content
    POST, GET /v1/batches    GET /v1/batches/ID    POST /v1/batches/ID/cancel

    validating ─ in_progress ─ finalizing ─ completed
        └ failed     └ cancelling ─ cancelled, expired: what was answered by then is in the output file

Lines are answered evenly over `options.batch_seconds`, and come out in another order. Which batch or line a fault meets
depends on the seed, its content and how often that came, not on the clock.
"""

import asyncio
import itertools
import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import msgspec

from asyncgeo.llm import tokens
from asyncgeo.simulator.faults import Received, draw
from asyncgeo.simulator.options import Options
from asyncgeo.simulator.service import ServedReply, SimulatedService
from asyncgeo.simulator.wire import Refusal, read

_WINDOW: Final = 24 * 3600
_AT_ONCE: Final = 32
"""Lines answered between two looks at the clock: the endpoint has other requests to serve."""
_VALIDATING: Final = 0.1
"""Of the time of a batch."""
_MOST: Final = 100
"""What a page of a list holds, at most."""
_FINAL: Final = frozenset({"completed", "expired", "cancelled", "failed"})


class _InputLine(msgspec.Struct):
    custom_id: str
    body: msgspec.Raw
    url: str = ""
    method: str = "POST"


@dataclass(slots=True)
class _File:
    id: str
    name: str
    purpose: str
    content: bytes
    created: int

    def shown(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass(slots=True)
class _Batch:
    id: str
    file: _File
    metadata: dict[str, str]
    created: int
    number: int  # of batches, from 1: what goes wrong depends on it, and not on how prompts are worded
    enqueued: int = 0
    state: str = "validating"
    total: int = 0
    done: int = 0
    failed: int = 0
    output: str | None = None
    errors_file: str | None = None
    reason: tuple[str, str] | None = None
    usage: list[int] = field(default_factory=lambda: [0, 0, 0])  # in, cached, out

    def shown(self) -> dict[str, Any]:
        reasons = None
        if self.reason is not None:
            code, message = self.reason
            reasons = {"object": "list", "data": [{"code": code, "message": message, "line": None, "param": None}]}
        read_in, cached, out = self.usage
        return {
            "id": self.id,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "errors": reasons,
            "input_file_id": self.file.id,
            "completion_window": "24h",
            "status": self.state,
            "output_file_id": self.output,
            "error_file_id": self.errors_file,
            "created_at": self.created,
            "expires_at": self.created + _WINDOW,
            "request_counts": {"total": self.total, "completed": self.done, "failed": self.failed},
            "metadata": self.metadata,
            "usage": {
                "input_tokens": read_in,
                "input_tokens_details": {"cached_tokens": cached},
                "output_tokens": out,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": read_in + out,
            },
        }


class SimulatedBatches:
    """The files and batches of one endpoint; `close` ends what is in the making."""

    def __init__(self, options: Options, service: SimulatedService) -> None:
        self._options = options
        self._service = service
        self._files: dict[str, _File] = {}
        self._batches: dict[str, _Batch] = {}
        self._numbers = itertools.count(1)
        self._seen: Counter[str] = Counter()
        self._tasks: set[asyncio.Task[None]] = set()

    def close(self) -> None:
        """Leave the batches as they are."""
        for task in self._tasks:
            task.cancel()

    def loses_reply(self, what: str) -> bool:
        """Whether the reply to this POST is lost on its way."""
        return self._meets("batch_lost_reply", what, self._count(f"post {what}"))

    # files

    def upload(self, name: str, purpose: str, content: bytes) -> ServedReply:
        """Keep a file."""
        if purpose != "batch":
            return _refused(400, f"Invalid value: '{purpose}'. Supported values are: 'batch'.", "purpose")
        return _shown(self._keep(name, purpose, content).shown())

    def look(self, kind: str, rest: list[str], query: dict[str, str]) -> ServedReply:
        """A file, what is in it, a batch, or a list of either, the newest first."""
        match kind, rest:
            case "files", []:
                wanted = query.get("purpose", "batch")
                return _listed([file for file in self._files.values() if file.purpose == wanted], query)
            case "files", [identifier, *more]:
                return self._file(identifier, content=more == ["content"])
            case "batches", [identifier]:
                return self.batch(identifier)
            case _:
                return _listed(list(self._batches.values()), query)

    def _file(self, identifier: str, *, content: bool) -> ServedReply:
        """One file, or what is in it."""
        found = self._files.get(identifier)
        if found is None:
            return _refused(404, f"No such File object: {identifier}", "id")
        return ServedReply(200, found.content, "application/octet-stream") if content else _shown(found.shown())

    def _keep(self, name: str, purpose: str, content: bytes) -> _File:
        file = _File(f"file-{next(self._numbers):06d}", name, purpose, content, int(time.time()))
        self._files[file.id] = file
        return file

    # batches

    def create(self, key: str, body: bytes) -> ServedReply:
        """Make a batch of a file, and begin with it."""
        asked = msgspec.json.decode(body)
        file = self._files.get(asked.get("input_file_id", ""))
        if file is None:
            return _refused(400, f"No such File object: {asked.get('input_file_id')}", "input_file_id", "invalid_file")
        batch = _Batch(
            f"batch_{next(self._numbers):06d}",
            file,
            asked.get("metadata") or {},
            int(time.time()),
            len(self._batches) + 1,
        )
        self._batches[batch.id] = batch
        task = asyncio.get_running_loop().create_task(self._work(batch, key))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return _shown(batch.shown())

    def batch(self, identifier: str, *, cancel: bool = False) -> ServedReply:
        """One batch; with `cancel` it ends where it is."""
        found = self._batches.get(identifier)
        if found is None:
            return _refused(404, f"No batch found with id '{identifier}'.", "id")
        if cancel and found.state not in _FINAL:
            found.state = "cancelling"
        return _shown(found.shown())

    async def _work(self, batch: _Batch, key: str) -> None:
        """1. look at the file, 2. answer its lines in their time, 3. put the answers into files."""
        seconds = self._options.batch_seconds
        await asyncio.sleep(seconds * _VALIDATING)
        lines = self._validated(batch)
        if lines is None:
            return
        batch.total = len(lines)
        if batch.state == "validating":
            batch.state = "in_progress"
        end = "expired" if self._meets("batch_expired", "batch", batch.number) else "completed"
        answered = await self._answer(batch, lines[: len(lines) // 2] if end == "expired" else lines, key)
        if batch.state == "cancelling":
            end = "cancelled"
        batch.state = "finalizing"
        await asyncio.sleep(0)
        self._put(batch, lines, answered, end)
        batch.state = end

    def _validated(self, batch: _Batch) -> list[_InputLine] | None:
        """The lines of its file; None where the batch is refused as a whole."""
        lines = _decoded(batch.file.content)
        batch.reason = self._objection(batch, lines)
        if batch.reason is not None:
            batch.state = "failed"
            return None
        self._service.stats.batches[batch.file.name] += 1
        return lines

    def _objection(self, batch: _Batch, lines: list[_InputLine] | None) -> tuple[str, str] | None:
        """Why the batch is refused: code and words."""
        if lines is None:
            return "invalid_json_line", "This line is not parseable as valid JSON."
        if len({line.custom_id for line in lines}) < len(lines):
            return "duplicate_custom_id", "The custom_id for this request is a duplicate."
        if not lines:
            return "empty_file", "The input file is empty."
        if self._meets("batch_failed", "batch", batch.number):
            return "", "An error occurred while processing the batch."
        return self._no_room(batch, lines)

    def _no_room(self, batch: _Batch, lines: list[_InputLine]) -> tuple[str, str] | None:
        """The refusal of a batch for which the account's queue has no room."""
        batch.enqueued = sum(map(_weigh, lines))
        held = sum(each.enqueued for each in self._batches.values() if each.state not in _FINAL)
        limit = self._options.enqueued
        if (limit is None or held <= limit) and not self._meets("batch_no_room", "batch", batch.number):
            return None
        return "token_limit_exceeded", _NO_ROOM.format(limit or 2_000_000)

    async def _answer(self, batch: _Batch, lines: list[_InputLine], key: str) -> list[tuple[_InputLine, ServedReply]]:
        """Replies to the lines, spread over the batch's time, until it is cancelled."""
        began, answered = time.monotonic(), list[tuple[_InputLine, ServedReply]]()
        for some in _batched(lines):
            if batch.state == "cancelling":
                break
            for line in some:
                reply = self._service.answer_batched(key, bytes(line.body))
                answered.append((line, reply))
                batch.done += reply.status == _OK
                batch.failed += reply.status != _OK
            due = began + self._options.batch_seconds * (1 - _VALIDATING) * len(answered) / len(lines)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
        return answered

    def _put(
        self, batch: _Batch, lines: list[_InputLine], answered: list[tuple[_InputLine, ServedReply]], end: str
    ) -> None:
        """The output file and the error file, in an order of their own."""
        output, errors = list[bytes](), list[bytes]()
        for line, reply in answered:
            if self._meets("batch_missing", line.custom_id, batch.number):
                continue
            written = _replied(line, reply)
            (output if reply.status == _OK else errors).append(written)
            if reply.status == _OK:
                _bill(batch, reply)
                if self._meets("batch_duplicate", line.custom_id, batch.number):
                    output.append(written)
        if end in ("expired", "cancelled"):
            errors += [_unasked(line, end) for line in lines[len(answered) :]]
        shuffled = random.Random(self._options.seed)  # noqa: S311  an order, no secret
        shuffled.shuffle(output)
        if output:
            file = self._keep(f"{batch.id}_output.jsonl", "batch_output", b"".join(output))
            batch.output = file.id
            if self._meets("batch_gone", "batch", batch.number):
                del self._files[file.id]
        if errors:
            batch.errors_file = self._keep(f"{batch.id}_error.jsonl", "batch_output", b"".join(errors)).id

    # faults

    def _count(self, what: str) -> int:
        self._seen[what] += 1
        return self._seen[what]

    def _meets(self, fault: str, what: str, occurrence: int) -> bool:
        share = self._options.faults.get(fault, 0.0)
        met = share > 0 and draw(self._options.seed, fault, Received(0, what, occurrence)) < share
        self._service.stats.faults[fault] += met
        return met


_OK: Final = 200
_NO_ROOM: Final = (
    "Enqueued token limit reached for m in organization org-local. Limit: {:,} enqueued tokens. Please try again once "
    "some in_progress batches have been completed."
)


def _decoded(content: bytes) -> list[_InputLine] | None:
    try:
        return [msgspec.json.decode(line, type=_InputLine) for line in content.splitlines()]
    except ValueError:
        return None


def _batched(lines: list[_InputLine]) -> Iterator[list[_InputLine]]:
    return (lines[k : k + _AT_ONCE] for k in range(0, len(lines), _AT_ONCE))


def _weigh(line: _InputLine) -> int:
    """What the line's prompt holds of the queue."""
    ask = read(bytes(line.body))
    if isinstance(ask, Refusal):
        return 0
    return sum(map(_weigh_text, (bytes(ask.response_format).decode(), *(each.text for each in ask.messages))))


@lru_cache(maxsize=1024)
def _weigh_text(text: str) -> int:
    """Schema and instructions are the same in all lines."""
    return tokens.estimate(text)


def _replied(line: _InputLine, reply: ServedReply) -> bytes:
    """A line of the output, or of the errors; a body that is no JSON is sent as text."""
    try:
        body: Any = msgspec.Raw(msgspec.json.encode(msgspec.json.decode(reply.body)))
    except ValueError:
        body = reply.body.decode(errors="replace")
    response = {"status_code": reply.status, "request_id": f"req_{line.custom_id}", "body": body}
    return _line(line, response, None)


def _unasked(line: _InputLine, end: str) -> bytes:
    why = "before the completion window expired" if end == "expired" else "because the batch was cancelled"
    return _line(line, None, {"code": f"batch_{end}", "message": f"This request could not be executed {why}."})


def _line(line: _InputLine, response: object, error: object) -> bytes:
    whole = {"id": f"batch_req_{line.custom_id}", "custom_id": line.custom_id, "response": response, "error": error}
    return msgspec.json.encode(whole) + b"\n"


def _bill(batch: _Batch, reply: ServedReply) -> None:
    try:
        usage = msgspec.json.decode(reply.body)["usage"]
        cached = usage["prompt_tokens_details"]["cached_tokens"]
    except (ValueError, KeyError, TypeError):
        return
    for k, used in enumerate((usage["prompt_tokens"], cached, usage["completion_tokens"])):
        batch.usage[k] += used


def _shown(what: object) -> ServedReply:
    return ServedReply(200, msgspec.json.encode(what))


def _listed(found: list[Any], query: dict[str, str]) -> ServedReply:
    """A page of a list, the newest first, from the one after `after`."""
    newest = found[::-1]
    start = next((k + 1 for k, each in enumerate(newest) if each.id == query.get("after")), 0)
    page = newest[start : start + min(int(query.get("limit", "20")), _MOST)]
    shown = [each.shown() for each in page]
    has_more = start + len(page) < len(newest)
    return _shown({"object": "list", "data": shown, "has_more": has_more})


def _refused(status: int, message: str, parameter: str, code: str | None = None) -> ServedReply:
    return ServedReply(status, Refusal(status, message, code=code, param=parameter).body())
