import gzip
from pathlib import Path

import pytest
from hypothesis import given, strategies as st
from support.full import limited

from asyncgeo.store import Bounds, raw_answers
from asyncgeo.store.raw_answers import Raw, RawFile

BOUNDS = Bounds(0, 100)


def raw(identifier: str, content: str = "{}") -> Raw:
    return Raw(identifier, "如图,在△ABC中", "2026-11-23T09:15:02.113Z", "m", "p", "stop", content)


BATCHES = [[raw("1", "first"), raw("2")], [raw("1", "second")], [raw("3", "断" * 5000), raw("2", "again")]]


def write(folder: Path, *batches: list[Raw]) -> Path:
    file = RawFile(folder, BOUNDS)
    for batch in batches:
        file.append(raw_answers.encode(batch))
    file.close()
    return file.path


def contents(folder: Path) -> dict[str, list[str]]:
    return {identifier: [each.content for each in answers] for identifier, answers in raw_answers.read(folder)}


def expected(*batches: list[Raw]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in (each for batch in batches for each in batch):
        found.setdefault(each.id, []).append(each.content)
    return found


def test_answers_come_back_in_the_order_in_which_they_came(tmp_path: Path) -> None:
    """By id; run after run; and any tool that knows gzip reads the file."""
    write(tmp_path, *BATCHES[:2])
    path = write(tmp_path, *BATCHES[2:])
    assert path.name == "dataset_0_100.raw.jsonl.gz"
    assert contents(tmp_path) == expected(*BATCHES)
    assert gzip.decompress(path.read_bytes()) == b"".join(map(raw_answers.encode, BATCHES))


@pytest.mark.slow
def test_a_file_cut_at_any_byte_reads_as_whole_batches_and_goes_on_after_them(tmp_path: Path) -> None:
    """A reader takes what is whole; the next holder cuts off the rest, so no torn member stands in the middle."""
    whole = write(tmp_path, *BATCHES).read_bytes()
    ends = [len(b"".join(gzip.compress(raw_answers.encode(b), 6, mtime=0) for b in BATCHES[:k])) for k in range(4)]
    assert ends[3] == len(whole)
    path = tmp_path / raw_answers.name(BOUNDS)
    for cut in range(len(whole)):
        kept = max(k for k in range(4) if ends[k] <= cut)
        path.write_bytes(whole[:cut])
        assert contents(tmp_path) == expected(*BATCHES[:kept])
        write(tmp_path, [raw("9")])
        assert contents(tmp_path) == expected(*BATCHES[:kept], [raw("9")])
        assert gzip.decompress(path.read_bytes()).endswith(raw_answers.encode([raw("9")]))


@given(st.binary(max_size=40))
def test_rubbish_at_the_end_is_cut_off(tmp_path_factory: pytest.TempPathFactory, rubbish: bytes) -> None:
    """A power cut may leave zeros, or bytes of another file."""
    folder = tmp_path_factory.mktemp("raws")
    path = write(folder, BATCHES[0])
    with path.open("ab") as stream:
        stream.write(rubbish)
    assert contents(folder) == expected(BATCHES[0])
    write(folder, BATCHES[1])
    assert contents(folder) == expected(*BATCHES[:2])


def test_a_file_of_zeros_is_written_anew(tmp_path: Path) -> None:
    """A power cut left its length and none of its content."""
    (tmp_path / raw_answers.name(BOUNDS)).write_bytes(b"\0" * 500)
    write(tmp_path, BATCHES[0])
    assert contents(tmp_path) == expected(BATCHES[0])


def test_a_damaged_batch_costs_itself_only(tmp_path: Path) -> None:
    """Whatever stands behind it is read, and no holder cuts it off."""
    whole = bytearray(write(tmp_path, *BATCHES).read_bytes())
    first = len(gzip.compress(raw_answers.encode(BATCHES[0]), 6, mtime=0))
    path = tmp_path / raw_answers.name(BOUNDS)
    for at in range(first, first + 40, 3):
        damaged = bytearray(whole)
        damaged[at] ^= 0x55
        path.write_bytes(damaged)
        found = contents(tmp_path)
        assert found["3"] == ["断" * 5000]
        assert found["1"][0] == "first"
        RawFile(tmp_path, BOUNDS)
        assert path.read_bytes() == damaged


def test_a_line_that_is_no_answer_is_passed_over(tmp_path: Path) -> None:
    """One written by hand, or by a later version."""
    path = tmp_path / raw_answers.name(BOUNDS)
    path.write_bytes(gzip.compress(b'{"id":3}\n\xff\nnothing\n' + raw_answers.encode(BATCHES[1])))
    assert contents(tmp_path) == {"1": ["second"]}


def test_without_an_answer_there_is_no_file(tmp_path: Path) -> None:
    """Nothing is left behind; an empty file and an absent folder read as nothing."""
    write(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / raw_answers.name(BOUNDS)).touch()
    assert contents(tmp_path) == {}
    assert contents(tmp_path / "absent") == {}


def test_a_member_that_finds_no_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """All of it or none."""
    path = write(tmp_path, BATCHES[0])
    before = path.read_bytes()
    file = RawFile(tmp_path, BOUNDS)
    with limited(len(before) + 100), pytest.raises(OSError, match="too large"):
        file.append(raw_answers.encode(BATCHES[2]))
    assert path.read_bytes() == before
    file.close()
