"""The bytes of a reply → what of it is needed, or why it is no answer.

In: the body of a 200. Out: a `Reply`, or a `Decision` where the body is no completion. Pure. It does not know what an
answer says. A completion that ended badly is a `Reply` all the same, for it was paid; `flaw` names what is wrong with
it, `interruption` what the server did to it.

    {"model":"…","choices":[{"message":{"content":"…","refusal":null},"finish_reason":"stop"}],
     "usage":{"prompt_tokens":1200,"completion_tokens":300,
      "prompt_tokens_details":{"cached_tokens":1024,"cache_write_tokens":0},
      "completion_tokens_details":{"reasoning_tokens":0}}}

Only the answer is needed. Every other member is read on its own and may be missing or of any type: what is odd there
costs no answer. The answer is the content (text, parts, an object), else the arguments of the one tool call, else the
object at the end of the reasoning; thoughts before `</think>` are no part of it.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from asyncgeo.llm import dialects
from asyncgeo.llm.outcomes import USUAL, Action, Decision, broken, decide_status
from asyncgeo.schema.records import Tokens


class Response(NamedTuple):
    """A reply as it came; the names of headers are in lower case. `cut`: the rest of an error was not read."""

    status: int
    headers: dict[str, str]
    body: bytes
    cut: bool = False


def plain_headers(raw: Any) -> dict[str, str]:
    """Headers as a dictionary; looking each up in the library's costs as much as the rest of the reading."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw}


class _Body(msgspec.Struct):
    choices: Any = None
    model: Any = None
    usage: Any = None
    service_tier: Any = None
    error: Any = None
    base_resp: Any = None


class Reply(msgspec.Struct, frozen=True):
    """One completion; `usage` is None where the server tells no tokens, `ending` is what its finish_reason means."""

    content: str
    refusal: str
    finish_reason: str
    model: str
    usage: Tokens | None
    tier: str = ""  # the service tier that the server names
    thought: bool = False  # tokens went into thinking, and nothing was written
    error: Decision | None = None  # the server's own error in the middle of the answer

    @property
    def ending(self) -> str:
        """The kind of its end, "" when it ended well or in an unknown way."""
        return dialects.ENDINGS.get(self.finish_reason.lower(), "")


class Flaw(NamedTuple):
    """Why a completion that was paid for is no answer; with `reask` the model may do better when it is told."""

    kind: str
    message: str
    reask: bool = True


_BODY: Final = msgspec.json.Decoder(_Body)

LENGTH: Final = "length"
"""The kind of an answer that was cut at its cap."""
_RUNAWAY: Final = 200
"""Whitespace at the end of an answer beyond which the model has run away; pretty-printed JSON ends in a few."""


def read(body: bytes, headers: Mapping[str, str], sent: Collection[str] = USUAL) -> Reply | Decision:
    """The reply in `body`, or the decision on a body that holds none; `sent` are the members of the request."""
    found = _decode(body)
    if found is None:
        return broken(f"200, but no completion: {_start(body)}")
    choice = _first(found.choices)
    message = _mapping(choice.get("message") or choice.get("delta"))
    content = _content(message) or _text(choice.get("text"))
    if not content and (error := found.error or _refused(found.base_resp)):
        return decide_status(_status_of(error), headers, body, sent)
    if not message and not content:
        return broken(f"200, but no choices: {_start(body)}")
    return Reply(
        content=content,
        refusal="" if content else _text(message.get("refusal")),
        finish_reason=_text(choice.get("finish_reason")),
        model=_text(found.model),
        usage=_tokens(_mapping(found.usage)),
        tier=_text(found.service_tier),
        thought=not content.strip() and _has_thought(message, _mapping(found.usage)),
        error=_error_in(choice, headers, sent),
    )


def interruption(reply: Reply) -> Decision | None:
    """The decision on an answer that the server broke off: an error inside it, or an end that means it was busy."""
    if reply.error is not None:
        return reply.error
    if reply.ending in ("overloaded", "server_error"):
        why = f"the server broke the answer off (finish_reason {reply.finish_reason})"
        return Decision(reply.ending, Action.RETRY, why, overload=reply.ending == "overloaded")
    return None


