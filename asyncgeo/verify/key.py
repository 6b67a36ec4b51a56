"""The key of a problem → which values of what is asked are the key.

In: an `AnswerKey`, what is asked, the text and the conditions of the parse. Out: `Expected`, or why the key says no
value. It draws nothing.

Lengths of a parse are in the unit that its reader chose: the rules take the smallest that the text names, models and
published parses keep the numbers. A value that is the key in any of the units named is the key.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from asyncgeo.figure.rounding import tolerances
from asyncgeo.schema import keys, units
from asyncgeo.schema.asked import AnswerKey, Asked
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.keys import Amount

SAME: Final = 1e-6
"""Relative difference of two values that are one: figures are exact to 1e-9, and errors grow a little on the way."""
_RECKONED: Final = 0.01
"""The same where the text gives or wants rounded numbers: sin 37° ≈ 0.6 is off by 0.3 %."""
_GROWTH: Final = 4.0  # of a rounding on the way to what is asked
_NAMED: Final = re.compile(rf"\d\s*({units.NAMES})", re.IGNORECASE)
_POWERS: Final = {"length": 1, "area": 2}


@dataclass(frozen=True, slots=True)
class Expected:
    """Values that are the key, each with how far off a value may be; `near` is as far as roundings might explain.

    With `others` the key is "none of these", and any value is right that is none of them.
    """

    values: tuple[tuple[float, float], ...] = ()
    near: float = 0.0
    others: tuple[tuple[float, float], ...] | None = None

    def is_met(self, value: float) -> bool:
        """Whether the value is the key."""
        if self.others is not None:
            return not _is_one(value, self.others)
        return _is_one(value, self.values)

    def is_near(self, value: float) -> bool:
        """Whether roundings might explain that the value is not quite the key."""
        return any(abs(value - one) <= self.near * abs(one) for one, _ in self.values)


def written(key: AnswerKey) -> str:
    """The key as the collection writes it."""
    if key.label is not None and 0 <= key.label < len(key.choices):
        return key.choices[key.label]
    return key.answer


def expected(key: AnswerKey, asked: Asked, text: str, conditions: Sequence[Condition]) -> Expected | str:
    """What the key says, or why it says no value."""
    said = keys.keyed(key)
    if said is None:
        return f"the key is no single number: {written(key)}"
    if said == "undetermined":
        return f"the key is no number: {written(key)}"
    given = rounding(conditions)
    if said == "none of these":
        others = [found for each in key.choices if isinstance(found := keys.amount(each), Amount)]
        return Expected(others=tuple(one for each in others for one in _readings(each, asked, text, given)))
    values = tuple(_readings(said, asked, text, given))
    if not values:
        return f"the key is no {asked.dimension}: {written(key)}"
    is_rounded = asked.rounded or 0 < said.digit < 1 or bool(given)
    return Expected(values, near=_RECKONED if is_rounded else 0.0)


def choice(value: float, key: AnswerKey, asked: Asked, text: str) -> str:
    """The choice that the value is; empty where it is none."""
    for each in key.choices:
        said = keys.amount(each)
        if isinstance(said, Amount) and _is_one(value, tuple(_readings(said, asked, text, 0.0))):
            return each
    return ""


def _is_one(value: float, wanted: Iterable[tuple[float, float]]) -> bool:
    return any(abs(value - one) <= allowed for one, allowed in wanted)


def _readings(said: Amount, asked: Asked, text: str, given: float) -> Iterator[tuple[float, float]]:
    """The amount in each unit that the parse may have, and how far off a value may be."""
    found = keys.expected(said, asked)
    if found is None:
        return
    value, allowed = found
    least = max(SAME, given, _RECKONED if asked.rounded else 0.0)
    for one in {1.0, *_scales(said, asked, text)}:
        yield one * value, max(one * allowed, least * max(abs(one * value), SAME))


def _scales(said: Amount, asked: Asked, text: str) -> Iterator[float]:
    """What else the amount may be multiplied by: lengths in another unit that the text or the key names."""
    power = _POWERS.get(asked.dimension)
    named = {metres for found in _NAMED.finditer(text) if (metres := units.metres(found[1]))}
    if power is None or not asked.metres or not (named or said.metres):
        return
    for unit in {*named, *([said.metres] if said.metres else [])}:
        yield (asked.metres / unit) ** power


def rounding(conditions: Sequence[Condition]) -> float:
    """By what share of a value what follows from the rounded numbers of the conditions may be off."""
    return _GROWTH * sum(tolerances(conditions).values())
