"""Whole runs: the command in its own process, the endpoint on a socket, rows on a disk."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support import live, shared
from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, start_apart, write_problems

from asyncgeo.schema.records import Failed, Parsed, Row, decode, defect
from asyncgeo.simulator import Endpoint, Options, at
from asyncgeo.store import events as journal


def steady(row: Row) -> dict[str, Any]:
    """A row without what differs from run to run."""
    return {name: getattr(row, name) for name in row.__struct_fields__ if name not in {"meta", "attempts"}}


def by_id(rows: list[Row]) -> dict[str, dict[str, Any]]:
    return {row.id: steady(row) for row in rows}


def count(folder: Path) -> int:
    """Rows on disk, finished or not, while a run writes them."""
    return sum(path.read_bytes().count(b"\n") for path in folder.glob("dataset_*.jsonl"))


def test_without_key_and_folder_the_sample_is_read(tmp_path: Path) -> None:
    """README's first command: every sample problem has one row, a dataset, and no model is claimed."""
    code, output = asyncgeo("run", cwd=tmp_path)
    assert code == 0, output
    assert output.splitlines()[0].startswith("No model is used")
    folder = tmp_path / "ground_truth" / "sample"
    rows = rows_of(folder)
    dataset = json.loads((folder / "geoqa3_dataset.json").read_text(encoding="utf-8"))
    metadata = dataset["metadata"]
    assert len(rows) == len({row.id for row in rows}) >= 55
    assert metadata["total_problems"] + metadata["skipped"] == len(rows)
    assert metadata["errors"] == 0
    assert set(metadata["sources"]) <= {"rules", "screen"}
    assert all(defect(row) is None for row in rows)
    assert list((folder / "logs").glob("run_*.log"))
    code, output = asyncgeo("run", cwd=tmp_path)
    assert code == 0
    assert "Pending: 0" in output


def test_a_second_run_asks_only_for_the_rest(tmp_path: Path, simulator: Endpoint) -> None:
    """`--start 0 --end 30`, then `--end 60`: thirty requests fewer; each problem is asked once in all."""
    write_problems(tmp_path / "in", range(60))
    flags = ("--input-dir", "in", "--no-merge", "--start", 0)
    assert asyncgeo(*asking(simulator, *flags, "--end", 30), cwd=tmp_path)[0] == 0
    assert simulator.stats.requests == 30
    assert asyncgeo(*asking(simulator, *flags, "--end", 60), cwd=tmp_path)[0] == 0
    assert simulator.stats.requests == 60
    assert set(simulator.stats.problems.values()) == {1}
    names = {path.name for path in (tmp_path / "ground_truth").glob("dataset_*.jsonl")}
    assert names == {"dataset_0_30.jsonl", "dataset_0_60.jsonl"}
    assert len(by_id(rows_of(tmp_path / "ground_truth"))) == 60


def test_four_ranges_at_once_make_one_dataset(tmp_path: Path) -> None:
    """Four processes in one folder, then merge: complete, nothing twice."""
    write_problems(tmp_path / "in", range(100))
    with serving(Options(latency=0.02)) as endpoint:
        runs = [
            start(*asking(endpoint, "-i", "in", "--no-merge", "--start", low, "--end", low + 25), cwd=tmp_path)
            for low in range(0, 100, 25)
        ]
        assert [finish(run)[0] for run in runs] == [0, 0, 0, 0]
        assert endpoint.stats.requests == 100
    assert asyncgeo("merge", cwd=tmp_path)[0] == 0
    dataset = live.dataset_of(tmp_path / "ground_truth")
    assert [problem["id"] for problem in dataset["problems"]] == [str(number) for number in range(100)]


