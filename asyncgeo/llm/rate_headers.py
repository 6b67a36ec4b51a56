"""The headers of a reply → what they say of the limits, and how long the server asks to wait.

In: headers with names in lower case, and the wall clock. Out: `RateHeaders`, seconds. Pure; it knows neither requests
nor what a limit is used for. Servers spell the same thing in many ways:

    x-ratelimit-limit-requests: 500          OpenAI, Azure, vLLM, LiteLLM; the same name is *per day* with Groq
    x-ratelimit-limit-req-minute: 720        Mistral; Cerebras and SambaNova say `-requests-minute`, `-requests-day`
    anthropic-ratelimit-tokens-reset: 2026-11-30T12:00:00Z
    ratelimit-policy: 100;w=60               the IETF drafts; without `w` the window's length is not known
    x-ratelimit-reset: 1764504000000         OpenRouter and gateways: neither unit nor window is named

Only a limit per minute becomes a `limit`. A longer window matters once it is empty: then its reset is a wait.
"""

import email.utils
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

Wall = Callable[[], float]

_MINUTE: Final = 60.0
_DAY: Final = 86_400.0
_LONGEST_MINUTE: Final = 1.1 * _MINUTE
"""A window of a minute is full again within a minute, and a little: some count what came too much as well."""


@dataclass(frozen=True, slots=True)
class Window:
    """One limit per minute as the headers give it; `reset` is the time in seconds until it is full again."""

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None

    @property
    def is_longer(self) -> bool:
        """The window is longer than a minute, whatever its name says: by the time in which it is full again.

        It may fill as it is used: then 10,000 a day come back one every 8.64 s.
        """
        if self.reset is None:
            return False
        used = (self.limit or 0) - (self.remaining or 0)
        filling = used * _DAY / self.limit if self.limit and self.remaining is not None and used > 0 else float("inf")
        return self.reset > _LONGEST_MINUTE or abs(self.reset - filling) <= 0.1 * self.reset


@dataclass(frozen=True, slots=True)
class RateHeaders:
    """The limits of one reply."""

    requests: Window = field(default_factory=Window)
    tokens: Window = field(default_factory=Window)


def read_limits(headers: Mapping[str, str], wall: Wall = time.time) -> RateHeaders | None:
    """What the headers say of the limits per minute; None where they say nothing."""
    if not any("rate" in name for name in headers):  # every spelling has it; local servers have none
        return None
    requests = next(_windows(headers, _REQUESTS, wall), None) or _drafted(headers, wall)
    tokens = next(_windows(headers, _TOKENS, wall), None) or _SILENT
    return RateHeaders(requests, tokens) if requests != _SILENT or tokens != _SILENT else None


def named_wait(headers: Mapping[str, str], wall: Wall = time.time) -> float | None:
    """Seconds that a refusal asks to wait: its Retry-After, else until the longest window that is empty is full again.

    A window of a minute is no such wait: some of it is back long before all is.
    """
    if (seconds := retry_after(headers, wall)) is not None:
        return seconds
    names = (*_REQUESTS, *_TOKENS, *_LONG)
    windows = (*_windows(headers, names, wall), _drafted(headers, wall))
    waits = [each.reset for each in windows if each.remaining == 0 and each.reset and each.is_longer]
    return max(waits, default=None)


def retry_after(headers: Mapping[str, str], wall: Wall = time.time) -> float | None:
    """Seconds asked for by `retry-after-ms` or `retry-after`, None without either."""
    if (milliseconds := _number(headers.get("retry-after-ms"))) is not None:
        return milliseconds / 1000
    return seconds_until(headers.get("retry-after"), headers, wall)


_SILENT: Final = Window()

_Names = tuple[str, str, str]


def _names(pattern: str) -> _Names:
    """The names of limit, remaining and reset."""
    return (pattern.format("limit"), pattern.format("remaining"), pattern.format("reset"))


_REQUESTS: Final = tuple(
    _names(pattern)
    for pattern in (
        "x-ratelimit-{}-requests-minute",
        "x-ratelimit-{}-req-minute",
        "x-ratelimit-{}-requests",
        "anthropic-ratelimit-requests-{}",
    )
)
_TOKENS: Final = tuple(
    _names(pattern)
    for pattern in ("x-ratelimit-{}-tokens-minute", "x-ratelimit-{}-tokens", "anthropic-ratelimit-tokens-{}")
)
_LONG: Final = tuple(
    _names(f"x-ratelimit-{{}}-{unit}-{span}")
    for unit in ("requests", "req", "tokens")
    for span in ("hour", "day", "month")
)
_BARE: Final = (_names("ratelimit-{}"), _names("x-ratelimit-{}"), _names("x-rate-limit-{}"))

