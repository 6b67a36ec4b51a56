import os
import signal
import threading
from pathlib import Path

import pytest
from support import holder
from support.live import asyncgeo, write_problems

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.store import Bounds
from asyncgeo.store.appender import Shard
from asyncgeo.store.lock import REGISTRY


async def take(folder: Path, *wanted: tuple[int, int]) -> None:
    """Open the shards together and close them."""
    for shard in await Shard.open_all(folder, [Bounds(*each) for each in wanted]):
        await shard.close()


async def write_row(folder: Path) -> None:
    """A shard that stays: one without a row is removed when it is closed."""
    async with await Shard.open(folder, Bounds(0, 500)) as shard:
        await shard.append(holder.row(1))


def taken(folder: Path) -> list[str]:
    """The shards that exist."""
    return sorted(each.name for each in folder.glob("dataset_*"))


async def test_a_held_shard_is_refused_with_its_holder(tmp_path: Path) -> None:
    """The message names the file, the process and its command; when the holder has let go, the shard is free."""
    with holder.process("hold", tmp_path, 0, 500) as child:
        assert holder.said(child) == "held"
        with pytest.raises(ShardError) as refused:
            await take(tmp_path, (0, 500))
        for word in (str(tmp_path / "dataset_0_500.jsonl"), f"process {child.pid} since 2", "holder.py hold"):
            assert word in refused.value.message
        assert refused.value.remedy
        child.communicate()
    await take(tmp_path, (0, 500))