def flaw(reply: Reply) -> Flaw | None:
    """What is wrong with a completion, judged without reading its content."""
    if reply.refusal:
        return Flaw("refusal", f"the model refused: {reply.refusal[:_SHOWN]}")
    if reply.ending == "content_filter":
        return Flaw("content_filter", "the answer was cut by the endpoint's content filter")
    if reply.ending == "length":
        return _cut(reply)
    if len(reply.content) - len(reply.content.rstrip()) > _RUNAWAY:
        return Flaw("whitespace", "the answer ran away in whitespace")
    if not reply.content.strip():
        return Flaw("empty", "the answer was empty")
    return None


def _cut(reply: Reply) -> Flaw:
    """An answer that reached max_completion_tokens: it was too long, or thinking left it no room."""
    usage = reply.usage or Tokens()
    if reply.thought or usage.reasoning * 2 > usage.output:
        used = f"{usage.reasoning or usage.output:,} of {usage.output:,} tokens" if usage.output else "all tokens"
        why = (
            f"thinking used up the answer ({used}, finish_reason {reply.finish_reason}): raise "
            "api.max_completion_tokens, or lower reasoning_effort in [api.extra]"
        )
        return Flaw("thinking", why, reask=False)
    return Flaw(LENGTH, "the answer was cut at max_completion_tokens; it must be shorter")


_SHOWN: Final = 200


def _start(body: bytes) -> str:
    return " ".join(body[:_SHOWN].decode(errors="replace").split()) or "nothing"


# the document


def _decode(body: bytes) -> _Body | None:
    """The members of the body that are read; None where it is no JSON, or says nothing."""
    try:
        return _BODY.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _decode_loosely(body)


def _decode_loosely(body: bytes) -> _Body | None:
    """What servers send that is no strict JSON: NaN among the probabilities, broken UTF-8, a list around an error."""
    try:
        document = json.loads(body.decode(errors="replace"), strict=False)
    except (ValueError, RecursionError):
        return None
    found = _first(document) if isinstance(document, list) else document
    if not isinstance(found, dict):
        return None
    return _Body(**{name: found[name] for name in _Body.__struct_fields__ if name in found})


def _first(choices: Any) -> dict[str, Any]:
    return _mapping(choices[0]) if isinstance(choices, list) and choices else {}


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    """The text, whole: half a surrogate pair, which JSON can spell, could be written nowhere."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


# the answer


def _content(message: Mapping[str, Any]) -> str:
    """The answer in a message; blanks are kept where there is nothing else, since they say how it failed."""
    written = _without_thoughts(_joined(message.get("content")))
    if written.strip():
        return written
    called = _joined(_arguments(message))
    if called.strip():
        return called
    return _object_at_the_end(_joined(message.get("reasoning_content") or message.get("reasoning"))) or written


def _joined(value: Any) -> str:
    """The text of a content: itself, its parts but for thoughts, or the object that stands in place of text."""
    if isinstance(value, list):
        return "".join(map(_joined, value))
    if not isinstance(value, dict):
        return _text(value)
    if "type" in value and "verdict" not in value:
        return _text(value.get("text")) if value["type"] in _TEXT_PARTS else ""
    return _text(value["text"]) if set(value) == {"text"} else msgspec.json.encode(value).decode()


_TEXT_PARTS: Final = ("text", "output_text")


def _without_thoughts(text: str) -> str:
    if _THOUGHT_ENDS in text:
        return text.rpartition(_THOUGHT_ENDS)[2]
    return "" if text.lstrip().startswith(_THOUGHT_BEGINS) else text


_THOUGHT_BEGINS: Final = "<think>"
_THOUGHT_ENDS: Final = "</think>"


def _arguments(message: Mapping[str, Any]) -> Any:
    """What the one tool is called with; several calls are no answer."""
    calls = message.get("tool_calls")
    if isinstance(calls, list) and len(calls) != 1:
        return None
    return _mapping(_first(calls).get("function") or message.get("function_call")).get("arguments")


def _object_at_the_end(reasoning: str) -> str:
    """Reasoning that ends in an object holds the answer; other reasoning is none."""
    text = _without_thoughts(reasoning).strip()
    bare = text.removesuffix("```").rstrip()
    return text if "{" in bare and bare.endswith("}") else ""


def _has_thought(message: Mapping[str, Any], usage: Mapping[str, Any]) -> bool:
    written = _joined(message.get("content"))
    return bool(
        _first_count(usage, _REASONING)
        or message.get("reasoning_content")
        or message.get("reasoning")
        or _THOUGHT_BEGINS in written
        or not written  # cut before the first word: what else were the tokens spent on?
    )


# errors in place of an answer, or inside it


def _refused(base_resp: Any) -> Any:
    """MiniMax's error, whose code is 0 where there is none."""
    return base_resp if _mapping(base_resp).get("status_code") else None


