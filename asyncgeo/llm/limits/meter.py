"""How much went out per second lately. In: amounts, with the time. Out: a rate. Pure."""

from collections import deque
from typing import Final

_CELL: Final = 0.1
_CELLS: Final = 20
"""Two seconds in cells of a tenth: long enough to average a burst, short enough to follow a change."""


class Meter:
    """A sliding window over amounts."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._empty = True
        self._cells: deque[tuple[int, float]] = deque()

    def add(self, amount: float, now: float) -> None:
        """So much went out; the window begins with the first."""
        if self._empty:
            self._began, self._empty = now, False
        cell = int(now / _CELL)
        if self._cells and self._cells[-1][0] == cell:
            amount += self._cells.pop()[1]
        self._cells.append((cell, amount))
        self._drop(cell)

    def per_second(self, now: float) -> float:
        """The rate over the window, or over the time since the start where that is shorter."""
        self._drop(int(now / _CELL))
        span = min(max(now - self._began, _CELL), _CELL * _CELLS)
        return sum(amount for _, amount in self._cells) / span

    def _drop(self, cell: int) -> None:
        while self._cells and self._cells[0][0] <= cell - _CELLS:
            self._cells.popleft()
