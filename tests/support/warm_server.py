"""The server of warm commands: imports what commands import, then forks for each of them.

In: the descriptor of the socket that it listens on. Out: on each line, for each job (arguments, folder, environment,
streams) the id of its process, and how that ended. It ends with its last line.
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
import sys
import termios
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

IMPORTED = ("aiohttp", "openai", "httpx2", "httpcore2", "numpy", "pyexpat", "genai_prices.data", "rich.markdown")
"""Beside all modules of asyncgeo: what they import when they need it."""
_APART = {"asyncgeo.__main__", "asyncgeo.dataset.parquet", "asyncgeo.run.cluster.nodes"}
PATH = "PYTHONPATH"
_LARGEST = 1 << 20
"""Bytes of a job; environments have some thousands."""


def paths(variables: Mapping[str, str]) -> list[str]:
    """The folders that a command would find modules in before others."""
    return list(filter(None, variables.get(PATH, "").split(os.pathsep)))


def _serve(listener: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Fork for each job, and say on its line how it ended; returns in the fork, with its job and its streams."""
    woken, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(waker)
    lines, lines_of = list[socket.socket](), dict[int, socket.socket]()
    while True:
        waited: list[socket.socket | int] = [listener, woken, *lines]
        ready, _, _ = select.select(waited, [], [])
        if woken in ready:
            os.read(woken, 512)
            _reap(lines_of)
        if listener in ready:
            lines.append(listener.accept()[0])
        for line in [each for each in lines if each in ready]:
            content, streams = _job(line)
            if not content:
                _leave(line, lines)
            elif pid := os.fork():
                lines_of[pid] = line
                _say(line, pid=pid)
                for stream in streams:
                    os.close(stream)
            else:
                _free(listener, *lines)
                os.close(woken)
                os.close(waker)
                return json.loads(content), streams


def _leave(line: socket.socket, lines: list[socket.socket]) -> None:
    lines.remove(line)
    line.close()
    if not lines:
        os._exit(0)


def _free(*sockets: socket.socket) -> None:
    """The fork has nothing of the server."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    for each in sockets:
        each.close()


def _say(line: socket.socket, **words: int) -> None:
    with contextlib.suppress(OSError):  # nobody is there any more to hear it
        line.send(json.dumps(words).encode())


def _job(line: socket.socket) -> tuple[bytes, list[int]]:
    """The next on this line; nothing once it has ended, in whatever way."""
    try:
        content, streams, _, _ = socket.recv_fds(line, _LARGEST, 3)
    except OSError:
        return b"", []
    return content, streams


def _modules() -> Iterator[str]:
    """The program's own, but for those that need what may lack here, or starts threads."""
    found = pkgutil.walk_packages(importlib.import_module("asyncgeo").__path__, "asyncgeo.")
    return (each.name for each in found if each.name not in _APART)


def _reap(lines_of: dict[int, socket.socket]) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _say(lines_of.pop(ended[0]), pid=ended[0], status=ended[1])


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
    sys.path[:1] = [job["cwd"], *(here := paths(job["env"]))]
    if any((Path(each) / "sitecustomize.py").exists() for each in here):
        sys.modules.pop("sitecustomize", None)  # that of this machine
        importlib.import_module("sitecustomize")
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
    for _name in (*IMPORTED, *_modules()):
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
