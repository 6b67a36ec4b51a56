"""All shards of a folder → one dataset file and its statistics, streaming.

In: a folder of `dataset_*.jsonl`. Out: `geoqa3_dataset.json` and `Stats`. It holds some numbers per id, never the rows.
The same shards give the same bytes, but for `created_at`, in whatever order they were written.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from asyncgeo.errors import ShardError
from asyncgeo.merge.choose import Chosen, choose
from asyncgeo.merge.sources import Sources
from asyncgeo.merge.stats import Fact, Stats, count
from asyncgeo.merge.write import Straighten, write
from asyncgeo.shards import Findings, find

__all__ = ["DATASET", "Stats", "Straighten", "merge"]

DATASET: Final = "geoqa3_dataset.json"
_PROGRESS_STEP: Final = 1 << 23  # bytes, about 20 ms

Progress = Callable[[int, int], None]
"""Bytes done, bytes in all."""


def merge(
    folder: Path,
    output: Path | None = None,
    *,
    progress: Progress | None = None,
    straighten: Straighten | None = None,
    now: datetime | None = None,
) -> Stats:
    """Merge every shard of `folder` into `output` (default: `geoqa3_dataset.json` in it).

    `straighten` is asked for rows of the original script whose conditions do not validate; it gets and returns the
    problem as a dict. Bad lines are left out and listed in the result.
    """
    paths = [path for _, path in find(folder)]
    if not paths:
        raise ShardError(f"{folder} holds no dataset_*.jsonl.", "Name the folder of a run with --output-dir.")
    target, findings = output or folder / DATASET, Findings()
    with Sources(paths) as sources:
        total = 2 * sum(sources.sizes)  # read once to choose, and about as much to write
        advance = _advance(progress, total)
        chosen = choose(sources, findings, advance)
        stats = _stats(target, chosen, len(paths), findings)
        rows = chosen.fetch(chosen.slots(lambda fact: fact.status == "parsed"))
        write(target, _metadata(stats, chosen, now or datetime.now(UTC)), rows, straighten, advance)
    if progress is not None:
        progress(total, total)
    return stats


def _advance(progress: Progress | None, total: int) -> Callable[[int], None]:
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


def _stats(output: Path, chosen: Chosen, shards: int, findings: Findings) -> Stats:
    facts = chosen.counts()
    by_status = {status: sum(n for f, n in facts.items() if f.status == status) for status in ("parsed", "skipped")}
    return Stats(
        output=output,
        shards=shards,
        rows=chosen.rows,
        ids=len(chosen),
        problems=by_status["parsed"],
        skipped=by_status["skipped"],
        errors=sum(n for f, n in facts.items() if f.failed),
        fallbacks=sum(n for f, n in facts.items() if f.failed and f.status == "parsed"),
        duplicates=chosen.duplicates,
        bad_lines=findings.count,
        findings=tuple(findings.kept),
        **count(facts)._asdict(),
    )


def _metadata(stats: Stats, chosen: Chosen, now: datetime) -> dict[str, Any]:
    def identifiers(holds: Callable[[Fact], bool]) -> list[str]:
        return list(chosen.identifiers(chosen.slots(holds)))

    return {
        "created_at": now.astimezone(UTC).isoformat(timespec="seconds"),
        "total_problems": stats.problems,
        "skipped": stats.skipped,
        "errors": stats.errors,
        "skipped_ids": identifiers(lambda fact: fact.status == "skipped"),
        "error_ids": identifiers(lambda fact: fact.failed),
        "fallback_ids": identifiers(lambda fact: fact.failed and fact.status == "parsed"),
        "sources": stats.sources,
        "models": stats.models,
        "categories": stats.categories,
        "difficulties": stats.difficulties,
    }
