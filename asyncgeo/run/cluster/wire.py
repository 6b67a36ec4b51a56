"""The two ends of a connection between driver and worker, whatever carries it.

In: frames. Out: frames, in order; the news that the other end is gone. `local` and `cluster` make the ends.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Final, Protocol

SILENCE: Final = 15.0
"""Seconds without any frame after which the other end counts as gone: a worker's beat comes five times a second."""


class WireLost(Exception):
    """The other end is gone; the text says why, as far as is known."""


class Wire(Protocol):
    """One end."""

    def send(self, frame: bytes) -> None:
        """Let the frame go; it is lost where the other end is gone."""
        ...

    async def receive(self) -> bytes:
        """The next frame. Raises WireLost."""
        ...


class Starts(Protocol):
    """A way to start workers."""

    def start(self) -> AbstractAsyncContextManager[Wire]:
        """A worker for as long as the block lasts, then it is ended; entering raises WireLost when it cannot start.

        Raises UserError when no worker can ever be started this way.
        """
        ...


Told = Callable[[str], None]
"""Is told in words what the person should know."""