def test_workers_and_shard_size_cut_a_run(tmp_path: Path) -> None:
    """As run_parallel_dataset.sh named its files."""
    write_problems(tmp_path / "in", range(10))
    asyncgeo("run", "-i", "in", "-o", "a", "--shards", 4, cwd=tmp_path)
    asyncgeo("run", "-i", "in", "-o", "b", "--shard-size", 4, cwd=tmp_path)
    cuts = {folder: sorted(path.name for path in (tmp_path / folder).glob("dataset_*.jsonl")) for folder in "ab"}
    assert cuts["a"] == ["dataset_0_2.jsonl", "dataset_2_5.jsonl", "dataset_5_7.jsonl", "dataset_7_10.jsonl"]
    assert cuts["b"] == ["dataset_0_4.jsonl", "dataset_4_8.jsonl", "dataset_8_10.jsonl"]


def test_dry_run_sends_and_writes_nothing(tmp_path: Path, simulator: Endpoint) -> None:
    """It only says what would be done."""
    write_problems(tmp_path / "in", range(10))
    code, output = asyncgeo(*asking(simulator, "-i", "in", "--dry-run"), cwd=tmp_path)
    assert code == 0
    assert "Pending: 10" in output
    assert "Nothing was sent" in output
    assert simulator.stats.requests == 0
    assert not (tmp_path / "ground_truth").exists()


def test_limit_takes_the_first_pending_problems(tmp_path: Path) -> None:
    """A small test first; the merge waits until the folder is complete."""
    write_problems(tmp_path / "in", range(10))
    for done in (3, 6):
        code, output = asyncgeo("run", "-i", "in", "--limit", 3, cwd=tmp_path)
        assert code == 0
        assert f"{10 - done} of 10 problems have no row yet" in output
        assert {row.id for row in rows_of(tmp_path / "ground_truth")} == {str(number) for number in range(done)}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_finishes_what_is_in_flight(tmp_path: Path, number: int) -> None:
    """Exit 130, every answer that was paid for has its row, and the same command makes the undisturbed dataset."""
    write_problems(tmp_path / "in", range(200))
    with serving(Options(latency=0.05)) as endpoint:
        flags = asking(endpoint, "-i", "in", "--concurrency", 8)
        run = start(*flags, cwd=tmp_path)
        kill_when(run, lambda: endpoint.stats.requests >= 40, number)
        code, output = finish(run)
        assert code == 130, output
        assert "Go on with: asyncgeo run" in output
        done = rows_of(tmp_path / "ground_truth")
        assert {row.original_text for row in done if isinstance(row, Parsed)} == set(endpoint.stats.answered)
        assert 40 <= len(done) < 200
        assert asyncgeo(*flags, cwd=tmp_path)[0] == 0
        assert endpoint.stats.requests == 200
    asyncgeo("run", "-i", "in", "-o", "undisturbed", cwd=tmp_path)
    assert by_id(rows_of(tmp_path / "ground_truth")) == by_id(rows_of(tmp_path / "undisturbed"))
    assert (
        live.dataset_of(tmp_path / "ground_truth")["problems"] == live.dataset_of(tmp_path / "undisturbed")["problems"]
    )


def test_the_second_signal_leaves_at_once(tmp_path: Path) -> None:
    """Answers that take for ever are not waited for; no shard is torn."""
    write_problems(tmp_path / "in", range(50))
    with serving(Options(latency=60)) as endpoint:
        run = start(*asking(endpoint, "-i", "in"), cwd=tmp_path)
        kill_when(run, lambda: endpoint.stats.in_flight >= 8, signal.SIGINT)
        assert run.stdout is not None
        while "Stopping" not in run.stdout.readline():
            assert run.poll() is None
        run.send_signal(signal.SIGINT)
        assert finish(run)[0] == 130
    assert rows_of(tmp_path / "ground_truth") == []


