import asyncio
import os
import random
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import rows
from support import holder
from support.examples import times

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Failed, Row, encode
from asyncgeo.store import Bounds
from asyncgeo.store.appender import Shard, repair

BOUNDS = Bounds(0, 100)
LINES = [encode(Failed(id=str(number), error="平{\n}", kind="timeout")) for number in range(3)]


def repaired(path: Path, content: bytes) -> tuple[bytes, bytes]:
    """What is in the shard, and beside it, once `content` was repaired."""
    torn = path.with_name(path.name + ".torn")
    torn.unlink(missing_ok=True)
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        size = repair(path, descriptor)
    finally:
        os.close(descriptor)
    found = path.read_bytes()
    assert size == len(found)
    return found, torn.read_bytes() if torn.exists() else b""


def check_cut(path: Path, lines: list[bytes], end: int) -> None:
    """The law of repair for `lines` cut off at `end`."""
    content = b"".join(lines)[:end]
    found, torn = repaired(path, content)
    whole = [k for k in range(len(lines) + 1) if len(b"".join(lines[:k]).rstrip(b"\n")) <= end]
    assert found == b"".join(lines[: max(whole)])
    assert found.startswith(content) or found + torn == content + b"\n"


@pytest.mark.slow
def test_a_shard_cut_at_every_byte_is_a_prefix_of_its_rows(tmp_path: Path) -> None:
    """A row that lost no more than its newline stays, a torn one moves to `.torn`; no byte is lost, the rest pends."""
    path = tmp_path / "dataset_0_100.jsonl"
    for end in range(sum(map(len, LINES)) + 1):
        check_cut(path, LINES, end)
        standings = store.scan(tmp_path).standings
        assert [bool(standings[str(number)]) for number in range(3)] == [line in path.read_bytes() for line in LINES]


@settings(deadline=None)
@given(st.lists(rows(), min_size=1, max_size=3).map(lambda found: [encode(row) for row in found]), st.floats(0, 1))
def test_any_rows_cut_anywhere_are_a_prefix(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], share: float
) -> None:
    """The same for whatever a row may hold."""
    path = tmp_path_factory.getbasetemp() / "dataset_0_100.jsonl"
    check_cut(path, lines, round(share * sum(map(len, lines))))


@pytest.mark.parametrize("tail", [b"\0" * 5000, b"x" * 200_000, b"   ", b"[1]", b"7", b"\xff\xfe", b"[" * 100_000])
def test_rubbish_at_the_end_is_moved_aside(tmp_path: Path, tail: bytes) -> None:
    """Only an object can be a row that lost its newline; everything else goes, in full, to `.torn`."""
    found, torn = repaired(tmp_path / "dataset_0_100.jsonl", LINES[0] + tail)
    assert (found, torn) == (LINES[0], tail + b"\n")


def test_bad_lines_with_a_newline_are_left_where_they_are(tmp_path: Path) -> None:
    """Repair is for what a crash leaves; what somebody edited is theirs."""
    content = b'{"id":\n\n\0\0\n' + LINES[0]
    assert repaired(tmp_path / "dataset_0_100.jsonl", content) == (content, b"")


async def test_torn_bytes_pile_up(tmp_path: Path) -> None:
    """A second crash does not overwrite what the first one left."""
    for tail in (b'{"id":"1', b'{"id":"2'):
        with (tmp_path / "dataset_0_100.jsonl").open("ab") as shard:
            shard.write(tail)
        await _append(tmp_path, LINES[0])
    assert (tmp_path / "dataset_0_100.jsonl.torn").read_bytes() == b'{"id":"1\n{"id":"2\n'
    assert (tmp_path / "dataset_0_100.jsonl").read_bytes() == LINES[0] * 2


async def _append(folder: Path, *chunks: bytes) -> None:
    async with await Shard.open(folder, BOUNDS) as shard:
        for chunk in chunks:
            await shard.append(chunk)


async def test_appends_come_out_in_order(tmp_path: Path) -> None:
    """Chunk after chunk, run after run, in a folder that did not exist."""
    folder = tmp_path / "new" / "folder"
    await _append(folder, LINES[0] + LINES[1], LINES[2])
    await _append(folder, b"", LINES[0])
    assert (folder / "dataset_0_100.jsonl").read_bytes() == b"".join(LINES) + LINES[0]


async def test_a_cancelled_append_is_whole(tmp_path: Path) -> None:
    """Cancelling waits for the write under way: all of the chunk is there, and the next one follows it."""
    async with await Shard.open(tmp_path, BOUNDS) as shard:
        task = asyncio.create_task(shard.append(LINES[0] * 20_000))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await shard.append(LINES[1])
    assert (tmp_path / "dataset_0_100.jsonl").read_bytes() == LINES[0] * 20_000 + LINES[1]


