import tomllib
from pathlib import Path
from typing import Any

import pytest
from support.cases import for_each

from asyncgeo import rules
from asyncgeo.rules.grammar import CLAUSES
from asyncgeo.rules.read import read
from asyncgeo.schema.conditions import Condition

CASES = Path(__file__).parents[1] / "cases" / "rules"
APART = {"unsupported.toml", "refusals.toml"}


def _cases(name: str) -> list[dict[str, Any]]:
    return list(tomllib.loads((CASES / name).read_text(encoding="utf-8"))["case"])


READ = [case for file in sorted(CASES.glob("*.toml")) if file.name not in APART for case in _cases(file.name)]


def _brief(condition: Condition) -> str:
    """`angle_value ABC 50` for {"type": "angle_value", "points": [["A", "B", "C"]], "value": 50}."""
    return " ".join([condition["type"], *(_word(value) for name, value in condition.items() if name != "type")])


def _word(value: Any) -> str:
    if isinstance(value, dict):
        return _word(value["points"])
    if not isinstance(value, list):
        return f"{value:g}" if isinstance(value, int | float) else str(value)
    if all(isinstance(each, str) for each in value):
        return "".join(value)
    return (":" if isinstance(value[0], int | float) else " ").join(map(_word, value))


def _facts(text: str) -> list[str]:
    return [_brief(condition) for condition in rules.parse(text).verification_conditions]


@for_each("case", READ, ids=lambda case: case["text"][:40])
def test_a_text_has_these_facts(case: dict[str, Any]) -> None:
    """All facts of the text, and no others."""
    assert sorted(_facts(case["text"])) == sorted(case["facts"])


@for_each("case", _cases("unexpressed.toml"), ids=lambda case: case["text"][:40])
def test_what_no_type_can_say_is_kept_in_its_words(case: dict[str, Any]) -> None:
    """Clauses that state what no condition holds are listed as they stand, others are not."""
    assert list(rules.parse(case["text"]).unexpressed) == case.get("unexpressed", [])


@for_each("case", _cases("unsupported.toml"), ids=lambda case: case["why"])
def test_an_unsupported_text_is_still_unsupported(case: dict[str, Any]) -> None:
    """One that begins to be read moves to the other cases."""
    assert case["why"]
    assert not set(case["facts"]) <= set(_facts(case["text"]))


@for_each("case", _cases("refusals.toml"), ids=lambda case: case["text"][:40])
def test_a_text_is_refused_for_this_reason(case: dict[str, Any]) -> None:
    """A refusal says why, and holds nothing else."""
    extraction = rules.parse(case["text"])
    assert extraction.reason == case["reason"]
    assert extraction.detail
    assert not extraction.verification_conditions
    assert not extraction.required_objects.points


def test_every_clause_kind_has_a_case() -> None:
    """Each reader of the grammar is exercised by some case, and says what it reads; each pattern is one."""
    seen = {fact.clause for case in READ for fact in rules.explain(case["text"]).facts}
    stating = [clause for clause in CLAUSES if not clause.silent]
    assert {clause.name for clause in stating} <= seen
    assert all(clause.read.__doc__ and clause.pattern for clause in CLAUSES)


@pytest.mark.slow
def test_a_clause_needs_only_what_its_matches_have() -> None:
    """No clause is passed over in a text that it matches."""
    for case in READ:
        signs = read(case["text"]).row.signs
        for clause in CLAUSES:
            assert all(set(signs) & need for need in clause.needs) or not clause.pattern.search(signs)
