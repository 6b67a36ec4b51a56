"""`asyncgeo run --verify`: the rows of a run are judged while they arrive.

In: what asks, and where rows are kept. Out: what judges, for as long as the run lasts. It says what was found.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from asyncgeo import config
from asyncgeo.run.session import Session
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import verdicts as store_verdicts
from asyncgeo.store.writer import ShardWriter
from asyncgeo.verify import judge
from asyncgeo.verify.pool import VerifierPool
from asyncgeo.verify.reask import Reask

if TYPE_CHECKING:
    from asyncgeo.run.cluster.driver import Driver


@asynccontextmanager
async def reviewing(
    settings: config.VerifySettings, asking: "Session | Driver", keep: ShardWriter, say: Callable[[str], None]
) -> AsyncIterator[Reask | None]:
    """What looks at the rows of a run, for as long as the block lasts; None when nothing is to.

    Says at the end what was found. Contradictions from several workers are not asked about again: they are leased
    problems, not second questions. Raises ConfigError without numpy.
    """
    if not settings.during_run:
        yield None
        return
    judge.need_numpy()

    def record(verdicts: Sequence[tuple[int, Verdict]]) -> None:
        placed = sorted(((keep.bounds_of(position), verdict) for position, verdict in verdicts), key=itemgetter(0))
        for bounds, group in groupby(placed, key=itemgetter(0)):
            store_verdicts.append(keep.folder / store_verdicts.name(*bounds), [verdict for _, verdict in group])

    judges = VerifierPool(judge.judge_batch, record, say=say)
    extractor = asking.extractor if isinstance(asking, Session) else None
    if extractor is None and settings.reask:
        say("With several workers rows are verified, but contradictions are not asked about again.")
    review = Reask(extractor, asking.limits, judges, reask=settings.reask, say=say)
    try:
        async with judges:
            yield review
    finally:
        say(_outcome(review, judges.unjudged))


def _outcome(review: Reask, unjudged: int) -> str:
    found = f"Verified {review.judged:,} parses: {review.contradictory:,} contradict themselves"
    if review.asked_again:
        found += f", {review.asked_again:,} asked again, {review.fixed:,} of them can be drawn now"
    if review.unjudged:
        found += f", {review.unjudged:,} were not judged (too large)"
    left = f"; {unjudged:,} have no verdict yet, asyncgeo verify goes on with them" if unjudged else ""
    return f"{found}{left}."
