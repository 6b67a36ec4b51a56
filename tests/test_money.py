"""What a run costs: usage that cannot be, the budget of a folder, runs side by side."""

import json
from pathlib import Path

import pytest
import scripted
from live import KEY, asyncgeo, write_problems

from asyncgeo import journal
from asyncgeo.journal import Progress

PRICED = '[prices."m"]\ninput = 1.0\ncached_input = 0.1\noutput = 10.0\n\n[api]\nmax_completion_tokens = 1000\n'
"""USD for a million tokens: a request of the tests costs between one and two cents at most."""

FLAGS = ("run", "-i", "in", "-o", "out", "--model", "m", "--concurrency", 1, "--config", "priced.toml")


def prepare(folder: Path, problems: int) -> None:
    write_problems(folder / "in", range(problems))
    (folder / "priced.toml").write_text(PRICED, encoding="utf-8")


def answer_of(asked: scripted.Asked) -> str:
    return json.dumps(scripted.parse_of(asked.text), ensure_ascii=False)


def costs_of(folder: Path) -> list[float]:
    """The cost that each run's log ends with, in order."""
    found = []
    for path in journal.journals(folder):
        states = [event.cost for event in journal.read(path) if isinstance(event, Progress)]
        found.append(states[-1] or 0.0)
    return found


@pytest.mark.parametrize(
    "usage",
    [
        {},
        {"prompt_tokens": -2_000_000, "completion_tokens": 10},
        {"prompt_tokens": 2000, "completion_tokens": -2_000_000},
        {"prompt_tokens": 900_000_000, "completion_tokens": 10},
        {"prompt_tokens": 2000, "completion_tokens": 900_000_000},
        {"prompt_tokens": 10**400, "completion_tokens": 10},
    ],
    ids=["none", "negative-in", "negative-out", "huge-in", "huge-out", "endless"],
)
def test_usage_that_cannot_be_counts_at_its_reservation(usage: dict[str, object], tmp_path: Path) -> None:
    """The budget ends the run after as many requests as their reservations fill it with; it is said once."""
    prepare(tmp_path, 12)

    def reply(asked: scripted.Asked) -> scripted.Reply:
        body = scripted.completion(answer_of(asked)) | {"usage": usage}
        return scripted.Reply(body=body)

    with scripted.serving(reply) as server:
        code, output = asyncgeo(*FLAGS, "--base-url", server.url, "--budget", 0.06, cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert 2 <= len(server.asked) <= 6
    assert code == 3
    assert "budget" in output
    [log] = (tmp_path / "out" / "logs").glob("*.log")
    assert log.read_text(encoding="utf-8").count("names no usage that can be") == 1
    assert 0.03 < costs_of(tmp_path / "out")[0] <= 0.06


def test_more_cached_than_read_costs_what_all_cached_does(tmp_path: Path) -> None:
    """A cost is never negative."""
    prepare(tmp_path, 5)
    usage = {"prompt_tokens": 2000, "completion_tokens": 100, "prompt_tokens_details": {"cached_tokens": 50_000_000}}

    def reply(asked: scripted.Asked) -> scripted.Reply:
        return scripted.Reply(body=scripted.completion(answer_of(asked), usage=usage))

    with scripted.serving(reply) as server:
        code, _ = asyncgeo(*FLAGS, "--base-url", server.url, "--budget", 1, cwd=tmp_path, OPENAI_API_KEY=KEY)
    assert code == 0
    assert costs_of(tmp_path / "out") == [pytest.approx(5 * (2000 * 0.1 + 100 * 10) / 1e6)]
