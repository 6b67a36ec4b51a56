from support.cases import for_each

from asyncgeo.run.one_unit import in_one_unit
from asyncgeo.run.problem_text import Text

TEXT = "PQ=1.2m,QR=30cm,RS=45cm"


def scaled(text: str, *values: float) -> list[float]:
    lengths = [{"type": "distance_equals", "segment": ["P", "Q"], "value": value} for value in values]
    return [each["value"] for each in in_one_unit(lengths, Text(text).lengths)]


@for_each(
    ("text", "values", "expected"),
    [
        (TEXT, (1.2, 30), (120, 30)),  # as the text has them
        (TEXT, (120, 30), (120, 30)),  # in the smallest
        (TEXT, (1.2, 0.3, 0.45), (120, 30, 45)),  # in the other one
        (TEXT, (1.2, 0.3, 45), (1.2, 0.3, 45)),  # in both: who knows
        (TEXT, (1.2, 7), (120, 7)),  # what the text does not state stays
        ("PQ=1.2m,QR=30m", (1.2, 30), (1.2, 30)),
        ("相距3千米,长200米", (3, 200), (3000, 200)),
        ("PQ=2cm,面积为5m²,速度为3m/s", (2, 5, 3), (2, 5, 3)),
        ("PQ=5m,QR=5cm", (5,), (5,)),
    ],
)
def test_lengths_are_in_the_smallest_unit_of_the_text(
    text: str, values: tuple[float, ...], expected: tuple[float, ...]
) -> None:
    """Nothing is changed that is not clear."""
    assert scaled(text, *values) == list(expected)


def test_only_lengths_have_a_unit() -> None:
    """An angle of as many degrees is none; what is added to a length is one."""
    angle = {"type": "angle_value", "points": [["P", "Q", "R"]], "value": 30}
    relation = {"type": "length_relation", "segment1": ["P", "Q"], "times": 2, "segment2": ["R", "S"], "plus": 1.2}
    assert in_one_unit([angle, relation], Text(TEXT).lengths) == [angle, {**relation, "plus": 120}]
