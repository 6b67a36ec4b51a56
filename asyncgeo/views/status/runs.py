"""The event logs of a folder, followed while they grow → what became of the latest runs.

In: a folder, who holds its shards, the time. Out: `Run`s. It looks at processes and never sends them anything.

A run is running while a process with its number holds a shard. Between its first event and the lock, and between the
last row and `ended`, there is a moment without one: a process that lives and wrote just now is running too. A number
alone proves little, the system gives it to others later.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from asyncgeo.errors import EXIT_FINISHED, EXIT_INCOMPLETE, EXIT_INTERRUPTED, EXIT_STOPPED
from asyncgeo.store import Holder, events
from asyncgeo.store.events import Ended, Event, Lost, Merged, Progress, Said, Started
from asyncgeo.views.status.tail import Tail

RunState = Literal["running", "finished", "stopped", "interrupted", "failed", "killed"]
"""`finished`: everything was asked, and the exit code says whether all have a verdict; `stopped`: by the endpoint or a
limit; `failed`: something the person can fix; `killed`: it could not say why."""

LATEST: Final = 64
"""Journals looked at: more runs than that do not go on at once in one folder."""
_JUST_NOW: Final = timedelta(seconds=15)
_KEPT: Final = 3  # of the last errors and of what was said

_BY_EXIT_CODE: Final[dict[int, RunState]] = {
    EXIT_FINISHED: "finished",
    EXIT_INCOMPLETE: "finished",
    EXIT_STOPPED: "stopped",
    EXIT_INTERRUPTED: "interrupted",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run by its event log; `seen` is the time of its last event."""

    event_log: Path
    state: RunState
    seen: str
    started: Started
    progress: Progress | None
    ended: Ended | None
    merged: Merged | None
    errors: tuple[Lost, ...]
    said: tuple[Said, ...]

    @property
    def range(self) -> tuple[int, int]:
        """The positions it covers."""
        return self.started.start, self.started.end


class Books:
    """The latest event logs of a folder; `read()` before each look."""

    def __init__(self, folder: Path, lives: Callable[[int], bool] | None = None) -> None:
        self._folder = folder
        self._lives = lives or is_alive
        self._books: dict[Path, _Book] = {}

    def read(self) -> None:
        """Read what is new in the event logs; one that cannot be read is passed over."""
        paths = events.event_logs(self._folder)[-LATEST:]
        self._books = {path: self._books.get(path) or _Book(path) for path in paths}
        for book in self._books.values():
            with suppress(OSError):
                book.read()

    def runs(self, holders: Sequence[Holder], now: datetime) -> list[Run]:
        """Every run of these event logs, in the order in which they began."""
        found = [self._run(book, holders, now) for book in self._books.values()]
        return sorted((run for run in found if run is not None), key=lambda run: run.started.at)

    def _run(self, book: "_Book", holders: Sequence[Holder], now: datetime) -> Run | None:
        state = book.state
        if state.started is None:
            return None
        return Run(
            event_log=book.path,
            state=self._state(state.started.pid, state, holders, now),
            seen=state.seen,
            started=state.started,
            progress=state.progress,
            ended=state.ended,
            merged=state.merged,
            errors=tuple(state.errors),
            said=tuple(state.said),
        )

    def _state(self, pid: int, state: "_LogState", holders: Sequence[Holder], now: datetime) -> RunState:
        if state.ended is not None:
            return _BY_EXIT_CODE.get(state.ended.exit_code, "failed")
        if any(holder.pid == pid for holder in holders):
            return "running"
        nameless = any(not holder.pid for holder in holders)
        recent = now - moment(state.seen) < _JUST_NOW
        return "running" if (nameless or recent) and self._lives(pid) else "killed"


@dataclass(slots=True)
class _LogState:
    """What an event log has said so far, as far as it matters later."""

    seen: str = ""
    started: Started | None = None
    progress: Progress | None = None
    ended: Ended | None = None
    merged: Merged | None = None
    errors: deque[Lost] = field(default_factory=lambda: deque(maxlen=_KEPT))
    said: deque[Said] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def note(self, event: Event) -> None:
        self.seen = event.at
        match event:
            case Started():
                self.started = event
            case Progress():
                self.progress = event
            case Lost():
                self.errors.append(event)
            case Said():
                self.said.append(event)
            case Ended():
                self.ended = event
            case Merged():
                self.merged = event


class _Book:
    """One event log, as far as it has been read."""

    def __init__(self, path: Path) -> None:
        self.path: Final = path
        self.state = _LogState()
        self._tail = Tail(path, self._take, self._forget)

    def read(self) -> None:
        self._tail.read()

    def _take(self, _: int, line: bytes) -> bool:
        try:
            self.state.note(events.decode(line))
        except ValueError:
            return line.endswith(b"\n")
        return True

    def _forget(self) -> None:
        self.state = _LogState()


def latest(runs: Sequence[Run]) -> list[Run]:
    """The runs that matter now: those that go on, or else the last one, and all that went on beside them.

    Of several on one range only the last counts: it has taken the others' place.
    """
    by_range = {run.range: run for run in runs}
    last = sorted(by_range.values(), key=lambda run: run.started.at)[-1:]
    mine = [run for run in by_range.values() if run.state == "running"] or last
    rest = [run for run in by_range.values() if run not in mine]
    while beside := [run for run in rest if any(_overlap(run, each) for each in mine)]:
        mine += beside
        rest = [run for run in rest if run not in beside]
    return sorted(mine, key=lambda run: (run.range, run.started.at))


def moment(at: str) -> datetime:
    """The time of an event; long ago where it has none."""
    with suppress(ValueError):
        found = datetime.fromisoformat(at)
        return found if found.tzinfo else found.astimezone()
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def is_alive(pid: int) -> bool:
    """Whether a process has this number now."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        return True
    return True


def _overlap(one: Run, other: Run) -> bool:
    return moment(one.started.at) <= moment(other.seen) and moment(other.started.at) <= moment(one.seen)


def total(runs: Iterable[Run]) -> Progress | None:
    """The runs as one; None without any progress."""
    return events.summed(run.progress for run in runs if run.progress is not None)
