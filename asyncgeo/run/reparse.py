"""Raw answers → the rows that the present code makes of them, where they differ from those in the shards.

In: a folder with shards and raw answers. Out: changed rows at the end of their shards, later than what they replace,
and a `Recount`. It sends nothing; a shard that a run holds is an error.

For each problem the answer counts that its row was made of (`meta.at`, or `meta.answered` of a row written later).
Where that is no longer usable, and for a row that no answer was good enough for, it is the latest that is usable now;
an answer whose source counts for less than the row's is passed over. A row that would say the same is not written, so
a second one changes nothing. A problem that has answers and no row (its run was killed before the row was written)
gets the row of the latest usable one; where none is usable it stays pending.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from asyncgeo import store
from asyncgeo.errors import InputError, ShardError
from asyncgeo.run import grounding
from asyncgeo.run.extract import verdict_row
from asyncgeo.schema import records
from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.checks import Checked
from asyncgeo.schema.records import RULES_MODEL, Failed, Meta, Parsed, Problem, Row, Skipped, timestamp
from asyncgeo.store import Bounds, best, raw_answers
from asyncgeo.store.appender import Shard
from asyncgeo.store.best import Place
from asyncgeo.store.facts import MODEL, RULES, fact_of
from asyncgeo.store.raw_answers import Raw
from asyncgeo.verify import selfcheck

EXAMPLES: Final = 10
_BATCH: Final = 256  # rows written at once


@dataclass(frozen=True, slots=True)
class Change:
    """A problem whose row the present code makes otherwise; `after` is None where no answer is usable any more."""

    before: Row | None
    after: Parsed | Skipped | None


@dataclass(slots=True)
class Recount:
    """How many problems with raw answers came to what, and the first changes in full."""

    unchanged: int = 0
    changed: int = 0
    new: int = 0  # no answer was usable, or there was no row; one is now
    without: int = 0  # no row, and no answer to make one of: the problem stays pending
    invalid: list[str] = field(default_factory=list)  # one was usable, none is now; the old row stays
    examples: list[Change] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Problems with raw answers."""
        return self.unchanged + self.changed + self.new + self.without + len(self.invalid)

    def count(self, found: Change | None, *, has_row: bool = True) -> Parsed | Skipped | None:
        """Count one problem; the row to be written, if any."""
        if found is None:
            self.unchanged += has_row
            self.without += not has_row
            return None
        if len(self.examples) < EXAMPLES:
            self.examples.append(found)
        if found.after is None:
            assert found.before is not None  # noqa: S101  there was an answer that made it
            self.invalid.append(found.before.id)
        elif (
            found.before is None
            or isinstance(found.before, Failed)
            or (isinstance(found.before, Parsed) and found.before.stands_in)
        ):
            self.new += 1
        else:
            self.changed += 1
        return found.after


async def reparse(folder: Path, now: datetime | None = None) -> Recount:
    """Make every row anew for which there are answers, and write those that differ.

    Raises InputError where there are no answers, ShardError for a shard that is held, cannot be read or written.
    """
    files = raw_answers.find(folder)
    if not files:
        raise InputError(
            f"{folder} holds no raw answers (dataset_*.raw.jsonl.gz).",
            "Only a run with --keep-raw keeps them; name its folder with --output-dir.",
        )
    recount, at = Recount(), timestamp(now or datetime.now(UTC))
    sizes = {path: path.stat().st_size for _, path in store.find(folder)}
    places, paths = best.best_of_folder(folder), list(sizes)
    for bounds, file in files:
        answers = raw_answers.read_file(file)
        changed = [
            row
            for identifier, given in answers.items()
            if (row := _count(recount, given, places.place(identifier), paths, at)) is not None
        ]
        if changed:
            await _append(folder, bounds, changed, sizes)
    return recount


def _count(
    recount: Recount, answers: Sequence[Raw], place: Place | None, paths: Sequence[Path], at: str
) -> Parsed | Skipped | None:
    return recount.count(compare(answers, _row(place, paths), at), has_row=place is not None)


