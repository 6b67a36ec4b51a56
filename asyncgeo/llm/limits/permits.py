"""The values that pass through the door: a permit out, an outcome in, a view for those who look."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol

import msgspec

from asyncgeo.llm.limits.bottleneck import Bound
from asyncgeo.llm.outcomes import Decision
from asyncgeo.llm.rate_headers import RateHeaders


class Shares(Protocol):
    """Tells which part of the limits is this process's: 1 where it is alone."""

    def share(self, now: float, *, hungry: bool) -> float:
        """The share now; `hungry` says that this process would use more."""
        ...


class Permit(msgspec.Struct):
    """Leave to send one request now; closed by `Limits.settle`."""

    asker: Hashable
    sent_at: float
    estimate: int
    reserved: float
    probe: bool
    fillings: int  # of the slots, when it was given
    open: bool = True


class Outcome(msgspec.Struct, frozen=True):
    """What came of a request: `decision` is None for an answer, which may not be `usable`; `latency` in seconds."""

    latency: float
    decision: Decision | None = None
    headers: RateHeaders | None = None
    usable: bool = True


@dataclass(frozen=True, slots=True)
class View:
    """The pace at one moment. Limits and use are per minute; None is no limit. `bound`: seconds by what bound them."""

    requests_limit: float | None
    tokens_limit: float | None
    requests_used: float
    tokens_used: float
    slots: int
    in_use: int
    in_flight: int
    waiting: int
    cool_down: float
    share: float
    refusals: int
    cuts: int
    binds: Bound
    bound: Mapping[Bound, float]
