"""Endpoints that give nothing usable, against whole runs: nothing is made up, little is spent, the remedy is named."""

import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import live, scripted
from support.live import asyncgeo, dataset_of, kill_when, rows_of, start, write_problems
from support.nodes import WITHOUT_RAY
from support.scripted import Asked, Reply

from asyncgeo.schema.records import Failed, Parsed, Row
from asyncgeo.store import events as journal, raw_answers
from asyncgeo.store.events import Ended, Lost, Probed, Progress

FOLDER = "ground_truth"
CONFIG = """
[retry]
base_delay = 0.01
max_delay = 0.02
max_attempts = 2
[prices."m"]
input = 1.0
cached_input = 1.0
output = 1.0
"""


def prepare(tmp_path: Path, count: int) -> None:
    write_problems(tmp_path / "in", range(count))
    (tmp_path / "config.toml").write_text(CONFIG, encoding="utf-8")


def flags(server: scripted.Server, *more: object) -> tuple[object, ...]:
    return ("run", "-i", "in", "--base-url", server.url, "--model", "m", *more)


def ask(server: scripted.Server, tmp_path: Path, *more: object) -> tuple[int, str]:
    code, output = asyncgeo(*flags(server, *more), cwd=tmp_path)
    assert "Traceback" not in output
    return code, " ".join(output.split())


def events(tmp_path: Path) -> list[journal.Event]:
    return list(journal.read(journal.event_logs(tmp_path / FOLDER)[-1]))


def made_up(rows: list[Row]) -> list[str]:
    return [row.id for row in rows if isinstance(row, Failed) or (isinstance(row, Parsed) and row.source == "rules")]


def thinking(_: Asked) -> Reply:
    usage = {"prompt_tokens": 2000, "completion_tokens": 1500, "completion_tokens_details": {"reasoning_tokens": 1500}}
    return Reply(200, scripted.completion("", "length", usage))


def unfit(_: Asked) -> Reply:
    return Reply(200, scripted.completion('{"verdict": "parsed", "answer": 42}'))


def cut(_: Asked) -> Reply:
    return Reply(200, scripted.completion('{"verdict": "parsed", "cleaned_te', "length"))


def small_context(_: Asked) -> Reply:
    words = "This model's maximum context length is 2048 tokens. However, you requested 4137 tokens (2637 + 1500)."
    return scripted.error(400, words, code=400)


def small_tier(_: Asked) -> Reply:
    return scripted.error(
        413, "Request too large on tokens per minute (TPM): Limit 3000, Requested 4137.", type="tokens"
    )


def refusing(_: Asked) -> Reply:
    return Reply(200, scripted.completion(None, refusal="I cannot help with that."))


def unexplained(_: Asked) -> Reply:
    return scripted.error(400, "something is not as it should be")


NOTHING = [
    # the server, requests for a problem, words of the remedy
    (thinking, 1, "api.max_completion_tokens"),
    (cut, 2, "api.max_completion_tokens"),
    (unfit, 2, "another model"),
    (small_context, 1, "context of 2,048 tokens is smaller than the request of 4,137"),
    (small_tier, 1, "limit of 3,000 tokens a minute is smaller than the request of 4,137"),
    (refusing, 2, "another model"),
]


@pytest.mark.parametrize(("server", "each", "remedy"), NOTHING, ids=lambda value: getattr(value, "__name__", None))
def test_an_endpoint_without_a_usable_answer_stops_the_run(
    tmp_path: Path, server: Callable[[Asked], Reply], each: int, remedy: str
) -> None:
    """Exit 3, at most 32 problems asked, no row, no dataset; all pending; the kind's own remedy."""
    prepare(tmp_path, 60)
    with scripted.serving(server) as served:
        code, output = ask(served, tmp_path)
        asked = {one.text for one in served.asked}
        assert code == 3, output
        assert 12 <= len(asked) <= 32
        assert len(served.asked) <= each * len(asked)
    assert remedy in output
    assert "60 problems are pending" in output
    assert rows_of(tmp_path / FOLDER) == []
    assert not (tmp_path / FOLDER / "geoqa3_dataset.json").exists()


@pytest.mark.parametrize("server", [thinking, unexplained, small_tier], ids=lambda value: value.__name__)
def test_one_problem_against_such_an_endpoint_stays_pending(tmp_path: Path, server: Callable[[Asked], Reply]) -> None:
    """A run of one problem is no exception; once the endpoint is well, the same command finishes it."""
    prepare(tmp_path, 1)
    with scripted.serving(server) as served:
        code, output = ask(served, tmp_path)
    assert code == 3, output
    assert "1 problem is pending" in output
    assert rows_of(tmp_path / FOLDER) == []
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as served:
        assert ask(served, tmp_path)[0] == 0
        assert len(served.asked) == 1