@pytest.mark.parametrize("real", [False, True], ids=["ours", "real problems"])
def test_a_killed_run_loses_nothing_it_had_written(tmp_path: Path, *, real: bool) -> None:
    """SIGKILL at random moments: what stood on disk is never asked again, the end is the undisturbed dataset."""
    kills = int(os.environ.get("KILLS", "5"))  # not a setting of asyncgeo: how long this test may take
    total = max(200, 30 * kills)
    source = shared.path("geoqa3/json") if real else write_problems(tmp_path / "in", range(total))
    folder, chance = tmp_path / "ground_truth", random.Random(kills)
    asked: dict[str, int] = {}  # text of a problem whose row is on disk → requests for it by then
    with serving(Options(latency=0.01, jitter=0.5)) as endpoint:
        flags = asking(endpoint, "-i", source, "--end", total, "--concurrency", 4, "--no-merge")
        for kill in range(1, kills + 1):
            run = start(*flags, cwd=tmp_path)
            goal = total * kill // (kills + 1) + chance.randrange(20)
            kill_when(run, lambda goal=goal: count(folder) >= goal)  # type: ignore[misc]
            assert finish(run)[0] == -signal.SIGKILL
            for row in (row for path in folder.glob("dataset_*.jsonl") for row in _whole(path)):
                asked.setdefault(row.original_text, endpoint.stats.problems[row.original_text])
        assert asyncgeo(*flags, cwd=tmp_path)[0] == 0
        rows = rows_of(folder)
        once = {
            text for text, times in Counter(getattr(row, "original_text", "") for row in rows).items() if times == 1
        }
        assert {text: endpoint.stats.problems[text] for text in once & asked.keys()} == {
            text: asked[text] for text in once & asked.keys()
        }
        sys.stdout.write(f"{kills} kills: {endpoint.stats.requests - total} requests beyond the minimum of {total}\n")
        assert asyncgeo(*flags, "-o", "undisturbed", cwd=tmp_path)[0] == 0
    assert len(rows) == len({row.id for row in rows}) == total
    assert by_id(rows) == by_id(rows_of(tmp_path / "undisturbed"))


def _whole(path: Path) -> list[Parsed]:
    """The finished lines of a shard that a kill may have torn."""
    lines = path.read_bytes().split(b"\n")[:-1]
    rows = [decode(line) for line in lines]
    return [row for row in rows if isinstance(row, Parsed)]


@pytest.mark.parametrize("code", ["insufficient_quota", "billing_hard_limit_reached"])
def test_a_used_up_quota_never_looks_like_success(tmp_path: Path, code: str) -> None:
    """In mid-run: exit 3, not one row made up, the rest pending; with credit again the same command asks only that."""
    write_problems(tmp_path / "in", range(120))
    live.soon(tmp_path)
    with serving(script=at(dict.fromkeys(range(60, 10_000), code))) as endpoint:
        flags = asking(endpoint, "-i", "in", "--concurrency", 8)
        ended, output = asyncgeo(*flags, cwd=tmp_path)
        assert ended == 3, output
        assert "quota" in output or "billing" in output
        assert "Go on with: asyncgeo run" in output
        rows = rows_of(tmp_path / "ground_truth")
        assert all(isinstance(row, Parsed) and row.error is None for row in rows)
        assert {row.original_text for row in rows if isinstance(row, Parsed)} == set(endpoint.stats.answered)
        assert endpoint.stats.requests < 60 + 8 + 1
        assert not (tmp_path / "ground_truth" / "geoqa3_dataset.json").exists()
    with serving() as endpoint:
        assert asyncgeo(*asking(endpoint, "-i", "in"), cwd=tmp_path)[0] == 0
        assert endpoint.stats.requests == 120 - len(rows)
    assert live.dataset_of(tmp_path / "ground_truth")["metadata"]["errors"] == 0


def test_a_refused_key_stops_at_once_and_is_shown_nowhere(tmp_path: Path) -> None:
    """401, the server echoing the key: exit 3, no row, and the key in no output, log or row."""
    write_problems(tmp_path / "in", range(50))
    with serving(Options(api_key="another")) as endpoint:
        flags = asking(endpoint, "-i", "in")
        code, output = asyncgeo(*flags, cwd=tmp_path, OPENAI_API_KEY=live.KEY)
    assert code == 3, output
    assert "OPENAI_API_KEY" in output
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(live.KEY.encode() in content for content in [output.encode(), *written])
    assert rows_of(tmp_path / "ground_truth") == []


