import math

import pytest

from asyncgeo.figure import Figure
from asyncgeo.figure.measure import lacking, measure
from asyncgeo.schema.asked import Asked, Measure, MeasureKind
from asyncgeo.schema.words import quantity

SQUARE = Figure(
    drawable=True,
    residual=0.0,
    rounded=False,
    points={"A": (0, 0), "B": (4, 0), "C": (4, 4), "D": (0, 4), "O": (2, 2), "M": (2, 0)},
    circles=[("O", (2, 2), 2 * math.sqrt(2))],
)
RADIUS = 2 * math.sqrt(2)


def asked(kind: MeasureKind, names: str, *, center: str = "", arc_type: str = "") -> Asked:
    return Asked(terms=((1.0, Measure(kind, tuple(names), center, arc_type)),))


@pytest.mark.parametrize(
    ("wanted", "value", "words"),
    [
        (asked("angle", "BAC"), 45, "∠BAC"),
        (asked("angle", "BAD"), 90, "∠BAD"),
        (asked("arc", "AB"), 90, "arc AB"),
        (asked("arc", "AB", arc_type="major"), 270, "major arc AB"),
        (asked("arc", "AC", arc_type="semicircle"), 180, "semicircle arc AC"),
        (asked("length", "AC"), 4 * math.sqrt(2), "AC"),
        (asked("distance", "CAB"), 4, "distance of C from AB"),
        (asked("radius", "O"), RADIUS, "radius of ⊙O"),
        (asked("diameter", "O"), 2 * RADIUS, "diameter of ⊙O"),
        (asked("circumference", "O"), 2 * math.pi * RADIUS, "circumference of ⊙O"),
        (asked("disc", "O"), 8 * math.pi, "area of ⊙O"),
        (asked("perimeter", "ABCD"), 16, "perimeter of ABCD"),
        (asked("area", "ADCB"), 16, "area of ADCB"),
        (asked("area", "ABC"), 8, "area of ABC"),
        (asked("arc_length", "AB", center="O"), math.pi * RADIUS / 2, "length of arc AB"),
        (asked("sector", "AB", center="O"), 2 * math.pi, "area of the sector over arc AB"),
        (asked("sine", "BAC"), math.sqrt(0.5), "sin ∠BAC"),
        (asked("cosine", "BAC"), math.sqrt(0.5), "cos ∠BAC"),
        (asked("tangent", "CMB"), 2, "tan ∠CMB"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_every_kind_is_measured(wanted: Asked, value: float, words: str) -> None:
    """As school geometry has it, in degrees and in the figure's unit."""
    assert measure(wanted, SQUARE) == pytest.approx(value, rel=1e-12)
    assert lacking(wanted, SQUARE) == ""
    assert quantity(wanted) == words


def test_sums_and_ratios() -> None:
    """Terms count with their factors; over others they are a plain number."""
    ab, ac, am = (Measure("length", tuple(names)) for names in ("AB", "AC", "AM"))
    total = Asked(terms=((1.0, ab), (-2.0, am)))
    assert measure(total, SQUARE) == pytest.approx(0)
    assert quantity(total) == "AB − 2 AM"
    ratio = Asked(terms=((1.0, ac),), over=((1.0, ab),))
    assert measure(ratio, SQUARE) == pytest.approx(math.sqrt(2))
    assert quantity(ratio) == "AC : AB"
    assert ratio.dimension == "number"


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (asked("angle", "BAE"), "E"),
        (asked("radius", "A"), "no circle about A"),
        (asked("arc", "AM"), "not one circle"),
        (asked("arc", "AB", center="P"), "P"),
    ],
)
def test_what_a_figure_lacks_is_named(wanted: Asked, why: str) -> None:
    """No value is made up."""
    assert measure(wanted, SQUARE) is None
    assert why in lacking(wanted, SQUARE)
