"""How far a figure is from a condition by school geometry: coordinates and nothing of the package.

In: a condition and places of points. Out: relative errors, which are 0 where the condition holds; none for a type that
has no formula here.
"""

import cmath
import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

Places = Mapping[str, complex]
Circles = Mapping[str, float]


def errors(condition: dict[str, Any], at: Places, radius: Circles) -> Iterator[float]:  # noqa: C901, PLR0912  an arm a type
    """The errors of everything that the condition says in equations."""
    match condition:
        case {"type": "parallel", "objects": [one, other]} if len(one) == len(other) == 2:
            yield sine(span(at, one), span(at, other))
        case {"type": "perpendicular", "objects": [one, other]} if len(one) == len(other) == 2:
            yield sine(span(at, one), 1j * span(at, other))
        case {"type": "collinear" | "order_on_line", "points": [a, b, *rest]}:
            yield from (flat(at[a], at[b], at[point]) for point in rest)
        case {"type": "point_on_line", "point": p, "line": [a, b]}:
            yield flat(at[a], at[b], at[p])
        case {"type": "intersection_point", "point": p, "lines": lines}:
            yield from (flat(*span_ends(at, line), at[p]) for line in lines if len(line) == 2)
        case {"type": "point_on_segment" | "point_between" | "midpoint_of", "point": p}:
            a, b = span_ends(at, condition.get("segment") or condition["endpoints"])
            yield same(abs(at[p] - a) + abs(b - at[p]), abs(b - a))
            if condition["type"] == "midpoint_of":
                yield abs(at[p] - (a + b) / 2) / abs(a - b)
        case {"type": "distance_equals", "segment": segment, "value": value}:
            yield same(abs(span(at, segment)), value)
        case {"type": "segment_equality", "segments": segments} | {
            "type": "isosceles_triangle",
            "equal_sides": segments,
        }:
            yield from (same(abs(span(at, one)), abs(span(at, other))) for one, other in pairwise(segments))
        case {"type": "segment_ratio", "segment1": one, "segment2": other, "ratio": [p, q]}:
            yield same(q * abs(span(at, one)), p * abs(span(at, other)))
        case {"type": "perimeter", "polygon": corners, "value": value}:
            yield same(sum(abs(at[b] - at[a]) for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)), value)
        case {"type": "angle_value", "points": [points], "value": value}:
            yield abs(angle(at, points) - math.radians(min(value, 360 - value)))
        case {"type": "angle_equality", "points": angles}:
            yield from (abs(angle(at, one) - angle(at, other)) for one, other in pairwise(angles))
        case {"type": "angle_sum", "angles": angles, "value": value}:
            sizes = [angle(at, one["points"]) for one in angles]
            reflex = (sum(sizes) + 2 * math.pi - 2 * size for size in sizes)  # of a dart one is what it seems to leave
            yield min(abs(total - math.radians(value)) for total in (sum(sizes), *reflex))
        case {"type": "angle_bisector", "line": [*line], "angle_points": [a, vertex, b]} if vertex in line:
            inner = next(point for point in line if point != vertex)
            yield abs(angle(at, (a, vertex, inner)) - angle(at, (inner, vertex, b)))
        case {"type": "perpendicular_bisector", "line": [*line], "segment": [a, b]} if len(line) == 2:
            yield from (same(abs(at[point] - at[a]), abs(at[point] - at[b])) for point in line)
        case {"type": "polygon_property", "polygon": [a, b, c, d], "property": "parallelogram" | "square" as kind}:
            yield abs(at[a] - at[b] + at[c] - at[d]) / abs(at[a] - at[c])
            if kind == "square":
                yield (
                    abs(at[b] - at[a] - 1j * (at[d] - at[a]))
                    * abs(at[b] - at[a] + 1j * (at[d] - at[a]))
                    / abs(at[b] - at[a]) ** 2
                )
        case {"type": "concyclic", "points": [a, b, c, *rest]}:
            yield from (abs(cross_ratio(at[a], at[b], at[c], at[point])) for point in rest)
        case {"type": "point_on_circle", "point": p, "circle_center": o} if o in radius:
            yield same(abs(at[p] - at[o]), radius[o])
        case {"type": "diameter", "segment": [a, b], "circle_center": o}:
            yield abs(at[a] + at[b] - 2 * at[o]) / abs(at[a] - at[b])
        case {"type": "tangent_line" | "tangent_at_point", "line": [a, b], "circle_center": o} if o in radius:
            yield same(abs(((at[b] - at[a]).conjugate() * (at[o] - at[a])).imag) / abs(at[b] - at[a]), radius[o])


def span(at: Places, ends: list[str]) -> complex:
    a, b = span_ends(at, ends)
    return b - a


def span_ends(at: Places, ends: list[str]) -> tuple[complex, complex]:
    a, b = ends
    return at[a], at[b]


def sine(one: complex, other: complex) -> float:
    return abs((one.conjugate() * other).imag) / (abs(one) * abs(other))


def flat(a: complex, b: complex, c: complex) -> float:
    """The least height of the triangle over its longest side."""
    longest = max(abs(a - b), abs(b - c), abs(c - a))
    return abs(((b - a).conjugate() * (c - a)).imag) / longest**2


def same(one: float, other: float) -> float:
    return abs(one - other) / max(one, other)


def angle(at: Places, points: Any) -> float:
    a, vertex, b = (at[name] for name in points)
    return abs(cmath.phase((b - vertex) / (a - vertex)))


def cross_ratio(a: complex, b: complex, c: complex, d: complex) -> float:
    ratio = (a - c) * (b - d) / ((a - d) * (b - c))
    return ratio.imag / abs(ratio)
