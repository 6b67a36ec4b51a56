"""Words say that the account is out of money, while others were just answered: one probe decides.

In: refusals for want of quota, answers. Out: whether it is certain, or for how long the probe waits; a gate at which
all others wait meanwhile. Servers use the same words for an empty account and for the limit of a minute, so what the
endpoint did last counts for more than what it says. It sends nothing and knows no limits.
"""

import asyncio
from collections.abc import Callable, Hashable
from typing import Final

_WINDOW: Final = 60.0
"""Seconds: answers that came within the last one make words of money doubtful. Limits are of a minute, mostly."""


class Doubt:
    """Holds requests back while one of them probes.

    Args:
        pause: seconds before the probe.
        clock: seconds.
    """

    def __init__(self, pause: float, clock: Callable[[], float]) -> None:
        self._pause = pause
        self._clock = clock
        self._answered_at = float("-inf")
        self._cleared_at = float("-inf")
        self._prober: Hashable = None
        self._over = asyncio.Event()

    def holds(self, asker: Hashable) -> bool:
        """Whether this request has to wait for somebody else's probe."""
        return self._prober is not None and asker != self._prober

    async def over(self) -> None:
        """Wait until the probe is over."""
        await self._over.wait()

    def answered(self, asker: Hashable) -> None:
        """The endpoint gave an answer."""
        self._answered_at = self._clock()
        if asker == self._prober:
            self._cleared_at = self._answered_at
            self.leave(asker)

    def refused(self, asker: Hashable, sent_at: float) -> float | None:
        """Seconds until this request may go again, as the probe or after it; None where the refusal is certain."""
        now = self._clock()
        if self._prober is not None:
            return None if asker == self._prober else 0.0
        if sent_at <= self._cleared_at:  # it was on its way before the probe
            return 0.0
        if now - self._answered_at > _WINDOW:
            return None
        self._prober = asker
        self._over = asyncio.Event()
        return self._pause

    def leave(self, asker: Hashable) -> None:
        """This request is over, however; if it was the probe, the others may go."""
        if asker == self._prober:
            self._prober = None
            self._over.set()
