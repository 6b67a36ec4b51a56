"""A run as a whole: what is pending is asked, written, merged, and summed up.

In: what is wanted, and an observer. Out: rows, a dataset when the folder is complete, a summary; or an AsyncgeoError
that says how to go on. It prints nothing: its caller hears of it through the observer.
"""

import asyncio
import contextlib
import os
import re
import shlex
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from asyncgeo import config, store
from asyncgeo.dataset import Stats
from asyncgeo.dataset.folder import merge_folder
from asyncgeo.errors import (
    EXIT_FINISHED,
    EXIT_INCOMPLETE,
    EXIT_INTERRUPTED,
    AsyncgeoError,
    Interrupted,
    UserError,
    exit_code,
    printable,
)
from asyncgeo.llm import prices
from asyncgeo.llm.models import ending, today
from asyncgeo.run import packs
from asyncgeo.run.batch import BatchRun
from asyncgeo.run.budget import Funds, funds_of
from asyncgeo.run.earlier import answered_before, other_model
from asyncgeo.run.ending import finished, lacking, note_ending, with_way_on
from asyncgeo.run.live_limits import watch
from asyncgeo.run.logs import log, logging_to
from asyncgeo.run.observer import Done, Observer
from asyncgeo.run.pipeline import Pipeline
from asyncgeo.run.plan import LOCAL, Plan, Wanted, load_settings, make_plan
from asyncgeo.run.recorder import Recorder
from asyncgeo.run.review import reviewing
from asyncgeo.run.served_answers import serving
from asyncgeo.run.session import Session, check_address, looking_up, raise_file_limit, session
from asyncgeo.run.signals import answering_signals
from asyncgeo.run.tally import Tally
from asyncgeo.schema.records import RULES_MODEL, Problem, Service, Tokens
from asyncgeo.schema.words import counted
from asyncgeo.store import Standing, events
from asyncgeo.store.events import Ended, EventLog, Merged, Progress, Said, Started
from asyncgeo.store.writer import ShardWriter
from asyncgeo.verify.selfcheck import SelfCheck

if TYPE_CHECKING:
    from asyncgeo.run.cluster.driver import Driver


async def carry_out(wanted: Wanted, observer: Observer) -> Done:
    """Carry out what is wanted.

    Raises UserError before anything is sent, Stopped and Interrupted with everything finished on disk.
    """
    warnings = dict[str, None]()  # each once: inputs are read for the estimate, then asked
    plan = make_plan(wanted, _noting(warnings))
    observer.planned(plan)
    seen = Progress(at=events.now())
    if wanted.dry_run:
        observer.warned(list(warnings))
        return Done(plan.folder, seen, None)
    if plan.pending and not plan.offline:
        check_address(plan.settings)
    in_batches = wanted.batch is not None and bool(plan.pending or plan.held)
    opens_log = plan.pending or in_batches or observer.line is not None
    with logging_to(plan.folder, observer.line) if opens_log else contextlib.nullcontext() as event_log:
        if in_batches and event_log is not None:
            seen = await ask_in_batches(plan, observer, event_log)
        elif plan.pending and event_log is not None:
            observer.begins(plan, event_log.path.with_suffix(".log"))
            seen = await ask(plan, observer, event_log, warnings)
        observer.warned(list(warnings))
        merged = _merge(plan, observer) if wanted.merge and not (wanted.batch and wanted.batch.submit_only) else None
        if merged is not None:
            if event_log is not None:
                event_log.append(_merged(merged))
            observer.merged(plan, merged)
        message = lacking(plan, seen)
        if in_batches and message:
            observer.closed([message])
        return Done(plan.folder, seen, merged, EXIT_INCOMPLETE if message else EXIT_FINISHED, message)


async def ask_in_batches(plan: Plan, observer: Observer, event_log: EventLog) -> Progress:
    """Ask through the Batch API; each stretch in which rows are made is a run with a log of its own.

    Tokens and cost are those of live questions and of the batches that this start collected.
    """

    def say(text: str) -> None:
        log.info("%s", printable(text))
        event_log.append(Said(at=events.now(), level="info", text=text))
        observer.said(text)

    async def answer(some: Plan) -> Progress:
        with logging_to(some.folder, observer.line) as own_log:
            return await ask(some, observer, own_log)

    run = BatchRun(plan, answer, say, signals=observer.signals, command=observer.command)
    await run.go()
    return run.total()


