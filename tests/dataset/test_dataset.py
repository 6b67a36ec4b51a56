import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import rows
from support import holder, shared
from support.datasets import NOW, ORIGINAL, merged, parse, put
from support.full import limited
from support.originals import line_of

from asyncgeo import store
from asyncgeo.dataset import DATASET, Format, MergeOptions, merge
from asyncgeo.errors import ShardError
from asyncgeo.schema import conditions, records
from asyncgeo.schema.canonical import FORM
from asyncgeo.schema.records import Failed, Meta, Parsed, Row, Skipped, encode
from asyncgeo.schema.rewriting import rewrite
from asyncgeo.store import best
from asyncgeo.views import status

OPTIONAL = {"unexpressed", "choices", "label", "answer"}
KEYS = {
    "id",
    "subject",
    "original_text",
    "cleaned_text",
    "category",
    "difficulty",
    "required_objects",
    "verification_conditions",
    "source",
    *OPTIONAL,
}
few_ids = st.sampled_from(("0", "7", "007", "10", "9", "B", "a\nb", "10000000000"))


def naive(contents: list[list[Row]]) -> dict[str, Row]:
    """The best row of each id, the plain way."""
    found: dict[str, Row] = {}
    for lines in contents:
        last: dict[str, Row] = {}
        for row in lines:
            if row.id not in last or _rank(row) >= _rank(last[row.id]):
                last[row.id] = row
        for row in last.values():
            if row.id not in found or _worth(row) >= _worth(found[row.id]):
                found[row.id] = row
    return found


def _rank(row: Row) -> int:
    return 0 if isinstance(row, Failed) else 1 if row.source == "rules" else 2


def _worth(row: Row) -> tuple[int, datetime]:
    return _rank(row), datetime.fromisoformat(row.meta.at) if row.meta else datetime.min.replace(tzinfo=UTC)


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.lists(rows(few_ids), max_size=6), min_size=1, max_size=4))
def test_a_merge_is_the_best_row_of_every_id(tmp_path_factory: pytest.TempPathFactory, found: list[list[Row]]) -> None:
    """What streams by place and bytes says the same as decoding everything into a dict."""
    folder = tmp_path_factory.mktemp("run")
    put(folder, *([encode(row) for row in lines] for lines in found))
    stats, dataset = merged(folder)
    chosen = naive(found)
    ordered = [chosen[each] for each in sorted(chosen, key=records.numeric_key)]
    problems = [json.loads(encode(row)) for row in ordered if isinstance(row, Parsed)]
    assert dataset["problems"] == [{key: row[key] for key in KEYS & row.keys()} for row in problems]
    metadata = dataset["metadata"]
    failed = [
        row
        for row in ordered
        if isinstance(row, Failed) or (isinstance(row, Parsed) and (row.error, row.kind) != (None, None))
    ]
    assert metadata["skipped_ids"] == [row.id for row in ordered if isinstance(row, Skipped)]
    assert metadata["error_ids"] == [row.id for row in failed]
    assert metadata["fallback_ids"] == [row.id for row in failed if isinstance(row, Parsed)]
    assert stats.ids == len(chosen) == stats.parsed + stats.fallbacks + stats.skipped + stats.failed
    assert stats.rows == sum(map(len, found)) == stats.ids + stats.duplicates
    assert sum(stats.categories.values()) == sum(stats.difficulties.values()) == metadata["total_problems"]


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(st.lists(rows(few_ids), max_size=4), min_size=1, max_size=4), st.randoms())
def test_the_order_of_shards_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, found: list[list[Row]], chance: Any
) -> None:
    """The same shards under any bounds give the same bytes, where each row says when it was written."""
    base = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    moments = iter(chance.sample(range(1000), sum(map(len, found))))
    stamped = [
        [encode(_stamp(row, datetime.fromtimestamp(base + next(moments), UTC).isoformat())) for row in rows]
        for rows in found
    ]
    one, other = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("other")
    put(one, *stamped)
    put(other, *chance.sample(stamped, len(stamped)))
    assert merge(one, now=NOW).output.read_bytes() == merge(other, now=NOW).output.read_bytes()


