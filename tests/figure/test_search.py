"""Conditions read off figures that exist: whatever is true of a figure can be drawn."""

import math
import random
import re
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from asyncgeo.figure import draw, render
from asyncgeo.schema import conditions
from asyncgeo.schema.records import RequiredObjects

Place = complex
Given = list[dict[str, Any]]


def build(rng: random.Random) -> tuple[dict[str, Place], Given]:
    """Four points anywhere, four more constructed from three of those before, and what measuring tells."""
    names = iter("ABCDEFGH")
    at = {next(names): complex(rng.uniform(0, 10), rng.uniform(0, 10)) for _ in range(4)}
    given: Given = []
    for new in names:
        place, said = next(constructions(rng, at, new))
        at[new] = place
        given += said
    for _ in range(rng.randint(1, 4)):
        a, b, c = rng.sample(sorted(at), 3)
        turn = (at[a] - at[b]) / (at[c] - at[b])
        given.append({"type": "distance_equals", "segment": [a, b], "value": abs(at[a] - at[b])})
        if 0.1 < abs(math.atan2(turn.imag, turn.real)) < 3:
            degrees = math.degrees(abs(math.atan2(turn.imag, turn.real)))
            given.append({"type": "angle_value", "points": [[a, b, c]], "value": degrees})
    return at, given


def constructions(rng: random.Random, at: dict[str, Place], new: str) -> Iterator[tuple[Place, Given]]:
    """Places for the new point that are well away from all others, with the conditions that put it there."""
    while True:
        a, b, c = rng.sample(sorted(at), 3)
        p, q, r = at[a], at[b], at[c]
        if abs(((q - p).conjugate() * (r - p)).imag) < 2:
            continue
        foot = p + (q - p) * ((r - p) / (q - p)).real
        share = rng.uniform(0.2, 0.8)
        ratio = abs(p - q) / (abs(p - q) + abs(r - q))
        reflected: Given = [
            {
                "type": "geometric_transformation",
                "transformation": "reflection",
                "preimage_triangle": [c, a],
                "image_triangle": [new, a],
                "axis": [a, b],
            }
        ]
        options: list[tuple[Place, Given]] = [
            (p + share * (q - p), [{"type": "point_on_segment", "point": new, "segment": [a, b]}]),
            ((p + q) / 2, [{"type": "midpoint_of", "point": new, "segment": [a, b]}]),
            (r + (share + 0.5) * (q - p), [{"type": "parallel", "objects": [[a, b], [c, new]]}]),
            (
                foot,
                [
                    {"type": "point_on_line", "point": new, "line": [a, b]},
                    {"type": "perpendicular", "objects": [[c, new], [a, b]]},
                ],
            ),
            (
                p + ratio * (r - p),
                [
                    {"type": "angle_bisector", "line": [b, new], "angle_points": [a, b, c]},
                    {"type": "point_on_segment", "point": new, "segment": [a, c]},
                ],
            ),
            (2 * foot - r, reflected),
        ]
        place, said = rng.choice(options)
        if min(abs(place - other) for other in at.values()) > 0.6:
            yield place, said


@pytest.mark.parametrize("seed", range(40))
def test_what_is_true_of_a_figure_can_be_drawn(seed: int) -> None:
    """Eight points, up to sixteen conditions that are exact, some of them redundant: never called a contradiction."""
    _, given = build(random.Random(seed))
    assert draw(given).drawable


@pytest.mark.parametrize("seed", range(12))
def test_what_is_false_by_a_tenth_cannot(seed: int) -> None:
    """Three sides and an angle that the sides forbid, among all that is true of the figure."""
    at, given = build(random.Random(seed))
    triangle = [
        {"type": "distance_equals", "segment": [a, b], "value": abs(at[a] - at[b])} for a, b in ("AB", "BC", "CA")
    ]
    turn = (at["A"] - at["B"]) / (at["C"] - at["B"])
    wrong = 0.9 * math.degrees(abs(math.atan2(turn.imag, turn.real)))
    said = {"type": "angle_value", "points": [["A", "B", "C"]], "value": wrong}
    assert draw([*given, *triangle]).drawable
    assert not draw([*given, *triangle, said]).drawable


@pytest.mark.parametrize("seed", range(30))
def test_any_valid_conditions_get_an_answer(seed: int) -> None:
    """Examples of the table with their points mixed up make no sense together, and no exception either."""
    rng = random.Random(seed)
    given = []
    for kind in rng.sample(list(conditions.TABLE.values()), 4):
        points = rng.sample("ABCDEFGHIO", 10)
        mixed = msgspec.json.encode(conditions.example(kind)).decode()
        swap = dict(zip("ABCDEFGHIO", points, strict=True))
        mixed = re.sub(r'(?<=")[A-IO](?=")', lambda found, swap=swap: swap[found[0]], mixed)  # type: ignore[misc]
        given.append(msgspec.json.decode(mixed))
    objects = RequiredObjects(polygons=[rng.sample("ABCDE", 4)])
    figure = draw(given, objects, seed=seed)
    assert figure.drawable or not all(residual == 0 for residual in (figure.residual, *figure.residuals.values()))
    assert render(given, objects, figure).startswith("<svg")
