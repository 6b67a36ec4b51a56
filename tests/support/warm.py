"""`asyncgeo …` in a process of its own, without waiting for its imports each time (Linux).

In: what `subprocess.Popen` takes. Out: the same. A server that has imported what commands import forks for each of
them; the fork has its own arguments, folder, environment and streams, runs `python -m asyncgeo` as its main module, and
ends as an interpreter does, but for taking down what was imported. What only a fresh interpreter shows (its command
line in /proc, variables that Python itself reads) needs a plain `subprocess.Popen`.
"""

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from support import warm_server
from support.warm_server import IMPORTED, PATH, paths

_LARGEST = 1 << 12
"""Bytes of an answer; it has some tens."""


def can_start(variables: Mapping[str, str]) -> bool:
    """Whether a command with these variables may start warm: Python reads them as it starts, but for a path.

    What lies on that path counts, unless the server has it already, as numpy: then only a fresh interpreter sees it.
    """
    of_python = {name for name in variables if name.startswith(("PYTHON", "LC_", "LANG"))} - {PATH}
    shadowed = any((Path(each) / f"{name}.py").exists() for each in paths(variables) for name in IMPORTED)
    return sys.platform == "linux" and not of_python and not shadowed


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
        self._ended: dict[int, int] = {}
        self._lock = threading.Lock()
        self._process = _begun()
        self._line = _connected()
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
        """The server ends with its last line."""
        self._line.close()
        if self._process is not None:
            self._process.wait()


_ADDRESS = f"\0asyncgeo-warm-{os.environ.get('PYTEST_XDIST_TESTRUNUID', os.getpid())}"
"""One server for all workers of these tests, since it takes seconds of a processor to start."""


def _begun() -> "subprocess.Popen[bytes] | None":
    """The server, where this is the first who needs one."""
    with _socket() as listener:
        try:
            listener.bind(_ADDRESS)
        except OSError:
            return None
        listener.listen(64)
        command = [sys.executable, warm_server.__file__, str(listener.fileno())]
        env = os.environ | {"OPENBLAS_NUM_THREADS": "1"}  # numpy's threads would not live in a fork
        return subprocess.Popen(command, pass_fds=[listener.fileno()], stdin=subprocess.DEVNULL, env=env)


def _connected() -> socket.socket:
    line, pause = _socket(), threading.Event()
    for _ in range(100):
        with contextlib.suppress(ConnectionRefusedError):  # the first has its address and does not listen yet
            line.connect(_ADDRESS)
            break
        pause.wait(0.01)
    return line


def _socket() -> socket.socket:
    return socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)


_servers: list[_Server] = []


def _server() -> _Server:
    if not _servers:
        _servers.append(_Server())
    return _servers[0]