LOCKLESS = """
import errno, fcntl, os

def flock(*_):
    raise OSError(getattr(errno, os.environ["LOCKLESS"]), "no such thing here")

if "LOCKLESS" in os.environ:
    fcntl.flock = flock
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", ["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def test_a_file_system_without_locks_takes_no_run(tmp_path: Path, number: str) -> None:
    """A run says so and names the way out; status goes on without knowing who holds what."""
    write_problems(tmp_path / "in", range(3))
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(LOCKLESS, encoding="utf-8")
    variables = {"PYTHONPATH": str(tmp_path / "site"), "LOCKLESS": number}
    assert asyncgeo("run", "--offline", "-i", "in", "-o", "good", cwd=tmp_path)[0] == 0
    code, output = asyncgeo("run", "--offline", "-i", "in", "-o", "out", cwd=tmp_path, **variables)
    assert code == 1, output
    assert "this file system has no locks" in output
    assert "name a folder on a local disk with --output-dir" in output
    for look in (("status",), ("status", "--json"), ("errors",), ("merge",)):
        code, said = asyncgeo(*look, "-o", "good", cwd=tmp_path, **variables)
        assert (code, "Traceback" in said) == (0, False), said


@pytest.mark.parametrize("wanted", [(0, 1000), (499, 501), (100, 200), (0, 1)])
async def test_an_overlapping_shard_is_refused(tmp_path: Path, wanted: tuple[int, int]) -> None:
    """Ranges that share a position exclude each other while both live, and nothing is left of the attempt."""
    with holder.process("hold", tmp_path, 0, 500) as child:
        assert holder.said(child) == "held"
        with pytest.raises(ShardError, match=rf"overlaps .*dataset_0_500\.jsonl, which is held by process {child.pid}"):
            await take(tmp_path, wanted)
        assert taken(tmp_path) == ["dataset_0_500.jsonl"]
    await take(tmp_path, wanted)


def test_holders_are_told_while_they_hold(tmp_path: Path) -> None:
    """Each with its word, or without where that is lost; nobody where no shard is held; nothing is written."""
    assert store.holders(tmp_path) == store.holders(tmp_path / "missing") == []
    with holder.process("hold", tmp_path, 500, 900) as one, holder.process("hold", tmp_path, 0, 500) as other:
        assert holder.said(one) == holder.said(other) == "held"
        found = store.holders(tmp_path)
        assert [(each.shard, each.pid) for each in found] == [
            ("dataset_0_500.jsonl", other.pid),
            ("dataset_500_900.jsonl", one.pid),
        ]
        registry = (tmp_path / REGISTRY).read_bytes()
        assert all(each.command in registry.decode() and each.since for each in found)
        (tmp_path / REGISTRY).write_bytes(b'{"shard":"data\xff\n')
        assert [each.pid for each in store.holders(tmp_path)] == [0, 0]
        (tmp_path / REGISTRY).write_bytes(registry)
        one.communicate()
        other.communicate()
    assert store.holders(tmp_path) == []
    assert (tmp_path / REGISTRY).read_bytes() == registry


@pytest.mark.slow
async def test_looking_never_refuses_a_run_its_shard(tmp_path: Path) -> None:
    """Who looks shares the turn, so that no shard is looked at while somebody takes it."""
    await write_row(tmp_path)
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            store.holders(tmp_path)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(100):
            await take(tmp_path, (0, 500))
    finally:
        over.set()
        for thread in threads:
            thread.join()


async def test_neighbours_do_not_disturb_each_other(tmp_path: Path) -> None:
    """Ranges that only touch are different ranges: both processes run."""
    with holder.process("hold", tmp_path, 0, 500) as one, holder.process("hold", tmp_path, 500, 1000) as other:
        assert holder.said(one) == holder.said(other) == "held"
        await take(tmp_path, (1000, 1500))


@pytest.mark.slow
def test_of_many_at_once_one_wins(tmp_path: Path) -> None:
    """Processes that start together on overlapping ranges: look-then-lock is one step, exactly one holds."""
    ranges = ((0, 100), (0, 200), (50, 150), (99, 100))
    children = [holder.process("hold", tmp_path, *each) for each in ranges]
    with children[0] as a, children[1] as b, children[2] as c, children[3] as d:
        running = [a, b, c, d]
        assert sorted(map(holder.said, running)) == ["", "", "", "held"]


async def test_the_lock_dies_with_its_holder(tmp_path: Path) -> None:
    """After kill -9 the shard is free, whatever the registry still says."""
    with holder.process("hold", tmp_path, 0, 500) as child:
        assert holder.said(child) == "held"
        child.send_signal(signal.SIGKILL)
        child.wait()
        assert str(child.pid) in (tmp_path / REGISTRY).read_text()
    await take(tmp_path, (0, 1000))
    assert f'"pid":{os.getpid()}' in (tmp_path / REGISTRY).read_text()
    assert f'"pid":{child.pid}' not in (tmp_path / REGISTRY).read_text()


@pytest.mark.parametrize("rubbish", [b"", b"\0\0\0", b'{"shard":"dataset_0_500', b"\xff\n[]\n{}\n"])
async def test_the_registry_is_only_words(tmp_path: Path, rubbish: bytes) -> None:
    """Torn or emptied, it changes a message and no decision."""
    with holder.process("hold", tmp_path, 0, 500) as child:
        assert holder.said(child) == "held"
        (tmp_path / REGISTRY).write_bytes(rubbish)
        with pytest.raises(ShardError, match="is held by another process"):
            await take(tmp_path, (0, 500))
        await take(tmp_path, (500, 501))


async def test_all_or_none_are_taken(tmp_path: Path) -> None:
    """When one of the wanted shards is held, the others stay free."""
    with holder.process("hold", tmp_path, 100, 200) as child:
        assert holder.said(child) == "held"
        with pytest.raises(ShardError, match=r"dataset_100_200\.jsonl is held"):
            await take(tmp_path, (0, 100), (100, 200), (200, 300))
        await take(tmp_path, (0, 100), (200, 300))


async def test_a_shard_is_held_once_in_one_process_too(tmp_path: Path) -> None:
    """The lock belongs to the open file, not to the process."""
    async with await Shard.open(tmp_path, Bounds(0, 5)):
        with pytest.raises(ShardError, match=f"process {os.getpid()}"):
            await Shard.open(tmp_path, Bounds(0, 5))


async def test_places_that_cannot_hold_a_shard_are_named(tmp_path: Path) -> None:
    """A file in the folder's place, a folder or a link in the shard's place: what is wrong, and what to do."""
    (tmp_path / "file").touch()
    with pytest.raises(ShardError, match="cannot be written") as refused:
        await take(tmp_path / "file", (0, 5))
    assert "--output-dir" in refused.value.remedy
    (tmp_path / "dataset_0_5.jsonl").mkdir()
    with pytest.raises(ShardError, match=r"dataset_0_5\.jsonl cannot be written"):
        await take(tmp_path, (0, 5))
    outside = tmp_path / "outside"
    (tmp_path / "dataset_5_9.jsonl").symlink_to(outside)
    with pytest.raises(ShardError, match=r"dataset_5_9\.jsonl cannot be written"):
        await take(tmp_path, (5, 9))
    assert not outside.exists()
