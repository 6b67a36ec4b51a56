"""The kinds of words that the order of an English sentence hangs on.

In: nothing. Out: signs of names, nouns and verbs as strings, for classes of regular expressions.
"""

from typing import Final

from asyncgeo.rules.lexicon import SIGN_OF


def signs(words: str) -> str:
    """The signs of words that stand apart by blanks."""
    return "".join(SIGN_OF[word] for word in words.split())


NAMES: Final = "PstqgXCl"
VERBS: Final = signs("是 在 位 交 平分 垂直平分 ⊥ ∥ = ≌ ∽ 切 过 延长 落 折 旋转 对称 重合 相等 互补 互余")
IMPERATIVES: Final = frozenset(signs("延长 作 折 将"))
GOING_ON: Final = frozenset(signs("交 平分 切 位"))
NOUNS: Final = signs(
    "中点 底 平分线 垂直平分线 外角 高 中线 中位线 对角线 射线 直线 切线 割线 直径 半径 弦 半圆 圆 弧 "
    "大圆 小圆 公切线 优弧 扇形 延长线 垂足 垂线 交点 切点 斜边 顶点 周长 面积 边长 外接圆 内切圆 内心 外心 "
    "重心 夹角 圆心角 圆周角 三角形 等腰三角形 等边三角形 直角三角形 等腰直角三角形 四边形 平行四边形 "
    "正方形 矩形 菱形 梯形 等腰梯形 直角梯形 多边形 正多边形"
)
JOINT: Final = f"[,{SIGN_OF['和']}]+"
_MORE: Final = rf"(?:{JOINT}[{NOUNS}]*(?P=k)(?![{signs('= ⊥ ∥ ≌ ∽')}]))*"
_SIZED: Final = f"(?:{SIGN_OF['半径']}{SIGN_OF['是']}n)?"
THING: Final = rf"(?:{_SIZED}(?:[{NOUNS}]*[tqgXC])?[{NOUNS}]*(?P<k>[{NAMES}]){_MORE}[{NOUNS}]*|[{NOUNS}]+)"
"""What stands after "of" and "on": names of one kind with the nouns before and after them, or nouns alone."""
