"""The journal of a run: written, read back, and read in whatever state a crash left it."""

import resource
from pathlib import Path

import pytest

from asyncgeo.store import events as journal
from asyncgeo.store.events import Ended, EventLog, Lost, Merged, Probed, Progress, Said, Started

AT = "2026-11-23T12:00:00.000+00:00"
EVENTS: list[journal.Event] = [
    Started(
        at=AT,
        version="0.1.0",
        pid=1,
        command=("asyncgeo", "run"),
        model="m",
        base_url="http://127.0.0.1:8000/v1",
        offline=False,
        input="in",
        output="out",
        start=0,
        end=9,
        total=9,
        budget=2.5,
    ),
    Progress(at=AT, total=9, done=4, parsed=1, skipped=1, failed=1, stand_ins=1, cost=0.5, tokens_limit=1e6),
    Said(at=AT, level="warning", text="多\n行"),
    Lost(at=AT, id="7", kind="timeout", message="…", cost=0.5),
    Probed(at=AT, id="3", usable=True),
    Ended(at=AT, exit_code=3, message="x", bound={"tokens": 1.0}, skip_reasons={"undefined_points": 1}),
    Merged(at=AT, output="out/geoqa3_dataset.json", problems=2, skipped=1, errors=2, fallbacks=1),
]


def write(path: Path, events: list[journal.Event]) -> list[bytes]:
    copies: list[bytes] = []
    with EventLog(path, copies.append) as book:
        for event in events:
            book.append(event)
    return copies


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """Every kind of event, one line each, and the copy is the same bytes."""
    copies = write(tmp_path / "run_a.jsonl", EVENTS)
    assert list(journal.read(tmp_path / "run_a.jsonl")) == EVENTS
    assert b"".join(copies) == (tmp_path / "run_a.jsonl").read_bytes()
    assert all(line.count(b"\n") == 1 and line.startswith(b'{"event":') for line in copies)


@pytest.mark.slow
def test_a_journal_cut_anywhere_reads_as_the_events_before(tmp_path: Path) -> None:
    """A killed run leaves a torn line: the whole ones count."""
    lines = write(tmp_path / "run_a.jsonl", EVENTS)
    data = b"".join(lines)
    ends = [sum(map(len, lines[: number + 1])) for number in range(len(lines))]
    for size in range(len(data) + 1):
        cut = tmp_path / "cut.jsonl"
        cut.write_bytes(data[:size])
        whole = sum(end - 1 <= size for end in ends)  # a line is whole before its newline
        assert list(journal.read(cut)) == EVENTS[:whole]


def test_lines_of_a_later_version_are_left_out(tmp_path: Path) -> None:
    """Unknown events and rubbish do not hide the rest; unknown fields are passed over."""
    path = tmp_path / "run_a.jsonl"
    extended = journal.encode(EVENTS[3]).replace(b'"kind"', b'"new":1,"kind"')
    path.write_bytes(b'{"event":"danced"}\n\xff\n[]\n' + extended + b"\n")
    assert list(journal.read(path)) == [EVENTS[3]]


def test_counts_of_an_older_log_are_made_disjoint() -> None:
    """Version 0.1.0 counted what the rules stood in for among the parsed as well."""
    line = b'{"event":"progress","at":"%s","done":9,"parsed":6,"skipped":2,"failed":1,"stand_ins":4}'
    event = journal.decode(line % AT.encode())
    assert isinstance(event, Progress)
    assert (event.parsed, event.stand_ins, event.skipped, event.failed) == (2, 4, 2, 1)
    assert journal.decode(journal.encode(event)) == event


def test_journals_come_in_the_order_of_their_runs(tmp_path: Path) -> None:
    """Only a run's own files count; a folder without runs has none."""
    assert journal.event_logs(tmp_path) == []
    (tmp_path / "logs").mkdir()
    for name in ("run_20261123T120001_9.jsonl", "run_20261123T120000_10.jsonl", "run_20261123T120000_10.log"):
        (tmp_path / "logs" / name).touch()
    assert [path.name for path in journal.event_logs(tmp_path)] == [
        "run_20261123T120000_10.jsonl",
        "run_20261123T120001_9.jsonl",
    ]


def test_a_journal_is_never_written_over(tmp_path: Path) -> None:
    """The name is taken once."""
    write(tmp_path / "run_a.jsonl", EVENTS[:1])
    with pytest.raises(FileExistsError):
        EventLog(tmp_path / "run_a.jsonl")


def test_a_full_disk_ends_the_journal_and_not_the_run(tmp_path: Path) -> None:
    """What has no room is left out; the copy goes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    copies: list[bytes] = []
    with EventLog(tmp_path / "run_a.jsonl", copies.append) as book:
        book.append(EVENTS[2])
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(copies[0]), hard))
        try:
            book.append(EVENTS[3])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        book.append(EVENTS[4])
    assert list(journal.read(tmp_path / "run_a.jsonl")) == [EVENTS[2]]
    assert len(copies) == 3
