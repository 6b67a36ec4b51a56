"""First answers that are there already, as from a batch → an extractor that begins with them.

In: an extractor, a plan that holds replies. Out: an extractor. It collects nothing.
"""

from asyncgeo.run.extract import Extractor, FirstReply
from asyncgeo.run.plan import Batching, Plan
from asyncgeo.run.seams import Answers
from asyncgeo.schema.records import Problem
from asyncgeo.store.raw_answers import Answered


def serving(extractor: Answers, plan: Plan) -> Answers:
    """The extractor, with the first answers that are there already."""
    if plan.served is None or not isinstance(extractor, Extractor):
        return extractor
    return _Serving(extractor, dict(plan.served.replies), alone=plan.wanted.batch == Batching(alone=True))


class _Serving:
    """Makes rows of first answers that came in batches.

    A problem that is asked once more, as a probe is, is asked live; with `alone` its answer comes from the batch again.
    """

    def __init__(self, extractor: Extractor, replies: dict[str, FirstReply], *, alone: bool) -> None:
        self._extractor = extractor
        self._replies = replies
        self._alone = alone

    async def answer(self, problem: Problem) -> Answered:
        first = self._replies.get(problem.id) if self._alone else self._replies.pop(problem.id, None)
        return await self._extractor.answer(problem, first)
