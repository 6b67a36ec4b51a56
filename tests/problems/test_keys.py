import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st

from asyncgeo.problems.keys import answer_key
from asyncgeo.problems.reader import Problems
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import Problem

FOUR = ["30°", "40°", "50°", "60°"]
GEOQA: dict[str, Any] = {"choices": FOUR, "formal_point": ["圆周角"]}


@pytest.mark.parametrize(
    ("record", "label"),
    [
        ({**GEOQA, "id": 17, "label": 2}, 2),  # GeoQA counts from 0
        ({**GEOQA, "id": 17, "label": 2, "answer": "…故选B"}, 2),  # a wrong key stays what it is
        ({**GEOQA, "id": 17, "label": 0}, 0),
        ({**GEOQA, "id": 10404, "label": 2}, 1),  # GeoQA+ from 1
        ({**GEOQA, "id": 10404, "label": 4, "answer": "∴∠C=60°．故选：D．"}, 3),
        ({"choices": FOUR, "label": 4}, 3),  # the number of the choices is no place from 0
        ({"choices": FOUR, "label": 2, "answer": "所以∠A=40°，故选：B．"}, 1),  # the solution tells
        ({"choices": FOUR, "label": 2, "answer": "C"}, 2),
        ({"choices": FOUR, "label": "C"}, 2),
        ({"choices": FOUR, "label": "(C)"}, 2),
        ({"choices": FOUR, "label": "1"}, 1),
        ({"choices": FOUR, "label": 1.0}, 1),
        ({"choices": FOUR, "answer": "D"}, 3),
        ({"choices": FOUR, "answer": "50°"}, 2),
        ({"options": FOUR, "answer": "A"}, 0),
        ({"choices": FOUR, "answer": "72°"}, None),
        ({"choices": FOUR, "label": 7}, None),
        ({"choices": FOUR, "label": -1}, None),
        ({"choices": FOUR, "label": True}, None),
        ({"choices": FOUR, "label": [2]}, None),
        ({"label": 2}, None),  # a place in nothing
    ],
)
def test_a_label_counts_from_0_whatever_the_collection_did(record: dict[str, Any], label: int | None) -> None:
    """Numbers from 0 and from 1, letters, and answers that are a choice."""
    assert answer_key(record).label == label


@pytest.mark.parametrize(
    "choices",
    [
        ["30°", "40°"],
        ["A. 30°", "B. 40°"],
        ["(A)30°", "(B)40°"],
        ["A：30°", "B：40°"],
        {"A": "30°", "B": "40°"},
        {"B": "40°", "A": "30°"},
        {"text": ["30°", "40°"], "label": ["A", "B"]},
    ],
)
def test_choices_are_texts_in_order(choices: object) -> None:
    """Lists, with the letters or without, and objects."""
    assert answer_key({"choices": choices}).choices == ("30°", "40°")


def test_a_letter_that_belongs_to_a_choice_stays() -> None:
    """Only letters in their order stand before choices."""
    assert answer_key({"choices": ["A.B", "C"]}).choices == ("A.B", "C")
    assert answer_key({"choices": [1, 2.5, "√3"], "answer": 2.5}) == AnswerKey(("1", "2.5", "√3"), 1, "2.5")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABt") | st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(choices=anything, label=anything, answer=anything)
def test_no_shape_of_a_key_makes_a_problem_unreadable(choices: object, label: object, answer: object) -> None:
    """What has another shape is left out; the rest of the key stays as it may be in a row."""
    found = answer_key({"choices": choices, "label": label, "answer": answer})
    assert found.label is None or found.label < len(found.choices) <= 26
    assert all(found.choices)


def test_problems_carry_their_key(tmp_path: Path) -> None:
    """From a file as from a line; without one it is empty."""
    record = {"id": 3, "subject": "如图", "choices": FOUR, "label": 2, "answer": "C", "comment": "x"}
    (tmp_path / "3.json").write_text(json.dumps(record), encoding="utf-8")
    (tmp_path / "4.json").write_text('{"id": 4, "subject": "如图", "label": {"no": 1}}', encoding="utf-8")
    keys = [each.key for each in Problems(tmp_path).read() if isinstance(each, Problem)]
    assert keys == [AnswerKey(tuple(FOUR), 2, "C"), AnswerKey()]
