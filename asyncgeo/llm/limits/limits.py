"""The one door that every request passes: slots, then rate, then the pauses that all share.

In: estimates of tokens, and what came of each request. Out: permits, at the pace the endpoint bears; a snapshot of
that pace. It knows the endpoint only through headers and decisions.

    acquire ─ slot ─ admit ─ queue ─ [outage, cool-down, requests, tokens] ─ permit ─ send ─ observe ─ release
                                   ▲ rates, size of the slots, cool-down: learned from ┘
"""

import random
import time
from collections.abc import Callable, Hashable
from typing import Final

from asyncgeo import config
from asyncgeo.errors import AsyncgeoError, EndpointDown
from asyncgeo.llm.limits.bottleneck import Bottleneck, Bound
from asyncgeo.llm.limits.concurrency import START, Growth
from asyncgeo.llm.limits.outage import Outage
from asyncgeo.llm.limits.pace import Pace, per_minute
from asyncgeo.llm.limits.permits import Outcome, Permit, Shares, View
from asyncgeo.llm.limits.queue import Queue
from asyncgeo.llm.limits.retry_after import Waits
from asyncgeo.llm.limits.slots import Slots
from asyncgeo.llm.outcomes import CAPACITY, Action, Decision
from asyncgeo.llm.rate_headers import RateHeaders

GIVE_UP_AFTER: Final = 300.0
LOOK_AGAIN: Final = 0.25
"""Seconds after which the head of the queue looks again at rates that change by themselves."""
_COVER: Final = 2.0
"""Seconds of a known rate that may be in flight at once from the start: most answers take less…"""
_ROOM: Final = 1.25
"""…or, in units of its latency, of the reply that names the rate."""
_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 60.0
_MOST_BURSTS: Final = 16
"""The pause after a 429 that names none, doubling with each burst in a row."""
_USED_UP: Final = "Another program may use up the limit; run the same command again later: finished rows are kept."
_NO_CAPACITY: Final = (
    "It has no capacity now: run the same command again later, finished rows are kept. What the flex tier refuses can "
    "be asked at the standard price with flex_fallback = true under [api]."
)


