"""A parse and the key of its problem → whether what is asked comes out as the key, in several figures.

In: a `Parse` with its text and key, and the figure that was found. Out: an `AnswerVerdict`, the same for the same
parse.

    text ─ asked ─ no: not measured
             └ moved: it changes ─ open
                 └ in other figures ─ one value ─ the key: right · not the key: a score more, then wrong
                             └ a few ─ one of them wanders: open · none: several

"wrong" says that parse or key is wrong, so it is said last: the value is the same wherever it was looked for, and no
reading of unit or rounding makes it the key.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final

from asyncgeo.figure import Deadline, Figure, draw
from asyncgeo.figure.effort import TooMuch
from asyncgeo.figure.measure import lacking, measure
from asyncgeo.figure.vary import more, moved, others
from asyncgeo.rules.asking import asked as asked_by
from asyncgeo.schema.asked import Asked, NotMeasured
from asyncgeo.schema.verdict import AnswerState, AnswerVerdict
from asyncgeo.schema.words import quantity
from asyncgeo.store.parses import Parse
from asyncgeo.verify.key import SAME, Expected, choice, expected, rounding, written

_FIGURES: Final = 5
_STARTS: Final = 8
"""For further figures where the other starts of the first search led to fewer."""
_BEFORE_WRONG: Final = 24
"""Starts before a value is believed that is not the key: what one figure in five shows is missed once in 200."""
_MOST_VALUES: Final = 6  # of a figure that can move; a quantity with more of them wanders
_SHOWN: Final = 4  # values in a verdict
_SECONDS: Final = 5.0


def answered(parse: Parse, figure: Figure | None = None, deadline: Deadline | None = None) -> AnswerVerdict:
    """The verdict; with the `figure` of the parse where there is one already. It raises for no parse."""
    found = asked_by(parse.original)
    if isinstance(found, NotMeasured):
        return AnswerVerdict("not measured", why=f"{found.reason}: {found.detail}".rstrip(": "))
    until = deadline or Deadline(_SECONDS)
    drawn = figure or draw(parse.conditions, parse.objects, text=f"{parse.text} {parse.original}", deadline=until)
    if why := _obstacle(drawn) or lacking(found, drawn):
        return AnswerVerdict("not measured", quantity(found), key=written(parse.key), why=why)
    try:
        return _Measured(parse, found, drawn, until).verdict()
    except (TooMuch, ArithmeticError, ValueError, MemoryError) as error:
        why = str(error) or type(error).__name__
        return AnswerVerdict("not measured", quantity(found), key=written(parse.key), why=why)


def _obstacle(figure: Figure) -> str:
    if figure.unjudged:
        return figure.unjudged
    return "" if figure.drawable else "the parse cannot be drawn"


@dataclass(frozen=True, slots=True)
class _Measured:
    """One parse, and what is asked of it."""

    parse: Parse
    asked: Asked
    figure: Figure
    deadline: Deadline

    def verdict(self) -> AnswerVerdict:
        """1. does it wander, 2. what values has it, 3. is one of them the key."""
        if wandering := self._wandering(self.figure):
            return self._said("open", wandering, why=self._freedom())
        key = self._expected()
        seen = [(value, figure) for value, figure in self._values(self._first_figures())]
        if isinstance(key, Expected) and not any(key.is_met(value) for value, _ in seen):
            seen += self._values(self._further(_BEFORE_WRONG))
        distinct = _distinct(seen, self._same)
        values = [value for value, _ in distinct]
        if len(distinct) == 1:
            return self._settled(values[0], key)
        if self.figure.freedom and (len(distinct) > _MOST_VALUES or any(map(self._wandering, _figures(distinct)))):
            return self._said("open", values, why=self._freedom())
        is_among = isinstance(key, Expected) and any(map(key.is_met, values))
        return self._said("several", values, among=is_among, why=key if isinstance(key, str) else "")

    def _settled(self, value: float, key: Expected | str | None) -> AnswerVerdict:
        """One value in all figures."""
        if key is None:
            return self._said("determined", [value])
        if isinstance(key, str):
            return self._said("not measured", [value], why=key)
        if key.is_met(value):
            return self._said("right", [value])
        if key.is_near(value):
            return self._said("not measured", [value], why="it differs from the key by no more than roundings may")
        other = choice(value, self.parse.key, self.asked, self.parse.original)
        return self._said("wrong", [value], why=f"another choice: {other}" if other else "none of the choices")

    def _expected(self) -> Expected | str | None:
        """None without a key."""
        parse = self.parse
        return expected(parse.key, self.asked, parse.original, parse.conditions) if written(parse.key) else None

    def _first_figures(self) -> Iterator[Figure]:
        """Five at least, where that many are found; some for each choice that the parse leaves."""
        found = [self.figure, *others(self.figure, self.deadline)]
        yield from found
        solved = self.figure.solved
        if len(found) < _FIGURES or (solved is not None and solved.sketch.choices):
            yield from islice(self._further(_STARTS), max(_FIGURES - len(found), 0) or None)

    def _further(self, starts: int) -> Iterator[Figure]:
        return more(self.figure, self.parse.conditions, self.parse.objects, starts, self.deadline, seed=starts)

    def _values(self, figures: Iterable[Figure]) -> Iterator[tuple[float, Figure]]:
        for figure in figures:
            if (value := measure(self.asked, figure)) is not None:
                yield value, figure

    def _wandering(self, figure: Figure) -> list[float]:
        """Values to which the figure can move; none where it has but one."""
        value: Callable[[Figure], float | None] = partial(measure, self.asked)
        reached = [(found, each) for found, each in self._values([figure, *moved(figure, value, self.deadline)])]
        distinct = _distinct(reached, self._same)
        return [found for found, _ in distinct] if len(distinct) > 1 else []

    @property
    def _same(self) -> float:
        """Relative difference of two values that are one."""
        return max(SAME, rounding(self.parse.conditions) if self.figure.rounded else 0.0)

    def _freedom(self) -> str:
        solved, asked = self.figure.solved, self.asked
        if asked.dimension in ("length", "area") and solved is not None and not solved.sketch.has_scale:
            return "the parse gives no length"
        ways = self.figure.freedom or 0
        return f"{ways} degree{'s' * (ways != 1)} of freedom left"

    def _said(
        self, state: AnswerState, values: Iterable[float], *, among: bool = False, why: str = ""
    ) -> AnswerVerdict:
        shown = tuple(float(f"{value:.7g}") for value in sorted(values)[:_SHOWN])
        return AnswerVerdict(state, quantity(self.asked), shown, written(self.parse.key), among, why)


def _figures(distinct: Iterable[tuple[float, Figure]]) -> Iterator[Figure]:
    return (figure for _, figure in distinct)


def _distinct(values: Iterable[tuple[float, Figure]], same: float) -> list[tuple[float, Figure]]:
    """The values that differ, the least first, each with a figure that has it."""
    found: list[tuple[float, Figure]] = []
    for value, figure in sorted(values, key=lambda each: each[0]):
        if not found or value - found[-1][0] > same * max(1.0, abs(value)):
            found.append((value, figure))
    return found
