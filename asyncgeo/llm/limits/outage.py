"""Is the endpoint down? Evidence in; probes, and at last the end of the run, out.

In: which request succeeded or failed on transport, and when. Out: how long to wait before the next probe, or
EndpointDown. Pure but for the clock and the randomness it is given.

Down means: nothing has succeeded while several different problems failed. A problem that failed already while
others succeeded is no evidence: it may be the problem that breaks its connection.

An endpoint of which nothing was ever heard is down after its first few failures, of one problem too, and is given up
sooner: its address is wrong more often than it is about to start. One that says that it has no room is there.
"""

from collections.abc import Callable, Hashable
from random import Random
from typing import Final

from asyncgeo.errors import EndpointDown

_PROBLEMS: Final = 3
_FAILURES: Final = 8
"""Failures in a row, and problems among them: with every third request failing at random that is 1 in 6,000."""

_FIRST_FAILURES: Final = 3
"""The same before anything was ever heard of the endpoint."""

_FIRST_GAP: Final = 0.5
_LAST_GAP: Final = 30.0
"""Seconds between probes, doubling from the first to the last."""
_STARTING_GAP: Final = 5.0
"""The last gap for an endpoint that has never answered: a server that starts is soon there."""

_NEVER: Final = float("-inf")


class Outage:
    """Watches for an endpoint that is down, and spaces the probes while it is.

    Args:
        give_up_after: seconds without an answer after which the run ends.
        clock: seconds.
        rng: spreads the probes.
        wait: the same before anything was ever heard of the endpoint; None makes no difference.
    """

    def __init__(
        self, give_up_after: float, clock: Callable[[], float], rng: Random, wait: float | None = None
    ) -> None:
        self._give_up_after = give_up_after
        self._wait = wait
        self._clock = clock
        self._rng = rng
        self._suspects: set[Hashable] = set()  # failed while others succeeded
        self._evidence: set[Hashable] = set()
        self._failures = 0
        self._since = 0.0
        self._answered_at = _NEVER
        self._heard = wait is None  # a server is there, whatever it said
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
        left = self._since + self._allowed() - now
        if left <= 0:
            raise self._given_up(now - self._since)
        return min(left, _LAST_GAP if self._probing else max(0.0, self._next_probe - now))

    def _allowed(self) -> float:
        """Seconds without an answer that are borne."""
        if self._wait is None or not self._is_starting():
            return self._give_up_after
        return max(self._wait, self._give_up_after) if self._heard else self._wait

    def _is_starting(self) -> bool:
        """Whether it may be about to start: it has never answered, and that makes a difference."""
        return self._wait is not None and self._answered_at == _NEVER

    def _given_up(self, seconds: float) -> EndpointDown:
        again = "then run the same command again: finished rows are kept."
        if self._answered_at > _NEVER:
            return EndpointDown(
                f"The endpoint has not answered for {seconds:.0f} s ({self._words}).",
                f"Check api.base_url and the network, {again}",
            )
        return EndpointDown(
            f"The endpoint has given no usable answer, from the start and for {seconds:.0f} s ({self._words}).",
            f"Check api.base_url (it usually ends in /v1) and the network, {again} "
            "For a server that is still starting: --wait 300.",
        )

    def probe(self) -> bool:
        """The next request goes now; True makes it a probe, and no other goes until it is over."""
        self._probing = self.down
        return self.down

    def succeeded(self, asker: Hashable, *, probe: bool = False) -> None:
        """A request was answered, with whatever: the endpoint is there."""
        if not self._is_sure():  # after a real outage no request is suspected
            self._suspects |= self._evidence
        self._suspects.discard(asker)
        self._evidence.clear()
        self._failures = 0
        self._heard = True
        self._answered_at = self._clock()
        self._gap = _FIRST_GAP
        self.down = False
        self._probing = self._probing and not probe

    def failed(self, asker: Hashable, words: str, sent_at: float, *, probe: bool = False, heard: bool = False) -> None:
        """A request failed on transport; one sent before the last success says nothing of now.

        `heard`: a server is there, and said something or held the request until its time was over.
        """
        now = self._clock()
        self._heard = self._heard or heard
        if probe:
            self._probing = False
            self._gap = min(_STARTING_GAP if self._is_starting() else _LAST_GAP, self._gap * 2)
            self._next_probe = now + self._gap * self._rng.uniform(0.75, 1.25)
        if asker in self._suspects or sent_at < self._answered_at:
            return
        if not self._evidence:
            self._since = now if self._heard else sent_at
        self._evidence.add(asker)
        self._failures += 1
        self._words = words
        if not self.down and self._is_enough(now):
            self.down = True
            self._next_probe = now + self._gap * self._rng.uniform(0.75, 1.25)

    def _is_enough(self, now: float) -> bool:
        """Whether the failures in a row mean that the endpoint is down."""
        if self._heard:
            return self._is_sure()
        return self._failures >= _FIRST_FAILURES or now - self._since >= self._allowed()

    def _is_sure(self) -> bool:
        return len(self._evidence) >= _PROBLEMS and self._failures >= _FAILURES

    def gone(self, *, probe: bool) -> None:
        """A request is over, perhaps without telling anything: it was cancelled."""
        self._probing = self._probing and not probe
