"""Runs as `asyncgeo status` shows them: what each is doing or came to, at what pace, and what it ran into."""

import shlex
from collections.abc import Iterator
from typing import Final

from rich.text import Text

from asyncgeo.cli.words import clip, since
from asyncgeo.journal import Ended, Progress
from asyncgeo.progress import duration
from asyncgeo.status import Run, State, Status
from asyncgeo.status.runs import moment

_WORTH_SAYING: Final = 0.02
_SILENT: Final = 20.0  # seconds without an event after which a run that goes on is said to be silent

_STYLES: Final[dict[State, tuple[str, str]]] = {
    "running": ("●", "green"),
    "finished": ("✓", "green"),
    "stopped": ("■", "red"),
    "interrupted": ("■", "yellow"),
    "failed": ("✗", "red"),
    "killed": ("✗", "red"),
}


def show_runs(status: Status, width: int) -> Iterator[Text]:
    """The runs one after the other, and several that go on summed up before them."""
    if not status.runs:
        return
    yield Text()
    going = [run for run in status.runs if run.state == "running"]
    if len(going) > 1 and status.live is not None:
        yield clip(Text(f"{len(going)} runs go on: {_pace(status.live)}", style="bold"), width)
        yield from _limits(status.live, width)
    for run in status.runs:
        yield from _show(run, status.at, width)


def _show(run: Run, at: str, width: int) -> Iterator[Text]:
    sign, style = _STYLES[run.state]
    head = Text.assemble((f"{sign} {run.state} ", style), _times(run, at), ": ", shlex.join(run.started.command))
    yield clip(head, width)
    if run.progress is not None:
        yield clip(Text("  " + (_pace(run.progress) if run.state == "running" else _came_to(run.progress))), width)
        if run.state == "running":
            yield from _limits(run.progress, width)
    if run.ended is not None:
        yield from _end(run.ended, width)
    for error in run.errors:
        yield clip(Text(f"  {error.id}: {error.kind}: {error.message}", style="yellow"), width)
    if run.state == "running":
        for said in run.said[-1:]:
            yield clip(Text(f"  {said.text}", style="dim"), width)


def _times(run: Run, at: str) -> str:
    who = f"{run.started.pid}, {since(run.started.at, at if run.state == 'running' else run.seen)}"
    if run.state != "running":
        return f"{since(run.seen, at)} ago ({who})"
    silent = since(run.seen, at)
    return f"({who}; silent for {silent})" if _is_silent(run, at) else f"({who})"


def _is_silent(run: Run, at: str) -> bool:
    return (moment(at) - moment(run.seen)).total_seconds() > _SILENT


def _pace(progress: Progress) -> str:
    parts = [f"{progress.done:,} of {progress.total:,}", f"{progress.rate:,.1f}/s"]
    if progress.eta is not None:
        parts.append(f"ETA {duration(progress.eta)}")
    return " · ".join([*parts, *_cost(progress, is_over=False), *_troubles(progress)])


def _came_to(progress: Progress) -> str:
    rate = progress.done / progress.elapsed if progress.elapsed else 0.0
    parts = [f"{progress.done:,} of {progress.total:,} in {duration(progress.elapsed)} ({rate:,.1f}/s)"]
    return " · ".join([*parts, *_cost(progress, is_over=True), *_troubles(progress)])


def _cost(progress: Progress, *, is_over: bool) -> Iterator[str]:
    if progress.cost is not None:
        whole = "" if is_over or progress.projected is None else f" of about ${progress.projected:,.2f}"
        yield f"${progress.cost:,.4f}{whole}" if progress.cost < 1 else f"${progress.cost:,.2f}{whole}"


def _troubles(progress: Progress) -> Iterator[str]:
    for name, count in (("429s", progress.rate_limited), ("retries", progress.retries), ("errors", progress.errors)):
        if count:
            yield f"{name} {count:,}"


def _limits(progress: Progress, width: int) -> Iterator[Text]:
    parts = [_use("RPM", progress.requests_used, progress.requests_limit)]
    parts.append(_use("TPM", progress.tokens_used, progress.tokens_limit))
    parts.append(f"in flight {progress.in_flight:,}/{progress.slots:,}")
    if progress.cool_down:
        parts.append(f"cool-down {progress.cool_down:.0f}s")
    if progress.share < 1:
        parts.append(f"share {progress.share:.0%}")
    yield clip(Text("  " + " · ".join(parts)), width)


def _use(name: str, used: float, limit: float | None) -> str:
    return f"{name} {used:,.0f}" + ("" if limit is None else f"/{limit:,.0f}")


def _end(ended: Ended, width: int) -> Iterator[Text]:
    bound = sorted(((share, name) for name, share in ended.bound.items() if share >= _WORTH_SAYING), reverse=True)
    if bound:
        words = " · ".join(f"{name.replace('_', ' ')} {share:.0%}" for share, name in bound)
        yield clip(Text(f"  limited by: {words}"), width)
    if ended.message:
        yield Text(f"  {ended.message}", style="red")
    if ended.remedy:
        yield Text("\n".join(f"  {line}" for line in ended.remedy.splitlines()))
