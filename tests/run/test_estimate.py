"""One line of price and time before a run spends."""

import re
from pathlib import Path

import pytest
from support import scripted
from support.live import KEY, asyncgeo, write_problems

from asyncgeo.errors import ConfigError
from asyncgeo.run.estimate import estimate
from asyncgeo.run.overrides import overrides
from asyncgeo.run.plan import Wanted, Workers, load_settings, make_plan, work_of


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
    assert re.fullmatch(r"Estimate: \S+ tokens in, 4,560 out · 5s at 5 s an answer \(assumed\)\.", line_of(first))
    assert re.fullmatch(r"Estimate: \S+ tokens in, 2,280 out · \d+s at the last run's [\d.,]+/s\.", line_of(second))
    assert "Estimate" not in last


def test_a_run_without_a_model_estimates_nothing(tmp_path: Path) -> None:
    """It costs nothing."""
    assert "Estimate" not in asyncgeo("run", "--offline", cwd=tmp_path)[1]


def test_packs_are_reckoned_by_the_request_and_shown_by_the_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """67 requests for 400 problems; with six in each a problem takes a quarter of the tokens."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    write_problems(tmp_path / "in", range(400))
    plan = make_plan(Wanted(flags=overrides(input_dir="in", pack=6)), lambda _: None)
    work, _ = work_of(plan)
    alone, _ = work_of(make_plan(Wanted(flags=overrides(input_dir="in")), lambda _: None))
    assert (work.requests, work.problems, alone.requests, alone.problems) == (67, 400, 400, 400)
    assert work.input_tokens + work.output_tokens < 0.3 * (alone.input_tokens + alone.output_tokens)
    assert re.search(r" · 6 problems a request, \d+ tokens in for each\.$", estimate(plan))


def test_an_answer_to_a_pack_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cap of an answer grows with the pack, and is never lowered."""
    monkeypatch.chdir(tmp_path)
    caps = [
        load_settings(Wanted(flags=overrides(model="m", base_url="http://x/v1", pack=pack))).api.max_completion_tokens
        for pack in (1, 6, 20)
    ]
    assert caps == [600, 1500, 5000]


def test_workers_of_a_cluster_are_asked_for_one_problem_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Packs are refused before anything is sent, in one sentence that names both."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="--pack 6 and --ray cannot go together"):
        make_plan(Wanted(flags=overrides(pack=6), workforce=Workers(2)), lambda _: None)
