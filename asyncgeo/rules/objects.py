"""Which objects must be drawn: every point named, and the figures, lines and circles of the facts.

In: the row of what is given, and the facts. Out: `RequiredObjects`. It adds no fact.
"""

from collections.abc import Iterable, Iterator, Sequence

from asyncgeo.rules.tokens import Token
from asyncgeo.schema import conditions
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Circle, RequiredObjects

_SEGMENTS = ("segment", "segment1", "segment2")


def required(tokens: Sequence[Token], facts: Sequence[Condition]) -> RequiredObjects:
    """The objects of a text."""
    points = _unique(
        [*(p for token in tokens for p in token.points), *(p for fact in facts for p in conditions.points_of(fact))]
    )
    rows = [set(fact["points"]) for fact in facts if fact["type"] in ("collinear", "order_on_line")]
    rows += [{fact["point"], *fact["segment"]} for fact in facts if fact["type"] == "point_on_segment"]
    polygons = [t.points for t in tokens if t.sign in "tqg" and not any(set(t.points) <= row for row in rows)]
    return RequiredObjects(
        points=points,
        segments=_unique_lines(_segments(tokens, facts)),
        lines=_unique_lines(_lines(facts)),
        circles=list(_circles(tokens, facts)),
        polygons=_unique_lines(list(points) for points in polygons),
    )


def _unique(points: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(points))


def _unique_lines(lines: Iterable[list[str]]) -> list[list[str]]:
    return list({frozenset(line): line for line in reversed(list(lines))}.values())[::-1]


def _segments(tokens: Sequence[Token], facts: Sequence[Condition]) -> Iterator[list[str]]:
    for token in tokens:
        if token.sign == "s":
            yield list(token.points)
        elif token.sign in "tqg":
            yield from (
                [first, second]
                for first, second in zip(token.points, (*token.points[1:], token.points[0]), strict=True)
            )
        elif token.sign == "X" and len(token.points) > 1:
            yield from ([token.points[1], arm] for arm in (token.points[0], token.points[2]))
    for fact in facts:
        yield from (fact[name] for name in _SEGMENTS if name in fact)


def _lines(facts: Sequence[Condition]) -> Iterator[list[str]]:
    for fact in facts:
        if "line" in fact:
            yield fact["line"]
        if fact["type"] in ("parallel", "perpendicular"):
            yield from fact["objects"]


def _circles(tokens: Sequence[Token], facts: Sequence[Condition]) -> Iterator[Circle]:
    named = (token.points[0] for token in tokens if token.sign == "C")
    for center in _unique([*named, *(fact["circle_center"] for fact in facts if "circle_center" in fact)]):
        on = (f["point"] for f in facts if f["type"] == "point_on_circle" and f["circle_center"] == center)
        yield Circle(center, next(on, None))
