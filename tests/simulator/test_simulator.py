import asyncio
import json
from typing import Any

import aiohttp
import pytest
from openai import AsyncOpenAI
from support.asking import TRIANGLE, Got, get, post, request

from asyncgeo import rules
from asyncgeo.errors import UserError
from asyncgeo.llm import prompts
from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.schema import checks
from asyncgeo.schema.checks import Checked
from asyncgeo.schema.records import RULES_MODEL, Problem
from asyncgeo.simulator import Endpoint, Options, answers, at, serve

PROMPT = prompts.Prompt("m", 1500)


async def ask(options: Options | None, *bodies: object, key: str = "") -> list[Got]:
    """The replies of a fresh endpoint to requests sent one after the other."""
    async with Endpoint(options) as endpoint:
        return [await post(endpoint, body, key) for body in bodies]


@pytest.mark.parametrize("form", list(ResponseFormat))
async def test_our_own_request_gets_what_the_rules_read(form: ResponseFormat) -> None:
    """The answer to a rendered prompt, in every format, is the rules' extraction on the wire."""
    (got,) = await ask(None, PROMPT.render(Problem("1", TRIANGLE), Form(form)))
    assert got.status == 200, got.body
    assert got.json["model"] == RULES_MODEL
    assert got.json["choices"][0]["finish_reason"] == "stop"
    checked = checks.read(got.content)
    read = rules.parse(TRIANGLE)
    assert isinstance(checked, Checked)
    assert checked.extraction.verification_conditions == read.verification_conditions
    assert checked.extraction.cleaned_text == read.cleaned_text
    assert not checked.findings


async def test_a_correction_asks_about_the_same_problem() -> None:
    """What counts is the last message that starts with the mark, whatever follows it."""
    problem = Problem("1", TRIANGLE)
    body = PROMPT.render(problem, Form(ResponseFormat.TEXT), ("42", "it holds no JSON object"))
    first, again = await ask(None, PROMPT.render(problem, Form(ResponseFormat.TEXT)), body)
    assert first.content == again.content


async def test_the_sdk_understands_the_endpoint() -> None:
    """The official client reads completions and the list of models."""
    async with Endpoint() as endpoint, AsyncOpenAI(base_url=endpoint.base_url, api_key="none") as client:
        done = await client.chat.completions.create(**request())
        assert done.choices[0].message.content
        assert done.usage is not None
        assert done.usage.total_tokens == done.usage.prompt_tokens + done.usage.completion_tokens
        assert [model.id async for model in client.models.list()] == [RULES_MODEL]


async def test_only_the_right_key_is_let_in_and_none_is_shown() -> None:
    """With a key configured, another or none gets 401; the message never repeats the whole of it."""
    options = Options(api_key="sk-right-one")
    (right,) = await ask(options, request(), key="sk-right-one")
    (wrong,) = await ask(options, request(), key="sk-wrong-one")
    (none,) = await ask(options, request())
    assert (right.status, wrong.status, none.status) == (200, 401, 401)
    assert wrong.error["code"] == "invalid_api_key"
    assert b"sk-wrong-one" not in wrong.body


async def test_an_unknown_model_or_format_is_refused() -> None:
    """`models` and `knows` bound what may be asked for; without them everything is taken."""
    options = Options(models={"gpt-4.1-mini"}, knows={"json_object"})
    other, schema, plain = await ask(
        options,
        request(),
        PROMPT.render(Problem("1", TRIANGLE), Form()).replace(b'"m"', b'"gpt-4.1-mini"'),
        request(model="gpt-4.1-mini"),
    )
    assert (other.status, other.error["code"]) == (404, "model_not_found")
    assert (schema.status, schema.error["param"]) == (400, "response_format")
    assert plain.status == 200


async def test_a_prefix_is_cached_from_its_second_use_on() -> None:
    """1,024 tokens and more of unchanged prefix are billed as cached, in steps of 128, for each cache key."""
    bodies = [
        prompts.Prompt("m", 1500, cache_keys=2).render(Problem("1", text, position), Form())
        for position, text in ((0, TRIANGLE), (2, "如图,AB∥CD"), (1, TRIANGLE), (4, TRIANGLE))
    ]
    usages = [got.json["usage"] for got in await ask(None, *bodies, request(), request())]
    cached = [usage["prompt_tokens_details"]["cached_tokens"] for usage in usages]
    assert cached[0] == cached[2] == cached[4] == cached[5] == 0
    assert cached[1] == cached[3] >= 1024
    assert cached[1] % 128 == 0
    assert cached[1] <= usages[1]["prompt_tokens"]


