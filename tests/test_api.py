"""asyncgeo from Python: the same rows, datasets and errors as the commands."""

import asyncio
import doctest
import io
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support import live
from support.cases import for_each
from support.live import rows_of, serving, write_problems
from support.nodes import WITHOUT_RAY

import asyncgeo
from asyncgeo.errors import ConfigError, InputError, Stopped, UserError
from asyncgeo.schema.records import RULES_MODEL, Parsed, Skipped
from asyncgeo.simulator import Endpoint, Options
from asyncgeo.store import events as journal
from asyncgeo.store.events import Ended, Event, Merged, Progress, Started

TEXT = "如图,在△PQR中,PQ=PR,∠QPR=50°,则∠PQR等于()"


@pytest.fixture
def problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twenty problems in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    return write_problems(tmp_path / "in", range(20))


def test_a_run_writes_rows_and_the_dataset(problems: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """As `asyncgeo run`, silently; the result says what stands where."""
    out = problems.parent / "out"
    done = asyncgeo.run(problems, out, offline=True)
    assert (done.folder, done.seen.parsed, done.merged and done.merged.problems) == (out, 20, 20)
    assert len(rows_of(out)) == 20
    assert json.loads((out / "geoqa3_dataset.json").read_text(encoding="utf-8"))["metadata"]["total_problems"] == 20
    again = asyncgeo.run(problems, out, offline=True)
    assert (again.seen.total, again.seen.done, again.seen.errors) == (0, 0, 0)
    assert capfd.readouterr() == ("", "")


def test_events_come_as_they_happen(problems: Path, simulator: Endpoint) -> None:
    """What stands in the journal, in its order."""
    events: list[Event] = []
    asyncgeo.run(problems, "out", base_url=simulator.base_url, model=RULES_MODEL, on_event=events.append)
    assert [type(event) for event in events if not isinstance(event, Progress)] == [Started, Ended, Merged]
    assert [list(journal.read(path)) for path in journal.event_logs(Path("out"))] == [events]


def test_a_run_that_is_stopped_raises_what_stopped_it(problems: Path) -> None:
    """The rows made are on disk, the message says how to go on, and the key stands nowhere."""
    live.soon(Path())
    with serving(Options(quota=5)) as endpoint, pytest.raises(Stopped) as stopped:
        asyncgeo.run(problems, "out", base_url=endpoint.base_url, model="m", api_key=live.KEY)
    assert "Go on with: the same call" in stopped.value.remedy
    assert len(rows_of(Path("out"))) == 5
    assert not [path for path in Path("out").rglob("*") if path.is_file() and live.KEY in path.read_text("utf-8")]


def test_arguments_are_checked_as_flags_are(problems: Path) -> None:
    """The error names the argument, not the flag; nothing is written."""
    with pytest.raises(ConfigError, match=r"^rpm: limits"):
        asyncgeo.run(problems, "out", offline=True, rpm=-1)
    with pytest.raises(InputError, match="which input_dir names"):
        asyncgeo.run(problems / "missing", "out", offline=True)
    assert not Path("out").exists()


@for_each(
    ("argument", "value"),
    [
        ("redo", "some"),
        ("redo", None),
        ("limit", 0),
        ("limit", 2.5),
        ("limit", "5"),
        ("limit", True),
        ("start", -1),
        ("end", "9"),
        ("budget", -0.01),
        ("budget", float("nan")),
        ("budget", "5"),
        ("concurrency", 0),
        ("concurrency", 1.5),
        ("rpm", 0),
        ("tpm", "many"),
        ("processes", 0),
        ("ray", 5),
        ("verify", "perhaps"),
        ("api_key", "two words"),
        ("api_key", 5),
        ("on_event", "print"),
    ],
)
def test_what_no_flag_takes_no_argument_takes(problems: Path, argument: str, value: object) -> None:
    """An error that names the argument and what it takes, before anything is read, asked or written."""
    with pytest.raises(ConfigError) as refused:
        asyncgeo.run(problems, "out", **{"offline": True, argument: value})  # type: ignore[arg-type]
    assert argument in refused.value.message
    assert refused.value.remedy
    assert not Path("out").exists()


def test_a_whole_number_is_a_number_and_what_a_call_cannot_be_given_is_refused(problems: Path) -> None:
    """A float where a flag takes one; a format or a text that is none."""
    whole = asyncgeo.run(problems, "out", offline=True, rpm=600.0, limit=1, merge=False)
    assert whole.seen.parsed == 1
    with pytest.raises(ConfigError, match="format = 'xml'"):
        asyncgeo.merge("out", format="xml")  # type: ignore[arg-type]
    with pytest.raises(InputError):
        asyncgeo.parse(5)  # type: ignore[arg-type]


@pytest.mark.ray
@WITHOUT_RAY
def test_a_run_may_have_processes_raw_answers_and_verdicts(problems: Path, simulator: Endpoint) -> None:
    """As the flags of the command."""
    url = simulator.base_url
    done = asyncgeo.run(problems, "out", base_url=url, model=RULES_MODEL, processes=2, verify=True, keep_raw=True)
    assert done.seen.done == 20
    assert {path.name for path in Path("out").glob("*.jsonl*")} >= {
        "dataset_0_20.jsonl",
        "dataset_0_20.raw.jsonl.gz",
        "verify_0_20.jsonl",
    }


async def test_in_a_loop_the_other_function_is_named(problems: Path) -> None:
    """A notebook's loop cannot be blocked: the message says what to write instead, and that works."""
    for call, name in ((lambda: asyncgeo.run(problems), "run"), (lambda: asyncgeo.parse(TEXT), "parse")):
        with pytest.raises(UserError) as refused:
            call()
        assert refused.value.remedy == f"Use: await asyncgeo.{name}_async(…)"
    done = await asyncgeo.run_async(problems, "out", offline=True)
    assert done.seen.done == 20


def test_a_cancelled_run_keeps_its_rows(problems: Path) -> None:
    """`task.cancel()` ends it; what was finished is on disk, the rest is asked next time."""

    async def cancelled() -> None:
        task = asyncio.current_task()
        assert task is not None

        def on_event(event: Event) -> None:
            if isinstance(event, Progress) and event.done >= 5:
                task.cancel()

        await asyncgeo.run_async(
            problems, "out", base_url=endpoint.base_url, model=RULES_MODEL, rpm=900, on_event=on_event
        )

    with serving(Options(latency=0.05, rpm=900)) as endpoint:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(cancelled())
        kept = len(rows_of(Path("out")))
        assert 5 <= kept < 20
        before = endpoint.stats.requests
        asyncgeo.run(problems, "out", base_url=endpoint.base_url, model=RULES_MODEL)
        assert endpoint.stats.requests - before == 20 - kept


def test_dataset_is_the_command(problems: Path) -> None:
    """To any file; its statistics are the value."""
    asyncgeo.run(problems, "out", offline=True, merge=False)
    assert not Path("out/geoqa3_dataset.json").exists()
    stats = asyncgeo.merge("out", "elsewhere.json")
    assert stats.problems == 20
    assert len(json.loads(Path("elsewhere.json").read_text(encoding="utf-8"))["problems"]) == 20
    asyncgeo.merge("out", "lines.jsonl", split="train=0.5,test=0.5")
    lines = [Path(f"lines.{part}.jsonl").read_text(encoding="utf-8").splitlines() for part in ("train", "test")]
    assert sum(map(len, lines)) == 20
    with pytest.raises(ConfigError, match="split"):
        asyncgeo.merge("out", split="train")


def without_meta(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "meta"}


@pytest.mark.parametrize("text", [TEXT, "如图,∠1=40°,则∠2等于()", "小明有3个苹果"])
def test_parse_is_the_command(tmp_path: Path, text: str) -> None:
    """The same row, with or without an endpoint between: parsed, screened out, refused."""
    row = asyncgeo.parse(text)
    assert isinstance(row, Parsed | Skipped)
    _, output = live.asyncgeo("parse", text, cwd=tmp_path)
    printed = json.loads(output.partition("\n")[2])
    assert without_meta(printed) == without_meta(json.loads(msgspec.json.encode(row)))
    with pytest.raises(InputError):
        asyncgeo.parse(" ")


def test_the_package_is_light_until_it_is_used() -> None:
    """`import asyncgeo` loads neither the SDK, numpy nor the terminal's libraries; names that are none are errors."""
    code = "import asyncgeo, sys; print(sorted({'openai', 'aiohttp', 'numpy', 'rich', 'typer'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout == "[]\n"
    with pytest.raises(AttributeError, match="absent"):
        asyncgeo.absent  # noqa: B018


def test_examples_of_docstrings_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which a person would try them: ask, look, check, hand on."""
    monkeypatch.chdir(tmp_path)
    write_problems(tmp_path / "problems", range(2))
    shown = {"asyncgeo": asyncgeo}
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(verbose=False)
    for name in ("plan", "run_async", "status", "verify", "report", "compare", "merge", "export", "parse_async"):
        (example,) = finder.find(getattr(asyncgeo, name), name, globs=shown)
        assert example.examples, name
        said = io.StringIO()
        assert runner.run(example, out=said.write).failed == 0, said.getvalue()


def test_what_was_done_is_told_at_a_glance(problems: Path) -> None:
    """Counts, how it ended and the next step, as text and for a notebook."""
    done = asyncgeo.run(problems, "out", offline=True)
    assert repr(done) == (
        "Done('out', exit_code=0: parsed 20 · stood in 0 · skipped 0 · failed 0; dataset 20 problems; "
        "next asyncgeo.report('out'))"
    )
    assert "<td>parsed 20 · stood in 0 · skipped 0 · failed 0</td>" in done._repr_html_()
    assert repr(asyncgeo.run(problems, "out", offline=True)).startswith("Done('out', exit_code=0: nothing was pending;")


def test_the_package_says_what_it_has() -> None:
    """`dir` and completion show the public names, each with a docstring; the version is the installed one's."""
    assert set(asyncgeo.__all__) <= set(dir(asyncgeo))
    assert asyncgeo.__version__ == version("asyncgeo")
    assert all(getattr(asyncgeo, name).__doc__ for name in asyncgeo.__all__)
