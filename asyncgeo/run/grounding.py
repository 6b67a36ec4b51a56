"""An answer and the problem's text → the answer without what the text does not hold; unfit if it is about another one.

In: the content of an answer, the text it should be about. Out: `Checked` or `Unfit`, as `checks` gives them. Pure but
for `Echoes`, a bounded memory. It knows no request and no file.

A model that is confused, or a server that gives everybody one reply, names points that the text does not have. Where
the text names two points or more, and the answer not one of them, the answer is about something else. Where it names
some of them, its conditions of other points are left out, and worth another question; so are numbers that do not stand
in the text, but they stay: they may be there in words that nobody thought of. The centre of a circle that has no name
may be invented, and any point where a text names none (a word problem, a figure that is only drawn); findings mark it.
A refusal for angles that do not stand in the text is worth another question.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from asyncgeo import rules
from asyncgeo.run.one_unit import holds_length, in_one_unit
from asyncgeo.run.problem_text import Text, text_of
from asyncgeo.run.quantities import Quantities
from asyncgeo.schema import checks, conditions
from asyncgeo.schema.checks import MAX_FINDING, Checked, Unfit
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Extraction, RequiredObjects
from asyncgeo.schema.words import readable

_SHOWN: Final = 8
_REMEMBERED: Final = 1 << 16  # cleaned texts, about 10 MB
_EQUAL: Final = {"segment_equality": "segments", "angle_equality": "points"}
"""Types of which one condition says of many that they are equal."""
_NUMBERS: Final = frozenset(("value", "angle", "times", "plus"))
"""The fields that hold a number of the text; of corners there are as many as are named."""


def read(content: object, text: str) -> Checked | Unfit:
    """As `checks.read`, without what the text does not name; unfit as well when that leaves nothing."""
    checked = checks.read(content)
    if isinstance(checked, Unfit):
        return checked
    if checked.extraction.reason is not None:
        return _quoting(checked, text)
    if (why := stranger(checked.extraction, text)) is not None:
        return Unfit(why)
    return grounded(checked, text)


def _quoting(refusal: Checked, text: str) -> Checked:
    """The refusal, in doubt where the angles that are to show its reason do not stand in the text."""
    reason, detail = refusal.extraction.reason, refusal.extraction.detail
    told, written = _ANGLE.findall(detail), _signed(text)
    if not told or any(_signed(word) in written for word in told):
        return refusal
    why = f"the text does not say {detail!r:.60}, which is to show {reason}"
    return Checked(refusal.extraction, (*refusal.findings, why), (*refusal.doubts, why))


def _signed(text: str) -> str:
    """The text with one sign for every word of an angle, without blanks."""
    return "".join(_WORD_OF_ANGLE.sub("∠", text).split())


_ANGLE: Final = re.compile(r"∠\s*[A-Za-z0-9′①-⑳]+")
_WORD_OF_ANGLE: Final = re.compile(r"\\?\bangles?\b|Ð", re.IGNORECASE)


def stranger(extraction: Extraction, text: str) -> str | None:
    """Why the parse is about another problem, in words a model can act on; None where nothing proves it."""
    if extraction.reason is not None:
        return None
    about, points = text_of(text), extraction.required_objects.points
    wanted = about.sure
    if not about.is_proof or not set(wanted).isdisjoint(points):
        return None
    given = dict.fromkeys((*points, *rules.mentions(extraction.cleaned_text)))
    if given.keys() & set(wanted):
        return None
    return f"the answer is about another problem: it names {_listed(given)}; the text names {_listed(wanted)}"


def grounded(checked: Checked, text: str) -> Checked | Unfit:
    """The parse with what the text names.

    1. What may be invented stays, and is marked; 2. conditions of other points go; 3. numbers may be in doubt.
    """
    given, about = checked.extraction, text_of(text)
    invented, strange = _unnamed(given, about)
    findings, doubts = list(checked.findings), list(checked.doubts)
    kept = given.verification_conditions
    if strange:
        kept = list(_named(kept, strange, findings, doubts))
    if given.verification_conditions and not kept:
        return Unfit(f"its conditions name {_listed(strange)}, which the text does not; it names {_listed(about.sure)}")
    if any(map(holds_length, kept)):
        kept = in_one_unit(kept, about.lengths)
    _doubt_numbers(kept, about.quantities, findings, doubts)
    if invented:
        findings.append(f"invented: {', '.join(invented)}")
    objects = _without(given.required_objects, strange) if strange else given.required_objects
    unexpressed = (*_of_text(given.unexpressed, about, findings), *(_corners(given, kept, about) if strange else ()))
    extraction = replace(given, verification_conditions=kept, required_objects=objects, unexpressed=unexpressed)
    return Checked(extraction, checks.first(findings), tuple(doubts))


def _unnamed(extraction: Extraction, about: Text) -> tuple[list[str], list[str]]:
    """The points that the text does not name: those that may be invented, and the others."""
    sure = frozenset(about.sure)
    unknown = [point for point in extraction.required_objects.points if point not in sure]
    unknown = [point for point in unknown if point not in about.points] if unknown else []
    if not unknown or not about.is_proof:
        return unknown, []
    centers = _centers(extraction) if about.has_unnamed_circle else frozenset()
    return [point for point in unknown if point in centers], [point for point in unknown if point not in centers]


def _centers(extraction: Extraction) -> frozenset[str]:
    """The points about which circles of the parse are drawn."""
    of_conditions = (each["circle_center"] for each in extraction.verification_conditions if "circle_center" in each)
    of_pairs = (each["centers"] for each in extraction.verification_conditions if "centers" in each)
    drawn = (circle.center for circle in extraction.required_objects.circles)
    return frozenset((*of_conditions, *drawn, *(point for pair in of_pairs for point in pair)))


def _named(
    given: Iterable[Condition], strange: Iterable[str], findings: list[str], doubts: list[str]
) -> Iterator[Condition]:
    """The conditions of points that may stand in the text."""
    unknown = frozenset(strange)
    for condition in given:
        names = [point for point in dict.fromkeys(conditions.points_of(condition)) if point in unknown]
        if not names:
            yield condition
            continue
        why = f"the text names no {_listed(names)}"
        findings.append(f"not in the text: {', '.join(names)} of {readable(condition)}"[:MAX_FINDING])
        doubts.append(f"{readable(condition)} ({why})"[:MAX_FINDING])
        field = _EQUAL.get(condition[conditions.TYPE], "")
        rest = [each for each in condition.get(field, ()) if unknown.isdisjoint(each)]
        if len(rest) > 1:
            yield {**condition, field: rest}


def _doubt_numbers(given: Iterable[Condition], text: Quantities, findings: list[str], doubts: list[str]) -> None:
    """Numbers that the text does not state; what is said with them may be right, so it stays."""
    for condition in given:
        said = (value for name, value in condition.items() if name in _NUMBERS and not isinstance(value, str))
        strange: list[object] = [value for value in said if not text.hold(value)]
        if "ratio" in condition and not text.hold_ratio(*condition["ratio"]):
            strange.append(":".join(map(str, condition["ratio"])))
        if strange:
            what = f"{', '.join(map(str, strange))} of {readable(condition)}"
            findings.append(f"not in the text: {what}"[:MAX_FINDING])
            doubts.append(f"the text does not state {what}"[:MAX_FINDING])


def _without(objects: RequiredObjects, strange: Iterable[str]) -> RequiredObjects:
    """The objects that none of these points belongs to; the name of a line is none."""
    unknown = frozenset(strange)

    def whole(listed: list[list[str]]) -> list[list[str]]:
        return [names for names in listed if len(names) == 1 or unknown.isdisjoint(names)]

    return RequiredObjects(
        [point for point in objects.points if point not in unknown],
        whole(objects.segments),
        whole(objects.lines),
        [
            replace(each, radius_point=None) if each.radius_point in unknown else each
            for each in objects.circles
            if each.center not in unknown
        ],
        whole(objects.polygons),
    )


def _of_text(clauses: tuple[str, ...], about: Text, findings: list[str]) -> tuple[str, ...]:
    """The clauses that name no other point than the text does."""
    strange = [clause for clause in clauses if about.is_proof and not about.points.issuperset(rules.mentions(clause))]
    findings.extend(f"not in the text: {clause}" for clause in strange)
    return tuple(clause for clause in clauses if clause not in strange)


def _corners(given: Extraction, kept: Iterable[Condition], about: Text) -> Iterator[str]:
    """What the text says of an angle by its corner alone, where an arm was invented to say it."""
    written = list(kept)
    for condition in given.verification_conditions:
        if condition[conditions.TYPE] == "angle_value" and condition not in written:
            clause = f"∠{condition['points'][0][1]}={condition['value']}°"
            if about.says(clause) and clause not in given.unexpressed:
                yield clause


def _listed(points: Iterable[str]) -> str:
    first = list(points)
    return ", ".join(first[:_SHOWN]) + (", …" if len(first) > _SHOWN else "")


class Echoes:
    """Remembers the cleaned texts of one run, the latest of them, and of which text each was made."""

    def __init__(self, most: int = _REMEMBERED) -> None:
        self._most = most
        self._made_of: dict[int, int] = {}

    def found(self, extraction: Extraction, text: str) -> tuple[str, ...]:
        """The finding that another text of the run was given this very cleaned text; it is remembered either way."""
        if extraction.reason is not None:
            return ()
        cleaned, original = hash(extraction.cleaned_text), hash(text)
        first = self._made_of.setdefault(cleaned, original)
        if len(self._made_of) > self._most:
            del self._made_of[next(iter(self._made_of))]
        return () if first == original else ("cleaned_text is the same as of a problem with another text",)
