"""Runs as `asyncgeo status` shows them: what each is doing or came to, at what pace, and what it ran into.

In: a status. Out: something rich prints. How a run's pace looks is `panel`'s business; it is the same here.
"""

import shlex
from collections.abc import Iterator
from typing import Final

from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from asyncgeo.cli import panel
from asyncgeo.cli.words import clip, seconds, since
from asyncgeo.run import summary
from asyncgeo.schema import words
from asyncgeo.store.events import Ended
from asyncgeo.views.status import Run, State, Status

_SILENT: Final = 30.0  # seconds; a run that goes on tells of itself every ten at least
_INDENT: Final = 2

_STYLES: Final[dict[State, tuple[str, str]]] = {
    "running": ("●", "bold green"),
    "finished": ("✓", "green"),
    "stopped": ("■", "bold red"),
    "interrupted": ("■", "bold yellow"),
    "failed": ("✗", "bold red"),
    "killed": ("✗", "bold red"),
}


def show_runs(status: Status, width: int) -> Iterator[RenderableType]:
    """One run in full; of several that go on their sum in full, and each in a line or two."""
    if not status.runs:
        return
    yield Text()
    going = sum(run.state == "running" for run in status.runs)
    if going > 1 and status.live is not None:
        yield Text(f"{going} runs go on, together:", style="bold")
        yield _inside(panel.panel(status.live, (), width - _INDENT))
    for run in status.runs:
        yield from _show(run, status.at, width, is_alone=len(status.runs) == 1)


def _show(run: Run, at: str, width: int, *, is_alone: bool) -> Iterator[RenderableType]:
    yield clip(_heading(run, at, is_alone=is_alone), width)
    if run.state != "running":
        yield from _came_to(run, width, is_alone=is_alone)
        return
    errors = [f"{error.id}: {error.kind}: {error.message}" for error in run.errors]
    if run.progress is None:
        yield Text("  it has not asked anything yet", style="dim")
    elif is_alone:
        yield _inside(panel.panel(run.progress, errors, width - _INDENT, run.started.budget, run.started.spent_before))
    else:
        yield clip(Text(f"  {panel.line(run.progress)}"), width)
    for said in run.said[-1:]:
        yield clip(Text(f"  {said.text}", style="dim"), width)


def _heading(run: Run, at: str, *, is_alone: bool) -> Text:
    """Sign, state, times and command; of several runs, whose commands differ at their ends, the positions too."""
    sign, style = _STYLES[run.state]
    positions = "" if is_alone else f" {run.started.start:,}–{run.started.end:,}"
    command = shlex.join(run.started.command) or "started from Python"
    return Text.assemble((f"{sign} {run.state}", style), positions, f" {_times(run, at)}: {command}")


def _times(run: Run, at: str) -> str:
    if run.state == "finished":
        return f"{since(run.seen, at)} ago"
    if run.state != "running":
        return f"{since(run.seen, at)} ago, process {run.started.pid}"
    silence = seconds(run.seen, at)
    silent = f", silent for {words.duration(silence)}" if silence > _SILENT else ""
    return f"for {since(run.started.at, at)}{silent}, process {run.started.pid}"


def _came_to(run: Run, width: int, *, is_alone: bool) -> Iterator[RenderableType]:
    """What it did; of several runs a line each, and what went wrong."""
    if run.progress is not None:
        bound = {} if run.ended is None else run.ended.bound  # what was skipped and failed stands above, for all runs
        ended = Ended(at=run.seen, exit_code=0, bound=bound)
        lines = summary.closing(run.progress, ended, offline=run.started.offline)
        for line in lines if is_alone else lines[:1]:
            yield clip(Text(f"  {line}"), width)
    if run.ended is None:
        yield clip(Text("  it ended without a word; its rows are safe", style="yellow"), width)
        return
    if run.ended.message:
        yield _inside(Text(run.ended.message, style="yellow" if run.state == "finished" else "red"))
    for error in run.errors:
        yield clip(Text(f"  {error.id}: {error.kind}: {error.message}", style="yellow"), width)
    if run.ended.remedy:
        yield _inside(Text(run.ended.remedy))


def _inside(shown: RenderableType) -> Padding:
    return Padding(shown, (0, 0, 0, _INDENT))
