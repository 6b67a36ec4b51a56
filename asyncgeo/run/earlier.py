"""A folder → a problem that a model has answered in it before, to be asked again.

In: the folder, the model as requests name it. Out: a `Problem`, or None; or which other model has answered. It reads
rows until it finds one, and event logs only where no row names the model so: replies name it otherwise
(`gpt-4.1-mini-2025-04-14` for `gpt-4.1-mini`, a path for a local one), but each run's log says what it asked, and a row
when it was answered.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from asyncgeo import rules, store
from asyncgeo.llm.models import undated
from asyncgeo.schema.records import RULES_MODEL, Failed, Meta, Problem, Skipped
from asyncgeo.store import events, lines
from asyncgeo.store.events import Started
from asyncgeo.store.lines import AnyRow, Original

_DATED: Final = re.compile(r"-\d{4}-?\d{2}-?\d{2}")
_SLACK: Final = timedelta(seconds=1)  # a row's time is cut to milliseconds, and precedes the log's last line

RunTime = tuple[datetime, datetime]


def answered_before(folder: Path, model: str, find: Callable[[str], Problem | None]) -> Problem | None:
    """A problem with a verdict of the model in the folder; `find` gives that of an id. Raises ShardError."""
    named = _first(folder, lambda meta: _is_named(meta.model, model), model, find)
    if named is not None:
        return named
    mine, others = _spans(folder, model)
    return _first(folder, lambda meta: _is_within(meta, mine) and not _is_within(meta, others), model, find)


def other_model(folder: Path, model: str) -> str:
    """The model whose answers the folder holds where it is not this one; empty once a run has asked this one.

    By the name with which it was asked, where an event log has it; replies may name it otherwise.
    """
    rows = (row for row, _ in _verdicts(folder, "model") if not isinstance(row, Original))
    answered = next((row.meta.model for row in rows if row.meta is not None and row.meta.model), "")
    asked = list(_asked(folder))
    if not answered or _is_named(answered, model) or model in asked:
        return ""
    return asked[-1] if asked else undated(answered)


def _asked(folder: Path) -> Iterator[str]:
    """The models that runs of the folder have asked, in their order."""
    for path in events.event_logs(folder):
        with suppress(OSError, ValueError):
            started = next((event for event in events.read(path) if isinstance(event, Started)), None)
            if started is not None and not started.offline:
                yield started.model


def _first(
    folder: Path, is_by: Callable[[Meta], bool], model: str, find: Callable[[str], Problem | None]
) -> Problem | None:
    """The first problem that a row of the model is about and that is still asked."""
    for row, text in _verdicts(folder, "rules" if model == RULES_MODEL else "model"):
        if not isinstance(row, Original) and row.meta is not None and is_by(row.meta):
            problem = Problem(row.id, text) if text else find(row.id)
            if problem is not None and rules.screen(problem.text).reason is None:
                return problem
    return None


def _verdicts(folder: Path, source: str) -> Iterator[tuple[AnyRow, str]]:
    """Every verdict of the source, with the text that it is about where the row holds it."""
    for _, path in store.find(folder):
        for row, _, _ in lines.read(path, lambda _: None):
            if isinstance(row, Failed | Original) or row.source != source:
                continue
            if isinstance(row, Skipped):
                yield row, ""
            elif row.error is None and row.kind is None:
                yield row, row.original_text


def _is_named(answered: str, asked: str) -> bool:
    """Whether the reply names the model that was asked for, or a dated version of it."""
    return answered.startswith(asked) and bool(answered == asked or _DATED.fullmatch(answered[len(asked) :]))


def _spans(folder: Path, model: str) -> tuple[list[RunTime], list[RunTime]]:
    """When runs asked this model, and when they asked others."""
    mine, others = list[RunTime](), list[RunTime]()
    for path in events.event_logs(folder):
        with suppress(OSError, ValueError):
            read = list(events.read(path))
            started = next((event for event in read if isinstance(event, Started)), None)
            if started is not None:
                span = datetime.fromisoformat(started.at), datetime.fromisoformat(read[-1].at) + _SLACK
                (mine if started.model == model else others).append(span)
    return mine, others


def _is_within(meta: Meta, spans: list[RunTime]) -> bool:
    with suppress(ValueError, TypeError):
        moment = datetime.fromisoformat(meta.answered or meta.at)
        return any(begin <= moment <= end for begin, end in spans)
    return False
