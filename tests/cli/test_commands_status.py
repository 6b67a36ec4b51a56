"""`asyncgeo status`, `errors` and `show`: what a person types, and what stands on the screen."""

import json
import os
import pty
import re
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import pytest
from support.journals import failed, parsed, skipped, write_shard
from support.live import (
    TIMEOUT,
    asking,
    asyncgeo,
    finish,
    kill_when,
    rows_of,
    serving,
    start,
    start_with,
    write_problems,
)

from asyncgeo.errors import EXIT_FIXABLE
from asyncgeo.schema.records import Row, Tokens
from asyncgeo.simulator import Endpoint, Options

OUT = "ground_truth"


def folder_with_errors(path: Path) -> Path:
    """A folder of six rows beside an input of nine problems."""
    write_problems(path / "in", range(9))
    told = Tokens(3000, 2000, 200)
    rows: list[Row] = [
        parsed(0, tokens=told),
        failed(1),
        failed(2, "server"),
        parsed(3, kind="timeout"),
        skipped(4),
        failed(0),
    ]
    write_shard(path / OUT, 0, 9, rows)
    return path / OUT


@contextmanager
def in_terminal(
    *arguments: object, cwd: Path, **changes: str
) -> Iterator[tuple["subprocess.Popen[str]", Callable[[str], str]]]:
    """`asyncgeo …` in a terminal of 80 columns; the function reads its screen until the text came."""
    ours, theirs = pty.openpty()
    changes = {"COLUMNS": "80", "LINES": "30", "TERM": "xterm-256color", **changes}
    process = start_with((theirs, theirs, theirs), *arguments, cwd=cwd, **changes)
    os.close(theirs)
    seen = ""

    def read_until(text: str) -> str:
        nonlocal seen
        while text not in seen:
            with suppress(OSError):  # the terminal is gone with its process
                if more := os.read(ours, 1 << 16).decode(errors="replace"):
                    seen += more
                    continue
            break
        return seen

    try:
        yield process, read_until
    finally:
        process.kill()
        process.wait()
        os.close(ours)


# status


def test_status_tells_counts_reasons_and_the_next_step(tmp_path: Path) -> None:
    """Whole where a program or a file reads it, however wide the terminal is, and without any escape sequence."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo("status", "-i", "in", cwd=tmp_path, COLUMNS="30")
    assert code == 0
    assert re.search(r"^0–9 +1 +1 +1 +2 +4$", output, re.MULTILINE)
    assert "parsed 1 · stood in 1 · skipped 1 · failed 2 · pending 4" in output
    assert "timeout 2 · server 1" in output
    assert "3,000 in (66% cached), 200 out · $0.0009" in output
    assert "asyncgeo run --input-dir in\n" in output
    assert "asyncgeo errors\n" in output
    assert max(map(len, output.splitlines())) <= 80
    assert "\x1b" not in output


def test_status_as_json_tells_the_same(tmp_path: Path) -> None:
    """One object on one line."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo("status", "-i", "in", "--json", cwd=tmp_path)
    assert code == 0
    assert output.count("\n") == 1
    found = json.loads(output)
    assert found["counts"] == {"parsed": 1, "stand_ins": 1, "skipped": 1, "failed": 2, "again": 3, "pending": 4}
    assert [step["kind"] for step in found["next"]] == ["run", "errors"]


def test_status_beside_a_run_does_not_disturb_it(tmp_path: Path) -> None:
    """Looked at again and again from its first second: it holds its shards, and every problem gets its one row."""
    write_problems(tmp_path / "in", range(120))
    seen: list[str] = []
    with serving(Options(latency=0.2)) as endpoint:
        run = start(*asking(endpoint, "-i", "in", "--concurrency", 8), cwd=tmp_path)
        while run.poll() is None and not (seen and "● running" in seen[-1]):
            seen.append(asyncgeo("status", cwd=tmp_path)[1])
        code, output = finish(run)
    assert code == 0, output
    assert f"process {run.pid}" in seen[-1]
    assert re.search(rf"^0–120 .* {run.pid} for \d+s", seen[-1], re.MULTILINE)
    assert len(rows_of(tmp_path / OUT)) == 120
    code, output = asyncgeo("status", cwd=tmp_path)
    assert "✓ finished" in output
    assert "the dataset is up to date" in output


