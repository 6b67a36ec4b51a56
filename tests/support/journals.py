"""Journals and shards for tests of what looks at them."""

from collections.abc import Iterable
from pathlib import Path

from asyncgeo.schema.records import (
    RULES_MODEL,
    Failed,
    Meta,
    Parsed,
    RequiredObjects,
    Row,
    Skipped,
    Source,
    Tokens,
    encode,
)
from asyncgeo.store.events import Event, EventLog, Started

AT = "2026-11-23T12:00:00.000+00:00"


def started(pid: int, at: str = AT, **changes: object) -> Started:
    """The first event of a run over [0, 9) of `in`."""
    told: dict[str, object] = {
        "version": "0.1.0",
        "command": ("asyncgeo", "run", "-i", "in"),
        "model": "gpt-4.1-mini",
        "base_url": "http://127.0.0.1:1/v1",
        "offline": False,
        "input": "in",
        "output": "out",
        "start": 0,
        "end": 9,
        "total": 9,
    }
    return Started(at=at, pid=pid, **{**told, **changes})  # type: ignore[arg-type]


def write_journal(folder: Path, name: str, events: Iterable[Event]) -> Path:
    """The journal of a run in the folder."""
    (folder / "logs").mkdir(parents=True, exist_ok=True)
    with EventLog(folder / "logs" / f"run_{name}.jsonl") as book:
        for event in events:
            book.append(event)
    return book.path


def write_shard(folder: Path, start: int, end: int, rows: Iterable[Row]) -> Path:
    """A shard with these rows, after those it holds."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"dataset_{start}_{end}.jsonl"
    with path.open("ab") as stream:
        stream.writelines(map(encode, rows))
    return path


def meta(at: str = AT, tokens: Tokens = Tokens(), attempts: int = 1) -> Meta:  # noqa: B008  it is frozen
    return Meta(at=at, model="gpt-4.1-mini", prompt="abc", tokens=tokens, attempts=attempts, latency=1.5)


def parsed(
    identifier: int,
    source: Source = "model",
    *,
    kind: str | None = None,
    at: str = AT,
    tokens: Tokens = Tokens(),  # noqa: B008
) -> Parsed:
    """A parse; with a kind one by the rules in the model's place."""
    return Parsed(
        id=str(identifier),
        source="rules" if kind else source,
        subject="△ABC",
        original_text="如图,△ABC",
        cleaned_text="△ABC",
        category="Basic Constructions",
        difficulty=1,
        required_objects=RequiredObjects(points=["A", "B", "C"], polygons=[["A", "B", "C"]]),
        verification_conditions=[{"type": "triangle_valid", "points": ["A", "B", "C"]}],
        error=f"{kind} it was" if kind else None,
        kind=kind,
        meta=meta(at, tokens, attempts=6 if kind else 1),
    )


def skipped(identifier: int, reason: str = "undefined_points") -> Skipped:
    return Skipped(id=str(identifier), source="model", reason=reason, meta=meta())


def failed(identifier: int, kind: str = "timeout") -> Failed:
    return Failed(id=str(identifier), error="no answer", kind=kind, attempts=6, meta=meta())


__all__ = ["AT", "RULES_MODEL", "failed", "meta", "parsed", "skipped", "started", "write_journal", "write_shard"]
