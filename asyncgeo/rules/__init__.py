"""Reads plane geometry problems without a model: text → verdict, extraction, explanation. Pure, no network.

In: one problem's text, Chinese or English. Out: `screen` (the one refusal that is certain before any request), `parse`
(the extraction, or why there is none), `explain` (what was read where) and `mentions` (the points it names). The way of
a text, one module a step:

    normalise → tokens (lexicon, numbers) → question → grammar (pattern, scene, letters) → read → objects, classify
"""

from collections.abc import Collection

from asyncgeo.rules import classify, objects, promises, question, refusals
from asyncgeo.rules.explain import Explanation, ReadFact, TextSpan, coverage, explanation, words
from asyncgeo.rules.mentions import mentions
from asyncgeo.rules.read import ClausePlace, Reading, read
from asyncgeo.rules.refusals import RefusalFound
from asyncgeo.rules.scene import Scene
from asyncgeo.rules.unexpressed import unexpressed
from asyncgeo.schema import drawn
from asyncgeo.schema.records import Extraction

__all__ = [
    "ClausePlace",
    "Explanation",
    "ReadFact",
    "Reading",
    "RefusalFound",
    "TextSpan",
    "explain",
    "mentions",
    "parse",
    "read",
    "screen",
    "words",
]


def screen(text: str) -> RefusalFound:
    """Whether the problem cannot be read by anyone without its picture: angles by number. Pure, and cheap."""
    return refusals.numbered(text)


def parse(text: str, without: Collection[ClausePlace] = ()) -> Extraction:
    """The extraction of `text`, or a refusal with its reason; as if the clauses `without` said nothing."""
    if (verdict := screen(text)).reason is not None:
        return Extraction(reason=verdict.reason, detail=verdict.detail)
    reading = read(text, without)
    if (verdict := refusals.unreadable(reading.normal.text, reading.row)).reason is not None:
        return Extraction(reason=verdict.reason, detail=verdict.detail, coverage=coverage(reading))
    scene = Scene(reading.row, reading.given, [one.condition for one in reading.reads])
    unsaid = (promises.SaidSpan(start, end) for _, start, end in without)
    lost = promises.missed(reading.row, reading.given, (*reading.said, *unsaid))
    if (verdict := refusals.unresolved(scene, reading.clauses, lost)).reason is not None:
        return Extraction(reason=verdict.reason, detail=verdict.detail, coverage=coverage(reading))
    return _extraction(reading)


def explain(text: str) -> Explanation:
    """What is read where in `text`, and what is not understood."""
    return explanation(read(text))


def _extraction(reading: Reading) -> Extraction:
    facts = reading.facts
    if not facts:
        verdict = refusals.empty([span.text for span in explanation(reading).unread])
        return Extraction(reason=verdict.reason, detail=verdict.detail, coverage=coverage(reading))
    tokens = reading.row.tokens[: reading.given]
    end = (
        reading.row.tokens[reading.given].start if reading.given < len(reading.row.tokens) else len(reading.normal.text)
    )
    return Extraction(
        cleaned_text=question.statement(reading.normal.original[: reading.normal.origin(end)]),
        category=classify.category(reading.row, reading.given, facts),
        difficulty=classify.difficulty(reading.row, reading.given, facts),
        required_objects=drawn.in_order(objects.required(tokens, facts), facts),
        verification_conditions=facts,
        coverage=coverage(reading),
        unexpressed=unexpressed(reading),
    )
