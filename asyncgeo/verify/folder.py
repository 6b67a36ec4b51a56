"""A finished folder → `verify_{start}_{end}.jsonl` beside its shards: which parses can be drawn, and what contradicts.

In: a folder with shards. Out: verdict files and a `Summary`. Of the rows of one id the one counts that a merge would
choose. Every parse is judged once; a row that has changed since is judged again. It asks no model and writes no shard.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from asyncgeo import store
from asyncgeo.errors import UserError
from asyncgeo.schema.verdict import Verdict, digest
from asyncgeo.store import best, parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.processes import Processes
from asyncgeo.store.verdicts import append, name, read_file
from asyncgeo.verify.judge import judge_batch, need_numpy

_BATCH: Final = 32  # parses sent to a process at once: about 0.1 s of work
_AHEAD: Final = 3  # batches per process that are ready before it asks

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Summary:
    """The verdicts on the parses that the folder's shards hold now; `judged` of them are new."""

    verdicts: tuple[Verdict, ...]
    judged: int

    @property
    def drawable(self) -> int:
        """How many can be drawn."""
        return sum(verdict.drawable is True for verdict in self.verdicts)

    def contradictory(self) -> list[Verdict]:
        """Those that cannot."""
        return [verdict for verdict in self.verdicts if verdict.drawable is False]

    def unjudged(self) -> list[Verdict]:
        """Those of which it is not known, since finding out costs too much."""
        return [verdict for verdict in self.verdicts if verdict.drawable is None]


def verify(
    folder: Path, *, processes: int | None = None, progress: Callable[[int, int], None] | None = None
) -> Summary:
    """Judge what has no verdict yet, in N processes (default: one a core), and sum up all verdicts.

    `progress` hears of rows done and rows in all; those that are no parse are done at once.

    Raises ConfigError without numpy, ShardError where there is no shard, UserError when a process was killed.
    """
    need_numpy()
    found = store.need(folder)
    rows = [_count_rows(path) for _, path in found]
    places = best.best_of_folder(folder)
    verdicts: list[Verdict] = []
    judged = 0
    count = processes or os.cpu_count() or 1
    with Processes(count) if count > 1 else nullcontext() as pool:
        for k, (bounds, path) in enumerate(found):
            target = folder / name(*bounds)
            parsed = {
                (parse.id, digest(parse.conditions, parse.objects)): parse for parse in parses.of_shard(path, k, places)
            }
            known = read_file(target)
            verdicts.extend(known[key] for key in parsed if key in known)
            pending = [parse for key, parse in parsed.items() if key not in known]
            done = sum(rows[: k + 1]) - len(pending)
            for batch in _judge_all(pending, pool, count):
                append(target, batch)
                verdicts.extend(batch)
                judged += len(batch)
                done += len(batch)
                if progress is not None:
                    progress(done, sum(rows))
    return Summary(tuple(verdicts), judged)


def _count_rows(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in stream)


def _judge_all(pending: Sequence[Parse], pool: Processes | None, count: int) -> Iterator[list[Verdict]]:
    """Batches of verdicts in order of completion. Raises UserError when a process was killed."""
    batches = (list(pending[at : at + _BATCH]) for at in range(0, len(pending), _BATCH))
    if pool is None:
        yield from map(judge_batch, batches)
        return
    running: set[Future[list[Verdict]]] = set()
    while True:
        for batch in islice(batches, count * _AHEAD - len(running)):
            running.add(pool.submit(judge_batch, batch))
        if not running:
            return
        done, running = wait(running, return_when=FIRST_COMPLETED)
        for future in done:
            yield result_of(future)


def result_of(future: Future[list[T]]) -> list[T]:
    """What a process made of a batch. Raises UserError when it was killed."""
    try:
        return future.result()
    except BrokenProcessPool:
        raise UserError(
            "A process that drew figures was killed, for its memory perhaps; what was judged so far is written.",
            "Start the same command again: it goes on where it stopped. With --processes 1 it needs least memory.",
        ) from None
