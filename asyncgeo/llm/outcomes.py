"""What happened to one request → what to do next, and how long to wait.

In: the status, headers and body of a reply (`lost` decides where there is none). Out: a `Decision`, seconds. Pure:
it sleeps nowhere and knows neither problems nor other requests.

    RETRY      this request again, after full-jitter back-off; counts as an attempt
    COOL_DOWN  this request again after the wait, which `limits` may hold all to; the problem is not to blame
    REASK      the problem itself was refused: ask once more, showing the model why
    FAIL       this problem fails: asking again cannot help
    STEP_DOWN  the server does not take a member of the request: asked without it, or in a looser format, from now on
    STOP       no request can succeed: the run ends
"""

import re
import time
from collections.abc import Callable, Collection, Mapping
from enum import Enum
from random import Random
from typing import Final

import msgspec

from asyncgeo.llm import dialects, error_body, kinds
from asyncgeo.llm.error_body import ErrorBody
from asyncgeo.llm.formats import CAP, FORMAT
from asyncgeo.llm.rate_headers import named_wait


class Action(Enum):
    """What the one retry loop does next."""

    RETRY = "retry"
    COOL_DOWN = "cool_down"
    REASK = "reask"
    FAIL = "fail"
    STEP_DOWN = "step_down"
    STOP = "stop"


class Decision(msgspec.Struct, frozen=True):
    """`kind` is the word rows and counts use; `after` is the least wait in seconds that the server asked for."""

    kind: str
    action: Action
    message: str
    after: float | None = None
    transport: bool = False  # no connection, no answer or a broken server: speaks for a dead endpoint
    overload: bool = False  # the server had too much at once: speaks for fewer requests in flight
    scarce: str | None = None  # what a COOL_DOWN is for: "requests" or "tokens", a rate; CAPACITY, which is none
    member: str | None = None  # the member of the request that is refused
    doubtful: bool = False  # words of money that servers use for the limit of a minute as well
    remedy: str = ""  # what the person can do; where it is empty, `STOPS` has it


CAPACITY: Final = "capacity"
"""What a 429 may be for want of beside requests and tokens: it has nothing to do with our rate."""
_ANSWERS: Final = (
    "The model's answers cannot be used: look at them with --keep-raw and `asyncgeo show`; try another model, or "
    "another api.response_format."
)
_LESS_THINKING: Final = (
    "{}: raise api.max_completion_tokens, or lower the effort of a model that thinks with "
    'reasoning_effort = "low" under [api.extra].'
)
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
    "certificate": ("cannot be trusted", "Set SSL_CERT_FILE to the certificate that signed the server's."),
    "tls": ("cannot be spoken to", "Check whether api.base_url begins with http:// or https://."),
    "proxy": ("cannot be reached through the proxy", "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY."),
    "redirect": ("is somewhere else", "Check api.base_url."),
    "bad_parameter": (
        "does not take a parameter of the request",
        "Change api.max_completion_tokens or the parameter in [api.extra], or choose another model.",
    ),
    "bad_request": ("", "Check api.model, api.response_format and [api.extra]."),
    "no_flex": (
        "has no flex tier for this model",
        "Leave out --flex (api.service_tier), or allow the standard price with flex_fallback = true under [api].",
    ),
    "response_format": ("does not take the response format", 'Set api.response_format = "auto".'),
    "rate_limit": (
        "",
        "Lower limits.requests_per_minute, or run the same command again when the limit has been renewed.",
    ),
    "too_long": (
        "",
        "Lower api.max_completion_tokens, give the server a larger context, or use an account with a higher limit.",
    ),
    "thinking": ("", _LESS_THINKING.format("The model spends its tokens on thinking")),
    "length": ("", _LESS_THINKING.format("Answers are cut off")),
    "invalid_answer": ("", _ANSWERS),
    "empty": ("", _ANSWERS),
    "whitespace": ("", _ANSWERS),
    "broken_reply": ("", "Check api.base_url: it usually ends in /v1. What came is no chat completion."),
    "content_filter": ("", "The endpoint refuses everything: check its filter's settings, or use another model."),
    "refusal": ("", "The model refuses everything: use another model."),
    "timeout": ("", "The server is too slow: raise api.timeout, or lower limits.max_concurrency."),
    "internal": ("", "This is a defect of asyncgeo: please report it, with the log under <output-dir>/logs."),
}
"""What a message says of each kind when it ends a run, and the remedy. An empty first part is for the caller to say."""

