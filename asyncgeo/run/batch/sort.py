"""The files of a collected batch → which problems get a row now, which are asked again, which are left; what it cost.

In: a part, where its files are, the problems that it holds. Out: a `Sorted`. It sends nothing and writes nothing; what
an error means is `outcomes`'s, which form of request works `negotiation`'s.
"""

from collections.abc import Iterable, Sequence, Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from asyncgeo.llm import batch_replies
from asyncgeo.llm.batch_replies import LineOutcome
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.llm.negotiation import Negotiation, Turn
from asyncgeo.llm.outcomes import USUAL, Action, Decision
from asyncgeo.run import grounding, packs
from asyncgeo.run.batch.cut import custom_id
from asyncgeo.run.extract import FirstReply
from asyncgeo.schema.checks import Unfit
from asyncgeo.schema.records import Problem, Tokens, Unreadable
from asyncgeo.store import batches
from asyncgeo.store.batches import Part, Planned


@dataclass(slots=True)
class Sorted:
    """What follows from a batch.

    `replies`: first answers that become rows. `again`: problems without one of their own, pending as before. `left`:
    problems of which another question would have to be asked, where none may. `stop`: no request can succeed.
    """

    replies: dict[str, FirstReply] = field(default_factory=dict)
    again: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    stop: Decision | None = None


def read(folder: Path, part: Part, cap: int) -> dict[str, LineOutcome]:
    """What each request of the part came to; `cap` is the most tokens that an answer has."""
    planned = part.planned
    files = [batches.path_of(folder, part.name, kind) for kind in ("output", "errors")]
    each = planned.tokens // max(1, len(planned.requests()))
    return batch_replies.read(files, _members(batches.path_of(folder, part.name, "input")), Tokens(each, 0, cap))


def sort(
    problems: Iterable[Problem | Unreadable],
    wanted: AbstractSet[str],
    planned: Planned,
    found: dict[str, LineOutcome],
    negotiation: Negotiation,
    *,
    alone: bool,
) -> Sorted:
    """What follows for the `wanted` of the problems, which are whole packs; `alone`: no other question may be asked."""
    result, turn = Sorted(), Turn(form_of(planned))
    known = {each.id: each for each in problems if isinstance(each, Problem)}
    for custom, ids in planned.requests().items():
        asked = [known[each] for each in ids if each in known]
        is_same = len(asked) == len(ids) and custom_id(asked, planned.prompt) == custom
        outcome = found.get(custom) if is_same else None
        if isinstance(outcome, Decision):
            result.stop = result.stop or _stop(outcome, negotiation, turn)
        for problem, own in zip(asked, _told_apart(outcome, asked, planned), strict=True):
            if problem.id in wanted:
                _sort_one(result, problem, own, planned, alone=alone)
    return result


def _told_apart(
    outcome: LineOutcome | None, asked: Sequence[Problem], planned: Planned
) -> Sequence[Completion | Failure | None]:
    """The part of each problem; None for what came to nothing."""
    if outcome is None or isinstance(outcome, Decision):
        return [None] * len(asked)
    return packs.tell_apart(outcome, [each.text for each in asked]) if planned.packed else [outcome]


def _sort_one(
    result: Sorted, problem: Problem, own: Completion | Failure | None, planned: Planned, *, alone: bool
) -> None:
    """What a pack lacks is asked by itself: live, or where that may not be in the next batch."""
    if own is None or (alone and isinstance(own, Failure) and own.kind == packs.MISSING):
        result.again.append(problem.id)
    elif alone and _needs_more(own, problem):
        result.left.append(problem.id)
    else:
        result.replies[problem.id] = FirstReply(own, planned.prompt, alone)


def form_of(planned: Planned) -> Form:
    """How the requests of a part are written."""
    return Form(ResponseFormat(planned.format), frozenset(planned.without))


def _needs_more(outcome: Completion | Failure, problem: Problem) -> bool:
    """Whether the model would have to be asked again about it."""
    if isinstance(outcome, Failure):
        return outcome.reask
    return isinstance(grounding.read(outcome.content, problem.text), Unfit)


def _stop(decision: Decision, negotiation: Negotiation, turn: Turn) -> Decision | None:
    """The decision that ends the run; of a member that the endpoint refuses only where it cannot do without."""
    if decision.action is Action.STOP:
        return decision
    if decision.action is Action.STEP_DOWN:
        left = negotiation.refused(decision, turn).decision
        return left if left is not None and left.action is Action.STOP else None
    return None


def _members(path: Path) -> frozenset[str]:
    """The names of the members of a part's requests."""
    try:
        with path.open("rb") as stream:
            line = msgspec.json.decode(stream.readline(), type=dict[str, msgspec.Raw])
        return frozenset(msgspec.json.decode(line["body"], type=dict[str, msgspec.Raw]))
    except (OSError, ValueError, KeyError):
        return USUAL