def _stamp(row: Row, at: str) -> Row:
    return records.decode(encode(type(row)(**{**_fields(row), "meta": Meta(at=at)})))


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__struct_fields__}


def test_merging_twice_changes_nothing(tmp_path: Path) -> None:
    """The dataset is no shard: the same bytes again, and shards as they were."""
    put(tmp_path, [parse("2"), parse("10")], [parse("1"), parse("2")])
    before = {path.name: path.read_bytes() for path in tmp_path.glob("*.jsonl")}
    first = merge(tmp_path, now=NOW).output.read_bytes()
    assert merge(tmp_path, now=NOW).output.read_bytes() == first
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before | {DATASET: first}


MODEL_LATE = parse("1", "2026-11-23T13:00:00+00:00", subject="late")
MODEL_EARLY = parse("1", "2026-11-23T14:00:00+02:00", subject="early")  # an hour before, by its own clock
RULES = parse("1", "2026-11-24T00:00:00+00:00", subject="rules", source="rules")
ERROR = encode(Failed(id="1", error="x", kind="timeout", meta=Meta(at="2026-11-25T00:00:00+00:00")))
UNDATED = parse("1", subject="undated", meta=None)


@pytest.mark.parametrize(
    ("lines", "subject"),
    [
        ([MODEL_EARLY, MODEL_LATE], "late"),
        ([MODEL_LATE, MODEL_EARLY], "early"),
        ([MODEL_EARLY, RULES, ERROR], "early"),
        ([ERROR, RULES], "rules"),
        ([MODEL_EARLY, UNDATED], "undated"),
        ([UNDATED, parse("1", subject="last", meta=None)], "last"),
        ([MODEL_LATE, RULES, MODEL_EARLY, ERROR], "early"),
        ([MODEL_LATE, parse("1", "yesterday", subject="odd")], "odd"),
    ],
)
def test_the_best_row_wins(tmp_path: Path, lines: list[bytes], subject: str) -> None:
    """In one shard: model over rules over error, then the later line, whatever its clock said."""
    put(tmp_path, lines)
    assert merged(tmp_path)[1]["problems"][0]["subject"] == subject


@pytest.mark.parametrize(
    ("contents", "subject"),
    [
        ([[MODEL_LATE], [MODEL_EARLY]], "late"),
        ([[MODEL_EARLY], [MODEL_LATE]], "late"),
        ([[MODEL_EARLY], [RULES, ERROR]], "early"),
        ([[ERROR], [RULES]], "rules"),
        ([[MODEL_EARLY], [UNDATED]], "early"),
        ([[MODEL_EARLY], [parse("1", "2026-11-23T12:00:00Z", subject="last")]], "last"),
        ([[parse("1", "2026-11-23T12:00:00Z", subject="first")], [MODEL_EARLY]], "early"),
        ([[MODEL_LATE], [parse("1", "yesterday", subject="odd")]], "late"),
        ([[parse("1", "2026-11-23T12:30:00Z", subject="half")], [MODEL_LATE, MODEL_EARLY]], "half"),
        ([[MODEL_LATE, MODEL_EARLY], [parse("1", "2026-11-23T12:30:00Z", subject="half")]], "half"),
    ],
)
def test_the_best_rows_of_shards_are_compared(tmp_path: Path, contents: list[list[bytes]], subject: str) -> None:
    """Each shard's best row, by rank, then by moment in any time zone, then by the bounds."""
    put(tmp_path, *contents)
    assert merged(tmp_path)[1]["problems"][0]["subject"] == subject
    assert [found.subject for found in _everywhere(tmp_path)] == [subject] * 2


