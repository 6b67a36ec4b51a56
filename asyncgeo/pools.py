"""Processes that work for this one: out of its way, deaf to Ctrl-C, and gone when it is gone.

In: how many. Out: a pool that opens again after one of them has died. It knows not what they do.

They are started afresh, not forked, since who asks has threads. Each listens at a pipe that nobody writes to: the
other end closes when this process ends, however it ends, and when it wants them to.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

T = TypeVar("T")
R = TypeVar("R")

_NICENESS: Final = 10
"""They give way to whatever else wants the processor, above all to this process."""


class Processes:
    """A pool of processes, opened when it is first needed and again after one has died."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ProcessPoolExecutor | None = None
        self._listening, self._open_end = multiprocessing.get_context("spawn").Pipe(duplex=False)

    def open(self) -> ProcessPoolExecutor:
        """The pool."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self._count, multiprocessing.get_context("spawn"), initializer=_settle_in, initargs=(self._listening,)
            )
        return self._pool

    def submit(self, work: Callable[[T], R], given: T) -> "Future[R]":
        """Have a process do it. Raises BrokenProcessPool after one has died, OSError when none can be started.

        A process that is started here inherits what this thread has blocked: Ctrl-C finds it deaf from the beginning.
        """
        pool = self.open()  # first: it starts multiprocessing's tracker, which unblocks what is blocked
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return pool.submit(work, given)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def discard(self, broken: ProcessPoolExecutor) -> bool:
        """Open another pool next time; said for all that the broken one had in work, true once."""
        if self._pool is not broken:
            return False
        self._pool = None
        broken.shutdown(wait=False)
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        self._open_end.close()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        self._listening.close()


def _settle_in(listening: "Connection") -> None:
    """Give way, and end with the one that asked."""
    with suppress(OSError):
        os.nice(_NICENESS)
    threading.Thread(target=_end_with_parent, args=(listening,), daemon=True).start()


def _end_with_parent(listening: "Connection") -> None:
    with suppress(EOFError, OSError):
        listening.recv_bytes()
    os._exit(1)
