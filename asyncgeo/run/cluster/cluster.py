"""Workers that are actors of a Ray cluster, and the actor that divides the limit among them. Only here is Ray imported.

In: the address of a cluster. Out: wires, each to an actor on some node, as `local` has them to processes.

The driver leaves frames at an actor (`give`) and waits at it for others (`take`). What the first frame holds, the API
key too, passes as the argument of a method, from memory to memory: it stands neither in the actor's constructor, which
a cluster keeps, nor in a log. Actors end with the driver's job; one whose driver is silent ends its work by itself.

Within a run the driver divides the limit. Runs that ask the same endpoint from the same cluster share it as well: they
meet at the limiter, an actor whose name is a digest of endpoint, model and key. When it dies, what was agreed holds,
and who misses it starts it anew.
"""

import asyncio
import logging
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, redirect_stdout, suppress
from pathlib import Path
from typing import Any, Final, NoReturn, TextIO, cast

import ray
from ray.exceptions import RayError, RayTaskError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from asyncgeo.errors import UserError
from asyncgeo.llm.limits.shared import Neighbours
from asyncgeo.run.cluster.portions import BEAT, GONE, LITTLE, Portions
from asyncgeo.run.cluster.wire import SILENCE, Told, WireLost
from asyncgeo.run.cluster.worker import Compose, work

LOCAL: Final = "local"
"""The address that starts a cluster of this machine alone, for as long as the run."""

_NAMESPACE: Final = "asyncgeo"
_TURN: Final = 1.0
"""Seconds for which an actor keeps the driver waiting when it has nothing to say."""
_STORE: Final = 100 * 1024 * 1024
"""Bytes of shared memory of a cluster of our own: frames are small."""
_KNOCK: Final = 10.0
_SHOWN: Final = 300
_MODEST: Final = 0.1
"""What a run that waits for nothing could use, as far as the others are concerned."""


@contextmanager
def connected(address: str, workers: int | None, say: Told) -> Iterator[int]:
    """In touch with the cluster for as long as the block lasts; how many workers to start there: its CPUs, if not told.

    `say` is told what Ray says of its nodes. Raises UserError when there is no cluster.
    """
    own = {"num_cpus": workers, "object_store_memory": _STORE, "include_dashboard": False} if address == LOCAL else {}
    try:
        _knock(address)
        ray.init(address, namespace=_NAMESPACE, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (RayError, OSError, RuntimeError, ValueError) as error:
        why = str(error).strip().partition("\n")[0][:_SHOWN].rstrip(".")
        raise UserError(
            f"No Ray cluster answers at {address} ({why}).",
            "Start one with `ray start --head` and give its address, or say --ray local.",
        ) from None
    try:
        with redirect_stdout(cast("TextIO", _Aside(sys.stdout, say))):
            yield workers or max(1, int(ray.cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


class _Aside:
    """Standard output without what Ray's own threads print of dead nodes: a program may read it."""

    def __init__(self, stream: TextIO, say: Told) -> None:
        self._stream = stream
        self._say = say

    def write(self, text: str) -> int:
        """Ray's words go where ours go that are not for everybody."""
        if not threading.current_thread().name.startswith("ray_"):
            return self._stream.write(text)
        if text.strip():
            self._say(" ".join(text.split())[:_SHOWN])
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _knock(address: str) -> None:
    """Whether anybody listens at a host:port; Ray would try for minutes. Raises OSError."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        socket.create_connection((host.strip("[]"), int(port)), _KNOCK).close()


class Cluster:
    """Starts workers as actors."""

    def __init__(self, compose: Compose) -> None:
        self._compose = compose

    @asynccontextmanager
    async def start(self) -> AsyncIterator["ActorWire"]:
        """An actor for as long as the block lasts, on whichever node has a free CPU."""
        actor = _SEAT.options(num_cpus=1, max_restarts=0, scheduling_strategy="SPREAD").remote(self._compose)
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
    except RayTaskError as error:  # the worker died of an error of its own: the last line of its traceback
        raise WireLost(str(error).strip().splitlines()[-1][:_SHOWN]) from None
    except RayError as error:
        raise WireLost(f"its node or its process is gone: {type(error).__name__}") from None


# inside the cluster


class _Seat:
    """An actor with a worker in it."""

    def __init__(self, compose: Compose) -> None:
        self._compose = compose
        self._in: asyncio.Queue[bytes] = asyncio.Queue()
        self._out: list[bytes] = []
        self._stirred = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start the worker; it waits for its first frame."""
        self._work = asyncio.get_running_loop().create_task(work(self, self._compose))
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
    """The table of the runs that share a limit; on its node they are one neighbour among others."""

    def __init__(self, limit: Path) -> None:
        self._table = Portions(Neighbours(limit).__enter__())

    async def beat(self, run: str, demand: float, held: float) -> float:
        """The share of a run."""
        return self._table.beat(run, demand, held, 0.0, time.monotonic())[0]


_SEAT: Final[Any] = ray.remote(_Seat)
_LIMITER: Final[Any] = ray.remote(_Limiter)


class ClusterShare:
    """This run's share among the runs of the cluster; `limit` is what `limits.neighbours.file_for` says."""

    def __init__(self, limit: Path) -> None:
        self._limit = limit
        self._run = f"{ray.get_runtime_context().get_job_id()} {time.time_ns()}"
        self._share = LITTLE
        self._hungry = False

    def share(self, now: float, *, hungry: bool) -> float:  # noqa: ARG002  the beat goes by its own clock
        """The share now."""
        self._hungry = self._hungry or hungry
        return self._share

    async def keep(self) -> NoReturn:
        """Ask for it again and again, until cancelled; while the limiter is away what was agreed holds."""
        limiter: Any = None
        while True:
            with suppress(RayError, TimeoutError, ValueError):  # ValueError: its name is taken and it is dead
                limiter = limiter or self._meet()
                hungry, self._hungry = self._hungry, False
                demand = 1.0 if hungry else _MODEST
                async with asyncio.timeout(GONE):
                    self._share = max(LITTLE, await limiter.beat.remote(self._run, demand, self._share))
                await asyncio.sleep(BEAT)
                continue
            limiter = None
            await asyncio.sleep(BEAT)

    def _meet(self) -> Any:
        """The limiter, started where it is not there: on the node of this driver, whose fate it shares."""
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
        known = {"name": self._limit.stem, "namespace": _NAMESPACE, "get_if_exists": True}
        return _LIMITER.options(**known, num_cpus=0, max_restarts=-1, scheduling_strategy=here).remote(self._limit)
