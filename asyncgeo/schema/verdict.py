"""What was found about one parse: whether a figure of it can be drawn.

In: what was judged. Out: a `Verdict`, and the digest that says on what. It draws nothing and knows no file.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import msgspec

from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects

_VERSION: Final = "3"
"""Enters the digest; raised when a change of judgement makes older verdicts void."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found about one parse."""

    id: str
    of: str
    drawable: bool | None
    state: str
    residual: float
    freedom: int | None
    surplus: int = 0
    rounded: bool = False
    conflict: tuple[int, ...] = ()
    by_objects: bool = False
    ms: float = 0.0
    why: str = ""


def digest(conditions: Sequence[Condition], objects: RequiredObjects) -> str:
    """What was judged, in 16 characters."""
    return blake2b(msgspec.json.encode((_VERSION, conditions, objects)), digest_size=8).hexdigest()
