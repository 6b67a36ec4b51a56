"""Workers that are processes of this machine, each at the end of a socket pair.

In: how a worker is called into being (a module's function that takes a descriptor). Out: wires. A worker whose driver
is gone reads the end of its socket and ends; nothing of it shows on a command line but a number.
"""

import asyncio
import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import IO, Final

from asyncgeo.run.cluster.wire import WireLost

_HEAD: Final = 4
"""Bytes of a frame's length, most significant first."""
_GRACE: Final = 5.0
"""Seconds for the other end to read what is left, and for a worker to end by itself once its wire is closed."""
_SHOWN: Final = 300

_BOOT: Final = "import json,sys; sys.path[:]=json.loads(sys.argv[3]); __import__(sys.argv[1]); \
getattr(sys.modules[sys.argv[1]],sys.argv[2])(int(sys.argv[4]))"
"""Runs the function with the import path of this process, whatever lies in the working directory."""


class Stream:
    """A wire over a connected socket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> "Stream":
        """The wire of this end."""
        end.setblocking(False)  # noqa: FBT003  the socket's own signature
        return cls(*await asyncio.open_connection(sock=end))

    def send(self, frame: bytes) -> None:
        """Let the frame go."""
        self._writer.write(len(frame).to_bytes(_HEAD, "big") + frame)

    async def receive(self) -> bytes:
        """The next frame. Raises WireLost at the end of the stream."""
        try:
            return await self._reader.readexactly(int.from_bytes(await self._reader.readexactly(_HEAD), "big"))
        except (EOFError, OSError):
            raise WireLost("its connection is closed") from None

    async def close(self) -> None:
        """Send what is left, and hang up; not for ever, where the other end does not read."""
        self._writer.close()
        try:
            async with asyncio.timeout(_GRACE):
                await self._writer.wait_closed()
        except (TimeoutError, OSError):
            self._writer.transport.abort()


class Processes:
    """Starts workers by `main(descriptor)`, a function at the top of an importable module."""

    def __init__(self, main: Callable[[int], None]) -> None:
        self._main = main

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Stream]:
        """A worker process for as long as the block lasts."""
        here, there = socket.socketpair()
        with tempfile.TemporaryFile() as errors:
            with there:
                process = self._spawn(there.fileno(), errors)
            wire = await Stream.over(here)
            try:
                yield wire
            except WireLost:
                raise WireLost(await _last_words(process, errors)) from None
            finally:
                await wire.close()
                await _end(process)

    def _spawn(self, descriptor: int, errors: IO[bytes]) -> "subprocess.Popen[bytes]":
        arguments = [self._main.__module__, self._main.__name__, json.dumps(sys.path), str(descriptor)]
        try:
            return subprocess.Popen(  # noqa: S603  our own interpreter
                [sys.executable, "-c", _BOOT, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[descriptor],
                process_group=0,  # Ctrl-C is the driver's to deal with
            )
        except OSError as error:
            raise WireLost(f"it cannot be started: {error.strerror}") from None


async def _end(process: "subprocess.Popen[bytes]") -> None:
    """The worker has hung up or will; one that does not is killed."""
    try:
        await asyncio.to_thread(process.wait, _GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        await asyncio.to_thread(process.wait)


async def _last_words(process: "subprocess.Popen[bytes]", errors: IO[bytes]) -> str:
    """How the process ended, and the last line it left."""
    with suppress(subprocess.TimeoutExpired):
        await asyncio.to_thread(process.wait, _GRACE)
    code = process.poll()
    errors.seek(0)
    lines = errors.read().decode(errors="replace").strip().splitlines()
    how = "it hung" if code is None else f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return f"{how}: {lines[-1][:_SHOWN]}" if lines else how
