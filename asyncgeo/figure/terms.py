"""The language in which conditions speak of a figure: turns, sizes, and what is asked of them.

In: indices of directions (from one point to another) and of radii. Out: immutable terms that can be added, compared
and stacked. It knows no condition type and no numbers of a figure.

A direction u has a size log|u| and a turn arg u. Nearly every relation of plane geometry is linear in these: parallel
is a difference of turns that is 0 modulo π, "between" the same modulo 2π, a ratio of lengths a difference of sizes.
All of them are scale-free: residuals are radians or relative lengths.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

HALF: Final = math.pi
"""Period of a turn between lines, which have no direction."""
FULL: Final = 2 * math.pi
"""Period of a turn between rays."""

Parts = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class AngleTerm:
    """Σ coefficient · arg(direction) + constant, in radians."""

    parts: Parts = ()
    constant: float = 0.0

    def __add__(self, other: "AngleTerm") -> "AngleTerm":
        return AngleTerm(_sum(self.parts, other.parts), self.constant + other.constant)

    def __sub__(self, other: "AngleTerm") -> "AngleTerm":
        return self + -1 * other

    def __rmul__(self, factor: float) -> "AngleTerm":
        return AngleTerm(_scaled(self.parts, factor), self.constant * factor)


@dataclass(frozen=True, slots=True)
class Size:
    """Σ coefficient · log length + Σ coefficient · log radius + Σ coefficient · log|sin turn| + constant."""

    parts: Parts = ()
    radii: Parts = ()
    sines: tuple[tuple[AngleTerm, float], ...] = ()
    constant: float = 0.0

    def __add__(self, other: "Size") -> "Size":
        return Size(
            _sum(self.parts, other.parts),
            _sum(self.radii, other.radii),
            self.sines + other.sines,
            self.constant + other.constant,
        )

    def __sub__(self, other: "Size") -> "Size":
        return self + -1 * other

    def __rmul__(self, factor: float) -> "Size":
        return Size(
            _scaled(self.parts, factor),
            _scaled(self.radii, factor),
            tuple((turn, c * factor) for turn, c in self.sines),
            self.constant * factor,
        )


def _sum(left: Parts, right: Parts) -> Parts:
    total = dict(left)
    for key, c in right:
        total[key] = total.get(key, 0.0) + c
    return tuple(sorted((key, c) for key, c in total.items() if c))


def _scaled(parts: Parts, factor: float) -> Parts:
    return tuple((key, c * factor) for key, c in parts)


@dataclass(frozen=True, slots=True)
class Balance:
    """Equation: the size is 0."""

    size: Size


@dataclass(frozen=True, slots=True)
class Wrap:
    """Equation: the turn is 0 modulo the period."""

    turn: AngleTerm
    period: float


@dataclass(frozen=True, slots=True)
class Angles:
    """Equation: Σ coefficient · |turn| = value, each turn taken into (-π, π]."""

    parts: tuple[tuple[AngleTerm, float], ...]
    value: float


@dataclass(frozen=True, slots=True)
class Lengths:
    """Equation: Σ coefficient · length = value, relative to the sum of what is added."""

    parts: Parts
    value: float


@dataclass(frozen=True, slots=True)
class Area:
    """Equation: |Σ sign · ½ · one length · other length · sin of the turn from one to the other| = value, relative."""

    parts: tuple[tuple[int, int, float], ...]
    value: float


@dataclass(frozen=True, slots=True)
class Smaller:
    """Side condition: the size is negative."""

    size: Size


@dataclass(frozen=True, slots=True)
class Narrow:
    """Side condition: |turn| is less than a right angle."""

    turn: AngleTerm


@dataclass(frozen=True, slots=True)
class Open:
    """Side condition: |turn| is more than 0."""

    turn: AngleTerm


@dataclass(frozen=True, slots=True)
class Sides:
    """Side condition: sign · sin(first) · sin(second) > 0 for one alternative (first, second, sign) or more."""

    alternatives: tuple[tuple[AngleTerm, AngleTerm, float], ...]


Equation = Balance | Wrap | Angles | Lengths | Area
Term = Equation | Smaller | Narrow | Open | Sides


def is_trivial(term: Term) -> bool:
    """Whether the term holds in every figure, as `AB = BA` does."""
    match term:
        case Balance(size):
            return not (size.parts or size.radii or size.sines) and abs(size.constant) < _EXACT
        case Wrap(turn, period):
            return not turn.parts and abs(math.remainder(turn.constant, period)) < _EXACT
        case Angles(parts, value):
            return not _gathered(parts) and abs(value) < _EXACT
        case Lengths(parts, value):
            return not parts and abs(value) < _EXACT
        case _:
            return False


_EXACT: Final = 1e-12


def _gathered(parts: Iterable[tuple[AngleTerm, float]]) -> dict[AngleTerm, float]:
    total: dict[AngleTerm, float] = {}
    for turn, c in parts:
        total[turn] = total.get(turn, 0.0) + c
    return {turn: c for turn, c in total.items() if c}
