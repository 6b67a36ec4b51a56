"""The event logs of a folder → where its problems came from, and the command that asks for what is left.

In: a folder. Out: paths and arguments. It reads no shard.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from asyncgeo.problems.reader import Problems
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.records import Problem
from asyncgeo.views.status.inputs import Inputs
from asyncgeo.views.status.runs import Books, Run
from asyncgeo.views.status.steps import run_all


def told_inputs(runs: Sequence[Run], likely: Path | None) -> list[Path]:
    """Where the problems may be: the inputs of the runs, the last one's first, then the likely one."""
    named = dict.fromkeys(Path(run.started.input) for run in reversed(runs) if run.started.input)
    return [*named, *([] if likely is None else [likely])]


def input_of_folder(folder: Path, likely: Path | None) -> Path | None:
    """The first of these that holds problems."""
    inputs = Inputs()
    inputs.find(told_inputs(_runs(folder), likely))
    return inputs.path


def identifiers_of_folder(folder: Path) -> tuple[str, ...] | None:
    """The ids of the problems that the folder's runs were about; None where their input is not there any more."""
    path = input_of_folder(folder, None)
    return None if path is None else tuple(Problems(path).identifiers())


def keys_of_folder(folder: Path, named: Path | None) -> dict[str, tuple[str, AnswerKey]]:
    """Texts and keys of the input that was named, else of the one that the folder's runs were about.

    Raises InputError where the one that was named cannot be read.
    """
    path = named or input_of_folder(folder, None)
    problems = () if path is None else Problems(path).read()
    return {
        each.id: (each.text, each.key) for each in problems if isinstance(each, Problem) and each.key != AnswerKey()
    }


def follow_up(folder: Path, likely: Path | None) -> tuple[str, ...]:
    """The command that asks for what is left: the last run's, over the whole of its input."""
    runs = _runs(folder)
    inputs = Inputs()
    inputs.find(told_inputs(runs, likely))
    return run_all(folder, inputs.path, runs)


def _runs(folder: Path) -> list[Run]:
    books = Books(folder)
    books.read()
    return books.runs((), datetime.now(UTC))
