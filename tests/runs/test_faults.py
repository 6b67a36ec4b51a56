"""The fault matrix: each way an endpoint fails, played on a real socket against a whole run."""

import os
import threading
from collections import Counter
from pathlib import Path

import pytest
from support import live
from support.live import asking, asyncgeo, finish, kill_when, rows_of, serving, start, write_problems

from asyncgeo.schema.records import Failed, Parsed, Row, defect
from asyncgeo.simulator import Endpoint, Options, first
from asyncgeo.simulator.faults import BILLING_CODES, FAULTS, OF_FLEX

QUICK = """
[api]
timeout = 2.0
[retry]
base_delay = 0.02
max_delay = 0.2
max_attempts = 8
give_up_after = 3.0
"""

STOPPING = ("401", "402", "403", "404", "echo_key", *BILLING_CODES)
PASSING = (
    "408", "409", "429", "429_bare", "429_slow_down", "500", "500_echo_key", "502", "503", "504", "reset", "cut",
    "slow", "html", "empty_object", "broken_json", "empty_body", "null_choices", "no_choices",
)  # fmt: skip
REASKED = (
    "content_filter", "refusal", "filtered", "length", "whitespace", "null_content", "misfit", "plain",
)  # fmt: skip
HOPELESS = ("too_long",)
HARMLESS = ("fenced", "prose", OF_FLEX)  # the last only meets what asks for the flex tier: tests/llm/test_flex.py
STEPS = ("no_json_schema", "no_json_object")


def prepare(tmp_path: Path, count: int) -> tuple[object, ...]:
    """Problems and a config that retries quickly; the arguments that read them."""
    write_problems(tmp_path / "in", range(count))
    (tmp_path / "config.toml").write_text(QUICK, encoding="utf-8")
    return ("-i", "in")


def ask(endpoint: Endpoint, flags: tuple[object, ...], tmp_path: Path) -> tuple[int, str, list[Row]]:
    code, output = asyncgeo(*asking(endpoint, *flags), cwd=tmp_path)
    assert "Traceback" not in output
    return code, output, rows_of(tmp_path / "ground_truth")


def is_right(row: Row) -> bool:
    """What the reader answers, unmarked and valid."""
    return not isinstance(row, Failed) and getattr(row, "error", None) is None and defect(row) is None


def test_the_matrix_is_whole() -> None:
    """A fault the endpoint can play is a row of one of the tests below."""
    assert {*STOPPING, *PASSING, *REASKED, *HOPELESS, *HARMLESS, *STEPS} == FAULTS.keys()


@pytest.mark.parametrize("fault", STOPPING)
def test_no_request_can_succeed(tmp_path: Path, fault: str) -> None:
    """Stops at once: exit 3, nothing made up, those answered before are kept, few requests after the first refusal."""
    flags = prepare(tmp_path, 60)
    with serving(script=lambda asked: fault if asked.ordinal > 20 else None) as endpoint:
        code, output, rows = ask(endpoint, (*flags, "--concurrency", 8), tmp_path)
        assert code == 3, output
        probe = fault == "insufficient_quota"  # others were answered just now: once more, after a pause
        assert endpoint.stats.requests <= 20 + 8 + probe
        assert len(rows) == sum(endpoint.stats.answered.values()) == 20
    assert all(map(is_right, rows))
    assert "Go on with" in output


@pytest.mark.parametrize("fault", PASSING)
def test_what_passes_is_tried_again(tmp_path: Path, fault: str) -> None:
    """Every third problem fails once or twice, each ends with its right row."""
    flags = prepare(tmp_path, 12)
    hit = {live.text_of(number) for number in range(0, 12, 3)}
    attempts = 1 if fault in {"slow", "429"} else 2  # these take seconds each
    with serving(script=first(fault, attempts, hit.__contains__)) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests >= 12 + attempts * len(hit)
    assert len({row.id for row in rows}) == len(rows) == 12
    assert all(map(is_right, rows))


@pytest.mark.parametrize("fault", REASKED)
def test_a_refused_problem_is_asked_once_more(tmp_path: Path, fault: str) -> None:
    """Mended by the re-ask: right. Refused again: a rules row, marked; no other problem is touched."""
    flags = prepare(tmp_path, 6)
    mended, hopeless = live.text_of(1), live.text_of(4)

    def script(asked: object) -> str | None:
        problem, attempt = getattr(asked, "problem", ""), getattr(asked, "attempt", 0)
        return fault if problem == hopeless or (problem == mended and attempt == 1) else None

    with serving(script=script) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 4, output
        assert endpoint.stats.problems[mended] == endpoint.stats.problems[hopeless] == 2
        assert endpoint.stats.requests == 8
    marked = {row.id: row for row in rows if not is_right(row)}
    assert marked.keys() == {"4"}
    stand_in = marked["4"]
    assert isinstance(stand_in, Parsed)
    assert stand_in.source == "rules"
    assert stand_in.kind


@pytest.mark.parametrize("fault", HOPELESS)
def test_what_asking_again_cannot_fix_is_asked_once(tmp_path: Path, fault: str) -> None:
    """A request that does not fit fits less with a correction in it: one request, and a marked rules row."""
    flags = prepare(tmp_path, 6)
    with serving(script=lambda asked: fault if asked.problem == live.text_of(4) else None) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 4, output
        assert endpoint.stats.requests == 6
    assert [row.id for row in rows if not is_right(row)] == ["4"]


