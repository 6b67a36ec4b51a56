"""Workers that are actors of a Ray cluster, and the actor that divides the limit among them. Only here is Ray imported.

In: the address of a cluster. Out: wires, each to an actor on some node, as `local` has them to processes.

The driver leaves frames at an actor (`give`) and waits at it for others (`take`). What the first frame holds, the API
key too, passes as the argument of a method, from memory to memory: it stands neither in the actor's constructor, which
a cluster keeps, nor in a log. Actors end with the driver's job; one whose driver is silent ends its work by itself.

The limiter has a name in the cluster, made of the endpoint, the model and a digest of the key: whoever asks the same
endpoint from the same cluster meets it, and all keep one limit. When it dies Ray starts it anew, or the next worker
that misses it does; what it knew comes back with the workers' beats.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from asyncgeo.errors import UserError
from asyncgeo.fleet.portions import LEASE, Portions
from asyncgeo.fleet.wire import SILENCE, WireLost
from asyncgeo.fleet.worker import Compose, work
from asyncgeo.limits.neighbours import Neighbours

LOCAL: Final = "local"
"""The address that starts a cluster of this machine alone, for as long as the run."""

_NAMESPACE: Final = "asyncgeo"
_TURN: Final = 1.0
"""Seconds for which an actor keeps the driver waiting when it has nothing to say."""
_STORE: Final = 100 * 1024 * 1024
"""Bytes of shared memory of a cluster of our own: frames are small."""
_SHOWN: Final = 300


@contextmanager
def connected(address: str, workers: int | None) -> Iterator[int]:
    """In touch with the cluster for as long as the block lasts; how many workers to start there: its CPUs, if not told.

    Raises UserError when there is no cluster.
    """
    own = {"num_cpus": workers, "object_store_memory": _STORE, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address, namespace=_NAMESPACE, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (RayError, OSError, RuntimeError, ValueError) as error:
        raise UserError(
            f"No Ray cluster answers at {address}: {_first_line(error)}.",
            "Start one with `ray start --head` and give its address, or say --ray local.",
        ) from None
    try:
        yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


class Cluster:
    """Starts workers as actors; `limit` is what `limits.neighbours.file_for` says, None for no limit to share."""

    def __init__(self, compose: Compose, limit: Path | None, size: int) -> None:
        self._compose = compose
        self._table = None if limit is None else ClusterTable(limit, size, time.time_ns())
        if self._table is not None:
            self._table.meet(near=True)

    @asynccontextmanager
    async def start(self) -> AsyncIterator["ActorWire"]:
        """An actor for as long as the block lasts, on whichever node has a free CPU."""
        actor = _SEAT.options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD").remote(
            self._compose, self._table
        )
        try:
            with _losses():
                await actor.begin.remote()
            yield ActorWire(actor)
        finally:
            with suppress(RayError):
                ray.kill(actor)


class ActorWire:
    """The driver's end of a wire to an actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._out: list[bytes] = []
        self._in: deque[bytes] = deque()
        self._giving: asyncio.Task[None] | None = None

    def send(self, frame: bytes) -> None:
        """Let the frame go, with all that gather while the last ones are on their way."""
        self._out.append(frame)
        if self._giving is None or self._giving.done():
            self._giving = asyncio.get_running_loop().create_task(self._give())

    async def receive(self) -> bytes:
        """The next frame. Raises WireLost when the actor is dead."""
        while not self._in:
            with _losses():
                self._in.extend(await self._actor.take.remote())
        return self._in.popleft()

    async def _give(self) -> None:
        with suppress(RayError):  # `receive` tells of it
            while self._out:
                frames, self._out = self._out, []
                await self._actor.give.remote(frames)


@contextmanager
def _losses() -> Iterator[None]:
    try:
        yield
    except RayError as error:
        raise WireLost(_first_line(error)) from None


def _first_line(error: BaseException) -> str:
    """The first words of an error of Ray's, which run to pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[0] if lines else type(error).__name__).rstrip(".")[:_SHOWN]


# inside the cluster


class _Seat:
    """An actor with a worker in it."""

    def __init__(self, compose: Compose, table: "ClusterTable | None") -> None:
        self._compose = compose
        self._table = table
        self._in: asyncio.Queue[bytes] = asyncio.Queue()
        self._out: list[bytes] = []
        self._stirred = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the worker; it waits for its first frame."""
        self._work = asyncio.get_running_loop().create_task(work(self, self._compose, self._table))
        self._work.add_done_callback(lambda _: self._stirred.set())

    async def give(self, frames: list[bytes]) -> None:
        """Frames from the driver."""
        for frame in frames:
            self._in.put_nowait(frame)

    async def take(self) -> list[bytes]:
        """Frames for the driver, as soon as there are any. Raises what the worker died of."""
        self._in.put_nowait(b"")  # the driver is there
        with suppress(TimeoutError):
            async with asyncio.timeout(_TURN):
                await self._stirred.wait()
        self._stirred.clear()
        if self._work is not None and self._work.done() and not self._out:
            self._work.result()
        frames, self._out = self._out, []
        return frames

    # the worker's end of the wire

    def send(self, frame: bytes) -> None:
        self._out.append(frame)
        self._stirred.set()

    async def receive(self) -> bytes:
        while True:
            try:
                async with asyncio.timeout(SILENCE):
                    frame = await self._in.get()
            except TimeoutError:
                raise WireLost("the driver is silent") from None
            if frame:
                return frame


class _Limiter:
    """The table of one limit for a whole cluster; on its node it is one neighbour among others."""

    def __init__(self, limit: Path, size: int) -> None:
        self._table = Portions(size, time.monotonic(), Neighbours(limit).__enter__())

    async def beat(self, name: str, demand: float, held: float, cool_down: float) -> tuple[float, float]:
        return self._table.beat(name, demand, held, cool_down, time.monotonic())


_SEAT: Final[Any] = ray.remote(_Seat)
_LIMITER: Final[Any] = ray.remote(_Limiter)


class ClusterTable:
    """The limiter as a worker reaches it. `run` tells the workers of one run from those of another."""

    def __init__(self, limit: Path, size: int, run: int) -> None:
        self._limit = limit
        self._size = size
        self._run = run
        self._limiter: Any = None

    async def beat(self, name: str, demand: float, held: float, cool_down: float) -> tuple[float, float]:
        """The share of this worker, and seconds of pause. Raises ConnectionError while the limiter is away."""
        try:
            if self._limiter is None:
                self.meet()
            async with asyncio.timeout(LEASE):
                told = await self._limiter.beat.remote(f"{self._run} {name}", demand, held, cool_down)
        except (RayError, TimeoutError, ValueError) as error:
            self._limiter = None
            raise ConnectionError(str(error)) from None
        share, pause = told
        return float(share), float(pause)

    def meet(self, *, near: bool = False) -> None:
        """Find the limiter, or start it; `near` on this node, where one can be."""
        where: Any = "DEFAULT"
        if near:
            where = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        self._limiter = _LIMITER.options(
            name=self._limit.stem, namespace=_NAMESPACE, get_if_exists=True, num_cpus=0, max_restarts=-1,
            scheduling_strategy=where,
        ).remote(self._limit, self._size)  # fmt: skip
