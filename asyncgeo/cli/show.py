"""`asyncgeo show ID`: one problem with everything that is known of it.

In: an id and the flags. Out: its text, the row that counts, the rows before it, as text or JSON; its figure as SVG.
"""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from asyncgeo import config, store
from asyncgeo.cli.show_look import Shown, draw
from asyncgeo.cli.status import write_object
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import InputError
from asyncgeo.problems.reader import Problems
from asyncgeo.run.overrides import Overrides
from asyncgeo.run.places import looked_at
from asyncgeo.schema.records import Problem
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import parses, raw_answers, verdicts
from asyncgeo.store.raw_answers import Raw
from asyncgeo.verify.picture import to_be_marked
from asyncgeo.views.status import FoundProblem, best, input_of_folder, lookup, search


def show(identifier: str, flags: Overrides, file: Path | None, *, as_json: bool, svg: str | None) -> None:
    """Show the problem. Raises ConfigError, InputError or ShardError."""
    settings = config.load(file, flags=flags)
    folder, likely = looked_at(settings)
    rows = lookup(folder, identifier)
    is_named = flags["input.dir"][1] is not None
    problem = _problem(identifier, likely if is_named else input_of_folder(folder, likely))
    if not rows and problem is None:
        raise InputError(
            f"No row in {folder} and no problem in its input has the id {identifier!r}.",
            "Ids are those of the input's files; name the folders with --output-dir and --input-dir.",
        )
    if svg is not None:
        _write(svg, _figure(identifier, best(rows)))
        return
    shown = Shown(
        identifier,
        folder,
        problem,
        rows,
        best(rows),
        _verdict(folder, identifier, best(rows)),
        _answers(folder, identifier),
    )
    if as_json:
        write_object(_plain(shown))
    else:
        draw(shown, settings, SafeConsole(highlight=False))


def _problem(identifier: str, path: Path | None) -> Problem | None:
    """The problem as the input has it, None where it is not there, or the input is not known."""
    return None if path is None else Problems(path).find(identifier)


def _verdict(folder: Path, identifier: str, counts: FoundProblem | None) -> Verdict | None:
    """What `asyncgeo verify` found about the row that counts."""
    if counts is None:
        return None
    paths = [folder / verdicts.name(*bounds) for bounds, _ in store.find(folder)]
    found: dict[tuple[str, str], Verdict] = {}
    for _, _, line in search([path for path in paths if path.exists()], identifier):
        with suppress(ValueError):
            verdict = msgspec.json.decode(line, type=Verdict)
            found[verdict.id, verdict.of] = verdict
    return verdicts.verdict_on(counts.whole, found)


def _answers(folder: Path, identifier: str) -> list[Raw]:
    """What the model wrote, where it was kept, in the order in which it came."""
    return [raw for name, answers in raw_answers.read(folder) if name == identifier for raw in answers]


def _figure(identifier: str, counts: FoundProblem | None) -> str:
    """The figure of the row that counts. Raises InputError where there is none."""
    from asyncgeo.figure import draw_nicely, render  # noqa: PLC0415  loads numpy

    parse = None if counts is None else parses.of_row(counts.whole)
    if parse is None:
        raise InputError(f"Problem {identifier} has no parse to draw.", f"See: asyncgeo show {identifier}")
    figure = draw_nicely(parse.conditions, parse.objects, text=parse.text)
    if figure.unjudged:
        raise InputError(
            f"Problem {identifier} was not drawn: {figure.unjudged}.", f"See its parse: asyncgeo show {identifier}"
        )
    if not figure.drawable or not figure.points:
        raise InputError(
            f"The conditions of problem {identifier} give no figure.", "See what contradicts with: asyncgeo verify"
        )
    return render(parse.conditions, parse.objects, figure, asked=to_be_marked(parse.original))


def _write(target: str, picture: str) -> None:
    if target == "-":
        sys.stdout.write(picture + "\n")
        return
    try:
        Path(target).write_text(picture + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror}.", "Name another file with --svg.") from error


def _plain(shown: Shown) -> dict[str, Any]:
    """Everything that is shown, for scripts; `best` is the row that counts."""
    return {
        "id": shown.id,
        "text": shown.text,
        "input": None if shown.problem is None else shown.problem.path,
        "best": None if shown.best is None else shown.best.whole,
        "rows": [{"file": str(each.path), "line": each.number, "row": each.whole} for each in shown.rows],
        "verdict": shown.verdict,
        "answers": shown.answers,
    }
