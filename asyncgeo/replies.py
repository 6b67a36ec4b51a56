"""The bytes of a reply → what of it is needed, or why it is no answer.

In: the body of a 200. Out: a `Reply`, or a `Decision` where the body is no completion. Pure; only the members read
here are decoded. A completion that ended badly is a `Reply` all the same, for it was paid; `flaw` names what is
wrong with it.

    {"model":"…","choices":[{"message":{"content":"…","refusal":null},"finish_reason":"stop"}],
     "usage":{"prompt_tokens":1200,"completion_tokens":300,"prompt_tokens_details":{"cached_tokens":1024}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from asyncgeo.records import Tokens
from asyncgeo.retry import Decision, broken, decide_status


class _Details(msgspec.Struct):
    cached_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _Details | None = None


class _Message(msgspec.Struct):
    content: str | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message | None = None
    finish_reason: str | None = None


class _Body(msgspec.Struct):
    choices: list[_Choice] | None = None
    model: str | None = None
    usage: _Usage | None = None
    error: Any = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One completion; `usage` is None where the server tells no tokens."""

    content: str
    refusal: str
    finish_reason: str
    model: str
    usage: Tokens | None


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a completion that was paid for is no answer; the model may mend it when it is told."""

    kind: str
    message: str


_BODY: Final = msgspec.json.Decoder(_Body)

_RUNAWAY: Final = 200
"""Whitespace at the end of an answer beyond which the model has run away; pretty-printed JSON ends in a few."""


def read(body: bytes, headers: Mapping[str, str]) -> Reply | Decision:
    """The reply in `body`, or the decision on a body that holds none."""
    try:
        found = _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        return broken(f"200, but no completion ({error}): {_start(body)}")
    if found.error:
        return decide_status(_status_of(found.error), headers, body)
    if not found.choices or found.choices[0].message is None:
        return broken(f"200, but no choices: {_start(body)}")
    choice = found.choices[0]
    message = choice.message or _Message()
    return Reply(
        content=message.content or "",
        refusal=message.refusal or "",
        finish_reason=choice.finish_reason or "",
        model=found.model or "",
        usage=_tokens(found.usage),
    )


def flaw(reply: Reply) -> Flaw | None:
    """What is wrong with a completion, judged without reading its content."""
    if reply.refusal:
        return Flaw("refusal", f"the model refused: {reply.refusal[:_SHOWN]}")
    if reply.finish_reason == "content_filter":
        return Flaw("content_filter", "the answer was cut by the endpoint's content filter")
    if reply.finish_reason == "length":
        return _cut(reply)
    if len(reply.content) - len(reply.content.rstrip()) > _RUNAWAY:
        return Flaw("whitespace", "the answer ran away in whitespace")
    if not reply.content.strip():
        return Flaw("empty", "the answer was empty")
    return None


_SHOWN: Final = 200


def _cut(reply: Reply) -> Flaw:
    """An answer that reached max_completion_tokens: it was too long, or it never began."""
    if not reply.content:
        return Flaw("thinking", "the model spent all of max_completion_tokens on thinking and answered nothing")
    return Flaw("length", "the answer was cut at max_completion_tokens; it must be shorter")


def _start(body: bytes) -> str:
    return " ".join(body[:_SHOWN].decode(errors="replace").split()) or "nothing"


def _status_of(error: Any) -> int:
    """The status inside an error that came with a 200, as gateways send it; 500 where it tells none."""
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and 400 <= code < 600 else 500  # noqa: PLR2004  the range of HTTP errors


def _tokens(usage: _Usage | None) -> Tokens | None:
    if usage is None or usage.prompt_tokens is None:
        return None
    cached = usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else 0
    return Tokens(usage.prompt_tokens, cached or 0, usage.completion_tokens or 0)
