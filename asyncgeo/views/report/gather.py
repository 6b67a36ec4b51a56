"""A folder → everything that its report shows.

In: a folder of shards, with the event logs, verdicts and raw answers beside them. Out: a `PageContent`. It prints
nothing. All rows are counted, one after another; those that the table shows are read once more, so that of a row
nothing is kept but some numbers.
"""

import os
from array import array
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from asyncgeo.config import Price
from asyncgeo.errors import InputError, printable
from asyncgeo.llm.prices import Tariff
from asyncgeo.store import events
from asyncgeo.store.verdicts import VerdictIndex
from asyncgeo.views.report import choice
from asyncgeo.views.report.beside import KeptAnswers, missing_texts
from asyncgeo.views.report.census import Census
from asyncgeo.views.report.content import LoggedRun, PageContent
from asyncgeo.views.report.pictures import Pictures
from asyncgeo.views.report.rows import BestRows


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a report shows, and how much of it there is; figures are counted as the page is made."""

    content: PageContent
    rows: int
    pictures: Pictures


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is shown: at most `most` problems in the table, figures of the parses among the first `figures` of them.

    With `only` the parses that are known to contradict, drawn as nearly as can be.
    """

    figures: int
    most: int = choice.MOST
    only: Literal["contradictory"] | None = None


@contextmanager
def gathered(
    folder: Path,
    tariff_of: Callable[[str], Tariff | None],
    named: Path | None,
    likely: Path | None,
    extent: Extent,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Iterator[Gathered]:
    """Read the folder; its files stay open while the page is made, which is when figures are drawn.

    `tariff_of` gives the prices of a model by its name, None where they are not known. `progress` hears of figures
    done. Texts that rows lack are read from the input that was `named`, else from where the runs or the settings say.

    Raises ShardError where there is no shard, InputError where only contradictions are wanted and none was verified.
    """
    is_contradictory = extent.only is not None
    runs = [LoggedRun(path.name, list(events.read(path))) for path in events.event_logs(folder)]
    with closing(BestRows(folder)) as rows, closing(VerdictIndex(folder)) as found:
        if is_contradictory and not found:
            raise _unverified(folder)
        census = Census(found, tariff_of, is_contradictory=is_contradictory)
        census.take(rows)
        chosen = choice.choose(census.kinds, extent.most)
        shown = array("I", map(census.slots.__getitem__, chosen.shown))
        notes = rows.notes()
        texts = missing_texts(rows, census.hashes, shown, _inputs(named, runs, likely), notes)
        answers = KeptAnswers(folder, map(rows.identifier, shown))
        pictures = Pictures(extent.figures, contradictory=is_contradictory)
        entries = (
            replace(census.entry(row), text=texts.get(row.id, ""), raws=answers.of(row.id))
            for _, row in rows.read(shown)
        )
        drawn = min(extent.figures, len(shown))
        content = PageContent(
            folder=printable(str(folder)),
            created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            version=version("asyncgeo"),
            entries=pictures.add_to(entries, lambda done: progress(done, drawn)),
            totals=census.figures.summary(),
            choice=chosen.words,
            runs=runs,
            notes=notes,
            raws_kept=answers.are_any,
            figures_wanted=extent.figures,
            prices={name: _listed(tariff["standard"]) for name, tariff in census.tariffs.items() if tariff is not None},
        )
        yield Gathered(content, len(census.kinds), pictures)


def _unverified(folder: Path) -> InputError:
    return InputError(
        f"Of no parse of {printable(str(folder))} is it known whether it contradicts itself.",
        f"First: asyncgeo verify --output-dir {printable(str(folder))}",
    )


def _inputs(named: Path | None, runs: Sequence[LoggedRun], likely: Path | None) -> list[str]:
    """Where the problems may have been read from: as the person says, else as the event logs and the settings say."""
    if named is not None:
        return [str(named)]
    told = [e.input for run in reversed(runs) for e in run.events if isinstance(e, events.Started)]
    if likely is not None and likely.exists():
        told.append(str(likely))
    return list(dict.fromkeys(told))


def _listed(price: Price) -> tuple[float, float, float]:
    return price.input, price.cached_input, price.output


def write(target: Path, pieces: Iterator[bytes]) -> None:
    """The whole page or none: a report that is being looked at is replaced in one step."""
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with unfinished.open("wb") as stream:
            stream.writelines(pieces)
        unfinished.replace(target)
    except OSError as error:
        raise InputError(
            f"{target} cannot be written: {error.strerror}.", "Name another file with --output."
        ) from error
    finally:
        unfinished.unlink(missing_ok=True)
