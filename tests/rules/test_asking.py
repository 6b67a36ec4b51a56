import tomllib
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from asyncgeo.rules import asking
from asyncgeo.schema.asked import Asked, NotMeasured

CASES = tomllib.loads((Path(__file__).parents[1] / "cases" / "asking.toml").read_text(encoding="utf-8"))


def test_a_question_is_the_quantity_that_it_names() -> None:
    """Angles, lengths, distances, ratios, sums, perimeters, areas, radii and arcs, in Chinese and English."""
    found = {text: str(asking.asked(text)) for text in CASES["asked"]}
    assert found == CASES["asked"]


def test_what_is_not_measured_has_its_reason() -> None:
    """And no question is read in part."""
    found = {text: asking.asked(text) for text in CASES["not_measured"]}
    reasons = {text: each.reason if isinstance(each, NotMeasured) else str(each) for text, each in found.items()}
    assert reasons == CASES["not_measured"]


@pytest.mark.parametrize(
    ("text", "rounded", "metres"),
    [
        ("如图,PQ=3cm,则PR的长为()", False, 0.01),
        ("如图,PQ=3m,QR=20cm,则PR的长为()", False, 0.01),
        ("如图,PQ=3,则PR的长为()", False, None),
        ("如图,PQ=3米,则PR的长约为()", True, 1.0),
        ("如图,PQ=3米,则PR的长为()(精确到0.1米)", True, 1.0),
        ("如图,PQ=3米,则PR的长为()(参考数据:sin37°≈0.60)", True, 1.0),
        ("如图,PQ=3cm,则PR的长为()(结果保留π)", False, 0.01),
        ("如图,△PQR的面积为3cm²,则△PST的面积为()", False, None),
        ("PQ = 3 m. Find PR to the nearest tenth.", True, 1.0),
    ],
)
def test_the_text_says_how_exact_the_answer_is_and_in_which_unit(
    *, text: str, rounded: bool, metres: float | None
) -> None:
    """The unit of a figure is the smallest length that the text names."""
    found = asking.asked(text)
    assert isinstance(found, Asked)
    assert (found.rounded, found.metres) == (rounded, metres)


words = st.lists(
    st.sampled_from(
        ("则", "∠", "PQ", "PQR", "的", "长", "面积", "比", "为", "()", "(", ")", ",", "+", ":", "⊙K", "find ", "弧")
    )
)


@given(words.map("".join) | st.text(max_size=40))
def test_any_text_has_a_quantity_or_a_reason(text: str) -> None:
    """Of two or three points each, all different."""
    found = asking.asked(text)
    if isinstance(found, Asked):
        assert all(len(set(each.names)) == len(each.names) for _, each in (*found.terms, *found.over))
