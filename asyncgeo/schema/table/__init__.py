"""THE table of verification conditions: every type, its fields, their shapes, a gloss, an example, and its one form.

In: nothing. Out: `TABLE`. The prompt text, the strict JSON schema, the checks, the rules and the one form of each fact
all derive from it; a new type is one entry in the file of its kind here. It knows no wording of problems and no model;
what the value of a field looks like is `shapes`'.

Field names are those of the published GeoBuildBench dataset. One example of a condition:
    {"type": "point_on_circle", "point": "A", "circle_center": "O"}
"""

from collections.abc import Mapping
from typing import Final

from asyncgeo.schema.table import angles, circles, lengths, lines, motions, polygons
from asyncgeo.schema.table.entry import ConditionType

TABLE: Final[Mapping[str, ConditionType]] = {
    kind.name: kind for kinds in (lines, angles, lengths, circles, polygons, motions) for kind in kinds.TYPES
}
"""Every condition type by name, in the order in which the prompt presents them."""
