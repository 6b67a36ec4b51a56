"""Processes that work for this one: out of its way, deaf to Ctrl-C, and gone when it is gone.

In: how many. Out: the results of functions that another process can import. It does not know what the work is.

Each is a fresh interpreter that runs this module and nothing of the program that asked: a script without
`if __name__ == "__main__"` is not run again, and a notebook or a program on standard input has no file to run. A
thread of this process speaks with each over a socket; the end of that socket is the end of the process.
"""

import json
import os
import pickle
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from itertools import islice
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, Self, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_NICENESS: Final = 10
"""They give way to whatever else wants the processor, above all to this process."""
_BOOT: Final = (
    "import json,sys; sys.path[:]=json.loads(sys.argv[1]); import asyncgeo.store.processes as p; p.serve(sys.argv[2])"
)
"""Runs `serve` with the import path of this process."""


class Processes:
    """Up to `count` processes, each started when it is first needed and again after one has died."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="asyncgeo-process")
        self._lock = threading.Lock()
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._is_closed = False

    def submit(self, work: Callable[[T], R], given: T) -> "Future[R]":
        """Have a process do it. The future raises BrokenProcessPool when it died, OSError when none can be started."""
        return self._threads.submit(self._ask, work, given)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes, whatever they are doing."""
        with self._lock:
            self._is_closed = True
            ended = list(self._all)
        for process in ended:
            process.kill()
        self._threads.shutdown(cancel_futures=True)
        for process in ended:
            process.discard()

    def _ask(self, work: Callable[[T], R], given: T) -> R:
        process = self._take()
        try:
            is_result, answer = process.ask(pickle.dumps((work, given)))
        except (EOFError, OSError):
            self._forget(process)
            raise BrokenProcessPool("a process died at work") from None
        except BaseException:
            self._forget(process)
            raise
        self._release(process)
        if is_result:
            return answer  # type: ignore[no-any-return]
        raise answer

    def _take(self) -> "_Process":
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._open()

    def _open(self) -> "_Process":
        with self._lock:
            if self._is_closed:
                raise BrokenProcessPool("the processes are closed")
            process = _Process()
            self._all.add(process)
            return process

    def _release(self, process: "_Process") -> None:
        with self._lock:
            self._idle.append(process)

    def _forget(self, process: "_Process") -> None:
        with self._lock:
            self._all.discard(process)
        process.kill()
        process.discard()


class _Process:
    """One process, and this end of the socket to it."""

    def __init__(self) -> None:
        here, there = socket.socketpair()
        with there:
            try:
                self._process = subprocess.Popen(  # noqa: S603  our own interpreter
                    [sys.executable, "-P", "-c", _BOOT, json.dumps(_import_path()), str(there.fileno())],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    pass_fds=[there.fileno()],
                    process_group=0,  # the terminal's signals are for the program that asked
                )
            except OSError:
                here.close()
                raise
        self._wire = Connection(here.detach())
        self._answers = open(self._wire.fileno(), "rb", closefd=False)  # noqa: SIM115  as long as the wire

    def ask(self, request: bytes) -> tuple[bool, Any]:
        """Whether it worked, and the result or the exception. Raises EOFError or OSError when the process died.

        An answer is never whole in memory beside what it is made into.
        """
        self._wire.send_bytes(request)
        try:
            answer: tuple[bool, Any] = pickle.load(self._answers)  # noqa: S301  from our own process
        except pickle.UnpicklingError:  # it was cut short
            raise EOFError from None
        return answer

    def kill(self) -> None:
        """End it, which also wakes the thread that waits for its answer."""
        self._process.kill()

    def discard(self) -> None:
        """Once no thread uses it: close this end, and let the system forget the process."""
        self._answers.close()
        self._wire.close()
        self._process.wait()


def _import_path() -> list[str]:
    return [each for each in sys.path if isinstance(each, str)]  # some programs put paths there that are no text


def serve(descriptor: str) -> None:
    """Be such a process: do what comes over the socket, and end with the one that asked."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):
        os.nice(_NICENESS)
    wire, requests = Connection(int(descriptor)), queue.SimpleQueue[bytes]()
    threading.Thread(target=_listen, args=(wire, requests), daemon=True).start()
    with open(wire.fileno(), "wb", closefd=False) as answers:
        while True:
            answers.write(_answer(requests.get()))
            answers.flush()


def _listen(wire: Connection, requests: "queue.SimpleQueue[bytes]") -> None:
    """Take requests while the work goes on, so that the end of the one that asked is seen at once."""
    with suppress(EOFError, OSError):
        while True:
            requests.put(wire.recv_bytes())
    os._exit(1)


def _answer(request: bytes) -> bytes:
    try:
        work, given = pickle.loads(request)  # noqa: S301  from the process that started this one
        return pickle.dumps((True, work(given)))
    except Exception as error:  # noqa: BLE001  whatever it is, it belongs to the one that asked
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """The exception; in words where it cannot be sent."""
    try:
        content = pickle.dumps((False, error))
        pickle.loads(content)  # noqa: S301  our own; some exceptions can be written and not read
    except Exception:  # noqa: BLE001  what an exception holds may be anything
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
    return content


_WORTH: Final = 1 << 27  # bytes; less is read by one core before other processes have started
_MOST: Final = 8  # processes; beyond, the disk and the one who gathers the results set the pace
_AHEAD: Final = 4  # results a process may have waiting here, so that they do not fill the memory


def spread(work: Callable[[T], R], given: Iterable[T], size: int) -> Iterator[R]:
    """`work` on each, in order; its bytes in all decide who does it. Another process must be able to import it."""
    count = min(os.cpu_count() or 1, _MOST)
    yield from spread_over(work, given, count if size >= _WORTH else 1)


def spread_over(work: Callable[[T], R], given: Iterable[T], count: int) -> Generator[R]:
    """`work` on each, in order, by that number of processes; one is this one."""
    if count < 2:  # noqa: PLR2004
        yield from map(work, given)
        return
    with Processes(count) as processes:
        left = iter(given)
        waiting = deque((each, processes.submit(work, each)) for each in islice(left, _AHEAD * count))
        while waiting:
            each, future = waiting.popleft()
            waiting.extend((more, processes.submit(work, more)) for more in islice(left, 1))
            try:
                yield future.result()
            except BrokenProcessPool:  # a process was killed, for memory perhaps: slower alone, but no less right
                yield work(each)
