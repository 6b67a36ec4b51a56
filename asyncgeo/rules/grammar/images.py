"""Which point a motion brings where: C′ in 点C的对应点为C′, F in 使点A落在BC边上的点F处, A′ in 点A旋转到A′的位置.

In: the row of tokens, and the part of it that speaks of one motion. Out: point → image. It states no fact.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.pattern import compile_pattern
from asyncgeo.rules.tokens import TokenRow

_SAID: Final = tuple(
    compile_pattern(written)
    for written in (
        "{a:Ps} (旋转|折|平移)* 对应点 (是|和)* (?={b:Ps})",
        "{a:Ps} (旋转|折)* (落|至) (在|至|于)? [^P,;.]{0,8}? {b:Ps} (?=处|得|,|;|\\.|\\(|\\)|$)",
        "{a:P} 落 (在|至)? [^P,;.]{1,4} \\( 和 {b:P} 重合",
        "(?<!不 和)(?<![P]和)(?<![P],){a:P} (和|至|落 在?) [^P,;.]{0,4}? {b:P} 重合",
        "{b:P} (和|,) {a:P} 是? 对应点",
    )
)
_NEXT: Final = frozenset(SIGN_OF[word] for word in ("对应点", "旋转", "是", "在", "落", "折", "和"))
"""E in 的对应点为D,点E的对应点 belongs to what follows."""


def images(row: TokenRow, start: int, end: int, moved: Collection[str]) -> dict[str, str]:
    """Where the points of `moved` go, or any points where none are named, as the tokens from `start` to `end` say."""
    found: dict[str, str] = {}
    for pattern in _SAID:
        for said in pattern.finditer(row.signs, start, end):
            for point, image in _pairs(row, said):
                one, other = (image, point) if image in moved and point not in moved else (point, image)
                if one != other and one not in found and other not in found.values():
                    found[one] = other
    return {point: image for point, image in found.items() if not moved or point in moved}


def _pairs(row: TokenRow, said: re.Match[str]) -> Iterator[tuple[str, str]]:
    """The points of both lists, one each, without those that close the clause before or open the next."""
    (before, _), (after, joined) = (_points(row, *said.span(name)) for name in ("a", "b"))
    if joined and row.signs[said.end("b") : said.end("b") + 1] in _NEXT:
        after = after[:-1]
    return zip(before[-len(after) :], after, strict=False)


def _points(row: TokenRow, start: int, end: int) -> tuple[list[str], bool]:
    """The points of a list, and whether a comma joins the last of them."""
    tokens = row.tokens[start:end]
    return [token.points[0] for token in tokens if token.sign == "P"], [t.sign for t in tokens[-2:-1]] == [","]
