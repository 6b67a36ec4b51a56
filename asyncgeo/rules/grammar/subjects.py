"""What a clause without a subject speaks of: BE in BE平分∠ABC,交AC于D; the circle in 以AB为直径的⊙O交AC于D.

In: a match. Out: `Subject`, the lines or the circle named before it. It states no fact.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import Match
from asyncgeo.rules.tokens import BREAKS, Token


class Subject(NamedTuple):
    """Lines, a circle, or nothing that has a name.

    `ends` are those of other lines that the same clause names. Lines that are `unbounded` may meet beyond their ends;
    where they are `extended`, so may what they meet.
    """

    lines: list[list[str]]
    center: str | None = None
    ends: frozenset[str] = frozenset()
    unbounded: bool = False
    extended: bool = False

    def meeting(self, points: Sequence[str], lines: Sequence[list[str]]) -> Iterator[tuple[str, list[str]]]:
        """Which point is on which line of the subject: one line meets each other line once; of several each has one."""
        if len(self.lines) == 1 and len(points) == len(lines):
            yield from ((point, self.lines[0]) for point in points if point not in self.ends)
        elif len(self.lines) == len(points):
            yield from zip(points, self.lines, strict=True)


def grid(
    points: Sequence[str], first: Sequence[list[str]], second: Sequence[list[str]]
) -> Iterator[tuple[str, list[str]]]:
    """直线m、n分别交直线a、b、c于点A、B、C、D、E、F: the points of m, then of n, in the order of a, b, c."""
    few, many = sorted((first, second), key=len)
    if len(points) == len(few) * len(many) > len(many) > 1:
        for place, point in enumerate(points):
            yield point, few[place // len(many)]
            yield point, many[place % len(many)]


_COMPASS: Final = [SIGN_OF[word] for word in ("圆弧", "弧")]
"""What a compass draws has no name."""
_CIRCLE: Final = [SIGN_OF[word] for word in ("圆", "半圆")]
_DRAWN: Final = [SIGN_OF[word] for word in ("垂直平分线", "平分线", "切线", "平行线", "垂线", "中位线", "折痕")]
"""What these words draw meets under the name that follows them, DE in AB的垂直平分线DE, or under none."""
_EXTENDING: Final = frozenset(SIGN_OF[word] for word in ("延长线", "延长"))
_UNBOUNDED: Final = frozenset((*_EXTENDING, SIGN_OF["直线"], SIGN_OF["射线"]))
"""AB in 延长AB交CD于E, and in 直线AB交CD于E, is met somewhere on its line."""
_BETWEEN: Final = frozenset(SIGN_OF[word] for word in ("延长线", "延长", "和"))
"""What may stand between a subject and its verb."""
_RELATIONS: Final = frozenset(SIGN_OF[word] for word in ("∥", "⊥", "垂直平分"))
"""DE in DE∥BC交AC于E is the subject, not BC."""
_IS: Final = frozenset((SIGN_OF["是"], SIGN_OF["="], SIGN_OF["半径"], SIGN_OF["直径"]))
"""BC in BC为半径的圆交AB于D is the radius, l in l与半径为5的圆交于A is the subject."""
_MEETING: Final = frozenset((SIGN_OF["交"], SIGN_OF["和"]))
"""交AC于D opens with what is met: its subject stands before it."""
_THROUGH: Final = re.compile(f"P{SIGN_OF['作']}?[{SIGN_OF['直线']}{SIGN_OF['共线']}](?![sl])")
"""过点O的直线交AD于E, 过点O作一条直线交AD于E: a line without a name."""
_STRAIGHT: Final = f"[{SIGN_OF['平行线']}{SIGN_OF['垂线']}{SIGN_OF['直线']}]"
_RAY: Final = re.compile(
    f"(?:(?P<x>X){SIGN_OF['平分线']}|{SIGN_OF['过']}(?P<p>P)[^P,;.]*?{_STRAIGHT})(?![sl])[^P;.]*?{SIGN_OF['于']}P"
)
"""A line that has no name, up to the first point that it is said to meet."""
_PARALLEL: Final = SIGN_OF["∥"]
"""Three parallels are met together: l1∥l2∥l3,且分别交直线a,b于点A、B、C、D、E、F."""
_ROUND: Final = re.compile(f"(?:{SIGN_OF['以']}.*?)?[{SIGN_OF['直径']}{SIGN_OF['半径']}].*?([C{''.join(_CIRCLE)}])")
"""The circle in 以AB为直径的圆 and in 以C为圆心,CB为半径作圆."""


def subject_of(found: Match, count: int = 1) -> Subject:
    """What stands just before the match, up to `count` lines; else what its clause or the one before names."""
    signs, end = found.row.signs, found.place
    subject = _adjacent(found, count)
    start = _clause(signs, end)
    while subject is None and end > 0:
        start = _clause(signs, end)
        subject = None if signs[start : start + 1] in _MEETING else _named(found, start, end, count)
        if signs[start - 1 : start] == ".":
            break
        end = start - 1
    subject, between = subject or Subject([]), set(signs[start : found.place])
    unbounded = subject.unbounded or bool(between & _UNBOUNDED)
    return subject._replace(unbounded=unbounded, extended=bool(between & _EXTENDING))


def _clause(signs: str, end: int) -> int:
    """Where the clause begins that ends at `end`."""
    return max(signs.rfind(sign, 0, end) for sign in BREAKS) + 1


def _adjacent(found: Match, count: int) -> Subject | None:
    """⊙O in ⊙O交AC于D; the semicircle in 以AB为直径的半圆交AC于D; BE and CF in BE、CF分别交AD于G、H."""
    signs, tokens = found.row.signs, found.row.tokens
    spot = found.place - 1
    while spot >= 0 and signs[spot] in _BETWEEN:
        spot -= 1
    if spot < 0:
        return None
    if signs[spot] == "C":
        return Subject([], tokens[spot].points[0])
    if signs[spot] in _CIRCLE:
        return Subject([], found.scene.circle(spot))
    while spot >= 2 and signs[spot] in "sl" and signs[spot - 1] in _RELATIONS and signs[spot - 2] in "sl":  # noqa: PLR2004
        spot -= 2
    lines = _listed(found, spot, SIGN_OF["和"] + ",")
    if not 1 < len(lines) <= count or (count % len(lines) and not found.opens()):
        lines = _listed(found, spot, SIGN_OF["和"])
    return Subject(lines) if lines else None


def _listed(found: Match, last: int, joints: str) -> list[list[str]]:
    """The lines of the list that ends at `last`; none where a relation governs its first."""
    signs, first = found.row.signs, last
    while first > 1 and signs[first - 1] in joints and signs[first - 2] in "sl":
        first -= 2
    governed = first < last and signs[first - 1] in _RELATIONS
    return [_line(found.row.tokens[spot]) for spot in range(first, last + 1, 2) if signs[spot] in "sl" and not governed]


def _named(found: Match, start: int, end: int, count: int) -> Subject | None:
    """The line or circle that a clause speaks of: AD in AD是…; what is named after a drawn line; else its first."""
    signs, tokens = found.row.signs, found.row.tokens
    spots = [spot for spot in range(start, end) if tokens[spot].sign in "sCl" and signs[spot - 1] != SIGN_OF["沿"]]
    if any(sign in signs[start:end] for sign in _COMPASS):
        return Subject([])
    drawn_circle = _ROUND.search(signs, start, end)
    before = [spot for spot in spots if drawn_circle and spot < drawn_circle.start()]
    if drawn_circle and all(signs[spot + 1] in _IS for spot in before):
        return Subject([], found.scene.circle(drawn_circle.end() - 1))
    if spots and signs[spots[0] + 1 : spots[0] + 2] == SIGN_OF["是"]:
        return Subject([_line(tokens[spots[0]])])
    met = signs.find(SIGN_OF["交"], start, end)
    drawn = max(signs.rfind(sign, start, end if met < 0 else met) for sign in _DRAWN)
    if drawn >= 0 or _THROUGH.search(signs, start, end):
        named = _name_of_drawn(found, drawn, end)
        return Subject(named) if named else Subject(_unnamed(found, start, end), unbounded=True)
    return _first(found, spots, count) if spots else None


def _first(found: Match, spots: list[int], count: int) -> Subject:
    """What is named first: a circle, a line, or as many lines as are met, OE与OF in 连接OE与OF,交⊙O于点C、D."""
    tokens = found.row.tokens
    if tokens[spots[0]].sign == "C":
        return Subject([], tokens[spots[0]].points[0])
    last = spots[0] + 2 * (count - 1)
    lines = _listed(found, last, SIGN_OF["和"]) if last in spots else []
    if len(lines) != count:
        row = [spot for spot in spots if all(found.row.signs[k] in _PARALLEL for k in range(spots[0] + 1, spot, 2))]
        lines = [_line(tokens[spot]) for spot in (row if len(row) > 2 else spots[:1])]  # noqa: PLR2004 - three parallels
    return Subject(lines, ends=frozenset(point for spot in spots[len(lines) :] for point in tokens[spot].points))


def _name_of_drawn(found: Match, drawn: int, end: int) -> list[list[str]]:
    """DE in AB的垂直平分线DE and in AB的垂直平分线为DE: the name that stands at the word."""
    if drawn < 0:
        return []
    name = drawn + 1 + found.row.signs.startswith(SIGN_OF["是"], drawn + 1)
    return [_line(token) for token in found.row.tokens[name : min(name + 1, end)] if token.sign in "sl"]


def _unnamed(found: Match, start: int, end: int) -> list[list[str]]:
    """B and E in ∠ABC的平分线交AD于E and in 过点B的直线交AD于E: where the line starts, and where it first meets."""
    ray = _RAY.search(found.row.signs, start, end)
    if ray is None:
        return []
    first, met = found.row.tokens[ray.start(ray.lastgroup or 0)].points, found.row.tokens[ray.end() - 1].points[0]
    origin = first[1] if len(first) > 1 else first[0]
    return [[origin, met]] if met != origin else []


def _line(token: Token) -> list[str]:
    return list(token.points) or [token.text]
