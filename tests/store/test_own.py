"""Nothing that asyncgeo writes goes through a link or into a file of somebody else's."""

import gzip
import os
from pathlib import Path

import pytest
from support.live import asyncgeo, write_problems

from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Failed, encode
from asyncgeo.store import Bounds, make_own_folder, open_own, raw_answers, verdicts
from asyncgeo.store.appender import Shard
from asyncgeo.store.writer import ShardWriter

BOUNDS = Bounds(0, 9)
ROW = encode(Failed(id="1", error="x", kind="timeout"))


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A file that belongs to somebody else."""
    path = tmp_path / "theirs"
    path.write_bytes(b"a thesis\n")
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


async def _hold(folder: Path, *, raw: bool = False) -> None:
    async with ShardWriter(folder, [BOUNDS], raw=raw):
        pass


async def test_torn_bytes_do_not_follow_a_link(out: Path, theirs: Path) -> None:
    """They stay in the shard, and the shard is free again."""
    shard, torn = out / store.name(*BOUNDS), out / "dataset_0_9.jsonl.torn"
    shard.write_bytes(ROW + b'{"torn')
    torn.symlink_to(theirs)
    for _ in range(2):
        with pytest.raises(ShardError, match=r"dataset_0_9\.jsonl\.torn is a link"):
            await _hold(out)
    assert (theirs.read_bytes(), shard.read_bytes()) == (b"a thesis\n", ROW + b'{"torn')
    torn.unlink()
    await _hold(out)
    assert torn.read_bytes() == b'{"torn\n'


@pytest.mark.parametrize("content", [b"a thesis\n", gzip.compress(b"a thesis" * 99, mtime=0)[:-9], b""])
async def test_raw_answers_do_not_follow_a_link(out: Path, theirs: Path, content: bytes) -> None:
    """It is said before anything is asked, and no lock stays behind."""
    theirs.write_bytes(content)
    (out / raw_answers.name(BOUNDS)).symlink_to(theirs)
    with pytest.raises(ShardError, match=r"dataset_0_9\.raw\.jsonl\.gz is a link"):
        await _hold(out, raw=True)
    async with await Shard.open(out, BOUNDS):
        pass
    assert theirs.read_bytes() == content


@pytest.mark.parametrize(
    "content",
    [b"a thesis\n", gzip.compress(b"a thesis" * 99, mtime=0)[:-9], b"\x1f\x8b\x08\x08" + b"name" * 9, b"{}\n" * 9],
)
async def test_a_foreign_file_in_the_place_of_raw_answers_is_not_emptied(out: Path, content: bytes) -> None:
    """No member of it is an answer: the message names it."""
    path = out / raw_answers.name(BOUNDS)
    path.write_bytes(content)
    with pytest.raises(ShardError, match="holds no raw answers of asyncgeo"):
        await _hold(out, raw=True)
    assert path.read_bytes() == content


def test_verdicts_do_not_follow_a_link(out: Path, theirs: Path) -> None:
    """Nor do they go into a pipe that nobody reads."""
    (out / verdicts.name(*BOUNDS)).symlink_to(theirs)
    with pytest.raises(ShardError, match="is a link"):
        verdicts.append(out / verdicts.name(*BOUNDS), [])
    os.mkfifo(out / "pipe")
    with pytest.raises(ShardError, match="no file of asyncgeo's"):
        open_own(out / "pipe", os.O_WRONLY)
    assert theirs.read_bytes() == b"a thesis\n"


def test_a_run_writes_no_log_through_a_link(out: Path, tmp_path: Path) -> None:
    """A folder of logs that is a link is refused, and what it leads to stays empty."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (out / "logs").symlink_to(elsewhere)
    with pytest.raises(ShardError, match="logs is a link"):
        make_own_folder(out / "logs")
    write_problems(tmp_path / "in", range(2))
    code, said = asyncgeo("run", "--offline", "--input-dir", "in", "--output-dir", "out", cwd=tmp_path)
    assert code == 1
    assert "out/logs is a link; nothing is written through it." in said
    assert "Traceback" not in said
    assert list(elsewhere.iterdir()) == []
