"""A text in one spelling → a row of tokens, each with its place, and the row as one string of signs.

In: normalised text. Out: `TokenRow`. Each token is a word of the lexicon, a name or a value; each has a sign of one
character, so that clause patterns are regular expressions over `Row.signs`, one character a token. Filler words are
in no row. It knows words, not clauses.

    "点D是AB的中点"  →  P 是 s 中点

Names:   P one point (D)   s two (AB)   t three (ABC)   q four   g more
         X an angle (∠ABC, ∠B)   C a circle (⊙O)   l a line (l)
Values:  n a number, d a number of degrees     Other:  ~ not understood

Where no word says so, AB长5 is AB=5, and MN a point is a point on MN.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, NamedTuple

from asyncgeo.rules import numbers
from asyncgeo.rules.lexicon import CHINESE, ENGLISH, SIGN_OF

NAME: Final = r"[A-Z](?:\d{1,2}|′{1,3})*"
_ONE_NAME: Final = re.compile(NAME)
_SIGN_OF_LENGTH: Final = {1: "P", 2: "s", 3: "t", 4: "q"}
UNKNOWN: Final = "~"
_NAME_KINDS: Final = frozenset(("names", "before", "angle", "circle"))
_CAPITAL_LINE: Final = re.compile(
    f"(?<={SIGN_OF['直线']})P(?=[{''.join(SIGN_OF[word] for word in '∥⊥上交和')},;.]|$)"
    f"|(?<!{SIGN_OF['由']})P(?={SIGN_OF['∥']})|(?<={SIGN_OF['∥']})P"
)
_SIGN_OF_KIND: Final = {
    "more": SIGN_OF["多"],
    "less": SIGN_OF["少"],
    "line": "l",
    "long": "=",
    "upon": SIGN_OF["上"],
    "glued": "l",
    "named": "l",
    "other": UNKNOWN,
    "asked": SIGN_OF["?"],
    "edge": SIGN_OF["边长"],
    "further": SIGN_OF["延长线"],
}
_CHINESE_ONLY: Final = (
    r"如?图\s*[1-9①-⑨](?![0-9.])",
    r"(?:(?<=比[A-Z][A-Z])|(?<=倍))(?:(?P<more>[大长多])|(?P<less>[小短少]))(?=\s*[\d√])",
    r"(?P<long>(?<=[A-Z][A-Z])(?<!比[A-Z][A-Z])(?:的?长|宽)约?(?=\s*\d))",
)
_TIMES: Final = {
    "twice": 2,
    "double": 2,
    "thrice": 3,
    "half": 0.5,
    "two times": 2,
    "three times": 3,
    "four times": 4,
    "five times": 5,
    "six times": 6,
    "one half": 1 / 2,
    "one third": 1 / 3,
    "one-third": 1 / 3,
    "two thirds": 2 / 3,
    "two-thirds": 2 / 3,
    "one quarter": 1 / 4,
    "a quarter": 1 / 4,
    "three quarters": 3 / 4,
}
_ENGLISH_ONLY: Final = (
    r"(?P<named>(?<=\b[Ll]ines\s)[a-z](?![a-z])|(?<=\b[Ll]ine\s)[a-z](?![a-z])|\ba(?=\s*[∥⊥]|\s+and\s+[b-z]\b))",
    r"(?P<asked>(?<=[.]\s)(?:Is|Are|Does|Do|Can|Will|Why)\b)",
    rf"(?P<times>(?:{'|'.join(sorted(_TIMES, key=len, reverse=True))})\b)",
    r"(?P<edge>(?:(?:each|the)\s+)?sides?(?=\s+(?:length\s+)?(?:of\s+)?(?:length\s+)?(?:[\d√]|(?:the\s+)?(?:square|rhombus|equilateral)\b)))",
    r"m(?=\s*∠)",
    r"(?P<further>(?<=\b[Oo]n\s[A-Z]{2}\s)length\b)",
    r"(?P<upon>(?<=\b[A-Z]{2})\s+a\s+point\b|(?<=[Cc]ircle\s[A-Z])\s+(?:a\s+point|(?:two|three|four)\s+points)\b)",
)
"""A line a is no article; in C is MN a point, and in C and D is circle O two points, "on" was
lost in translation; on AB length is on its extension, of which one word was."""
_WITH_CENTER: Final = r",?\s+(?:with\s+|whose\s+|having\s+|of\s+)?(?:the\s+)?cent(?:er|re)(?:\s+at|\s+is)?(?:\s+point)?"
_AREA: Final = SIGN_OF["面积"]
_AROUND: Final = frozenset((SIGN_OF["外接圆"], SIGN_OF["内切圆"]))
_ARTICLE: Final = r"(?<![^.:)]\s)A(?=\s[a-z]{3})(?!\s(?:and|are|lies?|draw|with|has)\b)"
BREAKS: Final = ",;."
"""A comma also joins lists; ; (且, 若, 使) and . never do."""
NAMES: Final = frozenset("PstqgXC")


class Token(NamedTuple):
    """One token: its sign, its place in the normalised text, the points it names, its value."""

    sign: str
    start: int
    end: int
    points: tuple[str, ...] = ()
    value: float = 0
    text: str = ""


_NOTHING: Final = Token("?", 0, 0)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """Tokens in order, the places of filler words, and the normalised text."""

    tokens: tuple[Token, ...]
    signs: str
    filler: tuple[tuple[int, int], ...]
    text: str
    chinese: bool = True


def is_chinese(text: str) -> bool:
    """Whether the text is in Chinese; else it is in English."""
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def tokenise(text: str) -> TokenRow:
    """The row of `text`."""
    chinese = is_chinese(text)
    signs = _CHINESE_SIGNS if chinese else _ENGLISH_SIGNS
    tokens: list[Token] = []
    filler: list[tuple[int, int]] = []
    for found in _scanner(chinese=chinese).finditer(text):
        kind = found.lastgroup
        sign = _sign_of_word(found[0], signs) if kind == "word" else _SIGN_OF_KIND.get(kind or "")
        if not kind or sign == "":
            filler.append(found.span())
            continue
        token = _token(found, kind, sign)
        if token.sign in _BESIDE:
            token = _beside(tokens, token, text)
        if token.sign not in BREAKS or not tokens or tokens[-1].sign not in BREAKS:
            tokens.append(token)
        elif token.sign in (";", ".") and tokens[-1].sign == ",":
            tokens[-1] = token  # ,且 is one break, a strong one
        else:
            filler.append(found.span())
    tokens = _with_lines(tokens)
    return TokenRow(tuple(tokens), "".join(token.sign for token in tokens), tuple(filler), text)


_BESIDE: Final = ":P"
"""What is another thing after some tokens."""


def _beside(tokens: list[Token], token: Token, text: str) -> Token:
    """What a token is after those before it."""
    before = tokens[-1] if tokens else _NOTHING
    if token.sign == ":":
        is_ratio = before.sign in "sXnd" or any(each.sign == _AREA for each in tokens[-3:-1])
        return token if is_ratio else token._replace(sign=";")  # 已知: opens a clause; S△ABC:S△DEF is a ratio
    if before.sign in _AROUND:
        return token._replace(sign="C")  # 外接圆O: the word holds the sign of the circle
    if before.sign == "P" and text[before.end : token.start].strip() == "点":
        tokens.append(Token(",", token.start, token.start))  # 于点D点E
    return token


def _with_lines(tokens: list[Token]) -> list[Token]:
    """The tokens, L made a line wherever it stands, where 直线L is named or L∥M is said: no point is parallel."""
    signs = "".join(token.sign for token in tokens)
    if not (found := {tokens[place.start()].points[0] for place in _CAPITAL_LINE.finditer(signs)}):
        return tokens
    points = {point for token in tokens if token.sign != "P" for point in token.points}
    return [
        token._replace(sign="l", points=(), text=token.points[0])
        if token.sign == "P" and token.points[0] in found - points
        else token
        for token in tokens
    ]


def _signs(words: Mapping[str, str]) -> dict[str, str]:
    return {spelling: SIGN_OF.get(word, "") for spelling, word in words.items()}


_CHINESE_SIGNS: Final = _signs(CHINESE)
_ENGLISH_SIGNS: Final = _signs(ENGLISH)


def _sign_of_word(written: str, signs: Mapping[str, str]) -> str:
    """The sign of a word, "" of filler; English words in either case, with any blanks."""
    sign = signs.get(written)
    return signs.get(" ".join(written.lower().split()), "") if sign is None else sign


def _token(found: re.Match[str], kind: str, sign: str | None) -> Token:
    """What one piece of the text is; names and numbers have their sign from what they hold."""
    start, end = found.span()
    if kind == "times":
        return Token("n", start, end, value=_TIMES[found[0]], text=found[0])
    if kind == "number":
        size = numbers.value(found["plain"], found["minutes"])
        sign = UNKNOWN if size is None else "d" if "°" in found[0] else "n"
        return Token(sign, start, end, value=size or 0, text=found[0])
    if kind in _NAME_KINDS:
        points = tuple(_ONE_NAME.findall(found[kind]))
        return Token(_sign_of_name(kind, points), start, end, points, text=found[0])
    return Token(sign or UNKNOWN, start, end, text=found[0])


def _sign_of_name(kind: str, points: Sequence[str]) -> str:
    if len(set(points)) != len(points):
        return UNKNOWN
    return {"angle": "X", "circle": "C"}.get(kind) or _SIGN_OF_LENGTH.get(len(points), "g")


@cache
def _scanner(*, chinese: bool) -> re.Pattern[str]:
    words = _any_of(CHINESE if chinese else ENGLISH, english=not chinese)
    circle = "(?:半圆|半)?⊙|半圆|圆周|圆心|圆" if chinese else rf"⊙|(?:[Cc]ircle|[Ss]emicircle)(?:{_WITH_CENTER})?"
    angle = "∠" if chinese else "∠|[Aa]ngle(?=[ ])"
    parts = (
        rf"(?:{angle})\s*(?P<angle>(?:{NAME}\s*){{3}}|{NAME})(?![A-Z])",
        rf"(?:{circle})\s*(?P<circle>{NAME})(?![A-Z])",
        r"[2-9]\s*个(?!单位)",
        *(_CHINESE_ONLY if chinese else _ENGLISH_ONLY),
        rf"(?P<number>(?P<plain>{numbers.PATTERN})(?:{numbers.DEGREES}|{numbers.UNIT})?)",
        rf"(?P<word>{words})" if chinese else rf"(?P<word>{words}|{_ARTICLE})",
        *(() if chinese else (rf"(?P<before>(?:{NAME})+)(?=(?:{words}))",)),  # Btwo points: words run together
        rf"(?P<names>(?:{NAME})+)" + ("" if chinese else r"(?![a-z])"),
        r"(?P<line>(?<![a-z])[a-z]\d?)(?![A-Za-z])",
        # linelandradius, bisectorlintersects
        *(() if chinese else (rf"(?P<glued>(?:(?<=\bline)|(?<=bisector))[a-z])(?=\b|{words})",)),
        r"\s+",
        r"(?P<other>[A-Za-z]+|.)",
    )
    return re.compile("|".join(parts), re.DOTALL)


def _any_of(words: Iterable[str], *, english: bool) -> str:
    """One pattern for all spellings, longer ones first."""
    return _whole(words) if english else _tree(map(re.escape, words))


def _whole(words: Iterable[str]) -> str:
    """English words, with either case of the first letter.

    A letter that follows begins another word, as in midpointof, or names a line, as in linel: no "so" is in source.
    """
    signs = "|".join(re.escape(word) for word in words if not word[-1].isalpha())
    spelled = _tree(form for word in words if word[-1].isalpha() for form in _either_case(word))
    return rf"(?:{spelled})(?:(?![a-z])|(?={spelled})|(?:(?<=line)|(?<=bisector))(?=[a-z](?:\b|{spelled})))|{signs}"


def _either_case(word: str) -> set[str]:
    """The word as it opens a sentence, too; but "A perpendicular" names a point."""
    return {word} if len(word) == 1 or word.startswith("a ") else {word, word[0].upper() + word[1:]}


def _tree(words: Iterable[str]) -> str:
    """The words as one pattern that reads each of their letters once, and the longest word that is there."""
    tails: dict[str, list[str]] = {}
    for word in words:
        piece = word[: 2 if word.startswith("\\") else 1]
        tails.setdefault(piece, []).append(word[len(piece) :])
    is_end = bool(tails.pop("", None))
    branches = [(r"\s+" if head == " " else head) + (_tree(rest) if any(rest) else "") for head, rest in tails.items()]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)})" + ("?" if is_end else "")
