"""Rows for property tests: every kind of row that can be written, with any text and every type of condition."""

from datetime import UTC

from hypothesis import strategies as st

from asyncgeo.schema import conditions
from asyncgeo.schema.records import (
    SKIP_REASONS,
    Circle,
    Failed,
    Meta,
    Parsed,
    RequiredObjects,
    Row,
    Skipped,
    Source,
    Tokens,
)

SOURCES: tuple[Source, ...] = ("model", "rules", "screen")

points = st.sampled_from(("A", "B", "C", "D", "O", "P1", "B′"))
identifiers = st.integers(0, 10**12).map(str) | st.text(min_size=1, max_size=12)
texts = st.text(max_size=40)
counts = st.integers(0, 10**9)

metas = st.builds(
    Meta,
    at=st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.isoformat()),
    model=st.sampled_from(("", "gpt-4.1-mini", "a/b")),
    prompt=texts,
    tokens=st.builds(Tokens, input=counts, cached=counts, output=counts),
    attempts=st.integers(0, 9),
    latency=st.floats(0, 1e6),
    coverage=st.none() | st.floats(0, 1),
    findings=st.lists(texts, max_size=2).map(tuple),
    drawable=st.none() | st.booleans(),
    answered=texts,
    rechecked=st.booleans(),
)
objects = st.builds(
    RequiredObjects,
    points=st.lists(points, max_size=4),
    segments=st.lists(st.lists(points, min_size=2, max_size=2), max_size=2),
    lines=st.lists(st.lists(points, min_size=1, max_size=2), max_size=2),
    circles=st.lists(st.builds(Circle, center=points, radius_point=st.none() | points), max_size=2),
    polygons=st.lists(st.lists(points, min_size=3, max_size=4), max_size=2),
)
valid_conditions = st.sampled_from([conditions.example(kind) for kind in conditions.TABLE.values()])


def parsed(ids: st.SearchStrategy[str] = identifiers) -> st.SearchStrategy[Parsed]:
    """Parses by the model, by the rules, and by the rules in the model's place."""
    return st.builds(
        Parsed,
        id=ids,
        source=st.sampled_from(SOURCES),
        subject=texts,
        original_text=texts,
        cleaned_text=texts,
        category=st.sampled_from(conditions.CATEGORIES),
        difficulty=st.sampled_from(conditions.DIFFICULTIES),
        required_objects=objects,
        verification_conditions=st.lists(valid_conditions, max_size=4),
        error=st.none() | texts,
        kind=st.none() | st.sampled_from(("timeout", "invalid_answer")),
        meta=st.none() | metas,
    )


def rows(ids: st.SearchStrategy[str] = identifiers) -> st.SearchStrategy[Row]:
    """Rows of every kind."""
    skipped = st.builds(
        Skipped,
        id=ids,
        source=st.sampled_from(SOURCES),
        reason=st.sampled_from(SKIP_REASONS),
        detail=texts,
        meta=st.none() | metas,
    )
    failed = st.builds(Failed, id=ids, error=texts, kind=st.sampled_from(("timeout", "server")), meta=st.none() | metas)
    return parsed(ids) | skipped | failed
