"""Is the endpoint down? Evidence in; probes, and at last the end of the run, out.

In: which request succeeded or failed on transport, and when. Out: how long to wait before the next probe, or
EndpointDown. Pure but for the clock and the randomness it is given.

Down means: nothing has succeeded while several different problems failed. A problem that failed already while
others succeeded is no evidence: it may be the problem that breaks its connection.
"""

from collections.abc import Callable, Hashable
from random import Random
from typing import Final

from asyncgeo.errors import EndpointDown

_PROBLEMS: Final = 3
_FAILURES: Final = 8
"""So many failures in a row, of so many problems: with every third request failing at random that is 1 in 6,000."""

_FIRST_GAP: Final = 0.5
_LAST_GAP: Final = 30.0
"""Seconds between probes, doubling from the first to the last."""


class Outage:
    """Watches for an endpoint that is down, and spaces the probes while it is."""

    def __init__(self, give_up_after: float, clock: Callable[[], float], rng: Random) -> None:
        self._give_up_after = give_up_after
        self._clock = clock
        self._rng = rng
        self._suspects: set[Hashable] = set()  # failed while others succeeded
        self._evidence: set[Hashable] = set()
        self._failures = 0
        self._since = 0.0
        self._answered_at = float("-inf")
        self._words = ""
        self._gap = _FIRST_GAP
        self._next_probe = 0.0
        self._probing = False
        self.down = False

    def wait(self) -> float:
        """Seconds until the next request may go: 0 while all is well. Raises EndpointDown when it is time."""
        if not self.down:
            return 0.0
        now = self._clock()
        left = self._since + self._give_up_after - now
        if left <= 0:
            raise EndpointDown(
                f"The endpoint has not answered for {now - self._since:.0f} s ({self._words}).",
                "Check api.base_url and the network, then run the same command again: finished rows are kept.",
            )
        return min(left, _LAST_GAP if self._probing else max(0.0, self._next_probe - now))

    def probe(self) -> bool:
        """The next request goes now; True makes it a probe, and nobody else goes until it is over."""
        self._probing = self.down
        return self.down

    def succeeded(self, asker: Hashable, *, probe: bool = False) -> None:
        """A request was answered, with whatever: the endpoint is there."""
        if not self.down:  # after a real outage nobody is suspected
            self._suspects |= self._evidence
        self._suspects.discard(asker)
        self._evidence.clear()
        self._failures = 0
        self._answered_at = self._clock()
        self._gap = _FIRST_GAP
        self.down = False
        self._probing = self._probing and not probe

    def failed(self, asker: Hashable, words: str, sent_at: float, *, probe: bool = False) -> None:
        """A request failed on transport; one sent before the last success tells nothing of now."""
        now = self._clock()
        if probe:
            self._probing = False
            self._gap = min(_LAST_GAP, self._gap * 2)
            self._next_probe = now + self._gap * self._rng.uniform(0.75, 1.25)
        if asker in self._suspects or sent_at < self._answered_at:
            return
        if not self._evidence:
            self._since = now
        self._evidence.add(asker)
        self._failures += 1
        self._words = words
        if not self.down and len(self._evidence) >= _PROBLEMS and self._failures >= _FAILURES:
            self.down = True
            self._next_probe = now + self._gap * self._rng.uniform(0.75, 1.25)

    def gone(self, *, probe: bool) -> None:
        """A request is over, perhaps without telling anything: it was cancelled."""
        self._probing = self._probing and not probe
