"""Events of a run → its counts and rates.

In: rows as they are made, and what the client does. Out: an `events.Progress` without the pace, which the limits know.
It formats nothing and decides nothing.
"""

import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Final

from asyncgeo.schema.records import INPUT, Failed, Parsed, Row, Service, Skipped, Tokens, failure_of
from asyncgeo.store import events
from asyncgeo.store.events import Progress

RATE_WINDOW: Final = 15.0
"""Seconds over which the rate is averaged."""
ETA_WINDOW: Final = 60.0
"""Seconds over which the rate behind the ETA is averaged: a pause of some seconds must not make it jump."""
LAST_ERRORS: Final = 3
"""How many recent errors are kept."""


class Tally:
    """Counts one run of `total` pending problems; `cost_of` prices tokens, None where the model's price is unknown."""

    def __init__(
        self,
        total: int,
        cost_of: Callable[[Tokens, Service], float | None] = lambda *_: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.total = total
        self._cost_of = cost_of
        self._clock = clock
        self._started = clock()
        self._finished: deque[tuple[float, int]] = deque([(self._started, 0)])
        self._counts: Counter[str] = Counter()
        self._reasons: Counter[str] = Counter()
        self._kinds: Counter[str] = Counter()
        self._errors: deque[str] = deque(maxlen=LAST_ERRORS)
        self._waiting: set[str] = set()
        self._tokens = Tokens()
        self._cost: float | None = cost_of(Tokens(), "standard")

    def row(self, row: Row) -> None:
        """A row was made, and can be written."""
        self._counts["done"] += 1
        failure = failure_of(row)
        match row:
            case Parsed():
                self._counts["parsed" if failure is None else "stand_ins"] += 1
            case Skipped():
                self._counts["skipped"] += 1
                self._reasons[row.reason] += 1
            case Failed():
                self._counts["failed"] += 1
                self._counts["unreadable"] += row.kind == INPUT
        if failure is not None:
            self._kinds[failure[0]] += 1
            if row.id in self._waiting:
                self._waiting.discard(row.id)
            else:
                self._show(row.id, *failure)

    def waits(self, row: Row) -> None:
        """A problem failed, and its row waits for evidence; `row` follows when it came."""
        self._waiting.add(row.id)
        if (failure := failure_of(row)) is not None:
            self._show(row.id, *failure)

    def probed(self, identifier: str, *, usable: bool) -> None:  # noqa: ARG002  any probe counts
        """A problem that was answered before was asked once more."""
        self._counts["probes"] += 1

    def is_waiting(self, identifier: str) -> bool:
        """Whether the row of the problem waits."""
        return identifier in self._waiting

    @property
    def cost(self) -> float | None:
        """USD so far; None where the price is unknown."""
        return self._cost

    def _show(self, identifier: str, kind: str, message: str) -> None:
        self._errors.append(f"{identifier}: {kind}: {message}")

    def event(self, name: str) -> None:
        """The client did something that is counted: `requests`, `retries`, `rate_limited` or `flex_fallbacks`."""
        self._counts[name] += 1

    def spend(self, tokens: Tokens, service: Service = "standard") -> None:
        """The endpoint billed these tokens in this service."""
        self._tokens += tokens
        cost = self._cost_of(tokens, service)
        self._cost = None if cost is None or self._cost is None else self._cost + cost

    def progress(self) -> Progress:
        """The counts now."""
        now, counts = self._clock(), self._counts
        self._mark(now)
        done, cost = counts["done"], self.cost
        return Progress(
            at=events.now(),
            elapsed=round(now - self._started, 3),
            total=self.total,
            waiting=len(self._waiting),
            rate=round(self._rate(RATE_WINDOW), 3),
            eta=self._eta(),
            input_tokens=self._tokens.input,
            cached_tokens=self._tokens.cached,
            output_tokens=self._tokens.output,
            cache_write_tokens=self._tokens.cache_write,
            reasoning_tokens=self._tokens.reasoning,
            cost=cost,
            projected=cost * self.total / done if cost is not None and done else None,
            done=counts["done"],
            parsed=counts["parsed"],
            stand_ins=counts["stand_ins"],
            skipped=counts["skipped"],
            failed=counts["failed"],
            unreadable=counts["unreadable"],
            probes=counts["probes"],
            requests=counts["requests"],
            retries=counts["retries"],
            rate_limited=counts["rate_limited"],
            flex_fallbacks=counts["flex_fallbacks"],
        )

    @property
    def skip_reasons(self) -> dict[str, int]:
        """Why problems were skipped, the most frequent reason first."""
        return dict(self._reasons.most_common())

    @property
    def error_kinds(self) -> dict[str, int]:
        """How problems failed, the most frequent kind first."""
        return dict(self._kinds.most_common())

    @property
    def last_errors(self) -> tuple[str, ...]:
        """The last problems that failed, a line each."""
        return tuple(self._errors)

    def _eta(self) -> float | None:
        """Seconds until the last problem is done, at the lasting rate; None while there is none."""
        left, rate = self.total - self._counts["done"], self._rate(ETA_WINDOW)
        return round(left / rate, 1) if rate else None if left else 0.0

    def _mark(self, now: float) -> None:
        """Remember how much is done now, and forget what no window needs."""
        self._finished.append((now, self._counts["done"]))
        while len(self._finished) > 2 and self._finished[1][0] <= now - ETA_WINDOW:  # noqa: PLR2004  keep two marks
            self._finished.popleft()

    def _rate(self, window: float) -> float:
        """Problems per second since the last mark at least `window` ago, or since the first."""
        now, done = self._finished[-1]
        since, before = self._finished[0]
        for moment, count in self._finished:
            if moment > now - window:
                break
            since, before = moment, count
        return (done - before) / (now - since) if now > since else 0.0
