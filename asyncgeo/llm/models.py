"""What OpenAI's models take, and when they end: facts as data, with where and when they were read.

In: settings. Out: the settings with the model's defaults under them; a sentence on a model that ends. Pure. What a
person sets wins over all of it. At another address a name says nothing: gateways and local servers name models as they
like, so there nothing is assumed.

Every one of these models takes the cap of an answer as `max_completion_tokens`. A family is matched by its whole name,
with or without a date; of what is not listed nothing is assumed.
"""

import re
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple

from msgspec import structs

from asyncgeo.config import Api, Settings, at_openai
from asyncgeo.llm.formats import CACHE_OPTIONS

READ: Final = "2026-11-30"
"""When the pages under developers.openai.com/api/docs were read."""

EFFORT: Final = "reasoning_effort"
_NO_EFFORT: Final = "none"
_TEMPERATURE: Final = "temperature"


class Family(NamedTuple):
    """Models that take the same. `effort` is the least they do ("": they do not reason, and take none).

    `marked`: their prompt cache holds what is marked; unmarked, every problem would be written to it and billed so.
    """

    names: str
    effort: str
    marked: bool = False


FAMILIES: Final = (
    # models/gpt-6-luna, guides/latest-model: `none` is the advised start for what GPT-4.x did, `low` the least of the
    # larger ones. Since GPT-5.6 the cache is marked: guides/prompt-caching
    Family(r"gpt-6-(luna|sol)|gpt-5\.6(-luna|-sol|-terra)?", _NO_EFFORT, marked=True),
    Family(r"gpt-6-astra|gpt-6\.1-(sol|terra)", "low", marked=True),
    # guides/reasoning
    Family(r"gpt-5\.[1245](-mini|-nano)?", _NO_EFFORT),
    Family(r"gpt-5(-mini|-nano)?", "minimal"),
    Family(r"o1|o3|o3-mini|o4-mini", "low"),
    Family(r"gpt-4\.1(-mini|-nano)?|gpt-4o(-mini)?|gpt-4(-turbo)?|gpt-3\.5-turbo", ""),
)


class Ending(NamedTuple):
    """The day on which a model is shut down, and the replacement that is named ("": none)."""

    day: date
    replacement: str


_ENDS: Final = {
    # deprecations; the dates are those of `shutdown_date` in GET /v1/models
    "gpt-3.5-turbo": Ending(date(2026, 10, 23), "gpt-5.6-terra"),
    "gpt-4": Ending(date(2026, 10, 23), "gpt-5.6-sol"),
    "gpt-4-turbo": Ending(date(2026, 10, 23), "gpt-5.6-sol"),
    "gpt-4.1-nano": Ending(date(2026, 10, 23), "gpt-5.6-luna"),
    "o1": Ending(date(2026, 10, 23), "gpt-5.6-sol"),
    "o3-mini": Ending(date(2026, 10, 23), "gpt-5.6-sol"),
    "o4-mini": Ending(date(2026, 10, 23), "gpt-5.6-terra"),
    "gpt-5": Ending(date(2026, 12, 11), "gpt-6.1-sol"),
    "gpt-5-mini": Ending(date(2026, 12, 11), "gpt-6.1-terra"),
    "gpt-5-nano": Ending(date(2026, 12, 11), "gpt-6-luna"),
    "o3": Ending(date(2026, 12, 11), "gpt-5.6-sol"),
    "gpt-4.1": Ending(date(2027, 1, 14), "gpt-6-luna"),
    "gpt-4.1-mini": Ending(date(2027, 1, 14), "gpt-6-luna"),
    "gpt-4o": Ending(date(2027, 1, 14), "gpt-6-luna"),
    "gpt-4o-mini": Ending(date(2027, 1, 14), "gpt-6-luna"),
    "gpt-5.1": Ending(date(2027, 4, 1), ""),
    "gpt-5.4-nano": Ending(date(2027, 4, 1), ""),
}

_DATE: Final = re.compile(r"-\d{4}-\d{2}-\d{2}$")

_THINKING_CAP: Final = 8_000
"""Tokens of an answer with its thoughts. OpenAI advises to leave room for 25,000, which a token limit would reserve for
each request; the least effort on a short text needs some hundreds."""
_THINKING_TIMEOUT: Final = 300.0


def with_defaults(settings: Settings) -> Settings:
    """The settings with what the model wants where nothing is set; a second time changes nothing."""
    api = settings.api
    found = _family(api.model) if at_openai(api) else None
    if found is None:
        return settings
    extra = _wanted(found, api.extra) | api.extra
    changed: dict[str, Any] = {"extra": extra}
    if extra.get(EFFORT, _NO_EFFORT) != _NO_EFFORT:
        room = {"max_completion_tokens": _THINKING_CAP, "timeout": _THINKING_TIMEOUT}
        changed |= {name: value for name, value in room.items() if settings.is_usual(f"api.{name}")}
    return structs.replace(settings, api=structs.replace(api, **changed))


def undated(model: str) -> str:
    """The name without a date: `gpt-6-luna-2026-09-22` is a snapshot of `gpt-6-luna`."""
    return _DATE.sub("", model)


def _family(model: str) -> Family | None:
    name = undated(model)
    return next((each for each in FAMILIES if re.fullmatch(each.names, name)), None)


def _wanted(family: Family, given: dict[str, Any]) -> dict[str, Any]:
    """Members of a request: the least effort, a temperature where it is taken, which is without thinking only."""
    members: dict[str, Any] = {EFFORT: family.effort} if family.effort else {}
    if given.get(EFFORT, family.effort) in ("", _NO_EFFORT):
        members[_TEMPERATURE] = 0
    if family.marked:
        members[CACHE_OPTIONS] = {"mode": "explicit"}
    return members


def ending(api: Api, now: date) -> str:
    """The sentence on a model that is known to end; empty for others."""
    day = last_day(api)
    return "" if day is None else ends(api.model, day, now) + f" ({_PAGE}, read {READ})."


_PAGE: Final = "developers.openai.com/api/docs/deprecations"


def today() -> date:
    """The day it is, in UTC."""
    return datetime.now(UTC).date()


def last_day(api: Api) -> date | None:
    """The day on which the model is known to be shut down."""
    found = _ENDS.get(undated(api.model)) if at_openai(api) else None
    return None if found is None else found.day


def ends(model: str, day: date, now: date) -> str:
    """That the model ends or ended on that day, and its replacement where one is known; without a full stop."""
    found = _ENDS.get(undated(model))
    instead = f", replacement {found.replacement}" if found is not None and found.replacement else ""
    return f"{model} {'ends' if day > now else 'ended'} on {day.day} {day:%B %Y}{instead}"