def test_status_tells_of_a_killed_run_and_how_to_go_on(tmp_path: Path) -> None:
    """The command is the run's own."""
    write_problems(tmp_path / "in", range(50))
    with serving(Options(latency=0.05)) as endpoint:
        arguments = asking(endpoint, "-i", "in", "--concurrency", 2)
        run = start(*arguments, cwd=tmp_path)
        kill_when(run, lambda: (tmp_path / OUT).exists() and len(rows_of(tmp_path / OUT)) > 3, signal.SIGKILL)
        finish(run)
    code, output = asyncgeo("status", cwd=tmp_path, COLUMNS="300")
    assert code == 0
    assert "✗ killed" in output
    assert f"next: go on with asyncgeo {' '.join(map(str, arguments))}\n" in output


def test_watch_waits_for_a_folder_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    """In a terminal it draws over itself; the exit code is 0, the last picture stays."""
    with in_terminal("status", "--watch", "-o", "later", cwd=tmp_path) as (process, read_until):
        assert "Nothing was run into it yet." in read_until("yet.")
        write_shard(tmp_path / "later", 0, 9, [parsed(1)])
        screen = read_until("parsed 1")
        assert "parsed 1" in screen
        assert "\x1b[1A" in screen  # up a line: the picture is drawn over
        assert not re.search(r"\x1b\[(3\d|9\d|38;)", screen)  # NO_COLOR is set
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT) == 0


def test_watch_in_a_pipe_prints_one_picture_after_the_other(tmp_path: Path) -> None:
    """As JSON, an object a line."""
    folder_with_errors(tmp_path)
    watch = start("status", "--watch", "--json", cwd=tmp_path)
    assert watch.stdout is not None
    first, second = (json.loads(watch.stdout.readline()) for _ in range(2))
    assert first["at"] < second["at"]
    assert first["counts"] == second["counts"]
    watch.send_signal(signal.SIGINT)
    assert finish(watch)[0] == 0


def test_colours_are_for_terminals_that_want_them(tmp_path: Path) -> None:
    """A terminal gets them; NO_COLOR and TERM=dumb are obeyed, by messages of errors too."""
    folder_with_errors(tmp_path)
    colour = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
    for arguments in (("status",), ("errors",), ("show", "3"), ("show", "nothing")):
        for changes, expected in (({"NO_COLOR": ""}, True), ({}, False), ({"NO_COLOR": "", "TERM": "dumb"}, False)):
            with in_terminal(*arguments, cwd=tmp_path, **changes) as (_, read_until):
                assert bool(colour.search(read_until("\0"))) is expected, (arguments, changes)


