"""Folders and pages for the tests of the report: every kind of row, a run with its limits, texts that mean harm."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncgeo import store
from asyncgeo.schema.records import Failed, Meta, Parsed, RequiredObjects, Row, Skipped, Source, Tokens, encode
from asyncgeo.store import events as journal
from asyncgeo.store.events import Ended, Event, EventLog, Lost, Merged, Progress, Said, Started
from asyncgeo.views.report import LoggedRun, PageContent, PageEntry, render
from asyncgeo.views.report.figures import Figures

HOSTILE = (
    "</script><script>window.harmed=1</script><!--<img src=x onerror=harmed=1>'\"&\u2028\u2029\u0000\u202e@@DATA@@"
)
"""What no page may take for its own: ends of elements, handlers, holes of templates, characters that hide."""
BEGIN = datetime(2026, 11, 23, 12, tzinfo=UTC)
RIGHT = {"type": "angle_value", "points": [["A", "C", "B"]], "value": 90}
LEG = {"type": "distance_equals", "segment": ["C", "B"], "value": 90}
HYPOTENUSE = {"type": "distance_equals", "segment": ["A", "B"], "value": 3}


def at(seconds: float) -> str:
    return (BEGIN + timedelta(seconds=seconds)).isoformat(timespec="milliseconds")


def meta(number: int = 0, **changes: Any) -> Meta:
    tokens = Tokens(input=1200 + number % 90, cached=1100, output=200 + number % 50)
    given: dict[str, Any] = {
        "model": "gpt-4.1-mini",
        "prompt": "9f2c",
        "tokens": tokens,
        "attempts": 1,
        "latency": 0.5 + number % 7,
    }
    return Meta(at=at(number), **{**given, **changes})


def parsed(
    identifier: str, *conditions: dict[str, Any], text: str = "", source: Source = "model", **more: Any
) -> Parsed:
    number = int(identifier) if identifier.isdigit() else 0
    text = text or f"如图,△ABC 第{identifier}题"
    given: dict[str, Any] = {
        "category": "Basic Constructions",
        "difficulty": 1 + number % 5,
        "meta": meta(number),
    } | more
    return Parsed(
        id=identifier,
        source=source,
        subject=text,
        original_text=given.pop("original_text", text + ",则"),
        cleaned_text=text,
        required_objects=given.pop("required_objects", RequiredObjects(points=["A", "B", "C"], segments=[["A", "B"]])),
        verification_conditions=list(conditions or (RIGHT,)),
        **given,
    )


def rows(many: int = 60) -> list[Row]:
    """Of every kind; most are parses of the model."""
    made: list[Row] = [parsed(str(number)) for number in range(many)]
    made[3] = Skipped(id="3", source="screen", reason="pure_calculation", detail="nothing to draw")
    made[4] = Failed(id="4", error="took too long", kind="timeout", attempts=6, meta=meta(4))
    made[5] = parsed("5", source="rules", error="no answer", kind="server")
    made[6] = parsed(
        "6", RIGHT, LEG, HYPOTENUSE, category="Angle Relationships", meta=meta(6, findings=("C was added",))
    )
    made[7] = parsed("7", source="rules", meta=meta(7, model="asyncgeo-rules"))
    return made


def events(points: int = 50) -> list[Event]:
    """A run that met its limits: progress each second, refusals and a pause in the middle."""
    middle = points // 2
    started = Started(
        at=at(0),
        version="0.1.0",
        pid=1,
        command=("asyncgeo", "run", "-i", "in"),
        model="gpt-4.1-mini",
        base_url="https://user:secret@example.org/v1",
        offline=False,
        input="in",
        output="out",
        start=0,
        end=points,
        total=points,
    )
    progress = [
        Progress(
            at=at(second),
            elapsed=second,
            total=points,
            done=second,
            parsed=second,
            rate=1.0,
            requests=second + 2,
            retries=2 * (second > middle),
            rate_limited=3 * (second > middle),
            cost=0.01 * second,
            in_flight=8,
            slots=10,
            requests_used=50.0,
            requests_limit=60.0,
            tokens_used=7000.0,
            tokens_limit=None,
            cool_down=2.0 * (second == middle),
        )
        for second in range(points)
    ]
    return [
        started,
        *progress,
        Said(at=at(middle), level="warning", text="the endpoint said 429"),
        Lost(at=at(middle), id="4", kind="timeout", message="took too long"),
        Ended(at=at(points), exit_code=0, bound={"requests": 0.75, "concurrency": 0.25}),
        Merged(at=at(points), output="out/geoqa3_dataset.json", problems=points, skipped=1, errors=1, fallbacks=1),
    ]


def write_folder(folder: Path, made: Sequence[Row] | None = None, *, journals: int = 1) -> Path:
    """A folder as a run leaves it."""
    made = rows() if made is None else made
    folder.mkdir(parents=True, exist_ok=True)
    folder.joinpath(store.name(0, len(made))).write_bytes(b"".join(map(encode, made)))
    folder.joinpath(journal.FOLDER).mkdir(exist_ok=True)
    for number in range(journals):
        with EventLog(folder / journal.FOLDER / f"run_20261123T12000{number}_1.jsonl") as book:
            for event in events():
                book.append(event)
    return folder


def entries(made: Sequence[Row]) -> Iterator[PageEntry]:
    return (
        PageEntry(row, cost=0.001, text="" if isinstance(row, Parsed) else "the text of a skipped problem")
        for row in made
    )


def page(made: Sequence[Row], runs: Sequence[LoggedRun] = (), **more: Any) -> str:
    return b"".join(render(content(made, runs, **more))).decode()


def content(made: Sequence[Row], runs: Sequence[LoggedRun] = (), **more: Any) -> PageContent:
    given: dict[str, Any] = {"entries": entries(made), "folder": "out", "created_at": at(0), "version": "0.1.0"} | more
    shown = list(given.pop("entries"))
    return PageContent(**{"runs": runs, "entries": shown, "totals": totals(shown), **given})


def totals(shown: Iterable[PageEntry]) -> dict[str, Any]:
    figures = Figures()
    for entry in shown:
        figures.add(entry)
    return figures.summary()
