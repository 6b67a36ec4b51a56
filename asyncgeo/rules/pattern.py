"""The language of clause patterns, and what a clause function is given of a match.

In: a pattern, written in the words of the lexicon and the signs of names and values. Out: `Clause`, and for each
match `Match`. It knows no clause and no fact.

    {p:Ps} 是 {s:Ss} 中点        "D、E是AB、AC的中点"

    P point   S segment   T triangle   Q quadrilateral   G polygon of any size   L segment or named line   X angle
    C circle  K circle, named or not   n number    d degrees    v number or degrees    … a short stretch of the clause
    Ps Ss Ls Xs Cs  lists, joined by 和 or commas; {name:…} a group; ( | ) ? * + as in regular expressions
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from asyncgeo.rules import letters
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.needs import needs
from asyncgeo.rules.scene import Scene
from asyncgeo.rules.tokens import Token, TokenRow
from asyncgeo.schema.conditions import Condition

_FIGURES: Final = (
    "三角形",
    "直角三角形",
    "等腰三角形",
    "等边三角形",
    "等腰直角三角形",
    "四边形",
    "平行四边形",
    "正方形",
    "矩形",
    "菱形",
    "梯形",
    "等腰梯形",
    "直角梯形",
    "筝形",
    "多边形",
    "正多边形",
)


_FORE: Final = (
    *("弦", "直线", "射线", "半径", "直径", "切线", "对角线", "割线", "高", "中线", "中位线", "折痕", "斜边", "底"),
    *("三角形", "四边形", "平行四边形", "正方形", "矩形", "菱形", "梯形"),
)
"""What may stand before the name of a segment: 弦AB; 矩形的边AB."""


def _class(words: Iterable[str]) -> str:
    return "[" + "".join(SIGN_OF[word] for word in words) + "]"


_KIND: Final = f"{_class(_FIGURES)}?"
_ATOMS: Final = {
    "P": f"{_class(('顶点', '交点', '圆心', '切点'))}?P",
    "S": f"{_class(_FORE)}*s",
    "L": f"{_class(_FORE)}*[sl]",
    "T": f"{_KIND}t",
    "Q": f"{_KIND}q",
    "G": f"{_KIND}[tqg]",
    "C": "C",
    "K": f"(?:{SIGN_OF['半径']}[={SIGN_OF['是']}]n)?(?:{_class(('半圆', '圆'))}?C|{_class(('圆', '半圆', '大圆'))}"
    f"|[tqg]{_class(('内切圆', '外接圆'))}C?)",
    "X": f"{_class(('圆周角', '圆心角', '外角'))}?X",
    "n": "n",
    "d": "d",
    "v": "[nd]",
    **{sign: sign for sign in "stqgl"},
    "x": "X",
    "…": "[^,;.]{0,6}?",
}
_AND: Final = f"[{SIGN_OF['和']},]+"
_RELATIONS: Final = _class(("∥", "⊥", "≌", "∽"))
_UNRELATED: Final = rf"(?<![=:+/-])(?<!{_RELATIONS})(?<!{_class(('弧', '优弧'))})"
"""AB∥CD,EF⊥GH holds no list CD,EF: what a relation governs joins nothing by a comma; nor does the name of an arc."""
_UNRELATING: Final = rf"(?![=:+/]|{_RELATIONS})"
"""M is the midpoint of BC, EF = 5 holds no list BC, EF: what opens a relation is joined to nothing."""
_MORE: Final = "{0,11}"  # no list of a problem is longer, and time stays linear in the text
_LISTS: Final = {
    **{f"{atom}s": f"{_ATOMS[atom]}(?:{_AND}{_ATOMS[atom]}){_MORE}" for atom in "PCG"},
    **{f"{atom}s": f"{_UNRELATED}{_ATOMS[atom]}(?:{_AND}{_ATOMS[atom]}{_UNRELATING}){_MORE}" for atom in "SL"},
    "Xs": f"{_ATOMS['X']}(?:{SIGN_OF['和']}{_ATOMS['X']}){_MORE}",
}
_PIECE: Final = re.compile(
    r"(?P<raw>\(\?<?[=!]|\[[^\]]*\]|\{\d[^}]*\}|\\.)"  # lookaround, class, repetition, escape: as they are
    r"|(?P<group>\{\w+:)|(?P<close>\})"
    r"|(?P<word>[\u4e00-\u9fff∥⊥≌∽≠]+)|(?P<atom>[A-Za-z…]+)"
    r"|(?P<space>\s+)|(?P<sign>[,;.:/=-])|(?P<other>.)"
)


@cache
def compile_pattern(written: str) -> re.Pattern[str]:
    """The regular expression over signs that `written` stands for; made when it is first asked for, most never are."""
    return re.compile("".join(_piece(found) for found in _PIECE.finditer(written)))


def _piece(found: re.Match[str]) -> str:
    """What one piece of a pattern is as a regular expression."""
    piece = found[0]
    if piece == "(":
        return "(?:"
    return _PIECES.get(found.lastgroup or "", str)(piece)


_PIECES: Final[Mapping[str, Callable[[str], str]]] = {
    "group": lambda piece: f"(?P<{piece[1:-1]}>",
    "close": lambda _: ")",
    "word": SIGN_OF.__getitem__,
    "atom": lambda piece: f"(?:{(_ATOMS | _LISTS)[piece]})",
    "sign": lambda piece: re.escape(SIGN_OF[piece]),
    "space": lambda _: "",
}


_OPENING: Final = frozenset(SIGN_OF[word] for word in ("是", "在", "上", "至"))
"""D、E in 于点C,点D、E是… belong to the next clause."""
_GOVERNING: Final = frozenset(SIGN_OF[word] for word in ("上", "延长线", "中点", "平分"))
"""English words whose line follows them."""
_CLOSED: Final = (
    SIGN_OF["于"],
    SIGN_OF["过"],
    SIGN_OF["外"],
    SIGN_OF["直线"],
    SIGN_OF["垂足"],
    SIGN_OF["中点"],
    SIGN_OF["垂足"] + SIGN_OF["是"],
    SIGN_OF["切点"] + SIGN_OF["是"],
)
"""C in 于点C,D、E是…, in 垂足为C,D、E是… in 过A、B、C,D、E是… and in AB的中点C,D、E是… belongs to the clause before."""


@dataclass(frozen=True, slots=True)
class Match:
    """One match of a clause, with the tokens of its groups and the scene it stands in."""

    match: re.Match[str]
    row: TokenRow
    scene: Scene

    def has(self, group: str) -> bool:
        """Whether the group, where the pattern has it, is there."""
        return group in self.match.re.groupindex and self.match[group] is not None

    def tokens(self, group: str) -> Sequence[Token]:
        """The tokens of a group; none if it did not match."""
        if group not in self.match.re.groupindex:
            return ()
        start, end = self.match.span(group)
        return self.row.tokens[start:end] if start >= 0 else ()

    def names(self, group: str, signs: str) -> list[list[str]]:
        """The points of each name of a group whose sign is one of `signs`."""
        return [list(token.points) for token in self.tokens(group) if token.sign in signs]

    def points(self, group: str = "p") -> list[str]:
        """The single points of a group."""
        return [token.points[0] for token in self.tokens(group) if token.sign == "P"]

    def opens(self, group: str = "p") -> bool:
        """Whether the last points of a group belong to the clause that follows: E in 于点D,E在…."""
        end = self.match.end(group)
        return self.row.signs[end : end + 1] in _OPENING

    def met(self, count: int, group: str = "p", *, most: int = 1) -> list[str]:
        """The points of a group that closes a clause, one for each of `count` lines; what opens the next is not its.

        None at all where there are more than lines, and no next clause to take the rest. One line has `most` points.
        """
        tokens, opens = self.tokens(group), self.opens(group)
        if count <= 1 and opens:
            commas = [place for place, token in enumerate(tokens) if token.sign == ","]
            tokens = tokens[: commas[min(most, len(commas)) - 1]] if commas else tokens
        points = [token.points[0] for token in tokens if token.sign == "P"]
        if count <= 1 or len(points) <= count:
            return points
        return points[:count] if opens else []

    def opening(self, count: int = 1, group: str = "p") -> list[str]:
        """The points of a group that opens a clause about `count` lines, without those that close the clause before."""
        tokens, start = self.tokens(group), self.match.start(group)
        points = [token.points[0] for token in tokens if token.sign == "P"]
        if not self.row.signs.endswith(_CLOSED, 0, start):
            return points
        if 1 < count < len(points):
            return points[-count:]
        comma = next((place for place, token in enumerate(tokens) if token.sign == ","), -1)
        return [token.points[0] for token in tokens[comma + 1 :] if token.sign == "P"]

    def segments(self, group: str = "s") -> list[list[str]]:
        """The segments of a group."""
        return self.names(group, "s")

    def lines(self, group: str = "s") -> list[list[str]]:
        """The segments and named lines of a group, as lines; without AB in on AB, CD is, which ends a clause."""
        tokens = self.tokens(group)
        if (
            self.has(group)
            and (start := self.match.start(group)) == self.place
            and self.row.signs[start - 1 : start] in _GOVERNING
        ):
            comma = next((place for place, token in enumerate(tokens) if token.sign == ","), -1)
            tokens = tokens[comma + 1 :]
        return [list(token.points) or [token.text] for token in tokens if token.sign in "sl"]

    def polygons(self, group: str = "g") -> list[list[str]]:
        """The polygons of a group."""
        return self.names(group, "tqg")

    def angles(self, group: str = "x", *, every: bool = True) -> list[list[str]]:
        """The angles of a group, those of one letter resolved; with `every`, none at all if one cannot be."""
        angles = [letters.angle(self.scene, token.points) for token in self.tokens(group) if token.sign == "X"]
        return [angle for angle in angles if angle] if all(angles) or not every else []

    def values(self, group: str = "v") -> list[float]:
        """The numbers of a group."""
        return [token.value for token in self.tokens(group) if token.sign in "nd"]

    def value(self, group: str = "v") -> float:
        """The number of a group that has one."""
        return self.values(group)[0]

    def centers(self, group: str = "c") -> list[str]:
        """The centres of the circles of a group; where it names none, the circle last spoken of."""
        named = [token.points[0] for token in self.tokens(group) if token.sign == "C"]
        return named or [self.scene.circle(self.place)]

    def center(self, group: str = "c") -> str:
        """The centre of the one circle of a group."""
        return self.centers(group)[0]

    @property
    def words(self) -> str:
        """The text of the match, up to the next token: with the words that carry no weight."""
        tokens = self.row.tokens
        held = tokens[self.match.start() : self.match.end()]
        start, end = min(token.start for token in held), max(token.end for token in held)
        return self.row.text[start : min((token.start for token in tokens if token.start >= end), default=None)]

    @property
    def place(self) -> int:
        """The first token."""
        return self.match.start()

    @property
    def end(self) -> int:
        """The token after the last."""
        return self.match.end()


Reader = Callable[[Match], Iterable[Condition]]


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause kind: its name, its pattern, and the function that reads facts from a match."""

    name: str
    written: str
    read: Reader
    needs: tuple[frozenset[str], ...]  # of each a sign is in every match: most texts are spared most searches
    silent: bool = False  # its words are understood, and state nothing

    @property
    def pattern(self) -> re.Pattern[str]:
        """As a regular expression over signs."""
        return compile_pattern(self.written)


class Clauses:
    """The clause kinds of one module, in the order in which they are defined."""

    def __init__(self, *, silent: bool = False) -> None:
        self.all: list[Clause] = []
        self._silent = silent

    def clause(self, *patterns: str) -> Callable[[Reader], Reader]:
        """Define the decorated function as the reader of these patterns."""

        def define(read: Reader) -> Reader:
            name = f"{read.__module__.rpartition('.')[2]}.{read.__name__}"
            self.all.extend(Clause(name, written, read, needs(written), self._silent) for written in patterns)
            return read

        return define

    def __iter__(self) -> Iterator[Clause]:
        return iter(self.all)


def pair_up(points: Sequence[str], lines: Sequence[list[str]]) -> Iterator[tuple[str, list[str]]]:
    """Which point goes with which line: one each (分别), all points with one line, one point with all."""
    if len(points) == len(lines):
        yield from zip(points, lines, strict=True)
    elif len(lines) == 1:
        yield from ((point, lines[0]) for point in points)
    elif len(points) == 1:
        yield from ((points[0], line) for line in lines)
    elif len(points) < len(lines):  # D, E on AB, AC, DE ∥ BC: what follows runs on
        yield from zip(points, lines, strict=False)