_MOST: Final = 10**12
"""A limit beyond this is none."""


def _windows(headers: Mapping[str, str], spellings: tuple[_Names, ...], wall: Wall) -> Iterator[Window]:
    """The windows that say anything, in the order of their spellings."""
    for limit, remaining, reset in spellings:
        if limit in headers or remaining in headers or reset in headers:
            found = Window(
                _count(headers.get(limit)) or None,  # 0 means "not given" with Azure
                _count(headers.get(remaining)),
                seconds_until(headers.get(reset), headers, wall),
            )
            if found != _SILENT:
                yield found


def _drafted(headers: Mapping[str, str], wall: Wall) -> Window:
    """The window of the IETF drafts and their relatives, which name no unit: requests, if the policy says a minute."""
    found = next(_windows(headers, _BARE, wall), _SILENT)
    state = headers.get("ratelimit", "")
    policy = headers.get("ratelimit-policy") or headers.get("ratelimit-limit", "")
    limit = _count(_member(policy, "q") or policy.split(";")[0]) if _member(policy, "w") == "60" else None
    return Window(
        limit or None,
        found.remaining if not state else _count(_member(state, "r") or _member(state, "remaining")),
        found.reset if not state else _number(_member(state, "t") or _member(state, "reset")),
    )


def _member(text: str, name: str) -> str | None:
    """`60` of `100;w=60`, where the name is w."""
    found = re.search(rf"(?:^|[;,\s]){name}=(\d+)", text)
    return found and found[1]


# times


def seconds_until(text: str | None, headers: Mapping[str, str] | None = None, wall: Wall = time.time) -> float | None:
    """Seconds from now until what `text` names: a duration, an epoch or a date; None for anything else.

    Where the reply has a Date, that is now: the server's clock and ours may differ.
    """
    if not text:
        return None
    if (seconds := duration(text)) is not None and seconds < _FIRST_EPOCH:
        return seconds
    moment = _date(text) if seconds is None else seconds / 1000 if seconds >= _FIRST_MILLISECONDS else seconds
    if moment is None:
        return None
    now = _date((headers or {}).get("date", ""))
    return max(0.0, moment - (wall() if now is None else now))


_FIRST_EPOCH: Final = 1e9
"""Seconds beyond this are since 1970: no server asks for thirty years."""
_FIRST_MILLISECONDS: Final = 1e11


def duration(text: str | None) -> float | None:
    """Seconds in `6m0s`, `1d2h`, `12ms`, `2 days` or a bare number; None for anything else."""
    if text is None:
        return None
    if (bare := _number(text)) is not None:
        return bare
    text = "".join(text.lower().split())
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS[unit if unit in _UNITS else unit[0]] for number, unit in parts)


_UNITS: Final = {"d": _DAY, "h": 3600.0, "m": _MINUTE, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_PART: Final = re.compile(
    r"(\d{1,15}(?:\.\d+)?)(ms|us|µs|ns|days?|d|hours?|hrs?|h|minutes?|mins?|m|seconds?|secs?|s)(?![a-z])"
)


def _date(text: str) -> float | None:
    """The moment of an ISO or HTTP date; without a zone it is UTC."""
    for read in (datetime.fromisoformat, email.utils.parsedate_to_datetime):
        with suppress(ValueError, OverflowError):
            found = read(text.strip())
            return (found if found.tzinfo is not None else found.replace(tzinfo=UTC)).timestamp()
    return None


def until(seconds: float, wall: Wall = time.time) -> str:
    """A long wait in words: how long, and until when on the person's clock and by UTC."""
    minutes = round(seconds / _MINUTE)
    days, hours = minutes // 1440, minutes // 60 % 24
    if days > _YEAR:
        return "for more than a year"
    span = f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"
    then = datetime.fromtimestamp(wall() + seconds, UTC)
    return f"{span}, until {then.astimezone():%Y-%m-%d %H:%M %Z} ({then:%Y-%m-%d %H:%M} UTC)"


_YEAR: Final = 366


def _count(text: str | None) -> int | None:
    """A whole number; digits before a comma or a semicolon are enough."""
    number = _number((text or "").split(",")[0].split(";")[0])
    return None if number is None or number > _MOST else int(number)


def _number(text: str | None) -> float | None:
    """A number that is not negative: -1 stands for "not given" with some servers."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
