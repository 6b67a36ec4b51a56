import json
from typing import Any

import pytest
from support.cases import for_each

from asyncgeo.schema.sanitize import DEPTH, TooDeep, clean_text, plain_number, sanitize


@for_each(
    ("written", "meant"),
    [
        (r"\frac{1}{2}AB", r"\frac{1}{2}AB"),
        (r"在\triangle ABC中", r"在\triangle ABC中"),
        (r"\triangleABC, \beta\neq\theta", r"\triangleABC, \beta\neq\theta"),
        (r"AB \rightarrow CD, 2\times3, \tan A", r"AB \rightarrow CD, 2\times3, \tan A"),
        (r"\forall x\notin l", r"\forall x\notin l"),
    ],
)
def test_a_backslash_that_json_took_for_an_escape_is_put_back(written: str, meant: str) -> None:
    """A form feed before "rac" is a command that a model wrote with one backslash instead of two; a finding says so."""
    findings: list[str] = []
    assert sanitize(json.loads(f'"{written}"'), findings) == meant
    assert len(findings) == 1
    assert "LaTeX" in findings[0]


@for_each(
    ("text", "clean", "found"),
    [
        ("AB=5,\nthen\r\n  CD=6", "AB=5, then CD=6", 0),
        ("first\nnext line\nunder it", "first next line under it", 0),
        ("A\tB", "A B", 1),
        ("∠A\x00=\x9f50°", "∠A=50°", 1),
        ("\f50", " 50", 1),
        ("A\ud800B", "A\ufffdB", 1),
        ("𝐴、Ｂ　全角", "𝐴、Ｂ　全角", 0),
        (r"\frac{1}{2}", r"\frac{1}{2}", 0),
    ],
)
def test_control_characters_and_surrogates_are_replaced(text: str, clean: str, found: int) -> None:
    """The end of a line is a blank, as in any text; anything else that is replaced is a finding."""
    findings: list[str] = []
    assert clean_text(text, findings) == clean
    assert len(findings) == found


@for_each(
    ("number", "plain"),
    [
        (2.0, 2),
        (-0.0, 0),
        (0.5, 0.5),
        (10**12, 10**12),
        (10**400, None),
        (2**70, None),
        (1e300, None),
        (5e-324, None),
        (float("nan"), None),
        (float("-inf"), None),
    ],
)
def test_numbers_are_plain_or_refused(number: float, plain: float | None) -> None:
    """Whole numbers are ints, whatever the model wrote; what nothing in a figure can measure is no number."""
    found = plain_number(number)
    assert found == plain
    assert type(found) is type(plain)


def test_depth_beyond_belief_is_an_error_not_a_crash() -> None:
    """Whatever follows, walks over the value, comparisons, repr, may recurse."""
    nested: Any = "A"
    for _ in range(DEPTH):
        nested = [nested]
    assert sanitize(nested, []) == nested
    with pytest.raises(TooDeep):
        sanitize([nested], [])
