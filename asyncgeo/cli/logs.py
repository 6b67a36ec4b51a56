"""Where a run writes what it does: a log to read and a journal for programs, under `<output-dir>/logs/`.

In: the output folder. Out: both, open for as long as the block lasts.
"""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncgeo import journal
from asyncgeo.errors import ShardError
from asyncgeo.journal import Journal
from asyncgeo.shards import make_own_folder

log: Final = logging.getLogger("asyncgeo")


@contextmanager
def logging_to(folder: Path, copy: Callable[[bytes], None] | None = None) -> Iterator[Journal]:
    """The journal of a run of this process, and beside it the log; `copy` gets the journal's lines as well.

    Raises ShardError when they cannot be written.
    """
    stem = folder / journal.FOLDER / f"run_{datetime.now(UTC):%Y%m%dT%H%M%S%f}_{os.getpid()}"
    try:
        make_own_folder(stem.parent)
        handler = logging.FileHandler(stem.with_suffix(".log"), mode="x", encoding="utf-8")  # new, so never a link
        book = Journal(stem.with_suffix(".jsonl"), copy)
    except OSError as error:
        raise ShardError(f"{stem}.log cannot be written: {error.strerror}.", "Choose another --output-dir.") from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        with book:
            yield book
    finally:
        log.removeHandler(handler)
        handler.close()


def print_line(line: bytes) -> None:
    """A line for a program that reads our output, at once; when nobody reads any more, nothing."""
    try:
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so nothing is tried again, not even at exit
