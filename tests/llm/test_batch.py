import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from asyncgeo import config
from asyncgeo.errors import EndpointDown, Fatal
from asyncgeo.llm.batch import BatchApi, GoneError, NoBatchApiError, RemoteBatch
from asyncgeo.llm.formats import Form
from asyncgeo.llm.prompts import Prompt
from asyncgeo.schema.records import Problem
from asyncgeo.simulator import Endpoint, Options

PROMPT = Prompt("m", 1500)
TAG = {"asyncgeo_folder": "f", "asyncgeo_part": "0001"}
QUICK = config.Retry(max_attempts=3, base_delay=0.01, max_delay=0.05)


def requests(path: Path, number: int = 3) -> Path:
    """An input file."""
    bodies = (json.loads(PROMPT.render(Problem(str(k), f"如图,AB={k + 1}"), Form())) for k in range(number))
    lines = [
        {"custom_id": str(k), "method": "POST", "url": "/v1/chat/completions", "body": b} for k, b in enumerate(bodies)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@asynccontextmanager
async def serving(options: Options | None = None, key: str = "") -> AsyncIterator[tuple[Endpoint, BatchApi]]:
    """A simulated endpoint, and its Batch API; batches take no time."""
    async with (
        Endpoint(options or Options(batch_seconds=0)) as endpoint,
        BatchApi(config.Api(base_url=endpoint.base_url), key, QUICK) as api,
    ):
        yield endpoint, api


async def ended(api: BatchApi, batch: RemoteBatch) -> RemoteBatch:
    """The batch once it is over."""
    while batch.state not in ("completed", "failed", "expired", "cancelled"):
        batch = await api.look(batch.id)
    return batch


def test_a_file_becomes_a_batch_and_answers(tmp_path: Path) -> None:
    """Every request comes back under its custom_id, with the tokens of all."""

    async def main() -> None:
        async with serving() as (_, api):
            await api.check()
            file = await api.upload(requests(tmp_path / "in"), "n", again=False)
            batch = await ended(api, await api.create(file, TAG, again=False))
            assert (batch.state, batch.done, batch.failed, batch.total) == ("completed", 3, 0, 3)
            assert batch.metadata == TAG
            assert batch.usage is not None
            assert batch.usage.output > 0
            into = io.BytesIO()
            await api.download(batch.output_file or "", into)
            assert {json.loads(line)["custom_id"] for line in into.getvalue().splitlines()} == {"0", "1", "2"}

    asyncio.run(main())


def test_what_was_made_although_the_reply_was_lost_is_found_again(tmp_path: Path) -> None:
    """A file by its name, a batch by its metadata; nothing is made twice."""

    async def main() -> None:
        faults = {"batch_lost_reply": 0.7}
        async with serving(Options(batch_seconds=0, faults=faults)) as (endpoint, api):
            for number in range(8):
                name, tag = f"n{number}", {**TAG, "asyncgeo_part": str(number)}
                file = await api.upload(requests(tmp_path / "in", number + 1), name, again=False)
                await ended(api, await api.create(file, tag, again=False))
            assert endpoint.stats.faults["batch_lost_reply"] > 2
            assert endpoint.stats.batches == {f"n{k}": 1 for k in range(8)}

    asyncio.run(main())


def test_an_earlier_start_may_have_made_it(tmp_path: Path) -> None:
    """Asked for again, the same file and the same batch come back, and other folders' are left alone."""

    async def main() -> None:
        async with serving() as (_, api):
            path = requests(tmp_path / "in")
            first = await api.upload(path, "n", again=True)
            assert await api.upload(path, "n", again=True) == first
            assert await api.upload(path, "other", again=True) != first
            made = await api.create(first, TAG, again=True)
            assert (await api.create(first, TAG, again=True)).id == made.id
            other = await api.create(first, {**TAG, "asyncgeo_folder": "g"}, again=True)
            assert other.id != made.id

    asyncio.run(main())


def test_the_newest_are_looked_through_page_by_page(tmp_path: Path) -> None:
    """A batch of ours is found behind hundreds of others."""

    async def main() -> None:
        async with serving() as (_, api):
            file = await api.upload(requests(tmp_path / "in", 1), "n", again=False)
            made = await api.create(file, TAG, again=False)
            for number in range(120):
                await api.create(file, {"k": str(number)}, again=False)
            assert (await api.create(file, TAG, again=True)).id == made.id

    asyncio.run(main())


def test_an_endpoint_without_a_batch_api_says_so() -> None:
    """By a 404; nothing but the question was sent."""

    async def main() -> None:
        async with serving(Options(batches=False)) as (_, api):
            with pytest.raises(NoBatchApiError):
                await api.check()

    asyncio.run(main())


def test_what_is_gone_is_no_failure_of_the_endpoint() -> None:
    """Of a file, and of a batch; also of a file that a batch is to be made of."""

    async def main() -> None:
        async with serving() as (_, api):
            with pytest.raises(GoneError):
                await api.download("file-none", io.BytesIO())
            with pytest.raises(GoneError):
                await api.look("batch_none")
            with pytest.raises(GoneError):
                await api.create("file-none", TAG, again=False)

    asyncio.run(main())


def test_a_key_that_is_refused_ends_it() -> None:
    """At the first question, and with what to do."""

    async def main() -> None:
        async with serving(Options(api_key="sk-right-0123456789"), "sk-wrong-0123456789") as (_, api):
            with pytest.raises(Fatal) as caught:
                await api.check()
            assert caught.value.kind == "authentication"
            assert "OPENAI_API_KEY" in caught.value.remedy

    asyncio.run(main())


def test_a_key_and_headers_are_sent() -> None:
    """As with any other request."""

    async def main() -> None:
        key = "sk-right-0123456789"
        async with serving(Options(api_key=key, batch_seconds=0), key) as (endpoint, api):
            await api.check()
            headers = {"authorization": f"Bearer {key}"}
            async with BatchApi(config.Api(base_url=endpoint.base_url, headers=headers), "", QUICK) as other:
                await other.check()

    asyncio.run(main())


def test_a_dead_endpoint_is_given_up_after_a_while(tmp_path: Path) -> None:
    """What makes something is; looking at what is there goes on for ever."""

    async def main() -> None:
        said: list[str] = []
        async with Endpoint(Options(batch_seconds=0)) as endpoint:
            settings = config.Api(base_url=endpoint.base_url)
            async with BatchApi(settings, "", QUICK, said.append) as api:
                file = await api.upload(requests(tmp_path / "in"), "n", again=False)
                made = await api.create(file, TAG, again=False)
                await endpoint.down()
                with pytest.raises(EndpointDown, match="cannot be reached"):
                    await api.upload(requests(tmp_path / "in"), "m", again=False)
                looking = asyncio.create_task(api.look(made.id))
                while not any("go on without us" in each for each in said):
                    await asyncio.sleep(0)
                await endpoint.up()
                assert (await looking).id == made.id

    asyncio.run(main())