def _everywhere(folder: Path) -> list[Parsed]:
    """The best row as those readers find it that keep more of a row than a merge does."""
    shown = status.best(status.lookup(folder, "1"))
    assert shown is not None
    place = best.best_of_folder(folder).place("1")
    assert place is not None
    lines = [shown.path.read_bytes().splitlines()[shown.number - 1]]
    lines.append(store.find(folder)[place.shard][1].read_bytes()[place.offset :].splitlines()[0])
    rows = [records.decode(line) for line in lines]
    return [row for row in rows if isinstance(row, Parsed)]


def test_a_later_error_takes_no_verdict_away_and_a_later_skip_does(tmp_path: Path) -> None:
    """`--redo all` replaces a verdict by a verdict, never by a failure."""
    skip = Skipped(id="2", source="model", reason="undefined_points", meta=Meta(at="2027-01-01T00:00:00Z"))
    put(tmp_path, [MODEL_LATE, parse("2"), ERROR, encode(skip)])
    stats, dataset = merged(tmp_path)
    assert [each["id"] for each in dataset["problems"]] == ["1"]
    assert (dataset["metadata"]["skipped_ids"], dataset["metadata"]["error_ids"]) == (["2"], [])
    assert stats.skip_reasons == {"undefined_points": 1}


def test_what_is_copied_as_bytes_is_what_would_be_decoded(tmp_path: Path) -> None:
    """Rows in the present form: a key of any kind, the rules in a model's place, a member that comes elsewhere."""
    row = Parsed(**_fields(records.decode(parse("0"))) | {"meta": Meta(at="2026-01-01T00:00:00Z", form=FORM)})
    keys: list[dict[str, Any]] = [{}, {"choices": ('"', "}],")}, {"choices": ("1",), "label": 0}, {"answer": "}]"}]
    stood: list[dict[str, Any]] = [{}, {"error": '}],"', "kind": "timeout"}, {"unexpressed": ("s",)}]
    told = [encode(Parsed(**_fields(row) | {"id": "0"} | key | more)) for key, more in product(keys, stood)]
    late = [
        line.replace(b'"meta":{"at":"2026-01-01T00:00:00Z",', b'"meta":{').replace(b'"form":1', b'"at":"","form":1')
        for line in told
    ]
    spelt = [line.replace(b'"id":"0"', b'"id":"%d"' % number) for number, line in enumerate([*told, *late])]
    put(tmp_path, spelt)
    _, dataset = merged(tmp_path)
    held = [{name: value for name, value in json.loads(line).items() if name in KEYS} for line in spelt]
    assert [list(each.items()) for each in dataset["problems"]] == [list(each.items()) for each in held]


def test_a_problem_holds_its_keys_and_no_more(tmp_path: Path) -> None:
    """Status, marks, meta and what somebody added stay behind, however the line is spelled."""
    plain = json.loads(parse("1"))
    spelled = [
        parse("1"),
        parse("2", source="rules", error="timed out", kind="timeout"),
        json.dumps(plain | {"id": "3", "note": "mine"}).encode() + b"\n",
        json.dumps(dict(reversed((plain | {"id": "4"}).items())), indent=None).encode() + b"\n",
        parse("5").replace(b'"meta":{', b'"meta":{"extra":{"meta":1},'),
        parse("6").replace(b"}}\n", b'},"kind":null}\n'),
        parse("7").strip(),
    ]
    put(tmp_path, spelled)
    stats, dataset = merged(tmp_path)
    expected = {key: plain[key] for key in KEYS & plain.keys()}
    assert [each | {"id": "1", "source": "model"} for each in dataset["problems"]] == [expected] * 7
    assert dataset["metadata"]["fallback_ids"] == ["2"]
    assert stats.error_kinds == {"timeout": 1}
    assert stats.models == {"m": 7}


