"""A clause in English that asks → what is wanted of what.

In: the clause. Out: a `Request` whose body has no English word left, or None.
"""

import re
from collections.abc import Mapping
from typing import Final

from asyncgeo.rules.asking.phrases import FROM, Noun, Request
from asyncgeo.rules.tokens import NAME

_VERB: Final = re.compile(
    r"\s*(?:(?:is|are|will\s+be|should\s+be|would\s+be|must\s+be|was)\b)?\s*(?:equals?(?:\s+to)?|=|measures|in\s+degrees|of)?"
    r"\s*(?:approximately|about|≈)?\s*(?:how\s+many\s+degrees|units|°|cm|m)?\s*$"
)
_LEAD: Final = re.compile(r"^\s*(?:(?:the|what|is|are|its|please|value\s+of|numerical|exact)\s+)*")
_NOUN_WORDS: Final[tuple[tuple[Noun, str], ...]] = (
    (
        "degrees",
        r"(?:degrees?\s+)?(?:measures?|measurement|size|magnitude)|number\s+of\s+degrees\s+in|degrees?|m(?=\s*[∠⌒])",
    ),
    ("perimeter", "perimeter|circumference"),
    ("area", "area"),
    ("radius", "radius(?:\\s+length)?"),
    ("diameter", "diameter(?:\\s+length)?"),
    ("sine", "sine"),
    ("cosine", "cosine"),
    ("tangent", "tangent(?=\\s+of)"),
    ("length", "lengths?|distance|height|width"),
)
_NOUNS: Final = tuple(
    (noun, re.compile(rf"(?:{words})(?:\s+(?:of\s+)?(?:the\s+)?|(?=∠|⌒))")) for noun, words in _NOUN_WORDS
)
_SIDE: Final = re.compile(r"side\s+length\s+of\s+(?:the\s+)?")
_THE: Final = (
    r"(?:the\s+)?(?:(?:straight\s+|line\s+)?(?:line|segment)|chord|side|diameter|cent(?:er|re)|point|vertex)?\s*"
)
_FROM_LINE: Final = re.compile(
    rf"distance\s+(?:from|of|between)\s+{_THE}({NAME})\s+(?:to|from|and)\s+{_THE}({NAME}{NAME})"
)
_BETWEEN: Final = re.compile(
    rf"distance\s+(?:from|between)\s+(?:the\s+)?(?:two\s+)?(?:points?\s+)?({NAME})\s+(?:to|and)\s+(?:point\s+)?({NAME})"
)
_RATIO: Final = re.compile(r"ratio\s+of\s+(?P<one>.+?)\s+(?:to|and)\s+(?P<other>.+)")
_LINE_WORDS: Final = (
    r"straight\s+line|line\s+segment|segment|line|chord|sides?|diagonal|radius|diameter|tangent|hypotenuse|leg|base|height"
    r"|altitude|median|bisector|midline"
)
_WORDS: Final = tuple(
    (re.compile(rf"\b(?:{words})(?=\s*[A-Z])", re.IGNORECASE), put)
    for words, put in (
        (
            r"(?:central|inscribed|circumferential|acute|obtuse|exterior|inclination|included)\s+angle(?=\s+angle|\s*∠)",
            "",
        ),
        (r"angle(?:\s+of)?", "∠"),
        (r"(?:right|isosceles|acute|obtuse|Rt)?\s*triangle", "△"),
        (r"equilateral\s+triangle", "等边△"),
        (r"(?:convex\s+)?quadrilateral", "四边形"),
        (r"parallelogram", "□"),
        (r"rectangle", "矩形"),
        (r"square", "正方形"),
        (r"rhombus|diamond", "菱形"),
        (r"(?:isosceles\s+|right\s+)?(?:trapezoid|trapezium)", "梯形"),
        (r"(?:regular\s+)?pentagon", "五边形"),
        (r"(?:regular\s+)?hexagon", "六边形"),
        (r"(?:regular\s+)?polygon", "多边形"),
        (r"circle", "⊙"),
        (r"sector", "扇形"),
        (r"(?:minor\s+)?arc", "弧"),
        (r"major\s+arc", "优弧"),
        (rf"(?:{_LINE_WORDS})", ""),
    )
)
_LETTER: Final = re.compile(r"(?<![a-z])(?!(?:sin|cos|tan)(?![a-z]))[a-z]")


def request(words: str) -> Request | None:
    """What the clause wants."""
    bare = _LEAD.sub("", _VERB.sub("", words))
    if found := _FROM_LINE.fullmatch(bare):
        return Request("from line", found[1] + FROM + found[2])
    if found := _BETWEEN.fullmatch(bare):
        return Request("length", found[1] + found[2])
    if found := _RATIO.fullmatch(bare):
        noun, one = _noun(_LEAD.sub("", found["one"]))
        other_noun, other = _noun(_LEAD.sub("", found["other"]))
        return _checked(noun, one, other) if other_noun in ("", noun) else None
    noun, body = _noun(bare)
    above, _, below = body.partition(":") if ":" in body else body.partition("/")
    return None if "/" in body and re.search("[+-]", body) else _checked(noun, above, below)


def _noun(words: str) -> tuple[Noun, str]:
    """What is wanted, and of what."""
    if found := _SIDE.match(words):
        return "side", words[found.end() :]
    for noun, pattern in _NOUNS:
        if found := pattern.match(words):
            body = _LEAD.sub("", words[found.end() :])
            is_line = noun == "degrees" and not re.match(r"[∠⌒]|angle|(?:minor|major)?\s*arc", body)
            return "" if is_line else noun, body
    found = _AFTER.search(words)
    return (_AFTER_NOUNS[found[1].lower()], words[: found.start()]) if found else ("", words)


_AFTER_NOUNS: Final[Mapping[str, Noun]] = {
    "length": "length",
    "perimeter": "perimeter",
    "area": "area",
    "radius": "radius",
    "diameter": "diameter",
    "measure": "",
    "degrees": "",
    "value": "",
}
_AFTER: Final = re.compile(rf"\s+({'|'.join(_AFTER_NOUNS)})(?:\s+length)?$", re.IGNORECASE)
"""Triangle ABC perimeter, AB length: as translations have it."""


def _checked(noun: Noun, *bodies: str) -> Request | None:
    """The request with its bodies in signs, None where words are left."""
    one, other = (_in_signs(body) for body in bodies)
    return None if not one or _LETTER.search(one + other) else Request(noun, one, other)


def _in_signs(body: str) -> str:
    for pattern, put in _WORDS:
        body = pattern.sub(put, body)
    return re.sub(r"\s+", "", re.sub(r"\bthe\b(?:\s+measure\s+of\b)?", "", body))