def test_failed_problems_are_asked_again_and_only_those(tmp_path: Path) -> None:
    """A rules row that stands in is marked; the next run asks exactly for it, and merging takes the better row."""
    write_problems(tmp_path / "in", range(20))
    config = tmp_path / "config.toml"
    config.write_text("[retry]\nmax_attempts = 2\nbase_delay = 0.01\n", encoding="utf-8")

    def broken(asked: Any) -> str | None:
        return "500" if asked.problem == live.text_of(7) else None

    with serving(script=broken) as endpoint:
        assert asyncgeo(*asking(endpoint, "-i", "in"), cwd=tmp_path)[0] == 4
        assert endpoint.stats.requests == 19 + 2
    folder = tmp_path / "ground_truth"
    failed = {row.id: row for row in rows_of(folder) if isinstance(row, (Parsed, Failed)) and row.error}
    assert failed.keys() == {"7"}
    assert live.dataset_of(folder)["metadata"]["error_ids"] == ["7"]
    with serving() as endpoint:
        assert asyncgeo(*asking(endpoint, "-i", "in", "--redo", "none"), cwd=tmp_path)[0] == 0
        assert endpoint.stats.requests == 0
        assert asyncgeo(*asking(endpoint, "-i", "in"), cwd=tmp_path)[0] == 0
        assert endpoint.stats.problems == {live.text_of(7): 1}
        assert asyncgeo(*asking(endpoint, "-i", "in", "--no-resume"), cwd=tmp_path)[0] == 0
        assert endpoint.stats.requests == 21
    dataset = live.dataset_of(folder)
    assert dataset["metadata"]["error_ids"] == []
    assert len(dataset["problems"]) == 20


def test_a_shard_in_use_is_refused_with_its_holder(tmp_path: Path) -> None:
    """Same shard, or an overlapping range under another name: exit 1 naming file and process; other ranges run."""
    write_problems(tmp_path / "in", range(40))
    with serving(Options(latency=2)) as endpoint:  # twenty of them outlast the three commands on a busy machine
        first = start(*asking(endpoint, "-i", "in", "--start", 0, "--end", 20, "--concurrency", 1), cwd=tmp_path)
        kill_when(first, lambda: endpoint.stats.requests >= 1, 0)
        for low, high in ((0, 20), (10, 30)):
            code, output = asyncgeo(*asking(endpoint, "-i", "in", "--start", low, "--end", high), cwd=tmp_path)
            assert code == 1, output
            assert str(first.pid) in output
            assert "dataset_0_20.jsonl" in output
        code, output = asyncgeo("run", "-i", "in", "--offline", "--start", 20, "--end", 40, cwd=tmp_path)
        assert code == 0, output
        first.send_signal(signal.SIGINT)
        assert finish(first)[0] == 130


def test_a_deleted_shard_makes_its_problems_pending(tmp_path: Path, simulator: Endpoint) -> None:
    """What is on disk is the only truth."""
    write_problems(tmp_path / "in", range(30))
    flags = asking(simulator, "-i", "in", "--shard-size", 10)
    asyncgeo(*flags, cwd=tmp_path)
    (tmp_path / "ground_truth" / "dataset_10_20.jsonl").unlink()
    code, output = asyncgeo(*flags, cwd=tmp_path)
    assert code == 0
    assert "Pending: 10" in output
    assert simulator.stats.requests == 40
    assert len(live.dataset_of(tmp_path / "ground_truth")["problems"]) == 30


