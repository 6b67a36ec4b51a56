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
    """`clock()` is the running time in seconds; `async with clock.within(60): ...` raises TimeoutError.

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
        self._open: dict[asyncio.Timeout, float] = {}

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
        now = self()
        for limit in [limit for limit, until in self._open.items() if until <= now]:
            del self._open[limit]
            limit.reschedule(0.0)  # at the next turn of the loop: what its sockets hold comes first
        self._beat = asyncio.get_running_loop().call_later(_BEAT, self._look)


class _Within:
    """A block with a deadline; a class, since a generator would take three times as long for each request."""

    def __init__(self, blocks: dict[asyncio.Timeout, float], until: float) -> None:
        self._blocks = blocks
        self._until = until
        self._limit = asyncio.timeout(None)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()
        self._blocks[self._limit] = self._until

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks.pop(self._limit, None)
        await self._limit.__aexit__(kind, error, trace)