@pytest.mark.parametrize("fault", HARMLESS)
def test_a_server_that_ignores_the_format_is_understood(tmp_path: Path, fault: str) -> None:
    """Fenced or surrounded JSON is found; nobody is asked twice."""
    flags = prepare(tmp_path, 6)
    with serving(script=lambda _: fault) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 0, output
        assert endpoint.stats.requests == 6
    assert all(map(is_right, rows))


@pytest.mark.parametrize(("knows", "form"), [(("json_object",), "json_object"), ((), "text")])
def test_the_response_format_steps_down_once(tmp_path: Path, knows: tuple[str, ...], form: str) -> None:
    """A server that knows less is asked for less, for the whole run; no problem is lost to it."""
    flags = prepare(tmp_path, 30)
    with serving(Options(knows=knows)) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 0, output
        assert endpoint.stats.formats[form] == 30
        assert endpoint.stats.requests <= 30 * 3
    assert len(rows) == 30
    assert all(map(is_right, rows))
    log = next((tmp_path / "ground_truth" / "logs").glob("run_*.log")).read_text(encoding="utf-8")
    assert "json_schema" in log


def test_an_endpoint_that_is_down_ends_the_run(tmp_path: Path) -> None:
    """Nobody listens: exit 3 after give_up_after, not one row filled in, the same command goes on later."""
    flags = prepare(tmp_path, 40)
    with serving() as endpoint:
        url = endpoint.base_url
    code, output = asyncgeo("run", "--base-url", url, "--model", "asyncgeo-rules", *flags, cwd=tmp_path)
    assert code == 3, output
    assert rows_of(tmp_path / "ground_truth") == []
    with serving() as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == 0, output
    assert len(rows) == 40


def test_an_endpoint_that_comes_back_costs_no_row(tmp_path: Path) -> None:
    """Down for a while in mid-run: one probe at a time, then on; every row is the right one."""
    flags = prepare(tmp_path, 120)
    down = threading.Event()
    with serving(Options(latency=0.02), script=lambda _: "reset" if down.is_set() else None) as endpoint:
        run = start(*asking(endpoint, *flags, "--concurrency", 8), cwd=tmp_path)
        kill_when(run, lambda: endpoint.stats.requests >= 40, 0)
        down.set()
        before = endpoint.stats.requests
        kill_when(run, lambda: endpoint.stats.statuses[0] >= 5, 0)
        threading.Timer(1.0, down.clear).start()
        code, output = finish(run)
        assert code == 0, output
        assert endpoint.stats.statuses[0] < 80
        assert before < 120
    rows = rows_of(tmp_path / "ground_truth")
    assert len(rows) == 120
    assert all(map(is_right, rows))


def test_a_mix_of_everything_ends_with_right_rows(tmp_path: Path) -> None:
    """Three of ten requests fail in some way; after one more plain run every problem has its right row."""
    total = int(os.environ.get("PROBLEMS", "200"))  # not a setting of asyncgeo: how long this test may take
    flags = prepare(tmp_path, total)
    names = [name for name in PASSING if name not in {"429", "slow"}]
    mix = dict.fromkeys(names, 0.27 / len(names)) | {"429": 0.01, "slow": 0.002, "misfit": 0.01, "length": 0.008}
    with serving(Options(faults=mix, seed=1)) as endpoint:
        code, output, rows = ask(endpoint, flags, tmp_path)
        assert code == (0 if all(map(is_right, rows)) else 4), output
        assert sum(endpoint.stats.faults.values()) > 0.2 * total
    assert Counter(row.id for row in rows) == Counter({str(number): 1 for number in range(total)})
    marked = [row.id for row in rows if not is_right(row)]  # refused, and the re-ask refused too
    assert len(marked) <= 1 + total // 500
    assert all(isinstance(row, Parsed) and row.kind for row in rows if row.id in marked)
    with serving() as endpoint:
        assert ask(endpoint, flags, tmp_path)[0] == 0
        assert endpoint.stats.requests == len(marked)
    dataset = live.dataset_of(tmp_path / "ground_truth")
    assert len(dataset["problems"]) == total
    assert dataset["metadata"]["error_ids"] == []


def test_a_budget_is_not_overspent(tmp_path: Path) -> None:
    """Exit 3 before more is spent than was allowed; what was paid for is kept."""
    flags = prepare(tmp_path, 100)
    prices = '\n[prices."asyncgeo-rules"]\ninput = 1.0\ncached_input = 1.0\noutput = 2.0\n'
    (tmp_path / "config.toml").write_text(QUICK + prices, encoding="utf-8")
    budget = 0.15
    with serving(Options(latency=0.01)) as endpoint:
        code, output, rows = ask(endpoint, (*flags, "--budget", budget), tmp_path)
        assert code == 3, output
        stats = endpoint.stats
        spent = (stats.prompt_tokens * 1.0 + stats.completion_tokens * 2.0) / 1e6
        assert 0.8 * budget < spent <= budget
        assert len(rows) == sum(stats.answered.values())
    assert "budget" in output.lower()