def test_an_edited_shard_is_reported_and_left_alone(tmp_path: Path) -> None:
    """Bad lines are named with file and line, and their problems asked again."""
    write_problems(tmp_path / "in", range(5))
    asyncgeo("run", "-i", "in", cwd=tmp_path)
    shard = tmp_path / "ground_truth" / "dataset_0_5.jsonl"
    lines = shard.read_bytes().splitlines(keepends=True)
    lines[1] = b"{ edited\n"
    lines[3] = lines[3].replace(b'"category":"', b'"category":"No ')
    shard.write_bytes(b"".join(lines))
    code, output = asyncgeo("run", "-i", "in", cwd=tmp_path)
    assert code == 0
    assert f"{shard.name}:2" in output
    assert f"{shard.name}:4" in output
    assert "Pending: 2" in output
    assert shard.read_bytes().startswith(b"".join(lines))
    assert len(live.dataset_of(tmp_path / "ground_truth")["problems"]) == 5


def _tmpfs(folder: Path, size: str) -> bool:
    """Mount a small file system where the system lets us."""
    folder.mkdir()
    mount = shutil.which("mount")
    if mount is None:
        return False
    return subprocess.run([mount, "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=False).returncode == 0


@pytest.mark.parametrize("size", ["8k", "128k"])
def test_a_full_disk_ends_the_run_without_half_a_row(tmp_path: Path, size: str) -> None:
    """ENOSPC for real, for the log too: exit 1, one message that says so, whole rows only; then the run goes on."""
    folder = tmp_path / "full"
    if not _tmpfs(folder, size):
        pytest.skip("this system lets us mount no tmpfs")
    try:
        write_problems(tmp_path / "in", range(300))
        flags = ("run", "-i", "in", "-o", folder, "--no-merge")
        code, output = asyncgeo(*flags, cwd=tmp_path)
        assert code == 1, output
        assert "full" in output or "space" in output
        assert "Traceback" not in output
        assert "Logging error" not in output
        rows = rows_of(folder)
        assert len(rows) < 300
        assert rows or size == "8k"
        subprocess.run(["mount", "-o", "remount,size=8m", folder], check=True)  # noqa: S607  found by the mount above
        assert asyncgeo(*flags, cwd=tmp_path)[0] == 0
        assert Counter(row.id for row in rows_of(folder)) == Counter({str(number): 1 for number in range(300)})
    finally:
        subprocess.run(["umount", folder], check=False)  # noqa: S607


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("run", "--input-dir", "nowhere"), 1, "There is no input nowhere"),
        (("run", "--config", "nowhere.toml"), 1, "There is no config file nowhere.toml"),
        (("run", "--rpm", "many"), 1, "--rpm"),
        (("run", "--concurrency", "0"), 1, "--concurrency"),
        (("run", "--base-url", "localhost:8000"), 1, "--base-url"),
        (("run", "--start", "70", "--end", "80"), 1, "--start 70 --end 80"),
        (("run", "--output-dir", "a-file"), 1, "a-file"),
        (("run", "--redo", "some"), 2, "--redo"),
        (("run", "--strange"), 2, "--strange"),
        (("merge",), 1, "ground_truth"),
    ],
)
def test_what_a_person_can_mend_is_a_message(tmp_path: Path, arguments: tuple[str, ...], code: int, said: str) -> None:
    """Never a traceback; what was found, and what to do."""
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    ended, output = asyncgeo(*arguments, cwd=tmp_path)
    assert ended == code, output
    assert said in output
    assert "Traceback" not in output


def test_a_key_with_a_line_break_is_refused(tmp_path: Path) -> None:
    """Before anything is sent, and without showing it."""
    code, output = asyncgeo("run", cwd=tmp_path, OPENAI_API_KEY="sk-one\nsk-two")
    assert code == 1
    assert "OPENAI_API_KEY" in output
    assert "sk-two" not in output


def events_of(text: str) -> list[journal.Event]:
    """What `--json` printed, and nothing else."""
    return [journal.decode(line.encode()) for line in text.splitlines()]


