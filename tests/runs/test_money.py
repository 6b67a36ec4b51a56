"""What runs cost: usage that cannot be, the budget of a folder, runs side by side."""

import json
import threading
from pathlib import Path

import pytest
from support import scripted
from support.cases import for_each
from support.live import KEY, asyncgeo, finish, kill_when, start, write_problems

from asyncgeo.errors import ConfigError
from asyncgeo.run.plan import Wanted, check, typed
from asyncgeo.store import events
from asyncgeo.store.events import Progress
from asyncgeo.store.ledger import NAME, Ledger

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
    for path in events.event_logs(folder):
        states = [event.cost for event in events.read(path) if isinstance(event, Progress)]
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


PLAIN = {"prompt_tokens": 2000, "completion_tokens": 300}
"""Half a cent."""


def reply_of(asked: scripted.Asked) -> scripted.Reply:
    return scripted.Reply(body=scripted.completion(answer_of(asked), usage=PLAIN))


def test_the_budget_is_that_of_the_folder(tmp_path: Path) -> None:
    """A second start has what the first one left; a higher budget goes on, and +N is for one start."""
    prepare(tmp_path, 24)
    with scripted.serving(reply_of) as server:

        def start_with(budget: object) -> tuple[int, str]:
            return asyncgeo(*FLAGS, "--base-url", server.url, "--budget", budget, cwd=tmp_path, OPENAI_API_KEY=KEY)

        first, output = start_with(0.05)
        asked = len(server.asked)
        assert (first, 0 < asked < 12) == (3, True)
        assert "Spent so far in this folder: $0.0000 of the budget of $0.0500." in output
        assert "with --budget +N for N USD more" in output
        again, output = start_with(0.05)
        assert (again, len(server.asked)) == (3, asked)
        assert f"Spent so far in this folder: ${0.005 * asked:.4f} of the budget of $0.0500." in output
        more, output = start_with("+0.05")
        assert (more, len(server.asked)) == (3, 2 * asked)
        assert "($0.0500 more for this start)" in output
        assert f"Spent in this folder: ${0.01 * asked:.4f} of the budget of" in output
        last, _ = start_with(1)
    assert (last, len(server.asked)) == (0, 24)
    assert sum(costs_of(tmp_path / "out")) == pytest.approx(24 * 0.005)


def test_a_run_without_a_budget_counts_all_the_same(tmp_path: Path) -> None:
    """What its event log says it cost."""
    prepare(tmp_path, 16)
    with scripted.serving(reply_of) as server:
        common = (*FLAGS, "--base-url", server.url)
        asyncgeo(*common, "--limit", 8, cwd=tmp_path, OPENAI_API_KEY=KEY)
        code, output = asyncgeo(*common, "--budget", 0.04, cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert (code, len(server.asked)) == (3, 8)
    assert "Spent so far in this folder: $0.0400 of the budget of $0.0400." in output


def test_what_a_killed_run_had_claimed_counts_as_spent(tmp_path: Path) -> None:
    """Its request may be billed: no start after it spends that money once more."""
    prepare(tmp_path, 12)
    answering = threading.Event()

    def hang(asked: scripted.Asked) -> scripted.Reply:
        answering.wait(30)
        return reply_of(asked)

    with scripted.serving(hang) as server:
        common = (*FLAGS, "--base-url", server.url)
        process = start(*common, "--budget", 0.05, cwd=tmp_path, OPENAI_API_KEY=KEY)
        kill_when(process, lambda: bool(server.asked))
        finish(process)
        answering.set()
        assert costs_of(tmp_path / "out") in ([0.0], [])
        claimed = Ledger(tmp_path / "out" / "logs" / "run_another.jsonl").look()
        assert 0.01 < claimed < 0.02
        code, _ = asyncgeo(*common, "--budget", claimed, cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert (code, len(server.asked)) == (3, 1)


def test_runs_side_by_side_share_one_budget(tmp_path: Path) -> None:
    """Two processes on two ranges of a folder together spend no more than the one budget."""
    prepare(tmp_path, 40)
    with scripted.serving(reply_of) as server:
        common = (*FLAGS, "--base-url", server.url, "--budget", 0.1)
        halves = [start(*common, "--start", at, "--end", at + 20, cwd=tmp_path, OPENAI_API_KEY=KEY) for at in (0, 20)]
        assert {finish(each)[0] for each in halves} == {3}
        assert 0.05 < len(server.asked) * 0.005 <= 0.1


def test_a_run_that_ends_gives_back_what_it_did_not_spend(tmp_path: Path) -> None:
    """A claim covers what may come; its last line says what came; a torn line is none."""
    logs = tmp_path / "logs"
    logs.mkdir()
    one, other = Ledger(logs / "run_1.jsonl"), Ledger(logs / "run_2.jsonl")
    assert one.covers(0.8, 1.0, alone=False)
    assert not other.covers(0.5, 1.0, alone=False)
    assert other.covers(0.5, 1.0, alone=True)
    other.close(0.1)
    one.close(0.2)
    with (logs / NAME).open("ab") as file:
        file.write(b'{"run":"run_1","us')
    third = Ledger(logs / "run_3.jsonl")
    assert third.covers(0.7, 1.0, alone=False)
    assert third.others == pytest.approx(0.3)
    assert not Ledger(logs / "run_4.jsonl").covers(0.1, 1.0, alone=False)


def test_a_ledger_that_cannot_be_kept_is_a_message(tmp_path: Path) -> None:
    """Something else stands in its place: no traceback, nothing is asked."""
    prepare(tmp_path, 2)
    (tmp_path / "out" / "logs" / NAME).mkdir(parents=True)
    with scripted.serving(reply_of) as server:
        flags = (*FLAGS, "--base-url", server.url, "--budget", 1)
        code, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert (code, server.asked) == (3, [])
    assert "which keeps the folder's budget, cannot be used" in output
    assert "Traceback" not in output


@for_each("budget", ["-1", "+-1", "much", "nan", "inf", ""])
def test_a_budget_that_is_no_amount_is_refused(budget: str) -> None:
    """From Python as from the command line, before anything is made."""
    with pytest.raises(ConfigError, match="budget = "):
        check(Wanted(budget=typed(budget), flags={}))
