"""Runs at a terminal that is closed, suspended, shared; and what servers say must never be obeyed by one."""

import json
import re
import shlex
import shutil
import sys
import threading
from pathlib import Path

import pytest
from support import live, scripted
from support.live import asyncgeo, command, rows_of, write_problems
from support.terminals import terminal

BASH = shutil.which("bash")
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
EVIL = "\x1b]0;owned\x07 \x9b31m [bold]loud[/bold] [/] \u202eback"
"""A new window title, a colour by one byte, rich's markup and an end of none, and text that runs backwards."""


def run_of(server: scripted.Server, *flags: object) -> list[str]:
    """A run that asks the server."""
    return command("run", "-i", "in", "--base-url", server.url, "--model", "m", *flags)


def until(reached: object) -> None:
    """Look again and again until `reached()`."""
    pause = threading.Event()
    for _ in range(live.TIMEOUT * 100):
        if reached():  # type: ignore[operator]
            return
        pause.wait(0.01)
    raise AssertionError("it never came")


def ended(folder: Path) -> list[int]:
    """The exit codes of the runs that have ended in the folder."""
    events = [json.loads(line) for path in folder.glob("logs/*.jsonl") for line in path.read_bytes().splitlines()]
    return [event["exit_code"] for event in events if event["event"] == "ended"]


def test_a_closed_terminal_costs_no_answer(tmp_path: Path) -> None:
    """32 questions are in flight when the window is closed: each is written, and the run says that it was ended."""
    write_problems(tmp_path / "in", range(100))
    with scripted.serving(lambda asked: scripted.answer(asked.text, delay=1.0)) as server:
        with terminal(*run_of(server, "--concurrency", 32), cwd=tmp_path) as screen:
            until(lambda: len(server.asked) >= 32)
            screen.close()
            screen.wait()
        asked = {each.text for each in server.asked}
    assert {row.original_text for row in rows_of(tmp_path / "ground_truth")} == asked  # type: ignore[union-attr]
    assert 32 <= len(asked) < 100
    assert ended(tmp_path / "ground_truth") == [130]


def test_who_was_started_to_outlive_the_terminal_does(tmp_path: Path) -> None:
    """`nohup asyncgeo run &`: the window is closed, the run goes on to its end."""
    write_problems(tmp_path / "in", range(60))
    with scripted.serving(lambda asked: scripted.answer(asked.text, delay=0.2)) as server:
        words = f"nohup {shlex.join(run_of(server, '--concurrency', 8))} & wait"
        with terminal("/bin/sh", "-c", words, cwd=tmp_path) as screen:
            until(lambda: len(server.asked) >= 16)
            screen.close()
            screen.wait()
            until(lambda: ended(tmp_path / "ground_truth"))
    assert ended(tmp_path / "ground_truth") == [0]
    assert len(rows_of(tmp_path / "ground_truth")) == 60


@pytest.mark.skipif(BASH is None, reason="job control needs bash")
def test_a_suspended_run_gives_the_cursor_back(tmp_path: Path) -> None:
    """Ctrl-Z: the cursor is shown before the shell has the terminal, and hidden again when the run goes on."""
    write_problems(tmp_path / "in", range(40))
    with scripted.serving(lambda asked: scripted.answer(asked.text, delay=0.3)) as server:
        words = f"{shlex.join(run_of(server, '--concurrency', 4))}; echo SUSPENDED; fg; echo CODE $?"
        with terminal(str(BASH), "-mc", words, cwd=tmp_path) as screen:
            screen.read_until(HIDE)
            until(lambda: server.asked)
            screen.press("\x1a")
            before = screen.read_until("SUSPENDED\r\n").partition("SUSPENDED\r\n")[0]
            after = screen.read_until("CODE").partition("SUSPENDED\r\n")[2]
    assert cursors(before) == [HIDE, SHOW]
    assert (cursors(after)[0], cursors(after)[-1]) == (HIDE, SHOW)
    assert "CODE 0" in screen.read_until("CODE 0")
    assert len(rows_of(tmp_path / "ground_truth")) == 40


def cursors(screen: str) -> list[str]:
    return re.findall(r"\x1b\[\?25[lh]", screen)


@pytest.mark.skipif(BASH is None, reason="job control needs bash")
def test_runs_in_the_background_leave_the_keyboard_alone(tmp_path: Path) -> None:
    """Two with `&` from one terminal: neither is stopped for reading it, with processes of their own or not."""
    write_problems(tmp_path / "in", range(1))  # each starts one process that draws
    flags = ("run", "-i", "in", "--offline", "--verify", "--no-merge")
    one, two = (shlex.join(command(*flags, "-o", folder)) for folder in "ab")
    with terminal(str(BASH), "-mc", f"{one} & {two} & wait; jobs; echo CODE $?", cwd=tmp_path) as screen:
        shown = screen.read_until("CODE 0")
    assert "CODE 0" in shown
    assert "Stopped" not in shown
    assert [len(rows_of(tmp_path / folder)) for folder in "ab"] == [1, 1]


