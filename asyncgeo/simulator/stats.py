"""What an endpoint was asked, for tests and rehearsals.

In: events of one endpoint. Out: counts, and how much was asked in any window of time. It knows no HTTP.
"""

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(slots=True)
class SimulatorStats:
    """Counts since the endpoint started; times are seconds on the event loop's clock."""

    requests: int = 0  # for a completion, whatever came of them
    in_flight: int = 0
    peak: int = 0  # most in flight at once
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    problems: Counter[str] = field(default_factory=Counter)  # requests by text of the problem
    answered: Counter[str] = field(default_factory=Counter)  # right answers sent, by text of the problem
    statuses: Counter[int] = field(default_factory=Counter)  # replies by status; 0 is a connection that was broken
    faults: Counter[str] = field(default_factory=Counter)  # by name, or by class for one without
    formats: Counter[str] = field(default_factory=Counter)  # requests by type of response format
    batched: Counter[str] = field(default_factory=Counter)  # lines of batches that were carried out, by text
    batches: Counter[str] = field(
        default_factory=Counter
    )  # batches that were made and not refused, by input file's name
    arrivals: "array[float]" = field(default_factory=lambda: array("d"))
    charges: "array[int]" = field(default_factory=lambda: array("q"))  # tokens that each arrival was worth

    @property
    def rate_limited(self) -> int:
        """Replies 429."""
        return self.statuses[429]

    def arrive(self, now: float) -> int:
        """A request for a completion has come in; its place in `arrivals` and `charges`."""
        self.requests += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        self.arrivals.append(now)
        self.charges.append(0)
        return len(self.charges) - 1

    def leave(self, status: int) -> None:
        """It was answered."""
        self.in_flight -= 1
        self.statuses[status] += 1

    def most_requests(self, seconds: float) -> int:
        """The most requests that came in any `seconds`."""
        return _most(self.arrivals, array("q", [1]) * len(self.arrivals), seconds)

    def most_tokens(self, seconds: float) -> int:
        """The most tokens that the requests of any `seconds` were worth."""
        return _most(self.arrivals, self.charges, seconds)

    def encode(self, *, arrivals: bool = False) -> bytes:
        """The counts as JSON; with `arrivals` also when each request came (seconds after the first) and its tokens."""
        shown: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        times, charges = shown.pop("arrivals"), shown.pop("charges")
        shown["rate_limited"] = self.rate_limited
        if times:
            shown["seconds"] = times[-1] - times[0]
            shown["most_requests_per_second"] = self.most_requests(1.0)
        if arrivals:
            shown["arrivals"] = [time - times[0] for time in times]
            shown["charges"] = list(charges)
        return msgspec.json.encode(shown)


def _most(times: "array[float]", amounts: "array[int]", seconds: float) -> int:
    most = total = start = 0
    for time, amount in zip(times, amounts, strict=True):
        total += amount
        while times[start] <= time - seconds:
            total -= amounts[start]
            start += 1
        most = max(most, total)
    return most
