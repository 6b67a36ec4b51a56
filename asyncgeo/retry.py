"""What happened to one request → what to do next, and how long to wait.

In: the exception a request ended with, or the status, headers and body of a reply. Out: a `Decision`, seconds. Pure:
it sleeps nowhere and knows neither problems nor other requests.

    RETRY      this request again, after full-jitter back-off; counts as an attempt
    COOL_DOWN  this request again after the wait, which `limits` may hold all to; the problem is not to blame
    REASK      the problem itself was refused: ask once more, showing the model why
    STEP_DOWN  the server does not know the response format: the next looser one, for the whole run
    STOP       no request can succeed: the run ends
"""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any, Final

import msgspec

from asyncgeo.formats import ResponseFormat
from asyncgeo.rate_headers import named_wait


class Action(Enum):
    """What the one retry loop does next."""

    RETRY = "retry"
    COOL_DOWN = "cool_down"
    REASK = "reask"
    STEP_DOWN = "step_down"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Decision:
    """`kind` is the word rows and counts use; `after` is the least wait in seconds that the server asked for."""

    kind: str
    action: Action
    message: str
    after: float | None = None
    transport: bool = False  # no connection, no answer or a broken server: speaks for a dead endpoint
    overload: bool = False  # the server had too much at once: speaks for fewer requests in flight
    scarce: str | None = None  # what a 429 is for want of: "requests", "tokens", or "capacity", which is no rate


QUOTA: Final = frozenset(
    {
        "insufficient_quota",
        "credit_balance_exhausted",
        "organization_spend_limit_exceeded",
        "project_spend_limit_exceeded",
        "organization_usage_limit_exceeded",
        "billing_hard_limit_reached",
        "billing_not_active",
    }
)
"""Types and codes of a 429 that no waiting mends; servers put them in either place."""

STOPS: Final = {
    # kind: (what the endpoint does, what to do about it); where the first is empty the client says it
    "authentication": ("does not accept the API key", "Set OPENAI_API_KEY to a key that is valid for this endpoint."),
    "permission": (
        "does not let this key do that",
        "Use a key that may use this model, or choose another model (api.model, --model).",
    ),
    "quota": (
        "says that the account is out of money or quota",
        "Add credit or raise the spending limit of the account.",
    ),
    "unknown_model": ("does not serve this model", "Choose a model that the endpoint serves (api.model, --model)."),
    "not_found": ("has no chat completions there", "Check api.base_url: it usually ends in /v1."),
    "bad_url": ("cannot be asked", "Check api.base_url."),
    "bad_parameter": (
        "does not take a parameter of the request",
        "Remove the parameter from [api.extra], or choose another model.",
    ),
    "bad_request": ("", "Check api.model, api.response_format and [api.extra]."),
    "response_format": ("", 'Set api.response_format = "auto".'),
    "rate_limit": ("", "Run the same command again when the limit has been renewed."),
}
"""What the person is told about each kind that ends a run."""

_QUOTA_WORDS: Final = re.compile(r"exceeded your current quota|insufficient (?:balance|credits?|funds)", re.IGNORECASE)
_FORMAT_WORDS: Final = re.compile(r"response_format|json_schema|json_object|structured output|grammar", re.IGNORECASE)
_FILTER_WORDS: Final = re.compile(
    r"content[ _]?(?:filter|management|policy)|ResponsibleAIPolicy|flagged|safety", re.IGNORECASE
)
_LENGTH_WORDS: Final = re.compile(
    r"context_length|context (?:length|size|window)|too (?:long|large)|maximum .{0,20}tokens", re.IGNORECASE
)
_MODEL_WORDS: Final = re.compile(r"\bmodels?\b|deployment", re.IGNORECASE)
"""In a 404 these are enough: what is missing is the model, not the address."""
_NO_MODEL_CODES: Final = frozenset(
    {"model_not_found", "model_not_available", "model_not_supported", "unknown_model", "invalid_model"}
)
_NO_MODEL_WORDS: Final = re.compile(
    r"""invalid\ model(?:\ (?:name|id|identifier)\b|[:.]|\ ['"`])    # litellm, Mistral, OpenAI, Perplexity
    |   not\ a\ valid\ model                                      # OpenRouter
    |   model\ identifier\ is\ invalid                              # Bedrock
    |   unknown\ model\b                                           # GitHub Models
    |   \bmodel\b[^.;]{0,120}\b(?:not\ found|not\ exist)            # vLLM, Ollama, DeepSeek, DashScope
    |   模型不存在                                                # Zhipu
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""How servers say with a 400 or 422 that they do not have the model."""
_TOKEN_WORDS: Final = re.compile(r"tokens? per|\bTPM\b|input_tokens|output_tokens", re.IGNORECASE)
_PARAMETER_CODES: Final = frozenset({"unsupported_parameter", "unknown_parameter", "unsupported_value"})

_SHOWN: Final = 300
"""Characters of a server's own words that a message repeats; some servers answer with a page of HTML."""


class _Fault(msgspec.Struct):
    """The members of an error that servers agree on."""

    message: Any = None
    type: Any = None
    code: Any = None
    param: Any = None


def decide(error: BaseException) -> Decision:
    """The decision on the exception that a request without any reply ended with."""
    links = _causes(error)
    names = {type(link).__name__ for link in links}
    words = _words(links[-1])
    if names & _URL_ERRORS:
        return Decision("bad_url", Action.STOP, f"the base URL cannot be asked: {words}")
    if any(isinstance(link, TimeoutError) for link in links):  # the SDK calls every lost connection a time-out
        return Decision("timeout", Action.RETRY, "no answer within api.timeout", transport=True, overload=True)
    if "DecodingError" in names:
        return broken(f"the reply cannot be decompressed: {words}")
    return Decision("connection", Action.RETRY, f"no connection, or it broke: {words}", transport=True)


def decide_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    asked: ResponseFormat = ResponseFormat.JSON_SCHEMA,
    wall: Callable[[], float] = time.time,
) -> Decision:
    """The decision on a reply that is an error; `asked` is the response format that the request was sent with."""
    fault = _fault(body)
    codes = {str(fault.type), str(fault.code)}
    said = _said(status, fault, body)
    if (stop := _stopping(status, fault, codes)) is not None:
        return Decision(stop, Action.STOP, said)
    after = named_wait(headers, wall)
    if status == _TOO_MANY:
        scarce = "tokens" if "tokens" in codes or _TOKEN_WORDS.search(str(fault.message)) else "requests"
        return Decision("rate_limit", Action.COOL_DOWN, said, after=after, scarce=scarce)
    if status in _PASSING or status >= _SERVER:
        kind, transport, overload = _PASSING.get(status, ("server_error", True, False))
        return Decision(kind, Action.RETRY, said, after=after, transport=transport, overload=overload)
    return _decide_refusal(status, fault, codes, said, asked)


