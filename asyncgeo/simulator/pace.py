"""How long an answer takes, and how many are made at once.

In: what was asked. Out: whether it was taken, after its time. The latency depends on the seed and the request, not
on the order of arrival.
"""

import asyncio
import math
from statistics import NormalDist
from typing import Final

from asyncgeo.simulator.faults import Received, draw
from asyncgeo.simulator.options import Options

_STANDARD: Final = NormalDist()


class SimulatedPace:
    """The load of one server: `slots` answers in the making, a queue before them."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._slots = asyncio.Semaphore(options.slots) if options.slots is not None else None
        self._inside = 0  # in a slot or waiting for one

    async def spend(self, asked: Received) -> bool:
        """Wait for a slot and for the answer; False at once when the queue is full."""
        if self._slots is None:
            await self._answer(asked)
            return True
        slots, queue = self._options.slots, self._options.queue
        if slots is not None and queue is not None and self._inside >= slots + queue:
            return False
        self._inside += 1
        try:
            async with self._slots:
                await self._answer(asked)
        finally:
            self._inside -= 1
        return True

    async def _answer(self, asked: Received) -> None:
        if (seconds := latency(self._options, asked)) > 0:
            await asyncio.sleep(seconds)


def latency(options: Options, asked: Received) -> float:
    """Seconds for this answer, drawn around the median."""
    if not options.latency or not options.jitter:
        return options.latency
    drawn = draw(options.seed, "latency", asked)
    if options.spread == "uniform":
        return options.latency * max(0.0, 1 + options.jitter * (2 * drawn - 1))
    return options.latency * math.exp(options.jitter * _STANDARD.inv_cdf(drawn or 0.5))
