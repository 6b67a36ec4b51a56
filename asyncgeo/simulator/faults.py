"""Everything that can go wrong with an endpoint, by name; and who decides when it does.

In: what was asked (`Received`). Out: a `Fault` or None. Pure: `server` plays it. It knows no sockets.

A mix is shares of requests, as `429=0.02,500=0.01,reset=0.005`. What it does to a request depends on the seed, the
problem and how often that was asked, not on the order in which requests arrive, so a run is repeatable at any
concurrency. A script is any function of `Received`; `at` and `first` make the usual ones.
"""

import difflib
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from asyncgeo.errors import ConfigError
from asyncgeo.simulator.wire import Answer, Refusal, WireCompletion


@dataclass(frozen=True, slots=True)
class Received:
    """One request as a script sees it; `ordinal` counts requests from 1, `attempt` those for the same problem.

    `problem` of a pack is the whole message about its problems.
    """

    ordinal: int
    problem: str
    attempt: int


@dataclass(frozen=True, slots=True)
class Body:
    """A 200 whose body is no completion."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True, slots=True)
class Spoiled:
    """The right completion, spoiled."""

    spoil: Callable[[WireCompletion], WireCompletion]


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset (RST) before a reply."""


@dataclass(frozen=True, slots=True)
class Cut:
    """The reply announces its whole length, ends in the middle and the connection is closed."""


@dataclass(frozen=True, slots=True)
class Slow:
    """The right reply, this many seconds late; a client usually gives up before."""

    seconds: float = 3600.0


Fault = Refusal | Body | Spoiled | Reset | Cut | Slow
Script = Callable[[Received], Fault | str | None]

BILLING_CODES: Final = (
    "insufficient_quota",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
    "billing_hard_limit_reached",
)
_NO_QUOTA: Final = "You exceeded your current quota, please check your plan and billing details."
_RATE: Final = (
    "Rate limit reached for asyncgeo-rules in organization org-local on requests per min (RPM): Limit 60, Used 60, "
    "Requested 1. Please try again in 1s."
)
_FLAGGED: Final = "The response was filtered due to the prompt triggering the content management policy."
_NOT_KNOWN: Final = "Invalid parameter: 'response_format' of type '{}' is not supported with this model."
_HTML: Final = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Please wait</body></html>"
BLANKS: Final = 2000
"""Characters of blanks in an answer that ran away."""


def unsupported(form: str) -> Refusal:
    """The refusal of a server that does not know a response format."""
    return Refusal(400, _NOT_KNOWN.format(form), param="response_format", code="unsupported_value")


def unknown_model(model: str) -> Refusal:
    """The refusal of a model that the endpoint does not serve."""
    return Refusal(404, f"The model `{model}` does not exist or you do not have access to it.", code="model_not_found")


def no_quota(code: str = BILLING_CODES[0]) -> Refusal:
    """The refusal of an account that is out of money."""
    return Refusal(429, _NO_QUOTA, type="insufficient_quota", code=code)


def bad_key(shown: str) -> Refusal:
    """The refusal of a key; OpenAI shows it masked, other servers do not."""
    return Refusal(401, f"Incorrect API key provided: {shown}.", code="invalid_api_key")


OVERLOADED: Final = Refusal(503, "The engine is currently overloaded, please try again later.", "server_error")


def _answering(change: Callable[[str], str]) -> Spoiled:
    """The right completion with other content."""

    def spoil(done: WireCompletion) -> WireCompletion:
        return _with_answer(done, Answer(change(_content(done))))

    return Spoiled(spoil)


def _with_answer(done: WireCompletion, answer: Answer, finish_reason: str = "stop") -> WireCompletion:
    choices = [
        msgspec.structs.replace(choice, message=answer, finish_reason=finish_reason) for choice in done.choices or ()
    ]
    return msgspec.structs.replace(done, choices=choices)


def _content(done: WireCompletion) -> str:
    return "".join(choice.message.content or "" for choice in done.choices or ())


