import msgspec
import pytest
from hypothesis import given, strategies as st
from laws.strategies import identifiers, metas, odd_texts, parsed, rows

from asyncgeo.schema import records
from asyncgeo.schema.records import Meta, Parsed, Row


@pytest.mark.slow
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


@given(st.lists(identifiers, max_size=20))
def test_ids_sort_as_numbers_before_words(ids: list[str]) -> None:
    """Numbers by value, then everything else by text; a total order, so that sorting twice changes nothing."""
    ordered = sorted(ids, key=records.numeric_key)
    numbers = [each for each in ordered if each.isascii() and each.isdigit()]
    assert ordered[: len(numbers)] == numbers
    assert [int(each) for each in numbers] == sorted(int(each) for each in numbers)
    assert sorted(sorted(ids), key=records.numeric_key) == ordered


@given(rows())
def test_a_row_that_is_proven_readable_is_the_one_encoded(row: Row) -> None:
    """The proof changes nothing in a row that can be read."""
    assert records.readable_line(row) == records.encode(row)


@given(odd_texts, odd_texts, st.none() | metas)
def test_an_error_row_can_always_be_written(identifier: str, error: str, meta: Meta | None) -> None:
    """It is what takes the place of a row that cannot be."""
    row = records.failed(identifier, error, "internal", meta)
    assert records.decode(records.readable_line(row)) == row
    assert row.meta == meta
    bad = Meta(at="\ud800", latency=float("nan"), attempts=2)
    assert records.failed(identifier, error, "internal", bad).meta is None
