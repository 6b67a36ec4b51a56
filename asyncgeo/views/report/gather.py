"""A folder → everything that its report shows.

In: a folder of shards, with the event logs, verdicts and raw answers beside them. Out: a `PageContent`. It prints
nothing.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Final, Literal

import msgspec

from asyncgeo.config import Price
from asyncgeo.dataset import best_lines
from asyncgeo.errors import ConfigError, InputError, printable
from asyncgeo.llm.prices import Tariff, cost
from asyncgeo.problems.reader import Problems
from asyncgeo.schema import records
from asyncgeo.schema.conditions import UNKNOWN_CATEGORY
from asyncgeo.schema.records import Parsed, Problem, Row
from asyncgeo.schema.verdict import Verdict
from asyncgeo.store import Findings, events, parses, raw_answers, verdicts
from asyncgeo.store.processes import Processes
from asyncgeo.store.raw_answers import Raw
from asyncgeo.verify import judge
from asyncgeo.verify.picture import picture
from asyncgeo.views.report import LoggedRun, PageContent, PageEntry

_TRIES: Final = 3
"""Figures to choose the nicest from; the gallery's twelve take three times as long and look a little better."""


_PATIENCE: Final = 2
"""Rounds in search of a figure; contradictions, which go through all, would take most of the time."""


_BATCH: Final = 8  # rows sent to a process at once


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a report shows, and how much of it there is."""

    content: PageContent
    rows: int
    figures: int


def gather(
    folder: Path,
    tariff_of: Callable[[str], Tariff | None],
    named: Path | None,
    likely: Path | None,
    *,
    figures: int,
    only: Literal["contradictory"] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Gathered:
    """Read the folder, and draw the parses among the first `figures` rows; `progress` hears of figures done.

    `tariff_of` gives the prices of a model by its name, None where they are not known.

    With `only` the parses that are known to contradict, drawn as nearly as can be; InputError where none was verified.

    Texts that rows lack are read from the input that was `named`, else from where the runs or the settings say. Raises
    ShardError where there is no shard.
    """
    notes: list[str] = []
    runs = [LoggedRun(path.name, list(events.read(path))) for path in events.event_logs(folder)]
    rows = read_rows(folder, notes)
    found = _verdicts(folder, rows)
    if only is not None:
        rows = _contradictory(folder, rows, found)
    texts = _texts(rows, _inputs(named, runs, likely), notes)
    drawn = _figures(rows, found, figures, notes, progress, contradictory=only is not None)
    answers = _answers(folder)
    models = {row.meta.model for row in rows if row.meta is not None}
    tariffs = {model: tariff for model in models if (tariff := tariff_of(model)) is not None}
    content = PageContent(
        folder=printable(str(folder)),
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
        version=version("asyncgeo"),
        entries=(
            PageEntry(
                row,
                text=texts.get(row.id, ""),
                cost=_cost(row, tariffs),
                verdict=found.get(row.id),
                figure=drawn.get(row.id),
                raws=answers.get(row.id, ()),
            )
            for row in rows
        ),
        runs=runs,
        notes=notes,
        raws_kept=bool(answers),
        figures_wanted=figures if _can_draw() else None,
        prices={name: _listed(tariff["standard"]) for name, tariff in tariffs.items()},
    )
    return Gathered(content, len(rows), len(drawn))


def read_rows(folder: Path, notes: list[str]) -> list[Row]:
    """The best row of every id, in numeric order; rows of the original script are put into today's form."""
    findings = Findings()
    rows = [_row(line) for line in best_lines(folder, findings)]
    if findings.count:
        first = printable(str(findings.kept[0]))
        notes.append(f"{findings.count:,} lines of the shards are no rows and are left out; the first: {first}")
    return rows


def _row(line: bytes) -> Row:
    try:
        return records.decode(line)
    except ValueError:
        return _original(msgspec.json.decode(line))


def _original(whole: Mapping[str, object]) -> Row:
    """A row of the original script, which `store.lines` has found to be one."""
    straight = parses.of_row(whole)
    if straight is None:
        known = {"source": "model", "kind": "original", **whole, "id": str(whole["id"])}
        return _converted(known)
    source = "rules" if whole["category"] == UNKNOWN_CATEGORY else "model"
    objects = msgspec.to_builtins(straight.objects)
    known = {"verification_conditions": straight.conditions, "required_objects": objects, "source": source}
    return _converted({**whole, **known, "id": straight.id})


def _converted(whole: Mapping[str, object]) -> Row:
    row: Row = msgspec.convert(whole, Row)
    return row


def _inputs(named: Path | None, runs: Sequence[LoggedRun], likely: Path | None) -> list[str]:
    """Where the problems may have been read from: as the person says, else as the event logs and the settings say."""
    if named is not None:
        return [str(named)]
    told = [e.input for run in reversed(runs) for e in run.events if isinstance(e, events.Started)]
    if likely is not None and likely.exists():
        told.append(str(likely))
    return list(dict.fromkeys(told))


