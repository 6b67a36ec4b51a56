"""Runs on a Ray cluster of two real nodes; skipped where Ray is not installed."""

import stat
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.live import KEY, asking, command, environment, rows_of, serving, write_problems
from support.nodes import WITHOUT_RAY, Nodes, two_nodes

from asyncgeo.simulator import Endpoint, Options
from asyncgeo.store import events

pytestmark = [pytest.mark.ray, WITHOUT_RAY]
LONGEST = 240
"""Seconds after which a run that hangs fails its test: an actor alone takes ten to start on a busy machine."""
RPM = 1800


@pytest.fixture(scope="module")
def nodes() -> Iterator[Nodes]:
    """One cluster for all tests of this file: to start it takes as long as the rest. The last test kills half of it."""
    with two_nodes() as found:
        yield found


def start_on(nodes: Nodes, endpoint: Endpoint, folder: Path) -> "subprocess.Popen[str]":
    """`asyncgeo run --ray …` started; what is for a program and what is for people apart."""
    arguments = asking(endpoint, "-i", "in", "--no-merge", "--json", "--ray", nodes.address, "--processes", 2)
    return subprocess.Popen(
        command(*arguments),
        cwd=folder,
        env=environment(OPENAI_API_KEY=KEY, **nodes.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(reached: Callable[[], bool], run: "subprocess.Popen[str] | None" = None) -> None:
    """Poll the state; fails when a run ends before, or when it takes too long."""
    pause = threading.Event()
    for _ in range(LONGEST * 20):
        if reached():
            return
        assert run is None or run.poll() is None, run.communicate(timeout=10)
        pause.wait(0.05)
    raise AssertionError("not reached")


def rows_in(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in (folder / "ground_truth").glob("dataset_*.jsonl"))


def test_actors_end_with_their_driver(nodes: Nodes, tmp_path: Path) -> None:
    """SIGKILL for the command: no actor goes on spending; the key stands in nothing that the cluster wrote."""
    write_problems(tmp_path / "in", range(2000))
    with serving(Options(rpm=RPM, latency=0.1)) as endpoint:
        run = start_on(nodes, endpoint, tmp_path)
        until(lambda: rows_in(tmp_path) > 60, run)
        assert len(nodes.named("ray::Worker")) == 2
        run.kill()
        run.communicate(timeout=10)
        until(lambda: not nodes.named("ray::Worker"))
        assert endpoint.stats.requests < 2000
    written = [path for path in nodes.folder.rglob("*") if stat.S_ISREG(path.lstat().st_mode)]
    assert len(written) > 5
    assert not any(KEY.encode() in path.read_bytes() for path in (*written, *tmp_path.rglob("logs/*")))


def test_a_node_killed_in_mid_run_loses_nothing(nodes: Nodes, tmp_path: Path) -> None:
    """Under an enforced limit: complete, one row a problem, at least 0.95 of the limit, at most 0.5 % refused."""
    count = 1200
    write_problems(tmp_path / "in", range(count))
    with serving(Options(rpm=RPM, latency=0.3)) as endpoint:
        run = start_on(nodes, endpoint, tmp_path)
        until(lambda: rows_in(tmp_path) > count // 3, run)
        assert nodes.kill_second() > 1
        output, said = run.communicate(timeout=LONGEST)
        assert run.returncode == 0, said
        arrivals, refused = endpoint.stats.arrivals, endpoint.stats.rate_limited
    rows = rows_of(tmp_path / "ground_truth")
    assert len(rows) == len({row.id for row in rows}) == count
    assert all(events.decode(line.encode()) for line in output.splitlines()), "Ray's words are no events"
    log = next((tmp_path / "ground_truth" / "logs").glob("*.log")).read_text(encoding="utf-8")
    assert "is lost (its node or its process is gone" in log
    assert refused <= 0.005 * len(arrivals)
    settled = arrivals[0] + 3.0  # the first seconds are for a worker alone, and for learning the limit
    sent = sum(moment >= settled for moment in arrivals)
    assert sent >= 0.95 * RPM / 60 * (arrivals[-1] - settled), Counter(int(each - arrivals[0]) for each in arrivals)