async def test_an_answer_stops_at_the_cap_of_its_request() -> None:
    """`max_completion_tokens` cuts the answer and says so, and no more is billed than was capped."""
    (got,) = await ask(None, request(max_completion_tokens=10))
    assert got.json["choices"][0]["finish_reason"] == "length"
    assert 0 < got.json["usage"]["completion_tokens"] <= 10
    assert answers.content(TRIANGLE).startswith(got.content)


async def test_every_reply_can_be_traced() -> None:
    """Replies carry an id of their own and the time they took, errors included."""
    good, bad = await ask(None, request(), b"{")
    assert good.headers["x-request-id"] != bad.headers["x-request-id"]
    assert good.headers["openai-processing-ms"].isdecimal()


async def test_other_paths_are_answered_or_refused() -> None:
    """Health, models and statistics are there; anything else is a 404 in OpenAI's form."""
    async with Endpoint() as endpoint:
        assert (await get(endpoint, "/health")).json == {"status": "ok"}
        assert (await get(endpoint, "/v1/models")).json["data"][0]["id"] == RULES_MODEL
        missing = await get(endpoint, "/v1/completions")
        assert missing.status == 404
        assert "/v1/completions" in missing.error["message"]


async def test_statistics_tell_what_was_asked() -> None:
    """Counts by problem, status and fault, and arrivals, in process and over HTTP."""
    async with Endpoint(script=at({1: "500"})) as endpoint:
        assert (await post(endpoint, request())).status == 500
        await asyncio.gather(*(post(endpoint, request()) for _ in range(3)))
        stats = endpoint.stats
        assert (stats.requests, stats.in_flight) == (4, 0)
        assert stats.problems == {TRIANGLE: 4}
        assert stats.answered == {TRIANGLE: 3}
        assert stats.statuses == {200: 3, 500: 1}
        assert stats.faults == {"500": 1}
        shown = (await get(endpoint, "/stats?arrivals=1")).json
        assert shown["requests"] == len(shown["arrivals"]) == len(shown["charges"]) == 4
        assert shown["arrivals"][0] == 0
        assert "arrivals" not in (await get(endpoint, "/stats")).json


async def test_slots_bound_what_is_answered_at_once() -> None:
    """More than slots and queue hold is refused with 503 at once; the others wait their turn."""
    async with Endpoint(Options(latency=60, slots=1, queue=1)) as endpoint:
        posts = [asyncio.create_task(post(endpoint, request())) for _ in range(4)]
        while endpoint.stats.statuses[503] < 2:
            await asyncio.sleep(0)
        assert endpoint.stats.in_flight == 2
        assert endpoint.stats.peak >= 3
        await _abandon(posts)


async def test_a_queue_is_worked_off() -> None:
    """What waits for a slot is answered."""
    async with Endpoint(Options(latency=0.01, slots=1)) as endpoint:
        replies = await asyncio.gather(*(post(endpoint, request()) for _ in range(4)))
    assert [got.status for got in replies] == [200] * 4


async def _abandon(posts: list["asyncio.Task[Got]"]) -> None:
    for task in posts:
        task.cancel()
    await asyncio.gather(*posts, return_exceptions=True)


async def test_the_quota_runs_out() -> None:
    """After `quota` requests every one is refused as OpenAI refuses an account without money."""
    statuses = [got.status for got in await ask(Options(quota=2), *[request()] * 4)]
    assert statuses == [200, 200, 429, 429]
    (got,) = await ask(Options(quota=0), request())
    assert (got.error["type"], got.error["code"]) == ("insufficient_quota", "insufficient_quota")


async def test_down_refuses_and_up_answers_on_the_same_port() -> None:
    """A server that goes down breaks its connections and is found where it was when it is back."""
    async with Endpoint(Options(latency=60)) as endpoint:
        url = endpoint.base_url
        waiting = asyncio.create_task(post(endpoint, request()))
        while not endpoint.stats.in_flight:
            await asyncio.sleep(0)
        await endpoint.down()
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await waiting
        with pytest.raises(aiohttp.ClientConnectorError):
            await post(endpoint, request())
        await endpoint.up()
        assert endpoint.base_url == url
        assert (await get(endpoint, "/health")).status == 200


