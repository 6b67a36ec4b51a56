"""Shards that somebody or something damaged: whatever is left of them, every reader says the same about it."""

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings, strategies as st
from laws.strategies import rows
from support.examples import times
from support.originals import ORIGINAL, line_of

from asyncgeo import store
from asyncgeo.dataset import merge
from asyncgeo.dataset.problems import KEYS
from asyncgeo.errors import ShardError
from asyncgeo.schema import records
from asyncgeo.schema.records import encode
from asyncgeo.store import Bounds, Standing, best, lines, parses
from asyncgeo.store.appender import repair
from asyncgeo.store.lines import in_form
from asyncgeo.views import status

BOUNDS = (Bounds(0, 5), Bounds(3, 9), Bounds(9, 20))
IDS = ("0", "7", "007", "10", "B", "\x01", "平")
# the model: what merge, scan, status and the rest have to agree with


def row_of(line: bytes) -> dict[str, Any] | None:
    """The row of a line, decoded whole and judged by the plain rules, or None where it is none."""
    try:
        whole: Any = msgspec.json.decode(line.decode())
        if not {"source", "meta", "kind"}.isdisjoint(whole) or next(iter(whole), "") == "status":
            row = records.decode(line)
            return whole if records.defect(row, proven=in_form(row)) is None else None
    except (ValueError, TypeError):
        return None
    return original_of(whole) if isinstance(whole, dict) else None


def original_of(row: dict[str, Any]) -> dict[str, Any] | None:
    """A row of the original script: no source, not `status` first, its id may be a number, its conditions its own."""
    row = row | {"id": str(row["id"]) if isinstance(row.get("id"), int) else row.get("id")}
    texts = ["id", *(("subject", "original_text", "cleaned_text", "category") if row.get("status") == "parsed" else ())]
    kinds: dict[str, type] = dict.fromkeys([*texts, *({"reason", "category"} & row.keys())], str)
    kinds |= {"difficulty": int} if "difficulty" in row or row.get("status") == "parsed" else {}
    if row.get("status") == "parsed":
        kinds |= {"required_objects": dict, "verification_conditions": list}
        if row.get("difficulty") not in range(1, 6):
            return None
    if row.get("status") not in ("parsed", "skipped", "error"):
        return None
    if any(type(row.get(name)) is not kind for name, kind in kinds.items()):
        return None
    return row | {"source": "rules" if row.get("category") == "Unknown" else "model"}


def rank(row: dict[str, Any]) -> int:
    return 0 if row["status"] == "error" else 1 if row["source"] == "rules" else 2


def at(row: dict[str, Any]) -> datetime:
    moment = (row.get("meta") or {}).get("at", "") if "meta" in row else ""
    try:
        found = datetime.fromisoformat(moment)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return datetime.min.replace(tzinfo=UTC)


def model(contents: list[bytes]) -> tuple[dict[str, dict[str, Any]], bool]:
    """The best row of every id, and whether some shard has bad lines and not one row."""
    chosen: dict[str, dict[str, Any]] = {}
    unreadable = False
    for content in contents:
        last: dict[str, dict[str, Any]] = {}
        *ended, unended = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
        found = [row_of(line) for line in (*ended, unended)]
        unreadable |= not any(found) and any(map(bytes.strip, ended))
        for row in filter(None, found):
            if row["id"] not in last or rank(row) >= rank(last[row["id"]]):
                last[row["id"]] = row
        for key, row in last.items():
            if key not in chosen or (rank(row), at(row)) >= (rank(chosen[key]), at(chosen[key])):
                chosen[key] = row
    return chosen, unreadable


# the damage


def _flip(content: bytes, where: float, value: int) -> bytes:
    at = int(where * len(content))
    return content[:at] + bytes((value,)) + content[at + 1 :]


def _again(content: bytes, where: float, _: int) -> bytes:
    lines = content.splitlines(keepends=True)
    return content + lines[int(where * len(lines))] if lines else content


