import asyncio
from pathlib import Path

import pytest
from support.full import limited

from asyncgeo.errors import ShardError
from asyncgeo.store import Bounds, raw_answers
from asyncgeo.store.raw_answers import Raw
from asyncgeo.store.writer import Entry, ShardWriter

CUTS = [Bounds(0, 10), Bounds(10, 25), Bounds(25, 30)]


def item(position: int, row: bytes, answer: str = "", *, again: bool = False) -> Entry:
    raw = Raw(str(position), "text", "2026-01-01T00:00:00.000Z", "m", "p", "stop", answer)
    return position, row, raw_answers.encode([raw]) if answer else b"", again


def contents(folder: Path) -> dict[str, list[str]]:
    return {identifier: [each.content for each in answers] for identifier, answers in raw_answers.read(folder)}


async def test_rows_go_to_the_shard_of_their_position(tmp_path: Path) -> None:
    """In the order in which they came; a shard that got nothing leaves nothing behind."""
    async with ShardWriter(tmp_path, CUTS) as keep:
        await keep.append([item(24, b"b\n"), item(0, b"a\n"), item(10, b"c\n")])
        await keep.append([item(9, b"d\n"), item(0, b"e\n", again=True)])
        await keep.sync()
        assert keep.written == 4
        assert keep.bounds_of(24) == CUTS[1]
    assert (tmp_path / "dataset_0_10.jsonl").read_bytes() == b"a\nd\ne\n"
    assert (tmp_path / "dataset_10_25.jsonl").read_bytes() == b"b\nc\n"
    assert sorted(path.name for path in tmp_path.glob("dataset_*")) == ["dataset_0_10.jsonl", "dataset_10_25.jsonl"]


async def test_all_shards_are_locked_or_none(tmp_path: Path) -> None:
    """One that is held gives back those taken before it."""
    async with ShardWriter(tmp_path, CUTS[1:2]):
        with pytest.raises(ShardError):
            async with ShardWriter(tmp_path, CUTS):
                pass
        async with ShardWriter(tmp_path, CUTS[:1]):
            pass


@pytest.mark.parametrize("raw", [True, False])
async def test_answers_lie_beside_the_shard_of_their_row_if_they_are_wanted(tmp_path: Path, *, raw: bool) -> None:
    """One file a shard, in the order in which they came."""
    async with ShardWriter(tmp_path, CUTS, raw=raw) as keep:
        await keep.append([item(24, b"b\n", "B"), item(0, b"a\n", "A"), item(3, b"s\n")])
        await keep.append([item(0, b"a\n", "A2", again=True)])
        await keep.sync()
    assert contents(tmp_path) == ({"0": ["A", "A2"], "24": ["B"]} if raw else {})
    assert len(raw_answers.find(tmp_path)) == (2 if raw else 0)


async def test_an_answer_may_come_before_its_row_or_without_one(tmp_path: Path) -> None:
    """It is kept and counts as no row; a shard that got answers only leaves no shard behind."""
    async with ShardWriter(tmp_path, CUTS, raw=True) as keep:
        await keep.append([item(0, b"", "A"), item(24, b"", "B")])
        await keep.sync()
        assert keep.written == 0
        await keep.append([item(0, b"", "A2"), item(0, b"a\n"), item(3, b"s\n")])
        assert keep.written == 2
    assert contents(tmp_path) == {"0": ["A", "A2"], "24": ["B"]}
    assert (tmp_path / "dataset_0_10.jsonl").read_bytes() == b"a\ns\n"
    assert not (tmp_path / "dataset_10_25.jsonl").exists()


async def test_answers_that_find_no_room_cost_no_row(tmp_path: Path) -> None:
    """Rows go on, answers end, the person is told once; what was kept before is whole."""
    said: list[str] = []
    async with ShardWriter(tmp_path, CUTS, raw=True, say=said.append) as keep:
        await keep.append([item(0, b"a\n", "A")])
        with limited(1000):
            await keep.append([item(1, b"b\n", "".join(map(chr, range(200, 2000))))])
            await keep.append([item(11, b"c\n", "".join(map(chr, range(200, 2000))))])
            await keep.sync()
        await keep.append([item(2, b"d\n", "D")])
    assert (tmp_path / "dataset_0_10.jsonl").read_bytes() == b"a\nb\nd\n"
    assert (tmp_path / "dataset_10_25.jsonl").read_bytes() == b"c\n"
    assert contents(tmp_path) == {"0": ["A"]}
    assert len(said) == 1
    assert "Rows are not affected" in said[0]


async def test_a_cancelled_batch_is_written_with_its_answers(tmp_path: Path) -> None:
    """No row without its answers, and none of them torn."""
    async with ShardWriter(tmp_path, CUTS, raw=True) as keep:
        task = asyncio.create_task(keep.append([item(k, b"r\n" * 20_000, f"{k}") for k in range(25)]))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert contents(tmp_path) == {str(k): [str(k)] for k in range(25)}
