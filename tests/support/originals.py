"""A row as the original script wrote it after its key was dead: a guess by rules, category Unknown."""

import json

ORIGINAL = {
    "id": "7",
    "subject": "AB=5",
    "required_objects": {"points": ["A", "B"]},
    "verification_conditions": [{"type": "segment_length", "segment": ["A", "B"], "value": 5}],
    "category": "Unknown",
    "difficulty": 3,
    "original_text": "如图,AB=5",
    "cleaned_text": "AB=5",
    "status": "parsed",
}


def line_of(value: object) -> bytes:
    """One line in the manner of the original script."""
    return json.dumps(value, ensure_ascii=False).encode() + b"\n"
