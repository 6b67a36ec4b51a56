"""`asyncgeo run --verify` and `--review`: the rows of a run are judged while they arrive, and asked about again.

In: what asks, and where rows are kept. Out: what judges, for as long as the run lasts. It says what was found, and what
second questions cost.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING

from asyncgeo import config
from asyncgeo.run.session import Session
from asyncgeo.schema.records import Service, Tokens
from asyncgeo.schema.verdict import Verdict
from asyncgeo.schema.words import counted, money
from asyncgeo.store import verdicts as store_verdicts
from asyncgeo.store.writer import ShardWriter
from asyncgeo.verify import witnesses
from asyncgeo.verify.pool import VerifierPool
from asyncgeo.verify.reask import Reask

if TYPE_CHECKING:
    from asyncgeo.run.cluster.driver import Driver

PriceOf = Callable[[Tokens, Service], float | None]


@asynccontextmanager
async def reviewing(
    settings: config.VerifySettings,
    asking: "Session | Driver",
    keep: ShardWriter,
    say: Callable[[str], None],
    price: PriceOf,
    *,
    is_live: bool = True,
) -> AsyncIterator[Reask | None]:
    """What looks at the rows of a run, for as long as the block lasts; None when nothing is to.

    Says at the end what was found. Rows of several workers are not asked about again, which are leased problems, not
    second questions, nor are those of a run in which nothing `is_live`.
    """
    if not settings.during_run:
        yield None
        return

    def record(verdicts: Sequence[tuple[int, Verdict]]) -> None:
        placed = sorted(((keep.bounds_of(position), verdict) for position, verdict in verdicts), key=itemgetter(0))
        for bounds, group in groupby(placed, key=itemgetter(0)):
            store_verdicts.append(keep.folder / store_verdicts.name(*bounds), [verdict for _, verdict in group])

    work = witnesses.hear_rows if settings.review == "all" else witnesses.judge_rows
    judges = VerifierPool(work, record, say=say)
    extractor = asking.extractor if isinstance(asking, Session) and is_live else None
    if extractor is None and settings.review != "nothing":
        why = "With --batch-only" if isinstance(asking, Session) else "With several workers"
        say(f"{why} rows are verified, but what is in dispute is not asked about again.")
    review = Reask(extractor, asking.limits, judges, asks=settings.review, say=say)
    try:
        async with judges:
            yield review
    finally:
        say(_outcome(review, judges.unjudged, price))


def _outcome(review: Reask, unjudged: int, price: PriceOf) -> str:
    bad = counted(review.contradictory, "contradicts itself", "contradict themselves")
    found = f"Verified {counted(review.judged, 'parse')}: {bad}"
    if review.asked_again:
        cost = _cost(review.spent, price)
        found += f", {review.asked_again:,} asked again ({cost}), {review.fixed:,} of them fixed"
    if review.unjudged:
        found += f", {review.unjudged:,} were not judged (too large)"
    if review.standings["agreed"] or review.standings["disputed"]:
        found += "; witnesses agree on {agreed:,} and dispute {disputed:,}".format_map(review.standings)
    left = f"; {unjudged:,} have no verdict yet, asyncgeo verify goes on with them" if unjudged else ""
    return f"{found}{left}."


def _cost(spent: dict[Service, Tokens], price: PriceOf) -> str:
    """What second questions cost, which is part of what the run did."""
    tokens = sum(spent.values(), Tokens())
    costs = [price(each, service) for service, each in spent.items()]
    known = [cost for cost in costs if cost is not None]
    told = f"{tokens.input + tokens.output:,} tokens"
    return f"{told}, {money(sum(known))}" if known and len(known) == len(costs) else told
