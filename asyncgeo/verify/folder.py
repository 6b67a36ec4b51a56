"""A finished folder → `verify_{start}_{end}.jsonl` beside its shards: which parses can be drawn, and what contradicts.

In: a folder with shards. Out: verdict files and a `Summary`. Of the rows of one id the one counts that a merge would
choose. Every parse is judged once; a row that has changed since is judged again. It asks no model and writes no shard.

One verdict is one JSON object on one line:
    {"id":"17","of":"0b6e1f0a93c45d21","drawable":true,"state":"flexible","residual":1.3e-14,"freedom":2,"surplus":0,
     "rounded":false,"conflict":[],"by_objects":false,"ms":2.9,"why":""}
`of` is the digest of what was judged, so that verdicts on older rows do not count. `conflict` holds indices into the
row's conditions (straightened, for rows of the original script); `by_objects` says that the objects to be drawn take
part in it. `freedom` is null where there is no figure. A parse that costs too much to draw (see `figure.effort`) has
the state "not judged", `drawable` null, and `why` names the reason. Lines are appended, a batch by one write; a torn
last line is closed by a newline and passed over, so two verifications of one folder do double work and no harm.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from asyncgeo import store
from asyncgeo.errors import ConfigError, UserError
from asyncgeo.schema.conditions import Condition
from asyncgeo.schema.records import RequiredObjects
from asyncgeo.store import best, parses
from asyncgeo.store.parses import Parse
from asyncgeo.store.processes import Processes

_VERSION: Final = "2"
"""Enters the digest; raised when a change of judgement makes older verdicts void."""
_BATCH: Final = 32  # parses sent to a process at once: about 0.1 s of work
_AHEAD: Final = 3  # batches per process that are ready before it asks

Progress = Callable[[int, int], None]
T = TypeVar("T")
"""Called with rows done and rows in all; those that are no parse are done at once."""


class Verdict(msgspec.Struct, frozen=True):
    """What was found about one parse."""

    id: str
    of: str
    drawable: bool | None
    state: str
    residual: float
    freedom: int | None
    surplus: int = 0
    rounded: bool = False
    conflict: tuple[int, ...] = ()
    by_objects: bool = False
    ms: float = 0.0
    why: str = ""


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


def verify(folder: Path, *, workers: int | None = None, progress: Progress | None = None) -> Summary:
    """Judge what has no verdict yet, with so many processes (default: every core), and sum up all verdicts.

    Raises ConfigError without numpy, ShardError where there is no shard, UserError when a process was killed.
    """
    need_numpy()
    found = store.need(folder)
    rows = [_count_rows(path) for _, path in found]
    places = best.survey(folder)
    verdicts: list[Verdict] = []
    judged = 0
    count = workers or os.cpu_count() or 1
    with Processes(count) if count > 1 else nullcontext() as processes:
        for k, (bounds, path) in enumerate(found):
            target = folder / name(*bounds)
            parsed = {
                (parse.id, digest(parse.conditions, parse.objects)): parse for parse in parses.of_shard(path, k, places)
            }
            known = _read(target)
            verdicts.extend(known[key] for key in parsed if key in known)
            pending = [parse for key, parse in parsed.items() if key not in known]
            done = sum(rows[: k + 1]) - len(pending)
            for batch in _judge_all(pending, processes, count):
                append(target, batch)
                verdicts.extend(batch)
                judged += len(batch)
                done += len(batch)
                if progress is not None:
                    progress(done, sum(rows))
    return Summary(tuple(verdicts), judged)


def judge(parse: Parse) -> Verdict:
    """Draw the parse; where that fails, find what contradicts. Both within one deadline."""
    from asyncgeo.figure import Conflict, Deadline, draw, find_conflict  # noqa: PLC0415  numpy is needed only here

    began, deadline = time.perf_counter(), Deadline()
    figure = draw(parse.conditions, parse.objects, deadline=deadline)
    conflict = Conflict((), objects=False)
    if not figure.drawable and not figure.unjudged:
        conflict = find_conflict(parse.conditions, parse.objects, residuals=figure.residuals, deadline=deadline)
    return Verdict(
        id=parse.id,
        of=digest(parse.conditions, parse.objects),
        drawable=None if figure.unjudged else figure.drawable,
        state=figure.state,
        residual=float(f"{figure.residual:.3g}"),
        freedom=figure.freedom,
        surplus=figure.surplus,
        rounded=figure.rounded,
        conflict=conflict.conditions,
        by_objects=conflict.objects,
        ms=round(1000 * (time.perf_counter() - began), 1),
        why=figure.unjudged,
    )


def read(folder: Path) -> dict[tuple[str, str], Verdict]:
    """Every verdict beside the shards of the folder, by id and digest."""
    return {key: verdict for bounds, _ in store.find(folder) for key, verdict in _read(folder / name(*bounds)).items()}


def verdict_on(row: object, verdicts: Mapping[tuple[str, str], Verdict]) -> Verdict | None:
    """The verdict on a decoded row as it stands now, or None where it has none."""
    parse = parses.of_row(row)
    return None if parse is None else verdicts.get((parse.id, digest(parse.conditions, parse.objects)))


def name(start: int, end: int) -> str:
    """The file with the verdicts on the shard of positions [start, end)."""
    return f"verify_{start}_{end}.jsonl"


def digest(conditions: Sequence[Condition], objects: RequiredObjects) -> str:
    """What was judged, in 16 characters."""
    return blake2b(msgspec.json.encode((_VERSION, conditions, objects)), digest_size=8).hexdigest()


def correction(verdict: Verdict, conditions: Sequence[Condition]) -> str:
    """What is wrong with the parse, in words a model can act on."""
    listed = "\n".join(msgspec.json.encode(conditions[k]).decode() for k in verdict.conflict)
    if not listed:
        return "No figure has the required_objects: a polygon is flat or crosses itself, or a circle has no radius."
    also = " in a figure with the required_objects (check the order of corners of polygons)"
    return f"No figure satisfies these conditions together{also if verdict.by_objects else ''}:\n{listed}"


def need_numpy() -> None:
    """Raises ConfigError where figures cannot be drawn."""
    try:
        import numpy as np  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigError("Figures need numpy, which is not installed.", "pip install 'asyncgeo[figure]'") from error


def _count_rows(path: Path) -> int:
    with path.open("rb") as stream:
        return sum(1 for _ in stream)


def _read(path: Path) -> dict[tuple[str, str], Verdict]:
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return {}
    found: dict[tuple[str, str], Verdict] = {}
    for line in lines:
        try:
            verdict = _decode(line)
        except ValueError:  # a line that a killed verification left torn
            continue
        found[verdict.id, verdict.of] = verdict
    return found


_decode: Final = msgspec.json.Decoder(Verdict).decode


def append(path: Path, verdicts: Sequence[Verdict]) -> None:
    """Add the verdicts to the file, by one write. Raises OSError, and ShardError for a link in its place."""
    content = b"".join(msgspec.json.encode(verdict) + b"\n" for verdict in verdicts)
    descriptor = store.open_own(path, os.O_RDWR | os.O_APPEND | os.O_CREAT)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":
            content = b"\n" + content
        os.write(descriptor, content)
    finally:
        os.close(descriptor)


def judge_batch(batch: list[Parse]) -> list[Verdict]:
    """`judge` for each; the unit of work of a process."""
    return [judge(parse) for parse in batch]


def _judge_all(pending: Sequence[Parse], processes: Processes | None, workers: int) -> Iterator[list[Verdict]]:
    """Batches of verdicts in order of completion. Raises UserError when a process was killed."""
    batches = (list(pending[at : at + _BATCH]) for at in range(0, len(pending), _BATCH))
    if processes is None:
        yield from map(judge_batch, batches)
        return
    running: set[Future[list[Verdict]]] = set()
    while True:
        for batch in islice(batches, workers * _AHEAD - len(running)):
            running.add(processes.submit(judge_batch, batch))
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
            "Start the same command again: it goes on where it stopped. With --workers 1 it needs least memory.",
        ) from None
