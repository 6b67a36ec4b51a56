"""Whole runs against OpenAI-compatible servers that are not ours."""

import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.live import KEY, asyncgeo, dataset_of, rows_of, write_problems

from asyncgeo.llm import prompts
from asyncgeo.llm.formats import ResponseFormat
from asyncgeo.schema.records import Failed, Parsed, Row, Skipped, defect

pytestmark = pytest.mark.servers

ASKED = int(os.environ.get("PROBLEMS", "100"))  # not a setting of asyncgeo: how long these tests may take

ANSWER = {
    "verdict": "parsed",
    "reason": None,
    "detail": "",
    "cleaned_text": "在△ABC中,AB=AC",
    "category": "Triangle Properties & Constructions",
    "difficulty": 1,
    "required_objects": {
        "points": ["A", "B", "C"],
        "segments": [["A", "B"], ["A", "C"]],
        "lines": [],
        "circles": [],
        "polygons": [["A", "B", "C"]],
    },
    "verification_conditions": [{"type": "segment_equality", "segments": [["A", "B"], ["A", "C"]]}],
}


def run_all(folder: Path, base_url: str, number: int, **settings: str) -> tuple[int, str, list[Row]]:
    """A run over `number` problems with these sections of config.toml: its exit code, output and rows."""
    write_problems(folder / "in", range(number))
    config = "".join(f"[{section}]\n{members}\n" for section, members in settings.items())
    (folder / "config.toml").write_text(config, encoding="utf-8")
    flags = ("run", "-i", "in", "--base-url", base_url, "--model", "tiny")
    code, output = asyncgeo(*flags, cwd=folder, OPENAI_API_KEY=KEY)
    assert "asking for" not in output, "the run stepped down from the schema"
    return code, output, rows_of(folder / "ground_truth")


def ask_all(folder: Path, base_url: str, number: int, **settings: str) -> tuple[str, list[Row]]:
    """A run that finishes: its output, and its rows, none lost or bad."""
    code, output, rows = run_all(folder, base_url, number, **settings)
    assert code == (4 if marked(rows) else 0), output
    assert Counter(row.id for row in rows) == Counter(map(str, range(number)))
    assert [(row.id, flaw) for row in rows if (flaw := defect(row)) is not None] == []
    assert len(dataset_of(folder / "ground_truth")["metadata"]["error_ids"]) == len(marked(rows))
    return output, rows


def marked(rows: list[Row]) -> list[Parsed | Failed]:
    """The rows that say why the model has no verdict on them."""
    return [row for row in rows if not isinstance(row, Skipped) and row.error is not None]


def report(name: str, rows: list[Row], requests: int | None = None) -> None:
    """Shown by `pytest -rP`."""
    kinds = Counter(row.kind for row in marked(rows))
    sources = Counter(f"{type(row).__name__}/{getattr(row, 'source', '')}" for row in rows)
    sys.stdout.write(f"{name}: {dict(sources)}, marked {dict(kinds)}, requests {requests}\n")


# llama.cpp


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of llama.cpp's server with a model of a few kilobytes that writes by chance."""
    pytest.importorskip("gguf", reason="gguf is not installed: pip install -e '.[servers]'")
    xllamacpp: Any = pytest.importorskip("xllamacpp", reason="xllamacpp is not installed: pip install -e '.[servers]'")
    from support.tiny_model import write_model  # noqa: PLC0415  imports gguf

    path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    params = xllamacpp.CommonParams()
    params.model.path = str(write_model(path, prompts.instructions(ResponseFormat.JSON_SCHEMA)))
    params.port = 0
    params.n_parallel = 4
    params.n_ctx = 4 * 8192
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.ui = False
    server = xllamacpp.Server(params)
    yield f"{server.listening_address}/v1"
    del server


