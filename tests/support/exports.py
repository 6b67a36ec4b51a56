"""Parses to be exported: the figures' cases as a merged dataset."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from asyncgeo.export.exportable import Exportable
from asyncgeo.figure import Figure, draw
from support.figures import CONSISTENT, CONTRADICTORY, Case

TRIANGLE: dict[str, Any] = {
    "id": "17",
    "subject": "△ABC中,AB=AC,∠BAC=50°",
    "cleaned_text": "△ABC中,AB=AC,∠BAC=50°",
    "original_text": "如图,△ABC中,AB=AC,∠BAC=50°,则∠B=()",
    "category": "Triangle Properties & Constructions",
    "difficulty": 2,
    "source": "rules",
    "required_objects": {"points": ["A", "B", "C"], "polygons": [["A", "B", "C"]]},
    "verification_conditions": [
        {"type": "triangle_valid", "points": ["A", "B", "C"]},
        {"type": "segment_equality", "segments": [["A", "B"], ["A", "C"]]},
        {"type": "angle_value", "points": [["B", "A", "C"]], "value": 50},
    ],
    "unexpressed": ["sin∠B=0.9"],
}


def exportable(case: Case) -> Exportable:
    """The case as a parse."""
    return Exportable(case.name, case.name, case.conditions, case.objects)


def drawn(case: Case) -> tuple[Exportable, Figure]:
    """The case and its figure."""
    return exportable(case), draw(case.conditions, case.objects)


def problem(case: Case) -> dict[str, Any]:
    """The case as a problem of a dataset."""
    fields = {"id": case.name, "subject": case.name, "verification_conditions": case.conditions}
    return {**TRIANGLE, **fields, "unexpressed": [], "required_objects": msgspec.to_builtins(case.objects)}


def dataset(folder: Path, problems: Sequence[dict[str, Any]] = (TRIANGLE,)) -> Path:
    """A merged dataset with these problems."""
    folder.mkdir(exist_ok=True)
    path = folder / "dataset.json"
    path.write_text(json.dumps({"metadata": {}, "problems": list(problems)}), encoding="utf-8")
    return path


CONTRADICTION = problem(CONTRADICTORY[0])
DRAWABLE = [case for case in CONSISTENT if case.conditions]
