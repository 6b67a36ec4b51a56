"""Figures hold their conditions to machine precision, by formulas that share nothing with the residuals."""

from itertools import chain

import numpy as np
import pytest
from support.figures import CONSISTENT, PUBLISHED, Case, name
from support.plain import errors
from support.shared import path

from asyncgeo.figure import Figure, draw
from asyncgeo.schema.conditions import Condition
from asyncgeo.store import parses

EXACT = 1e-12
_LAST_DIGIT = 2e-4  # of the roughest number that is taken for a rounded one, 53.13°


def worst(conditions: list[Condition], figure: Figure) -> float:
    """The largest error of any condition, 0 where none has a formula."""
    at = {point: complex(*place) for point, place in figure.points.items()}
    circles = [centre for centre, _, _ in figure.circles]
    radius = {centre: r for centre, _, r in figure.circles if circles.count(centre) == 1}
    return max(chain([0.0], *(errors(condition, at, radius) for condition in conditions)))


@pytest.mark.parametrize("case", CONSISTENT, ids=name)
def test_a_figure_is_exact(case: Case) -> None:
    """Coordinates in the problem's unit, as they are written down, hold every condition to twelve digits."""
    figure = draw(case.conditions, case.objects)
    assert figure.residual < EXACT
    assert worst(case.conditions, figure) < (_LAST_DIGIT if figure.rounded else EXACT)


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e6])
def test_points_on_a_line_have_rank_one(scale: float) -> None:
    """Other people's checkers ask for the rank of two differences, which is 1 only to the last digit."""
    given: list[Condition] = [
        {"type": "distance_equals", "segment": ["A", "B"], "value": 3 * scale},
        {"type": "distance_equals", "segment": ["B", "C"], "value": 4.1 * scale},
        {"type": "distance_equals", "segment": ["C", "A"], "value": 5.3 * scale},
        {"type": "point_on_segment", "point": "D", "segment": ["A", "B"]},
        {"type": "point_on_segment", "point": "E", "segment": ["A", "C"]},
        {"type": "point_on_segment", "point": "F", "segment": ["D", "C"]},
        {"type": "point_on_segment", "point": "F", "segment": ["E", "B"]},
    ]
    for seed in range(5):
        at = {point: np.array(place) for point, place in draw(given, seed=seed).points.items()}
        for p, q, r in ("DAB", "EAC", "FDC", "FEB"):
            assert np.linalg.matrix_rank([at[p] - at[q], at[p] - at[r]]) == 1


def test_published_parses_are_drawn_exactly() -> None:
    """Of 250 published parses 17 contradict themselves, each for a reason that can be told: the rest are drawn."""
    published = parses.read(path("geoqa3/reference.json"))
    figures = {p.id: draw(p.conditions, p.objects) for p in published.values()}
    drawn = {identifier: figure for identifier, figure in figures.items() if figure.drawable}
    contradictory = {identifier for identifier, figure in figures.items() if figure.state == "contradictory"}
    assert contradictory == {row["id"] for row in PUBLISHED}
    assert len(drawn) == len(figures) - len(contradictory) - 1  # one has no points
    assert all(figure.residual < EXACT for figure in drawn.values())
    assert all(worst(published[identifier].conditions, figure) < EXACT for identifier, figure in drawn.items())
