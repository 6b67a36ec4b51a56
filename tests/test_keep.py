import asyncio
from pathlib import Path

import pytest

from asyncgeo.errors import ShardError
from asyncgeo.keep import Keep
from asyncgeo.shards import Bounds

CUTS = [Bounds(0, 10), Bounds(10, 25), Bounds(25, 30)]


def test_rows_go_to_the_shard_of_their_position(tmp_path: Path) -> None:
    """In the order in which they came; a shard that got nothing leaves nothing behind."""

    async def main() -> None:
        async with Keep(tmp_path, CUTS) as keep:
            await keep.append([(24, b"b\n"), (0, b"a\n"), (10, b"c\n")])
            await keep.append([(9, b"d\n")])
            await keep.sync()

    asyncio.run(main())
    assert (tmp_path / "dataset_0_10.jsonl").read_bytes() == b"a\nd\n"
    assert (tmp_path / "dataset_10_25.jsonl").read_bytes() == b"b\nc\n"
    assert sorted(path.name for path in tmp_path.glob("dataset_*")) == ["dataset_0_10.jsonl", "dataset_10_25.jsonl"]


def test_all_shards_are_locked_or_none(tmp_path: Path) -> None:
    """One that is held gives back those taken before it."""

    async def main() -> None:
        async with Keep(tmp_path, CUTS[1:2]):
            with pytest.raises(ShardError):
                async with Keep(tmp_path, CUTS):
                    pass
            async with Keep(tmp_path, CUTS[:1]):
                pass

    asyncio.run(main())
