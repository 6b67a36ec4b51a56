"""An error's status and body → its kind, and the member of the request that the server refuses, if it names one.

In: a status, an `ErrorBody`, the members that were sent, the wait that was named. Out: a `Kind`. Pure. The words and
codes are `dialects`' tables; what follows from a kind is `outcomes`'s business.
"""

import re
from collections.abc import Collection
from typing import Final, NamedTuple

from asyncgeo.llm import dialects
from asyncgeo.llm.dialects import Rule
from asyncgeo.llm.error_body import ErrorBody
from asyncgeo.llm.formats import CACHE_MARK, CACHE_OPTIONS, FORMAT, STREAM

_SERVER: Final = 500
_TOO_MANY: Final = 429
_REQUEST: Final = frozenset({dialects.IN_A_200, 400, 404, 415, 422, 500, 501})
"""Statuses of a server that refuses a member of the request."""
_NEEDED: Final = frozenset({"model", "messages"})
_QUOTED: Final = r"""['"`]{name}['"`]"""
_AFTER_A_WORD: Final = (
    r"(?:parameter|argument|keyword|field|name|property|key|option|input|supplied)s?:?\s+{name}\b|^{name}:"
)
_BARE: Final = r"\b{name}\b"
"""How a member is named; one that is also an English word (`stop`, `user`) counts only where it is marked as a name."""
_UNMISTAKABLE: Final = frozenset({"temperature", "logprobs"})


class Kind(NamedTuple):
    """The word for an error; `member` is what the server does not take."""

    name: str
    member: str | None = None


def kind_of(status: int, found: ErrorBody, sent: Collection[str], wait: float | None) -> Kind:
    """The kind of an error: 1. what its words say, 2. a member it refuses, 3. looser words, 4. its status alone."""
    if (rule := _first(dialects.RULES, status, found)) is not None:
        return _weigh(rule.kind, status, found, sent, wait)
    if status in _REQUEST and (member := _refused_member(status, found, sent)) is not None:
        return _refusal(member, found)
    if (rule := _first(dialects.LATER_RULES, status, found)) is not None:
        return Kind(rule.kind)
    if found.codes & dialects.PARAMETER_CODES and status < _SERVER:
        return Kind("bad_parameter")
    return Kind(_by_status(status, found))


def _first(rules: tuple[Rule, ...], status: int, found: ErrorBody) -> Rule | None:
    return next((rule for rule in rules if _fits(rule, status, found)), None)


def _fits(rule: Rule, status: int, found: ErrorBody) -> bool:
    if rule.under is not None and status not in rule.under:
        return False
    return bool(rule.codes & found.codes) or _says(rule.words, found)


def _says(words: re.Pattern[str] | None, found: ErrorBody) -> bool:
    return words is not None and not found.is_page and words.search(found.words) is not None


def _weigh(name: str, status: int, found: ErrorBody, sent: Collection[str], wait: float | None) -> Kind:
    """Words of money beside a wait of seconds are a rate limit; a format can be refused only where it was asked for."""
    if name == "quota" and status == _TOO_MANY and wait is not None and not found.codes & dialects.HARD_QUOTA:
        return Kind("rate_limit")
    if name == FORMAT:
        return Kind(FORMAT, FORMAT) if FORMAT in sent else Kind("bad_parameter")
    return Kind(name)


def _refusal(member: str, found: ErrorBody) -> Kind:
    """What is refused is left out, but for a cap of which only the value is refused: that is for a person to change."""
    if member in dialects.CAPS and _says(dialects.VALUE_WORDS, found):
        return Kind("bad_parameter")
    return Kind({FORMAT: FORMAT, STREAM: "only_streams"}.get(member, "bad_parameter"), member)


def _refused_member(status: int, found: ErrorBody, sent: Collection[str]) -> str | None:
    """The member that an error refuses: by its name beside the message, else by the message's words."""
    if CACHE_OPTIONS in sent and CACHE_MARK in found.words:
        return CACHE_OPTIONS
    named = next((name for name in found.names if name in sent and name not in _NEEDED), None)
    if named is not None and status != _SERVER and not _is_too_long(named, status, found):
        return named
    if STREAM not in sent and _says(dialects.STREAM_WORDS, found):
        return STREAM
    if FORMAT in sent and _says_format(status, found):
        return FORMAT
    if status == _SERVER or _first(dialects.LATER_RULES, status, found) or not _says(dialects.REFUSAL_WORDS, found):
        return None
    return _named_in(found.words, sent)


def _is_too_long(name: str, status: int, found: ErrorBody) -> bool:
    """Servers name the cap when it and the prompt together are more than the context holds."""
    return name in dialects.CAPS and _first(dialects.LATER_RULES, status, found) is not None


def _says_format(status: int, found: ErrorBody) -> bool:
    if _first(dialects.LATER_RULES, status, found) is not None:
        return False
    return (
        FORMAT in found.names
        or _says(dialects.FORMAT_WORDS, found)
        or (status != _SERVER and _says(dialects.SCHEMA_WORDS, found))
    )


def _named_in(words: str, sent: Collection[str]) -> str | None:
    """The member that the words name first."""
    places = {name: place for name in sent if name not in _NEEDED and (place := _place(name, words)) is not None}
    return min(places, key=places.__getitem__, default=None)


def _place(name: str, words: str) -> int | None:
    patterns = [_QUOTED, _AFTER_A_WORD, *([_BARE] if "_" in name or name in _UNMISTAKABLE else [])]
    found = re.search("|".join(patterns).format(name=re.escape(name)), words, re.IGNORECASE)
    return found.start() if found else None


def _by_status(status: int, found: ErrorBody) -> str:
    for code, name in dialects.CODES_OF_TROUBLE.items():
        if code in found.codes:
            return name
    if status == dialects.IN_A_200:
        return "broken_reply"
    return dialects.BY_STATUS.get(status, "server_error" if status >= _SERVER else "bad_request")