@pytest.mark.slow
@settings(deadline=None)
@given(st.lists(rows(few_ids | st.text(min_size=1, max_size=3)), max_size=8))
def test_rows_merge_however_they_are_spelt(tmp_path_factory: pytest.TempPathFactory, found: list[Row]) -> None:
    """With blanks, in another order, with a seal: the same problems and the same counts."""
    one, other = tmp_path_factory.mktemp("plain"), tmp_path_factory.mktemp("spelt")
    put(one, [encode(row) for row in found])
    put(
        other,
        [json.dumps(dict(reversed(json.loads(encode(row)).items())) | {"seal": "@"}).encode() + b"\n" for row in found],
    )
    assert merged(one)[1] == merged(other)[1]
    assert merge(one, now=NOW).models == merge(other, now=NOW).models


def test_models_are_told_apart_by_their_whole_name(tmp_path: Path) -> None:
    """Quotes in it, and names that begin alike."""
    models = ["m", "m2", 'm"a', 'm"b', "m\\", ""]
    put(tmp_path, [parse(str(number), meta=Meta(at="2026-11-23", model=m)) for number, m in enumerate(models * 2)])
    assert merged(tmp_path)[0].models == dict.fromkeys(sorted(filter(None, models)), 2)


def test_a_key_named_twice_stands_once_in_the_dataset(tmp_path: Path) -> None:
    """With the value that decoding gives: the last."""
    put(tmp_path, [parse("1").replace(b'"subject":', b'"subject":"first","subject":')])
    text = merged(tmp_path)[0].output.read_text(encoding="utf-8")
    assert text.count('"subject"') == 1
    assert "first" not in text


def test_rows_far_apart_are_fetched(tmp_path: Path) -> None:
    """Neighbouring ids at both ends of a large shard, and rows larger than what is read at once."""
    big = parse("3", original_text="x" * 3_000_000)
    put(tmp_path, [parse("1"), big, parse("5"), *(parse(str(n)) for n in range(100, 3000)), parse("2"), parse("4")])
    assert [each["id"] for each in merged(tmp_path)[1]["problems"]] == list("12345") + [
        str(n) for n in range(100, 3000)
    ]


def test_bad_lines_are_left_out_and_named(tmp_path: Path) -> None:
    """File and line of each; the torn end of a shard that is being written is none."""
    put(tmp_path, [parse("1"), b"{rubbish\n", parse("2", difficulty=6)], [parse("3"), parse("4")[:50]])
    stats, dataset = merged(tmp_path)
    assert [each["id"] for each in dataset["problems"]] == ["1", "3"]
    assert [str(each).split(": ")[0] for each in stats.findings] == [
        f"{tmp_path}/dataset_0_9.jsonl:2",
        f"{tmp_path}/dataset_0_9.jsonl:3",
    ]
    assert stats.bad_lines == 2


def test_shards_go_by_number_in_the_statistics_too(tmp_path: Path) -> None:
    """Counts, shares and the order of the mappings: the largest first, difficulties from 1 to 5."""
    lines = [
        parse(str(number), category=conditions.CATEGORIES[number % 4 > 0], difficulty=1 + number % 3)
        for number in range(8)
    ]
    put(tmp_path, lines)
    stats, _ = merged(tmp_path)
    assert stats.categories == {conditions.CATEGORIES[1]: 6, conditions.CATEGORIES[0]: 2}
    assert list(stats.category_shares().values()) == [75.0, 25.0]
    assert list(stats.difficulties.items()) == [(1, 3), (2, 3), (3, 2)]
    assert stats.sources == {"model": 8}


def test_rows_of_the_original_script_get_a_source(tmp_path: Path) -> None:
    """Category "Unknown" means its rules; a model's row beats it, and what is not ours is copied as it is."""
    guess = ORIGINAL | {"id": "8", "category": "Unknown"}
    other = [
        {"id": 9, "status": "skipped", "reason": "validation_failed"},
        {"id": "10", "status": "error", "error": "quota"},
    ]
    put(tmp_path, [json.dumps(each).encode() + b"\n" for each in (ORIGINAL, guess, *other)])
    stats, dataset = merged(tmp_path)
    assert [each["source"] for each in dataset["problems"]] == ["model", "rules"]
    assert dataset["problems"][0] == {key: ORIGINAL.get(key, "model") for key in KEYS - OPTIONAL}
    assert stats.skip_reasons == {"validation_failed": 1}
    assert stats.error_kinds == {"original": 1}
    assert stats.categories == {"Measurement & Ratios": 1, "Unknown": 1}


