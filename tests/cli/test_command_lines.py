"""The command that goes on: whole, limited, pasted; and no command line, and no key, that is nobody's business."""

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from support import scripted
from support.live import KEY, TIMEOUT, asyncgeo, environment, rows_of, start, write_problems

import asyncgeo as library
from asyncgeo.errors import Stopped
from asyncgeo.run import commands


@pytest.mark.parametrize(
    ("given", "whole"),
    [
        ("run -i in --start 3 --end=9 --limit 5", "run -i in"),
        ("run --redo all -o 'a b' --no-resume", "run -o 'a b'"),
        ("run --redo=none --rpm 5", "run --rpm 5"),
        ("run --limit", "run"),
    ],
)
def test_the_command_for_the_rest_takes_no_part_and_asks_nothing_twice(given: str, whole: str) -> None:
    """Flags that made a run smaller go, with their values; all others stay as they were typed."""
    assert shlex.join(commands.whole(shlex.split(given))) == whole


@pytest.mark.parametrize(
    ("given", "left"),
    [
        ("run --limit 20 -i in", "run --limit 13 -i in"),
        ("run -i in --limit=20", "run -i in --limit 13"),
        ("run -i in --start 5", "run -i in --start 5"),
    ],
)
def test_the_same_command_for_what_is_left_of_its_limit(given: str, left: str) -> None:
    """A limit is lowered; a command without one is the same."""
    assert shlex.join(commands.left(shlex.split(given), 13)) == left
    assert commands.is_limited(shlex.split(given)) is ("--limit" in given)


def dead_after(count: int) -> Callable[[scripted.Asked], scripted.Reply]:
    """A server whose account is closed after so many answers."""

    def answer(asked: scripted.Asked) -> scripted.Reply:
        if asked.number > count:
            return scripted.error(401, "Incorrect API key provided.", code="invalid_api_key")
        return scripted.answer(asked.text)

    return answer


def test_what_is_printed_goes_on_with_the_rest_of_the_limit(tmp_path: Path) -> None:
    """7 of `--limit 20` are done when the run is stopped: what it prints, and status too, asks 13 more, as pasted."""
    folder = write_problems(tmp_path / "my problems", range(40))
    flags = ["run", "-i", str(folder), "-o", "out", "--model", "m", "--concurrency", "1", "--limit", "20"]
    with scripted.serving(dead_after(7)) as server:
        code, output = asyncgeo(*flags, "--base-url", server.url, cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert code == 3, output
    (line,) = [each for each in output.splitlines() if each.startswith("Go on with: ")]
    typed = shlex.split(line.removeprefix("Go on with: "))
    assert typed[:-2] == ["asyncgeo", *flags[:-1], "13"]
    step = json.loads(asyncgeo("status", "-o", "out", "--json", cwd=tmp_path)[1])["next"][0]
    assert (step["kind"], step["command"]) == ("resume", typed)
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        code, output = asyncgeo(*typed[1:-1], server.url, cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert (code, len(server.asked)) == (0, 13), output
    assert len(rows_of(tmp_path / "out")) == 20
    assert "The rest: asyncgeo run -i" in output
    assert "--limit" not in output.partition("The rest: ")[2]


PROGRAM = """
import asyncgeo, sys
try:
    asyncgeo.run("in", "out", model="m", base_url=sys.argv[2], api_key=sys.argv[1], limit=5)
except asyncgeo.errors.Stopped as error:
    print(error)
"""


def test_a_programs_own_command_line_is_written_nowhere(tmp_path: Path) -> None:
    """Its key came as an argument: in no file, in no output; status names the command for the folder instead."""
    write_problems(tmp_path / "in", range(9))
    (tmp_path / "program.py").write_text(PROGRAM.replace("asyncgeo, sys", "asyncgeo, asyncgeo.errors, sys"))
    with scripted.serving(dead_after(3)) as server:
        run = subprocess.run(
            [sys.executable, "program.py", KEY, server.url],
            cwd=tmp_path,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=True,
        )
    assert "Go on with: the same call with limit=2" in run.stdout
    words = [run.stdout, run.stderr, *texts_in(tmp_path / "out")]
    words += [asyncgeo(*look, "-o", "out", cwd=tmp_path)[1] for look in (("status",), ("status", "--json"))]
    assert "started from Python" in words[-2]
    assert "asyncgeo run --input-dir" in words[-2]
    for text in words:
        assert KEY not in text
        assert "program.py" not in text


def test_a_key_on_the_command_line_is_replaced_wherever_it_would_stand(tmp_path: Path) -> None:
    """In the event log, the lock, the log, and on both screens, whatever member of the command held it."""
    write_problems(tmp_path / "in", range(6))
    with scripted.serving(dead_after(3)) as server:
        url = f"{server.url}?key={KEY}"
        flags = ("run", "-i", "in", "-o", "out", "--base-url", url, "--model", "m", "--concurrency", 1)
        _, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY=KEY)
        _, lines = asyncgeo(*flags, "--json", cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert "[API key]" in output
    for text in (output, lines, *texts_in(tmp_path / "out")):
        assert KEY not in text


def texts_in(folder: Path) -> list[str]:
    """Every file of a folder, at any depth; the lock and the logs are among them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {".lock", ".log", ".jsonl"} <= {path.suffix for path in files}
    return [path.read_text(encoding="utf-8") for path in files]


def test_a_run_from_python_holds_its_shard_without_a_command(tmp_path: Path) -> None:
    """Whoever wants the same shard is told the process, and nothing of the program."""
    write_problems(tmp_path / "in", range(4))
    with scripted.serving(lambda asked: scripted.answer(asked.text, delay=3.0)) as server:
        seen: list[str] = []

        def look(_: object) -> None:
            if len(server.asked) == 4 and not seen:
                second = start("run", "-i", "in", "-o", "out", "--offline", cwd=tmp_path)
                seen.append(second.communicate(timeout=TIMEOUT)[0])

        done = library.run(
            tmp_path / "in", tmp_path / "out", model="m", base_url=server.url, api_key=KEY, on_event=look
        )
    assert done.seen.parsed == 4
    assert "is held by process" in seen[0]
    assert "pytest" not in seen[0]


def test_a_stopped_call_names_what_is_left(tmp_path: Path) -> None:
    """Without a limit the same call; with one, its rest."""
    write_problems(tmp_path / "in", range(9))
    with scripted.serving(dead_after(2)) as server, pytest.raises(Stopped) as stopped:
        library.run(tmp_path / "in", tmp_path / "out", model="m", base_url=server.url, api_key=KEY, concurrency=1)
    assert stopped.value.remedy.endswith("Go on with: the same call")