def compare(answers: Sequence[Raw], current: Row | None, at: str) -> Change | None:
    """What the present code makes of the answers, if it is not what the row says already."""
    usable = list(_candidates(answers, current))
    for raw in usable:
        checked = grounding.read(raw.content, raw.text)
        if isinstance(checked, Checked):
            after = _made(raw, checked, current, at)
            return None if current is not None and _says_the_same(current, after) else _change(current, after)
    had_one = current is not None and any(raw.at == _answered(current) for raw in usable)
    return Change(current, None) if had_one else None


def _change(current: Row | None, after: Parsed | Skipped) -> Change | None:
    """What would be written; a parse of the rules is drawn first, as before its row was written."""
    if not isinstance(after, Parsed) or after.source != "rules":
        return Change(current, after)
    row = selfcheck.check(after)
    assert not isinstance(row, Failed)  # noqa: S101  it stands in for nobody
    return None if current is not None and _says_the_same(current, row) else Change(current, row)


def _candidates(answers: Sequence[Raw], current: Row | None) -> Iterable[Raw]:
    """The answers that may replace the row, best first: by a better source, its own, others like it."""
    latest_first = answers[::-1]
    if current is None:
        return latest_first
    level = [raw for raw in latest_first if _rank(raw) == fact_of(current).rank]
    own = [raw for raw in level if raw.at == _answered(current)]
    others = [raw for raw in level if raw not in own and (own or raw.at > _answered(current))]
    return [*(raw for raw in latest_first if _rank(raw) > fact_of(current).rank), *own, *others]


def _made(raw: Raw, checked: Checked, current: Row | None, at: str) -> Parsed | Skipped:
    """The row of the answer; what the problem has cost is known from its row."""
    known = current.meta if current is not None and current.meta is not None else Meta(at="")
    meta = Meta(
        at=at,
        model=raw.model,
        prompt=raw.prompt,
        tokens=known.tokens,
        service=known.service,
        attempts=known.attempts,
        latency=known.latency,
        coverage=checked.extraction.coverage,
        findings=checked.findings,
        answered=raw.at,
        rechecked=True,
    )
    kept = AnswerKey() if current is None or isinstance(current, Failed) else current.key
    problem = Problem(raw.id, raw.text, key=raw.key if kept == AnswerKey() else kept)
    row = records.decode(records.encode(verdict_row(problem, checked, meta)))
    assert not isinstance(row, Failed)  # noqa: S101  it is the verdict just encoded
    return row


def _rank(raw: Raw) -> int:
    return RULES if raw.model == RULES_MODEL else MODEL


def _answered(row: Row) -> str:
    return "" if row.meta is None else row.meta.answered or row.meta.at


def _says_the_same(one: Row, other: Row) -> bool:
    return msgspec.structs.replace(one, meta=None) == msgspec.structs.replace(other, meta=None)


def _row(place: Place | None, paths: Sequence[Path]) -> Row | None:
    """The row that stands there; what the original script wrote was made of no answer of ours."""
    if place is None or place.original:
        return None
    with paths[place.shard].open("rb") as stream:
        stream.seek(place.offset)
        return records.decode(stream.readline())


async def _append(folder: Path, bounds: Bounds, rows: Sequence[Row], sizes: dict[Path, int]) -> None:
    """Write the rows; nothing may have been written to the shard since it was read."""
    async with await Shard.open(folder, bounds) as shard:
        if shard.path.stat().st_size > sizes.get(shard.path, 0) + 1:  # opening it may add the newline of a whole row
            raise ShardError(f"{shard.path} was written to meanwhile.", "Start the same command again.")
        for batch in _batches(rows):
            await shard.append(b"".join(map(records.encode, batch)))


def _batches(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    return (rows[at : at + _BATCH] for at in range(0, len(rows), _BATCH))
