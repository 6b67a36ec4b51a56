"""Strokes that overlap → each part of a line once, solid or dashed.

In: strokes in pixels, by what asks for them. Out: solid and dashed strokes, none over another. It knows no figure.

    gone        what is folded away       dashed, whatever else runs there
    firm        segments                  solid
    beyond      extensions                dashed, where nothing firm runs
    weak        sides of angles           solid, where nothing else runs
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from asyncgeo.figure.draw import Point
from asyncgeo.figure.plane import TOUCH, Stroke, dot, unit

_SHORT: Final = 1.0  # pixels; shorter pieces are left out

Span = tuple[float, float]


class Drawn(NamedTuple):
    """What is drawn of all strokes."""

    solid: list[Stroke]
    dashed: list[Stroke]


@dataclass(slots=True)
class Layers:
    """Strokes by what asks for them."""

    firm: list[Stroke] = field(default_factory=list)
    weak: list[Stroke] = field(default_factory=list)
    beyond: list[Stroke] = field(default_factory=list)
    gone: list[Stroke] = field(default_factory=list)

    def drawn(self) -> Drawn:
        """Line by line, the longest first."""
        lines: list[_SpansOfLine] = []
        kinds = self.firm, self.weak, self.beyond, self.gone
        told = [(math.dist(*stroke), kind, stroke) for kind, strokes in enumerate(kinds) for stroke in strokes]
        for length, kind, stroke in sorted(told, reverse=True):  # the longest says best where the line runs
            if length >= _SHORT:
                _line_of(stroke, lines).add(kind, stroke)
        found = [line.drawn() for line in lines]
        return Drawn([s for each in found for s in each.solid], [s for each in found for s in each.dashed])


class _SpansOfLine:
    """The spans of each kind along one line."""

    def __init__(self, stroke: Stroke) -> None:
        self._start, self._along = stroke[0], unit(*stroke)
        self._spans: tuple[list[Span], ...] = ([], [], [], [])

    def carries(self, place: Point) -> bool:
        x, y = place[0] - self._start[0], place[1] - self._start[1]
        return abs(x * self._along[1] - y * self._along[0]) < TOUCH

    def add(self, kind: int, stroke: Stroke) -> None:
        a, b = (dot((x - self._start[0], y - self._start[1]), self._along) for x, y in stroke)
        self._spans[kind].append((min(a, b), max(a, b)))

    def drawn(self) -> Drawn:
        firm, weak, beyond, gone = self._spans
        dashed = _less(beyond, firm)
        solid = _less(_joined([*firm, *_less(weak, dashed)]), gone)
        return Drawn(self._placed(solid), self._placed(_joined([*dashed, *gone])))

    def _placed(self, spans: Iterable[Span]) -> list[Stroke]:
        return [(self._place(low), self._place(high)) for low, high in spans]

    def _place(self, along: float) -> Point:
        return self._start[0] + along * self._along[0], self._start[1] + along * self._along[1]


def _line_of(stroke: Stroke, lines: list[_SpansOfLine]) -> _SpansOfLine:
    for line in lines:
        if line.carries(stroke[0]) and line.carries(stroke[1]):
            return line
    lines.append(_SpansOfLine(stroke))
    return lines[-1]


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans that overlap or touch as one."""
    found: list[Span] = []
    for low, high in sorted(spans):
        if found and low <= found[-1][1] + TOUCH:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((low, high))
    return found


def _less(spans: Sequence[Span], taken: Sequence[Span]) -> list[Span]:
    """What is left of the spans where nothing is taken."""
    left = _joined(spans)
    for low, high in taken:
        left = [part for a, b in left for part in ((a, min(b, low)), (max(a, high), b)) if part[1] - part[0] > _SHORT]
    return left
