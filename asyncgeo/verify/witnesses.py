"""A row → what all witnesses say of it, what is in dispute, and the words in which a model is shown that.

In: rows. Out: verdicts that hold what each witness found; reasons; a correction. Three witnesses are heard, and none of
them asks a model: whether a figure exists (contradiction), whether what is asked comes out as the key, and what the
rules read in the text (`second_reading`). It knows no file and asks no model.

The key is a witness only: its value is shown to no model.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import Parsed
from asyncgeo.schema.verdict import SecondReading, Verdict, in_words
from asyncgeo.store import parses
from asyncgeo.verify.judge import correction as conflict_shown, judge
from asyncgeo.verify.second_reading import second_reading

_SHOWN: Final = 12  # facts in a correction; of a parse that lacks more nothing was understood


def judge_rows(batch: list[Parsed]) -> list[Verdict]:
    """The verdict on each, by its figure and its key; the unit of work of a process."""
    return [judge(parses.of_parsed(row)) for row in batch]


def hear_rows(batch: list[Parsed]) -> list[Verdict]:
    """`hear` for each; the unit of work of a process."""
    return [hear(row) for row in batch]


def hear(row: Parsed) -> Verdict:
    """The verdict with what the rules read in the text; of a row that is their own they say nothing."""
    parse = parses.of_parsed(row)
    verdict = judge(parse)
    is_heard = row.source == "model" and verdict.drawable is True
    return msgspec.structs.replace(verdict, second=second_reading(parse) if is_heard else SecondReading())


def disputes(verdict: Verdict, conditions: Sequence[Condition]) -> tuple[str, ...]:
    """Why the parse is in dispute, a sentence a reason; nothing where no witness speaks against it."""
    return tuple(_reasons(verdict, conditions))


def _reasons(verdict: Verdict, conditions: Sequence[Condition]) -> Iterator[str]:
    if verdict.is_contradictory:
        yield "contradiction: " + ("; ".join(_json(conditions[k]) for k in verdict.conflict) or "of the objects")
    if verdict.is_wrong and (answer := verdict.answer) is not None:
        yield f"key: it leads to another answer{in_words(answer)}"
    for unsaid in verdict.unsaid:
        yield f"text: «{unsaid.words}» {_json(unsaid.fact)}"


def correction(verdict: Verdict, conditions: Sequence[Condition]) -> str:
    """What is in dispute, in words a model can act on."""
    if verdict.is_contradictory:
        return conflict_shown(verdict, conditions)
    said = []
    if verdict.unsaid:
        listed = "\n".join(f"«{each.words}»: {_json(each.fact)}" for each in verdict.unsaid[:_SHOWN])
        said.append(
            "These words of the problem seem to say what does not follow from your conditions "
            f"(what a simpler reader made of them is beside them):\n{listed}"
        )
    if verdict.is_wrong and verdict.answer is not None:
        said.append(
            f"In every figure of your conditions what is asked ({verdict.answer.asked}) comes out as something else "
            "than its answer. A condition is not as the problem states it."
        )
    said.append("Compare each condition with the problem's words. Add nothing that it does not state.")
    return "\n\n".join(said)


def weight(verdict: Verdict) -> tuple[int, int, int, int]:
    """How much speaks against the parse, what weighs most first: the less the better."""
    return verdict.is_contradictory, verdict.is_wrong, len(verdict.unsaid), len(verdict.conflict)


def _json(condition: Condition) -> str:
    return msgspec.json.encode(condition).decode()