DAMAGE = {
    "flip": _flip,
    "bit": lambda content, where, value: (
        _flip(content, where, (content or b"x")[int(where * len(content))] ^ 1 << value % 8) if content else content
    ),
    "cut": lambda content, where, _: content[: int(where * len(content))],
    "again": _again,
    "mark": lambda content, *_: b"\xef\xbb\xbf" + content,
    "returns": lambda content, *_: content.replace(b"\n", b"\r\n"),
    "empty": lambda content, *_: b"\n\r\n" + content.replace(b"\n", b"\n\n", 3),
    "foreign": lambda content, *_: content + b"[1]\nnothing\n\xff\n7\n",
}
ids = st.sampled_from(IDS)
originals = st.builds(
    lambda key, category, status: line_of(ORIGINAL | {"id": key, "category": category, "status": status}),
    ids | st.integers(0, 10),
    st.sampled_from(("Unknown", "Measurement & Ratios")),
    st.sampled_from(("parsed", "skipped", "error")),
)
noted = rows(ids).map(lambda row: encode(row)[:-2] + b',"note":"\xe5\xb9\xb3 1.5"}\n')
content = st.lists(rows(ids).map(encode) | originals | noted, max_size=5).map(b"".join)
damage = st.lists(
    st.tuples(st.sampled_from(sorted(DAMAGE)), st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=4
)


def damaged(whole: bytes, changes: list[tuple[str, float, int]]) -> bytes:
    for name, where, value in changes:
        whole = DAMAGE[name](whole, where, value)
    return whole


ROWS = [
    encode(records.Skipped(id=str(n), source="model", reason="undefined_points", detail=f"图中点{n}")) for n in range(3)
]
UNTOLD = records.Parsed(
    id="0",
    source="rules",
    subject="AB=5",
    original_text="如图,AB=5",
    cleaned_text="AB=5",
    category="Basic Constructions",
    difficulty=1,
    required_objects=records.RequiredObjects(points=["A", "B"]),
    verification_conditions=[],
    unexpressed=("平",),
    choices=("5", "6"),
)
"""A row without `meta`, told from one of the original script by its source alone."""
RENAMED = b"\xef\xbb\xbf" + encode(UNTOLD).replace(b'"source"', b'"wource"')


@settings(deadline=None, max_examples=times(1.5))
@given(st.lists(st.builds(damaged, content, damage), min_size=1, max_size=3))
@example([RENAMED + ROWS[1]])  # was taken for a row of the original script, whose texts are its own
@example([line_of(ORIGINAL) + RENAMED[3:], RENAMED + line_of(ORIGINAL | {"id": "B"})])
def test_every_reader_agrees_on_damaged_shards(tmp_path_factory: pytest.TempPathFactory, contents: list[bytes]) -> None:
    """Merge is the model, and what scan calls pending is what no reader has a row of."""
    folder = tmp_path_factory.mktemp("damaged")
    for bounds, whole in zip(BOUNDS, contents, strict=False):
        (folder / store.name(*bounds)).write_bytes(whole)
    chosen, unreadable = model(contents)
    if unreadable:
        with pytest.raises(ShardError, match=r"No line of .*dataset_\d+_\d+\.jsonl is a row"):
            merge(folder)
        return
    stats = merge(folder)
    problems = json.loads(stats.output.read_text(encoding="utf-8"))["problems"]
    ordered = [chosen[key] for key in sorted(chosen, key=records.numeric_key)]
    written = [row for row in ordered if row["status"] == "parsed"]
    expected = [{key: row[key] for key in KEYS if key in row} for row in written]
    assert problems == json.loads(msgspec.json.encode(expected))
    standings = store.scan(folder).standings
    assert {key for key in (*IDS, *chosen) if standings[key] is not Standing.PENDING} == chosen.keys()
    assert set(best.best_of_folder(folder)) == chosen.keys()
    counts = status.Watcher(folder).look().counts
    assert counts.parsed + counts.stand_ins == stats.problems
    assert counts.skipped == stats.skipped
    for key, row in chosen.items():
        shown = status.best(status.lookup(folder, key))
        assert shown is not None
        assert shown.whole["status"] == row["status"]


@pytest.mark.parametrize("member", ["", ',"seal":"@CNBIFLGA"', ',"note":{"text":"x","value":15}'])
def test_a_byte_changed_anywhere_is_seen_by_all_or_harms_none(tmp_path: Path, member: str) -> None:
    """Invalid UTF-8 in members that nobody asked for too: the line is named, its problem pending, the merge goes on."""
    row = encode(records.Skipped(id="1", source="model", reason="undefined_points", detail="平"))
    line = row[:-2] + member.encode() + row[-2:]
    other = encode(records.Skipped(id="2", source="model", reason="undefined_points"))
    path = tmp_path / store.name(0, 9)
    for position in range(0, len(line) - 1, 2):
        path.write_bytes(line[:position] + b"\xff" + line[position + 1 :] + other)
        found, stats = store.scan(tmp_path), merge(tmp_path)
        assert found.bad_lines == stats.bad_lines == 1
        assert str(stats.findings[0]).startswith(f"{path}:1: it is not UTF-8 (byte ")
        assert found.standings["1"] is Standing.PENDING
        assert stats.skipped == 1
        assert status.Watcher(tmp_path).look().counts.skipped == 1


def test_no_row_of_ours_becomes_one_of_the_original_script() -> None:
    """Whichever of its bits change: a guess by the rules whose source was lost would be a parse by the model."""
    for row in (UNTOLD, records.Failed(id="1", error="x", kind="timeout"), records.decode(ROWS[0])):
        line = encode(row)
        for at in range(len(line)):
            for bit in range(8):
                changed = line[:at] + bytes((line[at] ^ 1 << bit,)) + line[at + 1 :]
                with suppress(ValueError):
                    assert not isinstance(lines.look(changed), lines.Original)


def test_a_mark_and_line_ends_of_windows_change_nothing(tmp_path: Path) -> None:
    """A shard that an editor saved reads as before, by every reader, and is still repaired."""
    path = tmp_path / store.name(0, 9)
    path.write_bytes(b"\xef\xbb\xbf" + b"".join(ROWS).replace(b"\n", b"\r\n"))
    assert (store.scan(tmp_path).rows, store.scan(tmp_path).bad_lines) == (3, 0)
    assert (merge(tmp_path).skipped, merge(tmp_path).bad_lines) == (3, 0)
    (shard,) = status.Watcher(tmp_path).look().shards
    assert (shard.rows, shard.bad_lines, shard.encoding) == (3, 0, None)
    assert list(best.best_of_folder(tmp_path)) == ["0", "1", "2"]
    assert [each.whole["id"] for each in status.lookup(tmp_path, "0")] == ["0"]
    path.write_bytes(b"\xef\xbb\xbf" + ROWS[0].strip())
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
    try:
        repair(path, descriptor)
    finally:
        os.close(descriptor)
    assert path.read_bytes() == b"\xef\xbb\xbf" + ROWS[0]


def test_parses_of_a_folder_are_those_of_its_best_rows(tmp_path: Path) -> None:
    """A shard's first line too, behind a mark; not what stands in a later shard and was written earlier."""

    def parse(at: str, text: str) -> bytes:
        row = records.Parsed(
            id="1",
            source="model",
            subject=text,
            original_text=text,
            cleaned_text=text,
            category="Basic Constructions",
            difficulty=1,
            required_objects=records.RequiredObjects(points=["A"]),
            verification_conditions=[],
            meta=records.Meta(at=at),
        )
        return encode(row)

    (tmp_path / store.name(0, 5)).write_bytes(b"\xef\xbb\xbf" + parse("2026-11-24T00:00:00Z", "later"))
    (tmp_path / store.name(5, 9)).write_bytes(parse("2026-11-23T00:00:00Z", "earlier"))
    assert [found.text for found in parses.read(tmp_path).values()] == ["later"]
    for index, texts in enumerate((["later"], [])):
        found = parses.of_shard(store.find(tmp_path)[index][1], index, best.best_of_folder(tmp_path))
        assert [each.text for each in found] == texts


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-32", "UTF-32"), ("gbk", "GBK")]
)
def test_a_shard_in_another_encoding_is_named_and_left_alone(tmp_path: Path, encoding: str, name: str) -> None:
    """By merge, whose old dataset stays, and by a run, which would ask for all of it again; status shows it."""
    path = tmp_path / store.name(0, 9)
    path.write_bytes(b"".join(ROWS))
    before = merge(tmp_path).output.read_bytes()
    path.write_bytes(b"".join(ROWS).decode().encode(encoding))
    saved = path.read_bytes()
    for read in (merge, store.scan, best.best_of_folder):
        with pytest.raises(ShardError, match=f"it is {name}; save it as UTF-8"):
            read(tmp_path)
    assert [shard.encoding for shard in status.Watcher(tmp_path).look().shards] == [name]
    assert (tmp_path / "geoqa3_dataset.json").read_bytes() == before
    assert path.read_bytes() == saved


