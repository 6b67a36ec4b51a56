from datetime import date
from typing import Any

import pytest
from support.cases import for_each

from asyncgeo.config import Api, Settings
from asyncgeo.llm.models import ending, with_defaults

LUNA = {"reasoning_effort": "none", "temperature": 0, "prompt_cache_options": {"mode": "explicit"}}


def settings(model: str, extra: dict[str, Any] | None = None, **api: Any) -> Settings:
    origins = {f"api.{name}": "config.toml" for name in api}
    return Settings(api=Api(model=model, extra=extra or {}, **api), origins=origins)


@for_each(
    ("model", "extra"),
    [
        ("gpt-6-luna", LUNA),
        ("gpt-6-luna-2026-09-22", LUNA),
        ("gpt-5.4-nano", {"reasoning_effort": "none", "temperature": 0}),
        ("gpt-4.1-mini", {"temperature": 0}),
        ("gpt-5-mini", {"reasoning_effort": "minimal"}),
        ("gpt-6-astra", {"reasoning_effort": "low", "prompt_cache_options": {"mode": "explicit"}}),
        ("gpt-7-unheard-of", {}),
        ("my-gpt-6-luna", {}),
    ],
)
def test_a_model_is_asked_as_it_wants(model: str, extra: dict[str, Any]) -> None:
    """The least effort, a temperature only where thinking is off, a marked prefix; nothing for an unknown name."""
    assert with_defaults(settings(model)).api.extra == extra


def test_what_a_person_sets_wins() -> None:
    """Over each default; more effort than none takes no temperature and gets room for thoughts, unless that is set."""
    louder = with_defaults(settings("gpt-6-luna", {"reasoning_effort": "medium", "seed": 7})).api
    assert louder.extra == {"reasoning_effort": "medium", "seed": 7, "prompt_cache_options": {"mode": "explicit"}}
    assert (louder.max_completion_tokens, louder.timeout) == (8000, 300.0)
    tight = with_defaults(settings("gpt-6-astra", max_completion_tokens=2000, timeout=100.0)).api
    assert (tight.max_completion_tokens, tight.timeout) == (2000, 100.0)
    assert with_defaults(settings("gpt-6-luna", {"temperature": 1})).api.extra["temperature"] == 1


def test_defaults_are_applied_once() -> None:
    """Whoever applies them again changes nothing."""
    once = with_defaults(settings("gpt-6-luna", {"reasoning_effort": "low"}))
    assert with_defaults(once) == once


def test_elsewhere_a_name_says_nothing() -> None:
    """A gateway's gpt-6-luna may be any model."""
    elsewhere = settings("gpt-6-luna", base_url="https://gateway.example/v1")
    assert with_defaults(elsewhere) == elsewhere
    assert not ending(settings("gpt-4.1-mini", base_url="https://gateway.example/v1").api, date(2026, 11, 30))


@pytest.mark.parametrize(
    ("model", "today", "says"),
    [
        ("gpt-4.1-mini-2025-04-14", date(2026, 11, 30), "ends on 14 January 2027, replacement gpt-6-luna (developers."),
        ("gpt-4.1-nano", date(2026, 11, 30), "ended on 23 October 2026, replacement gpt-5.6-luna"),
        ("gpt-4.1-mini", date(2027, 1, 14), "ended on 14 January 2027"),
        ("gpt-6-luna", date(2026, 11, 30), ""),
    ],
)
def test_a_model_that_ends_is_named_with_its_replacement(model: str, today: date, says: str) -> None:
    """By the provider's page, with the day on which it was read."""
    told = ending(settings(model).api, today)
    assert says in told
    assert bool(says) == told.endswith("read 2026-11-30).")
