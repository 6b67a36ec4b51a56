"""The body of an error → what it says, wherever in the body it says it.

In: bytes. Out: an `ErrorBody`: messages, codes, names of parameters, a wait, sizes. Pure. It does not know what the
words mean (`dialects` does) nor which status they came with.

Servers agree on little: `{"error":{"message":…}}`, `{"error":"…"}`, `[{"error":{…}}]`, `{"detail":[{"loc":[…]}]}`,
`{"base_resp":{"status_code":1008}}`, JSON inside a message, a page of HTML. So the whole body is walked, and members
are known by their names.
"""

import re
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from asyncgeo.llm.rate_headers import duration

_READ: Final = 65_536
"""Bytes of a body that are searched; an error is short, and a page or an echo of the request is not worth more."""
_LEVELS: Final = 12
_WORDS: Final = 2_000
"""Characters of messages in which words are looked for; more would give the patterns too much to do."""
_PAGE: Final = 8_000
"""Characters of a page of HTML that are read; its title is among the first."""

_MESSAGES: Final = {
    *("message", "msg", "error_msg", "error_message", "errormessage", "status_msg"),
    *("detail", "error", "error_description", "raw", "reason", "title"),
}
_CODES: Final = {
    *("type", "code", "status", "reason", "error", "__type"),
    *("error_code", "error_type", "errorcode", "status_code"),
}
_NAMES: Final = frozenset(["param", "loc", "parameter"])
_WAITS: Final = frozenset(["retrydelay", "retry_after", "retry_after_seconds"])
_SIZES: Final = {"n_ctx": "limit", "n_prompt_tokens": "asked"}  # llama.cpp
_MARKS: Final = frozenset(["flagged_input", "reasons"])
"""Members that speak by being there: OpenRouter's `metadata` of a flagged input."""
_MINIMAX: Final = "base_resp"
"""Where MiniMax puts its codes, whose numbers mean other things elsewhere; they are read as `base_resp:1008`."""

_WAIT_WORDS: Final = re.compile(
    r"\b(?:again|retry|wait)\s+(?:in\s+|after\s+|for\s+)?((?:\d+(?:\.\d+)?\s*"
    r"(?:ms|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?)(?![a-z])\s*)+)",
    re.IGNORECASE,
)
"""`try again in 7m12.5s`, `retry in 3.2s`, `retry after 20 seconds`, `wait 20 seconds`."""

# in order: OpenAI and Groq · Anthropic · vLLM · Mistral
_TOO_LARGE: Final = tuple(
    re.compile(f"(?={pattern})", re.IGNORECASE)  # numbers may stand in several pairs: each place is looked at
    for pattern in (
        r"limit:? (?P<limit>\d[\d,]{,11}).{0,40}?requested:? (?P<asked>\d[\d,]{,11})",
        r"(?P<asked>\d[\d,]{,11}) tokens > (?P<limit>\d[\d,]{,11})",
        r"maximum (?:context|model|input|prompt).{0,30}?(?P<limit>\d[\d,]{1,11}).{0,120}?(?P<asked>\d[\d,]{1,11})",
        r"(?P<asked>\d[\d,]{1,11}).{0,60}?(?:exceeds?|longer than|larger than).{0,60}?(?P<limit>\d[\d,]{1,11})",
    )
)
_TAGS: Final = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]{0,500}>", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class ErrorBody:
    """What a body says; `codes` in lower case, `limit` and `asked` in tokens, `wait` in seconds."""

    messages: list[str] = field(default_factory=list)
    codes: set[str] = field(default_factory=set)
    names: list[str] = field(default_factory=list)
    wait: float | None = None
    limit: int | None = None
    asked: int | None = None
    is_page: bool = False  # HTML: its words are shown to people, and prove nothing

    @property
    def words(self) -> str:
        """All messages on one line, each once."""
        return "; ".join(dict.fromkeys(" ".join(message.split()) for message in self.messages))[:_WORDS]


def read(body: bytes) -> ErrorBody:
    """What `body` says; nothing where it says nothing."""
    found = ErrorBody()
    try:
        document = msgspec.json.decode(body[:_READ])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _read_text(body[:_READ].decode(errors="replace"), found)
    else:
        _walk(document, "message", found, 0)
    found.wait = found.wait if found.wait is not None else _wait_in(found.words)
    if found.limit is None:
        found.limit, found.asked = sizes_in(found.words)
    return found


def _read_text(text: str, found: ErrorBody) -> None:
    found.is_page = text.lstrip().startswith("<")
    plain = _TAGS.sub(" ", text.lstrip()[:_PAGE]) if found.is_page else text
    found.messages = [plain] if plain.strip() else []


def _walk(node: Any, name: str, found: ErrorBody, level: int, prefix: str = "") -> None:
    """Take in one value, which is the member `name`, and all that is inside it."""
    if level > _LEVELS:
        return
    if isinstance(node, dict):
        for key, value in node.items():
            known = key.lower()
            if known in _MARKS and value:
                found.codes.add(known)
            _walk(value, known, found, level + 1, f"{_MINIMAX}:" if known == _MINIMAX else prefix)
    elif isinstance(node, list):
        for value in node:
            _walk(value, name, found, level + 1, prefix)
    elif isinstance(node, str):
        _take_text(node, name, found, level)
    if isinstance(node, str | int | float) and not isinstance(node, bool):
        _take_value(str(node).strip(), name, found, prefix)


def _take_text(text: str, name: str, found: ErrorBody, level: int) -> None:
    """A message, or the JSON that gateways pass on inside one."""
    if name not in _MESSAGES or not text.strip():
        return
    if text.lstrip()[:1] in ("{", "["):
        try:
            _walk(msgspec.json.decode(text), "message", found, level + 1)
        except (msgspec.DecodeError, RecursionError):
            found.messages.append(text)
    else:
        found.messages.append(text)


def _take_value(text: str, name: str, found: ErrorBody, prefix: str) -> None:
    if (name in _CODES or name in _MESSAGES) and text and " " not in text:
        found.codes.add(prefix + text.lower())
    elif name in _NAMES:
        found.names += [part for part in re.split(r"[.\[\]]", text) if part]
    elif name in _WAITS and found.wait is None:
        found.wait = duration(text)
    elif name in _SIZES and text.isdigit():
        setattr(found, _SIZES[name], int(text))


def _wait_in(words: str) -> float | None:
    named = _WAIT_WORDS.search(words)
    return duration(named[1]) if named else None


def sizes_in(words: str) -> tuple[int | None, int | None]:
    """(limit, what was asked for) where the words name both, and the one is above the other."""
    for pattern in _TOO_LARGE:
        for named in pattern.finditer(words):
            limit, asked = (int(named[group].replace(",", "")) for group in ("limit", "asked"))
            if asked > limit > 0:
                return limit, asked
    return None, None
