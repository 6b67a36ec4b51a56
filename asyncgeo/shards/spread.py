"""One function over many files, on several cores where that is worth it.

In: a function and paths. Out: its results in the order of the paths, the same with one core or many.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Final, TypeVar

from asyncgeo.pools import Processes

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
    with Processes(count) as processes:
        futures = [processes.submit(work, path) for path in paths]
        for path, future in zip(paths, futures, strict=True):
            try:
                yield future.result()
            except BrokenProcessPool:  # a process was killed, for memory perhaps: slower alone, but no less right
                yield work(path)