def test_json_prints_the_journal_and_nothing_else(tmp_path: Path, simulator: Endpoint) -> None:
    """One object a line, from `started` to `merged`; the last state counts every problem, each error has its line."""
    write_problems(tmp_path / "in", range(30))
    (tmp_path / "in" / "99.json").write_text("{", encoding="utf-8")
    code, output = asyncgeo(*asking(simulator, "-i", "in", "--json"), cwd=tmp_path)
    assert code == 4, output
    events = events_of(output)
    kinds = [type(event).__name__ for event in events]
    assert (kinds[0], kinds[-3:]) == ("Started", ["Progress", "Ended", "Merged"])
    started, last = events[0], events[-3]
    assert isinstance(started, journal.Started)
    assert isinstance(last, journal.Progress)
    assert (started.total, last.total, last.done, last.errors, last.requests) == (31, 31, 31, 1, 30)
    assert [event.id for event in events if isinstance(event, journal.Lost)] == ["99"]
    written = journal.event_logs(tmp_path / "ground_truth")
    assert [list(journal.read(path)) for path in written] == [events]


def test_json_tells_how_a_run_was_stopped(tmp_path: Path) -> None:
    """A used-up quota: the exit code, the message and the remedy stand in `ended` as on standard error."""
    write_problems(tmp_path / "in", range(30))
    live.soon(tmp_path)
    with serving(Options(quota=10)) as endpoint:
        run = start_apart(*asking(endpoint, "-i", "in", "--json"), cwd=tmp_path)
        output, said = run.communicate(timeout=live.TIMEOUT)
    assert run.returncode == 3
    ended = events_of(output)[-1]
    assert isinstance(ended, journal.Ended)
    assert ended.exit_code == 3
    assert ended.message in said
    assert "Go on with: asyncgeo run" in ended.remedy


def test_a_reader_that_goes_away_does_not_end_the_run(tmp_path: Path) -> None:
    """`asyncgeo run --json | head -1`: every row is written all the same."""
    write_problems(tmp_path / "in", range(30))
    with serving(Options(latency=0.05)) as endpoint:
        run = start_apart(*asking(endpoint, "-i", "in", "--json"), cwd=tmp_path)
        assert run.stdout is not None
        assert run.stderr is not None
        run.stdout.readline()
        run.stdout.close()
        with run.stderr as errors:
            said = errors.read()
        assert run.wait(live.TIMEOUT) == 0, said
    assert not said
    assert len(rows_of(tmp_path / "ground_truth")) == 30


def test_quiet_says_nothing_but_errors(tmp_path: Path) -> None:
    """A run that goes well is silent; one that stops says why."""
    write_problems(tmp_path / "in", range(10))
    assert asyncgeo("run", "-i", "in", "--quiet", cwd=tmp_path) == (0, "")
    with serving(Options(quota=0)) as endpoint:
        code, output = asyncgeo(*asking(endpoint, "-i", "in", "-o", "b", "-q"), cwd=tmp_path)
    assert code == 3
    assert output.startswith("The endpoint")


def test_the_end_names_the_command_that_goes_on(tmp_path: Path) -> None:
    """For the rest of the input: the same command without what took a part of it."""
    write_problems(tmp_path / "in", range(10))
    _, output = asyncgeo("run", "-i", "in", "--limit", 3, "--start=2", cwd=tmp_path)
    assert "The rest: asyncgeo run -i in\n" in output
    _, output = asyncgeo("run", "-i", "in", cwd=tmp_path)
    assert "Next: asyncgeo report --output-dir ground_truth\n" in output
    (tmp_path / "in" / "99.json").write_text("{", encoding="utf-8")
    _, output = asyncgeo("run", "-i", "in", cwd=tmp_path)
    assert "See them with: asyncgeo errors --output-dir ground_truth; the same command asks them again." in output
    assert "Next: asyncgeo errors --output-dir ground_truth\n" in output


def test_a_budget_without_a_price_is_refused_before_anything_is_made(tmp_path: Path, simulator: Endpoint) -> None:
    """It names the model and what to add; no folder, no log."""
    write_problems(tmp_path / "in", range(3))
    code, output = asyncgeo(*asking(simulator, "-i", "in", "--budget", 1), cwd=tmp_path)
    assert simulator.stats.requests == 0
    assert code == 1
    assert "A budget needs the price of the model" in output
    assert not (tmp_path / "ground_truth").exists()
