"""What a problem asks for, and the key that came with it.

In: values that readers of questions and of keys found. Out: frozen structs. It reads no text and measures no figure.

    Asked(terms=((1.0, Measure("angle", ("A", "B", "C"))),))           ∠ABC
    Asked(terms=((1.0, Measure("length", ("A", "B"))), (-1.0, Measure("length", ("C", "D")))))   AB − CD
    Asked(terms=((1.0, Measure("length", ("A", "B"))),), over=((1.0, Measure("length", ("C", "D"))),))   AB : CD
"""

from typing import Annotated, Final, Literal

import msgspec

MeasureKind = Literal[
    "angle",  # degrees, 0…180, of three points, the vertex in the middle
    "arc",  # degrees, of two ends; `center` names the circle, `arc_type` which of the two arcs
    "length",  # of a segment by its ends
    "distance",  # of the first point from the line through the other two
    "radius",  # of the circle with this centre
    "diameter",
    "circumference",
    "disc",  # the area of a circle
    "perimeter",  # of a polygon by its corners
    "area",  # of a polygon by its corners
    "arc_length",  # as arc
    "sector",  # the area of a sector, as arc
    "sine",  # of an angle, as angle
    "cosine",
    "tangent",
]
Dimension = Literal["degrees", "length", "area", "number"]
Unmeasured = Literal[
    "no question",  # what is asked stands nowhere
    "not plane geometry",  # solids, coordinates, charts
    "statement",  # which is true, what kind of figure, how two things lie
    "count",  # how many
    "expression",  # in letters: the value of x, ∠α, an answer in terms of a
    "extremum",  # the least, the greatest, and what is so where something is
    "shaded",  # only the picture shows what is shaded
    "numbered angle",  # only the picture shows which it is
    "unnamed",  # a thing that no names of points say: the tree's height, the altitude
    "which angle",  # of one letter, whose arms the text does not say
    "which arc",  # or which circle
    "not understood",
]
"""Kinds of questions that are not measured."""

DIMENSIONS: Final[dict[MeasureKind, Dimension]] = {
    "angle": "degrees",
    "arc": "degrees",
    "length": "length",
    "distance": "length",
    "radius": "length",
    "diameter": "length",
    "circumference": "length",
    "perimeter": "length",
    "arc_length": "length",
    "disc": "area",
    "area": "area",
    "sector": "area",
    "sine": "number",
    "cosine": "number",
    "tangent": "number",
}


class Measure(msgspec.Struct, frozen=True, omit_defaults=True):
    """One measurable thing of a figure."""

    kind: MeasureKind
    names: tuple[str, ...]
    center: str = ""
    arc_type: str = ""

    def __str__(self) -> str:
        """As people write it."""
        names = "".join(self.names)
        if self.kind == "distance":
            return f"distance of {self.names[0]} from {''.join(self.names[1:])}"
        arc = f"{self.arc_type} arc {names} of {self.center}".strip()
        return _SPELT[self.kind].format(names=names, arc=arc)


_SPELT: Final[dict[MeasureKind, str]] = {
    "angle": "∠{names}",
    "arc": "{arc}",
    "length": "{names}",
    "radius": "radius of {names}",
    "diameter": "diameter of {names}",
    "circumference": "circumference of {names}",
    "disc": "area of circle {names}",
    "perimeter": "perimeter of {names}",
    "area": "area of {names}",
    "arc_length": "length of {arc}",
    "sector": "area over {arc}",
    "sine": "sin ∠{names}",
    "cosine": "cos ∠{names}",
    "tangent": "tan ∠{names}",
}


Sum = tuple[tuple[float, Measure], ...]
"""Coefficients and what they count."""


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """The quantity: a sum of measures, over another where it is a ratio.

    `rounded`: the text wants an answer that is not exact, as by "精确到0.1米", "约为" or values of sines that it gives.
    `metres` is the unit in which a figure of the text has its lengths, where the text names one.
    """

    terms: Sum
    over: Sum = ()
    rounded: bool = False
    metres: float | None = None

    def __str__(self) -> str:
        """As people write it: AB + 2 CD, ∠A : ∠B."""
        return " : ".join(map(_spelt, filter(None, (self.terms, self.over))))

    @property
    def dimension(self) -> Dimension:
        """What kind of number it is; lengths and areas are in the problem's unit."""
        return "number" if self.over else DIMENSIONS[self.terms[0][1].kind]

    @property
    def points(self) -> frozenset[str]:
        """The points that a figure must have for it."""
        return frozenset(name for _, each in (*self.terms, *self.over) for name in (*each.names, each.center) if name)


def _spelt(terms: Sum) -> str:
    whole = " ".join(
        f"{'-' if count < 0 else '+'} {'' if abs(count) == 1 else f'{abs(count):g} '}{each}" for count, each in terms
    )
    return whole.removeprefix("+ ")


class NotMeasured(msgspec.Struct, frozen=True):
    """Why what is asked is no quantity that a figure can be measured for; `detail` quotes the words that say so."""

    reason: Unmeasured
    detail: str = ""


Label = Annotated[int, msgspec.Meta(ge=0, le=25)]
"""The place of a choice, counted from 0; collections name choices by letters, of which there are 26."""


class AnswerKey(msgspec.Struct, frozen=True, omit_defaults=True):
    """The key that came with a problem, as rows keep it; it is never sent to a model.

    `label` counts `choices` from 0, whatever the collection did; `answer` is the answer as text, where there is one.
    """

    choices: tuple[str, ...] = ()
    label: Label | None = None
    answer: str = ""
