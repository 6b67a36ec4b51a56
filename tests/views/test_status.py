"""What a folder holds: counted as merge counts, followed while it grows, told apart from what its runs came to."""

import os
import signal
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import rows
from msgspec import json, structs
from support import holder, shared
from support.examples import times
from support.journals import AT, failed, parsed, skipped, started, write_journal, write_shard

from asyncgeo import dataset, store
from asyncgeo.errors import InputError
from asyncgeo.schema.records import Row, Tokens, encode
from asyncgeo.schema.verdict import AnswerVerdict, Verdict
from asyncgeo.store import verdicts
from asyncgeo.store.best import best_of_folder
from asyncgeo.store.events import Ended, Lost, Progress
from asyncgeo.views.status import Status, StatusCounts, Step, Verified, Watcher, best, failures, follow_up, lookup
from asyncgeo.views.status.failures import NAMELESS
from asyncgeo.views.status.runs import is_alive

NOW = datetime.fromisoformat(AT) + timedelta(minutes=1)
GONE = 2**22 + 1  # above the highest number that Linux gives a process


def look(folder: Path, **given: Path) -> Status:
    return Watcher(folder, clock=lambda: NOW, **given).look()


def problems(folder: Path, count: int) -> Path:
    """An input of so many problems."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        (folder / f"{number}.json").write_text(f'{{"id": {number}, "subject": "△ABC"}}', encoding="utf-8")
    return folder


# what the shards hold


def test_every_problem_is_counted_once_by_its_best_row(tmp_path: Path) -> None:
    """Errors are what a later verdict has not replaced; pending is what has no row; gaps are without a shard."""
    source, out = problems(tmp_path / "in", 9), tmp_path / "out"
    write_shard(out, 0, 3, [failed(0), parsed(0), parsed(1, kind="server"), skipped(2)])
    write_shard(out, 3, 6, [failed(4)])
    status = look(out, named=source)
    assert status.counts == StatusCounts(parsed=1, stand_ins=1, skipped=1, failed=1, again=2, pending=5)
    assert [(s.rows, s.counts.parsed, s.counts.errors, s.counts.pending) for s in status.shards] == [
        (4, 1, 1, 0),
        (1, 0, 1, 2),
    ]
    assert [(gap.start, gap.end, gap.pending) for gap in status.gaps] == [(6, 9, 3)]
    assert status.skip_reasons == {"undefined_points": 1}
    assert status.error_kinds == {"server": 1, "timeout": 1}
    assert status.size == 9
    assert not status.strangers


@pytest.mark.slow
@given(st.lists(st.tuples(st.sampled_from([(0, 5), (5, 9)]), rows(st.integers(0, 6).map(str))), max_size=14))
@settings(max_examples=times(0.6), deadline=None)
def test_it_counts_as_merge_does(
    tmp_path_factory: pytest.TempPathFactory, found: list[tuple[tuple[int, int], Row]]
) -> None:
    """Whatever the rows, and looked at after each: the same problems, skips, errors and reasons."""
    folder = tmp_path_factory.mktemp("out")
    watcher = Watcher(folder, clock=lambda: NOW)
    for bounds, row in found:
        write_shard(folder, *bounds, [row])
        watcher.look()
    status = look(folder)
    assert watcher.look() == status
    if not found:
        assert status.counts == StatusCounts()
        return
    stats = dataset.merge(folder)
    counts = status.counts
    assert (counts.parsed + counts.stand_ins, counts.skipped) == (stats.problems, stats.skipped)
    assert (counts.errors, counts.stand_ins) == (stats.errors, stats.fallbacks)
    assert counts.pending is None
    assert (status.skip_reasons, status.error_kinds) == (stats.skip_reasons, stats.error_kinds)
    assert (status.sources, status.models) == (stats.sources, stats.models)
    named = {kind: count for kind, count in failures(folder).kinds.items() if kind != NAMELESS}
    assert named == status.error_kinds


def test_a_growing_shard_is_followed_at_any_byte(tmp_path: Path) -> None:
    """Looked at after each byte it says what a fresh look says; a row counts as soon as it is whole."""
    path = write_shard(tmp_path, 0, 9, [])
    written: list[Row] = [parsed(1, tokens=Tokens(5, 2, 3, 1, 2)), failed(2), parsed(2, tokens=Tokens(1))]
    data = b"".join(map(encode, written))
    watcher = Watcher(tmp_path, clock=lambda: NOW)
    for end in range(0, len(data) + 1, 7):
        with path.open("ab") as stream:
            stream.write(data[max(0, end - 7) : end])
        assert watcher.look() == look(tmp_path)
    with path.open("ab") as stream:
        stream.write(data[end:])
    assert watcher.look().counts == StatusCounts(parsed=2)
    assert watcher.look().tokens == {"gpt-4.1-mini": {"standard": Tokens(6, 2, 3, 1, 2)}}


def test_what_was_appended_is_all_that_is_read(tmp_path: Path) -> None:
    """The bytes before are not looked at again, even if they changed; a file replaced or cut is read anew."""
    path = write_shard(tmp_path, 0, 9, [parsed(1), parsed(2)])
    watcher = Watcher(tmp_path, clock=lambda: NOW)
    assert watcher.look().counts.parsed == 2
    with path.open("r+b") as stream:
        stream.write(b"x" * 20)
        stream.seek(0, os.SEEK_END)
        stream.write(encode(parsed(3)))
    assert watcher.look().counts.parsed == 3
    os.truncate(path, len(encode(parsed(1))))
    assert watcher.look().shards[0].bad_lines == 1
    path.unlink()
    assert not watcher.look().shards
    write_shard(tmp_path, 0, 9, [skipped(1)])
    assert watcher.look().counts == StatusCounts(skipped=1)


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """No file is made, none is touched, whatever is there."""
    write_shard(tmp_path, 0, 9, [parsed(1)])
    write_journal(tmp_path, "a", [started(GONE)])

    def state() -> list[tuple[str, int, int]]:
        return [(str(each), each.stat().st_mtime_ns, each.stat().st_size) for each in sorted(tmp_path.rglob("*"))]

    before = state()
    look(tmp_path)
    failures(tmp_path)
    lookup(tmp_path, "1")
    assert state() == before


def test_the_input_is_the_named_one_or_what_the_journal_tells(tmp_path: Path) -> None:
    """A named input must be there; without any the pending are unknown; a wrong one shows by its strangers."""
    out, told = tmp_path / "out", problems(tmp_path / "told", 4)
    write_shard(out, 0, 9, [parsed(1), parsed(8)])
    assert look(out).counts.pending is None
    write_journal(out, "a", [started(GONE, input=str(tmp_path / "gone")), Ended(at=AT, exit_code=0)])
    assert look(out, likely=tmp_path / "nothing").input is None
    write_journal(out, "b", [started(GONE, input=str(told))])
    status = look(out, likely=problems(tmp_path / "likely", 2))
    assert (status.input, status.counts.pending, status.strangers) == (told, 3, 1)
    with pytest.raises(InputError, match="--input-dir"):
        look(out, named=tmp_path / "gone")


def test_the_originals_shards_are_counted() -> None:
    """Its rules' rows stand in for its model, and are asked again."""
    folder = shared.path("geoqa3/original-shards")
    status = look(folder)
    assert len(status.shards) == 48
    assert status.counts.parsed + status.counts.skipped == len(set(_ids(folder)))
    assert status.sources["rules"] > 3_600
    assert status.counts.again >= status.sources["rules"]


