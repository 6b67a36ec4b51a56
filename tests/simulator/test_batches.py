import asyncio
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from asyncgeo import config
from asyncgeo.llm.batch import BatchApi, GoneError, RemoteBatch
from asyncgeo.llm.formats import Form
from asyncgeo.llm.prompts import Prompt
from asyncgeo.schema.records import Problem
from asyncgeo.simulator import Endpoint, Options

PROMPT = Prompt("m", 1500)
NUMBER = 60


def requests(path: Path, start: int = 0, number: int = NUMBER) -> Path:
    """An input file."""
    texts = {str(k): f"如图,AB={k + 1}" for k in range(start, start + number)}
    lines = (
        b'{"custom_id":"%s","method":"POST","url":"/v1/chat/completions","body":%s}\n'
        % (k.encode(), PROMPT.render(Problem(k, text), Form()))
        for k, text in texts.items()
    )
    path.write_bytes(b"".join(lines))
    return path


async def play(options: Options, path: Path, *, cancel: bool = False) -> tuple[RemoteBatch, list[Any], list[Any]]:
    """A batch of a file to its end: output and errors."""
    async with (
        Endpoint(options) as endpoint,
        BatchApi(config.Api(base_url=endpoint.base_url), "", config.Retry()) as api,
    ):
        file = await api.upload(path, "n", again=False)
        batch = await api.create(file, {}, again=False)
        while batch.state not in ("completed", "failed", "expired", "cancelled"):
            batch = await api.look(batch.id)
            if cancel and batch.done:
                await api.cancel(batch.id)
        return batch, await lines(api, batch.output_file), await lines(api, batch.error_file)


async def lines(api: BatchApi, file: str | None) -> list[Any]:
    into = io.BytesIO()
    if file is not None:
        await api.download(file, into)
    return [json.loads(line) for line in into.getvalue().splitlines()]


def played(tmp_path: Path, *, cancel: bool = False, **options: Any) -> tuple[RemoteBatch, list[Any], list[Any]]:
    """The same with these options, at once."""
    wanted = Options(**{"batch_seconds": 0.0, **options})
    return asyncio.run(play(wanted, requests(tmp_path / "in"), cancel=cancel))


def test_every_line_is_answered_in_another_order(tmp_path: Path) -> None:
    """As the rules answer, and as often as it was asked."""
    batch, output, errors = played(tmp_path)
    identifiers = [each["custom_id"] for each in output]
    assert (batch.state, batch.done, batch.total) == ("completed", NUMBER, NUMBER)
    assert sorted(identifiers, key=int) == [str(k) for k in range(NUMBER)]
    assert identifiers != sorted(identifiers, key=int)
    assert not errors
    assert {each["response"]["status_code"] for each in output} == {200}


def test_what_expires_half_way_keeps_its_answers(tmp_path: Path) -> None:
    """The rest is in the error file, each line with the provider's own code."""
    batch, output, errors = played(tmp_path, faults={"batch_expired": 1.0})
    assert batch.state == "expired"
    assert len(output) == len(errors) == NUMBER // 2
    assert {each["error"]["code"] for each in errors} == {"batch_expired"}
    assert {each["custom_id"] for each in output + errors} == {str(k) for k in range(NUMBER)}


def test_what_is_cancelled_keeps_its_answers(tmp_path: Path) -> None:
    """Nothing is answered after it."""
    batch, output, errors = played(tmp_path, cancel=True, batch_seconds=1.0)
    assert batch.state == "cancelled"
    assert 0 < len(output) < NUMBER
    assert len(output) + len(errors) == NUMBER


@pytest.mark.parametrize(("fault", "code"), [("batch_failed", ""), ("batch_no_room", "token_limit_exceeded")])
def test_a_batch_fails_as_a_whole(fault: str, code: str, tmp_path: Path) -> None:
    """With its reason, and without a file."""
    batch, output, errors = played(tmp_path, faults={fault: 1.0})
    assert batch.state == "failed"
    assert [each.code for each in batch.reasons] == [code]
    assert not output + errors


def test_the_queue_has_an_end(tmp_path: Path) -> None:
    """One token more than it holds is refused, with the limit in its words."""
    whole = played(tmp_path)[0].usage
    assert whole is not None
    assert played(tmp_path, enqueued=whole.input)[0].state == "completed"
    refused = played(tmp_path, enqueued=whole.input - 1)[0]
    assert refused.state == "failed"
    assert f"Limit: {whole.input - 1:,} enqueued tokens" in refused.reasons[0].message


def test_lines_fail_as_requests_do(tmp_path: Path) -> None:
    """Errors with their status are in the error file; what is spoiled is in the output."""
    batch, output, errors = played(tmp_path, faults={"500": 0.2, "content_filter": 0.2, "length": 0.2})
    counts = Counter(each["response"]["status_code"] for each in errors)
    assert set(counts) == {400, 500}
    assert (batch.done, batch.failed) == (len(output), len(errors))
    assert any(each["response"]["body"]["choices"][0]["finish_reason"] == "length" for each in output)


def test_lines_are_missing_or_twice(tmp_path: Path) -> None:
    """Neither is told by the counts."""
    batch, output, _ = played(tmp_path, faults={"batch_missing": 0.2, "batch_duplicate": 0.2})
    counts = Counter(each["custom_id"] for each in output)
    assert (batch.done, batch.failed) == (NUMBER, 0)
    assert 0 < len(counts) < NUMBER
    assert set(counts.values()) == {1, 2}


def test_an_output_file_may_be_gone(tmp_path: Path) -> None:
    """The batch names it all the same."""
    with pytest.raises(GoneError):
        played(tmp_path, faults={"batch_gone": 1.0})


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"{", "invalid_json_line"),
        (b"", "empty_file"),
        (b'{"custom_id":"1","body":{}}\n{"custom_id":"1","body":{}}\n', "duplicate_custom_id"),
    ],
)
def test_a_file_is_looked_at(content: bytes, code: str, tmp_path: Path) -> None:
    """What is no input file fails with the provider's codes."""
    (tmp_path / "in").write_bytes(content)
    batch, _, _ = asyncio.run(play(Options(batch_seconds=0), tmp_path / "in"))
    assert [each.code for each in batch.reasons] == [code]


def test_the_seed_decides(tmp_path: Path) -> None:
    """The same file and seed come to the same answers, in the same order; another seed to others."""
    faults = {"500": 0.2, "batch_missing": 0.1, "batch_duplicate": 0.1}

    def identifiers(seed: int) -> tuple[list[str], list[str]]:
        _, output, errors = played(tmp_path, faults=faults, seed=seed)
        return [each["custom_id"] for each in output], [each["custom_id"] for each in errors]

    assert identifiers(1) == identifiers(1)
    assert identifiers(1) != identifiers(2)
