"""Words that name what comes next and state nothing of their own: 在△ABC中, 过点A作, 连接BO."""

from asyncgeo.rules.pattern import Clauses, Match
from asyncgeo.schema.conditions import Condition

clauses = Clauses(silent=True)


@clauses.clause(
    "内接 (四边形|三角形)",
    "\\( [^()]{0,14} \\)",
    "S ≠ S",
    "延长? Ls 延长? 延长线? (?=交|和)",
    "不? 和 Ps 重合",
    "异于 Ps",
    "以? P 是 圆心",
    "以? P 是 圆心 同心圆 中?",
    "同心圆 中?",
    "{p:Ps} (在|是) (C|G)? (外|中)",
    "(C|圆) (外|中) P",
    "Ss 是 G? 对角线",
    "G? 对角线 Ss",
    "延长? Ls 延长 ,? (?=交|和)",
    "以 Ss 是? (外|中|在)? 作? (?=正方形|等边三角形|三角形|矩形|平行四边形|菱形)",
    "和 平行线",
    "C 半径 (是|=) n",
    "在? (G|C)((和|,) G)* 中",
    "上 (G|C) ,",
    "中 (G|C)",
    "(过|在) Ps 作?",
    "过 C 作?",
    "过 Ps 作? L",
    "将 (G)? (S|P)?",
    "{p:Ps} 在 (C|G) (外|中)",
    "Ss(?=[,;.]|$)",
    "(四边形|三角形) G",
    "取 Ps",
    "(旋转|平移)? (n|d)? ,? (得|至) (G|S|P)? 得?",
    "(旋转|折|平移) (n|d)? (得|至)? (G|S)?",
    "绕 [^P,;.]{0,3}? P",
    "(顺|逆) 旋转? d?",
    "沿 (直线|对角线)? L (折|平移)?",
    "(旋转|折|平移)? Ps (旋转|折|平移)* (落|至|对应点) (是|和|在|至|上)* [^P,;.]{0,5}? Ps 处? 得?",
    "(旋转|折|平移)* 对应点 (是|和)* Ps",
    "Ps (和|,) Ps 是? (对应点|重合)",
    "Ps 落 (在|至)? (L 上?|弧 s 上)",
    "折痕 (是|和)? L?",
    "以 L 是 (折痕|对称轴)",
    "Ps 是 (?=[,;.]|$)",
    "(圆|半圆) 上",
    "将? G S? (绕|沿|折)",
)
def setting(found: Match) -> list[Condition]:
    """在△ABC中; 过点A作; 连接BO."""
    del found
    return []