def _ids(folder: Path) -> list[str]:
    return [row.id for _, path in store.find(folder) for row, _, _ in store.lines.read(path, lambda _: None)]


# who holds what, and what the runs came to


def test_a_run_is_running_while_its_process_holds_a_shard(tmp_path: Path) -> None:
    """Once it is killed without a word, that is said, with the command that goes on."""
    with holder.process("hold", tmp_path, 0, 5) as child:
        assert holder.said(child) == "held"
        write_journal(tmp_path, "a", [started(child.pid), Progress(at=AT, total=9, done=4, rate=2.0)])
        status = look(tmp_path)
        assert [run.state for run in status.runs] == ["running"]
        assert status.shards[0].holder is not None
        assert status.shards[0].holder.pid == child.pid
        assert "holder.py hold" in status.shards[0].holder.command
        assert status.live == status.runs[0].progress
        assert [step.kind for step in status.next] == ["wait"]
        child.send_signal(signal.SIGKILL)
        child.wait()
    status = look(tmp_path)
    assert [run.state for run in status.runs] == ["killed"]
    assert status.live is None
    assert status.next == (Step("resume", ("asyncgeo", "run", "-i", "in")),)


@pytest.mark.parametrize(
    ("code", "state"), [(0, "finished"), (1, "failed"), (3, "stopped"), (130, "interrupted"), (None, "killed")]
)
def test_a_run_that_is_over_is_told_by_its_last_word(tmp_path: Path, code: int | None, state: str) -> None:
    """The exit code says how; without a last word and without a holder it was killed."""
    over = [] if code is None else [Ended(at=AT, exit_code=code, message="m")]
    write_journal(tmp_path, "a", [started(GONE), Lost(at=AT, id="7", kind="timeout", message="…"), *over])
    write_shard(tmp_path, 0, 9, [parsed(1)])
    status = look(tmp_path)
    assert [run.state for run in status.runs] == [state]
    assert [error.id for error in status.runs[0].errors] == ["7"]