@pytest.mark.parametrize("replaced", [False, True])
async def test_a_shard_removed_under_its_writer_is_reported(tmp_path: Path, *, replaced: bool) -> None:
    """Rows written into a file without a name are lost: the next sync says so instead of carrying on."""

    async def write() -> None:
        async with await Shard.open(tmp_path, BOUNDS) as shard:
            await shard.append(LINES[0])
            await shard.sync()
            shard.path.unlink()
            if replaced:
                shard.path.touch()
            await shard.append(LINES[1])
            await shard.sync()

    with pytest.raises(ShardError, match="was replaced by another" if replaced else "was removed while"):
        await write()


async def test_a_folder_removed_under_its_writer_is_reported(tmp_path: Path) -> None:
    """The same when the whole folder goes, and closing does not fail on top."""
    shard = await Shard.open(tmp_path / "out", BOUNDS)
    await shard.append(LINES[0])
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(ShardError, match="was removed while"):
        await shard.sync()
    await shard.close()


def _system(*command: str) -> None:
    subprocess.run([shutil.which(command[0]) or command[0], *command[1:]], check=True, capture_output=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system of 256 KB."""
    place = tmp_path / "disk"
    place.mkdir()
    try:
        _system("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("mounting a small disk needs root; the same law is tested with a limit on the file's size")
    try:
        yield place
    finally:
        _system("umount", str(place))


async def fill(folder: Path) -> tuple[ShardError, int]:
    """Append until it fails; the error, and how many chunks were taken before."""
    taken = 0
    async with await Shard.open(folder, BOUNDS) as shard:
        while True:
            try:
                await shard.append(b"".join(LINES))
            except ShardError as error:
                return error, taken
            taken += 1


async def test_a_full_disk_leaves_whole_rows(small_disk: Path) -> None:
    """Every row that found room stays, no half one; the message says so, and the next run goes on."""
    error, taken = await fill(small_disk)
    path = small_disk / "dataset_0_100.jsonl"
    kept = path.read_bytes()
    size = len(kept)
    assert (b"".join(LINES) * (taken + 1)).startswith(kept)
    assert taken * sum(map(len, LINES)) <= size
    assert kept.endswith(b"\n")
    assert f"{path} cannot be written: No space left on device." in error.message
    assert f"{size:,} bytes before them are safe" in error.message
    assert "free space" in error.remedy
    _system("mount", "-o", "remount,size=1m", str(small_disk))
    await _append(small_disk, LINES[0])
    assert path.read_bytes() == kept + LINES[0]


async def test_a_limit_on_file_size_leaves_whole_rows(tmp_path: Path) -> None:
    """The same where the system forbids the file to grow; a write that fails in its middle needs no root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_001, hard))
    try:
        error, taken = await fill(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert taken == 100_001 // sum(map(len, LINES))
    whole = (b"".join(LINES) * (taken + 1))[:100_001]
    assert (tmp_path / "dataset_0_100.jsonl").read_bytes() == whole[: whole.rindex(b"\n") + 1]
    assert "File too large" in error.message
    assert "ulimit -f" in error.remedy


async def test_too_many_open_files_are_named(tmp_path: Path) -> None:
    """The limit is named, and no shard stays locked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = [Bounds(start, start + 1) for start in range(200)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        with pytest.raises(ShardError, match="Too many open files") as refused:
            await Shard.open_all(tmp_path, many)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert "ulimit -n" in refused.value.remedy
    for shard in await Shard.open_all(tmp_path, many):
        await shard.close()


async def test_a_read_only_disk_is_named(small_disk: Path) -> None:
    """Nothing can be written there, and the message says where else."""
    _system("mount", "-o", "remount,ro", str(small_disk))
    with pytest.raises(ShardError, match="Read-only file system") as refused:
        await _append(small_disk, LINES[0])
    assert "--output-dir" in refused.value.remedy


@pytest.mark.slow
async def test_what_was_synced_survives_kill_9(tmp_path: Path) -> None:
    """A writer killed at a random moment, again and again: every synced row is there, once, and no half row."""
    safe = 0
    for _ in range(8):
        with holder.process("write", tmp_path, *BOUNDS, safe) as child:
            for _ in range(random.randrange(1, 12)):
                safe = int(holder.said(child))
            child.kill()
        found = store.scan(tmp_path)
        assert found.bad_lines == 0
        path = tmp_path / "dataset_0_100.jsonl"
        await _append(tmp_path)  # the next holder repairs
        content = path.read_bytes()
        count = content.count(b"\n")
        assert count >= safe
        assert content == b"".join(map(holder.row, range(count)))
        safe = count


@settings(deadline=None, max_examples=times(0.2))
@given(st.lists(rows(), max_size=5))
async def test_what_is_appended_is_scanned(tmp_path_factory: pytest.TempPathFactory, written: list[Row]) -> None:
    """Every row that can be written counts when it is read back."""
    folder = tmp_path_factory.mktemp("run")
    await _append(folder, *map(encode, written))
    found = store.scan(folder)
    assert (found.rows, found.bad_lines) == (len(written), 0)
    assert all(found.standings[row.id] for row in written)
