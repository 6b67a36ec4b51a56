"""All shards of a folder → dataset files and their statistics, streaming.

In: a folder of `dataset_*.jsonl`. Out: `geoqa3_dataset.json` (or `.jsonl`, `.parquet`; or one file for each part of a
split) and `Stats`. It holds some numbers per id, never the rows. The same shards give the same bytes, but for
`created_at`, in whatever order they were written.
"""

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

from asyncgeo.dataset.metadata import Content, describe, describe_part, statistics
from asyncgeo.dataset.problems import Rewrite, pages
from asyncgeo.dataset.quality import (
    NUMBERS,
    QUALITIES,
    OnlyQuality,
    Quality,
    answer_counts,
    figure_counts,
    review_counts,
)
from asyncgeo.dataset.split import Split, read_split
from asyncgeo.dataset.stats import FigureCounts, Missing, QualityCounts, Stats
from asyncgeo.dataset.write import File, Format, holds_problems, write, writer
from asyncgeo.errors import ShardError
from asyncgeo.store import Findings, Holder, find, holders, lookalikes, need, parse_name, uncovered
from asyncgeo.store.best import Best, best_of
from asyncgeo.store.sources import Sources

__all__ = [
    "DATASET",
    "FigureCounts",
    "Format",
    "MergeOptions",
    "Missing",
    "OnlyQuality",
    "Quality",
    "Rewrite",
    "Split",
    "Stats",
    "best_lines",
    "merge",
    "read_split",
]

DATASET: Final = "geoqa3_dataset.json"
_PROGRESS_STEP: Final = 1 << 23  # bytes, about 20 ms

ProgressCallback = Callable[[int, int], None]
"""Bytes done, bytes in all."""
QualityOf = Callable[[bytes], Quality]
"""What is known of the parse in a shard's line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeOptions:
    """What is written and how.

    `rewrite` is asked for rows whose facts are not in the present form; it gets and returns conditions and objects in
    JSON. With `quality` each problem and the metadata say what verdicts found. `only` "drawable" leaves out parses that
    cannot be drawn, not those that were not verified; "right" all but those that lead to their key. `expected` are the
    ids of the input, so that the statistics say how many have no row. Without `allow_empty` a dataset with problems is
    never replaced by one without any. `flat` writes what is nested as JSON in text, as Parquet always has it.
    """

    format: Format = "json"
    split: Split | None = None
    rewrite: Rewrite | None = None
    quality: QualityOf | None = None
    only: OnlyQuality | None = None
    expected: Sequence[str] | None = None
    allow_empty: bool = False
    flat: bool = False


def merge(
    folder: Path,
    output: Path | None = None,
    options: MergeOptions = MergeOptions(),
    *,
    progress: ProgressCallback | None = None,
    now: datetime | None = None,
) -> Stats:
    """Merge every shard of `folder` into `output` (default: `geoqa3_dataset.<format>` in it).

    Parts of a split go to `<stem>.<part><suffix>` instead. Bad lines are left out and listed in the result. Raises
    ShardError where a shard has bad lines and no row, or no problem is left of a dataset that holds some.
    """
    put = writer(options.format, flat=options.flat)
    paths = [path for _, path in need(folder)]
    target, findings = output or (folder / DATASET).with_suffix(f".{options.format}"), Findings()
    if parse_name(target.name) is not None:
        raise ShardError(f"{target} is the name of a shard, not of a dataset.", "Name another file with --to.")
    held = tuple(holders(folder))  # before anything is read: who ends meanwhile had not written all of it
    with Sources(paths) as sources:
        total = 2 * sum(sources.sizes)  # read once to choose, and about as much to write
        advance = _advance(progress, total)
        content = _check(best_of(paths, findings, lambda shard: advance(sources.sizes[shard])), sources, options)
        parts = _cut(content, target, options.split)
        missing = _missing(folder, content.chosen, options.expected, held)
        stats = statistics(content, target, tuple(part.path for part in parts), len(paths), findings, missing)
        if not stats.problems and not options.allow_empty:
            _refuse_to_empty([part.path for part in parts], stats)
        whole = describe(content, stats, now or datetime.now(UTC), in_form=content.in_form or bool(options.rewrite))
        files = _files(content, sources, parts, whole, target, options)
        write(files, put, advance)
    if progress is not None:
        progress(total, total)
    return stats


def _missing(folder: Path, chosen: Best, expected: Sequence[str] | None, held: tuple[Holder, ...]) -> Missing:
    covered = [bounds for bounds, _ in find(folder)]
    size = max((bounds.end for bounds in covered), default=0) if expected is None else len(expected)
    return Missing(
        pending=None if expected is None else sum(each not in chosen for each in expected),
        gaps=tuple(uncovered(covered, size)),
        held=held,
        lookalikes=tuple(lookalikes(folder)),
    )


def _refuse_to_empty(targets: Sequence[Path], stats: Stats) -> None:
    """Raise ShardError where a dataset with problems would be replaced by one without any."""
    for target in targets:
        if holds_problems(target):
            raise ShardError(
                f"Of {stats.rows:,} rows none is a problem ({stats.skipped:,} skipped, {stats.errors:,} errors, "
                f"{stats.bad_lines:,} lines that are no rows), but {target} holds problems; it was not replaced.",
                "Check the shards of the folder; to replace it all the same: --allow-empty.",
            )


def best_lines(folder: Path, findings: Findings) -> Iterator[bytes]:
    """The line of every id's best row, in numeric order; lines that are no rows go to `findings`."""
    paths = [path for _, path in need(folder)]
    with Sources(paths) as sources:
        chosen = best_of(paths, findings)
        yield from sources.lines(chosen.places(chosen.slots(lambda _: True)))


