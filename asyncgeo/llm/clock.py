"""The time during which this program ran: a process that was stopped does not age.

In: the monotonic clock. Out: seconds that leave out every gap in which the event loop did not run (SIGSTOP, Ctrl-Z, a
frozen machine, a long computation), and deadlines in these seconds. It does not know what is waited for.

A deadline on the loop's own timers expires while the process is stopped, and the loop then cancels a request whose
reply lies in the socket's buffer. Here one beat, a few times a second, sees that the loop was away and moves every
deadline by as much; and a deadline that has passed lets the loop read its sockets once more before it cancels.
"""

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

_BEAT: Final = 0.2
"""Seconds between two looks; a deadline expires up to this much late."""
_GAP: Final = 0.5
"""Seconds without any sign of the loop that are a gap: two beats were missed."""


class Clock:
    """`clock()` is the running time in seconds; `with clock.within(60): ...` raises TimeoutError.

    Gaps are noticed between `start` and `stop`, which may be nested: what needs deadlines starts the beat.

    Args:
        wall: seconds, monotonic.
    """

    def __init__(self, wall: Callable[[], float] = time.monotonic) -> None:
        self._wall = wall
        self._gaps = 0.0
        self._seen = wall()
        self._users = 0
        self._beat: asyncio.TimerHandle | None = None
        self._open: dict[_Within, float] = {}

    def __call__(self) -> float:
        """Seconds; only differences mean something."""
        now = self._wall()
        if self._users and now - self._seen > _GAP:
            self._gaps += now - self._seen
        self._seen = now
        return now - self._gaps

    def start(self) -> None:
        """Watch the running event loop for gaps."""
        self._users += 1
        if self._users == 1:
            self._seen = self._wall()
            self._look()

    def stop(self) -> None:
        """The last `stop` ends the watch."""
        self._users -= 1
        if not self._users and self._beat is not None:
            self._beat.cancel()

    def within(self, seconds: float) -> "_Within":
        """The block, at most this long; raises TimeoutError. The clock must have been started."""
        return _Within(self._open, self() + seconds)

    def _look(self) -> None:
        now, loop = self(), asyncio.get_running_loop()
        for limit in [limit for limit, until in self._open.items() if until <= now]:
            del self._open[limit]
            loop.call_soon(limit.expire)  # at the next turn of the loop: what its sockets hold comes first
        self._beat = loop.call_later(_BEAT, self._look)


class _Within:
    """A block with a deadline, in one task. As `asyncio.timeout`, at a third of what that costs each request."""

    def __init__(self, blocks: "dict[_Within, float]", until: float) -> None:
        self._blocks = blocks
        self._until = until
        self._task: asyncio.Task[object] | None = None  # while it is in the block
        self._cancelled = 0  # how often it had been, before
        self._is_over = False

    def __enter__(self) -> None:
        self._task = asyncio.current_task()
        if self._task is None:
            raise RuntimeError("a deadline is for a task")
        self._cancelled = self._task.cancelling()
        self._blocks[self] = self._until

    def expire(self) -> None:
        """The time is over: cancel what is awaited in the block."""
        if self._task is not None:
            self._is_over = True
            self._task.cancel()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.pop(self, None)
        task, self._task = self._task, None
        is_ours = self._is_over and task is not None and task.uncancel() <= self._cancelled
        if is_ours and isinstance(error, asyncio.CancelledError):
            raise TimeoutError from error
