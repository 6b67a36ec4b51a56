"""One problem → what was made of it, whatever happens.

In: problems, and what asks about them. Out: rows that can be written and read again; a defect of ours costs one problem
its verdict, or a pack its one request, and nothing else. What ends the run passes through.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final, Literal, NamedTuple

from asyncgeo.errors import AsyncgeoError
from asyncgeo.run.logs import log
from asyncgeo.run.seams import Answers, Makes, Opens
from asyncgeo.schema.records import Problem, Row, Skipped, failed, failure_of, readable_line
from asyncgeo.store.raw_answers import Answered

INTERNAL: Final = "internal"
"""The kind of a row whose problem met a defect of asyncgeo itself."""


class MadeRow(NamedTuple):
    """A problem and what was made of it; `kept`: its answers are in the queue already."""

    problem: Problem
    answered: Answered
    kept: bool = False


async def ask(extractor: Answers, problem: Problem) -> Answered:
    """What the extractor made of the problem; of its own defects, an `internal` error."""
    return await safely(problem, partial(extractor.answer, problem))


async def open_pack(opens: Opens | None, extractor: Answers, problems: list[Problem]) -> Sequence[Answered | Makes]:
    """As `opens`; where there is none, and where it meets a defect of ours, each is asked alone."""
    if opens is not None:
        try:
            return await opens(problems)
        except AsyncgeoError:
            raise
        except Exception:  # noqa: BLE001  as in `safely`: it costs one request, and no row
            log.exception("A pack of %d could not be opened; each is asked alone.", len(problems))
    return [partial(extractor.answer, each) for each in problems]


async def safely(problem: Problem, make: Makes) -> Answered:
    """What is made of the problem; of a defect of ours, an `internal` error. Raises what ends the run."""
    try:
        return readable(await make())
    except AsyncgeoError:
        raise
    except Exception as error:  # noqa: BLE001  one problem's defect must not cost the others their rows
        return Answered(failed(problem.id, f"{type(error).__name__}: {error}", INTERNAL))


def readable(answered: Answered) -> Answered:
    """As given; where the row could not be read again, an `internal` error in its place.

    Such a row must not reach the disk, where it would end every later merge and resume of the folder.
    """
    try:
        readable_line(answered.row)
    except ValueError as error:
        return answered._replace(row=failed(answered.row.id, str(error), INTERNAL, answered.row.meta))
    return answered


def outcome_of(row: Row) -> Literal["usable", "unasked"] | tuple[str, str]:
    """A verdict of the source asked, or one that needed no question; or kind and message of a failure."""
    if (failure := failure_of(row)) is not None:
        return failure
    return "unasked" if isinstance(row, Skipped) and row.source == "screen" else "usable"