def test_a_disk_that_cannot_be_read_is_one_error(tmp_path: Path) -> None:
    """It names the shard, and the old dataset stays."""
    put(tmp_path, [parse("1")])
    old = merge(tmp_path).output.read_bytes()
    bad = tmp_path / "dataset_9_18.jsonl"
    bad.symlink_to("/proc/self/mem")  # its first byte is an input/output error
    with pytest.raises(ShardError, match=r"dataset_9_18\.jsonl cannot be read: Input/output error"):
        merge(tmp_path)
    assert (tmp_path / DATASET).read_bytes() == old


IN_FORM = Meta(at="2026-11-23", model="m", form=FORM)


def test_only_rows_that_are_not_in_the_present_form_are_rewritten(tmp_path: Path) -> None:
    """Rows of older versions and of the original script; what is in form is copied as it is spelt."""
    asked: list[list[Any]] = []

    def forget(spelt: Sequence[bytes], objects: bytes) -> tuple[bytes, bytes]:
        asked.append([json.loads(each) for each in spelt])
        return b"[]", objects

    spelt = parse("3", meta=IN_FORM).replace(b'"points":["A"', b'"points": ["A"')
    put(tmp_path, [parse("1"), parse("2", meta=Meta(at="2026-11-23", form=FORM + 1)), spelt, line_of(ORIGINAL)])
    stats, dataset = merged(tmp_path, rewrite=forget)
    older = json.loads(parse("1"))["verification_conditions"]
    assert asked == [older, older, ORIGINAL["verification_conditions"]]
    assert [len(each["verification_conditions"]) for each in dataset["problems"]] == [0, 0, 1, 0]
    assert b'"required_objects":{"points": ["A"' in stats.output.read_bytes()


def test_older_rows_say_the_same_in_the_present_form(tmp_path: Path) -> None:
    """And the metadata which form that is, where all of the dataset is in it."""
    right = {"type": "right_triangle", "points": ["A", "B", "C"], "right_angle": "C"}
    older, same = parse("1", verification_conditions=[right]), ORIGINAL | {"verification_conditions": [right]}
    put(tmp_path, [older, line_of(same), parse("8", meta=IN_FORM)])
    _, dataset = merged(tmp_path, rewrite=rewrite)
    one, other, _ = dataset["problems"]
    assert [each["type"] for each in one["verification_conditions"]] == ["triangle_valid", "angle_value"]
    assert one["verification_conditions"] == other["verification_conditions"]
    assert other["required_objects"]["points"] == ["A", "B", "C"]
    assert dataset["metadata"]["form"] == FORM
    assert "form" not in merged(tmp_path)[1]["metadata"]
    put(tmp_path, [parse("8", meta=IN_FORM)])
    assert merged(tmp_path)[1]["metadata"]["form"] == FORM


def test_words_that_no_condition_can_say_go_into_the_dataset(tmp_path: Path) -> None:
    """With their problem, left out where there are none, and counted."""
    first, last = parse("1", unexpressed=("tan∠ABC=2",)), parse("3", unexpressed=("周长大3",), meta=IN_FORM)
    put(tmp_path, [first, parse("2", meta=IN_FORM), last])
    stats, dataset = merged(tmp_path, rewrite=rewrite)
    assert [each.get("unexpressed") for each in dataset["problems"]] == [["tan∠ABC=2"], None, ["周长大3"]]
    assert dataset["metadata"]["unexpressed_ids"] == ["1", "3"]
    assert stats.unexpressed == 2
    assert status.Watcher(tmp_path).look().unexpressed == 2


