from itertools import chain
from typing import Any

import msgspec
from hypothesis import given, settings, strategies as st
from laws.strategies import facts
from support.examples import times

from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.rewriting import rewrite
from asyncgeo.schema.synonyms import straighten


@settings(max_examples=times(3), deadline=None)
@given(st.lists(facts, max_size=6))
def test_conditions_are_rewritten_one_by_one_as_all_together(given_: list[dict[str, Any]]) -> None:
    """What is remembered of each changes nothing, whatever the others say; and once more changes nothing."""
    spelt = list(map(msgspec.json.encode, given_))
    written, objects = rewrite(spelt, b"{}")
    found = msgspec.json.decode(written)
    assert found == canonical(list(chain.from_iterable(map(straighten, given_))))
    again = rewrite(list(map(msgspec.json.encode, found)), objects)
    assert again == (written, objects)
