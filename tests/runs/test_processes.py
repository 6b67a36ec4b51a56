"""Whole runs with `--ray local`: the command, its cluster and its workers, the endpoint on a socket."""

import os
import re
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.live import KEY, TIMEOUT, asking, asyncgeo, finish, kill_when, rows_of, serving, start, write_problems
from support.nodes import WITHOUT_RAY, descendants, listening

from asyncgeo.schema.records import Row
from asyncgeo.simulator import Endpoint, Options, at
from asyncgeo.simulator.faults import Slow

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.ray, WITHOUT_RAY]
TWO = ("--ray", "local", "--processes", 2)


def steady(row: Row) -> dict[str, Any]:
    """A row without what differs from run to run."""
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in {"meta", "attempts"}}


def workers(folder: Path) -> list[int]:
    """The process ids of the workers that the logs tell of."""
    logs = "".join(path.read_text(encoding="utf-8") for path in folder.glob("logs/*.log"))
    return [int(number) for number in re.findall(r"is ready: process (\d+)", logs)]


def alive(process: int) -> bool:
    """Whether a process is there, and no mere entry."""
    try:
        return Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def command_line(process: int) -> str:
    """What everybody on the machine can read."""
    return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")


def written(folder: Path) -> int:
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("dataset_*.jsonl"))


def test_several_processes_make_the_rows_of_one(tmp_path: Path, simulator: Endpoint) -> None:
    """The same rows, each asked for once, each in the shard where one process would put it; and a dataset."""
    write_problems(tmp_path / "in", range(120))
    folders = []
    for several in (False, True):
        folders.append(tmp_path / f"out{several}")
        flags = ("-i", "in", "-o", folders[-1], "--shard-size", 50, *(TWO if several else ()))
        code, output = asyncgeo(*asking(simulator, *flags), cwd=tmp_path)
        assert code == 0, output
    assert simulator.stats.requests == 240
    shards = [
        {path.name: {row.id: steady(row) for row in rows_of_file(path)} for path in folder.glob("dataset_*.jsonl")}
        for folder in folders
    ]
    assert len(shards[0]) == 3
    assert shards[0] == shards[1]
    assert len(workers(folders[1])) == 2
    assert (folders[1] / "geoqa3_dataset.json").exists()


def rows_of_file(path: Path) -> list[Row]:
    """The rows of one shard."""
    return [row for row in rows_of(path.parent) if f'"id":"{row.id}"' in path.read_text(encoding="utf-8")]


def test_without_a_model_processes_read_as_well(tmp_path: Path) -> None:
    """Each worker has an embedded reader of its own."""
    code, output = asyncgeo("run", *TWO, "--no-merge", cwd=tmp_path)
    assert code == 0, output
    assert len(rows_of(tmp_path / "ground_truth" / "sample")) >= 55


def test_a_killed_worker_costs_no_row(tmp_path: Path) -> None:
    """SIGKILL in mid-run: the run says so, another worker takes its place, every problem has one row."""
    write_problems(tmp_path / "in", range(400))
    folder = tmp_path / "ground_truth"
    with serving(Options(latency=0.1)) as endpoint:
        run = start(*asking(endpoint, "-i", "in", "--no-merge", *TWO), cwd=tmp_path)
        wait_for(run, lambda: written(folder) > 50)
        os.kill(workers(folder)[0], signal.SIGKILL)
        code, output = finish(run)
        assert code == 0, output
        assert endpoint.stats.requests < 800
    rows = rows_of(folder)
    assert len(rows) == len({row.id for row in rows}) == 400
    log = next(folder.glob("logs/*.log")).read_text(encoding="utf-8")
    assert "is lost (its node or its process is gone" in log
    assert "worker 1 is lost" in output or "worker 2 is lost" in output


