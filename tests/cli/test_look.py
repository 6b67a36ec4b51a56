"""`asyncgeo status` on screens of any size: nothing sticks out, what matters stays, sums are right."""

import io
import re
from pathlib import Path

import pytest
from rich.console import Console
from support.journals import AT, started

from asyncgeo.cli.look import render
from asyncgeo.config import Settings
from asyncgeo.schema.records import Tokens
from asyncgeo.store import Holder
from asyncgeo.store.events import Ended, Lost, Progress, Said
from asyncgeo.views.status import Dataset, Gap, Run, RunState, ShardStatus, Status, StatusCounts, Step

LATER = "2026-11-23T12:05:00.000+00:00"
PACE = Progress(
    at=AT,
    elapsed=250.5,
    total=20_000,
    done=12_345,
    parsed=11_000,
    skipped=1_300,
    failed=20,
    stand_ins=25,
    rate=123.4,
    eta=61.0,
    requests=12_999,
    retries=300,
    rate_limited=77,
    input_tokens=10**8,
    output_tokens=10**7,
    cost=123.45,
    projected=234.56,
    in_flight=900,
    slots=1_000,
    requests_used=9_876,
    requests_limit=10_000,
    tokens_used=9.9e6,
    tokens_limit=1e7,
    cool_down=12.0,
    share=0.25,
)


def run(state: RunState, pid: int, **changes: object) -> Run:
    fields: dict[str, object] = {
        "event_log": Path("run_a.jsonl"),
        "state": state,
        "seen": AT,
        "started": started(pid, budget=500.0, command=("asyncgeo", "run", "--base-url", "http://" + "x" * 200)),
        "progress": PACE,
        "ended": None if state in ("running", "killed") else Ended(at=AT, exit_code=3, message="Why.", remedy="Do."),
        "merged": None,
        "errors": (Lost(at=AT, id="7", kind="timeout", message="平" * 200),),
        "said": (Said(at=AT, level="warning", text="limits changed"),),
    }
    return Run(**{**fields, **changes})  # type: ignore[arg-type]


def status(shards: int = 200, runs: tuple[Run, ...] = (), holder: Holder | None = None) -> Status:
    counts = StatusCounts(parsed=90, skipped=9, failed=1, pending=0)
    parts = [
        ShardStatus(f"dataset_{k}_{k + 1}.jsonl", k * 100, k * 100 + 100, 100, 0, counts, None) for k in range(shards)
    ]
    open_one = StatusCounts(parsed=1, failed=3, pending=96)
    parts.append(ShardStatus("dataset_900000_900100.jsonl", 900_000, 900_100, 4, 0, open_one, holder))
    return Status(
        at=LATER,
        folder=Path("out/" + "folder" * 30),
        input=Path("in"),
        size=1_000_000,
        counts=StatusCounts(18_001, 25, 1_800, 178, 300, 96),
        strangers=3,
        shards=tuple(parts),
        gaps=(Gap(900_100, 1_000_000, 99_900),),
        skip_reasons={f"reason_{k}": k for k in range(20)},
        error_kinds={"timeout": 200, "server": 3},
        sources={"model": 19_000, "rules": 801},
        models={"a": 1, "b": 2},
        tokens={"gpt-4.1-mini": {"standard": Tokens(10**9, 10**8, 10**7)}},
        dataset=Dataset(Path("d.json"), exists=False, stale=False),
        runs=runs,
        live=PACE,
        next=(Step("wait", ("asyncgeo", "status", "--watch")), Step("errors", ("asyncgeo", "errors"))),
    )


def lines(shown: Status, width: int, height: int | None = None) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, color_system=None)
    console.print(render(shown, Settings(), width, height), crop=False)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 120])
def test_nothing_sticks_out(width: int) -> None:
    """Long names, big numbers, several runs: every line fits; one that does not is cut."""
    runs = tuple(run(state, 1) for state in ("running", "running", "killed", "stopped", "finished"))
    console = Console(file=io.StringIO(), width=width)
    for line in lines(status(runs=runs), width):
        assert console.measure(line).maximum <= width, line


def test_a_low_screen_sums_up_what_is_complete() -> None:
    """The shard that somebody writes stays; the sum of those left out is theirs."""
    shown = lines(status(200, (run("running", 4711),), Holder("dataset_900000_900100.jsonl", 4711, "", "")), 80, 40)
    assert len(shown) <= 40
    assert any(line.startswith("900,000–900,100") and "4711" in line for line in shown)
    folded = next(line.split() for line in shown if " more " in line)
    count = int(folded[0])
    assert folded[2:] == [f"{90 * count:,}", "0", f"{9 * count:,}", f"{count:,}", "0"]
    ranges = [line for line in shown if re.match(r"[\d,]+–", line)]
    assert len(ranges) == 200 + 1 - count + 1  # and the gap


def test_a_run_that_is_silent_is_said_to_be() -> None:
    """Five minutes without an event are more than any run goes without."""
    assert any("silent for 5m00s, process 1" in line for line in lines(status(1, (run("running", 1),)), 120))
    assert not any("silent" in line for line in lines(status(1, (run("running", 1, seen=LATER),)), 120))


def test_a_holder_without_a_journal_is_shown_with_its_command() -> None:
    """Of an older version, or where its journal could not be written."""
    holder = Holder("dataset_900000_900100.jsonl", 4711, "asyncgeo run -i in", "2026-11-23 12:00:00 UTC")
    assert "● held 4711 for 5m00s: asyncgeo run -i in" in lines(status(1, (), holder), 80)
    assert any(
        "a process" in line for line in lines(status(1, (), Holder("dataset_900000_900100.jsonl", 0, "", "")), 80)
    )


def test_of_several_runs_each_is_named_by_its_positions() -> None:
    """Their commands differ at the end, which is the first thing a narrow screen cuts."""
    runs = (run("running", 1), run("killed", 2, started=started(2, start=9, end=1_800)))
    shown = lines(status(1, runs), 80)
    assert any(line.startswith("✗ killed 9–1,800 5m00s ago, process 2: asyncgeo run") for line in shown)
    assert any(line.startswith("● running 0–9 for ") for line in shown)


def test_how_a_run_ended_is_told_with_what_to_do() -> None:
    """Its message and remedy, as the run itself said them."""
    shown = lines(status(1, (run("stopped", 1),)), 80)
    assert {"  Why.", "  Do."} <= {line.rstrip() for line in shown}
    assert any(line.startswith("■ stopped 5m00s ago") for line in shown)