async def test_a_client_that_gives_up_is_no_longer_in_flight() -> None:
    """The work for a request ends with its connection."""
    async with Endpoint(Options(latency=60)) as endpoint:
        with pytest.raises(TimeoutError):
            await post(endpoint, request(), seconds=0.1)
        while endpoint.stats.in_flight:
            await asyncio.sleep(0)
        assert endpoint.stats.statuses == {0: 1}


async def test_a_taken_port_is_an_error_with_a_remedy() -> None:
    """The person is told which address and port, and what to do."""
    async with Endpoint() as endpoint:
        port = int(endpoint.base_url.rpartition(":")[2].removesuffix("/v1"))
        with pytest.raises(UserError, match=str(port)) as caught:
            await serve(Options(port=port), lambda _: None)
        assert "--port" in caught.value.remedy


async def test_serve_runs_until_cancelled() -> None:
    """`serve` hands over a listening endpoint and takes it down when it is cancelled."""
    ready: asyncio.Future[Endpoint] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(serve(Options(), ready.set_result))
    endpoint = await ready
    assert (await get(endpoint, "/health")).status == 200
    serving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await serving
    with pytest.raises(aiohttp.ClientConnectorError):
        await get(endpoint, "/health")


async def test_canned_replies_are_usable_and_counted() -> None:
    """The one fixed reply is a whole completion that the checks accept."""
    async with Endpoint(Options(canned=True)) as endpoint:
        got = await post(endpoint, request())
        assert (await get(endpoint, "/stats")).json["requests"] == 1
    assert isinstance(checks.read(got.content), Checked)


BAD_REQUESTS: dict[str, tuple[Any, str | None]] = {
    "no JSON": (b"{", None),
    "no UTF-8": (b'{"model":"\xff"}', None),
    "no object": ([], None),
    "no model": ({"messages": [{"role": "user", "content": "x"}]}, "model"),
    "empty model": (request(model=""), "model"),
    "no messages": ({"model": "m"}, "messages"),
    "empty messages": (request(messages=[]), "messages"),
    "messages of another kind": (request(messages=[1]), "messages"),
    "unknown role": (request(messages=[{"role": "robot", "content": "x"}]), "messages.role"),
    "unknown format": (request(response_format={"type": "xml"}), "response_format"),
    "schema without name": (request(response_format={"type": "json_schema", "json_schema": {}}), "response_format"),
    "json never named": (request(response_format={"type": "json_object"}), "messages"),
    "no room to answer": (request(max_completion_tokens=0), "max_completion_tokens"),
    "streaming": (request(stream=True), "stream"),
}


@pytest.mark.parametrize("name", BAD_REQUESTS)
async def test_a_bad_request_is_refused_in_openais_form(name: str) -> None:
    """400, the type, and the parameter that is at fault."""
    body, parameter = BAD_REQUESTS[name]
    (got,) = await ask(None, body)
    assert got.status == 400
    assert got.error["type"] == "invalid_request_error"
    assert got.error["param"] == parameter
    assert got.error["message"]


STRICT: dict[str, dict[str, Any]] = {
    "type 'object'": {"type": "array"},
    "additionalProperties": {"type": "object", "properties": {}, "required": []},
    "'required' must include": {
        "type": "object",
        "properties": {"a": {}},
        "required": [],
        "additionalProperties": False,
    },
    "'allOf' is not permitted": {
        "type": "object",
        "properties": {"a": {"allOf": []}},
        "required": ["a"],
        "additionalProperties": False,
    },
    "points nowhere": {
        "type": "object",
        "properties": {"a": {"type": "array", "items": {"$ref": "#/$defs/b"}}},
        "required": ["a"],
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("words", STRICT)
async def test_a_schema_that_strict_mode_refuses_is_refused(words: str) -> None:
    """The rules of strict structured outputs are enforced, so that rehearsing finds what would fail for real."""
    form = {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": STRICT[words]}}
    (got,) = await ask(None, request(response_format=form))
    assert got.status == 400
    assert words in got.error["message"]


async def test_a_schema_deeper_than_ten_levels_is_refused() -> None:
    """Nesting is counted through arrays."""
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(10):
        schema = {"type": "array", "items": schema}
    whole = {"type": "object", "properties": {"a": schema}, "required": ["a"], "additionalProperties": False}
    form = {"type": "json_schema", "json_schema": {"name": "s", "strict": True, "schema": whole}}
    (got,) = await ask(None, json.dumps(request(response_format=form)).encode())
    assert "10 levels" in got.error["message"]
