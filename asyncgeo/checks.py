"""A model's answer → the extraction it means, straightened, with findings; or why it cannot be used.

In: the content of an answer, as text. Out: `Checked` or `Unfit`. Pure. What cannot be straightened is left out of
the extraction and counted as a finding, never passed on as it came. It knows no request and no file.

The answer is one JSON object:
    {"verdict": "parsed", "reason": null, "detail": "", "cleaned_text": "…", "category": "…", "difficulty": 2,
     "required_objects": {"points": […], …}, "verification_conditions": [{"type": …}, …]}
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from asyncgeo import conditions
from asyncgeo.conditions import Condition
from asyncgeo.records import SKIP_REASONS, Circle, Extraction, RequiredObjects
from asyncgeo.synonyms import point_name, straighten

MAX_FINDING: Final = 160  # characters of what was dropped; enough to recognise it, and a row stays about 1 KB
MAX_WHITESPACE: Final = 400  # a run of blanks this long is a model stuck in whitespace, not formatting


@dataclass(frozen=True, slots=True)
class Checked:
    """A usable answer; each finding names one thing that was dropped."""

    extraction: Extraction
    findings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unfit:
    """An answer that cannot be used, and why, in words a model can act on."""

    why: str


def read(content: str) -> Checked | Unfit:
    """The extraction that `content` holds, fenced or surrounded by prose as it may be."""
    if " " * MAX_WHITESPACE in content or "\n" * MAX_WHITESPACE in content or "\t" * MAX_WHITESPACE in content:
        return Unfit("the answer ran away into whitespace; give the JSON object only")
    answer = find_object(content)
    if answer is None:
        return Unfit("the answer holds no complete JSON object" if content.strip() else "the answer is empty")
    if answer.get("verdict") == "skipped":
        return _refusal(answer)
    return _parse(answer)


def find_object(content: str) -> dict[str, Any] | None:
    """The first JSON object that stands in `content`: alone, in a code fence, or among other text."""
    try:
        whole = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError):
        return _search_object(content)
    return whole if isinstance(whole, dict) else None


def _search_object(content: str) -> dict[str, Any] | None:
    decoder = json.JSONDecoder()
    best: dict[str, Any] | None = None
    start = content.find("{")
    while start >= 0:
        try:
            found, end = decoder.raw_decode(content, start)
        except (json.JSONDecodeError, RecursionError):
            end = start + 1
        else:
            if isinstance(found, dict) and (best is None or "verdict" in found):
                best = found
        start = content.find("{", end)
    return best


def _refusal(answer: Mapping[str, Any]) -> Checked | Unfit:
    reason = answer.get("reason")
    if reason not in SKIP_REASONS:
        return Unfit(f"verdict is skipped, but reason {reason!r:.60} is none of {', '.join(SKIP_REASONS)}")
    return Checked(Extraction(reason=reason, detail=str(answer.get("detail") or "")[:500]))


def _parse(answer: Mapping[str, Any]) -> Checked | Unfit:
    """1. what a row cannot do without, 2. conditions, 3. objects, with the points that conditions name added."""
    if (why := _missing(answer)) is not None:
        return Unfit(why)
    findings: list[str] = []
    straight = straighten_conditions(answer["verification_conditions"], findings)
    objects = straighten_objects(answer.get("required_objects") or {}, straight, findings)
    if not objects.points:
        return Unfit("neither required_objects nor verification_conditions name a point")
    return Checked(
        Extraction(
            cleaned_text=answer["cleaned_text"].strip(),
            category=answer["category"],
            difficulty=answer["difficulty"],
            required_objects=objects,
            verification_conditions=straight,
            coverage=_share(answer.get("coverage")),
        ),
        tuple(findings),
    )


def _share(raw: object) -> float | None:
    """The share of the text understood, which the embedded endpoint tells and models do not."""
    return raw if isinstance(raw, float) and 0 <= raw <= 1 else None


def _missing(answer: Mapping[str, Any]) -> str | None:
    text, category, difficulty = (answer.get(key) for key in ("cleaned_text", "category", "difficulty"))
    if not isinstance(text, str) or not text.strip():
        return "cleaned_text is missing or empty"
    if category not in conditions.CATEGORIES:
        return f"category {category!r:.60} is none of: {'; '.join(conditions.CATEGORIES)}"
    if isinstance(difficulty, bool) or difficulty not in conditions.DIFFICULTIES:
        return f"difficulty {difficulty!r:.20} is not a whole number from 1 to 5"
    if not isinstance(answer.get("verification_conditions"), list):
        return "verification_conditions is not a list"
    if not isinstance(answer.get("required_objects") or {}, dict):
        return "required_objects is not an object"
    return None


def straighten_conditions(raw: Iterable[object], findings: list[str]) -> list[Condition]:
    """The valid conditions of `raw`, each once; what is dropped is appended to `findings`."""
    kept: dict[bytes, Condition] = {}
    for item in raw:
        condition = straighten(item)
        if condition is None:
            findings.append(f"dropped condition {msgspec.json.encode(item).decode()}"[:MAX_FINDING])
        else:
            kept.setdefault(msgspec.json.encode(condition), condition)
    return list(kept.values())


def straighten_objects(raw: Mapping[str, Any], straight: Iterable[Condition], findings: list[str]) -> RequiredObjects:
    """`raw` with valid names only, each once, and every point that the objects or conditions name among the points."""
    segments = _straight_lists(raw, "segments", 2, 2, findings)
    lines = _straight_lists(raw, "lines", 1, 2, findings)
    polygons = _straight_lists(raw, "polygons", 3, None, findings)
    circles = _straight_circles(raw.get("circles"), findings)
    points = dict.fromkeys(filter(None, map(point_name, _items(raw.get("points")))))
    for names in (*segments, *(line for line in lines if len(line) > 1), *polygons):
        points.update(dict.fromkeys(names))
    for circle in circles:
        points.update(dict.fromkeys(filter(None, (circle.center, circle.radius_point))))
    for condition in straight:
        points.update(dict.fromkeys(conditions.points_of(condition)))
    return RequiredObjects(list(points), segments, lines, circles, polygons)


def _items(raw: object) -> list[Any]:
    return raw if isinstance(raw, list) else []


def _straight_lists(
    raw: Mapping[str, Any], key: str, least: int, most: int | None, findings: list[str]
) -> list[list[str]]:
    kept: dict[tuple[str, ...], None] = {}
    for given in _items(raw.get(key)):
        item = given if isinstance(given, list) else [given]
        names = tuple(filter(None, map(point_name, item)))
        whole = len(names) == len(item) == len(set(names))
        if whole and least <= len(names) <= (most or len(names)):
            kept[names] = None
        else:
            findings.append(f"dropped {key} {msgspec.json.encode(item).decode()}"[:MAX_FINDING])
    return [list(names) for names in kept]


def _straight_circles(raw: object, findings: list[str]) -> list[Circle]:
    kept: dict[Circle, None] = {}
    for item in _items(raw):
        given = item if isinstance(item, dict) else {"center": item}
        center = point_name(given.get("center"))
        if center is None:
            findings.append(f"dropped circles {msgspec.json.encode(item).decode()}"[:MAX_FINDING])
        else:
            kept[Circle(center, point_name(given.get("radius_point")))] = None
    return list(kept)


def straighten_problem(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem of an older dataset with its conditions and objects straightened; what means nothing is left out."""
    straight = straighten_conditions(_items(problem.get("verification_conditions")), [])
    raw = problem.get("required_objects")
    objects = straighten_objects(raw if isinstance(raw, dict) else {}, straight, [])
    return {**problem, "required_objects": msgspec.to_builtins(objects), "verification_conditions": straight}