def _noting(warnings: dict[str, None]) -> Callable[[str], None]:
    def warn(text: str) -> None:
        warnings[text] = None

    return warn


async def ask(plan: Plan, observer: Observer, event_log: EventLog, warnings: Iterable[str] = ()) -> Progress:
    """Ask everything pending, and return the counts; however it ends, say what was done."""
    raise_file_limit(plan.settings.limits.max_concurrency + 2 * len(plan.cuts))  # rows, and raw answers
    recorder = Recorder(Tally(plan.pending, _pricing(plan)), event_log.append, offline=plan.offline)
    say = _saying(recorder, observer)
    command = printable(shlex.join(observer.command))
    keep = ShardWriter(plan.folder, plan.cuts, raw=plan.settings.output.keep_raw, say=say, command=command)
    ended: Ended | None = None
    funds = funds_of(plan, event_log.path)
    ends = "" if plan.offline else ending(plan.settings.api, today())
    first = [ends, _another_model(plan), "" if funds is None else funds.at_start()]
    event_log.append(_started(plan, observer.command, funds))
    for text in filter(None, first):
        observer.said(text)
        log.info("%s", text)
    try:
        await _run(plan, recorder, keep, observer, say, funds)
        ended = finished(plan, recorder)
    except AsyncgeoError as error:
        log.error("%s", error)
        told = with_way_on(error, plan, keep.written, observer.command)
        ended = recorder.ended(exit_code(error), told.message, told.remedy)
        raise told from None
    except asyncio.CancelledError:
        ended = recorder.ended(EXIT_INTERRUPTED, "Interrupted.")
        raise
    finally:
        for warning in warnings:
            log.warning("%s", printable(warning))
        ended = ended or recorder.ended(1, "a defect of asyncgeo ended the run")
        observer.closed(note_ending(recorder, ended, event_log.append, funds, offline=plan.offline))
    return recorder.progress()


def _another_model(plan: Plan) -> str:
    """That the default model is asked where another has answered, and how to go on with that."""
    api = plan.settings.api
    if plan.offline or not plan.settings.is_usual("api.model"):
        return ""
    other = other_model(plan.folder, api.model)
    if not other:
        return ""
    keep = shlex.join(["--model", other])
    return (
        f"No model is named, so {api.model} is asked; this folder's answers are by {printable(other)}: {keep} keeps it."
    )


async def _run(
    plan: Plan,
    recorder: Recorder,
    keep: ShardWriter,
    observer: Observer,
    say: Callable[[str], None],
    funds: Funds | None,
) -> None:
    """Open in the order of the flow, from the last to the first: shards, session, pipeline; close the other way."""
    settings = plan.settings
    opening = _session(plan, recorder, observer, say, None if funds is None else funds.budget)
    checks = settings.verify.rules and not plan.wanted.is_rehearsal
    checking = SelfCheck(say, is_offline=plan.offline) if checks else contextlib.nullcontext()
    is_live = plan.wanted.batch is None or not plan.wanted.batch.alone
    async with (
        keep,
        opening as asking,
        reviewing(settings.verify, asking, keep, say, _pricing(plan), is_live=is_live) as review,
        checking as check,
    ):
        limits = asking.limits
        recorder.view = limits.view
        pipeline = Pipeline(
            serving(asking.extractor, plan),
            limits,
            keep,
            recorder,
            fsync_interval=settings.output.fsync_interval,
            check=check,
            review=review,
            keep_raw=settings.output.keep_raw,
            opens=asking.extractor.open if isinstance(asking, Session) else None,
            earlier=lambda: answered_before(plan.folder, _model(plan), lambda each: _problem(plan, each)),
        )
        pack = 1 if plan.served is not None else settings.api.pack
        work = asyncio.create_task(pipeline.run(packs.cut(plan.read_pending(), pack)))

        def stop(error: Interrupted) -> None:
            say(_stopping(limits.view().in_flight))
            pipeline.stop(error)
            limits.close(error)

        beside = (
            recorder.keep(),
            observer.watch(recorder.progress, recorder.last_errors, funds),
            watch(plan.wanted.config, lambda: load_settings(plan.wanted), limits.retune, say),
        )
        async with _beside(*beside), _served(plan, asking, say):
            with answering_signals(work, stop) if observer.signals else contextlib.nullcontext():
                await work


def _stopping(in_flight: int) -> str:
    if not in_flight:
        return "Stopping: nothing is in flight; what is finished is being written."
    requests = counted(in_flight, "request")
    return f"Stopping: the answers of {requests} in flight are still written. Press Ctrl-C again to drop them."