_TOO_MANY: Final = 429
_SERVER: Final = 500
_TOO_LARGE: Final = 413
_PASSING: Final = {
    # status: kind, speaks for a dead endpoint, speaks for fewer requests in flight
    408: ("timeout", False, True),
    409: ("conflict", False, False),
    425: ("conflict", False, False),
    502: ("unavailable", True, False),  # a gateway that did not reach the server behind it
    503: ("overloaded", True, True),
    504: ("timeout", True, True),
    521: ("unavailable", True, False),
    522: ("unavailable", True, False),
    523: ("unavailable", True, False),
    524: ("timeout", True, True),
    529: ("overloaded", True, True),
}
_URL_ERRORS: Final = {"UnsupportedProtocol", "InvalidURL", "InvalidUrlClientError", "NonHttpUrlClientError"}


def _stopping(status: int, fault: _Fault, codes: set[str]) -> str | None:
    """The kind of an error after which no request can succeed, else None."""
    match status:
        case 401:
            return "authentication"
        case 402:
            return "quota"
        case 403:
            return "permission"
        case 404:
            return "unknown_model" if _names_model(fault) else "not_found"
        case 429 if codes & QUOTA or _QUOTA_WORDS.search(str(fault.message)):
            return "quota"
        case _:
            return "unknown_model" if status < _SERVER and _lacks_model(fault, codes) else None


def _decide_refusal(status: int, fault: _Fault, codes: set[str], said: str, asked: ResponseFormat) -> Decision:
    """A 4xx that speaks of this request: of its problem, its response format or its parameters."""
    if "content_filter" in codes or _FILTER_WORDS.search(str(fault.message)):
        return Decision("content_filter", Action.REASK, said)
    if status == _TOO_LARGE or "context_length_exceeded" in codes or _LENGTH_WORDS.search(str(fault.message)):
        return Decision("too_long", Action.REASK, said)
    if asked is not ResponseFormat.TEXT and (_FORMAT_WORDS.search(str(fault.param)) or _FORMAT_WORDS.search(said)):
        return Decision("response_format", Action.STEP_DOWN, said)
    if codes & _PARAMETER_CODES:
        return Decision("bad_parameter", Action.STOP, said)
    return Decision("bad_request", Action.REASK, said)


def broken(message: str) -> Decision:
    """The decision on a 200 that is no completion: HTML, broken JSON, `{}`, `choices: null`."""
    return Decision("broken_reply", Action.RETRY, message, transport=True)


def backoff(attempt: int, rng: Random, base: float, cap: float) -> float:
    """Seconds to wait after the failure of `attempt` (from 1): full jitter, so that retries do not come in step."""
    return rng.uniform(0.0, min(cap, base * 2.0 ** min(attempt, 32)))


def _fault(body: bytes) -> _Fault:
    """The error inside a body: `{"error": {…}}`, `{"error": "…"}`, `{"detail": …}`, or nothing known."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _Fault()
    found = document.get("error", document) if isinstance(document, dict) else document
    if isinstance(found, dict):
        words = found.get("message") or found.get("detail")
        return _Fault(words, found.get("type"), found.get("code"), found.get("param"))
    return _Fault(message=found if isinstance(found, str) else None)


def _said(status: int, fault: _Fault, body: bytes) -> str:
    """The server's own words, short enough for a line."""
    words = fault.message if fault.message is not None else body[: 4 * _SHOWN].decode(errors="replace")
    text = " ".join(str(words).split())
    return f"HTTP {status}: {text[:_SHOWN]}" if text else f"HTTP {status}"


def _lacks_model(fault: _Fault, codes: set[str]) -> bool:
    return bool(codes & _NO_MODEL_CODES or _NO_MODEL_WORDS.search(str(fault.message)))


def _names_model(fault: _Fault) -> bool:
    return fault.code == "model_not_found" or bool(_MODEL_WORDS.search(f"{fault.param} {fault.message}"))


def _causes(error: BaseException | None) -> list[BaseException]:
    """The exception and what caused it, outermost first; the cause tells a refusal from a time-out."""
    links: list[BaseException] = []
    while error is not None and error not in links:
        links.append(error)
        error = error.__cause__ or error.__context__
    return links


def _words(error: BaseException) -> str:
    """The innermost exception on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:_SHOWN].removesuffix(": ")
