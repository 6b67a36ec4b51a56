"""Candidate figures → figures: damped least squares (Levenberg and Marquardt) on a whole batch of starts at once.

In: something that evaluates, and starting unknowns (starts, n). Out: the first candidate whose residuals all vanish,
or the nearest. It knows nothing of geometry. Batches make numpy's overhead per step small against the arithmetic;
calls of `scipy.optimize.least_squares`, one start at a time, do not.

Side conditions begin with generous margins, which keep candidates generic, and end with the ones they are judged by.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from asyncgeo.figure.effort import Deadline
from asyncgeo.figure.system import Array, Margins

FIGURE: Final = 1e-9
"""Largest residual of a figure, in radians or relative length. Sums round to 1e-15; a contradiction squeezed into the
margins, as a triangle with two right angles becomes very long, can get as low as 1e-6."""
_CLOSE: Final = 1e-5  # from here on it is worth polishing
_GAINED: Final = 0.7  # as long as a step leaves no more than this share

JUDGED: Final = Margins(distance=5e-3, sine=4e-3, size=1e-3)
"""Points nearer than this to each other, or to the line, or to the circle, coincide with it."""
GENERIC: Final = Margins(distance=0.05, sine=0.1, size=0.05)
"""What a figure that means no special case keeps."""
_GENEROUS: Final = Margins(distance=0.12, sine=0.12, size=0.1)
_FINE: Final = 0.2
"""Margins are at most this share of what is smallest in the figure by its conditions."""
_RELAXED_AFTER: Final = 14  # steps until margins are the judged ones

_REFINED: Final = 4  # steps of Newton's; the first leads from 1e-9 to 1e-18, unless equations nearly say the same
_ROUNDING: Final = 1e-17  # residual that no double can show
_FIRM: Final = 1e-12  # of the diagonal: equations that say the same twice are let stand, and what is free does not move
_TINY: Final = 1e-30

_STALLED_STEPS: Final = 8
_STALLED_GAIN: Final = 0.3  # a start that lowers its cost by less than this share in that number of steps is given up


class Evaluates(Protocol):
    """Residuals and their derivatives for a batch of unknowns."""

    def evaluate(self, unknowns: Array, margins: Margins) -> tuple[Array, Array]:
        """Shapes (starts, rows) and (starts, rows, unknowns)."""

    def residuals(self, unknowns: Array, margins: Margins) -> Array:
        """The residuals alone, as exact as the unknowns are."""


@dataclass(frozen=True, slots=True)
class Descent:
    """The best candidate, its largest residual, how many steps the batch took, and how far the others had come.

    The unknowns of a figure are as exact as the machine can say, beyond double precision where it can, so that sums of
    them (shifted, in the problem's unit) are exact once they are rounded.
    """

    unknowns: Array
    residual: float
    steps: int
    others: Array


def descend(
    system: Evaluates,
    starts: Array,
    steps: int,
    deadline: Deadline,
    *,
    margins: Margins | None = None,
    finest: float = 1.0,
) -> Descent:
    """At most that number of steps; stops when one start has become a figure, or none gets nearer.

    With `margins` these are kept throughout, and the residual is that under them. `finest` is how small the smallest
    part of the figure is against the whole (see `compose`). Raises TooMuch after the deadline.
    """
    state = _State(system, starts)
    for step in range(1, steps + 1):
        deadline.check()
        state.advance(narrowed(margins or _margins(step), finest))
        if state.residuals().min() < FIGURE:
            break
        if step > _RELAXED_AFTER and step % _STALLED_STEPS == 0 and not state.drop_stalled():
            break
    is_best = np.arange(len(state.unknowns)) == state.residuals().argmin()
    others = state.unknowns[np.logical_not(is_best)]
    state.keep(is_best)
    return _polish(state, step, narrowed(margins or JUDGED, finest), others)


def descend_all(
    system: Evaluates, starts: Array, steps: int, deadline: Deadline, *, since: int = 0, finest: float = 1.0
) -> Iterator[Array]:
    """Every start that becomes a figure within the steps, as it does; of which it has gone some already.

    Raises TooMuch after the deadline.
    """
    if not len(starts):
        return
    state = _State(system, starts)
    for step in range(since + 1, steps + 1):
        deadline.check()
        state.advance(narrowed(_margins(step), finest))
        found = state.residuals() < FIGURE
        if found.any():
            yield from state.unknowns[found]
            state.keep(np.logical_not(found))
        if not len(state.unknowns):
            return
        if step > _RELAXED_AFTER and step % _STALLED_STEPS == 0 and not state.drop_stalled():
            return


def narrowed(margins: Margins, finest: float) -> Margins:
    """The margins in a figure with parts as small as this."""
    most = _FINE * finest
    return Margins(min(margins.distance, most), min(margins.sine, most), margins.size)


def _polish(state: "_State", step: int, margins: Margins, others: Array) -> Descent:
    """The margins to be judged by, and a few more steps where they gain digits; a figure gets all digits there are."""
    state.renew(margins)
    before = _CLOSE
    residual = state.worst()
    while FIGURE < residual < _GAINED * before:
        before = residual
        state.advance(margins)
        residual = state.worst()
        step += 1
    if residual < FIGURE:
        return Descent(*state.refine(margins), step, others)
    return Descent(state.unknowns[0], residual, step, others)


def _margins(step: int) -> Margins:
    share = max(0.0, 1 - step / _RELAXED_AFTER)

    def between(low: float, high: float) -> float:
        return float(low * (high / low) ** share)

    return Margins(
        between(JUDGED.distance, _GENEROUS.distance),
        between(JUDGED.sine, _GENEROUS.sine),
        between(JUDGED.size, _GENEROUS.size),
    )


class _State:
    """The batch: unknowns, residuals, derivatives, and the damping of each start."""

    def __init__(self, system: Evaluates, starts: Array) -> None:
        self._system = system
        self.unknowns = starts
        self._damping: Array = np.full(len(starts), 1e-2)
        self._rows, self._slopes = system.evaluate(starts, _GENEROUS)
        self._remembered = self._costs()

    def residuals(self) -> Array:
        """The largest residual of each start."""
        worst: Array = np.abs(self._rows).max(axis=1, initial=0.0)
        return worst

    def worst(self) -> float:
        """The largest residual of the first start."""
        return float(np.abs(self._rows[0]).max(initial=0.0))

    def renew(self, margins: Margins) -> None:
        """Evaluate again, under other margins."""
        self._rows, self._slopes = self._system.evaluate(self.unknowns, margins)

    def advance(self, margins: Margins) -> None:
        """One step for every start; a step that does not lower the cost is taken back and shortened."""
        transposed = self._slopes.transpose(0, 2, 1)
        normal = transposed @ self._slopes
        gradient = (transposed @ self._rows[:, :, None])[:, :, 0]
        diagonal = np.einsum("sii->si", normal)
        diagonal += self._damping[:, None] * (diagonal + 1e-3 * diagonal.mean(axis=1, keepdims=True) + 1e-9)
        trial = self.unknowns - np.linalg.solve(normal, gradient[:, :, None])[:, :, 0]
        with np.errstate(over="ignore", invalid="ignore"):  # a wild step, which is taken back
            rows, slopes = self._system.evaluate(trial, margins)
        better = np.einsum("sm,sm->s", rows, rows) < self._costs()
        self._damping = np.clip(np.where(better, self._damping * 0.25, self._damping * 4), 1e-10, 1e8)
        self.unknowns = np.where(better[:, None], trial, self.unknowns)
        self._rows = np.where(better[:, None], rows, self._rows)
        self._slopes = np.where(better[:, None, None], slopes, self._slopes)

    def refine(self, margins: Margins) -> tuple[Array, float]:
        """The first start after a few steps of Newton's, its residuals in the widest numbers there are; and the worst.

        Side conditions that are violated take part. A step that gets no nearer is taken back.
        """
        slopes = self._slopes[0]
        normal = slopes.T @ slopes
        normal += np.diag(_FIRM * (normal.diagonal() + normal.diagonal().mean()) + _TINY)
        exact: Array = self.unknowns.astype(np.longdouble)
        rows = self._system.residuals(exact, margins)
        worst = np.abs(rows).max(initial=0.0)
        for _ in range(_REFINED):
            if worst < _ROUNDING:
                break
            trial = exact - np.linalg.solve(normal, slopes.T @ rows[0].astype(np.float64))
            after = self._system.residuals(trial, margins)
            if not np.abs(after).max(initial=0.0) < worst:
                break
            exact, rows, worst = trial, after, np.abs(after).max(initial=0.0)
        return exact[0], float(worst)

    def drop_stalled(self) -> bool:
        """Give up starts that no longer gain; whether any is left. The best one is kept either way."""
        costs = self._costs()
        gaining = costs < (1 - _STALLED_GAIN) * self._remembered
        alive = bool(gaining.any())
        gaining[costs.argmin()] = True
        self._remembered = costs
        self.keep(gaining)
        return alive

    def keep(self, chosen: NDArray[np.bool_]) -> None:
        """Drop all starts but the chosen."""
        self.unknowns, self._damping = self.unknowns[chosen], self._damping[chosen]
        self._rows, self._slopes = self._rows[chosen], self._slopes[chosen]
        self._remembered = self._remembered[chosen]

    def _costs(self) -> Array:
        costs: Array = np.einsum("sm,sm->s", self._rows, self._rows)
        return costs