def test_a_number_that_the_system_gave_to_another_process_is_no_run(tmp_path: Path) -> None:
    """A living process that holds nothing counts for some seconds only: at the beginning and the end of a run."""
    write_journal(tmp_path, "a", [started(os.getpid())])
    at = datetime.fromisoformat(AT)
    assert Watcher(tmp_path, clock=lambda: at).look().runs[0].state == "running"
    assert Watcher(tmp_path, clock=lambda: at + timedelta(minutes=5)).look().runs[0].state == "killed"
    assert is_alive(os.getpid())
    assert not is_alive(GONE)


@pytest.mark.slow
def test_runs_at_once_are_shown_together_and_summed(tmp_path: Path) -> None:
    """Counts, rates, costs and limits add up, of times the longest counts; what was over before is left out."""
    write_journal(
        tmp_path, "0", [started(GONE, "2026-11-23T11:00:00+00:00"), Ended(at="2026-11-23T11:30:00+00:00", exit_code=0)]
    )
    with holder.process("hold", tmp_path, 0, 3) as one, holder.process("hold", tmp_path, 3, 6) as other:
        assert holder.said(one) == holder.said(other) == "held"
        pace = Progress(at=AT, total=3, done=1, rate=0.5, eta=4.0, cost=0.25, requests_limit=300.0, share=0.5)
        write_journal(tmp_path, "1", [started(one.pid, end=3), pace])
        write_journal(
            tmp_path, "2", [started(other.pid, start=3, end=6), pace, Progress(at=AT, total=3, done=2, eta=2)]
        )
        write_journal(tmp_path, "3", [started(GONE, start=6, end=9)])
        status = look(tmp_path)
    assert [(run.range, run.state) for run in status.runs] == [
        ((0, 3), "running"),
        ((3, 6), "running"),
        ((6, 9), "killed"),
    ]
    live = status.live
    assert live is not None
    assert (live.total, live.done, live.eta, live.cost, live.requests_limit) == (6, 3, 4.0, 0.25, 300.0)


def test_a_journal_is_followed_and_its_torn_line_waits(tmp_path: Path) -> None:
    """Each look says what the whole lines tell so far."""
    path = write_journal(tmp_path, "a", [started(GONE), Progress(at=AT, done=1)])
    watcher = Watcher(tmp_path, clock=lambda: NOW)
    assert watcher.look().runs[0].progress == Progress(at=AT, done=1)
    whole = b'{"event":"progress","at":"%s","done":2}\n' % AT.encode()
    for part in (whole[:25], whole[25:]):
        with path.open("ab") as stream:
            stream.write(part)
        assert watcher.look() == look(tmp_path)
    assert watcher.look().runs[0].progress == Progress(at=AT, done=2)


# what to do next


def test_the_next_step_follows_from_what_is_left(tmp_path: Path) -> None:
    """Ask for the rest by the last run's command without what made it smaller, then merge, then nothing."""
    source, out = problems(tmp_path / "in", 3), tmp_path / "out"
    command = ("asyncgeo", "run", "--limit", "2", "--model", "m", "--start=0", "--no-resume", "--redo", "all")
    write_journal(out, "a", [started(GONE, command=command, input=str(source)), Ended(at=AT, exit_code=0)])
    whole = ("asyncgeo", "run", "--model", "m")
    write_shard(out, 0, 3, [parsed(0), failed(1)])
    assert [step.kind for step in look(out).next] == ["run", "errors"]
    assert look(out).next[0].command == whole == follow_up(out, None)
    write_shard(out, 0, 3, [skipped(2)])
    assert [step.kind for step in look(out).next] == ["again", "errors", "merge"]
    write_shard(out, 0, 3, [parsed(1)])
    assert [step.kind for step in look(out).next] == ["merge"]
    dataset.merge(out)
    assert look(out).next == (Step("done"),)
    os.utime(out / "dataset_0_3.jsonl", ns=(2**62, 2**62))
    assert look(out).dataset.stale


def test_a_run_that_was_cut_short_is_gone_on_with_while_something_is_left(tmp_path: Path) -> None:
    """By its own command; once others have done its work there is nothing to go on with."""
    source, out = problems(tmp_path / "in", 2), tmp_path / "out"
    write_shard(out, 0, 2, [parsed(0)])
    write_journal(out, "a", [started(GONE, input=str(source)), Ended(at=AT, exit_code=130)])
    assert look(out).next == (Step("resume", ("asyncgeo", "run", "-i", "in")),)
    write_shard(out, 0, 2, [parsed(1)])
    assert [step.kind for step in look(out).next] == ["merge"]


