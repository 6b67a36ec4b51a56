"""A run of many workers: `--processes N` on this machine, `--ray ADDRESS` on a cluster.

In: what a session takes, how many workers, where. Out: a `Many`, which a run uses as it would a session.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from asyncgeo.config import Settings
from asyncgeo.errors import UserError
from asyncgeo.llm import prices
from asyncgeo.llm.limits import Shares
from asyncgeo.llm.limits.shared import Neighbours, file_for
from asyncgeo.run.cluster import Fleet, Portions, Setup, compose as worker
from asyncgeo.run.cluster.driver import Listens
from asyncgeo.run.cluster.local import Processes
from asyncgeo.run.cluster.wire import Starts
from asyncgeo.run.plan import Workers
from asyncgeo.run.session import with_headers


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
async def many(  # noqa: PLR0913  what a session takes, and what workers need besides
    settings: Settings,
    key: str | None,
    listener: Listens,
    say: Callable[[str], None],
    *,
    offline: bool,
    budget: prices.Budget | None,
    workers: Workers,
    warn: Callable[[str], None],
) -> AsyncIterator[Many]:
    """Workers for as long as the block lasts, with one limit and one budget; `warn` is told when one is lost.

    Raises UserError where there is no cluster.
    """
    limit = None if offline else file_for(settings.api.base_url, settings.api.model, key or "")
    async with AsyncExitStack() as stack:
        starts: Starts = Processes(worker.main)
        whole: Shares | None = None
        size = workers.processes or 1
        if workers.ray is not None:
            size, starts, whole = await stack.enter_async_context(_cluster(workers, limit, say))
        elif limit is not None:
            whole = stack.enter_context(Neighbours(limit, say=warn))
        table = None if offline else Portions(whole)
        if not offline:  # workers may be where the environment is another
            settings = msgspec.structs.replace(settings, api=with_headers(settings))
        setup = Setup(settings, key, offline=offline)
        fleet = Fleet(starts, setup, size, listener=listener, table=table, budget=budget, say=say, warn=warn)
        yield Many(await stack.enter_async_context(fleet))


@asynccontextmanager
async def _cluster(
    workers: Workers, limit: Path | None, say: Callable[[str], None]
) -> AsyncIterator[tuple[int, Starts, Shares | None]]:
    """Actors instead of processes, and a share among the runs of the cluster."""
    try:
        from asyncgeo.run.cluster import cluster  # noqa: PLC0415  Ray takes seconds, and is an extra
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise UserError("--ray needs Ray, which is not installed.", "pip install 'asyncgeo[ray]'") from None
    with cluster.connected(workers.ray or cluster.LOCAL, workers.processes, say) as size:
        if limit is None:
            yield size, cluster.Cluster(worker.compose), None
            return
        share = cluster.ClusterShare(limit)
        keeping = asyncio.create_task(share.keep())
        try:
            yield size, cluster.Cluster(worker.compose), share
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)