def _advance(progress: ProgressCallback | None, total: int) -> Callable[[int], None]:
    """Bytes as they are done; `progress` hears of them in steps, a terminal does not want a million."""
    if progress is None:
        return lambda _: None
    done = told = 0

    def advance(size: int) -> None:
        nonlocal done, told
        done += size
        if done - told >= _PROGRESS_STEP:
            told = done
            progress(min(done, total), total)

    return advance


def _check(chosen: Best, sources: Sources, options: MergeOptions) -> Content:
    """Which parses are written, and what is known of each."""
    parsed, none = chosen.slots(lambda fact: fact.status == "parsed"), array("I")
    qualities = bytearray(len(chosen))
    if options.quality is None:
        return Content(chosen, parsed, none, qualities, None)
    for slot, line in zip(parsed, sources.lines(chosen.places(parsed)), strict=True):
        qualities[slot] = NUMBERS[options.quality(line)]
    counts = Counter(qualities[slot] for slot in parsed)
    fits = [quality.fits(options.only) for quality in QUALITIES]
    return Content(
        chosen,
        array("I", (slot for slot in parsed if fits[qualities[slot]])),
        array("I", (slot for slot in parsed if not fits[qualities[slot]])),
        qualities,
        QualityCounts(figure_counts(counts), answer_counts(counts), review_counts(counts)),
    )


class _Part(NamedTuple):
    path: Path
    slots: Sequence[int]
    split: dict[str, Any]  # empty: the whole


def _cut(content: Content, target: Path, split: Split | None) -> list[_Part]:
    if split is None:
        return [_Part(target, content.written, {})]
    slots = [array("I") for _ in split.names]
    for slot in content.written:
        slots[split.part_of(content.chosen.identifier(slot))].append(slot)
    told = [
        {"name": name, "share": share, "seed": split.seed}
        for name, share in zip(split.names, split.shares, strict=True)
    ]
    paths = [target.with_name(f"{target.stem}.{name}{target.suffix}") for name in split.names]
    return list(map(_Part, paths, slots, told))


def _files(
    content: Content, sources: Sources, parts: list[_Part], whole: dict[str, Any], target: Path, options: MergeOptions
) -> list[File]:
    """One file a part; for `jsonl` one more with the metadata of all."""
    separator = b"\n" if options.format == "jsonl" else b",\n"
    rewrite = None if content.in_form else options.rewrite
    files = [
        File(
            part.path,
            describe_part(content, whole, part.slots, part.split) if part.split else whole,
            pages(sources, content.chosen.places(part.slots), separator, rewrite, content.qualities_of(part.slots)),
        )
        for part in parts
    ]
    if options.format == "jsonl":
        told = [part.split | {"file": part.path.name, "total_problems": len(part.slots)} for part in parts]
        beside = whole | ({"splits": told} if options.split else {})
        files.append(File(target.with_name(f"{target.stem}.metadata.json"), beside, None))
    return files
