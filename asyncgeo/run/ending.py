"""How a run ended, in words: for its event log, the person, and the error that ended it.

In: the plan, the recorder's counts, the error. Out: the last events, lines of text, and the command that goes on.
"""

import shlex
from collections.abc import Callable, Iterable

from asyncgeo.errors import EXIT_FINISHED, EXIT_INCOMPLETE, AsyncgeoError, InputError, ShardError, printable
from asyncgeo.run import commands, summary
from asyncgeo.run.budget import Funds
from asyncgeo.run.logs import log
from asyncgeo.run.plan import Plan
from asyncgeo.run.recorder import Recorder
from asyncgeo.schema.records import REFUSALS
from asyncgeo.schema.words import counted
from asyncgeo.store import Standing
from asyncgeo.store.events import Ended, Event, Progress


def finished(plan: Plan, recorder: Recorder) -> Ended:
    """How a run ended that asked everything. Raises InputError when no input could be read at all."""
    seen = recorder.progress()
    if plan.served is None and seen.unreadable and seen.unreadable == seen.done and not _has_verdicts(plan):
        raise InputError(
            f"No problem of {plan.problems.path} could be read; the last one: {recorder.last_errors()[-1]}.",
            "A problem is a JSON object with an `id` and a `subject`.",
        )
    if not (message := lacking(plan, seen)):
        return recorder.ended(EXIT_FINISHED)
    return recorder.ended(EXIT_INCOMPLETE, message, _again(plan, recorder.ended(EXIT_INCOMPLETE).error_kinds))


def _has_verdicts(plan: Plan) -> bool:
    """Whether earlier runs left verdicts on problems of this run's positions."""
    standings = plan.scan.standings
    return any(standings[each] > Standing.ERROR for each in plan.problems.identifiers(*plan.span))


def lacking(plan: Plan, seen: Progress) -> str:
    """How many problems of the run ended without a verdict of the source asked, and why; empty when all have one."""
    counts = {
        "stood in by the rules": seen.stand_ins,
        "failed": seen.failed - seen.unreadable,
        "unreadable": seen.unreadable,
        "still pending": seen.waiting,
    }
    kinds = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    source = "the rules" if plan.offline else plan.settings.api.model
    lacking, asked = seen.errors + seen.waiting, seen.done + seen.waiting
    return f"Finished, but {lacking:,} of {asked:,} problems have no verdict by {source}: {kinds}." if kinds else ""


def _again(plan: Plan, kinds: Iterable[str]) -> str:
    """How to see what has no verdict, and how to ask for it again."""
    listed = shlex.join(["asyncgeo", "errors", "--output-dir", str(plan.folder)])
    own = " (what a content filter or a refusal ended: only with --redo all)" if REFUSALS & set(kinds) else ""
    return f"See them with: {listed}; the same command asks them again{own}."


def note_ending(
    recorder: Recorder, ended: Ended, append: Callable[[Event], None], funds: Funds | None, *, offline: bool
) -> list[str]:
    """Note the last state and how it ended; the same in words, for the log and the person."""
    seen = recorder.progress()
    append(seen)
    append(ended)
    lines = summary.closing(seen, ended, offline=offline)
    if funds is not None:
        funds.close()
        lines.append(funds.at_end())
    lines += [f"  {printable(error)}" for error in recorder.last_errors()]
    if ended.exit_code == EXIT_INCOMPLETE:
        lines += [ended.message, ended.remedy]
    for text in lines:
        log.info("%s", text)
    return lines


def with_way_on(error: AsyncgeoError, plan: Plan, written: int, command: tuple[str, ...]) -> AsyncgeoError:
    """The error with how many rows are safe (a shard that failed says that itself), and the command that goes on."""
    if isinstance(error, InputError):
        return error
    pending = max(0, plan.pending - written)
    if not isinstance(error, ShardError):
        rows = counted(written, "row of this run is", "rows of this run are")
        error.message += f" {rows} safe in {plan.folder}, {counted(pending, 'problem is', 'problems are')} pending."
    way_on = _way_on(command, pending, plan.wanted.limit)
    error.remedy = "\n".join(filter(None, (error.remedy, way_on)))
    return error


def _way_on(command: tuple[str, ...], pending: int, limit: int | None) -> str:
    """How to ask for what is pending; of a run with a limit, for no more than it left."""
    if limit is not None and not pending:
        return ""
    if command:
        return f"Go on with: {shlex.join(commands.left(command, pending))}"
    return "Go on with: the same call" + (f" with limit={pending}" if limit is not None else "")
