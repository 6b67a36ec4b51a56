"""One parse → can it be drawn, and if not, what contradicts; if so, whether what is asked comes out as the key.

In: a parse. Out: a `Verdict`, and the words in which a model is shown a contradiction. It knows no file.
"""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.verdict import Verdict, digest, question_digest
from asyncgeo.store.parses import Parse

_EMPTY: Final = "it has no points"


def judge(parse: Parse) -> Verdict:
    """Draw the parse; where that fails, find what contradicts; else measure what is asked. Each within a deadline."""
    from asyncgeo.figure import Conflict, draw, find_conflict  # noqa: PLC0415  loads numpy
    from asyncgeo.verify.answer import answered  # noqa: PLC0415  as above

    began = time.perf_counter()
    text = f"{parse.text} {parse.original}"
    figure = draw(parse.conditions, parse.objects, text=text)
    conflict = Conflict((), objects=False)
    if figure.state == "contradictory":
        conflict = find_conflict(parse.conditions, parse.objects, text=text, residuals=figure.residuals)
    unjudged = figure.unjudged or (_EMPTY if figure.state == "empty" else "")
    return Verdict(
        id=parse.id,
        of=digest(parse.conditions, parse.objects),
        drawable=None if unjudged else figure.drawable,
        state=figure.state,
        residual=float(f"{figure.residual:.3g}"),
        freedom=figure.freedom,
        surplus=figure.surplus,
        rounded=figure.rounded,
        conflict=conflict.conditions,
        by_objects=conflict.objects,
        ms=round(1000 * (time.perf_counter() - began), 1),
        why=unjudged,
        asks=question_digest(parse.original, parse.key),
        answer=answered(parse, figure),
    )


def correction(verdict: Verdict, conditions: Sequence[Condition]) -> str:
    """What is wrong with the parse, in words a model can act on."""
    listed = "\n".join(msgspec.json.encode(conditions[k]).decode() for k in verdict.conflict)
    if not listed:
        return "No figure has the required_objects: a polygon is flat or crosses itself, or a circle has no radius."
    also = " in a figure with the required_objects (check the order of corners of polygons)"
    return f"No figure satisfies these conditions together{also if verdict.by_objects else ''}:\n{listed}"


def judge_batch(batch: list[Parse]) -> list[Verdict]:
    """`judge` for each; the unit of work of a process."""
    return [judge(parse) for parse in batch]
