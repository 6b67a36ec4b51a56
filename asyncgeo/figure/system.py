"""A sketch as stacked arrays: residuals of many candidate figures at once, with their exact derivatives.

In: a `Sketch`. Out: `System`, whose `evaluate` takes unknowns of shape (figures, n) and gives residuals (figures, m)
and derivatives (figures, m, n). Unknowns are all x, then all y, then the logarithms of the radii. It knows neither
conditions nor how a solution is found.

Rows come in the order equations, side conditions, distances. Each row is, to first order, a weighted sum of the logs
and turns of directions, so only the weights differ between kinds of terms, and one product with the incidence matrix
(which point begins or ends which direction) makes them derivatives.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asyncgeo.figure.effort import CELLS, TooMuch
from asyncgeo.figure.sketch import Sketch
from asyncgeo.figure.terms import (
    FULL,
    HALF,
    Angles,
    AngleTerm,
    Area,
    Balance,
    Equation,
    Lengths,
    Narrow,
    Open,
    Parts,
    Sides,
    Size,
    Smaller,
    Term,
    Wrap,
)

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

_TINY: Final = 1e-24  # keeps the square of a vanished distance from dividing by zero


@dataclass(frozen=True, slots=True)
class Margins:
    """How far side conditions must be from their limit: distances over the diameter, sines, logs."""

    distance: float
    sine: float
    size: float


class Turns(NamedTuple):
    """Stacked turns: weights (rows, directions) and constants (rows)."""

    weights: Array
    constant: Array

    def of(self, args: Array) -> Array:
        """Their values, given the turns of the directions."""
        return args @ self.weights.T + self.constant


class Sizes(NamedTuple):
    """Stacked sizes; `sines` are the turns whose log|sin| enters with the weights `by_sine`."""

    weights: Array
    by_radius: Array
    by_sine: Array
    sines: Turns
    constant: Array


class Equations(NamedTuple):
    """Rows and their weights on logs, turns and radii; a weight that is 0 throughout is None.

    `active` says which rows count; where it is None all do.
    """

    rows: Array
    logs: Array | None = None
    args: Array | None = None
    radii: Array | None = None
    active: NDArray[np.bool_] | None = None


class System:
    """The arrays of one sketch. Raises TooMuch where they would be too large."""

    def __init__(self, sketch: Sketch) -> None:
        self.points: Final = sketch.count
        apart = [sketch.arg(i, j).parts[0][0] for i, j in combinations(sorted(set(_visible(sketch))), 2)]
        self.cells: Final = (len(apart) + sum(map(_rows_of, sketch.terms))) * len(sketch.directions)
        """How many numbers the weights of one candidate are."""
        if self.cells > CELLS:
            raise TooMuch(f"more than {CELLS:,} coefficients in its equations")
        self._stack = _Stack(len(sketch.directions), len(sketch.radii))
        self.apart: Final[Indices] = np.array(apart, dtype=np.intp)
        pairs = np.array(list(sketch.directions), dtype=np.intp).reshape(-1, 2)
        self.incidence: Final[Array] = np.zeros((len(pairs), sketch.count))
        self.incidence[np.arange(len(pairs)), pairs[:, 0]] = -1
        self.incidence[np.arange(len(pairs)), pairs[:, 1]] = 1
        self.unknowns: Final = 2 * sketch.count + len(sketch.radii)
        self._apart_weights = -self._stack.matrix([((k, 1.0),) for k in apart])
        order = _order(sketch.terms)
        self.owners: Final[Indices] = np.array([sketch.owners[k] for k in order], dtype=np.intp)
        """The owner of each row; the distances after them have none."""
        self.equations: Final = sum(isinstance(term, Equation) for term in sketch.terms)
        self._arrange(sketch.terms)

    def _arrange(self, terms: Sequence[Term]) -> None:
        stack = self._stack
        self._balances = stack.sizes(t.size for t in terms if isinstance(t, Balance))
        self._smaller = stack.sizes(t.size for t in terms if isinstance(t, Smaller))
        wraps = [t for t in terms if isinstance(t, Wrap)]
        self._wraps = stack.turns(t.turn for t in wraps)
        self._periods: Array = np.array([t.period for t in wraps])
        angles = [t for t in terms if isinstance(t, Angles)]
        self._angle_turns = stack.turns(turn for t in angles for turn, _ in t.parts)
        self._angle_weights = _spread([[c for _, c in t.parts] for t in angles])
        self._angle_values: Array = np.array([t.value for t in angles])
        lengths = [t for t in terms if isinstance(t, Lengths)]
        self._length_weights = stack.matrix([t.parts for t in lengths])
        self._length_values: Array = np.array([t.value for t in lengths])
        areas = [t for t in terms if isinstance(t, Area)]
        spokes = [part for t in areas for part in t.parts]
        self._one_spoke = stack.matrix([((i, 1.0),) for i, _, _ in spokes])
        self._next_spoke = stack.matrix([((j, 1.0),) for _, j, _ in spokes])
        self._area_weights = _spread([[0.5 * sign for _, _, sign in t.parts] for t in areas])
        self._area_values: Array = np.array([t.value for t in areas])
        self._narrow = stack.turns(t.turn for t in terms if isinstance(t, Narrow))
        self._open = stack.turns(t.turn for t in terms if isinstance(t, Open))
        sides = [t.alternatives for t in terms if isinstance(t, Sides)]
        self._first = stack.turns(first for group in sides for first, _, _ in group)
        self._second = stack.turns(second for group in sides for _, second, _ in group)
        self._signs: Array = np.array([sign for group in sides for _, _, sign in group])
        self._groups = _padded([len(group) for group in sides])

    def evaluate(self, unknowns: Array, margins: Margins) -> tuple[Array, Array]:
        """Residuals and derivatives of every figure of `unknowns`."""
        dx, dy, square = self._differences(unknowns)
        blocks = list(self._blocks(dx, dy, square, unknowns, margins))
        rows = np.concatenate([block.rows for block in blocks], axis=1)
        slopes = np.zeros((len(unknowns), rows.shape[1], self.unknowns))
        x, y = (dx / square)[:, :, None] * self.incidence, (dy / square)[:, :, None] * self.incidence
        by_log, by_arg = np.concatenate([x, y], axis=2), np.concatenate([-y, x], axis=2)
        at = 0
        for block in blocks:
            place = slopes[:, at : at + block.rows.shape[1]]
            at += block.rows.shape[1]
            self._slope(block, by_log, by_arg, place)
        return rows, slopes

    def residuals(self, unknowns: Array, margins: Margins) -> Array:
        """The residuals alone, as exact as the unknowns are."""
        blocks = self._blocks(*self._differences(unknowns), unknowns, margins)
        return np.concatenate([block.rows for block in blocks], axis=1)

    def _differences(self, unknowns: Array) -> tuple[Array, Array, Array]:
        n = self.points
        dx, dy = unknowns[:, :n] @ self.incidence.T, unknowns[:, n : 2 * n] @ self.incidence.T
        return dx, dy, dx * dx + dy * dy + _TINY

    def _slope(self, block: Equations, by_log: Array, by_arg: Array, place: Array) -> None:
        """Write the derivatives of the block's rows, of which most side conditions have none."""
        if not block.rows.size or (block.active is not None and not block.active.any()):
            return
        of_points, of_radii = place[:, :, : 2 * self.points], place[:, :, 2 * self.points :]
        if block.logs is not None:
            of_points += block.logs @ by_log
        if block.args is not None:
            of_points += block.args @ by_arg
        if block.radii is not None:
            of_radii += block.radii
        if block.active is not None:
            place *= block.active[:, :, None]

    def _blocks(self, dx: Array, dy: Array, square: Array, unknowns: Array, margins: Margins) -> Iterable[Equations]:
        logs, args, radii = 0.5 * np.log(square), np.arctan2(dy, dx), unknowns[:, 2 * self.points :]
        yield _balance(self._balances, logs, args, radii)
        turns = self._wraps.of(args)
        yield Equations(turns - self._periods * np.round(turns / self._periods), args=self._wraps.weights[None])
        if self._angle_values.size:  # of the rest most figures have nothing
            yield self._angles(args)
        if self._length_values.size:
            yield self._lengths(logs)
        if self._area_values.size:
            yield self._areas(logs, args)
        if self._smaller.constant.size:
            yield _hinge(_balance(self._smaller, logs, args, radii), margins.size)
        if self._narrow.constant.size:
            yield _bounded(self._narrow, args, 1.0, margins.sine - HALF / 2)
        if self._open.constant.size:
            yield _bounded(self._open, args, -1.0, margins.sine)
        if len(self._groups):
            yield self._sides(args, margins)
        yield self._distances(logs, margins)

    def _angles(self, args: Array) -> Equations:
        turns = self._angle_turns.of(args)
        turns -= FULL * np.round(turns / FULL)
        rows = np.abs(turns) @ self._angle_weights.T - self._angle_values
        weights = (self._angle_weights * np.sign(turns)[:, None, :]) @ self._angle_turns.weights
        return Equations(rows, args=weights)

    def _lengths(self, logs: Array) -> Equations:
        lengths = np.exp(logs)
        scale = lengths @ np.abs(self._length_weights).T + self._length_values
        rows = (lengths @ self._length_weights.T - self._length_values) / scale
        weights = self._length_weights - rows[:, :, None] * np.abs(self._length_weights)
        return Equations(rows, logs=weights * lengths[:, None, :] / scale[:, :, None])

    def _areas(self, logs: Array, args: Array) -> Equations:
        one, other = self._one_spoke, self._next_spoke
        size, turn = np.exp(logs @ (one + other).T), args @ (other - one).T
        across, along = size * np.sin(turn), size * np.cos(turn)
        total = across @ self._area_weights.T
        scale = np.abs(total) + self._area_values
        slope = (2 * self._area_values * np.sign(total) / scale**2)[:, :, None] * self._area_weights
        return Equations(
            (np.abs(total) - self._area_values) / scale,
            logs=(slope * across[:, None, :]) @ (one + other),
            args=(slope * along[:, None, :]) @ (other - one),
        )

    def _sides(self, args: Array, margins: Margins) -> Equations:
        first, second = self._first.of(args), self._second.of(args)
        sin1, sin2 = np.sin(first), np.sin(second)
        product = self._signs * sin1 * sin2
        root = np.sqrt(np.abs(product) + _TINY)
        value = np.sign(product) * root
        padded = np.concatenate([value, np.full((len(value), 1), -np.inf)], axis=1)[:, self._groups]
        best = padded.argmax(axis=2)
        chosen = self._groups[np.arange(len(self._groups))[None], best]
        figure = np.arange(len(value))[:, None]
        block = _active(Equations(margins.sine - value[figure, chosen]))
        if block.active is None or not block.active.any():
            return block
        slope = np.minimum(0.5 / root, 5.0) * self._signs  # the root is steep at 0; this is steep enough
        along1, along2 = (slope * np.cos(first) * sin2)[figure, chosen], (slope * sin1 * np.cos(second))[figure, chosen]
        weights = along1[:, :, None] * self._first.weights[chosen] + along2[:, :, None] * self._second.weights[chosen]
        return block._replace(args=-weights)

    def _distances(self, logs: Array, margins: Margins) -> Equations:
        chosen = logs[:, self.apart]
        widest = chosen.max(axis=1, initial=-np.inf, keepdims=True)
        return _active(Equations(np.log(margins.distance) + widest - chosen, logs=self._apart_weights))