def _texts(rows: Sequence[Row], inputs: Sequence[str], notes: list[str]) -> dict[str, str]:
    """The texts of the problems whose rows carry none, from the first input that is the one these rows were made of."""
    known = {row.id: row.original_text for row in rows if isinstance(row, Parsed)}
    if len(known) == len(rows):
        return {}
    for given in inputs:
        try:
            read = {each.id: each.text for each in Problems(Path(given)).read() if isinstance(each, Problem)}
        except InputError as error:
            notes.append(f"Texts of skipped and failed problems are missing: {printable(error.message)}")
            continue
        both = known.keys() & read.keys()
        if 2 * sum(known[key] == read[key] for key in both) >= len(both):
            return {key: text for key, text in read.items() if key not in known}
        notes.append(f"{printable(given)} holds other texts than these rows were read from, and was left alone.")
    return {}


def _verdicts(folder: Path, rows: Sequence[Row]) -> dict[str, Verdict]:
    """The verdicts of `asyncgeo verify` on the rows as they stand now."""
    found = verdicts.read(folder)
    if not found:
        return {}
    judged = ((row.id, parses.of_parsed(row)) for row in rows if isinstance(row, Parsed))
    known = ((key, verdicts.on_parse(parse, found)) for key, parse in judged)
    return {key: verdict for key, verdict in known if verdict is not None}


def _contradictory(folder: Path, rows: Sequence[Row], verdicts: Mapping[str, Verdict]) -> list[Row]:
    """The rows whose parse contradicts itself. Raises InputError where `asyncgeo verify` never looked."""
    if not verdicts:
        raise InputError(
            f"Of no parse of {printable(str(folder))} is it known whether it contradicts itself.",
            f"First: asyncgeo verify --output-dir {printable(str(folder))}",
        )
    return [row for row in rows if row.id in verdicts and verdicts[row.id].drawable is False]


def _answers(folder: Path) -> dict[str, list[Raw]]:
    """The raw answers that were kept, by id."""
    found: dict[str, list[Raw]] = {}
    for identifier, answers in raw_answers.read(folder):
        found.setdefault(identifier, []).extend(answers)
    return found


def _figures(
    rows: Sequence[Row],
    verdicts: Mapping[str, Verdict],
    most: int,
    notes: list[str],
    progress: Callable[[int, int], None] | None,
    *,
    contradictory: bool,
) -> dict[str, str]:
    """Figures of the parses among the first rows, drawn by every core; those known to contradict are not tried."""
    if not _can_draw():
        return {}
    first = (row for row in islice(rows, most) if isinstance(row, Parsed))
    wanted = [row for row in first if contradictory or row.id not in verdicts or verdicts[row.id].drawable is True]
    if not wanted:
        return {}
    found: dict[str, str] = {}
    with Processes(os.cpu_count() or 1) as processes, _without_broken(notes):
        work = partial(_draw_batch, contradictory=contradictory)
        batches = [wanted[at : at + _BATCH] for at in range(0, len(wanted), _BATCH)]
        futures = [processes.submit(work, batch) for batch in batches]
        drawn = (figure for future in futures for figure in future.result())
        for done, (row, figure) in enumerate(zip(wanted, drawn, strict=True), 1):
            if figure is not None:
                found[row.id] = figure
            if progress is not None:
                progress(done, len(wanted))
    return found


def _draw_batch(rows: list[Parsed], *, contradictory: bool) -> list[str | None]:
    """The unit of work of a process."""
    return [picture(row, tries=_TRIES, patience=_PATIENCE, contradictory=contradictory) for row in rows]


@contextmanager
def _without_broken(notes: list[str]) -> Iterator[None]:
    """A report without some figures is a report: where a process was killed, the rest goes without."""
    try:
        yield
    except BrokenProcessPool:
        notes.append("Some figures are missing: a process that drew them was ended, perhaps for want of memory.")


def _can_draw() -> bool:
    try:
        judge.need_numpy()
    except ConfigError:
        return False
    return True


def _listed(price: Price) -> tuple[float, float, float]:
    return price.input, price.cached_input, price.output


def _cost(row: Row, known: Mapping[str, Tariff]) -> float | None:
    """What the row's answer cost, in USD, where the price of its model is known."""
    if row.meta is None:
        return None
    tariff = known.get(row.meta.model)
    return None if tariff is None else cost(tariff[row.meta.service], row.meta.tokens)


def write(target: Path, pieces: Iterator[str]) -> None:
    """The whole page or none: a report that is being looked at is replaced in one step."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("w", encoding="utf-8", newline="\n") as stream:
            stream.writelines(pieces)
        unfinished.replace(target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}.", "Name another file with --output."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
