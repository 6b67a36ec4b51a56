"""Questions that are no quantity of the figure, by the words that say so.

In: a normalised text, or the clause of it that asks. Out: `NotMeasured`, or None.
"""

import re
from collections.abc import Sequence
from typing import Final

from asyncgeo.rules.refusals import no_plane_figure
from asyncgeo.schema.asked import NotMeasured, Unmeasured

QUOTED: Final = 40
"""Characters of a text that are quoted."""
_Patterns = Sequence[tuple[Unmeasured, re.Pattern[str]]]

_OF_TEXT: Final[_Patterns] = (
    (
        "statement",
        re.compile(
            r"下列(?!步骤|作图|选择题|方法|操作|要求|尺规)|以下(?:结论|说法|四个|判断)|(?:结论|说法|判断|选项|关系式|等式|命题)[^,.]{0,8}(?:正确|错误|成立|不对|是)"
            r"|(?:正确|错误|成立)的(?:是|有|个数)|不?一定(?:正确|成立|相等|全等|相似|是)|哪[个些一项条]|序号"
            r"|\bwhich\s+(?:of|one|statement|conclusion|option)|\bfollowing\b[^.]{0,60}\b(?:true|correct|false|incorrect|wrong)",
            re.IGNORECASE,
        ),
    ),
    (
        "statement",
        re.compile(r"求证|证明[:：]|\bprov(?:e|ing)\b|\bshow\s+that\b|complete\s+the\s+proof", re.IGNORECASE),
    ),
    (
        "extremum",
        re.compile(
            r"最[大小短长高低远近少多](?!边|角|的?(?:正方形|圆|弦|内角|外角|三角形))|[至最]少|至多|取值范围|范围是"
            r"|\b(?:minimum|maximum|minimal|maximal|smallest|largest|shortest|longest|least|at\s+most)\b"
            r"|\brange\s+of\b",
            re.IGNORECASE,
        ),
    ),
)
_OF_CLAUSE: Final[_Patterns] = (
    ("shaded", re.compile(r"阴影|空白|涂色|\bshaded\b|unshaded", re.IGNORECASE)),
    (
        "count",
        re.compile(
            r"[有共]几|个数|几[个对条组种]|对数|条数|多少[个对条组种次块]|\bhow\s+many\b|\bnumber\s+of\b", re.IGNORECASE
        ),
    ),
    (
        "statement",
        re.compile(
            r"关系|形状|位置$|三角形$|四边形$|[是为]\S{0,4}(?:三角形|四边形)$|全等|平行$|垂直$|相似于|条件",
            re.IGNORECASE,
        ),
    ),
    ("numbered angle", re.compile(r"[∠角]\s*[1-9①-⑨](?![\d.°])|\bangles?\s+[1-9]\b(?!\s*(?:°|deg))", re.IGNORECASE)),
    (
        "expression",
        re.compile(
            r"[∠]\s*[a-zα-ωβ]|[αβγθ]|用[^,.]{0,8}表示|\bin\s+terms\s+of\b|(?<![a-zA-Z])[b-ln-z](?![a-zA-Z])|\bvariable|\bfind\s+a$|(?:value|measure)\s+of\s+a$|×|[A-Z]²"
        ),
    ),
)


def of_text(text: str) -> NotMeasured | None:
    """Why no text with these words asks for a quantity of a plane figure."""
    if what := no_plane_figure(text):
        return NotMeasured("not plane geometry", what)
    return _first(_OF_TEXT, text)


def of_clause(words: str) -> NotMeasured | None:
    """Why a clause with these words asks for none that can be measured."""
    return _first(_OF_CLAUSE, words)


_NAMES: Final = re.compile(r"[A-Z]")


def of_rest(words: str) -> NotMeasured:
    """What a clause is that was not understood: one without names speaks of what only words and the picture say."""
    return NotMeasured("not understood" if _NAMES.search(words) else "unnamed", words[-QUOTED:])


def _first(patterns: _Patterns, text: str) -> NotMeasured | None:
    for reason, pattern in patterns:
        if found := pattern.search(text):
            return NotMeasured(reason, found[0][:QUOTED])
    return None