_KINDS: Final = (Balance, Wrap, Angles, Lengths, Area, Smaller, Narrow, Open, Sides)


def _rows_of(term: Term) -> int:
    """How many turns or sizes of directions the term stacks."""
    match term:
        case Sides(alternatives):
            return 1 + 2 * len(alternatives)
        case Angles(parts, _) | Area(parts, _):
            return len(parts)
        case Balance(size) | Smaller(size):
            return 1 + len(size.sines)
        case _:
            return 1


def _order(terms: Sequence[Term]) -> list[int]:
    """The terms in the order of their rows."""
    return sorted(range(len(terms)), key=lambda k: _KINDS.index(type(terms[k])))


def _visible(sketch: Sketch) -> list[int]:
    """Points that must not coincide: those with a name, and those that fix lines."""
    return [*sketch.points.values(), *(end for ends in sketch.lines.values() for end in ends)]


def _balance(sizes: Sizes, logs: Array, args: Array, radii: Array) -> Equations:
    rows = logs @ sizes.weights.T + radii @ sizes.by_radius.T + sizes.constant
    if not sizes.by_sine.size:
        return Equations(rows, logs=sizes.weights[None], radii=sizes.by_radius[None])
    turns = sizes.sines.of(args)
    sine = np.sin(turns)
    rows = rows + 0.5 * np.log(sine * sine + _TINY) @ sizes.by_sine.T
    slope = np.cos(turns) * sine / (sine * sine + _TINY)
    weights = (sizes.by_sine * slope[:, None, :]) @ sizes.sines.weights
    return Equations(rows, logs=sizes.weights[None], args=weights, radii=sizes.by_radius[None])


