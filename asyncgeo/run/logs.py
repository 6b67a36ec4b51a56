"""Where a run writes what it does: a log to read and an event log for programs, under `<output-dir>/logs/`.

In: the output folder. Out: both, open for as long as the block lasts. Neither is worth a run: what a disk cannot take
is left out, and the error that ends the run is the one that the person reads.
"""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncgeo.errors import shown, shown_json
from asyncgeo.store import events, make_own_folder
from asyncgeo.store.events import EventLog
from asyncgeo.store.lock import unusable

log: Final = logging.getLogger("asyncgeo")


@contextmanager
def logging_to(folder: Path, copy: Callable[[bytes], None] | None = None) -> Iterator[EventLog]:
    """The event log of a run of this process, and beside it the log; `copy` gets the event log's lines as well.

    Raises ShardError when they cannot be written.
    """
    stem = folder / events.FOLDER / f"run_{datetime.now(UTC):%Y%m%dT%H%M%S%f}_{os.getpid()}"
    handler = _opened(stem)
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        with _event_log(stem, copy) as book:
            yield book
    finally:
        log.removeHandler(handler)
        handler.close()


def _opened(stem: Path) -> "_LogFile":
    path = stem.with_suffix(".log")
    try:
        make_own_folder(stem.parent)
        return _LogFile(path)
    except OSError as error:
        raise unusable(path, error) from None


def _event_log(stem: Path, copy: Callable[[bytes], None] | None) -> EventLog:
    path = stem.with_suffix(".jsonl")
    try:
        return EventLog(path, copy, lambda line: shown_json(line.decode()).encode())
    except OSError as error:
        raise unusable(path, error) from None


class _LogFile(logging.Handler):
    """The log at `path`, a new file: each record is one write, and a write that fails is no error of the run."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o666)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record as text that a terminal may show."""
        with suppress(OSError):
            os.write(self._descriptor, (shown(self.format(record)) + "\n").encode())

    def close(self) -> None:
        """Close the file; what the disk says now is too late to matter."""
        super().close()
        with suppress(OSError):
            os.close(self._descriptor)
