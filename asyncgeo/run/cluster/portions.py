"""One limit divided among many: each holds a share for a short time, and asks again.

In: a beat of each member a few times a second: what it could use, what it holds, whether it was told to pause. Out:
its share of the limits for the next moments, and the pause that all keep. Pure: every call is given the time.

A share is a lease of permits by time: `LEASE` seconds of that part of the rate, and no message for each request. The
shares held never add up to more than 1: nobody is given what another still says it holds, and the share of a member
that is not heard of is given away only after the member itself has dropped it (`LEASE` < `GONE`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from asyncgeo.llm.limits import Shares

BEAT: Final = 0.2
"""Seconds between a member's beats."""
LEASE: Final = 1.5
"""Seconds after which a member drops a share that was not renewed."""
GONE: Final = 2.0
"""Seconds without a beat after which the share of a member goes to the others."""
LITTLE: Final = 0.02
"""The share of a member that holds none: enough to learn the limits from headers."""

_FLOOR: Final = 0.001
"""A share of nothing would be no limit at all to whoever divides by it."""
_MARGIN: Final = 1.25
"""A member that would not use more is given so much of what it uses: it must be able to show that it has grown."""
_SAME: Final = 0.1
"""Seconds by which a pause must be longer to be news; what is less is the way of the message."""


@dataclass(slots=True)
class _Member:
    """A member as the table knows it."""

    demand: float
    held: float
    seen: float


class Portions:
    """The table of one limit.

    Args:
        whole: which part of the limit is theirs together; None is all of it.
    """

    def __init__(self, whole: Shares | None = None) -> None:
        self._whole = whole
        self._members: dict[str, _Member] = {}
        self._cool_until = float("-inf")
        self.total = 1.0

    def beat(self, name: str, demand: float, held: float, cool_down: float, now: float) -> tuple[float, float]:
        """The share of member `name` and seconds of pause; `demand` is the share it could use, 1 for all there is."""
        self._forget(now)
        member = self._members.setdefault(name, _Member(demand, 0.0, now))
        member.demand, member.seen = (demand if demand >= 1 else demand / self.total), now
        target = divide({each: member.demand for each, member in self._members.items()})[name]
        others = sum(member.held for each, member in self._members.items() if each != name)
        given = min(target, max(0.0, 1.0 - others))
        member.held = max(given, held / self.total if held > LITTLE else 0.0)  # until it says that it has less
        self._look_around(now)
        return given * self.total, self._pause(cool_down, now)

    def leave(self, name: str) -> None:
        """A member is known to be gone."""
        self._members.pop(name, None)

    def _forget(self, now: float) -> None:
        for gone in [name for name, member in self._members.items() if now - member.seen > GONE]:
            del self._members[gone]

    def _look_around(self, now: float) -> None:
        if self._whole is not None:
            hungry = any(member.demand >= 1 for member in self._members.values())
            self.total = self._whole.share(now, hungry=hungry)

    def _pause(self, cool_down: float, now: float) -> float:
        if now + cool_down > self._cool_until + _SAME:
            self._cool_until = now + cool_down
        return max(0.0, self._cool_until - now)


def divide(demands: Mapping[str, float]) -> dict[str, float]:
    """Shares that add up to 1: to each what it can use as far as that goes round, the rest in equal parts."""
    shares: dict[str, float] = {}
    left = 1.0
    for done, name in enumerate(sorted(demands, key=lambda each: demands[each])):
        fair = left / (len(demands) - done)
        shares[name] = min(fair, max(LITTLE, demands[name] * _MARGIN))
        left -= shares[name]
    return {name: share + left / len(demands) for name, share in shares.items()}


class Held:
    """A member's side: the share it holds, as `limits` asks for it."""

    def __init__(self) -> None:
        self._share = LITTLE
        self._until = float("-inf")
        self._hungry = False

    def share(self, now: float, *, hungry: bool) -> float:
        """The share now; `hungry` is remembered until the next beat."""
        self._hungry = self._hungry or hungry
        return self.held(now)

    def held(self, now: float) -> float:
        """The share now."""
        return self._share if now < self._until else min(self._share, LITTLE)

    def take(self, share: float, asked_at: float) -> None:
        """The answer to the beat that was sent at `asked_at`."""
        self._share, self._until = max(_FLOOR, share), asked_at + LEASE

    def was_hungry(self) -> bool:
        """Whether more would have been used since the last beat."""
        hungry, self._hungry = self._hungry, False
        return hungry
