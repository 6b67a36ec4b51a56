import random
import threading
from pathlib import Path

import pytest

from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Failed, encode
from asyncgeo.store.lines import Findings
from asyncgeo.store.processes import spread
from asyncgeo.store.survey import survey_shard

ENOUGH = 1 << 40


def shards_of(folder: Path) -> list[Path]:
    """Shards with rows, with bad lines, and empty."""
    chance = random.Random(1)
    paths = [folder / f"dataset_{index}_{index + 1}.jsonl" for index in range(5)]
    for path in paths:
        rows = [encode(Failed(id=str(chance.randrange(99)), error="x", kind="timeout")) for _ in range(20)]
        path.write_bytes(b"".join([*rows, b"rubbish\n", rows[0][:9]]))
    paths[2].write_bytes(b"")
    return paths


def test_many_processes_say_what_one_says(tmp_path: Path) -> None:
    """The same results in the same order, whoever did the work."""
    paths = shards_of(tmp_path)
    alone = [_plain(part) for part in spread(survey_shard, paths, 0)]
    assert [_plain(part) for part in spread(survey_shard, paths, ENOUGH)] == alone


def _plain(part: object) -> dict[str, object]:
    return {name: vars(value) if isinstance(value, Findings) else value for name, value in vars(part).items()}


def test_who_has_threads_spreads_as_well(tmp_path: Path) -> None:
    """Then processes start afresh: a lock that another thread holds would be held for ever in a fork."""
    paths, done = shards_of(tmp_path), threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    try:
        found = [_plain(part) for part in spread(survey_shard, paths, ENOUGH)]
    finally:
        done.set()
        thread.join()
    assert found == [_plain(part) for part in spread(survey_shard, paths, 0)]


def test_an_error_in_another_process_is_the_error_here(tmp_path: Path) -> None:
    """With its message and its remedy."""
    paths = shards_of(tmp_path)
    paths[3].unlink()
    with pytest.raises(ShardError, match="cannot be read: No such file") as found:
        list(spread(survey_shard, paths, ENOUGH))
    assert found.value.remedy
