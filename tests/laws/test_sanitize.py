import json
from typing import Any

from hypothesis import given
from laws.strategies import odd_texts, odd_values

from asyncgeo.schema.sanitize import TooDeep, encodable, sanitize


@given(odd_values)
def test_what_is_sanitized_is_sanitized(value: Any) -> None:
    """Nothing is left to replace, and UTF-8 and JSON hold it."""
    findings: list[str] = []
    try:
        once = sanitize(value, findings)
    except TooDeep:
        return
    again: list[str] = []
    assert sanitize(once, again) == once
    assert again == []
    assert json.loads(json.dumps(once, ensure_ascii=False).encode()) == once
    "".join(findings).encode()


@given(odd_texts)
def test_any_text_can_be_made_encodable(text: str) -> None:
    """What UTF-8 holds stays as it is."""
    made = encodable(text)
    assert made.encode().decode() == made
    assert [one for one, other in zip(made, text, strict=True) if one != other] == ["\ufffd"] * sum(
        "\ud800" <= character <= "\udfff" for character in text
    )
