import os
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from support.judging import interrupted, leave, niceness, ppid, unreadable
from support.live import TIMEOUT, environment, write_problems

from asyncgeo.store.processes import Processes

SCRIPT = """
import asyncgeo
print("run by", __name__)
done = asyncgeo.run("in", "out", offline=True, verify=True)
print("parsed", done.seen.parsed)
"""


def test_they_are_deaf_to_ctrl_c() -> None:
    """A person who presses it reads no traceback of theirs; they stand outside the terminal's group, too."""
    with Processes(1) as processes:
        assert processes.submit(interrupted, 2).result() == 2
        assert processes.submit(os.getpgid, 0).result() != os.getpgid(0)


def test_they_are_children_of_this_process() -> None:
    """No server process in between, which would outlive it."""
    with Processes(1) as processes:
        assert processes.submit(ppid, None).result() == os.getpid()


def test_they_give_way() -> None:
    """The one that asks goes first."""
    with Processes(1) as processes:
        assert processes.submit(niceness, 0).result() > os.nice(0)


def test_after_a_death_there_is_another() -> None:
    """The work that met it fails, and only that."""
    with Processes(2) as processes:
        with pytest.raises(BrokenProcessPool):
            processes.submit(leave, 3).result()
        assert processes.submit(interrupted, 5).result() == 5


def test_what_the_work_raises_is_raised_here() -> None:
    """Also what cannot be sent, as its words; the process goes on."""
    with Processes(1) as processes:
        with pytest.raises(ZeroDivisionError):
            processes.submit((1).__truediv__, 0).result()
        with pytest.raises(RuntimeError, match="Odd: for 7"):
            processes.submit(unreadable, 7).result()
        assert processes.submit(interrupted, 5).result() == 5


@pytest.mark.parametrize("way", ["file", "stdin"])
def test_the_program_that_asks_is_not_run_again(tmp_path: Path, way: str) -> None:
    """A script without a guard for `__main__`: its lines run once, and every row is verified."""
    write_problems(tmp_path / "in", range(5))
    (tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    with (tmp_path / "script.py").open() as program:
        run = subprocess.run(
            [sys.executable, *(["script.py"] if way == "file" else ["-"])],
            stdin=program,
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
    assert (run.returncode, run.stdout, run.stderr) == (0, "run by __main__\nparsed 5\n", "")
    assert len((tmp_path / "out" / "verify_0_5.jsonl").read_bytes().splitlines()) == 5