@pytest.mark.parametrize(
    "words",
    ["Arrearage: access denied, please make sure your account is in good standing.", "Your credit balance is too low."],
)
def test_an_account_that_runs_dry_in_mid_run_makes_nothing_up(tmp_path: Path, words: str) -> None:
    """As a plain 400, with answers still coming in: exit 3, only real rows; with credit again the rest is asked."""
    prepare(tmp_path, 150)

    def server(asked: Asked) -> Reply:
        return scripted.error(400, words) if asked.number > 60 else scripted.answer(asked.text, delay=0.1)

    with scripted.serving(server) as served:
        code, output = ask(served, tmp_path, "--concurrency", 16)
        assert code == 3, output
        assert words[:20] in output
        rows = rows_of(tmp_path / FOLDER)
        assert len(rows) == 60
        assert made_up(rows) == []
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as served:
        assert ask(served, tmp_path)[0] == 0
        assert len(served.asked) == 90


def test_a_few_that_fail_among_many_are_rows_and_the_exit_code_says_so(tmp_path: Path) -> None:
    """Exit 4 with the dataset merged; the counts are disjoint and say the same everywhere."""
    prepare(tmp_path, 40)
    (tmp_path / "in" / "99.json").write_text("{", encoding="utf-8")
    bad = {live.text_of(number) for number in (3, 20)}

    def server(asked: Asked) -> Reply:
        return small_context(asked) if asked.text in bad else scripted.answer(asked.text)

    with scripted.serving(server) as served:
        code, output = ask(served, tmp_path)
        assert code == 4, output
        assert len(served.asked) == 40
    assert "41 of 41" in output
    assert "parsed 38 · stood in 2 · skipped 0 · failed 1" in output
    assert "Finished, but 3 of 41 problems have no verdict by m: 2 stood in by the rules, 1 unreadable." in output
    assert "41 problems: parsed 38 · stood in 2 · skipped 0 · failed 1" in output
    metadata = dataset_of(tmp_path / FOLDER)["metadata"]
    assert {name: metadata[name] for name in ("parsed", "stand_ins", "skipped", "failed")} == {
        "parsed": 38,
        "stand_ins": 2,
        "skipped": 0,
        "failed": 1,
    }
    ended = next(event for event in events(tmp_path) if isinstance(event, Ended))
    assert (ended.exit_code, ended.message[:13]) == (4, "Finished, but")
    _, told = asyncgeo("status", "-i", "in", "--json", cwd=tmp_path)
    counts = json.loads(told)["counts"]
    assert (counts["parsed"], counts["stand_ins"], counts["skipped"], counts["failed"]) == (38, 2, 0, 1)
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as served:
        assert ask(served, tmp_path)[0] == 4  # the file is still no problem
        assert {asked.text for asked in served.asked} == bad


def test_inputs_of_which_none_can_be_read_are_an_error(tmp_path: Path) -> None:
    """Exit 1, and no dataset of nothing."""
    (tmp_path / "in").mkdir()
    for name in ("1.json", "2.json"):
        (tmp_path / "in" / name).write_text("{", encoding="utf-8")
    code, output = asyncgeo("run", "-i", "in", "--offline", cwd=tmp_path)
    assert code == 1, output
    assert "Each of the 2 inputs of in is unreadable." in output
    assert not (tmp_path / FOLDER / "geoqa3_dataset.json").exists()


def test_what_was_refused_is_done_unless_everything_is_asked_again(tmp_path: Path) -> None:
    """The run that meets it ends with 4, the next one asks nothing and ends with 0; `--redo all` asks."""
    prepare(tmp_path, 20)

    def server(asked: Asked) -> Reply:
        return refusing(asked) if asked.text == live.text_of(5) else scripted.answer(asked.text)

    with scripted.serving(server) as served:
        assert ask(served, tmp_path)[0] == 4
        before = len(served.asked)
        code, output = ask(served, tmp_path)
        assert code == 0, output
        assert "Pending: 0" in output
        assert len(served.asked) == before
        assert ask(served, tmp_path, "--redo", "all")[0] == 4
        assert len(served.asked) == 2 * before