class Limits:
    """Owns every wait before a request.

    Args:
        settings: the ceilings the person set.
        give_up_after: seconds without any answer after which the run ends.
        wait: the same before anything was ever heard of the endpoint; None makes no difference.
        timeout: seconds that a request is waited for.
        shares: divides the limits among processes of this machine; None is alone.
        clock: seconds on the event loop's clock.
        rng: jitter.
        log: takes a sentence for everything that changes the pace.
    """

    def __init__(  # noqa: PLR0913  every seam is a parameter
        self,
        settings: config.LimitSettings,
        *,
        give_up_after: float = GIVE_UP_AFTER,
        wait: float | None = None,
        timeout: float = 120.0,
        shares: Shares | None = None,
        clock: Callable[[], float] = time.monotonic,
        rng: random.Random | None = None,
        log: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._rng = rng or random.Random()  # noqa: S311  jitter is no secret
        self._log = log
        self._give_up_after = give_up_after
        self._pace = Pace(settings, shares, clock())
        self._queue = Queue()
        self._outage = Outage(give_up_after, clock, self._rng, wait)
        self._account = Bottleneck(clock)
        ceiling = settings.max_concurrency
        self._waits = Waits()
        self._growth = Growth(START if settings.adaptive else ceiling, ceiling, timeout)
        self._slots = Slots(self._growth.size)
        self._in_flight = 0
        self._refused_since: float | None = None  # the first 429 after the last answer
        self._bursts = 0  # of refusals, in a row
        self._pauses = (float("-inf"), float("-inf"))  # when the last two of our own began
        self._refusals = 0
        self._cuts = 0
        self._cover_rate(clock())

    # slots

    async def acquire(self) -> None:
        """Take a slot: a problem is in work."""
        if self._slots.in_use >= self._slots.size and not self._queue.waiting:
            self._account.switch(Bound.CONCURRENCY)
        await self._slots.acquire()

    def release(self) -> None:
        """Give the slot back."""
        self._slots.release()

    # one request

    async def admit(self, tokens: int, asker: Hashable = None) -> Permit:
        """Leave to send a request of about `tokens` tokens, in order of asking; send it at once.

        Raises the error given to `close`, EndpointDown, or ConfigError for a request that can never fit.
        """
        await self._queue.enter()
        try:
            amount = await self._wait(tokens)
            now = self._clock()
            await self._pace.take(amount, now)
            if self._pace.cool_down(now) > 0:
                self._waits.sent()
            self._in_flight += 1
            return Permit(asker, now, tokens, amount, self._outage.probe(), self._slots.fillings)
        finally:
            self._queue.leave()
            self._account.switch(self._idle_bound())

    def settle(self, permit: Permit, tokens: int | None) -> None:
        """Close a permit: `tokens` were charged, None where that is not known. A second time does nothing."""
        if not permit.open:
            return
        permit.open = False
        self._in_flight -= 1
        self._outage.gone(probe=permit.probe)
        if tokens is not None:
            self._pace.settle(permit, tokens)
        self._queue.wake()

    def observe(self, permit: Permit, outcome: Outcome) -> None:
        """Learn from what came of a request."""
        now = self._clock()
        if outcome.headers is not None:
            for line in self._pace.heard(permit, outcome.headers, now):
                self._log(line)
                self._cover_rate(now, outcome.latency)
        decision = outcome.decision
        if decision is not None and decision.transport:
            self._note_failure(permit, decision)
        else:
            self._note_answer(permit)
        if decision is not None and decision.action is Action.COOL_DOWN:
            self._note_refusal(permit, decision, outcome.headers, now)
        elif decision is None:
            self._note_success(permit, outcome, now)
        if decision is not None and decision.overload and self._settings.adaptive:
            self._note_overload(permit, decision, now)
        self._pace.retune(now, hungry=self._queue.waiting > 0)
        self._queue.wake()

    # everybody

    def cool_down(self, seconds: float) -> float:
        """No request is sent for that long; the longest of several pauses counts. By how much the pause grew."""
        longer = self._pace.pause(seconds, self._clock())
        self._queue.wake()
        return longer

    async def rest(self, seconds: float) -> None:
        """Wait before trying again, holding nothing. Raises the error given to `close`, at once when it comes."""
        await self._queue.rest(seconds)

    def close(self, error: AsyncgeoError) -> None:
        """No request is sent any more: those that wait or come get `error`. Requests in flight are not touched."""
        self._queue.close(error)

    def retune(self, settings: config.LimitSettings) -> None:
        """Take over edited settings while running."""
        if settings == self._settings:
            return
        self._settings = settings
        self._pace.configure(settings)
        self._growth.limit(settings.max_concurrency)
        if not settings.adaptive:
            self._growth.at_least(settings.max_concurrency)
        now = self._clock()
        self._pace.retune(now, hungry=self._queue.waiting > 0)
        self._cover_rate(now)
        self._queue.wake()

    @property
    def down(self) -> bool:
        """The endpoint answers no request; failures now are its own, not the problem's."""
        return self._outage.down

    def view(self) -> View:
        """The pace now."""
        now, pace = self._clock(), self._pace
        return View(
            requests_limit=per_minute(pace.requests.bucket.rate),
            tokens_limit=per_minute(pace.tokens.bucket.rate),
            requests_used=pace.used(pace.requests, now),
            tokens_used=pace.used(pace.tokens, now),
            slots=self._slots.size,
            in_use=self._slots.in_use,
            in_flight=self._in_flight,
            waiting=self._queue.waiting,
            cool_down=pace.cool_down(now),
            share=pace.share,
            refusals=self._refusals,
            cuts=self._cuts,
            binds=self._account.bound,
            bound=self._account.seconds(),
        )

    # waiting, at the head of the queue

    async def _wait(self, tokens: int) -> float:
        """Wait until outage, cool-down, slots and both buckets let it pass at the same moment; what it will take."""
        while True:
            self._queue.check()
            self._pace.retune(self._clock(), hungry=self._queue.waiting > 0)
            amount = self._pace.amount(tokens)
            bound, seconds = self._binding(amount)
            if seconds <= 0:
                return amount
            self._account.switch(bound)
            await self._queue.pause(min(seconds, LOOK_AGAIN))

    def _binding(self, amount: float) -> tuple[Bound, float]:
        """What makes the head wait, and how long."""
        try:
            outage = self._outage.wait()
        except EndpointDown as error:
            self.close(error)
            raise
        if self._outage.down:
            return Bound.OUTAGE, outage
        if self._in_flight >= self._growth.size:  # the slots have shrunk while more were in work
            return Bound.CONCURRENCY, LOOK_AGAIN
        now = self._clock()
        return self._pace.binding(amount, now, on_trial=self._waits.let_pass(now))

    def _idle_bound(self) -> Bound:
        if self._queue.waiting:
            return self._account.bound
        return Bound.CONCURRENCY if self._slots.in_use >= self._slots.size else Bound.NOTHING

    # learning

    def _note_failure(self, permit: Permit, decision: Decision) -> None:
        was = self._outage.down
        heard = decision.kind != "connection"
        self._outage.failed(permit.asker, decision.message, permit.sent_at, probe=permit.probe, heard=heard)
        if self._outage.down and not was:
            self._log(f"the endpoint does not answer ({decision.message}); everybody waits, one request probes")

    def _note_answer(self, permit: Permit) -> None:
        if self._outage.down:
            self._log("the endpoint answers again")
        self._outage.succeeded(permit.asker, probe=permit.probe)

    def _note_success(self, permit: Permit, outcome: Outcome, now: float) -> None:
        self._refused_since = None
        self._waits.note(permit.sent_at, refused=False)
        if self._waits.are_alone:
            self._pace.resume(self._waits.brief_until, now)
        self._pace.answered(permit)
        if permit.sent_at >= self._pauses[0]:  # sent after the pause before the last: it was long enough for some
            self._bursts = 0
        if self._settings.adaptive and outcome.usable:
            self._growth.succeeded(outcome.latency, permit.sent_at, now, pressed=self._pressed(permit))
            self._resize()

    def _pressed(self, permit: Permit) -> bool:
        """More slots would have been used since this permit was given."""
        if self._queue.waiting:
            return self._account.bound is Bound.CONCURRENCY
        return self._slots.wanted or self._slots.fillings > permit.fillings

    def _note_refusal(self, permit: Permit, decision: Decision, headers: RateHeaders | None, now: float) -> None:
        self._refusals += 1
        if decision.scarce == CAPACITY:  # others may be served meanwhile: the request waits alone, named or not
            self._give_up_on_refusals(decision, now, 0.0)
            return
        self._waits.note(permit.sent_at, refused=True)
        wait = decision.after
        if wait is not None and self._waits.named(permit.sent_at, now, wait):
            wait = None  # the request keeps it alone
        self._give_up_on_refusals(decision, now, self._pace.pause(wait, now) if wait is not None else 0.0)
        if headers is not None and headers.requests.remaining and headers.tokens.remaining:
            return  # both windows have room: this refusal was not for our rate
        if (rate := self._pace.refused(permit, decision.scarce, now)) is None:
            return
        self._cuts += 1
        self._log(f"429 at {rate:,.0f} {decision.scarce} per minute: slower for a while ({decision.message})")
        if wait is None:
            self._pauses = (self._pauses[1], now)
            self.cool_down(min(_LONGEST_PAUSE, _PAUSE * 2.0**self._bursts) * self._rng.uniform(0.5, 1.0))
        self._bursts = min(self._bursts + 1, _MOST_BURSTS)

    def _give_up_on_refusals(self, decision: Decision, now: float, excused: float) -> None:
        """Nothing but 429 for that long is no rate limit that waiting helps; time we were asked to wait is excused."""
        if self._refused_since is None:
            self._refused_since = now
        self._refused_since += excused
        if now - self._refused_since >= self._give_up_after:
            error = EndpointDown(
                f"The endpoint has answered nothing but 429 for {self._give_up_after:.0f} s ({decision.message}).",
                _NO_CAPACITY if decision.scarce == CAPACITY else _USED_UP,
            )
            self.close(error)

    def _note_overload(self, permit: Permit, decision: Decision, now: float) -> None:
        before = self._growth.size
        if self._growth.overloaded(permit.sent_at, now):
            self._log(f"overload ({decision.message}): {self._growth.size} instead of {before} requests in flight")
            self._resize()

    # applying what was learned

    def _cover_rate(self, now: float, latency: float = 0.0) -> None:
        """As many slots as a known rate needs from the start."""
        if (rate := self._pace.requests.rate.per_second(now)) is not None:
            self._growth.at_least(int(rate * max(_COVER, _ROOM * latency)))
        self._resize()

    def _resize(self) -> None:
        if self._growth.size != self._slots.size:
            self._slots.resize(self._growth.size)
