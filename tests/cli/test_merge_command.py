"""`asyncgeo merge` in folders that are not as a run leaves them: what is said, what is kept, and the exit code."""

import json
from pathlib import Path

import pytest
from support.live import asyncgeo, write_problems

import asyncgeo as library
from asyncgeo import store
from asyncgeo.errors import ShardError
from asyncgeo.schema.records import Skipped, encode

SKIPPED = encode(Skipped(id="7", source="rules", reason="undefined_points", detail="图"))


def ready(folder: Path, *flags: str) -> Path:
    """A folder that a run of twelve problems has written, and its only shard."""
    write_problems(folder / "in", range(12))
    code, said = asyncgeo("run", "--offline", "--input-dir", "in", "--output-dir", "out", *flags, cwd=folder)
    assert code == 0, said
    return folder / "out"


def test_a_partial_folder_says_what_is_missing(tmp_path: Path) -> None:
    """Pending problems, positions that no shard covers, and files that only look like shards."""
    out = ready(tmp_path, "--start", "4", "--end", "8", "--no-merge")
    (out / "dataset_8_12.jsonl.bak").touch()
    code, said = asyncgeo("merge", "--output-dir", "out", cwd=tmp_path)
    assert code == 0, said
    assert "8 problems of the input have no row yet." in said
    assert "No shard covers the positions 0–4, 8–12." in said
    assert "not read: dataset_8_12.jsonl.bak is named like a shard but is none" in said
    code, said = asyncgeo("status", "--output-dir", "out", cwd=tmp_path)
    assert code == 0, said
    assert "not read: dataset_8_12.jsonl.bak is named like a shard but is none" in said


def test_a_complete_folder_lacks_nothing(tmp_path: Path) -> None:
    """No word too many."""
    ready(tmp_path)
    said = asyncgeo("merge", "--output-dir", "out", cwd=tmp_path)[1]
    assert not any(word in said for word in ("no row yet", "covers", "not read", "written by", "guesses"))


def test_old_shards_say_how_many_rows_are_guesses(tmp_path: Path) -> None:
    """Category "Unknown" came from the original script's rules when its key was dead."""
    row = {
        "id": "7",
        "status": "parsed",
        "subject": "AB=5",
        "original_text": "如图,AB=5",
        "cleaned_text": "AB=5",
        "category": "Unknown",
        "difficulty": 3,
        "required_objects": {"points": ["A", "B"]},
        "verification_conditions": [],
    }
    lines = [json.dumps(row | {"id": str(number)}, ensure_ascii=False).encode() + b"\n" for number in range(3)]
    (tmp_path / store.name(0, 3)).write_bytes(b"".join(lines))
    code, said = asyncgeo("merge", "--output-dir", tmp_path, cwd=tmp_path)
    assert code == 0, said
    assert '3 of these problems are guesses of the original script\'s rules (category "Unknown")' in said


def test_an_emptied_folder_keeps_its_dataset(tmp_path: Path) -> None:
    """From the command and from Python, until the person says otherwise."""
    out = ready(tmp_path)
    dataset = out / "geoqa3_dataset.json"
    old = dataset.read_bytes()
    (out / store.name(0, 12)).write_bytes(SKIPPED)
    code, said = asyncgeo("merge", "--output-dir", "out", cwd=tmp_path)
    assert (code, dataset.read_bytes()) == (1, old), said
    assert "--allow-empty" in said
    with pytest.raises(ShardError, match="was not replaced"):
        library.merge(out)
    assert dataset.read_bytes() == old
    code, said = asyncgeo("merge", "--output-dir", "out", "--allow-empty", cwd=tmp_path)
    assert (code, json.loads(dataset.read_text(encoding="utf-8"))["problems"]) == (0, []), said
    assert library.merge(out, allow_empty=True).problems == 0


def test_a_shard_saved_by_another_program_is_read_or_named(tmp_path: Path) -> None:
    """With a mark and other line ends it reads as before; as UTF-16 it ends merge and run, and the dataset stays."""
    out = ready(tmp_path)
    shard, dataset = out / store.name(0, 12), out / "geoqa3_dataset.json"
    plain, old = shard.read_bytes(), json.loads(dataset.read_text(encoding="utf-8"))["problems"]
    shard.write_bytes(b"\xef\xbb\xbf" + plain.replace(b"\n", b"\r\n"))
    code, said = asyncgeo("merge", "--output-dir", "out", cwd=tmp_path)
    assert (code, json.loads(dataset.read_text(encoding="utf-8"))["problems"]) == (0, old), said
    run = ("run", "--offline", "--input-dir", "in", "--output-dir", "out")
    assert "Pending: 0 of 12" in asyncgeo(*run, "--dry-run", cwd=tmp_path)[1]
    before = dataset.read_bytes()
    shard.write_bytes(plain.decode().encode("utf-16"))
    for command in (("merge", "--output-dir", "out"), run):
        code, said = asyncgeo(*command, cwd=tmp_path)
        assert code == 1, said
        assert "it is UTF-16; save it as UTF-8" in said
    assert dataset.read_bytes() == before
    assert "it is UTF-16; save it as UTF-8" in asyncgeo("status", "--output-dir", "out", cwd=tmp_path)[1]
