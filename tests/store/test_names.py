from pathlib import Path

from support.cases import for_each

from asyncgeo import store
from asyncgeo.store import Bounds


@for_each(
    "foreign",
    [
        "dataset_00_5.jsonl",
        "dataset_0_05.jsonl",
        "dataset_5_5.jsonl",
        "dataset_9_5.jsonl",
        "dataset_-1_5.jsonl",
        "dataset_0_5.jsonl.torn",
        "dataset_0_5.json",
        "dataset_0_５.jsonl",
        "dataset_0_5.jsonl\n",
        "Dataset_0_5.jsonl",
        "dataset_0_1234567890123456789.jsonl",
    ],
)
def test_other_spellings_are_foreign(foreign: str) -> None:
    """One shard has one name; anything else is left alone."""
    assert store.parse_name(foreign) is None


def test_a_whole_run_is_cut_at_the_shard_size() -> None:
    """Every shard but the last is full."""
    assert store.plan(2500, shard_size=1000) == [(0, 1000), (1000, 2000), (2000, 2500)]


@for_each(
    ("start", "end", "expected"),
    [
        (0, 500, [(0, 500)]),
        (500, None, [(500, 1000)]),
        (None, 500, [(0, 500)]),
        (900, 5000, [(900, 1000)]),
        (-3, 5, [(0, 5)]),
        (500, 500, []),
        (1000, 2000, []),
        (7, 3, []),
    ],
)
def test_a_range_is_one_shard_clamped_to_the_input(start: int | None, end: int | None, expected: list[Bounds]) -> None:
    """--start and --end write exactly one shard, whatever the shard size."""
    assert store.plan(1000, shard_size=100, start=start, end=end) == expected


def test_shards_are_found_in_numeric_order(tmp_path: Path) -> None:
    """9 comes before 10; foreign files, folders and torn tails are no shards."""
    for name in ("dataset_10_20.jsonl", "dataset_9_10.jsonl", "dataset_00_9.jsonl", "dataset_0_9.jsonl.torn", "x"):
        (tmp_path / name).touch()
    (tmp_path / "dataset_0_9.jsonl").mkdir()
    assert [each for each, _ in store.find(tmp_path)] == [(9, 10), (10, 20)]
    assert store.find(tmp_path / "nowhere") == []


def test_what_is_only_named_like_a_shard_is_found(tmp_path: Path) -> None:
    """Copies, backups, other spellings and folders; what asyncgeo itself writes beside shards is none of them."""
    wrong = ["Dataset_0_40.jsonl", "Copy of dataset_0_40.jsonl", "dataset_0_40 (1).jsonl", "dataset_00_40.jsonl"]
    wrong += ["dataset_0_40.json", "dataset_0_40.jsonl.bak", "dataset_0_40.jsonl.gz", "dataset_40_40.jsonl"]
    right = ["dataset_0_40.jsonl", "dataset_0_40.jsonl.torn", "dataset_0_40.raw.jsonl.gz", "verify_0_40.jsonl"]
    right += ["geoqa3_dataset.json", ".dataset_0_40.jsonl.swp", "notes_1_2.json"]
    for name in wrong + right:
        (tmp_path / name).touch()
    (tmp_path / "dataset_40_80.jsonl").mkdir()
    assert [path.name for path in store.lookalikes(tmp_path)] == sorted([*wrong, "dataset_40_80.jsonl"])
    assert [path.name for _, path in store.find(tmp_path)] == ["dataset_0_40.jsonl"]
