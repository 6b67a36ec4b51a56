r"""The chat completions API as it stands on the wire: what a request must be, how replies and errors look.

In: the bytes of a request. Out: `Ask`, or a `Refusal` in OpenAI's own words; and the bytes of replies. Pure. It
knows neither rules, limits nor faults.

    {"model":"m","messages":[{"role":"user","content":"Problem:\n…"}],"response_format":{"type":"json_object"}}
    {"error":{"message":"…","type":"invalid_request_error","param":"messages","code":null}}
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal

import msgspec

from asyncgeo.simulator.strict import schema_defect

FINGERPRINT: Final = "fp_asyncgeo"
_ROLES: Final = ("system", "developer", "user", "assistant", "tool")


class Message(msgspec.Struct, frozen=True):
    """One message of the conversation; `content` is text, or parts of which the texts count."""

    role: str
    content: str | list[dict[str, Any]] | None = None

    @property
    def text(self) -> str:
        """The content as one text."""
        if isinstance(self.content, list):
            return "".join(str(part.get("text", "")) for part in self.content)
        return self.content or ""


class Ask(msgspec.Struct, frozen=True):
    """A request, as far as the answer depends on it; what else it carries is taken and ignored."""

    model: str
    messages: list[Message]
    response_format: msgspec.Raw = msgspec.Raw(b'{"type":"text"}')
    max_completion_tokens: int | None = None
    max_tokens: int | None = None
    prompt_cache_key: str | None = None
    stream: bool | None = None
    service_tier: str | None = None

    @property
    def cap(self) -> int | None:
        """The most tokens the answer may have, under its new or its old name."""
        return self.max_tokens if self.max_completion_tokens is None else self.max_completion_tokens


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error reply. `{key}` in the message becomes the key that the request carried."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def body(self, key: str = "") -> bytes:
        """The reply's bytes."""
        shown = self.message.replace("{key}", key)
        error = {"message": shown, "type": self.type, "param": self.param, "code": self.code}
        return _encode({"error": error})


class Answer(msgspec.Struct, frozen=True):
    """The assistant's message."""

    content: str | None
    refusal: str | None = None
    role: str = "assistant"


class Choice(msgspec.Struct, frozen=True):
    """The one choice of a completion."""

    message: Answer
    finish_reason: Literal["stop", "length", "content_filter"] = "stop"
    index: int = 0
    logprobs: None = None


class Cached(msgspec.Struct, frozen=True):
    """The part of the prompt that was read from the prompt cache."""

    cached_tokens: int
    audio_tokens: int = 0


class Usage(msgspec.Struct, frozen=True):
    """What is billed."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: Cached


class WireCompletion(msgspec.Struct, frozen=True):
    """A whole reply."""

    id: str
    created: int
    model: str
    choices: list[Choice] | None
    usage: Usage
    service_tier: str = "default"
    object: str = "chat.completion"
    system_fingerprint: str = FINGERPRINT


_encode: Final = msgspec.json.Encoder().encode
_decoder: Final = msgspec.json.Decoder(Ask)


def encode(completion: WireCompletion) -> bytes:
    """The reply's bytes."""
    return _encode(completion)


def read(body: bytes) -> Ask | Refusal:
    """The request in `body`, or why a server refuses it."""
    try:
        ask = _decoder.decode(body)
    except msgspec.ValidationError as error:
        return Refusal(400, f"Invalid request: {error}", param=_parameter(str(error)))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refusal(400, f"We could not parse the JSON body of your request: {error}.")
    return _defect(ask) or ask


def _defect(ask: Ask) -> Refusal | None:
    """The first thing in a well-formed request that OpenAI's endpoint would refuse."""
    if not ask.model:
        return Refusal(400, "you must provide a model parameter", param="model")
    if not ask.messages:
        return Refusal(400, "Invalid 'messages': empty array.", param="messages", code="empty_array")
    if unknown := [message.role for message in ask.messages if message.role not in _ROLES]:
        return Refusal(
            400,
            f"Invalid value: '{unknown[0]}'. Supported values are: {_ROLES}.",
            param="messages.role",
            code="invalid_value",
        )
    if ask.cap is not None and ask.cap < 1:
        return Refusal(400, "Invalid 'max_completion_tokens': must be at least 1.", param="max_completion_tokens")
    if ask.stream:
        return Refusal(400, "Streaming is not supported by this endpoint.", param="stream", code="unsupported_value")
    return _format_defect(ask)


def _format_defect(ask: Ask) -> Refusal | None:
    kind, why = read_format(bytes(ask.response_format))
    if why is not None:
        return Refusal(400, why, param="response_format")
    if kind == "json_object" and not any("json" in message.text.lower() for message in ask.messages):
        return Refusal(
            400,
            "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
            param="messages",
        )
    return None


@lru_cache(maxsize=64)
def read_format(raw: bytes) -> tuple[str, str | None]:
    """The type of a response format, and what is wrong with it or None; a schema is looked at once."""
    form = msgspec.json.decode(raw)
    kind = form.get("type") if isinstance(form, dict) else "text" if form is None else None
    if kind not in ("text", "json_object", "json_schema"):
        return "", f"Invalid value for response_format: {raw[:80].decode(errors='replace')}"
    if kind != "json_schema":
        return kind, None
    named = form.get("json_schema")
    if not isinstance(named, dict) or not isinstance(named.get("name"), str):
        return kind, "Missing required parameter: 'response_format.json_schema.name'."
    if named.get("strict") and (why := schema_defect(named.get("schema"))) is not None:
        return kind, f"Invalid schema for response_format '{named['name']}': {why}"
    return kind, None


def _parameter(error: str) -> str | None:
    """The member that a validation error names: "… missing required field `model`", "… - at `$.messages[0]`"."""
    found = re.search(r"required field `(\w+)`|`\$\.(\w+)", error)
    return found.expand(r"\1\2") if found else None
