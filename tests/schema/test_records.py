import re

import msgspec
import pytest
from hypothesis import given, strategies as st
from support import hostile
from support.rows import identifiers, metas, parsed, rows

from asyncgeo.schema import conditions, records
from asyncgeo.schema.records import Meta, Parsed, RequiredObjects, Row


@given(rows())
def test_a_row_survives_its_line(row: Row) -> None:
    """decode(encode(row)) == row."""
    assert records.decode(records.encode(row)) == row


@given(rows())
def test_a_row_is_one_line_with_its_status_first(row: Row) -> None:
    """Whatever its texts hold, a row is one line, so that lines can be counted, cut and appended."""
    line = records.encode(row)
    assert line.count(b"\n") == 1
    assert line.endswith(b"}\n")
    assert line.startswith(b'{"status":"')


@given(rows())
def test_a_row_of_valid_parts_has_no_defect(row: Row) -> None:
    """Every example of the table, every category and every difficulty may stand in a row."""
    assert records.defect(row) is None


@given(
    parsed(),
    st.sampled_from(
        (
            {"category": "Unknown"},
            {"difficulty": 0},
            {"difficulty": 6},
            {"verification_conditions": [{"type": "parallel", "objects": [["A", "B"]]}]},
            {"verification_conditions": [{"type": "no_such_type"}]},
        )
    ),
)
def test_a_row_that_does_not_fit_the_table_has_a_defect(row: Parsed, flaw: dict[str, object]) -> None:
    """Category, difficulty and conditions are looked at, whatever else the row holds."""
    assert records.defect(msgspec.structs.replace(row, **flaw)) is not None


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[]",
        b'{"status":"parsed","id":"1"}',
        b'{"status":"done","id":"1"}',
        b'{"id":"1","source":"model","reason":"pure_calculation"}',
        b'{"status":"skipped","id":1,"source":"model","reason":"pure_calculation"}',
        b'{"status":"skipped","id":"1","source":"oracle","reason":"pure_calculation"}',
        b'{"status":"error","id":"1","error":"x","kind":"timeout"',
        b'{"status":"error","id":"\xff","error":"x","kind":"timeout"}',
    ],
)
def test_a_line_that_is_no_row_is_a_value_error(line: bytes) -> None:
    """Missing fields, wrong types, unknown words, torn or wrongly encoded lines: one kind of error for all."""
    with pytest.raises(ValueError, match=r"."):
        records.decode(line)


@given(st.lists(identifiers, max_size=20))
def test_ids_sort_as_numbers_before_words(ids: list[str]) -> None:
    """Numbers by value, then everything else by text; a total order, so that sorting twice changes nothing."""
    ordered = sorted(ids, key=records.numeric_key)
    numbers = [each for each in ordered if each.isascii() and each.isdigit()]
    assert ordered[: len(numbers)] == numbers
    assert [int(each) for each in numbers] == sorted(int(each) for each in numbers)
    assert sorted(sorted(ids), key=records.numeric_key) == ordered


def test_the_categories_are_ten() -> None:
    """Exactly these; "Unknown" is not one of them."""
    assert len(set(conditions.CATEGORIES)) == 10
    assert conditions.UNKNOWN_CATEGORY not in conditions.CATEGORIES


@given(rows())
def test_a_row_that_is_proven_readable_is_the_one_encoded(row: Row) -> None:
    """The proof changes nothing in a row that can be read."""
    assert records.readable_line(row) == records.encode(row)


@pytest.mark.parametrize(
    "flaw",
    [
        {"difficulty": 2.0},
        {"difficulty": True},
        {"difficulty": 10**30},
        {"category": "Unknown"},
        {"cleaned_text": "\ud800"},
        {"id": "\udfff"},
        {"verification_conditions": [{"type": "distance_equals", "segment": ["A", "B"], "value": float("nan")}]},
        {"verification_conditions": [{"type": "distance_equals", "segment": ["A", "B"], "value": 10**400}]},
        {"verification_conditions": [{"type": "distance_equals", "segment": ("A", "B"), "value": 1}]},
        {"verification_conditions": [{"type": "point_height", "point": "A", "value": object()}]},
        {"required_objects": None},
    ],
    ids=lambda flaw: re.sub(r" at 0x\w+|(?<=\d{9})\d+", "", str(flaw)),
)
def test_a_row_that_does_not_decode_to_itself_is_not_written(flaw: dict[str, object]) -> None:
    """It would be there for ever, and end every merge and resume of its folder."""
    whole = Parsed(
        id="17",
        source="model",
        subject="s",
        original_text="o",
        cleaned_text="s",
        category=conditions.CATEGORIES[0],
        difficulty=2,
        required_objects=RequiredObjects(),
        verification_conditions=[],
    )
    records.readable_line(whole)
    with pytest.raises(ValueError, match="the row"):
        records.readable_line(msgspec.structs.replace(whole, **flaw))


@given(hostile.texts, hostile.texts, st.none() | metas)
def test_an_error_row_can_always_be_written(identifier: str, error: str, meta: Meta | None) -> None:
    """It is what takes the place of a row that cannot be."""
    row = records.failed(identifier, error, "internal", meta)
    assert records.decode(records.readable_line(row)) == row
    assert row.meta == meta
    bad = Meta(at="\ud800", latency=float("nan"), attempts=2)
    assert records.failed(identifier, error, "internal", bad).meta is None
