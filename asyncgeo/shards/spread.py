"""One function over many files, on several cores where that is worth it.

In: a function and paths. Out: its results in the order of the paths, the same with one core or many.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

T = TypeVar("T")

_WORTH: Final = 1 << 28  # bytes; less is read by one core before other processes have started
_MOST: Final = 8  # processes; beyond, the disk and the one who gathers the results set the pace


def spread(work: Callable[[Path], T], paths: Sequence[Path], *, worth: int = _WORTH) -> Iterator[T]:
    """`work(path)` for each path; `work` must be a function that another process can import."""
    size = sum(path.stat().st_size for path in paths if path.exists())
    count = min(os.cpu_count() or 1, len(paths), _MOST)
    if count < 2 or size < worth:  # noqa: PLR2004
        yield from map(work, paths)
        return
    done = 0
    pool = ProcessPoolExecutor(count, get_context(_method()), initializer=_ignore_interrupt)
    try:
        for result in pool.map(work, paths):
            yield result
            done += 1
    except BrokenProcessPool:  # a process was killed, for memory perhaps: slower alone, but no less right
        yield from map(work, paths[done:])
    finally:
        pool.shutdown(cancel_futures=True)


def _method() -> str:
    """A fork costs a hundredth of a second, a process started afresh a quarter; but threads do not survive a fork."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _ignore_interrupt() -> None:
    """Ctrl-C reaches every process of the terminal; the one that asked decides."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