def _served(
    plan: Plan, asking: "Session | Driver", say: Callable[[str], None]
) -> contextlib.AbstractAsyncContextManager[None]:
    """The block in which the endpoint is asked for the model; workers of a cluster do not ask."""
    if not isinstance(asking, Session) or _model(plan) == RULES_MODEL or plan.served is not None:
        return contextlib.nullcontext()
    return looking_up(asking, say)


def _model(plan: Plan) -> str:
    """The model as requests name it."""
    return RULES_MODEL if plan.offline else plan.settings.api.model


def _problem(plan: Plan, identifier: str) -> Problem | None:
    """The problem of the input with this id."""
    place = next((k for k, each in enumerate(plan.problems.identifiers()) if each == identifier), None)
    found = () if place is None else plan.problems.read(place, place + 1)
    return next((each for each in found if isinstance(each, Problem)), None)


def _saying(recorder: Recorder, observer: Observer) -> Callable[[str], None]:
    """Tells everybody: the log, the event log, the person."""

    def say(text: str) -> None:
        log.warning("%s", printable(text))
        recorder.say("warning", text)
        observer.said(text)

    return say


def _first_of_each(recorder: Recorder, observer: Observer) -> Callable[[str], None]:
    """Says everything to the log, and the first sentence of each kind to the person: a 429 is news once."""
    kinds: set[str] = set()

    def say(text: str) -> None:
        log.info("%s", printable(text))
        kind = _FIGURES.sub("#", text.partition(" (")[0])
        if kind not in kinds:
            kinds.add(kind)
            recorder.say("info", text)
            observer.said(text)

    return say


_FIGURES: Final = re.compile(r"\d[\d.,]*")


def _session(
    plan: Plan, recorder: Recorder, observer: Observer, warn: Callable[[str], None], budget: prices.Budget | None
) -> "contextlib.AbstractAsyncContextManager[Session | Driver]":
    """What asks: a session of this process, or workers that each have one. Raises UserError without Ray."""
    force, who = plan.wanted.workforce, (plan.settings, plan.key, recorder, _first_of_each(recorder, observer))
    if force.address is None:
        return session(*who, offline=plan.offline, budget=budget, warn=warn)
    if force.address == LOCAL:
        config.keep_ray_to_this_machine()
    try:
        from asyncgeo.run.cluster.nodes import workers  # noqa: PLC0415  Ray takes seconds, and is an extra
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        raise UserError("Several workers need Ray, which is not installed.", "pip install 'asyncgeo[ray]'") from None
    return workers(*who, warn, budget, force, offline=plan.offline)


def _limits_of(funds: Funds | None) -> tuple[float | None, float]:
    """The budget in USD, and what other runs have spent of it."""
    return (None, 0.0) if funds is None else (funds.total, funds.before)


def _started(plan: Plan, command: tuple[str, ...], funds: Funds | None) -> Started:
    api, span = plan.settings.api, plan.span
    budget, before = _limits_of(funds)
    return Started(
        at=events.now(),
        version=version("asyncgeo"),
        pid=os.getpid(),
        command=command,
        model=_model(plan),
        base_url="" if plan.offline else api.base_url,
        offline=plan.offline,
        input=str(plan.problems.path.absolute()),
        output=str(plan.folder),
        start=span.start,
        end=span.end,
        total=plan.pending,
        budget=budget,
        spent_before=before,
        pack=api.pack,
    )


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


def _merge(plan: Plan, observer: Observer) -> Stats | None:
    """Merge when every problem of the whole input has a row."""
    standings, expected = store.scan(plan.folder).standings, tuple(plan.problems.identifiers())
    if missing := sum(standings[each] is Standing.PENDING for each in expected):
        observer.incomplete(plan, missing)
        return None
    with observer.merging() as progress:
        return merge_folder(plan.folder, expected=expected, progress=progress)


def _merged(stats: Stats) -> Merged:
    return Merged(
        at=events.now(),
        output=str(stats.output),
        problems=stats.problems,
        skipped=stats.skipped,
        errors=stats.errors,
        fallbacks=stats.fallbacks,
        parsed=stats.parsed,
        failed=stats.failed,
    )


def _pricing(plan: Plan) -> Callable[[Tokens, Service], float | None]:
    tariff = None if plan.offline else prices.tariff(plan.settings, plan.settings.api.model)
    return lambda tokens, service: None if tariff is None else prices.cost(tariff[service], tokens)
