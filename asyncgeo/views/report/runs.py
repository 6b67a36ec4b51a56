"""The events of a run → what its timeline shows.

In: events in the order in which they were written. Out: plain values ready for JSON. An event log that lost its
beginning or its end to a crash shows what is left.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

from asyncgeo.store.events import Ended, Lost, Merged, Progress, Said, Started
from asyncgeo.views.report.content import LoggedRun

POINTS: Final = 400
"""Of a timeline: more than a line on a screen shows, and a run of a day has 86,400 seconds."""
_MESSAGES: Final = 200
"""Messages and failures kept of a run, the last ones."""

_LEVELS: Final = ("elapsed", "done", "rate", "cost", "in_flight", "slots")
_MEANS: Final = ("requests_used", "tokens_used")
_LIMITS: Final = ("requests_limit", "tokens_limit")
_COUNTERS: Final = ("retries", "rate_limited")


def timeline(run: LoggedRun) -> dict[str, Any]:
    """One run: who asked whom, its course, its messages, its end."""
    events = run.events
    progress = [event for event in events if isinstance(event, Progress)]
    started = next((event for event in events if isinstance(event, Started)), None)
    begin = started.at if started is not None else (events[0].at if events else "")
    return {
        "name": run.name,
        "at": begin,
        "started": None if started is None else _started(started),
        "points": columns(progress, begin),
        "last": progress[-1] if progress else None,
        "said": [[_since(begin, e.at), e.level, e.text] for e in events if isinstance(e, Said)][-_MESSAGES:],
        "lost": sum(isinstance(event, Lost) for event in events),
        "ended": next((event for event in reversed(events) if isinstance(event, Ended)), None),
        "merged": next((event for event in reversed(events) if isinstance(event, Merged)), None),
    }


def columns(progress: Sequence[Progress], begin: str, most: int = POINTS) -> dict[str, list[Any]]:
    """The course of a run in columns of at most `most` points: `t` in seconds since its begin.

    What is used is the mean of a point's events, what is counted (retries, 429s) what came since the point before;
    no event is lost by thinning.
    """
    groups = list(_groups(progress, most))
    found: dict[str, list[Any]] = {"t": [_round(_since(begin, group[-1].at)) for group in groups]}
    for name in (*_LEVELS, *_LIMITS):
        found[name] = [_round(getattr(group[-1], name)) for group in groups]
    for name in _MEANS:
        found[name] = [_round(sum(getattr(each, name) for each in group) / len(group)) for group in groups]
    for name in _COUNTERS:
        levels = [0, *(getattr(group[-1], name) for group in groups)]
        found[name] = [max(0, after - before) for before, after in pairwise(levels)]
    found["cool_down"] = [_round(max(each.cool_down for each in group)) for group in groups]
    return found


def _groups(progress: Sequence[Progress], most: int) -> Iterator[Sequence[Progress]]:
    """Neighbouring events together, in at most that number of groups of nearly one size."""
    count = min(most, len(progress))
    cuts = [len(progress) * k // count for k in range(count + 1)] if count else []
    return (progress[low:high] for low, high in pairwise(cuts))


def _started(event: Started) -> dict[str, Any]:
    return {
        "version": event.version,
        "command": list(event.command),
        "model": event.model,
        "base_url": _without_user(event.base_url),
        "offline": event.offline,
        "input": event.input,
        "start": event.start,
        "end": event.end,
        "total": event.total,
        "budget": event.budget,
    }


def _without_user(url: str) -> str:
    """A URL may carry a password; a report is shown around."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _since(begin: str, at: str) -> float:
    try:
        return (datetime.fromisoformat(at) - datetime.fromisoformat(begin)).total_seconds()
    except (ValueError, TypeError):  # no time, or one with a zone and one without
        return 0.0


def _round(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.6g}")
