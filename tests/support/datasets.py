"""Datasets for tests: rows in shards, merged."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncgeo.dataset import MergeOptions, Stats, merge
from asyncgeo.schema import conditions
from asyncgeo.schema.records import Meta, Parsed, RequiredObjects, encode

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def parse(identifier: str, at: str = "2026-11-23T12:00:00+00:00", **fields: Any) -> bytes:
    """A parse by the model."""
    whole: dict[str, Any] = {
        "id": identifier,
        "source": "model",
        "subject": "AB∥CD",
        "original_text": "如图,AB∥CD",
        "cleaned_text": "AB∥CD",
        "category": conditions.CATEGORIES[0],
        "difficulty": 2,
        "required_objects": RequiredObjects(points=["A", "B", "C", "D"]),
        "verification_conditions": [{"type": "parallel", "objects": [["A", "B"], ["C", "D"]]}],
        "meta": Meta(at=at, model="m"),
    }
    return encode(Parsed(**(whole | fields)))


def put(folder: Path, *contents: list[bytes]) -> None:
    """Shards of these lines, in this order."""
    for index, lines in enumerate(contents):
        (folder / f"dataset_{index * 9}_{index * 9 + 9}.jsonl").write_bytes(b"".join(lines))


def merged(folder: Path, **options: Any) -> tuple[Stats, dict[str, Any]]:
    """The statistics, and the dataset as a reader of it sees it."""
    output = options.pop("output", None)
    stats = merge(folder, output, MergeOptions(**options), now=NOW)
    return stats, json.loads(stats.output.read_text(encoding="utf-8"))


ORIGINAL = {
    "id": "7",
    "subject": "AB=5",
    "required_objects": {"points": ["A", "B"]},
    "verification_conditions": [{"type": "segment_length", "segment": ["A", "B"], "value": 5}],
    "category": "Measurement & Ratios",
    "difficulty": 3,
    "original_text": "如图,AB=5",
    "cleaned_text": "AB=5",
    "status": "parsed",
}
