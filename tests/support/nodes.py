"""Two real nodes of a Ray cluster on loopback, for tests and benchmarks; one of them can be killed like a machine."""

import importlib.util
import ipaddress
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

WITHOUT_RAY = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None, reason="Ray is not installed: pip install 'asyncgeo[ray]'"
)
START = 90
"""Seconds for a node to be up."""


@dataclass
class Nodes:
    """The cluster: its address, what every process of it needs in its environment, and the node that can be killed."""

    address: str
    environment: dict[str, str]
    folder: Path  # what the nodes write: logs, sockets
    head: "subprocess.Popen[str]"
    second: "subprocess.Popen[str]"

    def kill_second(self) -> int:
        """SIGKILL for everything on the second node, as when the power fails; how many processes that were."""
        return _kill(self.second)

    def named(self, words: str) -> list[int]:
        """The processes of the cluster that bear this title, as `ray::Worker`."""
        found = [*descendants(self.head.pid), *descendants(self.second.pid)]
        return [process for process in found if words in title(process)]


@contextmanager
def two_nodes() -> Iterator[Nodes]:
    """`ray start` twice, one CPU each; nothing of it is left afterwards."""
    token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_USAGE_STATS_ENABLED": "0"}
    environment = {**os.environ, **token}
    address = f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp") as folder:  # the path of a socket has 107 bytes at most
        head = _start(environment, Path(folder), "--head", f"--port={address.rpartition(':')[2]}")
        try:
            second = _start(environment, Path(folder), f"--address={address}")
            try:
                yield Nodes(address, token, Path(folder), head, second)
            finally:
                _kill(second)
        finally:
            _kill(head)


def _start(environment: dict[str, str], folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A node, once it says that it runs."""
    own = "127.0.0.1" if "--head" in arguments else "127.0.0.2"  # a driver joins a node of its own address: the head
    fixed = (f"--node-ip-address={own}", "--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats")
    any_port = ("--min-worker-port=0", "--max-worker-port=0", "--dashboard-agent-listen-port=0")  # two on one address
    head = ("--include-dashboard=false", f"--temp-dir={folder}") if "--head" in arguments else ()
    process = subprocess.Popen(
        [Path(sys.executable).parent / "ray", "start", "--block", *arguments, *fixed, *any_port, *head],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said = []
    timer = _deadline(process)
    assert process.stdout is not None
    for line in process.stdout:
        said.append(line)
        if "Ray runtime started" in line:
            timer.cancel()
            return process
    raise RuntimeError("".join(said))


def _deadline(process: "subprocess.Popen[str]") -> threading.Timer:
    """Ends a node that does not come up, so that nobody waits for its words for ever."""
    timer = threading.Timer(START, _kill, [process])
    timer.daemon = True
    timer.start()
    return timer


def _kill(process: "subprocess.Popen[str]") -> int:
    """SIGKILL for a process and everything that it started."""
    doomed = [process.pid, *descendants(process.pid)]
    for number in doomed:
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
    return len(doomed)


def descendants(parent: int) -> Iterator[int]:
    """Everything that a process has started, and what that has."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = entry.read_text().rpartition(")")[2].split()
            if int(fields[1]) == parent:
                child = int(entry.parent.name)
                yield child
                yield from descendants(child)


def listening(process: int) -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """Where a process listens: address and port."""
    with suppress(OSError):
        own = {entry.readlink().name for entry in Path(f"/proc/{process}/fd").iterdir()}
        for name in ("tcp", "tcp6"):
            for line in Path(f"/proc/{process}/net/{name}").read_text().splitlines()[1:]:
                _, local, _, state, *_, inode = line.split()[:10]
                if state == "0A" and f"socket:[{inode}]" in own:
                    words, _, port = local.partition(":")
                    packed = b"".join(bytes.fromhex(words[at : at + 8])[::-1] for at in range(0, len(words), 8))
                    address = ipaddress.ip_address(packed)
                    yield getattr(address, "ipv4_mapped", None) or address, int(port, 16)


def title(process: int) -> str:
    """Its command line; Ray's processes say there what they are."""
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
