"""A model's answer → the extraction it means, straightened, with findings; or why it cannot be used.

In: the content of an answer, whatever it is. Out: `Checked` or `Unfit`, never an exception, in time linear in the
content. Pure. What cannot be straightened is left out of the extraction and counted as a finding, never passed on as
it came. It knows no request and no file.

The answer is one JSON object:
    {"verdict": "parsed", "reason": null, "detail": "", "cleaned_text": "…", "category": "…", "difficulty": 2,
     "required_objects": {"points": […], …}, "verification_conditions": [{"type": …}, …]}
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from asyncgeo.schema import conditions, usual, wire
from asyncgeo.schema.canonical import canonical
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.possible import impossible, is_empty
from asyncgeo.schema.records import NOT_UNDERSTOOD, SKIP_REASONS, Circle, Extraction, RequiredObjects
from asyncgeo.schema.sanitize import TooDeep, sanitize
from asyncgeo.schema.synonyms import straighten
from asyncgeo.schema.together import of_one_problem
from asyncgeo.schema.unexpressed import clauses, of_dropped
from asyncgeo.schema.values import point_name
from asyncgeo.schema.vanished import lost
from asyncgeo.schema.words import readable

MAX_FINDING: Final = 160  # characters of what was dropped; enough to recognise it, and a row stays about 1 KB
MAX_FINDINGS: Final = 40  # in one row
MAX_DOUBTS: Final = 8  # shown to the model; each costs tokens, and with more the answer is wrong altogether
MAX_WHITESPACE: Final = 400  # a run of blanks this long is a model stuck in whitespace, not formatting
MAX_LENGTH: Final = 1 << 16  # characters in which the object must be; a long answer has a tenth of it
MAX_DETAIL: Final = 500  # characters of a refusal's own words


class Checked(msgspec.Struct, frozen=True):
    """A usable answer; each finding names one thing that was dropped.

    `doubts` are what is worth one more question, in words a model can act on; what they are about is not in the
    extraction, so that it is usable as it is.
    """

    extraction: Extraction
    findings: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def reask(self) -> str | None:
        """What to show the model if it is asked once more; None where nothing is in doubt."""
        return "; ".join(self.doubts[:MAX_DOUBTS]) or None


class Unfit(msgspec.Struct, frozen=True):
    """An answer that cannot be used, and why, in words a model can act on."""

    why: str


def read(content: object) -> Checked | Unfit:
    """The extraction that `content` holds, fenced or surrounded by prose as it may be."""
    if not isinstance(content, str):
        return Unfit(f"the answer is {type(content).__name__}, not text")
    head = content[:MAX_LENGTH]
    if " " * MAX_WHITESPACE in head or "\n" * MAX_WHITESPACE in head or "\t" * MAX_WHITESPACE in head:
        return Unfit("the answer ran away into whitespace; give the JSON object only")
    if (extraction := usual.parse(head)) is not None:
        return Checked(replace(extraction, verification_conditions=canonical(extraction.verification_conditions)))
    found = find_object(head)
    if found is None:
        return Unfit(_no_object(content))
    findings: list[str] = []
    try:
        answer = wire.unpack(sanitize(found, findings))
    except TooDeep as error:
        return Unfit(f"the answer is {error}; give the JSON object that was asked for")
    return _refusal(answer, findings) if answer.get("verdict") == "skipped" else _parse(answer, findings)


def _no_object(content: str) -> str:
    if not content.strip():
        return "the answer is empty"
    within = f" within its first {MAX_LENGTH:,} characters" if len(content) > MAX_LENGTH else ""
    return f"the answer holds no complete JSON object{within}"


def find_object(content: str) -> dict[str, Any] | None:
    """The JSON object that stands in `content`: alone, in a code fence, or among other text.

    Of several it is the first, or the last that looks like an answer.
    """
    try:
        whole = msgspec.json.decode(content)
    except (ValueError, RecursionError):  # not JSON alone, or with what only a lenient decoder takes
        return _search_object(content)
    return whole if isinstance(whole, dict) else None


def _search_object(content: str) -> dict[str, Any] | None:
    """Try every brace that may begin an object, until what was read in vain is a few times the longest content."""
    best: dict[str, Any] | None = None
    left, opening = _READ_IN_VAIN, _OPENING.search(content)
    while opening and left > 0:
        try:
            found, end = _LENIENT.raw_decode(content, opening.start())
        except json.JSONDecodeError as error:
            end = opening.start() + 1
            reached = len(content) if error.msg.startswith("Unterminated") else error.pos
            left -= max(_TRY, reached - end)
        except (ValueError, RecursionError):  # a number of thousands of digits; nested without end
            return best
        else:
            if best is None or not wire.MARKS.isdisjoint(found):
                best = found
        opening = _OPENING.search(content, end)
    return best


_LENIENT: Final = json.JSONDecoder()
_OPENING: Final = re.compile(r'\{\s*["}]')
_READ_IN_VAIN: Final = 8 * MAX_LENGTH
_TRY: Final = 1 << 11  # what the shortest try counts: the error alone looks at all that is before it


def _refusal(answer: Mapping[str, Any], findings: Sequence[str]) -> Checked | Unfit:
    reason = answer.get("reason")
    if reason not in (*SKIP_REASONS, NOT_UNDERSTOOD):  # the latter is the embedded endpoint's, and offered to no model
        return Unfit(f"skip is {reason!r:.60}, none of {', '.join(SKIP_REASONS)}")
    detail = answer.get("detail") or ""
    return Checked(Extraction(reason=reason, detail=_shown(detail)[:MAX_DETAIL]), first(findings))


def _parse(answer: Mapping[str, Any], findings: list[str]) -> Checked | Unfit:
    """1. what a row cannot do without, 2. conditions, 3. objects, with the points that conditions name added."""
    if (why := _missing(answer)) is not None:
        return Unfit(why)
    doubts: list[str] = []
    told = answer.get("required_objects") or {}
    unsaid: list[object] = _items(answer.get("unexpressed"))
    given = of_one_problem(answer["verification_conditions"], told)
    straight = _possible(straighten_conditions(given, findings, unsaid), findings, doubts)
    objects = straighten_objects(told, straight, findings)
    if not objects.points:
        return Unfit("no fact names a point")
    return Checked(
        Extraction(
            cleaned_text=answer["cleaned_text"].strip(),
            category=answer["category"],
            difficulty=answer["difficulty"],
            required_objects=objects,
            verification_conditions=canonical(straight),
            coverage=_share(answer.get("coverage")),
            unexpressed=clauses(unsaid),
        ),
        first(findings),
        tuple(doubts),
    )


def _possible(given: Iterable[Condition], findings: list[str], doubts: list[str]) -> list[Condition]:
    """The conditions that can hold and say something; what cannot is a finding, and worth another question."""
    kept: list[Condition] = []
    for condition in given:
        if (why := impossible(condition)) is not None:
            findings.append(f"impossible: {readable(condition)}; {why}"[:MAX_FINDING])
            doubts.append(f"{readable(condition)} ({why})"[:MAX_FINDING])
        elif not is_empty(condition):
            kept.append(condition)
    return kept


def first(findings: Sequence[str]) -> tuple[str, ...]:
    """As many different findings as a row should carry, and how many more there are."""
    findings = list(dict.fromkeys(findings))
    more = len(findings) - MAX_FINDINGS
    return (*findings[:MAX_FINDINGS], *((f"and {more:,} more",) if more > 0 else ()))


def _share(raw: object) -> float | None:
    """The share of the text understood, which the embedded endpoint reports and models do not."""
    return float(raw) if isinstance(raw, (int, float)) and not isinstance(raw, bool) and 0 <= raw <= 1 else None


def _missing(answer: Mapping[str, Any]) -> str | None:
    text, category, difficulty = (answer.get(key) for key in ("cleaned_text", "category", "difficulty"))
    if not isinstance(text, str) or not text.strip():
        return "the text is missing or empty"
    if category not in conditions.CATEGORIES:
        return f"category {category!r:.60} is none of: {'; '.join(conditions.CATEGORIES)}"
    if type(difficulty) is not int or difficulty not in conditions.DIFFICULTIES:
        return f"difficulty {difficulty!r:.20} is not a whole number from 1 to 5"
    if not isinstance(answer.get("verification_conditions"), list):
        return "the facts are not a list"
    if not isinstance(answer.get("required_objects") or {}, dict):
        return "the objects are no object"
    return None


def straighten_conditions(
    raw: Iterable[object], findings: list[str], unsaid: list[object] | None = None
) -> list[Condition]:
    """The valid conditions of `raw`, each once; what is dropped is appended to `findings`, its words to `unsaid`."""
    kept: dict[bytes, Condition] = {}
    for item in raw:
        straight = straighten(item)
        if not straight:
            findings.append(f"dropped condition {_shown(item)}"[:MAX_FINDING])
            if unsaid is not None:
                unsaid.append(of_dropped(item))
        elif members := lost(item, straight):
            findings.append(f"left out {', '.join(members)} of condition {_shown(item)}"[:MAX_FINDING])
        for condition in straight:
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
    if strange := [name for name in raw if name not in _OBJECTS and raw[name]]:
        findings.append(f"left out {', '.join(strange)} of required_objects"[:MAX_FINDING])
    for condition in straight:
        points.update(dict.fromkeys(conditions.points_of(condition)))
    return RequiredObjects(list(points), segments, lines, circles, polygons)


_OBJECTS: Final = frozenset(RequiredObjects.__struct_fields__)


def _shown(raw: object) -> str:
    """A sanitized value in a finding or a detail: a text as it is, anything else as JSON."""
    return raw if isinstance(raw, str) else msgspec.json.encode(raw).decode()


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
            findings.append(f"dropped {key} {_shown(item)}"[:MAX_FINDING])
    return [list(names) for names in kept]


def _straight_circles(raw: object, findings: list[str]) -> list[Circle]:
    kept: dict[Circle, None] = {}
    for item in _items(raw):
        given = item if isinstance(item, dict) else {"center": item}
        center = point_name(given.get("center"))
        if center is None:
            findings.append(f"dropped circles {_shown(item)}"[:MAX_FINDING])
        else:
            kept[Circle(center, point_name(given.get("radius_point")))] = None
    return list(kept)


def straighten_problem(problem: dict[str, Any]) -> dict[str, Any]:
    """A problem of an older dataset with its conditions and objects straightened; what means nothing is left out."""
    try:
        given = sanitize({key: problem.get(key) for key in ("verification_conditions", "required_objects")}, [])
    except TooDeep:
        given = {}
    straight = straighten_conditions(_items(given.get("verification_conditions")), [])
    raw = given.get("required_objects")
    objects = straighten_objects(raw if isinstance(raw, dict) else {}, straight, [])
    return {**problem, "required_objects": msgspec.to_builtins(objects), "verification_conditions": straight}