def test_the_old_dataset_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    """A merge that fails leaves what was there; what a killed one left is cleared away, what a live one writes not."""
    put(tmp_path, [parse("1")])
    old = merge(tmp_path, now=NOW).output.read_bytes()

    def fail(_spelt: Sequence[bytes], _objects: bytes) -> tuple[bytes, bytes]:
        raise OSError(28, "No space left on device")

    put(tmp_path, [json.dumps(ORIGINAL).encode() + b"\n"])
    dead, live = tmp_path / f".{DATASET}.999999999.part", tmp_path / f".{DATASET}.{os.getppid()}.part"
    dead.touch()
    live.touch()
    with pytest.raises(ShardError, match="cannot be written: No space left on device"):
        merge(tmp_path, options=MergeOptions(rewrite=fail))
    assert (tmp_path / DATASET).read_bytes() == old
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix == ".part") == [live.name]


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
def test_a_dataset_with_problems_is_not_replaced_by_one_without(tmp_path: Path, form: Format) -> None:
    """Unless that is wanted; where there was none before, or none with a problem, there is nothing to lose."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    skip = encode(Skipped(id="1", source="model", reason="undefined_points"))
    put(tmp_path, [skip])
    empty = merge(tmp_path, options=MergeOptions(format=form), now=NOW).output.read_bytes()
    assert merge(tmp_path, options=MergeOptions(format=form), now=NOW).output.read_bytes() == empty
    put(tmp_path, [parse("1")])
    old = merge(tmp_path, options=MergeOptions(format=form)).output.read_bytes()
    put(tmp_path, [skip])
    with pytest.raises(ShardError, match=r"Of 1 rows none is a problem \(1 skipped, .* was not replaced") as refused:
        merge(tmp_path, options=MergeOptions(format=form))
    assert "--allow-empty" in refused.value.remedy
    target = tmp_path / f"geoqa3_dataset.{form}"
    assert target.read_bytes() == old
    assert merge(tmp_path, options=MergeOptions(format=form, allow_empty=True)).problems == 0
    assert target.read_bytes() != old


@pytest.mark.parametrize("form", ["json", "jsonl", "parquet"])
def test_a_full_disk_leaves_the_old_dataset(tmp_path: Path, form: Format) -> None:
    """One error that says so, and no unfinished file."""
    if form == "parquet":
        pytest.importorskip("pyarrow")
    put(tmp_path, [parse("1")])
    old = merge(tmp_path, options=MergeOptions(format=form)).output.read_bytes()
    put(tmp_path, [parse(str(number), subject=hex(hash(str(number)))) for number in range(5000)])
    names = {each.name for each in tmp_path.iterdir()}
    with limited(20_000), pytest.raises(ShardError, match="cannot be written: File too large"):
        merge(tmp_path, options=MergeOptions(format=form))
    assert (tmp_path / f"geoqa3_dataset.{form}").read_bytes() == old
    assert {each.name for each in tmp_path.iterdir()} == names


def test_the_name_of_the_dataset_is_synced_after_its_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file, then its new name in the folder, and the folders above, which may be as new."""
    folder = tmp_path / "new" / "folder"
    folder.mkdir(parents=True)
    put(folder, [parse("1")])
    synced: list[str] = []
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    output = merge(folder).output
    assert output.is_file()
    assert synced[0].endswith(".part")
    assert synced[1:4] == [str(folder), str(folder.parent), str(tmp_path)]


@pytest.mark.parametrize("kind", ["pipe", "folder"])
def test_only_a_file_is_replaced(tmp_path: Path, kind: str) -> None:
    """A device or a pipe would be lost; a link in the dataset's place is replaced, not what it leads to."""
    put(tmp_path, [parse("1")])
    target, theirs = tmp_path / "target", tmp_path / "theirs"
    os.mkfifo(target) if kind == "pipe" else target.mkdir()
    with pytest.raises(ShardError, match="target cannot be written: it is no file"):
        merge(tmp_path, target)
    theirs.write_bytes(b"a thesis")
    (tmp_path / DATASET).symlink_to(theirs)
    assert not merge(tmp_path).output.is_symlink()
    assert theirs.read_bytes() == b"a thesis"


