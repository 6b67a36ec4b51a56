"""Where one clause ends and the next begins, which English leaves to "and": the joint becomes a strong break.

In: tokens. Out: the same, some "and" and commas being breaks. D is the midpoint of BC and DE is perpendicular to AB.
"""

import re
from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.order.rewriting import signs_of
from asyncgeo.rules.order.words import GOING_ON, IMPERATIVES, JOINT, NAMES, NOUNS, VERBS, signs
from asyncgeo.rules.tokens import Token

_AND, _WITH = SIGN_OF["和"], SIGN_OF["随"]
_PLURAL: Final = re.compile(r"(?:are|meet|intersect|lie|bisect|cut|touch)\b")
"""Verbs of which one name is not the whole subject: AC and BD meet."""
_SUBJECT: Final = re.compile(
    rf"(?![{signs('垂足 切点 交点')}])[{NOUNS}]*(?P<first>[{NAMES}]?)[^{VERBS}{_WITH},;.?{_AND}]*"
    rf"(?P<more>(?:{JOINT}[^{VERBS},;.?{_AND}]+)*)"
    rf"[{VERBS}](?<!{SIGN_OF['交']}(?=[,;.?]))"
)
"""Names and nouns up to a verb, that of "the foot is D" apart, which goes with the clause before."""


_HAS_VERB: Final = re.compile(rf"(?<=[^,{_AND}])[{VERBS}]|(?<=P){SIGN_OF['上']}")
"""Not so "two parallel lines AB and CD"."""


def parted(tokens: list[Token]) -> list[Token]:
    """The tokens with a strong break where a clause with a verb ends and one with a subject begins."""
    signs, start, place = signs_of(tokens), 0, 0
    while place < len(signs):
        if signs[place] in ";.?":
            start = place + 1
        elif signs[place] in f",{_AND}":
            after = place + 1 + (signs[place + 1 : place + 2] == _AND)
            goes_on = signs[after : after + 1] in GOING_ON
            if goes_on or _opens(tokens, start, place, after):
                tokens[place] = tokens[place]._replace(sign="," if goes_on else ";")
                tokens[place + 1 : after] = []
                signs, start = signs_of(tokens), place + 1
        place += 1
    return tokens


def _opens(tokens: list[Token], start: int, place: int, after: int) -> bool:
    """Whether a clause opens after a joint."""
    signs = signs_of(tokens)
    if not _HAS_VERB.search(signs[start:place]):
        return False
    if signs[after : after + 1] in IMPERATIVES:
        return True
    found = _SUBJECT.match(signs, after)
    if found is None or found.end() - after < 2:  # noqa: PLR2004 - a verb alone goes on with the subject it has
        return False
    if _PLURAL.match(tokens[found.end() - 1].text):
        several = [token for token in tokens[after : found.end() - 1] if token.sign in NAMES or token.text[-1:] == "s"]
        if len(several) < 3:  # noqa: PLR2004 - BD in "AC and BD meet" is the rest of a list
            return len(several) > 1
    listed = re.search(f"[^{VERBS}]*$", signs[start:place])
    return (
        not found["more"]
        or signs[place - 1] != found["first"]
        or after > place + 1
        or (signs[place] == "," and listed is not None and _AND in listed[0])  # "and" closed the list
    )
