"""A clause in Chinese that asks → what is wanted of what.

In: the clause, without blanks. Out: a `Request`, or None.
"""

import re
from typing import Final

from asyncgeo.rules.asking.phrases import FROM, Noun, Request
from asyncgeo.rules.tokens import NAME
from asyncgeo.schema import units

_UNIT: Final = rf"(?:平方)?(?:{units.NAMES}|个?单位长?度?|度|°)(?:\s*[²2])?"
_VERB: Final = re.compile(
    rf"(?:大约|约|应该|应|可能|可以)?(?:是|为|等于|等|=|≈|:|(?<=[长高宽])有)?(?:大约|约)?[为是]?(?:多少|几|何)?(?:{_UNIT})?$"
)
_VALUE: Final = re.compile(r"的?(?:大小|值|数值)$")
_NOUN_WORDS: Final[tuple[tuple[Noun, str], ...]] = (
    ("degrees", "度数|角度"),
    ("perimeter", "周长"),
    ("area", "面积"),
    ("side", "边长"),
    ("radius", "半径长?|半径的长度?"),
    ("diameter", "直径长?|直径的长度?"),
    ("sine", "正弦"),
    ("cosine", "余弦"),
    ("tangent", "正切"),
    ("length", "长度?|距离|高度?|宽度?|深度?"),
)
_NOUNS: Final = tuple((noun, re.compile(rf"的?(?:{words})$")) for noun, words in _NOUN_WORDS)
_RATIO: Final = re.compile(
    r"(?P<one>.+?)(?:的(?:面积|周长|长度?))?[与和:](?P<other>.+?)的?(?:(?P<noun>面积|周长|长度?|度数)的?)?之?比值?$"
)
_TOTAL: Final = re.compile(
    r"(?P<one>.+?)[与和、](?P<other>.+?)的?(?P<noun>度数|面积|周长|长度?)?之?的?(?P<kind>和|差)$"
)
_WORDS: Final[dict[str | None, Noun]] = {
    None: "",
    "度数": "degrees",
    "面积": "area",
    "周长": "perimeter",
    "长": "length",
    "长度": "length",
}
_THE: Final = "(?:直线|线段|弦|边|对角线|斜边|直径|半径|底边)?"
_FROM_LINE: Final = re.compile(
    rf"(?:点|圆心|顶点|交点|重心)?({NAME})点?(?:到|至|距|与){_THE}({NAME}{NAME})(?:边|所在的?直线|的?直线)?的?距离$"
)
_POINTS: Final = r"(?:两[点地岛船村处城市树楼港人]|两个?[点码]头?|处|点)?"
_BETWEEN: Final = re.compile(
    rf"(?:从|点)?({NAME})[点处地岛]?(?:到|至|距|与|和|、)(?:点)?({NAME}){_POINTS}(?:之间|间)?的?(?:直线|实际)?距离$"
)
_APART: Final = re.compile(rf"(?:点)?({NAME})[与和、]?({NAME}){_POINTS}(?:之间|间)?的?(?:距离|相距)$")
_BRACKETS: Final = re.compile(rf"(?<=[\u4e00-\u9fff])\(({NAME}{NAME})\)$")
"""树(AB)的高度."""


def request(words: str) -> Request | None:
    """What the clause wants."""
    bare = _VERB.sub("", words, count=1)
    bare = _VALUE.sub("", bare)
    if found := _FROM_LINE.fullmatch(bare):
        return Request("from line", found[1] + FROM + found[2])
    if found := _BETWEEN.fullmatch(bare) or _APART.fullmatch(bare):
        return Request("length", found[1] + found[2])
    if found := _RATIO.fullmatch(bare):
        return Request(_WORDS[found["noun"]], found["one"], found["other"])
    if found := _TOTAL.fullmatch(bare):
        sign = "+" if found["kind"] == "和" else "-"
        return Request(_WORDS[found["noun"]], found["one"] + sign + found["other"])
    noun: Noun = ""
    for name, pattern in _NOUNS:
        if ending := pattern.search(bare):
            noun, bare = name, bare[: ending.start()]
            break
    bare = _BRACKETS.sub(r"\1", bare)
    one, _, other = bare.partition(":") if ":" in bare else bare.partition("/")
    if "/" in bare and re.search("[+-]", bare):
        return None  # of a fraction's sums the brackets are lost
    return Request(noun, one or "圆", other) if one or noun in ("radius", "diameter") else None