def test_llama_cpp_under_the_strict_schema(llama: str, tmp_path: Path) -> None:
    """A model that writes by chance, held by the schema: every row is valid against the table, or marked."""
    _, rows = ask_all(
        tmp_path,
        llama,
        ASKED,
        api="max_completion_tokens = 256",
        limits="max_concurrency = 4",
        retry="base_delay = 0.05",
    )
    report("llama.cpp", rows, sum(row.meta.attempts for row in rows if row.meta))
    by_model = [row for row in rows if not isinstance(row, Failed) and row.source == "model"]
    assert len(by_model) + len(marked(rows)) == ASKED
    assert by_model, "without a schema chance writes no JSON"  # mostly refusals: chance spells few conditions
    assert all(row.kind and row.error for row in marked(rows))


# llmock


@contextmanager
def mocking(**rates: float) -> Iterator[Any]:
    """A running llmock, failing at these rates (`e500=0.1`)."""
    testing: Any = pytest.importorskip("llmock.testing", reason="llmock is not installed: pip install llmock")
    chaos: Any = pytest.importorskip("llmock.chaos")
    settings = chaos.ChaosSettings(error_rates={int(name[1:]): rate for name, rate in rates.items()})
    with testing.LLMockServer(chaos=settings) as server:
        yield server


def answer_always(server: Any, content: str) -> None:
    """Let every answer be `content`."""
    from llmock.scenarios import Reply  # noqa: PLC0415  is there where `mocking` has not skipped

    server.state.scenarios.add(Reply(text=content, times=None))


def verdict(server: Any) -> Any:
    from llmock.verdict import judge  # noqa: PLC0415  is there where `mocking` has not skipped

    found = judge(server.state.journal.records(wait=2))
    sys.stdout.write(found.render())
    return found


def use_up(server: Any, rpm: int, tpm: int) -> None:
    """Set the limits, and let others with the same key have taken all there was."""
    from llmock.ratelimit import LimitSettings  # noqa: PLC0415  is there where `mocking` has not skipped

    server.state.limiter.configure(LimitSettings(rpm=rpm, tpm=tpm))
    for _ in range(rpm):
        server.state.limiter.admit("openai", f"Bearer {KEY}", tpm // rpm)


@pytest.mark.parametrize(("rpm", "tpm"), [(1800, 10**9), (10**5, 10**7)], ids=["requests", "tokens"])
def test_llmock_says_that_limits_are_kept(rpm: int, tpm: int, tmp_path: Path) -> None:
    """A third party's token buckets, found empty and not configured here: it finds no fault, and nothing is lost."""
    with mocking() as server:
        use_up(server, rpm, tpm)
        answer_always(server, json.dumps(ANSWER))
        _, rows = ask_all(tmp_path, server.base_url("openai"), 2 * ASKED)
        found = verdict(server)
    report("llmock", rows, found.attempts)
    found.assert_ok()
    assert found.faults < 0.1 * ASKED, "it had to refuse too often"
    assert marked(rows) == []


def test_llmock_with_an_error_rate(tmp_path: Path) -> None:
    """Three requests in ten fail: every row comes out right all the same, and llmock finds no fault."""
    with mocking(e429=0.02, e500=0.14, e503=0.14) as server:
        answer_always(server, json.dumps(ANSWER))
        retry = "max_attempts = 12\nbase_delay = 0.1"
        _, rows = ask_all(tmp_path, server.base_url("openai"), ASKED, retry=retry)
        found = verdict(server)
    report("llmock", rows, found.attempts)
    assert found.faults > ASKED / 10
    found.assert_ok()
    assert marked(rows) == []
    assert {row.cleaned_text for row in rows if isinstance(row, Parsed)} == {ANSWER["cleaned_text"]}


def test_llmock_fills_the_schema_with_words_that_name_nothing(tmp_path: Path) -> None:
    """Valid by the schema, useless to us: each is asked once more, then the run ends, and nothing is made up."""
    with mocking() as server:
        code, output, rows = run_all(tmp_path, server.base_url("openai"), ASKED)
        found = verdict(server)
    report("llmock", rows, found.attempts)
    assert (code, rows) == (3, [])
    assert "Nothing usable comes" in output
    failed = re.search(r"the last (\d+) problems all failed \(invalid_answer \1\)", output)
    assert failed is not None, output
    questions = sum(attempt.method == "POST" for call in found.calls for attempt in call.attempts)
    assert questions == 2 * int(failed[1]) < 2 * ASKED
