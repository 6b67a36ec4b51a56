"""What a folder holds and what its runs came to → what to do next, as commands.

In: counts and runs. Out: `Step`s, the most urgent first; their commands are lists of arguments. Pure.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from asyncgeo import config
from asyncgeo.run import commands
from asyncgeo.views.status.rows import StatusCounts
from asyncgeo.views.status.runs import Run

StepKind = Literal["wait", "collect", "resume", "run", "again", "merge", "errors", "done"]
"""`wait`: a run goes on; `collect`: batches hold problems; `resume`: a run was cut short; `run`: problems are left;
`again`: only rows that a run replaces; `done`: the dataset is up to date."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something to do; `command` is empty where there is nothing to type."""

    kind: StepKind
    command: tuple[str, ...] = ()


def steps(
    folder: Path,
    source: Path | None,
    counts: StatusCounts,
    runs: Sequence[Run],
    *,
    held: bool,
    is_merged: bool,
    collect: tuple[str, ...] | None = None,
) -> tuple[Step, ...]:
    """What to do next with `folder`, whose problems come from `source`; `held`: somebody writes it now.

    `collect` is the command that submitted batches that still hold problems; their problems are not in `counts`.
    """
    if collect is None:
        return tuple(_steps(folder, source, counts, runs, held=held, is_merged=is_merged))
    others = _steps(folder, source, counts, runs, held=held, is_merged=True)
    kept = (step for step in others if step.kind in ("wait", "errors"))
    return (*kept, Step("collect", commands.collecting(collect) or ("asyncgeo", "run", "--batch", *_output(folder))))


def run_all(folder: Path, source: Path | None, runs: Sequence[Run]) -> tuple[str, ...]:
    """The last run's command without what made it smaller; without one, a command that names the folders."""
    if runs and runs[-1].started.command:
        return commands.whole(runs[-1].started.command)
    named = () if str(source) == config.DEFAULT_INPUT else ("--input-dir", "DIR" if source is None else str(source))
    return ("asyncgeo", "run", *named, *_output(folder))


def _steps(
    folder: Path, source: Path | None, counts: StatusCounts, runs: Sequence[Run], *, held: bool, is_merged: bool
) -> Iterator[Step]:
    going = held or any(run.state == "running" for run in runs)
    if going:
        yield Step("wait", _asyncgeo("status", folder, "--watch"))
    left = counts.pending is None or bool(counts.pending or counts.again)
    cut_short = [command for run in runs if left and (command := _rest(run))]
    yield from (Step("resume", command) for command in dict.fromkeys(cut_short))
    if (counts.pending or counts.again) and not going and not cut_short:
        yield Step("again" if counts.pending == 0 else "run", run_all(folder, source, runs))
    if counts.errors:
        yield Step("errors", _asyncgeo("errors", folder))
    if going or counts.pending or not (counts.parsed or counts.skipped):
        return
    if not is_merged:
        yield Step("merge", _asyncgeo("merge", folder))
    elif not counts.again:
        yield Step("done")


def _rest(run: Run) -> tuple[str, ...]:
    """The command that goes on where the run was cut short; none where nothing of its limit is left."""
    command = run.started.command
    if run.state in ("running", "finished"):
        return ()
    count = run.started.total - (run.progress.done if run.progress is not None else 0)
    return commands.left(command, count) if count > 0 or not commands.is_limited(command) else ()


def _asyncgeo(command: str, folder: Path, *flags: str) -> tuple[str, ...]:
    return ("asyncgeo", command, *_output(folder), *flags)


def _output(folder: Path) -> tuple[str, ...]:
    return () if str(folder) == config.Output().dir else ("--output-dir", str(folder))
