"""A finished folder → `verify_{start}_{end}.jsonl` beside its shards: which parses can be drawn and lead to the key.

In: a folder with shards, and the keys of rows that hold none. Out: verdict files and a `Summary`. Of the rows of one id
the one counts that a merge would choose. Every parse is judged once; a row that has changed since, or whose key has, is
judged again. It asks no model and writes no shard.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

from msgspec.structs import replace

from asyncgeo import store
from asyncgeo.errors import UserError
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.verdict import AnswerState, Verdict, digest, question_digest
from asyncgeo.store import best, parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.processes import Processes
from asyncgeo.store.verdicts import append, name, read_file
from asyncgeo.verify.judge import judge_batch

_BATCH: Final = 32  # parses sent to a process at once: about 0.1 s of work
_AHEAD: Final = 3  # batches per process that are ready before it asks

T = TypeVar("T")
Keys = Mapping[str, tuple[str, AnswerKey]]
"""Text and key by id."""


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

    @property
    def answers(self) -> Counter[AnswerState]:
        """How many there are of each verdict on the answer."""
        return Counter(verdict.answer.state for verdict in self.verdicts if verdict.answer is not None)

    def wrong(self) -> list[Verdict]:
        """Those whose figures all give the same value, and another than the key."""
        return [each for each in self.verdicts if each.answer is not None and each.answer.state == "wrong"]

    def unjudged(self) -> list[Verdict]:
        """Those of which it is not known, since finding out costs too much."""
        return [verdict for verdict in self.verdicts if verdict.drawable is None]


def verify(
    folder: Path,
    *,
    keys: Callable[[], Keys] = dict,
    processes: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Summary:
    """Judge what has no verdict yet, in N processes (default: one a core), and sum up all verdicts.

    `keys` is asked once for the texts and keys of the input where rows hold no key; a key counts for the same text.
    `progress` hears of rows done and rows in all; those that are no parse are done at once.

    Raises ShardError where there is no shard, UserError when a process was killed.
    """
    found = store.need(folder)
    rows = [_count_rows(path) for _, path in found]
    places = best.best_of_folder(folder)
    verdicts: list[Verdict] = []
    judged, joined = 0, _Joined(keys)
    count = processes or os.cpu_count() or 1
    with Processes(count) if count > 1 else nullcontext() as pool:
        for k, (bounds, path) in enumerate(found):
            target = folder / name(*bounds)
            parsed = {
                (parse.id, digest(parse.conditions, parse.objects)): joined.with_key(parse)
                for parse in parses.of_shard(path, k, places)
            }
            known = {
                key: each for key, each in read_file(target).items() if key in parsed and _is_on(each, parsed[key])
            }
            verdicts.extend(known.values())
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


class _Joined:
    """Parses with the keys of the input, which is read when the first of them lacks one."""

    def __init__(self, keys: Callable[[], Keys]) -> None:
        self._find = keys
        self._keys: Keys | None = None

    def with_key(self, parse: Parse) -> Parse:
        """The parse with its key."""
        if parse.key != AnswerKey():
            return parse
        if self._keys is None:
            self._keys = self._find()
        text, key = self._keys.get(parse.id, ("", parse.key))
        return replace(parse, key=key) if text == parse.original else parse


def _is_on(verdict: Verdict, parse: Parse) -> bool:
    """Whether the verdict is on this question and key."""
    return verdict.asks == question_digest(parse.original, parse.key)


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
