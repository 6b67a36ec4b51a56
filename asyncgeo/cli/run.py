"""`asyncgeo run`: what is pending is asked, written, merged, and summed up.

In: the flags. Out: rows, a dataset when the folder is complete, a summary on screen; or an AsyncgeoError that says
how to go on.
"""

import asyncio
import contextlib
import logging
import os
import resource
import shlex
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.markup import escape

from asyncgeo import prices, progress, shards
from asyncgeo.cli.merge import merge_folder, show_statistics
from asyncgeo.cli.plan import Plan, Wanted, load_settings, make_plan, show_forecast, show_plan
from asyncgeo.cli.retune import watch
from asyncgeo.cli.session import session
from asyncgeo.cli.summary import end_lines, pace
from asyncgeo.errors import AsyncgeoError, Interrupted, ShardError
from asyncgeo.keep import Keep
from asyncgeo.limits import View
from asyncgeo.pipeline import Pipeline
from asyncgeo.records import Tokens
from asyncgeo.shards import Standing
from asyncgeo.tally import Snapshot, Tally
from asyncgeo.terminal import printable

_WARNINGS_SHOWN: Final = 5
_FILES_BESIDE_CONNECTIONS: Final = 200  # shards, libraries, the log

log: Final = logging.getLogger("asyncgeo")


def run(wanted: Wanted) -> None:
    """Carry out what the flags ask for.

    Raises UserError before anything is sent, Stopped and Interrupted with everything finished on disk.
    """
    console = Console(highlight=False, soft_wrap=True)
    warnings: list[str] = []
    plan = make_plan(wanted, warnings.append)
    show_plan(plan, console)
    if wanted.dry_run:
        show_forecast(plan, console)
    elif plan.pending:
        with _logging(plan.folder) as path:
            console.print(f"Log: {path}")
            ask(plan, console, warnings)
    _show_warnings(warnings, console)
    if wanted.merge and not wanted.dry_run:
        _merge(plan, console)


def ask(plan: Plan, console: Console, warnings: Iterable[str] = ()) -> Snapshot:
    """Ask everything pending, and return the counts; however it ends, say what was done."""
    _raise_file_limit(plan.settings.limits.max_concurrency)
    tally = Tally(plan.pending, _pricing(plan))
    keep, views = Keep(plan.folder, plan.cuts), list[View]()
    try:
        asyncio.run(_run(plan, tally, keep, views, console))
    except AsyncgeoError as error:
        log.error("%s", error)  # noqa: TRY400  the message is the whole story; no traceback for the person
        raise _with_way_on(error, plan, keep.written) from None
    finally:
        for warning in warnings:
            log.warning("%s", printable(warning))
        for text in end_lines(tally.snapshot(), views[-1] if views else None):
            console.print(escape(text))
            log.info("%s", text)
    return tally.snapshot()


async def _run(plan: Plan, tally: Tally, keep: Keep, views: list[View], console: Console) -> None:
    """Open in the order of the flow, from the last to the first: shards, session, pipeline; close the other way."""
    settings = plan.settings
    async with (
        keep,
        session(settings, plan.key, tally, log.info, offline=plan.offline, budget=plan.wanted.budget) as asking,
    ):
        limits = asking.limits
        pipeline = Pipeline(asking.extractor, limits, keep, tally, fsync_interval=settings.output.fsync_interval)
        work = asyncio.create_task(pipeline.run(plan.read_pending()))

        def stop(error: Interrupted) -> None:
            pipeline.stop(error)
            limits.close(error)

        def say(text: str) -> None:
            log.warning("%s", printable(text))
            console.print(escape(printable(text)))

        beside = (
            progress.show(tally.snapshot, console, lambda: pace(limits.view())),
            watch(plan.wanted.config, lambda: load_settings(plan.wanted), limits.retune, say),
        )
        try:
            async with _beside(*beside):
                with _signals(work, stop, console):
                    await work
        finally:
            views.append(limits.view())


@contextlib.asynccontextmanager
async def _beside(*work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Tasks that run while the block does, and end with it."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _signals(work: asyncio.Task[None], stop: Callable[[Interrupted], None], console: Console) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) ends asking, the second drops what is in flight; rows are written either way."""
    loop, times = asyncio.get_running_loop(), 0

    def on_signal() -> None:
        nonlocal times
        times += 1
        if times == 1:
            console.print("Stopping: what is in flight is finished and written. Once more leaves it.")
            stop(Interrupted("Interrupted."))
        else:
            work.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    try:
        yield
    except asyncio.CancelledError:
        raise Interrupted("Interrupted; what was in flight was dropped.") from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _merge(plan: Plan, console: Console) -> None:
    """Merge when every problem of the whole input has a row; else say what is missing."""
    standings = shards.scan(plan.folder).standings
    missing = sum(standings[each] is Standing.PENDING for each in plan.problems.identifiers())
    if missing:
        console.print(f"{missing:,} of {len(plan.problems):,} problems have no row yet, so nothing is merged.")
        console.print(f"The rest: asyncgeo run; or merge what is there: asyncgeo merge --output-dir {plan.folder}")
        return
    console.print()
    show_statistics(merge_folder(plan.folder), console)


def _with_way_on(error: AsyncgeoError, plan: Plan, written: int) -> AsyncgeoError:
    """The error with how many rows are safe (a shard that failed says that itself), and the command that goes on."""
    pending = max(0, plan.pending - written)
    if not isinstance(error, ShardError):
        error.message += f" {written:,} rows of this run are safe in {plan.folder}, {pending:,} problems are pending."
    way_on = f"Go on with: {shlex.join(['asyncgeo', *sys.argv[1:]])}"
    error.remedy = f"{error.remedy}\n{way_on}" if error.remedy else way_on
    return error


def _pricing(plan: Plan) -> Callable[[Tokens], float | None]:
    price = None if plan.offline else plan.settings.prices.get(plan.settings.api.model)
    return lambda tokens: None if price is None else prices.cost(price, tokens)


def _show_warnings(warnings: list[str], console: Console) -> None:
    for warning in warnings[:_WARNINGS_SHOWN]:
        console.print(f"[yellow]warning:[/yellow] {escape(printable(warning))}")
    if len(warnings) > _WARNINGS_SHOWN:
        console.print(f"… and {len(warnings) - _WARNINGS_SHOWN:,} more warnings, all of them in the log.")


@contextlib.contextmanager
def _logging(folder: Path) -> Iterator[Path]:
    """A log file for this run under `<folder>/logs/`. Raises ShardError when it cannot be written."""
    path = folder / "logs" / f"run_{datetime.now(UTC):%Y%m%dT%H%M%S}_{os.getpid()}.log"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise ShardError(f"{path} cannot be written: {error.strerror}.", "Choose another --output-dir.") from None
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield path
    finally:
        log.removeHandler(handler)
        handler.close()


def _raise_file_limit(connections: int) -> None:
    """As many open files as connections and shards need, as far as the system lets us."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + _FILES_BESIDE_CONNECTIONS
    if soft != resource.RLIM_INFINITY and soft < needed:
        most = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
