"""A run of many workers: `--processes N` on this machine, `--ray ADDRESS` on a cluster.

In: what a session takes, how many workers, where. Out: a `Many`, which a run uses as it would a session.
"""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from asyncgeo import prices
from asyncgeo.cli import worker
from asyncgeo.config import Settings
from asyncgeo.fleet import Fleet, Portions, Setup
from asyncgeo.fleet.driver import Listens
from asyncgeo.fleet.local import Processes
from asyncgeo.limits.neighbours import Neighbours, file_for
from asyncgeo.records import RULES_MODEL


@dataclass(frozen=True, slots=True)
class Many:
    """A fleet in the place of a session's limits and extractor."""

    fleet: Fleet

    @property
    def limits(self) -> Fleet:
        """Slots, and the pace of all."""
        return self.fleet

    @property
    def extractor(self) -> Fleet:
        """Makes rows."""
        return self.fleet


@asynccontextmanager
async def many(
    settings: Settings,
    key: str | None,
    listener: Listens,
    say: Callable[[str], None],
    *,
    offline: bool,
    budget: float | None,
    processes: int,
) -> AsyncIterator[Many]:
    """So many processes of this machine for as long as the block lasts, with one limit and one budget."""
    async with AsyncExitStack() as stack:
        api = settings.api
        whole = None if offline else stack.enter_context(Neighbours(file_for(api.base_url, api.model, key or "")))
        fleet = Fleet(
            Processes(worker.main),
            Setup(settings, key, offline=offline),
            processes,
            listener=listener,
            table=None if offline else Portions(processes, time.monotonic(), whole),
            budget=purse_of(settings, budget, offline=offline),
            say=say,
        )
        yield Many(await stack.enter_async_context(fleet))


def purse_of(settings: Settings, budget: float | None, *, offline: bool) -> prices.Budget | None:
    """The budget of all workers together. Raises ConfigError where the price of the model is not known."""
    model = RULES_MODEL if offline else settings.api.model
    return prices.budget(model, settings.prices.get(model), budget)
