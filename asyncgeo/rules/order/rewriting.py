"""A rule that puts other tokens, or the same in another order, where a pattern matches.

In: a pattern in the language of clause patterns, and what stands instead. Out: `OrderRule`. It knows no rule.

    {p:P} 上 {s:S}   →   {p} 在 {s} 上       groups, and words of the lexicon
    夹角 {a:P}       →   {a>X}               names that are of another kind: B in "angles B and C" is an angle
    中线 自 {v:P} …  →   {vp}                two points as one segment
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.needs import Places, needs
from asyncgeo.rules.pattern import compile_pattern
from asyncgeo.rules.tokens import NAMES, UNKNOWN, Token

_PART: Final = re.compile(r"\{(\w\w?)(?:>(\w))?\}|(\S+)")
_NAMES: Final = NAMES | {"l"}


class OrderRule(NamedTuple):
    """A pattern, and what stands instead: groups, those with a sign as names of that kind, two joined, and words."""

    written: str | re.Pattern[str]
    parts: tuple[tuple[str, str], ...]
    needs: tuple[frozenset[str], ...]  # sets of signs of each of which every match holds one

    @property
    def pattern(self) -> re.Pattern[str]:
        """As a regular expression over signs."""
        return compile_pattern(self.written) if isinstance(self.written, str) else self.written

    def applied(self, tokens: list[Token], signs: str) -> list[Token]:
        """The tokens after the rule; `signs` are theirs."""
        out: list[Token] = []
        done = 0
        for found in self.pattern.finditer(signs):
            out += tokens[done : found.start()]
            out += self._instead(found, tokens)
            done = found.end()
        return [*out, *tokens[done:]]

    def _instead(self, found: re.Match[str], tokens: list[Token]) -> Iterator[Token]:
        place = tokens[found.start()].start
        for group, sign in self.parts:
            if not group:
                yield Token(sign, place, place)
            elif len(group) > 1:
                first, last = (tokens[found.start(end)].points for end in group)
                yield Token("s" if first != last else UNKNOWN, place, place, (*first, *last))
            elif found[group]:
                place = tokens[found.end(group) - 1].end
                for token in tokens[found.start(group) : found.end(group)]:
                    yield _called(token, sign) if sign and token.sign in _NAMES else token


def rule(pattern: str | re.Pattern[str], instead: str) -> OrderRule:
    """The rule of a pattern, or of a regular expression over signs."""
    parts = ((found[1] or "", found[2] or SIGN_OF.get(found[3] or "", "")) for found in _PART.finditer(instead))
    return OrderRule(pattern, tuple(parts), needs(pattern) if isinstance(pattern, str) else ())


class Rules:
    """Rules in order, found by the signs that they need: a text has few of all."""

    def __init__(self, rules: Iterable[OrderRule]) -> None:
        self._rules = tuple(rules)
        self._places = Places([one.needs for one in self._rules])

    def applied(self, tokens: list[Token]) -> list[Token]:
        """The tokens after every rule in turn."""
        place: int | None = 0
        while place is not None:
            signs = signs_of(tokens)
            able = self._places.able(signs, place)
            if (place := next((spot for spot in able if self._rules[spot].pattern.search(signs)), None)) is not None:
                tokens, place = self._rules[place].applied(tokens, signs), place + 1
        return tokens


def signs_of(tokens: Sequence[Token]) -> str:
    """The tokens as one string of signs."""
    return "".join(token.sign for token in tokens)


def _called(token: Token, sign: str) -> Token:
    """The name as one of that kind: O, A and B of a diameter AOB are the segment AB."""
    return token._replace(sign=sign, points=(token.points[0], token.points[-1]) if sign == "s" else token.points)
