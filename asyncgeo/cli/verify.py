"""`asyncgeo verify`: which parses of a finished folder can be drawn, and what contradicts in the others.

And `asyncgeo run --verify`: the same while the rows arrive.
"""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from asyncgeo import config
from asyncgeo.cli.flags import Overrides
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import printable
from asyncgeo.run.places import folder_of
from asyncgeo.run.session import Session
from asyncgeo.store import parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.writer import Keep
from asyncgeo.verify import folder as verifying
from asyncgeo.verify.folder import Summary, Verdict, digest, verify as verify_folder
from asyncgeo.verify.pool import Judges
from asyncgeo.verify.reask import Review

if TYPE_CHECKING:
    from asyncgeo.cli.many import Many

_SHOWN: Final = 10


def verify(flags: Overrides, file: Path | None, *, workers: int | None = None, show: int = _SHOWN) -> None:
    """Verify the folder of the settings and show what was found. Raises ConfigError or InputError."""
    folder = folder_of(config.load(file, flags=flags))
    bar = Progress(
        TextColumn("verifying"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=SafeConsole(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("verify", total=None)
        summary = verify_folder(
            folder, workers=workers, progress=lambda done, total: bar.update(task, completed=done, total=total)
        )
    show_summary(summary, folder, SafeConsole(highlight=False), show)


@asynccontextmanager
async def reviewing(
    settings: config.Verify, asking: "Session | Many", keep: Keep, say: Callable[[str], None]
) -> AsyncIterator[Review | None]:
    """What looks at the rows of a run, for as long as the block lasts; None when nothing is to.

    Says at the end what was found. A fleet's contradictions are not asked about again: its workers lease problems, not
    second questions. Raises ConfigError without numpy.
    """
    if not settings.during_run:
        yield None
        return
    verifying.need_numpy()

    def record(verdicts: Sequence[tuple[int, Verdict]]) -> None:
        placed = sorted(((keep.bounds_of(position), verdict) for position, verdict in verdicts), key=itemgetter(0))
        for bounds, group in groupby(placed, key=itemgetter(0)):
            verifying.append(keep.folder / verifying.name(*bounds), [verdict for _, verdict in group])

    judges = Judges(record, say=say)
    extractor = asking.extractor if isinstance(asking, Session) else None
    if extractor is None and settings.reask:
        say("With several processes rows are verified, but contradictions are not asked about again.")
    review = Review(extractor, asking.limits, judges, reask=settings.reask, say=say)
    try:
        async with judges:
            yield review
    finally:
        say(_outcome(review, judges.unjudged))


def _outcome(review: Review, unjudged: int) -> str:
    found = f"Verified {review.judged:,} parses: {review.contradictory:,} contradict themselves"
    if review.asked_again:
        found += f", {review.asked_again:,} asked again, {review.mended:,} of them can be drawn now"
    if review.unjudged:
        found += f", {review.unjudged:,} were not judged (too large)"
    left = f"; {unjudged:,} have no verdict yet, asyncgeo verify goes on with them" if unjudged else ""
    return f"{found}{left}."


def show_summary(summary: Summary, folder: Path, console: Console, show: int = _SHOWN) -> None:
    """Shares, states, and the first contradictions with their conditions."""
    total = len(summary.verdicts)
    share = f" ({summary.drawable / total:.1%})" if total else ""
    console.print(f"[bold]{summary.drawable:,} of {total:,} parses can be drawn{share}[/bold] · {summary.judged:,} new")
    states = Counter(verdict.state for verdict in summary.verdicts)
    console.print(" · ".join(f"{state} {count:,}" for state, count in states.most_common()))
    bad = summary.contradictory()
    if rounded := sum(verdict.rounded for verdict in bad):
        console.print(f"{rounded:,} of the contradictory hold to 1 %: their numbers seem rounded")
    for why, count in Counter(verdict.why for verdict in summary.unjudged()).most_common():
        ids = ", ".join(printable(verdict.id) for verdict in summary.unjudged() if verdict.why == why)
        console.print(f"{count:,} not judged: {why} ({ids:.200})", soft_wrap=True, markup=False)
    if bad:
        known = parses.read(folder)
        for verdict in bad[:show]:
            _show(verdict, known.get(verdict.id), console)
    if len(bad) > show:
        console.print(escape(f"… and {len(bad) - show:,} more, in {folder}/verify_*.jsonl"))


def _show(verdict: Verdict, parse: Parse | None, console: Console) -> None:
    by_objects = ", with the objects to be drawn" if verdict.by_objects else ""
    console.print(f"\n[yellow]{escape(verdict.id)}[/yellow] cannot be drawn{by_objects}:", soft_wrap=True)
    if parse is None or digest(parse.conditions, parse.objects) != verdict.of:
        return
    console.print(f"  {parse.text}", soft_wrap=True, markup=False)
    for k in verdict.conflict:
        console.print(f"  {msgspec.json.encode(parse.conditions[k]).decode()}", soft_wrap=True, markup=False)
