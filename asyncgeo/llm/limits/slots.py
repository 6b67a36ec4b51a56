"""How many problems may be in work at once: slots, taken before a task is made and released when it ends.

In: a size, which may change at any time. Out: slots in order of asking. It knows neither tasks nor why it changes.
"""

import asyncio
from collections import deque


class Slots:
    """A semaphore whose size can change; shrinking takes effect as slots are released."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.in_use = 0
        self.fillings = 0  # how often the last free slot was taken: whether there are too few
        self._queue: deque[asyncio.Future[None]] = deque()

    @property
    def wanted(self) -> bool:
        """Whether somebody waits for one."""
        return bool(self._queue)

    async def acquire(self) -> None:
        """Wait for a slot and take it."""
        if self.in_use < self.size and not self._queue:
            self._take()
            return
        turn = asyncio.get_running_loop().create_future()
        self._queue.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.release()
            raise

    def release(self) -> None:
        """Give a slot back."""
        self.in_use -= 1
        self._pass_on()

    def resize(self, size: int) -> None:
        """Change how many there are."""
        self.size = size
        self._pass_on()

    def _pass_on(self) -> None:
        while self._queue and self.in_use < self.size:
            turn = self._queue.popleft()
            if not turn.done():
                self._take()
                turn.set_result(None)

    def _take(self) -> None:
        self.in_use += 1
        self.fillings += self.in_use == self.size