def test_a_servers_words_are_only_words(tmp_path: Path) -> None:
    """On screen, in the log, in status, errors, show and report: nothing of it is obeyed by terminal or rich."""
    write_problems(tmp_path / "in", range(6))
    (tmp_path / "config.toml").write_text("[retry]\nmax_attempts = 1\n", encoding="utf-8")

    def answer(asked: scripted.Asked) -> scripted.Reply:
        is_bad = asked.text == live.text_of(3)
        return scripted.error(400, EVIL, code="content_filter") if is_bad else scripted.answer(asked.text)

    with scripted.serving(answer) as server:
        run = run_of(server, "--concurrency", 1)
        with terminal(*run, cwd=tmp_path) as screen:
            seen = {"run": screen.read_until("\0")}
            screen.wait()
    for look in (("status",), ("errors",), ("show", "3"), ("show", "3", "--json"), ("status", "--json"), ("report",)):
        with terminal(*command(*look), cwd=tmp_path) as screen:
            seen[" ".join(look)] = screen.read_until("\0")
            assert screen.wait() == 0, seen
    (log,) = (tmp_path / "ground_truth").glob("logs/*.log")
    seen["log"] = log.read_text(encoding="utf-8")
    for name, text in seen.items():
        for bad in ("\x1b]", "\x07", "\x9b", "\u202e"):
            assert bad not in text, (name, bad)
    for name in ("run", "errors", "show 3", "log"):
        assert r"\x1b]0;owned\x07" in seen[name], name
        assert "[bold]loud[/bold] [/]" in seen[name], name


def test_a_defect_is_shown_as_text_too(tmp_path: Path) -> None:
    """What Python says about an exception of ours passes the same gate."""
    script = "import asyncgeo.cli as cli, sys\ncli.app = lambda **_: (_ for _ in ()).throw(RuntimeError('\\x1b[2J'))\n"
    (tmp_path / "broken.py").write_text(script + "cli.main()\n", encoding="utf-8")
    with terminal(sys.executable, "broken.py", cwd=tmp_path) as screen:
        shown = screen.read_until("\0")
        assert screen.wait() == 1
    assert r"RuntimeError: \x1b[2J" in shown
    assert "\x1b[2J" not in shown


def test_parse_prints_json_that_a_terminal_does_not_obey(tmp_path: Path) -> None:
    """One-byte escapes are escaped as JSON does it; the row is the same."""
    with terminal(*command("parse", "--offline", "△ABC\x9b31m中,AB=AC"), cwd=tmp_path) as screen:
        shown = screen.read_until("\0")
    assert "\x9b" not in shown
    assert "\\u009b" in shown
    assert "\x9b31m" in json.loads(shown.partition("\n")[2])["original_text"]


def test_a_full_screen_costs_no_row(tmp_path: Path) -> None:
    """Output that leads to a full disk, or to a terminal that is gone, is not worth a run."""
    write_problems(tmp_path / "in", range(5))
    for flags in ((), ("--json",)):
        words = f"{shlex.join(command('run', '-i', 'in', '--offline', '-o', 'a', '--redo', 'all', *flags))} >/dev/full"
        with terminal("/bin/sh", "-c", f"{words}; echo CODE $?", cwd=tmp_path) as screen:
            assert "CODE 0" in screen.read_until("CODE 0")
        assert "Traceback" not in screen.screen
    assert len(rows_of(tmp_path / "a")) == 10


def test_names_that_are_no_text_are_shown_escaped(tmp_path: Path) -> None:
    """A folder whose name is not UTF-8: read and written as it is called, shown with an escape."""
    name = b"\xd6sterreich".decode(errors="surrogateescape")
    write_problems(tmp_path / name, range(3))
    for look in (
        ("run", "-i", name, "-o", f"{name} out", "--offline"),
        ("status", "-o", f"{name} out"),
        ("status", "-o", f"{name} out", "--json"),
        ("errors", "-o", f"{name} out"),
        ("merge", "-o", f"{name} out"),
        ("report", "-o", f"{name} out"),
    ):
        code, output = asyncgeo(*look, cwd=tmp_path)
        assert code == 0, output
        assert r"\udcd6sterreich" in output.replace("\\\\", "\\")
