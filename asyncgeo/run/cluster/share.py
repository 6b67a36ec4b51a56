"""One limit divided among many: each holds a share for a short time, and asks again; and the pace of all added up.

In: a beat of each member a few times a second: what it could use, what it holds, whether it was told to pause. Out:
its share of the limits for the next moments, and the pause that all keep. Pure: every call is given the time.

A share is permission by time: that part of the rate for `LEASE` seconds, and no message for each request. The shares
held never add up to more than 1: no member is given what another still says it holds, and the share of a silent member
is given away only after the member itself has dropped it (`LEASE` < `GONE`).
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asyncgeo.llm.limits import Bound, Shares, View

BEAT: Final = 0.2  # seconds between a member's beats, at most
LEASE: Final = 1.5  # seconds after which a member drops a share that was not renewed
GONE: Final = 2.0  # seconds without a beat after which the share of a member goes to the others
LITTLE: Final = 0.02  # the share of a member that holds none: enough to learn the limits from headers
_FLOOR: Final = 0.001  # a share of nothing would be no limit at all to whoever divides by it
_MARGIN: Final = 1.25  # more than a member uses, so that it can show that it has grown
_SAME: Final = 0.1  # seconds by which a pause must be longer to be news; what is less is the time of the message
_ADD_UP: Final = ("requests_used", "tokens_used", "slots", "in_use", "in_flight", "waiting", "refusals", "cuts")


@dataclass(slots=True)
class _Member:
    demand: float
    held: float
    seen: float


class ShareTable:
    """The table of one limit; `whole`: which part of the limit is theirs together, None is all of it."""

    def __init__(self, whole: Shares | None = None) -> None:
        self._whole = whole
        self._members: dict[str, _Member] = {}
        self._cool_until = float("-inf")
        self.total = 1.0

    def beat(self, name: str, demand: float, held: float, cool_down: float, now: float) -> tuple[float, float]:
        """The share of member `name` and seconds of pause; `demand` is the share it could use, 1 for all there is."""
        for gone in [each for each, member in self._members.items() if now - member.seen > GONE]:
            self.leave(gone)
        member = self._members.setdefault(name, _Member(demand, 0.0, now))
        member.demand, member.seen = (demand if demand >= 1 else demand / self.total), now
        target = divide({each: member.demand for each, member in self._members.items()})[name]
        others = sum(member.held for each, member in self._members.items() if each != name)
        given = min(target, max(0.0, 1.0 - others))
        member.held = max(given, held / self.total if held > LITTLE else 0.0)  # until it says that it has less
        if self._whole is not None:
            self.total = self._whole.share(now, hungry=any(each.demand >= 1 for each in self._members.values()))
        if now + cool_down > self._cool_until + _SAME:
            self._cool_until = now + cool_down
        return given * self.total, max(0.0, self._cool_until - now)

    def leave(self, name: str) -> None:
        """A member is known to be gone."""
        self._members.pop(name, None)


def divide(demands: Mapping[str, float]) -> dict[str, float]:
    """Shares that add up to 1: to each what it can use as far as that goes round, the rest in equal parts."""
    shares, left = dict[str, float](), 1.0
    for done, name in enumerate(sorted(demands, key=lambda each: demands[each])):
        shares[name] = min(left / (len(demands) - done), max(LITTLE, demands[name] * _MARGIN))
        left -= shares[name]
    return {name: share + left / len(demands) for name, share in shares.items()}


class HeldShare:
    """A member's side: the share it holds, as `limits` asks for it."""

    def __init__(self) -> None:
        self._share = LITTLE
        self._until = self._hungry_at = float("-inf")

    def share(self, now: float, *, hungry: bool) -> float:
        """The share now; `hungry` is remembered for a beat: limits ask at every request."""
        self._hungry_at = now if hungry else self._hungry_at
        return self._share if now < self._until else min(self._share, LITTLE)

    def take(self, share: float, asked_at: float) -> None:
        """The answer to the beat that was sent at `asked_at`."""
        self._share, self._until = max(_FLOOR, share), asked_at + LEASE

    def demand(self, view: View, now: float) -> float:
        """The share of the whole limit that could be used: all there is where requests waited in the last beat."""
        if now - self._hungry_at <= BEAT:
            return 1.0
        pairs = ((view.requests_used, view.requests_limit), (view.tokens_used, view.tokens_limit))
        return min(1.0, view.share * max(used / limit if limit else 0.0 for used, limit in pairs))


def together(views: Sequence[View], share: float = 1.0) -> View:
    """What all members see: use adds up, the limit is the whole one; `share` is the part of it that is theirs."""
    binds = Counter(view.binds for view in views).most_common(1)
    sums: dict[str, Any] = {name: sum(getattr(view, name) for view in views) for name in _ADD_UP}
    return View(
        requests_limit=_whole(views, lambda view: view.requests_limit, share),
        tokens_limit=_whole(views, lambda view: view.tokens_limit, share),
        cool_down=max((view.cool_down for view in views), default=0.0),
        share=share,
        binds=binds[0][0] if binds else Bound.NOTHING,
        bound={each: sum(view.bound.get(each, 0.0) for view in views) for view in views for each in view.bound},
        **sums,
    )


def _whole(views: Sequence[View], of: Callable[[View], float | None], share: float) -> float | None:
    """By the member that holds the largest part of the limit: the others may not have learned it yet."""
    known = [(view.share, limit / view.share * share) for view in views if (limit := of(view)) is not None]
    return max(known)[1] if known else None


NOTHING: Final = together([])