def test_a_shard_without_a_row_ends_a_merge_but_no_run(tmp_path: Path) -> None:
    """Its first line is named; a run asks again for what it cannot read, as it does for single bad lines."""
    (tmp_path / store.name(0, 9)).write_bytes(b"".join(ROWS))
    (tmp_path / store.name(9, 18)).write_bytes(b'{"status":"parsed"}\nnothing\n')
    with pytest.raises(ShardError, match=r"No line of .*dataset_9_18\.jsonl is a row; the first of 2, line 1: "):
        merge(tmp_path)
    assert store.scan(tmp_path).bad_lines == 2
    (tmp_path / store.name(9, 18)).write_bytes(b'\n{"status":"par')  # being written, or torn: no bad line
    assert merge(tmp_path).skipped == 3


def test_a_number_beyond_belief_in_a_member_of_somebody_else(tmp_path: Path) -> None:
    """A line that cannot be decoded whole is no row, so that nothing that reads it later fails."""
    line = encode(records.Failed(id="1", error="x", kind="timeout"))[:-2] + b',"note":1e999}\n'
    (tmp_path / store.name(0, 9)).write_bytes(line + encode(records.Failed(id="2", error="x", kind="timeout")))
    stats = merge(tmp_path)
    assert (stats.errors, stats.bad_lines) == (1, 1)
    assert [failure.id for failure in status.failures(tmp_path).rows] == ["2"]
