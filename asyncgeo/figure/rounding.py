"""Numbers that were rounded: how far a figure may be from what its conditions say, and a system that lets it.

In: conditions, and a system of equations. Out: tolerances by condition, and `Loose`. 1.414214 is √2 and 36.87° an angle
of the 3-4-5 triangle: taken as they are they contradict what is exact. It solves nothing.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import numpy as np

from asyncgeo.figure.system import Array, Margins, System
from asyncgeo.schema.conditions import TYPE, Condition

_DEGREES: Final = frozenset({"angle_value", "angle_sum", "arc_measure", "rotation"})
"""Types whose number is an angle."""
_OF_DEGREES: Final = 2
_OF_LENGTHS: Final = 4
"""Decimals from which on a number is taken for a rounded one: 53.13° and 1.4142 are; 22.5° and 0.125 are meant."""


def tolerances(conditions: Sequence[Condition]) -> dict[int, float]:
    """How far off each condition with a rounded number may be, in radians or relative: one unit of its last digit."""
    found = {k: sum(_uncertain(condition)) for k, condition in enumerate(conditions)}
    return {k: tolerance for k, tolerance in found.items() if tolerance}


def _uncertain(condition: Condition) -> Iterator[float]:
    degrees = condition[TYPE] in _DEGREES
    for number in _numbers(condition):
        decimals = -int(Decimal(repr(number)).as_tuple().exponent)
        if number and decimals >= (_OF_DEGREES if degrees else _OF_LENGTHS):
            yield math.radians(10**-decimals) if degrees else 10**-decimals / abs(number)


def _numbers(condition: Condition) -> Iterator[float]:
    values: list[Any] = [condition.get(field) for field in ("value", "angle", "times", "plus")]
    for value in (*values, *condition.get("ratio", ())):
        if isinstance(value, float) and math.isfinite(value):
            yield value


class Loose:
    """A system whose equations are content as long as they are no further off than they may be."""

    def __init__(self, system: System, tolerance: Mapping[int, float]) -> None:
        self._system = system
        self._slack: Array = np.zeros(len(system.owners))
        for row, owner in enumerate(system.owners[: system.equations].tolist()):
            self._slack[row] = tolerance.get(owner, 0.0)

    def evaluate(self, unknowns: Array, margins: Margins) -> tuple[Array, Array]:
        """As the system's, without what is content."""
        rows, slopes = self._system.evaluate(unknowns, margins)
        rows = self._off(rows)
        content = (rows == 0) & (np.arange(rows.shape[1]) < self._system.equations)
        return rows, np.where(content[:, :, None], 0.0, slopes)

    def residuals(self, unknowns: Array, margins: Margins) -> Array:
        """The residuals alone."""
        return self._off(self._system.residuals(unknowns, margins))

    def _off(self, rows: Array) -> Array:
        off = rows.copy()
        width = len(self._slack)
        off[:, :width] -= np.clip(rows[:, :width], -self._slack, self._slack)
        return off
