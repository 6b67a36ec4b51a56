"""Workers as actors on the nodes of a Ray cluster. Only here is Ray imported.

In: what a session takes, how many workers, the address of a cluster. Out: a driver, for a run in place of a session.
Runs that were started on one machine share a limit, wherever their workers are.
"""

import logging
import math
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, redirect_stdout, suppress
from importlib.metadata import version
from typing import Any, Final, TextIO, cast

import ray
from msgspec.structs import replace
from ray.exceptions import RayError, RayTaskError

from asyncgeo.config import LimitSettings, Settings
from asyncgeo.errors import AsyncgeoError, UserError
from asyncgeo.llm.client import Listener
from asyncgeo.llm.limits.shared import file_for
from asyncgeo.llm.prices import Budget
from asyncgeo.run.cluster.budget import FREE
from asyncgeo.run.cluster.driver import Driver, Say, WorkerLost
from asyncgeo.run.cluster.worker import Worker
from asyncgeo.run.plan import LOCAL, Workers
from asyncgeo.run.session import with_headers

_OWN: Final = {"include_dashboard": False, "object_store_memory": 100 * 1024 * 1024}  # of a cluster of our own
_SHOWN: Final = 300  # characters
_WORKER: Final[Any] = ray.remote(Worker)


@asynccontextmanager
async def workers(  # noqa: PLR0913  what a session takes, and which workers
    settings: Settings,
    key: str | None,
    listener: Listener,
    say: Say,
    warn: Say,
    budget: Budget | None,
    wanted: Workers,
    *,
    offline: bool,
) -> AsyncIterator[Driver]:
    """Workers for as long as the block lasts, with one limit and one budget. Raises UserError without a cluster."""
    async with AsyncExitStack() as stack:
        file = None
        if not offline:
            settings = replace(settings, api=with_headers(settings))  # workers may have another environment
            file = file_for(settings.api.base_url, settings.api.model, key or "")
        size = stack.enter_context(_connected(wanted.address or "", wanted.processes))

        @asynccontextmanager
        async def start(name: str, limits: LimitSettings) -> AsyncIterator[Worker]:
            """A worker on whichever node has a free CPU; Ray's own restarted ones would refuse calls meanwhile."""
            actor = _WORKER.options(num_cpus=1, scheduling_strategy="SPREAD").remote()
            try:
                worker = cast("Worker", _Remote(actor))
                here, (there, process, host) = version("asyncgeo"), await worker.hello()
                if here != there:
                    remedy = "Install the same version on every node."
                    raise UserError(f"asyncgeo {there} is installed on {host}, and {here} here.", remedy)
                tariff = None if budget is None else budget.tariff
                await worker.begin(replace(settings, limits=limits), key, offline=offline, tariff=tariff)
                say(f"{name} is ready: process {process} on {host}")
                yield worker
            finally:
                with suppress(RayError):
                    ray.kill(actor)

        driver = Driver(size, settings.limits, file, budget or Budget(FREE, math.inf), listener, say, warn)
        await stack.enter_async_context(driver.working(start))
        yield driver


@contextmanager
def _connected(address: str, size: int | None) -> Iterator[int]:
    """How many workers to start, one a CPU by default, in the cluster of this address. Raises UserError without it."""
    own = {"num_cpus": size, **_OWN} if address == LOCAL else {}
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})  # Ray's processes leave it to this one, as Ctrl-C
    try:
        _knock(address)
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (RayError, OSError, RuntimeError, ValueError) as error:
        why = str(error).strip().partition("\n")[0][:_SHOWN].rstrip(".")
        remedy = "Start one with `ray start --head` and give its address, or say --ray local."
        raise UserError(f"No Ray cluster answers at {address} ({why}).", remedy) from None
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    try:
        with redirect_stdout(cast("TextIO", _StdoutFilter(sys.stdout))):
            yield size or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Whether anything listens at a host:port; Ray would try for minutes. Raises OSError."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


class _StdoutFilter:
    """Standard output, which a program may read, without what Ray's own threads print of dead nodes."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        is_rays = threading.current_thread().name.startswith("ray_")
        return len(text) if is_rays else self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _Remote:
    """The methods of a worker, called in the cluster. They raise WorkerLost, or the AsyncgeoError of the worker."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*args: Any, **named: Any) -> Any:
            try:
                return await getattr(self._actor, name).remote(*args, **named)
            except RayTaskError as error:  # the worker lives, and the method failed
                if isinstance(error.cause, AsyncgeoError):
                    raise error.cause from None
                raise WorkerLost(str(error).strip().splitlines()[-1][:_SHOWN]) from None
            except RayError as error:
                raise WorkerLost(f"its node or its process is gone: {type(error).__name__}") from None

        return call