def _stop_short(done: WireCompletion) -> WireCompletion:
    text = _content(done)
    return _with_answer(done, Answer(text[: len(text) // 2]), "length")


def _run_away(done: WireCompletion) -> WireCompletion:
    text = _content(done)
    return _with_answer(done, Answer(text[: len(text) // 2] + " " * BLANKS), "length")


OF_FLEX: Final = "resource_unavailable"
"""The fault that only requests at the flex tier meet; they are not charged."""

FAULTS: Final[Mapping[str, Fault]] = {
    # no request can succeed
    "401": bad_key("sk-***"),
    "402": Refusal(402, "Insufficient balance.", type="billing_error"),
    "403": Refusal(403, "Project does not have access to this model.", code="permission_denied"),
    "404": unknown_model("asyncgeo-rules"),
    **{code: no_quota(code) for code in BILLING_CODES},
    "echo_key": bad_key("{key}"),
    # come back later
    "429": Refusal(
        429, _RATE, "requests", "rate_limit_exceeded", headers={"retry-after": "1", "retry-after-ms": "1000"}
    ),
    "429_bare": Refusal(429, _RATE, "requests", "rate_limit_exceeded"),
    "429_slow_down": Refusal(429, "Please reduce your request rate.", "slow_down", "slow_down"),
    OF_FLEX: Refusal(429, "Resource unavailable, please try again later.", code="resource_unavailable"),
    "408": Refusal(408, "Request timed out.", "timeout"),
    "409": Refusal(409, "The resource is locked by another request.", "conflict"),
    "500": Refusal(500, "The server had an error while processing your request. Sorry about that!", "server_error"),
    "500_echo_key": Refusal(500, "Upstream refused Authorization: Bearer {key}", "server_error"),
    "502": Body(b"<html><body><h1>502 Bad Gateway</h1></body></html>", "text/html", 502),
    "503": OVERLOADED,
    "504": Body(b"<html><body><h1>504 Gateway Time-out</h1></body></html>", "text/html", 504),
    # the problem is refused
    "content_filter": Refusal(400, _FLAGGED, code="content_filter", param="prompt"),
    "too_long": Refusal(
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
        code="context_length_exceeded",
        param="messages",
    ),
    # the format is not known
    "no_json_schema": unsupported("json_schema"),
    "no_json_object": unsupported("json_object"),
    # the transport
    "slow": Slow(),
    "reset": Reset(),
    "cut": Cut(),
    # a 200 that is no completion
    "html": Body(_HTML, "text/html"),
    "empty_object": Body(b"{}"),
    "broken_json": Body(b'{"id":"chatcmpl-1","object":"chat.completion","choices":[{"index":0,"mess'),
    "empty_body": Body(b""),
    "null_choices": Spoiled(lambda done: msgspec.structs.replace(done, choices=None)),
    "no_choices": Spoiled(lambda done: msgspec.structs.replace(done, choices=[])),
    # a completion that is no answer
    "refusal": Spoiled(lambda done: _with_answer(done, Answer(None, refusal="I'm sorry, I can't assist with that."))),
    "filtered": Spoiled(lambda done: _with_answer(done, Answer(None), "content_filter")),
    "length": Spoiled(_stop_short),
    "whitespace": Spoiled(_run_away),
    "null_content": Spoiled(lambda done: _with_answer(done, Answer(None))),
    "misfit": _answering(lambda _: '{"verdict":"parsed","reason":null,"answer":42}'),
    "plain": _answering(lambda _: "The figure shows a triangle. Draw it first."),
    # a server that ignores response_format: the answer is there
    "fenced": _answering(lambda text: f"```json\n{text}\n```"),
    "prose": _answering(lambda text: f"Here is the construction:\n\n{text}\n\nLet me know if you need more."),
}
"""Every fault by name, in the order of `asyncgeo serve --help`."""


BATCH_FAULTS: Final = (
    "batch_expired",  # of batches: their time is over half-way
    "batch_failed",  # of batches: refused as a whole, without a reason
    "batch_no_room",  # of batches: refused for want of room in the account's queue
    "batch_gone",  # of batches: their output file is gone when it is wanted
    "batch_missing",  # of lines: neither in the output nor among the errors
    "batch_duplicate",  # of lines: twice in the output
    "batch_lost_reply",  # of uploads and of new batches: carried out, then a reset or a gateway's 504 for a reply
)
"""What can go wrong with batches beside the faults of their lines, which are those of any request."""


def named(fault: Fault | str) -> Fault:
    """The fault of that name."""
    if not isinstance(fault, str):
        return fault
    if fault not in FAULTS:
        close = difflib.get_close_matches(fault, (*FAULTS, *BATCH_FAULTS), 1)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join((*FAULTS, *BATCH_FAULTS))}."
        raise ConfigError(f"There is no fault {fault!r}.", hint)
    return FAULTS[fault]


def read_mix(text: str) -> dict[str, float]:
    """The shares in `429=0.02,500=0.01`. Raises ConfigError where they are no shares."""
    mix: dict[str, float] = {}
    for item in filter(None, map(str.strip, text.split(","))):
        name, _, share = item.partition("=")
        try:
            mix[name.strip()] = float(share)
        except ValueError:
            raise ConfigError(f"--faults: {item!r} is not NAME=SHARE.", "For example: 429=0.02,500=0.01") from None
    check_mix(mix)
    return mix


def check_mix(mix: Mapping[str, float]) -> None:
    """Raise ConfigError unless `mix` names faults and its shares add up to at most 1."""
    for name, share in mix.items():
        if name not in BATCH_FAULTS:
            named(name)
        if not 0 <= share <= 1:
            raise ConfigError(f"The share of fault {name} is {share:g}, not between 0 and 1.")
    if (total := sum(share for name, share in mix.items() if name not in BATCH_FAULTS)) > 1 + 1e-9:
        raise ConfigError(f"The shares of all faults add up to {total:g}, more than 1.")


def mixed(mix: Mapping[str, float], seed: int) -> Script:
    """The script that plays each fault for its share of requests."""
    shares = [(name, share) for name, share in mix.items() if name not in BATCH_FAULTS]

    def choose(asked: Received) -> Fault | str | None:
        left = draw(seed, "fault", asked)
        for name, share in shares:
            left -= share
            if left < 0:
                return name
        return None

    return choose


def at(faults: Mapping[int, Fault | str]) -> Script:
    """The script that plays a fault for the request of that ordinal, the first being 1."""
    return lambda asked: faults.get(asked.ordinal)


def first(fault: Fault | str, attempts: int = 1, where: Callable[[str], bool] = lambda _: True) -> Script:
    """The script that plays `fault` for the first `attempts` requests of each problem for which `where` holds."""
    return lambda asked: fault if asked.attempt <= attempts and where(asked.problem) else None


def draw(seed: int, purpose: str, asked: Received) -> float:
    """A number in [0, 1) that depends on nothing but its arguments, and not on the ordinal."""
    text = f"{seed}\0{purpose}\0{asked.attempt}\0{asked.problem}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) / 2**64
