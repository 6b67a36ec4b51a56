"""The words of a text that ask, and what it says of the answer's form.

In: a normalised text. Out: the clause that asks, without blanks to fill and notes; whether the answer is rounded; the
unit of the figure. It knows no quantity.
"""

import re
from typing import Final

from asyncgeo.schema import units

_UNIT: Final = r"(?:平方|square\s+)?(?:" + units.NAMES + r"|个?单位长?度?|units?|degrees?|°|度)s?(?:\s*[²2])?"
_BLANK: Final = re.compile(r"[(]\s*[)]|_{2,}|\b_\b|(?<=[是为=于])\s*_")
_AFTER: Final = re.compile(rf"\s*(?:{_UNIT})?[\s.,>]*", re.IGNORECASE)
"""What may follow a blank: the unit of the answer."""
_NOTE: Final = re.compile(
    r"[(](?:[^()]*(?:精确|保留|参考|≈|取|忽略|不计|单位|可选用|小于平角|nearest|round|approximate|[≈])(?:[^()]|[(][^()]*[)])*)[)]"
)
_FIGURE: Final = re.compile(r"[(]\s*(?:如图[^()]*|图\s*\d*|[Ff]igure[^()]*)[)]")
_CHOICES: Final = re.compile(r"(?:\n|\s)(?:[Cc]hoices\s*:\s*)?[(]?A\s*[.:)、](?=.*\sB\s*[.:)、]).*", re.DOTALL)
_ASKS: Final = re.compile(r"则|那么|(?<![要需请])试?求(?!证)|请问|问(?!题)")
_LEAD: Final = re.compile(r"(?:此时|这时|求(?:得|出)?|可得|可知|得出?|请|其中|图中|的|,|:)+")
_WHEN: Final = re.compile(r"(?:当|在|若|如果|此时|这时)[^则求]*")
"""What may stand between 则 and the clause that asks: 则当⊙O与AM相切时,AD等于."""
_PAIR: Final = re.compile(r"(?<=[A-Z]),(?=[A-Z]′*(?:两|之?间|的中点))")
"""A,B间的距离: the comma of a list."""
_ENGLISH_ASKS: Final = re.compile(
    r"\b(?:then|find|what\s+(?:is|are|was)|what's|determine|calculate|compute|work\s+out|how\s+(?:long|large|big|far)\s+is)\b",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"[.;]\s|,|\s+(?:if|given|when|where|such\s+that|so\s+that|correct\s+to|to\s+the\s+nearest|round(?:ed)?"
    r"|in\s+(?:the\s+)?(?=[a-z△□])|as\s+shown)(?:\b|(?<=\s))"
)
"""What ends an English clause that asks."""
_ROUNDED: Final = re.compile(
    r"≈|精确|保留(?!\s*(?:π|根号|√|准确))|约|近似|参考数据|取1|nearest|approximat|\babout\s+\d|\bround(?:ed)?\b(?!\s*table)"
)


def asking(text: str, *, chinese: bool) -> str | None:
    """The clause that asks; None where there is none, or more than one."""
    bare = _CHOICES.sub("", _FIGURE.sub("", _NOTE.sub("", text))).strip()
    blank = _BLANK.search(bare)
    if blank is not None:
        if not _AFTER.fullmatch(bare, blank.end()):
            return None
        bare = bare[: blank.start()]
    return _chinese(bare.rstrip(" .,:")) if chinese else _english(bare.rstrip(" .,:"), has_blank=blank is not None)


def _chinese(text: str) -> str | None:
    """What stands after the last break and the last word that asks."""
    sentence = _PAIR.sub("、", re.sub(r"\s+", "", re.split(r"\.(?!\d)", text)[-1]))
    begin = max((found.end() for found in _ASKS.finditer(sentence)), default=0)
    last = sentence.rfind(",") + 1
    if begin and last > begin and not _WHEN.fullmatch(sentence, begin, last - 1):
        return None
    words = sentence[max(begin, last) :].rstrip("~")
    lead = _LEAD.match(words)
    return words[lead.end() :] if lead else words


def _english(text: str, *, has_blank: bool) -> str | None:
    found = list(_ENGLISH_ASKS.finditer(text))
    if not found:
        return re.split(r"[.,;]\s", text)[-1] if has_blank else None
    return _CONDITION.split(text[found[-1].end() :])[0].strip()


def is_rounded(text: str) -> bool:
    """Whether the text gives or asks for values that are not exact."""
    return _ROUNDED.search(text) is not None


_LENGTH: Final = re.compile(rf"\d\s*({units.NAMES})s?(?![a-z²])", re.IGNORECASE)


def metres(text: str) -> float | None:
    """How many metres a length 1 of the text's figure is, by the smallest unit that the text names."""
    return min(filter(None, (units.metres(name) for name in _LENGTH.findall(text))), default=None)
