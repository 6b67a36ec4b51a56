"""The files of a batch → what each request came to, by its custom_id.

In: lines of an output file and of an error file, in any order, twice or not at all. Out: a `Completion` or a `Failure`
as from the live client, or the `Decision` on a request that has no answer of its own. Pure: the reading of replies is
`responses`'s, that of errors `outcomes`'s. It knows neither problems nor what an answer says.

    {"id":"batch_req_1","custom_id":"17.…","response":{"status_code":200,"request_id":"…","body":{…}},"error":null}
    {"id":"batch_req_2","custom_id":"23.…","response":null,"error":{"code":"batch_expired","message":"…"}}
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from asyncgeo.errors import without_secrets
from asyncgeo.llm import outcomes, prices, responses
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.outcomes import Action, Decision
from asyncgeo.schema.records import Tokens

LineOutcome = Completion | Failure | Decision

_UNASKED: Final = frozenset({"batch_expired", "batch_cancelled"})
"""Codes of requests that were never carried out."""
_IN_PLACE: Final = frozenset({Action.FAIL, Action.REASK})
"""What is the request's own."""


class _Response(msgspec.Struct):
    status_code: int = 0
    body: msgspec.Raw = msgspec.Raw(b"null")


class _OutputLine(msgspec.Struct):
    custom_id: str
    response: _Response | None = None
    error: Any = None


_DECODER: Final = msgspec.json.Decoder(_OutputLine)


def read(paths: Iterable[Path], sent: Collection[str], most: Tokens) -> dict[str, LineOutcome]:
    """What each request of these files came to; the best of what a custom_id has several of, the first among equals.

    `sent` are the members of the requests, `most` the tokens that one was expected to use: a reply that names none, or
    more than can be, counts as that many.
    """
    found: dict[str, LineOutcome] = {}
    for line in _lines(paths):
        before = found.get(line.custom_id)
        outcome = read_line(line, sent, most)
        if before is None or _rank(outcome) > _rank(before):
            found[line.custom_id] = outcome
    return found


def used(outcomes_: Iterable[LineOutcome]) -> Tokens:
    """What they cost together; a request without an answer costs nothing."""
    return sum((each.tokens for each in outcomes_ if not isinstance(each, Decision)), Tokens())


def _rank(outcome: LineOutcome) -> int:
    match outcome:
        case Completion():
            return 2
        case Failure():
            return 1
        case _:
            return 0


def _lines(paths: Iterable[Path]) -> Iterator[_OutputLine]:
    for path in paths:
        if path.exists():
            with path.open("rb") as stream:
                for line in stream:
                    with suppress(ValueError):  # no line of a batch: its request has no answer then
                        yield _DECODER.decode(line)


def read_line(line: _OutputLine, sent: Collection[str], most: Tokens) -> LineOutcome:
    """What one line says."""
    if line.response is None or not line.response.status_code:
        return _without_reply(line.error, sent)
    status, body = line.response.status_code, bytes(line.response.body)
    if not _OK <= status < _MOVED:
        return _refused(outcomes.decide_status(status, {}, body, sent))
    reply = responses.read(body, {}, sent)
    if isinstance(reply, Decision):
        return _refused(reply)
    return _concluded(reply, prices.believed(reply.usage, most) or most)


_OK: Final = 200
_MOVED: Final = 300


def _without_reply(error: Any, sent: Collection[str]) -> LineOutcome:
    code = str(error.get("code")) if isinstance(error, dict) else ""
    if code in _UNASKED:
        return Decision(code, Action.RETRY, f"the endpoint did not come to it ({code})")
    return _refused(outcomes.decide_status(0, {}, msgspec.json.encode({"error": error or "no reply"}), sent))


def _refused(decision: Decision) -> Failure | Decision:
    """The failure of the one request, or what is to be done about it elsewhere."""
    decision = replace(decision, message=without_secrets(decision.message))
    if decision.action in _IN_PLACE:
        return Failure(decision.kind, decision.message, 1, Tokens(), reask=decision.action is Action.REASK)
    return decision


def _concluded(reply: responses.Reply, tokens: Tokens) -> LineOutcome:
    """A reply that was paid for; what the server broke off is asked again all the same, as it is live."""
    if (broken_off := responses.interruption(reply)) is not None:
        return broken_off
    answer, flaw = _answer(reply, tokens), responses.flaw(reply)
    if flaw is None:
        return answer
    cut = answer if flaw.kind == responses.LENGTH else None
    return Failure(flaw.kind, without_secrets(flaw.message), 1, tokens, reask=flaw.reask, service="batch", cut=cut)


def _answer(reply: responses.Reply, tokens: Tokens) -> Completion:
    return Completion(
        content=without_secrets(reply.content),
        model=reply.model,
        tokens=tokens,
        attempts=1,
        latency=0.0,  # hours, and they say nothing about the model
        finish_reason=reply.finish_reason,
        service="batch",
    )