@pytest.mark.parametrize("arguments", [("status",), ("errors",), ("show", "1")])
def test_a_folder_that_is_not_there_is_a_message(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """With what to do; a file is none."""
    code, output = asyncgeo(*arguments, cwd=tmp_path)
    assert code == EXIT_FIXABLE
    assert "There is no folder ground_truth/sample" in output
    assert "--output-dir" in output
    (tmp_path / "file").touch()
    code, output = asyncgeo(*arguments, "-o", "file", cwd=tmp_path)
    assert code == EXIT_FIXABLE
    assert "file is a file" in output


# errors


def test_errors_are_counted_and_listed(tmp_path: Path) -> None:
    """By kind, then each; the command that asks again stands at the end."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo("errors", cwd=tmp_path)
    assert code == 0
    assert output.startswith("3 problems failed, 1 of them with a parse by the rules\n  2  timeout")
    assert re.findall(r"^(\d)  \w+ after 6 attempts", output, re.MULTILINE) == ["1", "2", "3"]
    assert "asked again by: asyncgeo run" in output
    code, output = asyncgeo("errors", "--kind", "timeout", "--limit", 1, cwd=tmp_path)
    assert "… and 1 more" in output
    assert "server after" not in output
    code, output = asyncgeo("errors", "--kind", "timeuot", cwd=tmp_path)
    assert (code, "Did you mean timeout?" in output) == (EXIT_FIXABLE, True)
    _, output = asyncgeo("errors", "--json", cwd=tmp_path)
    assert [json.loads(line)["stands_in"] for line in output.splitlines()] == [False, False, True]


def test_a_folder_without_errors_says_so(tmp_path: Path) -> None:
    """And asks nothing again."""
    write_shard(tmp_path / OUT, 0, 9, [parsed(1)])
    assert asyncgeo("errors", cwd=tmp_path) == (0, "No errors in ground_truth.\n")
    (tmp_path / "empty").mkdir()
    code, output = asyncgeo("errors", "-o", "empty", cwd=tmp_path)
    assert (code, "holds no dataset_*.jsonl" in output) == (EXIT_FIXABLE, True)


# show


def test_show_tells_everything_of_one_problem(tmp_path: Path) -> None:
    """Its text, what the rules read in it, the row that counts with its cost, and the rows before."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo("show", 0, "-i", "in", cwd=tmp_path)
    assert code == 0
    for words in (
        "0  in/0.json\n如图,在△ABC中",
        "understood 100% of what is given",
        "parsed by model  ground_truth",
        "gpt-4.1-mini · prompt abc",
        "1 attempt · 1.50 s · 3,000 tokens in (2,000 cached), 200 out · $0.000920",
        "polygons ABC",
        "other rows, in the order of writing\nerror  timeout  dataset_0_9.jsonl:6\n  no answer",
    ):
        assert words.replace("ground_truth", "dataset_0_9.jsonl:1") in output, words


def test_show_as_json_and_as_a_figure(tmp_path: Path) -> None:
    """All rows whole; the figure on standard output or in a file; where there is none, why."""
    folder_with_errors(tmp_path)
    found = json.loads(asyncgeo("show", 0, "-i", "in", "--json", cwd=tmp_path)[1])
    assert [row["line"] for row in found["rows"]] == [1, 6]
    assert found["best"] == found["rows"][0]["row"]
    code, output = asyncgeo("show", 0, "--svg", "-", cwd=tmp_path)
    assert (code, output.startswith("<svg")) == (0, True)
    assert asyncgeo("show", 0, "--svg", "0.svg", cwd=tmp_path)[0] == 0
    assert (tmp_path / "0.svg").read_text(encoding="utf-8") == output
    code, output = asyncgeo("show", 1, "--svg", "-", cwd=tmp_path)
    assert (code, "has no parse to draw" in output) == (EXIT_FIXABLE, True)
    assert asyncgeo("show", 0, "--svg", "no/0.svg", cwd=tmp_path)[0] == EXIT_FIXABLE


def test_what_no_condition_can_say_is_said_by_status_merge_and_show(tmp_path: Path) -> None:
    """How many parses hold such words, and which."""
    rows = [msgspec.structs.replace(parsed(0), unexpressed=("tan∠ABC=2",)), parsed(1)]
    write_shard(tmp_path / OUT, 0, 9, rows)
    for command in ("status", "merge"):
        code, output = asyncgeo(command, cwd=tmp_path)
        assert code == 0, output
        assert "1 parse holds words that no condition can say" in output
    code, output = asyncgeo("show", "0", cwd=tmp_path)
    assert code == 0, output
    assert "no condition can say: tan∠ABC=2" in output


def test_show_tells_the_verdict_of_verify(tmp_path: Path) -> None:
    """Of the row that counts."""
    folder_with_errors(tmp_path)
    assert "verify:" not in asyncgeo("show", 0, cwd=tmp_path)[1]
    assert asyncgeo("verify", "--processes", 1, cwd=tmp_path)[0] == 0
    assert "verify: it can be drawn" in asyncgeo("show", 0, cwd=tmp_path)[1]


def test_show_tells_the_answers_that_were_kept(tmp_path: Path, simulator: Endpoint) -> None:
    """Where the run kept them: whose, when, and as they came."""
    write_problems(tmp_path / "in", range(3))
    assert asyncgeo(*asking(simulator, "-i", "in", "--keep-raw"), cwd=tmp_path)[0] == 0
    code, output = asyncgeo("show", 1, "-i", "in", cwd=tmp_path)
    assert code == 0
    assert re.search(r"^answer of asyncgeo-rules  .* · stop\n\{.*\}$", output, re.MULTILINE)
    (answer,) = json.loads(asyncgeo("show", 1, "-i", "in", "--json", cwd=tmp_path)[1])["answers"]
    assert answer["id"] == "1"
    assert json.loads(answer["content"])


def test_show_of_a_pending_and_of_an_unknown_problem(tmp_path: Path) -> None:
    """The one has a text and no row, the other is an error that names the folders."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo("show", 7, "-i", "in", cwd=tmp_path)
    assert (code, "pending: no row yet" in output) == (0, True)
    code, output = asyncgeo("show", 77, "-i", "in", cwd=tmp_path)
    assert (code, "id '77'" in output, "--input-dir" in output) == (EXIT_FIXABLE, True, True)


# the shell


@pytest.mark.parametrize("arguments", [("errors",), ("status",), ("show", "0", "--json"), ("status", "--watch")])
def test_a_reader_that_goes_away_ends_the_command_quietly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """As other filters end, by SIGPIPE; nothing is said."""
    folder_with_errors(tmp_path)
    reading, writing = os.pipe()
    os.close(reading)
    process = start_with((subprocess.DEVNULL, writing, subprocess.PIPE), *arguments, cwd=tmp_path)
    os.close(writing)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (-signal.SIGPIPE, "")


def test_a_run_goes_on_when_nobody_reads_any_more(tmp_path: Path) -> None:
    """What it does is worth more than what it says: every problem gets its row, and nothing is said."""
    write_problems(tmp_path / "in", range(20))
    reading, writing = os.pipe()
    os.close(reading)
    streams = (subprocess.DEVNULL, writing, subprocess.PIPE)
    process = start_with(streams, "run", "--offline", "-i", "in", cwd=tmp_path)
    os.close(writing)
    _, errors = process.communicate(timeout=TIMEOUT)
    assert (process.returncode, errors) == (0, "")
    assert len(rows_of(tmp_path / OUT)) == 20


PLAIN = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
"""An interpreter that writes ASCII alone."""


@pytest.mark.parametrize("arguments", [("status",), ("errors",), ("show", "0"), ("--help",), ("run", "--help")])
def test_an_encoding_without_our_characters_is_no_error(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """What it lacks is written in ASCII."""
    folder_with_errors(tmp_path)
    code, output = asyncgeo(*arguments, cwd=tmp_path, **PLAIN)
    assert code == 0, output
    assert output.isascii()


def test_json_stays_json_in_an_encoding_without_our_characters(tmp_path: Path) -> None:
    """A reader of it finds the same text."""
    folder_with_errors(tmp_path)
    found = json.loads(asyncgeo("show", 0, "-i", "in", "--json", cwd=tmp_path, **PLAIN)[1])
    assert found["text"].startswith("如图")


def test_the_shell_completes_commands_flags_and_choices(tmp_path: Path) -> None:
    """As bash asks; settings from the environment do not mistake its variable for theirs."""

    def complete(words: str) -> list[str]:
        asked = {"_ASYNCGEO_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
        return asyncgeo(cwd=tmp_path, **asked)[1].split()

    assert complete("asyncgeo st") == ["status"]
    assert "--watch" in complete("asyncgeo status --w")
    assert complete("asyncgeo run --redo ") == ["failed", "none", "all"]
    _, script = asyncgeo(cwd=tmp_path, _ASYNCGEO_COMPLETE="source_bash")
    assert "complete -o default -F" in script