_SHOWN: Final = 300
"""Characters of a server's own words that a message repeats; some servers answer with a page of HTML."""

USUAL: Final = frozenset({"model", "messages", FORMAT, CAP})
"""Members of a request of which nothing more is known."""


def decide_status(
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    sent: Collection[str] = USUAL,
    wall: Callable[[], float] = time.time,
) -> Decision:
    """The decision on a reply that is an error; `sent` are the members of the request that it answers.

    A status of 0 is an error inside a 200 that names none.
    """
    found = error_body.read(body)
    after = named_wait(headers, wall)
    after = found.wait if after is None else after
    kind, member = kinds.kind_of(status, found, sent, after)
    action = Action.STEP_DOWN if member is not None else _ACTIONS.get(kind, Action.RETRY)
    transport, overload = _SIGNS.get(kind, (False, False)) if action is Action.RETRY else (False, False)
    return Decision(
        kind,
        action,
        _said(status, found),
        after,
        transport=transport and status != _CLIENT_TIMEOUT,
        overload=overload,
        scarce=_scarce(kind, found) if action is Action.COOL_DOWN else None,
        member=member,
        doubtful=kind == "quota" and status != _PAYMENT and not found.codes & dialects.HARD_QUOTA,
    )


_PAYMENT: Final = 402
_CLIENT_TIMEOUT: Final = 408
_ACTIONS: Final = {
    "authentication": Action.STOP,
    "permission": Action.STOP,
    "quota": Action.STOP,
    "unknown_model": Action.STOP,
    "not_found": Action.STOP,
    "bad_parameter": Action.STOP,
    "rate_limit": Action.COOL_DOWN,
    "no_capacity": Action.COOL_DOWN,
    "content_filter": Action.REASK,
    "bad_request": Action.REASK,
    "invalid_answer": Action.REASK,
    "too_long": Action.FAIL,
    "thinking": Action.FAIL,
}
"""What each kind leads to; the others are tried again."""
_SIGNS: Final = {
    # kind: speaks for a dead endpoint, speaks for fewer requests in flight
    "server_error": (True, False),
    "broken_reply": (True, False),
    "unavailable": (True, False),
    "overloaded": (True, True),
    "timeout": (True, True),
}


_TOKEN_WORDS: Final = re.compile(r"tokens? per|\bTPM\b|input_tokens|output_tokens", re.IGNORECASE)


def _scarce(kind: str, found: ErrorBody) -> str:
    """What a server has too little of."""
    if kind == "no_capacity":
        return CAPACITY
    return "tokens" if "tokens" in found.codes or _TOKEN_WORDS.search(found.words) else "requests"


def _said(status: int, found: ErrorBody) -> str:
    """The server's own words, short enough for a line; before them the sizes that do not fit, lest a cut loses them."""
    head = f"HTTP {status}" if status else "200, but an error"
    if found.limit is not None and found.asked is not None:
        head += f", limit {found.limit:,} tokens, requested {found.asked:,}"
    return f"{head}: {found.words[:_SHOWN]}" if found.words else head


def broken(message: str) -> Decision:
    """The decision on a 200 that is no completion: HTML, broken JSON, `{}`, `choices: null`."""
    return Decision("broken_reply", Action.RETRY, message, transport=True)


def backoff(attempt: int, rng: Random, base: float, cap: float) -> float:
    """Seconds to wait after the failure of `attempt` (from 1): full jitter, so that retries do not come in step."""
    return rng.uniform(0.0, min(cap, base * 2.0 ** min(attempt, 32)))
