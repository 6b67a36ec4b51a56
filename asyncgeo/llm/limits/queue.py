"""First come, first served: the queue in front of everything that a request must wait for.

In: those who want to send. Out: one at a time, in order of asking. Only the one at the head waits for buckets and
gates, so a large request is never overtaken by small ones, and no crowd rushes after a pause.
It knows no limits. Cancelling a waiting request, at any moment, passes the turn on.
"""

import asyncio
from collections import deque


class Queue:
    """A queue whose head can pause, be woken, and be turned away."""

    def __init__(self) -> None:
        self._busy = False
        self._closed: BaseException | None = None
        self._queue: deque[asyncio.Future[None]] = deque()
        self._pause: asyncio.Future[None] | None = None
        self._resting: set[asyncio.Future[None]] = set()

    @property
    def waiting(self) -> int:
        """How many have asked and are not through."""
        return len(self._queue) + self._busy

    async def enter(self) -> None:
        """Wait for the turn. Raises the error given to `close`."""
        self.check()
        if not self._busy:
            self._busy = True
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Pass the turn on."""
        while self._queue:
            turn = self._queue.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._busy = False

    async def pause(self, seconds: float) -> None:
        """Wait at the head, at most so long: until `wake` or `close`."""
        loop = asyncio.get_running_loop()
        self._pause = loop.create_future()
        timer = loop.call_later(seconds, self.wake)
        try:
            await self._pause
        finally:
            timer.cancel()
            self._pause = None

    async def rest(self, seconds: float) -> None:
        """Wait outside the queue. Raises the error given to `close`, at once when it comes."""
        self.check()
        loop = asyncio.get_running_loop()
        rest = loop.create_future()
        timer = loop.call_later(seconds, _finish, rest)
        self._resting.add(rest)
        try:
            await rest
        finally:
            timer.cancel()
            self._resting.discard(rest)

    def wake(self) -> None:
        """Let the head look again: something has changed."""
        if self._pause is not None:
            _finish(self._pause)

    def check(self) -> None:
        """Raise the error given to `close`, if any."""
        if self._closed is not None:
            raise self._closed

    def close(self, error: BaseException) -> None:
        """Turn everybody away with `error`, those who wait and those who come; the first error stays."""
        if self._closed is not None:
            return
        self._closed = error
        for turn in (*self._queue, *self._resting):
            if not turn.done():
                turn.set_exception(error)
        self._queue.clear()
        self.wake()


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
