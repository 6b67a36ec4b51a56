import json

import pytest
from support.cases import for_each

from asyncgeo.llm.error_body import read


def test_a_huge_or_deep_body_is_not_walked() -> None:
    """Its beginning is shown; nothing takes long."""
    assert read(b'{"message":"' + b"x" * 10_000_000).words.startswith('{"message":"xxx')
    assert read(b"[" * 60_000 + b"]" * 60_000).codes == set()
    assert read(b"<" * 5_000_000).is_page
    assert read(b"<script " * 600_000).is_page
    assert len(read(json.dumps({"message": "1," * 30_000}).encode()).words) < 5_000


@for_each(
    ("words", "seconds"),
    [
        ("try again in 7m12.5s", 432.5),
        ("Please retry in 3.2s.", 3.2),
        ("retry after 20 seconds", 20.0),
        ("Please wait 2 minutes", 120.0),
        ("try again in 900ms", 0.9),
        ("try again later", None),
        ("wait for 3 students", None),
    ],
)
def test_a_wait_is_read_in_words(words: str, seconds: float | None) -> None:
    """As servers write it."""
    assert read(json.dumps({"message": words}).encode()).wait == pytest.approx(seconds)
