"""Whole runs through the Batch API: every stage, every fault, every end."""

import json
import random
import shutil
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.live import KEY, TIMEOUT, asyncgeo, finish, kill_when, rows_of, serving, start, text_of, write_problems

from asyncgeo import api
from asyncgeo.run.observer import Done
from asyncgeo.schema.records import RULES_MODEL, Failed
from asyncgeo.simulator import Endpoint, Options
from asyncgeo.store import batches, ledger

NUMBER = 24
PRICED = f"""[prices."{RULES_MODEL}"]
input = 1.0
cached_input = 0.1
output = 10.0
batch = {{ input = 0.5, cached_input = 0.05, output = 5.0 }}
[retry]
max_delay = 0.2
"""


def prepare(folder: Path, number: int = NUMBER, settings: str = PRICED) -> None:
    """Problems and settings."""
    write_problems(folder / "in", range(number))
    (folder / "config.toml").write_text(settings, encoding="utf-8")


def flags(endpoint: Endpoint, *more: object) -> tuple[object, ...]:
    """The command line of a run through batches."""
    return ("run", *plain(endpoint), "--batch", *more)


def plain(endpoint: Endpoint) -> tuple[object, ...]:
    """What every run is told."""
    return ("--base-url", endpoint.base_url, "--model", RULES_MODEL, "-i", "in", "-o", "out")


def open_batches(folder: Path) -> list[str]:
    """The states of what holds problems."""
    return [part.state for part in batches.read(folder / "out").open]


def check_whole(folder: Path, endpoint: Endpoint, number: int = NUMBER) -> None:
    """Every problem has one verdict, no batch was carried out twice, and nothing is held."""
    rows = rows_of(folder / "out")
    assert Counter(row.id for row in rows) == {str(k): 1 for k in range(number)}
    assert not any(isinstance(row, Failed) for row in rows)
    assert set(endpoint.stats.batches.values()) == {1}
    assert not open_batches(folder)
    assert not list((folder / "out" / batches.FOLDER).glob("*.input.jsonl"))
    assert len(json.loads((folder / "out" / "geoqa3_dataset.json").read_text(encoding="utf-8"))["problems"])


def billed(folder: Path) -> dict[str, float]:
    """The last line of each run and batch in the folder's account."""
    lines = (folder / "out" / "logs" / ledger.NAME).read_text(encoding="utf-8").splitlines()
    return {each["run"]: each["usd"] for each in map(json.loads, lines)}


def of_usage(endpoint: Endpoint) -> float:
    """What the endpoint's counts cost as a batch."""
    stats = endpoint.stats
    fresh = stats.prompt_tokens - stats.cached_tokens
    return (fresh * 0.5 + stats.cached_tokens * 0.05 + stats.completion_tokens * 5.0) / 1e6