def test_without_a_journal_the_command_names_the_folders(tmp_path: Path) -> None:
    """Where the input is not known, its place is left for the person to fill."""
    write_shard(tmp_path, 0, 3, [failed(0)])
    assert follow_up(tmp_path, None) == ("asyncgeo", "run", "--input-dir", "DIR", "--output-dir", str(tmp_path))
    source = problems(tmp_path / "in", 1)
    assert follow_up(tmp_path, source)[2:4] == ("--input-dir", str(source))


# failures, and one id


def test_failures_are_the_problems_whose_best_row_is_one(tmp_path: Path) -> None:
    """In numeric order, with what is said of them; of one kind, and only so many, where that is wanted."""
    write_shard(tmp_path, 0, 20, [failed(10), failed(9, "server"), parsed(2, kind="timeout"), failed(1), parsed(1)])
    found = failures(tmp_path)
    assert [(row.id, row.kind, row.stands_in, row.attempts) for row in found.rows] == [
        ("2", "timeout", True, 6),
        ("9", "server", False, 6),
        ("10", "timeout", False, 6),
    ]
    assert (found.kinds, found.stand_ins, found.total) == ({"timeout": 2, "server": 1}, 1, 3)
    assert [row.id for row in failures(tmp_path, "timeout", 1).rows] == ["2"]
    assert failures(tmp_path, "nothing").rows == ()


@pytest.mark.slow
@given(st.lists(rows(st.sampled_from(["1", "11", 'a"b', "平", "\x7f"])), max_size=12))
@settings(max_examples=times(0.6), deadline=None)
def test_every_row_of_an_id_is_found_by_its_bytes(tmp_path_factory: pytest.TempPathFactory, written: list[Row]) -> None:
    """All of them, no other's, in the order of writing as far as they tell; the one that counts is merge's."""
    folder = tmp_path_factory.mktemp("out")
    path = write_shard(folder, 0, 9, written)
    for identifier in {row.id for row in written}:
        found = lookup(folder, identifier)
        assert sorted(each.number for each in found) == [
            number for number, row in enumerate(written, 1) if row.id == identifier
        ]
        assert all(each.path == path and each.row.id == identifier for each in found)
        counts = best(found)
        assert counts is not None
        place = best_of_folder(folder).place(identifier)
        assert place is not None
        assert path.read_bytes()[: place.offset].count(b"\n") + 1 == counts.number
    assert lookup(folder, "2") == []


def test_an_id_is_found_however_the_original_spelt_it(tmp_path: Path) -> None:
    """As a number, with blanks, escaped; what only looks like it is not."""
    lines = [
        '{"id": 7, "status": "skipped", "reason": "x"}',
        '{"id" : "7", "status": "skipped", "reason": "x"}',
        '{"id":"7","status":"skipped","reason":"x"}',
        '{"id":"77","status":"skipped","reason":"\\"id\\":\\"7\\""}',
        '{"reason":"x","status":"skipped","id":"\\u5e73"}',
    ]
    (tmp_path / "dataset_0_9.jsonl").write_text("\n".join(lines), encoding="utf-8")
    assert [each.number for each in lookup(tmp_path, "7")] == [1, 2, 3]
    assert [each.number for each in lookup(tmp_path, "平")] == [5]


def test_verdicts_are_counted_as_they_come(tmp_path: Path) -> None:
    """The last one of an id counts, and a line that is still being written does not yet."""
    write_shard(tmp_path, 0, 2, [parsed(1), parsed(2)])
    path = tmp_path / verdicts.name(0, 2)
    watcher = Watcher(tmp_path, clock=lambda: NOW)
    assert watcher.look().verified == Verified()
    first = Verdict("1", "a", drawable=True, state="determined", residual=0.0, freedom=0)
    wrong = structs.replace(first, answer=AnswerVerdict("wrong"))
    verdicts.append(path, [first, structs.replace(first, id="2", drawable=False)])
    assert watcher.look().verified == Verified(2, 1, 1)
    with path.open("ab") as stream:
        stream.write(json.encode(wrong)[:20])
        stream.flush()
        assert watcher.look().verified == Verified(2, 1, 1)
        stream.write(json.encode(wrong)[20:] + b"\n")
    assert watcher.look().verified == Verified(2, 1, 1, {"wrong": 1})
