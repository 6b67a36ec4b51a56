"""A folder of shards and event logs, looked at as often as wanted → frozen `Status`.

In: the folder, and where its problems may have come from. Out: what is done, by whom, and what is left. It writes
nothing, locks nothing for itself, asks no endpoint, and words nothing.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from asyncgeo import store as shards
from asyncgeo.dataset import DATASET
from asyncgeo.errors import InputError
from asyncgeo.schema.records import RULES_MODEL, Service, Tokens
from asyncgeo.store import Holder, RunSource
from asyncgeo.store.best import RowKind
from asyncgeo.store.events import Progress
from asyncgeo.store.facts import Fact
from asyncgeo.views.status.batches import BatchBook, BatchStatus
from asyncgeo.views.status.inputs import Inputs
from asyncgeo.views.status.origin import told_inputs
from asyncgeo.views.status.quality import NOT_VERIFIED, VerdictBook, Verified
from asyncgeo.views.status.rows import FolderIndex, ShardIndex, StatusCounts, count
from asyncgeo.views.status.runs import Books, Run, latest, total
from asyncgeo.views.status.steps import Step, steps


@dataclass(frozen=True, slots=True)
class ShardStatus:
    """One shard: what its file holds, what its positions still lack, and who writes it."""

    name: str
    start: int
    end: int
    rows: int
    bad_lines: int
    counts: StatusCounts
    holder: Holder | None
    encoding: str | None = None  # where it is not UTF-8, and therefore no line of it is a row


@dataclass(frozen=True, slots=True)
class Gap:
    """Positions [start, end) of the input that no shard covers yet."""

    start: int
    end: int
    pending: int


@dataclass(frozen=True, slots=True)
class Dataset:
    """The merged dataset, where there is one; `stale` when a shard was written after it."""

    path: Path
    exists: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Status:
    """A folder at one moment.

    Every id counts once in `counts` and in the mappings, by its best row; `strangers` are ids with a row that the input
    does not hold. `tokens` are those of all rows, by model and service. `runs` are the latest, and `live` sums those of
    them that go on. `size` is how many problems the input holds, None where it is not known. `lookalikes` are files
    that are named like shards and are not read.
    `batches` hold problems, `in_batch` of which have no row. `unexpressed` parses hold words that no condition can say.
    `verified` is what `asyncgeo verify` found, and `run --review`.
    """

    at: str
    folder: Path
    input: Path | None
    size: int | None
    counts: StatusCounts
    strangers: int
    shards: tuple[ShardStatus, ...]
    gaps: tuple[Gap, ...]
    skip_reasons: dict[str, int]
    error_kinds: dict[str, int]
    sources: dict[str, int]
    models: dict[str, int]
    tokens: dict[str, dict[Service, Tokens]]
    dataset: Dataset
    runs: tuple[Run, ...]
    live: Progress | None
    next: tuple[Step, ...]
    lookalikes: tuple[Path, ...] = ()
    unexpressed: int = 0
    batches: tuple[BatchStatus, ...] = ()
    in_batch: int = 0
    verified: Verified = NOT_VERIFIED


class Watcher:
    """Looks at one folder again and again; what has not changed is not read again.

    `named` is the input that the person named and must be there, `likely` the one of the settings. Raises ShardError
    when the folder cannot be read, InputError when the named input cannot.
    """

    def __init__(
        self,
        folder: Path,
        *,
        named: Path | None = None,
        likely: Path | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._folder: Final = folder
        self._named = named
        self._likely = likely
        self._clock = clock
        self._index = FolderIndex(folder)
        self._books = Books(folder)
        self._batches = BatchBook(folder)
        self._verdicts = VerdictBook(folder)
        self._inputs = Inputs()
        self._counted: _Counted | None = None

    def look(self) -> Status:
        """1. who holds what, 2. what the runs said, 3. what the shards hold, 4. what follows from it."""
        now = self._clock()
        holders = shards.holders(self._folder)
        self._books.read()
        self._batches.read()
        self._verdicts.read()
        runs = self._books.runs(holders, now)
        changed = self._index.read()
        changed |= self._find_input(runs)
        source = _source(runs, self._index)
        if changed or self._counted is None or self._counted.source != source:
            self._counted = _Counted(self._index, self._inputs, source)
        return self._status(self._counted, runs, holders, now)

    def _find_input(self, runs: list[Run]) -> bool:
        if self._named is not None:
            changed = self._inputs.find((self._named,))
            if self._inputs.path is None:
                raise InputError(
                    f"There are no problems at {self._named}.", "Name the input of the run with --input-dir."
                )
            return changed
        return self._inputs.find(told_inputs(runs, self._batches.input() or self._likely))

    def _status(self, counted: "_Counted", runs: list[Run], holders: list[Holder], now: datetime) -> Status:
        by_shard = {holder.shard: holder for holder in holders}
        current = latest(runs)
        dataset = _dataset(self._folder, [shard.path for shard in self._index])
        facts, batches = counted.facts, self._batches.open()
        in_batch = sum(identifier not in self._index.best for identifier in self._batches.held())
        return Status(
            at=now.isoformat(timespec="milliseconds"),
            folder=self._folder,
            input=self._inputs.path,
            size=len(self._inputs.identifiers) if self._inputs.path is not None else None,
            counts=counted.whole,
            strangers=counted.strangers,
            shards=tuple(
                ShardStatus(
                    name=shard.path.name,
                    start=shard.bounds.start,
                    end=shard.bounds.end,
                    rows=len(shard.survey),
                    bad_lines=shard.survey.findings.count,
                    counts=counts,
                    holder=by_shard.get(shard.path.name),
                    encoding=shard.encoding(),
                )
                for shard, counts in counted.shards
            ),
            gaps=counted.gaps,
            skip_reasons=_words((fact.word, n) for fact, n in facts.items() if fact.status == "skipped"),
            error_kinds=_words((fact.word, n) for fact, n in facts.items() if fact.failed),
            sources=_words((fact.source, n) for fact, n in facts.items()),
            models=_words((fact.model, n) for fact, n in facts.items()),
            tokens=counted.tokens,
            dataset=dataset,
            runs=tuple(current),
            live=total(run for run in current if run.state == "running"),
            next=steps(
                self._folder,
                self._inputs.path,
                _without(counted.whole, in_batch),
                current,
                held=bool(holders),
                is_merged=dataset.exists and not dataset.stale,
                collect=self._batches.command() if batches else None,
            ),
            lookalikes=tuple(shards.lookalikes(self._folder)),
            unexpressed=sum(n for fact, n in facts.items() if fact.unexpressed),
            batches=batches,
            in_batch=in_batch,
            verified=self._verdicts.verified(),
        )


class _Counted:
    """What is counted of the shards as they were read last; kept while none of them changes."""

    def __init__(self, index: FolderIndex, inputs: Inputs, source: RunSource) -> None:
        best, known = index.best, inputs.path is not None
        identifiers = inputs.identifiers
        lacking = [identifier not in best for identifier in identifiers]
        self.source = source
        kinds = best.kinds()
        self.whole = count(kinds, source, sum(lacking) if known else None)
        self.strangers = len(best) + sum(lacking) - len(identifiers) if known else 0
        self.facts = _by_fact(kinds)
        self.shards: list[tuple[ShardIndex, StatusCounts]] = [
            (shard, count(held, source, sum(lacking[slice(*shard.bounds)]) if known else None))
            for shard, held in zip(index, best.kinds_by_shard([shard.survey for shard in index]), strict=True)
        ]
        spans = shards.uncovered([shard.bounds for shard in index], len(identifiers))
        self.gaps = tuple(Gap(*span, sum(lacking[slice(*span)])) for span in spans)
        self.tokens: dict[str, dict[Service, Tokens]] = {}
        for shard in index:
            for (model, service), tokens in shard.survey.tokens().items():
                used = self.tokens.setdefault(model, {})
                used[service] = used.get(service, Tokens()) + tokens


def _without(counts: StatusCounts, in_batch: int) -> StatusCounts:
    """The counts without what is in a batch, which need not be asked for."""
    return counts if counts.pending is None else replace(counts, pending=max(0, counts.pending - in_batch))


def _by_fact(kinds: Mapping[RowKind, int]) -> Counter[Fact]:
    found: Counter[Fact] = Counter()
    for (fact, _), n in kinds.items():
        found[fact] += n
    return found


def _source(runs: list[Run], index: FolderIndex) -> RunSource:
    """Whose verdicts the next run makes: those of the last run's kind, or of the kind that is there."""
    if runs:
        return "rules" if runs[-1].started.offline or runs[-1].started.model == RULES_MODEL else "model"
    return "model" if any(fact.source == "model" for fact in index.best.counts()) else "rules"


def _dataset(folder: Path, paths: Iterable[Path]) -> Dataset:
    path = folder / DATASET
    newest = 0
    for each in paths:
        with suppress(OSError):
            newest = max(newest, each.stat().st_mtime_ns)
    try:
        return Dataset(path, exists=True, stale=path.stat().st_mtime_ns < newest)
    except OSError:
        return Dataset(path, exists=False, stale=False)


def _words(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Counts by word, the largest first; what has no word is left out."""
    found: Counter[str] = Counter()
    for word, n in pairs:
        if word:
            found[word] += n
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))