def test_every_problem_is_asked_once_and_at_half_the_price(tmp_path: Path) -> None:
    """Nothing is asked live; the account holds what the batch did cost, and the answer's prompt is in the row."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.3)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert endpoint.stats.requests == 0
        assert sum(endpoint.stats.batched.values()) == NUMBER
        assert sum(billed(tmp_path).values()) == pytest.approx(of_usage(endpoint))
    [planned] = [part.planned for part in batches.read(tmp_path / "out").parts.values()]
    metas = [row.meta for row in rows_of(tmp_path / "out")]
    assert {(meta.prompt, meta.service) for meta in metas if meta is not None} == {(planned.prompt, "batch")}
    assert "at most $" in output


def test_what_one_command_submits_another_collects(tmp_path: Path) -> None:
    """`--submit-only` ends at once; nothing is submitted again, and `status` knows the way on meanwhile."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.3)) as endpoint:
        code, output = asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        assert code == 0, output
        assert len(open_batches(tmp_path)) == 1
        assert not rows_of(tmp_path / "out")
        _, told = asyncgeo("status", "-o", "out", "--json", cwd=tmp_path)
        status = json.loads(told)
        assert status["in_batch"] == NUMBER
        assert [step["kind"] for step in status["next"]] == ["collect"]
        command = status["next"][0]["command"]
        assert command[0] == "asyncgeo"
        assert "--submit-only" not in command
        _, told = asyncgeo("status", "-o", "out", cwd=tmp_path)
        assert f"in batch {NUMBER}" in told
        assert "batch 0001 validating: 0 of 24 done" in told
        code, output = asyncgeo(*command[1:], cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(endpoint.stats.batched.values()) == NUMBER


def test_other_runs_leave_out_what_a_batch_holds(tmp_path: Path) -> None:
    """Unless they are told to steal it; what both answered has one best row, and was asked once in each way."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.3)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only", "--limit", 20), cwd=tmp_path)
        code, output = asyncgeo("run", *plain(endpoint), cwd=tmp_path)
        assert "Pending: 4 of 24. In batch: 20." in output
        assert "20 of them are in batches" in output
        assert endpoint.stats.requests == 4
        code, output = asyncgeo("run", *plain(endpoint), "--steal-batch", cwd=tmp_path)
        assert code == 0, output
        assert "In batch: 20; --steal-batch asks them all the same, which is paid for twice." in output
        assert endpoint.stats.requests == NUMBER
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(endpoint.stats.problems.values()) == NUMBER + 20


def test_a_second_run_is_refused_while_the_first_waits(tmp_path: Path) -> None:
    """It says who waits; a live run beside it is not, for no shard is held."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=60)) as endpoint:
        process = start(*flags(endpoint, "--limit", 20), cwd=tmp_path)
        try:
            wait_until(lambda: "validating" in open_batches(tmp_path))
            code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
            assert code == 1, output
            assert f"is held by process {process.pid}" in output
            assert len(endpoint.stats.batches) <= 1
            code, output = asyncgeo("run", *plain(endpoint), cwd=tmp_path)
            assert code == 0, output
            assert endpoint.stats.requests == 4
        finally:
            process.kill()
            finish(process)


def wait_until(reached: Any) -> None:
    """Until it is so."""
    pause = threading.Event()
    for _ in range(TIMEOUT * 50):
        if reached():
            return
        pause.wait(0.02)
    pytest.fail("it never came to that")


def test_ctrl_c_leaves_the_batches_running(tmp_path: Path) -> None:
    """It says so, with the command that goes on waiting, which asks nothing twice."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=4)) as endpoint:
        process = start(*flags(endpoint), cwd=tmp_path)
        kill_when(process, lambda: "in_progress" in open_batches(tmp_path), signal.SIGINT)
        code, output = finish(process)
        assert code == 130, output
        assert "At the endpoint 1 batch with 24 problems will go on." in output
        assert "Go on with: asyncgeo run" in output
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(endpoint.stats.batched.values()) == NUMBER


@pytest.mark.parametrize("seed", range(3))
def test_kills_at_any_moment_lose_and_repeat_nothing(seed: int, tmp_path: Path) -> None:
    """However often the process dies, with replies that are lost and files of a few problems each."""
    prepare(tmp_path)
    rng = random.Random(seed)
    options = Options(batch_seconds=1, enqueued=35_000, seed=seed, faults={"batch_lost_reply": 0.3})
    with serving(options) as endpoint:
        for _ in range(6):
            process = start(*flags(endpoint), cwd=tmp_path)
            threading.Event().wait(rng.uniform(0.2, 2.5))
            process.kill()
            finish(process)
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert endpoint.stats.problems == {text_of(k): 1 for k in range(NUMBER)}
        assert len(endpoint.stats.batches) > 1
        assert sum(billed(tmp_path).values()) == pytest.approx(of_usage(endpoint))


@pytest.mark.parametrize(
    ("fault", "share", "each"),
    [
        ("batch_expired", 1.0, 0),
        ("batch_failed", 0.9, 0),
        ("batch_no_room", 0.9, 0),
        ("batch_gone", 0.9, NUMBER),
        ("batch_missing", 0.3, 1),
        ("batch_duplicate", 0.5, 0),
        ("batch_lost_reply", 0.5, 0),
        ("500", 0.3, 1),
        ("429", 0.3, 1),
        ("html", 0.3, 1),
        ("length", 0.3, 1),
    ],
)
def test_no_fault_loses_an_answer_or_asks_it_twice(fault: str, share: float, each: int, tmp_path: Path) -> None:
    """Every problem has its verdict in the end; what a fault took (at most `each`) is asked again, nothing else."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.1, faults={fault: share}, seed=11)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code in (0, 4), output
        check_whole(tmp_path, endpoint)
        extra = sum(endpoint.stats.problems.values()) - NUMBER
        met = endpoint.stats.faults[fault]
        assert met
        assert extra <= each * met
        assert set(endpoint.stats.problems) == {text_of(k) for k in range(NUMBER)}


def test_what_batches_give_back_three_times_is_asked_live(tmp_path: Path) -> None:
    """No problem goes round for ever."""
    prepare(tmp_path, 4)
    with serving(Options(batch_seconds=0.1, faults={"batch_missing": 1.0})) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        assert "4 problems came back without an answer 3 times: asked live." in output
        assert (sum(endpoint.stats.batched.values()), endpoint.stats.requests) == (12, 4)
        check_whole(tmp_path, endpoint, 4)


def test_a_queue_is_filled_and_waited_for(tmp_path: Path) -> None:
    """A file larger than the queue is cut anew by the limit that the endpoint names; nothing of it is paid twice."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.3, enqueued=30_000)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        assert "is cut anew" in output
        check_whole(tmp_path, endpoint)
        assert len(endpoint.stats.batches) >= 3
        assert sum(endpoint.stats.batched.values()) == NUMBER


def test_a_queue_of_known_size_is_never_overfilled(tmp_path: Path) -> None:
    """With the setting no batch is refused."""
    prepare(tmp_path, settings=PRICED + "[batch]\nenqueued_tokens = 30000\n")
    with serving(Options(batch_seconds=0.3, enqueued=30_000)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        assert "waits for room" not in output
        check_whole(tmp_path, endpoint)


def test_what_needs_another_question_is_asked_live(tmp_path: Path) -> None:
    """At the live price, in the same run."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.1), script=lambda asked: "length" if asked.attempt == 1 else None) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == NUMBER
        check_whole(tmp_path, endpoint)


def test_with_batch_only_it_stays_pending(tmp_path: Path) -> None:
    """Nothing is asked live, nothing is submitted again by the same start, and the exit code says so."""
    prepare(tmp_path)
    even = {text_of(k) for k in range(0, NUMBER, 2)}
    with serving(Options(batch_seconds=0.1), lambda asked: "length" if asked.problem in even else None) as endpoint:
        code, output = asyncgeo(*flags(endpoint, "--batch-only"), cwd=tmp_path)
        assert code == 4, output
        assert "12 problems left pending, for want of another question" in output
        assert "12 still pending" in output
        assert endpoint.stats.requests == 0
        assert sum(endpoint.stats.batched.values()) == NUMBER
        assert {int(row.id) % 2 for row in rows_of(tmp_path / "out")} == {1}


def test_an_endpoint_without_a_batch_api_is_sent_nothing(tmp_path: Path) -> None:
    """One sentence, exit code 1; the folder is as it was."""
    prepare(tmp_path)
    with serving(Options(batches=False)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 1
        assert "has no Batch API" in output
        assert "nothing was sent" in output
        assert endpoint.stats.requests == 0
    assert not (tmp_path / "out" / batches.FOLDER).exists()


def test_a_dead_key_never_looks_like_success(tmp_path: Path) -> None:
    """Refused at the first call: exit code 3, no row, nothing held."""
    prepare(tmp_path)
    with serving(Options(api_key="sk-another-0123456789")) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path, OPENAI_API_KEY=KEY)
        assert code == 3, output
        assert "OPENAI_API_KEY" in output
    assert not rows_of(tmp_path / "out")
    assert not open_batches(tmp_path)


def test_money_that_runs_out_inside_a_batch_stops_the_run(tmp_path: Path) -> None:
    """What was answered is written, the rest is pending, exit code 3."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.1, quota=10)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 3, output
        assert "out of money or quota" in output
        assert sum(endpoint.stats.batched.values()) == NUMBER
    assert len(rows_of(tmp_path / "out")) == 10
    assert not open_batches(tmp_path)


def test_a_budget_is_reserved_before_and_settled_after(tmp_path: Path) -> None:
    """Batches are as large as it allows, their answers free it again; what is left of it ends the run with 3."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.2)) as endpoint:
        code, output = asyncgeo(*flags(endpoint, "--budget", 0), cwd=tmp_path)
        assert code == 3, output
        assert "does not cover another batch" in output
        assert not endpoint.stats.batches
        code, output = asyncgeo(*flags(endpoint, "--budget", 0.05), cwd=tmp_path)
        assert code in (0, 3), output
        assert of_usage(endpoint) <= 0.05
        assert len(endpoint.stats.batches) > 1
        spent = sum(billed(tmp_path).values())
        assert spent == pytest.approx(of_usage(endpoint))
        code, output = asyncgeo(*flags(endpoint, "--budget", "+1"), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(billed(tmp_path).values()) == pytest.approx(of_usage(endpoint))


def test_answers_are_taken_under_the_prompt_they_were_sent_with(tmp_path: Path) -> None:
    """Though another one is in force when they come; nothing is asked again for it."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.1)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        (tmp_path / "config.toml").write_text(PRICED + "[api]\nmax_completion_tokens = 1400\n", encoding="utf-8")
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(endpoint.stats.problems.values()) == NUMBER
    [planned] = [part.planned for part in batches.read(tmp_path / "out").parts.values()]
    assert {row.meta.prompt for row in rows_of(tmp_path / "out") if row.meta is not None} == {planned.prompt}


def test_a_problem_whose_text_changed_is_asked_again(tmp_path: Path) -> None:
    """An answer is about the text that was sent."""
    prepare(tmp_path, 3)
    with serving(Options(batch_seconds=0.1)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        changed = json.dumps({"id": 1, "subject": "如图,在△ABC中,AB=AC,∠BAC=77°"}, ensure_ascii=False)
        (tmp_path / "in" / "1.json").write_text(changed, encoding="utf-8")
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint, 3)
        assert sum(endpoint.stats.batched.values()) == 4


def test_what_is_cancelled_is_collected_as_far_as_it_came(tmp_path: Path) -> None:
    """The rest stays pending, and is asked by the next run."""
    prepare(tmp_path, 80)
    with serving(Options(batch_seconds=16)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        wait_until(lambda: sum(endpoint.stats.batched.values()))
        code, output = asyncgeo("batch", "cancel", "-o", "out", "--base-url", endpoint.base_url, cwd=tmp_path)
        assert code == 0, output
        assert "Batch 0001: cancelling." in output
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 4, output
        answered = sum(endpoint.stats.batched.values())
        assert 0 < answered < 80
        assert len(rows_of(tmp_path / "out")) == answered
        _, output = asyncgeo("batch", "-o", "out", cwd=tmp_path)
        assert "holds problems" in output
        code, output = asyncgeo("run", *plain(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint, 80)


def test_another_key_takes_nothing_for_lost(tmp_path: Path) -> None:
    """A batch that the endpoint does not know with this key ends the run, until a person gives it up."""
    prepare(tmp_path, 3)
    with serving(Options(batch_seconds=0.1)) as first:
        asyncgeo(*flags(first, "--submit-only"), cwd=tmp_path)
        port = int(first.base_url.rpartition(":")[2].partition("/")[0])
    with serving(Options(batch_seconds=0.1, port=port)) as endpoint:
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 1, output
        assert "does not know batch 0001" in output
        assert open_batches(tmp_path) == ["validating"]
        code, output = asyncgeo("batch", "cancel", "0001", "-o", "out", "--base-url", endpoint.base_url, cwd=tmp_path)
        assert "it is given up" in output
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint, 3)


def test_from_python_too(tmp_path: Path) -> None:
    """`asyncgeo.run(batch=True)` does what the command does."""
    prepare(tmp_path, 3)
    with serving(Options(batch_seconds=0.1)) as endpoint:

        def run(*, submit_only: bool) -> Done:
            return api.run(
                tmp_path / "in",
                tmp_path / "out",
                base_url=endpoint.base_url,
                model=RULES_MODEL,
                batch=True,
                submit_only=submit_only,
                config_file=tmp_path / "config.toml",
            )

        done = run(submit_only=True)
        assert (done.exit_code, done.merged) == (0, None)
        done = run(submit_only=False)
        assert done.exit_code == 0
        assert done.seen.parsed == 3
        assert done.seen.cost == pytest.approx(of_usage(endpoint))
        check_whole(tmp_path, endpoint, 3)


def test_nothing_to_cancel_is_said(tmp_path: Path) -> None:
    """And what is there is named by the command that lists it."""
    prepare(tmp_path)
    code, output = asyncgeo("batch", "cancel", "-o", "out", cwd=tmp_path)
    assert code == 1
    assert "No batch of out is under way" in output
    with serving(Options(batch_seconds=9)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        code, output = asyncgeo("batch", "cancel", "0007", "-o", "out", cwd=tmp_path)
        assert code == 1
        assert "no batch 0007" in output
        _, output = asyncgeo("batch", "-o", "out", "--json", cwd=tmp_path)
        assert [each["problems"] for each in json.loads(output)] == [NUMBER]


def test_screened_and_unreadable_problems_need_no_batch(tmp_path: Path) -> None:
    """They have their rows, once, and are in no file."""
    prepare(tmp_path, 3)
    (tmp_path / "in" / "7.json").write_text('{"id": 7, "subject": ""}', encoding="utf-8")
    (tmp_path / "in" / "8.json").write_text("{", encoding="utf-8")
    with serving(Options(batch_seconds=0.1)) as endpoint:
        for _ in range(2):
            code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
            assert code == 4, output
        assert sum(endpoint.stats.batched.values()) == 3
        assert Counter(row.id for row in rows_of(tmp_path / "out")) == {"0": 1, "1": 1, "2": 1, "7": 1, "8": 1}


def test_a_range_collects_its_own_and_leaves_the_rest(tmp_path: Path) -> None:
    """A batch with problems beyond the range stays, and the whole run finishes it without asking again."""
    prepare(tmp_path)
    with serving(Options(batch_seconds=0.1)) as endpoint:
        asyncgeo(*flags(endpoint, "--submit-only"), cwd=tmp_path)
        code, output = asyncgeo(*flags(endpoint, "--start", 0, "--end", 10), cwd=tmp_path)
        assert "without them they are collected" in output
        assert len(rows_of(tmp_path / "out")) == 10
        code, output = asyncgeo(*flags(endpoint), cwd=tmp_path)
        assert code == 0, output
        check_whole(tmp_path, endpoint)
        assert sum(endpoint.stats.batched.values()) == NUMBER


def test_redo_all_asks_everything_once(tmp_path: Path) -> None:
    """A second answer is a second row, and the run ends."""
    prepare(tmp_path, 5)
    with serving(Options(batch_seconds=0.1)) as endpoint:
        asyncgeo(*flags(endpoint), cwd=tmp_path)
        code, output = asyncgeo(*flags(endpoint, "--redo", "all"), cwd=tmp_path)
        assert code == 0, output
        assert sum(endpoint.stats.batched.values()) == 10
        assert len(rows_of(tmp_path / "out")) == 10


def test_a_rehearsal_leaves_nothing(tmp_path: Path) -> None:
    """`rehearse --batch` goes through all stages against the simulator, and says what it would have cost."""
    prepare(tmp_path)
    code, output = asyncgeo("rehearse", "-i", "in", "--batch", "--batch-seconds", 0.2, "--limit", 6, cwd=tmp_path)
    assert code == 0, output
    assert "Batch 0001 is here: 6 of 6 requests came back" in output
    assert not (tmp_path / "ground_truth").exists()


@pytest.mark.parametrize("more", [("--offline",), ("--steal-batch",), ("--ray", "local")])
def test_what_cannot_go_together_is_refused(more: tuple[str, ...], tmp_path: Path) -> None:
    """Before anything is opened."""
    prepare(tmp_path)
    with serving() as endpoint:
        code, output = asyncgeo(*flags(endpoint, *more), cwd=tmp_path)
        assert code == 1, output
        assert "cannot go together" in output
    code, output = asyncgeo("run", "--batch-only", "-i", "in", cwd=tmp_path)
    assert code == 2
    shutil.rmtree(tmp_path / "in")
