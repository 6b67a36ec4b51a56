import re

import pytest
from support.cases import for_each

from asyncgeo.rules import numbers


@for_each(
    ("written", "value"),
    [
        ("12", 12),
        ("1.50", 1.5),
        ("3/4", 0.75),
        ("√2", 1.414214),
        ("2√3", 3.464102),
        ("3√2/2", 2.12132),
        ("√(3)", 1.732051),
        ("0", 0),
        ("1/0", None),
        ("9" * 400, None),
        ("", None),
    ],
)
def test_numbers_as_problems_write_them(written: str, value: float | None) -> None:
    """Whole numbers stay whole; what has no size, or an absurd one, is none."""
    assert numbers.value(written) == value


def test_minutes_are_parts_of_a_degree() -> None:
    """36°24′ is 36.4 degrees."""
    assert numbers.value("36", "24") == pytest.approx(36.4)


@pytest.mark.parametrize("written", ["5cm", "5 厘米", "5米", "1.2 km"])
def test_a_unit_belongs_to_its_number(written: str) -> None:
    """Units are read with the number and dropped, as in published parses."""
    assert re.fullmatch(rf"(?:{numbers.PATTERN}){numbers.UNIT}", written)
