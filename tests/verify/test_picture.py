import xml.etree.ElementTree as ET

import msgspec
import pytest

from asyncgeo.schema.records import Circle, Parsed, RequiredObjects
from asyncgeo.verify.picture import picture

ROW = Parsed(
    id="1",
    source="model",
    subject="",
    original_text="",
    cleaned_text="",
    category="Basic Constructions",
    difficulty=1,
    required_objects=RequiredObjects(circles=[Circle("O", "A")]),
    verification_conditions=[
        {"type": "angle_value", "points": [["A", "O", "B"]], "value": 80},
        {"type": "point_on_circle", "point": "B", "circle_center": "O"},
    ],
)


def test_a_picture_stands_beside_others_on_one_page() -> None:
    """One element without ids, styles, variables or classes of its own."""
    text = picture(ROW)
    assert text is not None
    svg = ET.fromstring(text)  # noqa: S314  our own output
    assert {element.get("id") for element in svg.iter()} == {None}
    assert all((element.get("class") or "figure-").startswith("figure-") for element in svg.iter())
    assert {element.get("style") for element in svg.iter()} == {None}
    assert all(word not in text for word in ("<style", "var(", "currentColor"))
    assert picture(ROW) == text


def test_names_of_points_are_escaped() -> None:
    """A model may write anything where a name belongs."""
    text = picture(msgspec.structs.replace(ROW, required_objects=RequiredObjects(points=['<script a="&">'])))
    assert text is not None
    assert "<script" not in text
    ET.fromstring(text)  # noqa: S314  our own output


@pytest.mark.parametrize("added", [[{"type": "angle_value", "points": [["A", "O", "B"]], "value": 81}], None])
def test_what_cannot_be_drawn_has_no_picture(added: list[dict[str, object]] | None) -> None:
    """A contradiction, or nothing at all."""
    conditions = [] if added is None else [*ROW.verification_conditions, *added]
    row = msgspec.structs.replace(ROW, verification_conditions=conditions, required_objects=RequiredObjects())
    assert picture(row) is None
