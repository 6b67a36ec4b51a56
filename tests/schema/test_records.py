import re

import msgspec
import pytest
from support.cases import for_each

from asyncgeo.schema import conditions, records
from asyncgeo.schema.records import Parsed, RequiredObjects, Tokens
from asyncgeo.schema.words import billed


@for_each(
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


def test_the_categories_are_ten() -> None:
    """Exactly these; "Unknown" is not one of them."""
    assert len(set(conditions.CATEGORIES)) == 10
    assert conditions.UNKNOWN_CATEGORY not in conditions.CATEGORIES


@for_each(
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


def test_tokens_of_earlier_rows_read_as_before() -> None:
    """What a provider did not bill is left out of a row; the three counts that every row has stay."""
    assert msgspec.json.encode(Tokens(7)) == b'{"in":7,"cached":0,"out":0}'
    assert msgspec.json.encode(Tokens(7, 0, 5, 3, 2)) == b'{"in":7,"cached":0,"out":5,"cache_write":3,"reasoning":2}'
    assert msgspec.json.decode(b'{"in":7,"cached":0,"out":5}', type=Tokens) == Tokens(7, 0, 5)
    assert Tokens(1, 2, 3, 4, 5) + Tokens(10, 20, 30, 40, 50) == Tokens(11, 22, 33, 44, 55)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (Tokens(1200, 1100, 300), "1,200 in (92% cached), 300 out"),
        (
            Tokens(1200, 1100, 300, 50, 250),
            "1,200 in (92% cached, 50 written to the cache), 300 out (250 of them thinking)",
        ),
    ],
)
def test_what_was_billed_is_said_with_its_parts(tokens: Tokens, words: str) -> None:
    """Cache writes and thoughts where there are any."""
    assert billed(tokens, "92%") == words
