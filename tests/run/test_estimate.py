"""One line of price and time before a run spends."""

import re
from pathlib import Path

import pytest
from support import scripted
from support.live import KEY, asyncgeo, write_problems

from asyncgeo.run.estimate import estimate
from asyncgeo.run.overrides import overrides
from asyncgeo.run.plan import Wanted, make_plan


def line_of(output: str) -> str:
    """The estimate; it stands before anything was asked."""
    before = output.partition("Log: ")[0]
    (line,) = [each for each in before.splitlines() if each.startswith("Estimate: ")]
    return line


def test_the_first_run_of_a_folder_names_the_range_of_the_tiers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Price with and without caching, the time from the fastest tier to the slowest."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    write_problems(tmp_path / "in", range(400))
    plan = make_plan(Wanted(flags=overrides(input_dir="in")), lambda _: None)
    line = estimate(plan)
    cost, times = (
        r"\$\d\.\d+ with prompt caching, \$\d\.\d+ without \(genai-prices \d+\.\d+\.\d+\)",
        r"\d+s \(OpenAI's tier 5\) to \d+m\d\ds \(tier 1\)",
    )
    assert re.fullmatch(rf"Estimate: {cost} · {times}\.", line), line


def test_a_model_without_a_price_shows_tokens_and_a_later_run_its_pace(tmp_path: Path) -> None:
    """First with the assumed latency; then with what the folder's last run did."""
    write_problems(tmp_path / "in", range(60))
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as server:
        flags = ("run", "-i", "in", "--base-url", server.url, "--model", "m")
        _, first = asyncgeo(*flags, "--limit", 40, cwd=tmp_path)
        _, second = asyncgeo(*flags, cwd=tmp_path)
        _, last = asyncgeo(*flags, cwd=tmp_path)
    assert re.fullmatch(r"Estimate: \S+ tokens in, 8,080 out · 5s at 5 s an answer \(assumed\)\.", line_of(first))
    assert re.fullmatch(r"Estimate: \S+ tokens in, 4,040 out · \d+s at the last run's [\d.,]+/s\.", line_of(second))
    assert "Estimate" not in last


def test_a_run_without_a_model_estimates_nothing(tmp_path: Path) -> None:
    """It costs nothing."""
    assert "Estimate" not in asyncgeo("run", "--offline", cwd=tmp_path)[1]
