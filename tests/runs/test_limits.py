"""Whole runs against servers whose limits, or whose machine, are odd."""

import os
from pathlib import Path

import pytest
from support import scripted
from support.live import KEY, asyncgeo, rows_of, write_problems
from support.scripted import Asked, Reply


def ask(server: scripted.Server, tmp_path: Path, count: int, **environment: str) -> tuple[int, str]:
    write_problems(tmp_path / "in", range(count))
    flags = ("run", "-i", "in", "-o", "out", "--base-url", server.url, "--model", "m")
    code, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY=KEY, **environment)
    return code, " ".join(output.split())


@pytest.mark.slow
def test_what_one_refusal_said_of_the_limit_does_not_hold_the_run(tmp_path: Path) -> None:
    """Its headers say that the window is empty for ten seconds, and no later reply has any: then the rate is back."""
    empty = {
        "x-ratelimit-limit-requests": "900",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "10s",
    }

    def answers(asked: Asked) -> Reply:
        if asked.number == 20:
            return scripted.error(429, "Too many requests.", empty, code="rate_limit_exceeded")
        return scripted.answer(asked.text)

    with scripted.serving(answers) as server:
        code, output = ask(server, tmp_path, 300)
    assert code == 0, output
    assert len(rows_of(tmp_path / "out")) == 300


def test_a_folder_of_limits_that_is_a_link_costs_a_line(tmp_path: Path) -> None:
    """Somebody else's link under the temporary folder: nothing is written there, and the run goes on alone."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "temporary").mkdir()
    (tmp_path / "temporary" / f"asyncgeo-{os.getuid()}").symlink_to(tmp_path / "theirs")
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        code, output = ask(server, tmp_path, 3, TMPDIR=str(tmp_path / "temporary"))
    assert code == 0, output
    assert output.count("the limits are not shared") == 1
    assert not list((tmp_path / "theirs").iterdir())
