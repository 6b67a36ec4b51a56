"""The one form of each fact: conditions as anybody spelt them → the conditions that rows hold.

In: valid conditions. Out: the same facts, each once, in the form that the table says is written. Pure, and the same
again when it is applied again. It knows no wording of problems and no model.
"""

from collections.abc import Iterable
from typing import Final

from asyncgeo.schema.conditions import Condition

FORM: Final = 1
"""The number of the present form, which rows carry as `meta.form`; it grows when a fact is written in another way."""


def canonical(conditions: Iterable[Condition]) -> list[Condition]:
    """The facts of these conditions, in the present form."""
    return list(conditions)