def test_it_says_what_the_folder_still_lacks(tmp_path: Path) -> None:
    """Problems without a row, positions without a shard, shards that are written, files that are not read, guesses."""
    guess = json.dumps(ORIGINAL | {"id": "8", "category": "Unknown"}).encode() + b"\n"
    put(tmp_path, [parse("1"), guess])
    (tmp_path / "dataset_18_27.jsonl").write_bytes(parse("007"))
    (tmp_path / "dataset_0_9 (1).jsonl").touch()
    with holder.process("hold", tmp_path, 18, 27) as process:
        assert holder.said(process) == "held"
        stats, _ = merged(tmp_path, expected=("1", "7", "007", "9"))
        assert [(each.shard, each.pid) for each in stats.missing.held] == [("dataset_18_27.jsonl", process.pid)]
    assert stats.missing.pending == 2
    assert stats.missing.gaps == ()  # the input has four positions
    assert [path.name for path in stats.missing.lookalikes] == ["dataset_0_9 (1).jsonl"]
    assert stats.guesses == 1
    unknown = merged(tmp_path)[0].missing
    assert (unknown.pending, unknown.gaps, unknown.held) == (None, ((9, 18),), ())


@pytest.mark.slow
def test_many_processes_write_what_one_writes(tmp_path: Path) -> None:
    """The same problems in the same order, those of the original script straightened; blanks make the folder large."""
    unsound = ORIGINAL | {"verification_conditions": [{"type": "segment_length", "segment": "AB", "value": "6cm"}]}
    ours, theirs = range(3000), range(3000, 5000)
    put(tmp_path, [parse(str(number)) for number in ours], [line_of(unsound | {"id": number}) for number in theirs])
    _, alone = merged(tmp_path, rewrite=rewrite)
    assert alone["problems"][-1]["verification_conditions"] == [
        {"type": "distance_equals", "segment": ["A", "B"], "value": 6}
    ]
    with (tmp_path / store.name(10_000, 10_001)).open("wb") as stream:
        stream.writelines([b" " * (1 << 20) + b"\n"] * 128)
    _, together = merged(tmp_path, rewrite=rewrite)
    assert [each["id"] for each in together["problems"]] == list(map(str, range(5000)))
    assert together["problems"] == alone["problems"]


@pytest.mark.slow
def test_progress_ends_at_the_end(tmp_path: Path) -> None:
    """Bytes done never fall and end at the total."""
    put(tmp_path, [parse(str(number)) for number in range(40_000)])
    told: list[tuple[int, int]] = []
    merge(tmp_path, progress=lambda done, total: told.append((done, total)))
    assert len(told) > 2
    assert all(done <= total for done, total in told)
    assert told[-1][0] == told[-1][1]
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_a_folder_without_shards_is_an_error(tmp_path: Path) -> None:
    """It says what was looked for and what to do."""
    with pytest.raises(ShardError, match=r"no dataset_\*\.jsonl") as refused:
        merge(tmp_path)
    assert "--output-dir" in refused.value.remedy


@pytest.mark.slow
def test_the_original_shards_merge(tmp_path: Path) -> None:
    """4,768 ids, problems in numeric order, guesses marked as the rules'."""
    folder = shared.path("geoqa3/original-shards")
    stats, dataset = merged(folder, output=tmp_path / "out.json")
    numbers = [int(each["id"]) for each in dataset["problems"]]
    assert numbers == sorted(numbers)
    assert (stats.ids, stats.problems, stats.skipped, stats.errors) == (4768, 4104, 664, 0)
    assert (stats.sources, stats.bad_lines) == ({"rules": 3659, "model": 1109}, 0)
