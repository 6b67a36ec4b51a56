"""What "of" governs, put before what stands before it: the midpoint of side BC of triangle ABC → ABC BC 中点.

In: tokens. Out: the same in another order, without a word lost.
"""

import re
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.order.rewriting import signs_of
from asyncgeo.rules.order.words import JOINT, NAMES, NOUNS, THING, signs
from asyncgeo.rules.tokens import Token

_OF: Final = SIGN_OF["之"]
_GOVERNED: Final = re.compile(THING)
_HEAD: Final = re.compile(
    rf"(?:(?:[{NOUNS}]+|{SIGN_OF['圆心']}(?=P))(?:[{NAMES}](?:{JOINT}[{NAMES}])*)?|[{NAMES}](?:{JOINT}[{NOUNS}]*[{NAMES}])*)$"
)
"""What stands before "of": a noun with its names, or names."""


_AIMED: Final = re.compile(
    f"(?P<s>s){SIGN_OF['是']}?(?:{SIGN_OF['延长']}|{SIGN_OF['延长线']})(?P<by>[{signs('由 越')}]P)"
    f"|{SIGN_OF['延长']}(?P<t>s)(?P<to>[{signs('由 越')}]P)"
)


def aimed(tokens: list[Token]) -> list[Token]:
    """AB extended beyond A is BA extended: what is extended ends where the text says it does."""
    for found in reversed(list(_AIMED.finditer(signs_of(tokens)))):
        which, by = ("s", "by") if found["s"] else ("t", "to")
        line, end = tokens[found.start(which)], tokens[found.end(by) - 1].points[0]
        if end == line.points[0]:
            tokens[found.start(which)] = line._replace(points=line.points[::-1])
        del tokens[found.start(by) : found.end(by)]
    return tokens


def turned(tokens: list[Token]) -> list[Token]:
    """The midpoint of side BC of triangle ABC → ABC BC 中点: the last "of" first."""
    row = signs_of(tokens)
    place = row.rfind(_OF)
    while place >= 0:
        head = _HEAD.search(row, max(row.rfind(sign, 0, place) for sign in ";.?") + 1, place)
        governed = _GOVERNED.match(row, place + 1)
        if head and governed and tokens[place].start - tokens[place - 1].end <= 1:
            tokens[head.start() : governed.end()] = [*tokens[place + 1 : governed.end()], *tokens[head.start() : place]]
            row = signs_of(tokens)
        place = row.rfind(_OF, 0, place)
    return tokens
