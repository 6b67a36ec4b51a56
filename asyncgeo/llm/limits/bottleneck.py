"""What limited the run: the time, divided among what everybody was waiting for.

In: the name of what binds, whenever it changes. Out: seconds for each. Time in which this process itself was busy
nine tenths and more counts as `cpu`, whatever else was waited for then. It decides nothing.
"""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final


class Bound(StrEnum):
    """What a run can be waiting for."""

    REQUESTS = "requests"  # requests per minute
    TOKENS = "tokens"  # tokens per minute
    COOL_DOWN = "cool_down"  # the pause after a 429
    OUTAGE = "outage"  # the endpoint is down
    CONCURRENCY = "concurrency"  # every slot in use: latency × slots
    CPU = "cpu"  # our own work
    NOTHING = "nothing"  # nothing was waiting to be sent


_QUANTUM: Final = 0.1
"""Seconds over which our own work is measured; shorter ones are mostly noise."""
_BUSY: Final = 0.9
_OURS: Final = (Bound.CONCURRENCY, Bound.NOTHING)
"""What may in truth be our own work: a limit that binds leaves the process idle."""


class Bottleneck:
    """Keeps the time; `cpu` is the clock of this process's own work."""

    def __init__(self, clock: Callable[[], float], cpu: Callable[[], float] = time.process_time) -> None:
        self._clock = clock
        self._cpu = cpu
        self._bound = Bound.NOTHING
        self._at = self._opened = clock()
        self._cpu_opened = cpu()
        self._open: Counter[Bound] = Counter()
        self._seconds: Counter[Bound] = Counter()

    @property
    def bound(self) -> Bound:
        """What binds now."""
        return self._bound

    def switch(self, bound: Bound) -> None:
        """From now on `bound` is what binds."""
        now = self._clock()
        if bound is self._bound and now - self._opened < _QUANTUM:
            return  # nothing changes: its time is still running
        self._open[self._bound] += now - self._at  # type: ignore[assignment]  # Counter counts seconds as well
        self._bound, self._at = bound, now
        if now - self._opened >= _QUANTUM:
            self._close(now)

    def seconds(self) -> Mapping[Bound, float]:
        """Seconds bound by each, up to now."""
        self.switch(self._bound)
        running = self._clock() - self._at
        return {each: self._seconds[each] + self._open[each] + running * (each is self._bound) for each in Bound}

    def _close(self, now: float) -> None:
        cpu = self._cpu()
        busy = (cpu - self._cpu_opened) / (now - self._opened) >= _BUSY
        for bound, seconds in self._open.items():
            self._seconds[Bound.CPU if busy and bound in _OURS else bound] += seconds
        self._open.clear()
        self._opened, self._cpu_opened = now, cpu
