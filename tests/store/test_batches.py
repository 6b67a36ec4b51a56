from pathlib import Path

import msgspec
import pytest
from hypothesis import given, strategies as st

from asyncgeo.errors import ShardError
from asyncgeo.store import batches
from asyncgeo.store.batches import (
    BatchEvent,
    BatchLedger,
    BatchSeen,
    Closed,
    Collected,
    Created,
    Planned,
    Refused,
    Uploaded,
)

NEWLINE = 0x0A
AT = "2026-11-30T12:00:00.000+00:00"


def planned(part: str, *identifiers: str) -> Planned:
    """A part with these problems."""
    items = tuple((f"{each}.t.p", each) for each in identifiers)
    return Planned(at=AT, part=part, base_url="u", model="m", prompt="p", tokens=10, reserved=0.1, items=items)


LIFE: tuple[BatchEvent, ...] = (
    planned("0001", "a", "b"),
    Uploaded(at=AT, part="0001", file="file-1"),
    Created(at=AT, part="0001", batch="batch_1", expires=9),
    BatchSeen(at=AT, part="0001", state="failed", done=0, failed=0, total=0),
    Refused(at=AT, part="0001", limit=1000),
    Created(at=AT, part="0001", batch="batch_2"),
    BatchSeen(at=AT, part="0001", state="completed", done=1, failed=1, total=2),
    Collected(at=AT, part="0001"),
    Closed(at=AT, part="0001", again=("b",)),
)


def write(folder: Path, *events: BatchEvent) -> Path:
    """A ledger with these events; its path."""
    with BatchLedger(folder, ("asyncgeo", "run", "--batch"), "/in") as ledger:
        for event in events:
            ledger.append(event)
    return folder / batches.FOLDER / batches.NAME


def write_half(path: Path) -> None:
    """Begin to write a file, and fail."""
    with batches.whole_file(path) as stream:
        stream.write(b"two")
        raise ZeroDivisionError


def test_a_part_goes_through_its_states(tmp_path: Path) -> None:
    """What was written is what is read, and after each event the part is where that says."""
    states = ["not submitted", "not submitted", "validating", "failed", "waits for room", "validating", "completed"]
    states += ["collected", "collected"]
    for number, state in enumerate(states, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        write(folder, *LIFE[:number])
        part = batches.read(folder).parts["0001"]
        assert part.state == state
        assert part.closed is (number == len(LIFE))
        assert batches.read(folder).held() == (frozenset() if part.closed else {"a", "b"})
    found = batches.read(folder)
    assert (part.limit, part.refusals, part.batch, found.again["b"], found.again["a"]) == (1000, 1, "batch_2", 1, 0)
    assert found.command == ("asyncgeo", "run", "--batch")
    assert found.input == "/in"


@pytest.mark.slow
def test_a_ledger_cut_anywhere_goes_on(tmp_path: Path) -> None:
    """A torn line counts for nothing, the next opening moves it aside, and what it adds is whole."""
    content = write(tmp_path, *LIFE).read_bytes()
    ends = {k + near for k, byte in enumerate(content) if byte == NEWLINE for near in (0, 1, 2)}
    for cut in sorted({*range(0, len(content), 97), *ends}):
        folder = tmp_path / str(cut)
        path = folder / batches.FOLDER / batches.NAME
        path.parent.mkdir(parents=True)
        path.write_bytes(content[:cut])
        before = batches.read(folder)
        write(folder, planned("0009", "z"))
        after = batches.read(folder)
        assert after.held() >= before.held() | {"z"}
        assert after.folder == before.folder or not before.folder
        lines = path.read_bytes().splitlines()
        assert all(isinstance(msgspec.json.decode(line), dict) for line in lines)


def test_only_one_process_writes(tmp_path: Path) -> None:
    """A second one is refused and told who the first is; who only reads is not."""
    with BatchLedger(tmp_path, ("asyncgeo", "run", "--batch")) as ledger:
        ledger.append(planned("0001", "a"))
        with pytest.raises(ShardError, match=r"process \d+ since .*asyncgeo run --batch"), BatchLedger(tmp_path):
            pass
        assert batches.read(tmp_path).held() == {"a"}
    with BatchLedger(tmp_path) as ledger:
        assert ledger.all.held() == {"a"}


def test_the_folder_keeps_its_name(tmp_path: Path) -> None:
    """What is sent along with batches is the same at every start, so that they are found again."""
    names = set()
    for _ in range(3):
        with BatchLedger(tmp_path) as ledger:
            names.add(ledger.all.folder)
    assert len(names) == 1


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    """A writer that fails leaves what was there before, and nothing beside it."""
    path = tmp_path / "x.output.jsonl"
    with batches.whole_file(path) as stream:
        stream.write(b"one")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert path.read_bytes() == b"one"
    assert [each.name for each in tmp_path.iterdir()] == [path.name]


def test_what_a_crash_left_is_cleared(tmp_path: Path) -> None:
    """Input files that no part names, and half-written ones, go; those of open parts and all answers stay."""
    write(tmp_path, planned("0001", "a"))
    folder = tmp_path / batches.FOLDER
    for name in ("0001.input.jsonl", "0002.input.jsonl", "0001.output.jsonl", "0003.output.jsonl.part"):
        (folder / name).write_bytes(b"x")
    with BatchLedger(tmp_path) as ledger:
        ledger.clear_strays()
    assert {each.name for each in folder.iterdir()} == {batches.NAME, "0001.input.jsonl", "0001.output.jsonl"}


@given(st.lists(st.sampled_from(LIFE)))
def test_events_in_any_order_are_survived(events: list[BatchEvent]) -> None:
    """Whatever a ledger says, its problems are held exactly while their part is planned and not closed."""
    found = batches.Batches()
    is_open = False
    for event in events:
        found.note(event)
        is_open = isinstance(event, Planned) or (is_open and not isinstance(event, Closed))
        assert found.held() == ({"a", "b"} if is_open else frozenset())