def test_workers_end_with_their_driver(tmp_path: Path) -> None:
    """SIGKILL for the command: no orphan goes on spending, and the same command finishes what is left."""
    write_problems(tmp_path / "in", range(300))
    folder = tmp_path / "ground_truth"
    with serving(Options(latency=0.1)) as endpoint:
        command = asking(endpoint, "-i", "in", "--no-merge", *TWO)
        run = start(*command, cwd=tmp_path)
        kill_when(run, lambda: written(folder) > 50)
        run.wait(TIMEOUT)
        orphans = workers(folder)
        assert len(orphans) == 2
        wait_until(lambda: not any(map(alive, orphans)), 20)
        if run.stdout is not None:
            run.stdout.close()
        left = 300 - written(folder)
        before = endpoint.stats.requests
        code, output = asyncgeo(*command, cwd=tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests - before == left
    rows = rows_of(folder)
    assert len(rows) == len({row.id for row in rows}) == 300


def test_ctrl_c_writes_every_answer_that_was_paid_for(tmp_path: Path) -> None:
    """Exit code 130, and as many rows as answers."""
    write_problems(tmp_path / "in", range(1000))
    folder = tmp_path / "ground_truth"
    with serving(Options(latency=0.2)) as endpoint:
        run = start(*asking(endpoint, "-i", "in", *TWO), cwd=tmp_path)
        kill_when(run, lambda: written(folder) > 50, signal.SIGINT)
        code, output = finish(run)
        assert code == 130, output
        assert "Go on with: asyncgeo run" in output
        assert written(folder) == sum(endpoint.stats.answered.values()) < 1000
    assert not any(map(alive, workers(folder)))


def test_ctrl_c_twice_leaves_at_once(tmp_path: Path) -> None:
    """What is in flight is dropped, no worker is left, and what was written can be gone on with."""
    write_problems(tmp_path / "in", range(300))
    folder = tmp_path / "ground_truth"
    with serving(Options(latency=0.1), at({40: Slow(60.0)})) as endpoint:
        run = start(*asking(endpoint, "-i", "in", *TWO), cwd=tmp_path)
        wait_for(run, lambda: written(folder) > 50)
        run.send_signal(signal.SIGINT)
        wait_for(run, lambda: endpoint.stats.requests - written(folder) == 1)
        run.send_signal(signal.SIGINT)
        code, output = finish(run)
    assert code == 130, output
    assert "dropped" in output
    assert not any(map(alive, workers(folder)))


def test_a_dead_key_is_told_as_by_one_process_and_shown_nowhere(tmp_path: Path) -> None:
    """Exit code 3, everything pending; the key stands in no log, no event log, and on no command line."""
    write_problems(tmp_path / "in", range(100))
    folder = tmp_path / "ground_truth"
    with serving(Options(api_key="sk-quite-another-key", latency=0.5)) as endpoint:
        run = start(*asking(endpoint, "-i", "in", *TWO), cwd=tmp_path, OPENAI_API_KEY=KEY)
        wait_for(run, lambda: len(workers(folder)) > 0)
        seen = "".join(map(command_line, [run.pid, *workers(folder)]))
        code, output = finish(run)
    assert code == 3, output
    assert "OPENAI_API_KEY" in output
    assert not written(folder)
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()]
    assert not any(KEY in text for text in (*texts, output, seen))


def test_processes_keep_one_limit(tmp_path: Path) -> None:
    """An enforced limit that the workers learn from headers: at most one request in two hundred is refused."""
    write_problems(tmp_path / "in", range(400))
    with serving(Options(rpm=2400, latency=0.1)) as endpoint:
        code, output = asyncgeo(*asking(endpoint, "-i", "in", "--no-merge", *TWO), cwd=tmp_path)
        assert code == 0, output
        assert endpoint.stats.rate_limited <= 0.005 * endpoint.stats.requests


def test_the_cluster_is_this_machines_alone(tmp_path: Path) -> None:
    """Nothing of it listens to other machines, and nothing of it reports its use to anybody."""
    write_problems(tmp_path / "in", range(100))
    folder = tmp_path / "ground_truth"
    with serving(Options(latency=0.5)) as endpoint:
        run = start(*asking(endpoint, "-i", "in", *TWO), cwd=tmp_path)
        wait_for(run, lambda: len(workers(folder)) == 2)
        processes = [run.pid, *descendants(run.pid)]
        places = {place for process in processes for place in listening(process)}
        environment = Path(f"/proc/{workers(folder)[0]}/environ").read_text(encoding="utf-8").split("\0")
        code, output = finish(run)
    assert code == 0, output
    assert len(places) > 3
    assert all(place.is_loopback for place, _ in places), places
    assert "RAY_USAGE_STATS_ENABLED=0" in environment
    assert not any(map(alive, processes))


def wait_for(run: "subprocess.Popen[str]", reached: Any) -> None:
    """Until the state is reached; a run that ends before fails its test by its output."""
    wait_until(lambda: bool(reached()) or run.poll() is not None, TIMEOUT)
    assert run.poll() is None, finish(run)[1]


def wait_until(reached: Any, seconds: float) -> None:
    """Poll the state; fails when it is not reached in time."""
    pause = threading.Event()
    for _ in range(int(seconds * 100)):
        if reached():
            return
        pause.wait(0.01)
    raise AssertionError(f"not reached within {seconds} s")