def _bounded(turns: Turns, args: Array, sign: float, offset: float) -> Equations:
    """The rows sign · |turn| + offset, which must not be positive."""
    values = turns.of(args)
    values -= FULL * np.round(values / FULL)
    block = _active(Equations(sign * np.abs(values) + offset))
    if block.active is None or not block.active.any():
        return block
    return block._replace(args=sign * np.sign(values)[:, :, None] * turns.weights)


def _hinge(block: Equations, margin: float) -> Equations:
    return _active(block._replace(rows=block.rows + margin))


def _active(block: Equations) -> Equations:
    """A row counts only where it is positive."""
    return block._replace(rows=np.maximum(block.rows, 0), active=block.rows > 0)


def _padded(counts: Sequence[int]) -> Indices:
    """Row k: the positions of group k in the flat list of alternatives, filled up with the position after the last."""
    groups = np.full((len(counts), max(counts, default=1)), sum(counts), dtype=np.intp)
    at = 0
    for row, count in enumerate(counts):
        groups[row, :count] = np.arange(at, at + count)
        at += count
    return groups


def _spread(coefficients: Sequence[Sequence[float]]) -> Array:
    """Row k: the coefficients of equation k, at the positions of its parts in the flat list of parts."""
    matrix = np.zeros((len(coefficients), sum(map(len, coefficients))))
    at = 0
    for row, values in enumerate(coefficients):
        matrix[row, at : at + len(values)] = values
        at += len(values)
    return matrix


class _Stack(NamedTuple):
    """Terms → arrays, for this number of directions and radii."""

    directions: int
    radii: int

    def matrix(self, rows: Sequence[Parts], width: int | None = None) -> Array:
        stacked = np.zeros((len(rows), self.directions if width is None else width))
        for row, parts in enumerate(rows):
            for index, c in parts:
                stacked[row, index] = c
        return stacked

    def turns(self, terms: Iterable[AngleTerm]) -> Turns:
        listed = list(terms)
        return Turns(self.matrix([turn.parts for turn in listed]), np.array([turn.constant for turn in listed]))

    def sizes(self, terms: Iterable[Size]) -> Sizes:
        listed = list(terms)
        return Sizes(
            self.matrix([size.parts for size in listed]),
            self.matrix([size.radii for size in listed], self.radii),
            _spread([[c for _, c in size.sines] for size in listed]),
            self.turns(turn for size in listed for turn, _ in size.sines),
            np.array([size.constant for size in listed]),
        )