def _status_of(error: Any) -> int:
    """The status inside an error that came with a 200, as gateways send it; 0 where it names none."""
    for name in ("code", "status", "status_code"):
        code = str(_mapping(error).get(name))
        if code.isdigit() and 400 <= int(code) < 600:  # noqa: PLR2004  the range of HTTP errors
            return int(code)
    return dialects.IN_A_200


def _error_in(choice: Mapping[str, Any], headers: Mapping[str, str], sent: Collection[str]) -> Decision | None:
    error = choice.get("error")
    if not error:
        return None
    return decide_status(_status_of(error), headers, msgspec.json.encode({"error": error}), sent)


# what was billed


def _tokens(usage: Mapping[str, Any]) -> Tokens | None:
    """The tokens billed; None where they are missing or cannot be.

    xAI and Gemini count thoughts beside the answer: what their total holds above the sum of both was thought.
    """
    used = _count(usage.get("prompt_tokens", usage.get("input_tokens")))
    answered = _count(usage.get("completion_tokens", usage.get("output_tokens", 0)))
    if used is None or answered is None:
        return None
    beside = max(0, (_count(usage.get("total_tokens")) or 0) - used - answered)
    thought = _first_count(usage, _REASONING)
    if thought not in (0, beside):
        beside = 0
    cached = min(_first_count(usage, _CACHED), used)
    kept = min(_first_count(usage, _CACHE_WRITES), used - cached)
    return Tokens(used, cached, answered + beside, kept, min(thought or beside, answered + beside))


_CACHED: Final = (
    ("prompt_tokens_details", "cached_tokens"),
    ("", "prompt_cache_hit_tokens"),  # DeepSeek
)
_CACHE_WRITES: Final = (
    ("prompt_tokens_details", "cache_write_tokens"),  # OpenAI, OpenRouter
    ("prompt_tokens_details", "cache_creation_tokens"),  # LiteLLM
    ("prompt_tokens_details", "cache_creation_input_tokens"),  # any-llm
    ("", "cache_creation_input_tokens"),  # LiteLLM, as Anthropic calls it
)
_REASONING: Final = (("completion_tokens_details", "reasoning_tokens"), ("", "reasoning_tokens"))
"""Where servers name a part of their usage, as (object, member); the first that names some counts."""


def _first_count(usage: Mapping[str, Any], places: tuple[tuple[str, str], ...]) -> int:
    found = (_count((_mapping(usage.get(outer)) if outer else usage).get(name)) for outer, name in places)
    return next(filter(None, found), 0)


def _count(value: Any) -> int | None:
    """A number of tokens that can be."""
    if isinstance(value, bool) or not isinstance(value, _NUMBERS) or not 0 <= value < _NOT_TO_BE_BELIEVED:
        return None
    return int(value)


_NUMBERS: Final = (int, float)
_NOT_TO_BE_BELIEVED: Final = 1_000_000_000
"""Tokens of one request beyond any model's context."""
