"""Texts that are no construction to read: why, or None.

In: text, its row. Out: a reason of `records.SKIP_REASONS` with its detail. `numbered` is certain and costs nothing,
so it may spare a model the request; the others only stop the rules.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from asyncgeo.rules import letters
from asyncgeo.rules.lexicon import SIGN_OF
from asyncgeo.rules.promises import ClauseRead
from asyncgeo.rules.scene import Scene
from asyncgeo.rules.tokens import NAMES, TokenRow
from asyncgeo.schema.records import NOT_UNDERSTOOD


class RefusalFound(NamedTuple):
    """Why a text is not read; `reason` is None when it is."""

    reason: str | None = None
    detail: str = ""


_LONGEST: Final = 80
"""Characters of what was not understood that a refusal quotes."""
_NUMBERED: Final = re.compile(
    r"(?:[∠Ð]|\b[Aa]ngles?\s(?![1-9](?:\s*(?:times|degrees|cm|m)\b))|\\angle\s*\{?|(?:^|(?<=[\s,，、。．；:：(（和与及若且则求知设使]))角)\s*[1-9１-９①-⑨](?![0-9０-９.°度])"
)
_SOLID: Final = re.compile(
    r"圆锥|圆柱|正方体|长方体|立方体|棱柱|棱锥|三视图|主视图|左视图|俯视图|侧面展开|几何体|球体|\bcones?\b|\bcylinders?\b|\bcubes?\b|\bprisms?\b|\bpyramids?\b|\bspheres?\b"
)
_SECTION: Final = re.compile("截面|断面|截得")
"""The section of a cylinder is a plane figure."""
_COORDINATES: Final = re.compile(
    r"坐标|[xy]\s*轴|抛物线|双曲线|一次函数|二次函数|反比例函数"
    r"|\bcoordinate|\bparabola|\borigin\b|\bstandard position\b"
    r"|[A-Z]\s*(?:\\left)?\(\s*-?(?:\d+(?:\.\d+)?|\\[dt]?frac\s*\{?\d+\}?\s*\{?\d+\}?)\s*,\s*-?(?:\d|\\[dt]?frac)"
)
_CHART: Final = re.compile(r"统计图|直方图|折线图|扇形图|条形图|\bbar chart|\bpie chart|\bhistogram")


def numbered(text: str) -> RefusalFound:
    """Angles by number (∠1, ∠①, 角1): only the picture says which they are."""
    found = _NUMBERED.search(text)
    return RefusalFound("ambiguous_reference", f"numbered angle {found[0].strip()}") if found else RefusalFound()


_STATING: Final = frozenset(SIGN_OF[word] for word in ("=", "是", "≌", "比", "互补", "互余", "相等", "平分", "+"))


def unresolved(scene: Scene, clauses: Iterable[ClauseRead], missed: Collection[int]) -> RefusalFound:
    """A value or a relation of ∠A that no fact holds, as several angles have that vertex: the picture says which."""
    for clause in clauses:
        lost = (scene.row.tokens[spot] for spot in range(clause.start, clause.end) if spot in missed)
        vertices = [t.points[0] for t in lost if t.sign == "X" and letters.angle(scene, t.points) is None]
        if vertices and _STATING & set(scene.row.signs[clause.start : clause.end]):
            return RefusalFound("ambiguous_reference", f"which angle ∠{vertices[0]} is")
    return RefusalFound()


def empty(unread: Sequence[str]) -> RefusalFound:
    """A text of which no fact was read: words that are not understood may state some; else none is stated."""
    if unread:
        return RefusalFound(NOT_UNDERSTOOD, f"not understood: {' … '.join(unread)[:_LONGEST]}")
    return RefusalFound("undefined_points", "no relation of the named points is stated")


def unreadable(text: str, row: TokenRow) -> RefusalFound:
    """Texts about something else than a plane figure, or without a named point."""
    if (what := no_plane_figure(text)) is not None:
        return RefusalFound("not_plane_geometry", what)
    if not NAMES & set(row.signs):
        return RefusalFound("no_formal_objects", "no named point")
    return RefusalFound()


def no_plane_figure(text: str) -> str | None:
    """What else than a plane figure the text is about."""
    for pattern, what in ((_SOLID, "a solid"), (_COORDINATES, "coordinates"), (_CHART, "a chart")):
        if (found := pattern.search(text)) and not (pattern is _SOLID and _SECTION.search(text)):
            return f"{what}: {found[0]}"
    return None
