import json
from pathlib import Path

import pytest
from support.cases import for_each
from support.datasets import NOW, parse, put

from asyncgeo.dataset import MergeOptions, Split, merge, read_split
from asyncgeo.errors import ConfigError


def test_a_split_is_names_and_shares_in_order() -> None:
    """Spaces do not matter, a leading zero is not needed, and shares sum to 1 as far as decimals can."""
    assert read_split("train=0.8, test=.2", 7) == Split(("train", "test"), (0.8, 0.2), 7)
    assert read_split("a=0.333333,b=0.333333,c=0.333334").names == ("a", "b", "c")
    assert read_split("all=1").part_of("x") == 0


@for_each(
    ("text", "says"),
    [
        ("", "'' is no name=share"),
        ("train", "'train' is no name=share"),
        ("train=0.8,", "'' is no name=share"),
        ("train=0.8,te/st=0.2", "'te/st=0.2' is no name=share"),
        ("train=80%,test=20%", "'train=80%' is no name=share"),
        ("train=0.5,train=0.5", "names train twice"),
        ("train=0.8,test=0.3", "sum to 1.1, not 1"),
        ("train=0.8", "sum to 0.8, not 1"),
        ("train=1,test=0", "share of test is 0"),
        ("train=nan", "no name=share"),
    ],
)
def test_a_split_that_makes_no_sense_is_an_error(text: str, says: str) -> None:
    """It says what was found, and shows what is expected."""
    with pytest.raises(ConfigError, match="--split") as refused:
        read_split(text)
    assert says in refused.value.message
    assert "train=0.8,test=0.2" in refused.value.remedy


def test_parts_have_their_shares_nearly() -> None:
    """Of ten thousand ids, to within one per cent."""
    split = read_split("train=0.7,valid=0.1,test=0.2")
    counts = [0, 0, 0]
    for number in range(10_000):
        counts[split.part_of(str(number))] += 1
    assert [round(count / 10_000, 1) for count in counts] == [0.7, 0.1, 0.2]
    assert abs(counts[0] - 7000) < 100


def parts(folder: Path, **options: object) -> dict[str, list[str]]:
    """The ids of each file of a merge into lines."""
    stats = merge(folder, options=MergeOptions(format="jsonl", **options), now=NOW)  # type: ignore[arg-type]  # by name
    lines = {path.name: path.read_bytes().split(b"\n")[:-1] for path in stats.outputs}
    return {name: [json.loads(line)["id"] for line in found] for name, found in lines.items()}


def test_an_id_stays_in_its_part_when_rows_are_added(tmp_path: Path) -> None:
    """Every problem is in one part, in numeric order; more rows move none; another seed is another split."""
    put(tmp_path, [parse(str(number)) for number in range(0, 60, 2)])
    split = read_split("train=0.8,test=0.2")
    before = parts(tmp_path, split=split)
    assert list(before) == ["geoqa3_dataset.train.jsonl", "geoqa3_dataset.test.jsonl"]
    assert sorted((each for ids in before.values() for each in ids), key=int) == [str(n) for n in range(0, 60, 2)]
    put(tmp_path, [parse(str(number)) for number in range(60)])
    after = parts(tmp_path, split=split)
    assert all(set(ids) <= set(after[name]) for name, ids in before.items())
    assert all(ids == sorted(ids, key=int) for ids in after.values())
    assert parts(tmp_path, split=read_split("train=0.8,test=0.2", 1)) != after


def test_each_part_counts_its_own_problems(tmp_path: Path) -> None:
    """In its own metadata, or for lines in the one file beside them."""
    put(tmp_path, [parse(str(number), difficulty=1 + number % 5) for number in range(50)])
    split = read_split("train=0.8,test=0.2", 3)
    stats = merge(tmp_path, tmp_path / "out.json", MergeOptions(split=split), now=NOW)
    whole = [json.loads(path.read_bytes()) for path in stats.outputs]
    for name, share, each in zip(split.names, split.shares, whole, strict=True):
        metadata = each["metadata"]
        assert metadata["split"] == {"name": name, "share": share, "seed": 3}
        assert metadata["total_problems"] == len(each["problems"]) == sum(metadata["difficulties"].values())
    assert sum(each["metadata"]["total_problems"] for each in whole) == stats.problems == 50
    merge(tmp_path, tmp_path / "out.jsonl", MergeOptions(format="jsonl", split=split), now=NOW)
    told = json.loads((tmp_path / "out.metadata.json").read_bytes())
    assert [(each["file"], each["total_problems"]) for each in told["splits"]] == [
        (f"out.{name}.jsonl", each["metadata"]["total_problems"]) for name, each in zip(split.names, whole, strict=True)
    ]
    assert told["total_problems"] == 50
