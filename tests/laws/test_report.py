import msgspec
import pytest
from hypothesis import given, settings, strategies as st
from laws.strategies import rows as any_rows
from support.examples import times
from support.pages import cells, data_of
from support.reports import page

from asyncgeo.schema.records import Failed, Row, Skipped
from asyncgeo.views.report.figures import histogram
from asyncgeo.views.report.pack import embedded


@pytest.mark.slow
@settings(max_examples=times(0.6))
@given(st.lists(any_rows(), max_size=8))
def test_any_rows_make_a_page_whose_data_say_the_same(made: list[Row]) -> None:
    """Whatever stands in rows: ids, texts and counts come back from the page as they went in."""
    data = data_of(page(made))
    table = data["table"]
    assert [cells(table, k)["id"] for k in range(len(made))] == [row.id for row in made]
    assert sum(data["figures"]["outcomes"].values()) == len(made)
    for k, row in enumerate(made):
        found = cells(table, k)
        if isinstance(row, Skipped):
            assert table["words"][found["word"]] == row.reason
        elif isinstance(row, Failed):
            assert found["error"] == row.error
        else:
            assert found["text"] == row.cleaned_text
            listed = [table["conditions"][number][1] for number in found["conditions"]]
            assert listed == msgspec.json.decode(msgspec.json.encode(row.verification_conditions))


@given(st.text())
def test_data_cannot_leave_their_element(text: str) -> None:
    """No character that means something to HTML or ends a line of a script is left; JSON says the same."""
    block = embedded({text: [text]})
    assert not set("<>&\u2028\u2029") & set(block.decode())
    assert msgspec.json.decode(block) == {text: [text]}


@given(st.lists(st.floats(0, 1e7) | st.integers(0, 10000).map(float), max_size=80))
def test_histograms_count_every_value_once(values: list[float]) -> None:
    """In at most some thirty bins of round width, the rest beyond the 99th percentile."""
    found = histogram(values)
    if found is None:
        assert not values
        return
    assert sum(found["counts"]) + found["over"] == found["n"] == len(values)
    assert len(found["counts"]) <= 31
    assert found["quantiles"] == sorted(found["quantiles"])
    assert found["over"] <= len(values) // 100 + 1
