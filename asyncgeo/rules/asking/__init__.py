"""What a problem asks for, as a quantity of its figure, or why it is none that can be measured.

In: a problem's text, Chinese or English. Out: `Asked` or `NotMeasured`. The decision is made from the text alone,
before any figure. Called by what judges parses, never by a run with a model.

A question is taken whole or not at all: each word of the clause that asks must be known, so that what is read is what
is asked; the way of a text, one module a step:

    clause (the words that ask) → kinds (what is never measured) → chinese, english (noun and names) → measures
"""

import re
from typing import Final

from asyncgeo.rules.asking import chinese, clause, english, kinds, measures
from asyncgeo.rules.asking.scenery import Scenery
from asyncgeo.rules.normalise import normalise
from asyncgeo.rules.read import LONGEST
from asyncgeo.rules.tokens import is_chinese
from asyncgeo.schema.asked import Asked, NotMeasured

_FUNCTION: Final = re.compile(
    r"\\(?=(?:sin|cos|tan)(?![a-z]))|(?<=\b[sct]) (?=(?:i n|o s|a n)\b)|(?<=\b[sct] [ioa]) (?=[ns]\b)"
)
"""What is no part of a function's name: a backslash, of which `\\cosA` makes a command of its own; blanks in s i n."""
_SQUARE: Final = re.compile(r"(?<=[A-Z])\s*\^\s*(?:\{\s*2\s*\}|2\^?)")
"""CE^2^, of which one spelling leaves CE2."""


def asked(text: str) -> Asked | NotMeasured:
    """The quantity that `text` asks for."""
    text = text[:LONGEST]
    normal = normalise(_SQUARE.sub("²", _FUNCTION.sub("", text))).text
    if (why := kinds.of_text(normal)) is not None:
        return why
    language = chinese if is_chinese(normal) else english
    words = clause.asking(normal, chinese=language is chinese)
    if words is None:
        return NotMeasured("no question", normal[-kinds.QUOTED :])
    if (why := kinds.of_clause(words)) is not None:
        return why
    if (wanted := language.request(words)) is None:
        return kinds.of_rest(words)
    found = measures.quantity(wanted, Scenery(text, normal))
    if isinstance(found, NotMeasured):
        return found
    return Asked(*found, rounded=clause.is_rounded(normal), metres=clause.metres(normal))
