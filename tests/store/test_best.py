from pathlib import Path

from asyncgeo import store
from asyncgeo.dataset import merge
from asyncgeo.schema import records
from asyncgeo.schema.records import Failed, Meta, Row, Skipped
from asyncgeo.store import best


def skipped(minute: int, reason: str = "pure_calculation", identifier: str = "1") -> Row:
    return Skipped(id=identifier, source="model", reason=reason, meta=Meta(at=f"2026-11-23T09:{minute:02}:00.000Z"))


def test_the_best_row_is_the_one_a_merge_chooses(tmp_path: Path) -> None:
    """By rank, then by time, wherever it stands; lines that are none are passed over."""
    failed = Failed(id="1", error="no", kind="timeout", meta=Meta(at="2026-11-23T10:00:00.000Z"))
    first = [skipped(1), skipped(9, "no_formal_objects"), failed]
    second = [skipped(5), skipped(1, identifier="2")]
    for name, rows in ((store.name(0, 5), first), (store.name(3, 9), second)):
        (tmp_path / name).write_bytes(b"rubbish\n" + b"".join(map(records.encode, rows)))
    found = best.best_of_folder(tmp_path)
    assert list(found) == ["1", "2"]
    one, other = found.place("1"), found.place("2")
    assert one is not None
    assert other is not None
    assert (one.shard, other.shard, found.place("3")) == (0, 1, None)
    line = (tmp_path / store.name(0, 5)).read_bytes()[one.offset :].splitlines()[0]
    assert records.decode(line) == first[1]
    assert merge(tmp_path).ids == 2


def test_rows_of_the_original_script_are_told_apart(tmp_path: Path) -> None:
    """They were made of no answer that anybody kept."""
    (tmp_path / store.name(0, 5)).write_bytes(b'{"id": "7", "status": "skipped", "reason": "ambiguous"}\n')
    place = best.best_of_folder(tmp_path).place("7")
    assert place is not None
    assert place.original
