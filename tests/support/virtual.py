"""An event loop whose time passes only when nothing is left to do: hours of waiting in milliseconds, exactly."""

import asyncio
import selectors


class _Skipping(selectors.DefaultSelector):
    """Instead of waiting for a time-out, moves the clock."""

    now = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise AssertionError("everybody waits, and nothing will ever wake them")
        ready = super().select(0)
        if not ready:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """Its `time` is virtual; sockets do not belong here."""

    def __init__(self) -> None:
        self._skipping = _Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def now() -> float:
    """The virtual time of the running loop."""
    return asyncio.get_running_loop().time()