def test_leftovers_that_all_fail_finish_beside_many_good_rows(tmp_path: Path) -> None:
    """Forty beside four thousand: a probe a stretch says that the endpoint is well, and they become rows."""
    prepare(tmp_path, 40)
    lines = [json.dumps({"id": f"good-{k}", "subject": live.text_of(k)}, ensure_ascii=False) for k in range(4000)]
    bad = [live.text_of(number) for number in range(5000, 5040)]
    lines += [json.dumps({"id": f"bad-{k}", "subject": text}, ensure_ascii=False) for k, text in enumerate(bad)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (tmp_path / FOLDER).mkdir()
    with (tmp_path / FOLDER / "dataset_0_4000.jsonl").open("wb") as shard:
        shard.writelines(_good_rows(4000))

    def server(asked: Asked) -> Reply:
        return small_context(asked) if asked.text in bad else scripted.answer(asked.text)

    with scripted.serving(server) as served:
        code, output = asyncgeo(*flags(served, "-i", "in.jsonl"), cwd=tmp_path)
        assert code == 4, output
        probes = [asked.text for asked in served.asked if asked.text not in bad]
        assert len(served.asked) == 40 + len(probes)
    assert 1 <= len(probes) <= 3
    assert f"probes {len(probes)}" in output
    assert [event.usable for event in events(tmp_path) if isinstance(event, Probed)] == [True] * len(probes)
    dataset = dataset_of(tmp_path / FOLDER)
    assert len(dataset["problems"]) == 4040
    assert len(dataset["metadata"]["fallback_ids"]) == 40


def _good_rows(count: int) -> Iterator[bytes]:
    """Rows of an earlier run, by a dated version of the model."""
    for k in range(count):
        told: dict[str, Any] = scripted.parse_of(live.text_of(k))
        row = {name: told[name] for name in ("category", "difficulty", "required_objects", "verification_conditions")}
        text = live.text_of(k)
        texts = {"subject": text, "original_text": text, "cleaned_text": text}
        meta = {"at": "2026-01-01T00:00:00.000Z", "model": "m-2026-01-01", "attempts": 1}
        whole = {"status": "parsed", "id": f"good-{k}", "source": "model", **texts, **row, "meta": meta}
        yield json.dumps(whole, ensure_ascii=False).encode() + b"\n"


def test_a_killed_run_keeps_what_its_waiting_rows_cost(tmp_path: Path) -> None:
    """SIGKILL while rows wait: none is on disk, their raw answers and the money they took are."""
    prepare(tmp_path, 60)
    hanging = {live.text_of(number) for number in range(6, 60)}

    def server(asked: Asked) -> Reply:
        return Reply(200, scripted.completion("{}"), delay=live.TIMEOUT) if asked.text in hanging else unfit(asked)

    folder = tmp_path / FOLDER

    def waiting() -> int:
        found = journal.event_logs(folder)
        return sum(isinstance(event, Lost) for path in found for event in journal.read(path))

    with scripted.serving(server) as served:
        run = start(*flags(served, "--keep-raw"), cwd=tmp_path)
        kill_when(run, lambda: waiting() >= 6 and _answers(folder) == 12)
        run.communicate(timeout=live.TIMEOUT)
        assert run.returncode == -signal.SIGKILL
    assert rows_of(folder) == []
    lost = [event for event in events(tmp_path) if isinstance(event, Lost)]
    assert len(lost) == 6
    assert lost[-1].cost == pytest.approx(12 * 2200 / 1e6)
    with scripted.serving(lambda asked: scripted.answer(asked.text)) as served:
        assert ask(served, tmp_path)[0] == 0
        assert len(served.asked) == 60


def _answers(folder: Path) -> int:
    return sum(len(answers) for _, answers in raw_answers.read(folder))


@pytest.mark.ray
@WITHOUT_RAY
def test_workers_rows_are_weighed_together(tmp_path: Path) -> None:
    """Two processes against such an endpoint: no row of either, 32 problems at most."""
    prepare(tmp_path, 80)
    with scripted.serving(thinking) as served:
        code, output = ask(served, tmp_path, "--processes", 2)
        assert code == 3, output
        assert 12 <= len({asked.text for asked in served.asked}) <= 32
    assert "api.max_completion_tokens" in output
    assert rows_of(tmp_path / FOLDER) == []


def test_the_last_state_adds_up_whatever_happened(tmp_path: Path) -> None:
    """Done is the sum of the four counts in every state of the event log."""
    prepare(tmp_path, 30)

    def server(asked: Asked) -> Reply:
        return unfit(asked) if "∥" in asked.text else scripted.answer(asked.text)

    with scripted.serving(server) as served:
        assert ask(served, tmp_path)[0] == 4
    states = [event for event in events(tmp_path) if isinstance(event, Progress)]
    assert all(each.done == each.parsed + each.stand_ins + each.skipped + each.failed for each in states)
    assert (states[-1].done, states[-1].waiting) == (30, 0)


def test_a_run_without_a_model_says_so_at_its_end(tmp_path: Path) -> None:
    """No tokens, no price, no limit."""
    write_problems(tmp_path / "in", range(5))
    code, output = asyncgeo("run", "-i", "in", "--offline", cwd=tmp_path)
    assert code == 0
    end = output.split("5 of 5", 1)[1]
    assert "No model was used" in end
    assert not any(word in end for word in ("Tokens", "$", "Limited by", "Requests"))
