from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st
from support.cases import for_each

from asyncgeo.llm.rate_headers import RateHeaders, Window, duration, named_wait, read_limits, retry_after, until

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC).timestamp()


def wall() -> float:
    return NOW


@for_each(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "99"}, 1.5),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:20 GMT"}, 20.0),
        ({"retry-after": "Mon, 30 Nov 2026 12:00:20 -0000"}, 20.0),
        ({"retry-after": "Mon, 30 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "6m0s"}, 360.0),
        ({"retry-after": "1796040020"}, 20.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after_is_read_in_every_form(headers: dict[str, str], seconds: float | None) -> None:
    """Milliseconds before seconds before a date; nonsense counts as nothing."""
    assert retry_after(headers, wall) == seconds


@for_each(
    ("text", "seconds"),
    [
        ("6m0s", 360.0),
        ("12ms", 0.012),
        ("350µs", 0.00035),
        ("8.64s", 8.64),
        ("1h0m30s", 3630.0),
        ("2d", 172800.0),
        ("1d2h", 93600.0),
        ("2 days", 172800.0),
        ("6 minutes", 360.0),
        ("59", 59.0),
        ("-1", None),
        ("", None),
        ("6 months", None),
        ("a minute", None),
        (None, None),
    ],
)
def test_durations_are_read_as_servers_write_them(text: str | None, seconds: float | None) -> None:
    """Go's notation, words, or a bare number of seconds."""
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "reset",
    [
        "30",
        "30s",
        "30000ms",
        "0.5m",
        "1796040030",
        "1796040030.0",
        "1796040030000",
        "2026-11-30T12:00:30Z",
        "2026-11-30T12:00:30.000000+00:00",
        "2026-11-30T13:00:30+01:00",
        "2026-11-30T12:00:30",
        "2026-11-30 12:00:30",
        "Mon, 30 Nov 2026 12:00:30 GMT",
        "Mon, 30 Nov 2026 12:00:30 -0000",
    ],
)
def test_a_reset_is_read_in_every_form(reset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Durations, epochs in seconds and milliseconds, dates; a date without a zone is UTC, wherever we are."""
    monkeypatch.setenv("TZ", "Asia/Seoul")
    headers = {"x-ratelimit-limit-requests": "600", "x-ratelimit-reset-requests": reset}
    found = read_limits(headers, wall)
    assert found is not None
    assert found.requests.reset == pytest.approx(30.0)


def test_a_moment_counts_from_the_servers_own_clock() -> None:
    """A machine whose clock is an hour slow is not asked to wait an hour."""
    headers = {"date": "Mon, 30 Nov 2026 13:00:00 GMT", "retry-after": "Mon, 30 Nov 2026 13:00:07 GMT"}
    assert retry_after(headers, wall) == 7.0


SPELLINGS = {
    "OpenAI": (
        {
            "x-ratelimit-limit-requests": "500",
            "x-ratelimit-remaining-requests": "499",
            "x-ratelimit-reset-requests": "120ms",
            "x-ratelimit-limit-tokens": "200000",
        },
        RateHeaders(Window(500, 499, 0.12), Window(200000)),
    ),
    "Mistral": (
        {
            "x-ratelimit-limit-req-minute": "300",
            "x-ratelimit-remaining-req-minute": "12",
            "x-ratelimit-limit-tokens-minute": "50000",
            "x-ratelimit-remaining-tokens-minute": "41000",
        },
        RateHeaders(Window(300, 12), Window(50000, 41000)),
    ),
    "Cerebras": (
        {
            "x-ratelimit-limit-requests-day": "14400",
            "x-ratelimit-remaining-requests-day": "14000",
            "x-ratelimit-reset-requests-day": "33011.3",
            "x-ratelimit-limit-tokens-minute": "60000",
            "x-ratelimit-remaining-tokens-minute": "58000",
            "x-ratelimit-reset-tokens-minute": "11.3",
        },
        RateHeaders(tokens=Window(60000, 58000, 11.3)),
    ),
    "Anthropic": (
        {
            "anthropic-ratelimit-requests-limit": "50",
            "anthropic-ratelimit-requests-remaining": "49",
            "anthropic-ratelimit-requests-reset": "2026-11-30T12:00:01Z",
            "anthropic-ratelimit-tokens-limit": "30000",
        },
        RateHeaders(Window(50, 49, 1.0), Window(30000)),
    ),
    "IETF": (
        {
            "ratelimit-limit": "100, 100;w=60",
            "ratelimit-policy": "100;w=60",
            "ratelimit-remaining": "7",
            "ratelimit-reset": "31",
        },
        RateHeaders(Window(100, 7, 31.0)),
    ),
    "IETF, newer": (
        {"ratelimit-policy": '"burst";q=90;w=60', "ratelimit": '"burst";r=80;t=5'},
        RateHeaders(Window(90, 80, 5.0)),
    ),
    "IETF, five minutes": (
        {"ratelimit-policy": "500;w=300", "ratelimit-limit": "500", "ratelimit-remaining": "7"},
        RateHeaders(Window(None, 7)),
    ),
    "no window": (
        {"x-ratelimit-limit": "20", "x-ratelimit-remaining": "3", "x-ratelimit-reset": "1796040040000"},
        RateHeaders(Window(None, 3, 40.0)),
    ),
    "Azure, nothing known": ({"x-ratelimit-limit-requests": "0", "x-ratelimit-remaining-requests": "-1"}, None),
    "hours": ({"x-ratelimit-limit-requests-hour": "100", "x-ratelimit-remaining-requests-hour": "0"}, None),
    "nothing": ({}, None),
    "nonsense": ({"x-ratelimit-limit-requests": "9" * 400, "x-ratelimit-reset-tokens": "whenever"}, None),
}


@for_each("server", SPELLINGS)
def test_every_server_spells_its_limits_in_its_own_way(server: str) -> None:
    """What is per minute is read; of another window, or of one without a name, the limit is left out."""
    headers, found = SPELLINGS[server]
    assert read_limits(headers, wall) == found


@for_each(
    ("window", "longer"),
    [
        (Window(10_000, 9_999, 8.64), True),  # a day that fills as it is used
        (Window(14_400, 14_370, 179.56), True),
        (Window(50, 12, 40_000.0), True),  # until midnight
        (Window(600, 599, 0.1), False),
        (Window(600, 0, 60.0), False),
        (Window(600, 300, None), False),
        (Window(None, None, None), False),
    ],
)
def test_a_window_longer_than_a_minute_is_known_by_its_reset(window: Window, *, longer: bool) -> None:
    """Groq gives requests per day under OpenAI's name for requests per minute."""
    assert window.is_longer is longer


@for_each(
    ("headers", "seconds"),
    [
        ({"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "18000"}, 18_000.0),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "5h"}, 18_000.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1796058000"}, 18_000.0),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1796058000", "retry-after": "2"}, 2.0),
        ({"x-ratelimit-remaining-requests-day": "5", "x-ratelimit-reset-requests-day": "18000"}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "40"}, None),
        ({}, None),
    ],
)
def test_an_empty_window_of_hours_is_a_wait_until_it_is_full(headers: dict[str, str], seconds: float | None) -> None:
    """What the server names itself counts before it; a window of a minute is paced, not waited for."""
    assert named_wait(headers, wall) == seconds


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(
            (
                "retry-after",
                "date",
                "ratelimit",
                "ratelimit-policy",
                "x-ratelimit-remaining",
                "x-ratelimit-reset",
                "x-ratelimit-limit-requests",
                "x-ratelimit-reset-requests-day",
            )
        ),
        st.text("0123456789dhmsnuµ.:TZ,;=wqrteGM+- \0é", max_size=30),
    )
)
def test_no_header_is_too_strange(headers: dict[str, str]) -> None:
    """Whatever they hold, reading ends in numbers that are not negative, or in nothing."""
    read_limits(headers, wall)
    assert (named_wait(headers, wall) or 0.0) >= 0.0


def test_a_long_wait_is_described_with_its_end() -> None:
    """How long, and until when on both clocks."""
    assert until(5 * 3600 + 720, wall).startswith("5 h 12 min, until 2026-11-30 ")
    assert until(5 * 3600 + 720, wall).endswith("(2026-11-30 17:12 UTC)")
    assert until(timedelta(days=3, hours=2).total_seconds(), wall).startswith("3 d 2 h, until 2026-12-0")
    assert until(1e300, wall) == "for more than a year"
