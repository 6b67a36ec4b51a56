"""`asyncgeo …` in a process of its own, without waiting for its imports each time (Linux).

In: what `subprocess.Popen` takes. Out: the same. A server that has imported what commands import forks for each of
them; the fork has its own arguments, folder, environment and streams, runs `python -m asyncgeo` as its main module, and
ends as an interpreter does, but for taking down what was imported. What only a fresh interpreter shows (its command
line in /proc, variables that Python itself reads) needs a plain `subprocess.Popen`.
"""

import atexit
import contextlib
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from typing import Any

_IMPORTED = ("aiohttp", "openai", "httpx2", "httpcore2", "numpy", "pyexpat", "genai_prices.data", "rich.markdown")
"""Beside all modules of asyncgeo: what they import when they need it."""
_APART = {"asyncgeo.__main__", "asyncgeo.dataset.parquet", "asyncgeo.run.cluster.nodes"}
_LARGEST = 1 << 20
"""Bytes of a job; environments have some thousands."""


class Warm(subprocess.Popen[str]):
    """A command that the server has forked; only its start and its end are other than Popen's."""

    leads = False
    """Whether it leads a session of its own, whose terminal is standard input, as a shell in a window does."""

    def _execute_child(self, args: Any, *rest: Any) -> None:
        _executable, _preexec, _close, _pass, cwd, env, *_ = rest
        pipes = rest[9:15]
        streams = [inherited if each == -1 else each for inherited, each in enumerate((pipes[0], pipes[3], pipes[5]))]
        job = {"args": args[3:], "cwd": str(cwd), "env": env, "leads": self.leads}
        self.pid = _server().start(job, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)  # type: ignore[attr-defined]  # Popen's own

    def _try_wait(self, flags: int) -> tuple[int, int]:
        status = _server().status(self.pid, waits=not flags & os.WNOHANG)
        return (0, 0) if status is None else (self.pid, status)

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self.returncode is None and (status := _server().status(self.pid, waits=False)) is not None:
            self._handle_exitstatus(status)  # type: ignore[attr-defined]  # Popen's own
        return self.returncode


class WarmLeader(Warm):
    """One in a terminal of its own."""

    leads = True


class _Server:
    """The process that forks, and how those that ended did."""

    def __init__(self) -> None:
        self._line, end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ended: dict[int, int] = {}
        self._lock = threading.Lock()
        with end:
            command = [sys.executable, __file__, str(end.fileno())]
            env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # numpy's threads would not live in a fork
            self._process = subprocess.Popen(command, pass_fds=[end.fileno()], stdin=subprocess.DEVNULL, env=env)
        atexit.register(self.close)

    def start(self, job: dict[str, Any], streams: list[int]) -> int:
        """The id of the new process."""
        with self._lock:
            socket.send_fds(self._line, [json.dumps(job).encode()], streams)
            while "status" in (said := self._hear(waits=True) or {}):
                pass
        assert isinstance(said["pid"], int), "the server of warm commands has ended"
        return said["pid"]

    def status(self, pid: int, *, waits: bool) -> int | None:
        """How the process ended, as `os.waitpid` says it; None while it runs."""
        with self._lock:
            while pid not in self._ended and self._hear(waits=waits) is not None:
                pass
            return self._ended.get(pid)

    def _hear(self, *, waits: bool) -> dict[str, int] | None:
        if not waits and not select.select([self._line], [], [], 0)[0]:
            return None
        said: dict[str, int] = json.loads(self._line.recv(_LARGEST))
        if "status" in said:
            self._ended[said["pid"]] = said["status"]
        return said

    def close(self) -> None:
        """The server ends with its line."""
        self._line.close()
        self._process.wait()


_servers: list[_Server] = []


def _server() -> _Server:
    if not _servers:
        _servers.append(_Server())
    return _servers[0]


def _serve(line: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for each job, and say how each ended; returns in the fork, with its job and its streams."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    while True:
        ready, _, _ = select.select([line.fileno(), woken], [], [])
        if woken in ready:
            os.read(woken, 512)
            _reap(line)
        if line.fileno() not in ready:
            continue
        content, streams, _, _ = socket.recv_fds(line, _LARGEST, 3)
        if not content:
            sys.exit()
        if not (pid := os.fork()):
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
            os.close(woken)
            os.close(waker)
            line.close()
            return json.loads(content), streams
        line.send(json.dumps({"pid": pid}).encode())
        for stream in streams:
            os.close(stream)


def _modules() -> Iterator[str]:
    """The program's own, but for those that need what may lack here, or starts threads."""
    found = pkgutil.walk_packages(importlib.import_module("asyncgeo").__path__, "asyncgeo.")
    return (each.name for each in found if each.name not in _APART)


def _reap(line: socket.socket) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            line.send(json.dumps({"pid": ended[0], "status": ended[1]}).encode())


def _become(job: dict[str, Any], streams: list[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if job["leads"]:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # a window hangs up even where tests were told to outlive theirs
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", newline="\n", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, "utf-8", "backslashreplace", "\n", closefd=False)  # noqa: SIM115
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.path[0] = job["cwd"]
    sys.argv = ["asyncgeo", *job["args"]]


def _end(code: int) -> None:
    """As an interpreter ends, without taking down each module, which costs three times what most commands do."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for threads, as the interpreter does first
    atexit._run_exitfuncs()
    gc.collect()  # what was forgotten unclosed, or fails as it goes, says so
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)  # of streams that fail the interpreter has something to say


if __name__ == "__main__":
    for _name in (*_IMPORTED, *_modules()):
        importlib.import_module(_name)
    for _clause in importlib.import_module("asyncgeo.rules.grammar").CLAUSES:
        assert _clause.pattern, "compiled"
    importlib.import_module("asyncgeo.rules").parse("如图,在△ABC中,AB=AC,∠BAC=50°,则∠ABC的度数为()")
    gc.collect()
    gc.freeze()  # or each fork, as it ends, looks through all that was imported, which takes it half a second
    _become(*_serve(socket.socket(fileno=int(sys.argv[1]))))
    try:
        runpy.run_module("asyncgeo", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        _end(end.code or 0)
    _end(0)
