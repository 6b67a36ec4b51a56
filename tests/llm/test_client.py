import asyncio
import random
import socket
import struct
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import msgspec
import pytest

from asyncgeo import config
from asyncgeo.errors import BudgetReached, EndpointDown, Fatal
from asyncgeo.llm import prices
from asyncgeo.llm.client import Client, Completion, Failure
from asyncgeo.llm.formats import Form, ResponseFormat
from asyncgeo.llm.limits import Limits
from asyncgeo.schema.records import Service, Tokens
from asyncgeo.simulator import Endpoint, Options, at, faults
from asyncgeo.simulator.wire import Refusal

KEY = "sk-a-key-that-nobody-may-see"
SCHEMA = {"name": "x", "strict": False, "schema": {"type": "object"}}


class Ear:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.events: Counter[str] = Counter()
        self.tokens: list[Tokens] = []
        self.services: list[Service] = []
        self.said: list[str] = []

    def event(self, name: str) -> None:
        self.events[name] += 1

    def spend(self, tokens: Tokens, service: Service) -> None:
        self.tokens.append(tokens)
        self.services.append(service)


def render(number: int = 1) -> Callable[[Form], bytes]:
    """A request about one problem, in the format asked for."""

    def of(form: Form) -> bytes:
        strict = {"json_schema": SCHEMA} if form.format is ResponseFormat.JSON_SCHEMA else {}
        told = {"type": str(form.format)} | strict
        problem = f"Problem:\n如图,在△KLM中,KL=KM,∠LKM={10 + number % 150}°"
        messages = [{"role": "system", "content": "Answer in JSON."}, {"role": "user", "content": problem}]
        body = {"model": "m", "max_completion_tokens": 1500, "messages": messages, "response_format": told}
        return msgspec.json.encode(body)

    return of


@asynccontextmanager
async def asking(
    url: str,
    *,
    ear: Ear | None = None,
    budget: prices.Budget | None = None,
    limits: Limits | None = None,
    give_up_after: float = 300.0,
    **changes: object,
) -> AsyncIterator[Client]:
    """A client with short waits."""
    ear = ear or Ear()
    api = config.Api(base_url=url, timeout=0.5)
    patience = config.Retry(base_delay=0.01, max_delay=0.05, max_attempts=4)
    api = msgspec.structs.replace(api, **{k: v for k, v in changes.items() if k in api.__struct_fields__})
    patience = msgspec.structs.replace(
        patience, **{k: v for k, v in changes.items() if k in patience.__struct_fields__}
    )
    mine = limits or Limits(config.LimitSettings(), give_up_after=give_up_after, rng=random.Random(1))
    async with Client(
        api, patience, mine, api_key=KEY, budget=budget, listener=ear, say=ear.said.append, rng=random.Random(2)
    ) as client:
        yield client


async def ask(client: Client, number: int = 1) -> Completion | Failure:
    return await client.ask(render(number), 300)


async def test_an_answer_comes_with_all_that_a_row_needs() -> None:
    """Content, model, tokens, attempts, latency; and the listener hears of it."""
    ear = Ear()
    async with Endpoint() as endpoint:
        async with asking(endpoint.base_url, ear=ear) as client:
            found = await ask(client)
        assert isinstance(found, Completion)
        assert found.content.startswith("{")
        assert (found.model, found.attempts, found.finish_reason) == ("asyncgeo-rules", 1, "stop")
        assert found.tokens.input > 0
        assert 0 < found.latency < 5
        assert ear.events == {"requests": 1}
        assert ear.tokens == [found.tokens]


PASSING = (
    "408",
    "409",
    "500",
    "502",
    "503",
    "504",
    "reset",
    "cut",
    "html",
    "empty_object",
    "broken_json",
    "empty_body",
)


@pytest.mark.parametrize("fault", [*PASSING, "empty_body", "null_choices", "no_choices"])
async def test_what_passes_is_tried_again_and_counts_as_an_attempt(fault: str) -> None:
    """Twice wrong, then right."""
    ear = Ear()
    async with Endpoint(script=at({1: fault, 2: fault})) as endpoint:
        async with asking(endpoint.base_url, ear=ear) as client:
            found = await ask(client)
        assert isinstance(found, Completion)
        assert found.attempts == 3
        assert ear.events == {"requests": 3, "retries": 2}


@pytest.mark.parametrize("fault", [*PASSING, "slow"])
async def test_what_does_not_pass_is_a_failure_after_the_last_attempt(fault: str) -> None:
    """A value with its kind, not an exception."""
    async with Endpoint(script=lambda _: fault) as endpoint:
        async with asking(endpoint.base_url, timeout=0.1) as client:
            found = await ask(client)
        assert isinstance(found, Failure)
        assert (found.attempts, found.reask) == (4, False)
        assert endpoint.stats.requests == 4


STOPPING = {"401": "authentication", "402": "quota", "403": "permission", "404": "unknown_model"} | dict.fromkeys(
    faults.BILLING_CODES, "quota"
)


@pytest.mark.parametrize(("fault", "kind"), STOPPING.items())
async def test_what_no_request_survives_stops_everybody(fault: str, kind: str) -> None:
    """Those who come later send nothing; the message says what and the remedy what to do."""
    async with Endpoint(script=lambda _: fault) as endpoint:
        async with asking(endpoint.base_url) as client:
            with pytest.raises(Fatal) as stopped:
                await ask(client)
            assert stopped.value.kind == kind
            assert stopped.value.remedy
            with pytest.raises(Fatal):
                await ask(client, 2)
        assert endpoint.stats.requests == 1


async def test_a_stop_lets_requests_in_flight_finish() -> None:
    """They were paid for; those who rest before trying again are told at once."""
    async with (
        Endpoint(Options(latency=0.5), at({4: "500", 5: "insufficient_quota"})) as endpoint,
        asking(endpoint.base_url, base_delay=1000.0, max_delay=1000.0, timeout=5.0) as client,
    ):
        flying = [asyncio.create_task(ask(client, number)) for number in range(3)]
        while endpoint.stats.requests < 3:
            await asyncio.sleep(0.01)
        resting = asyncio.create_task(ask(client, 3))
        while endpoint.stats.statuses[500] < 1:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        with pytest.raises(Fatal):
            await ask(client, 4)
        with pytest.raises(Fatal):
            await resting
        assert time.monotonic() - began < 1
        assert all(isinstance(found, Completion) for found in await asyncio.gather(*flying))


@pytest.mark.parametrize(
    ("fault", "reask"),
    [
        ("content_filter", True),
        ("refusal", True),
        ("filtered", True),
        ("length", True),
        ("whitespace", True),
        ("too_long", False),
    ],
)
async def test_a_refused_problem_may_be_asked_again(fault: str, reask: bool) -> None:  # noqa: FBT001  a parameter of the test
    """One attempt, and the word whether the model can be told; a longer question does not fit any better."""
    async with Endpoint(script=lambda _: fault) as endpoint:
        async with asking(endpoint.base_url) as client:
            found = await ask(client)
        assert isinstance(found, Failure)
        assert (found.attempts, found.reask) == (1, reask)
        assert found.message


@pytest.mark.parametrize(
    ("knows", "form", "steps"), [(("json_object",), ResponseFormat.JSON_OBJECT, 1), ((), ResponseFormat.TEXT, 2)]
)
async def test_the_format_steps_down_once_for_all(knows: tuple[str, ...], form: ResponseFormat, steps: int) -> None:
    """Whoever was on the way asks again in the new one, at no attempt's cost; it is said once a step."""
    ear = Ear()
    async with Endpoint(Options(knows=knows)) as endpoint:
        async with asking(endpoint.base_url, ear=ear, max_attempts=1) as client:
            found = await asyncio.gather(*(ask(client, number) for number in range(10)))
            assert all(isinstance(reply, Completion) for reply in found)
            assert client.response_format is form
        assert len(ear.said) == steps


async def test_a_format_that_the_person_chose_is_not_stepped_down() -> None:
    """It is refused with what to change."""
    async with (
        Endpoint(Options(knows=())) as endpoint,
        asking(endpoint.base_url, response_format="json_schema") as client,
    ):
        with pytest.raises(Fatal, match="json_schema") as stopped:
            await ask(client)
        assert "auto" in stopped.value.remedy


@pytest.mark.parametrize(
    "headers",
    [
        {"retry-after": "18000"},
        {"x-ratelimit-remaining-requests-day": "0", "x-ratelimit-reset-requests-day": "18000"},
        {"x-ratelimit-limit": "50", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "5h"},
    ],
)
async def test_a_wait_of_hours_stops_the_run_and_says_until_when(headers: dict[str, str]) -> None:
    """Whether the server names the wait, or says only that the day's requests are used up."""
    async with Endpoint(
        script=lambda _: Refusal(429, "Limit reached.", "requests", "rate_limit_exceeded", headers=headers)
    ) as endpoint:
        async with asking(endpoint.base_url) as client:
            with pytest.raises(Fatal, match=r"5 h 0 min, until .* UTC\)") as stopped:
                await ask(client)
        assert stopped.value.kind == "rate_limit"


async def test_a_429_costs_no_attempt_and_holds_everybody() -> None:
    """One cool-down for all, then all are answered."""
    ear = Ear()
    wait = Refusal(429, "slow down", code="slow_down", headers={"retry-after-ms": "300"})
    async with Endpoint(script=at({1: wait})) as endpoint:
        async with asking(endpoint.base_url, ear=ear, max_attempts=1) as client:
            began = time.monotonic()
            assert isinstance(await ask(client), Completion)
            assert time.monotonic() - began >= 0.3
        assert ear.events["rate_limited"] == 1
        assert ear.events["retries"] == 0


async def test_a_429_for_ever_is_a_failure_in_the_end() -> None:
    """Its patience is ten times that for failures."""
    async with Endpoint(script=lambda _: Refusal(429, "no", headers={"retry-after-ms": "1"})) as endpoint:
        limits = Limits(config.LimitSettings(adaptive=False))
        async with asking(endpoint.base_url, limits=limits, max_attempts=2) as client:
            found = await ask(client)
        assert isinstance(found, Failure)
        assert (found.kind, found.attempts) == ("rate_limit", 21)


async def test_a_retry_after_of_hours_stops_with_a_message() -> None:
    """Rather than a silent stall."""
    async with (
        Endpoint(script=at({1: Refusal(429, "later", headers={"retry-after": "7200"})})) as endpoint,
        asking(endpoint.base_url) as client,
    ):
        with pytest.raises(Fatal, match="7,200 s"):
            await ask(client)


@pytest.mark.parametrize("fault", ["echo_key", "500_echo_key"])
async def test_the_key_is_in_no_message(fault: str) -> None:
    """Also when the server echoes it."""
    async with Endpoint(script=lambda _: fault) as endpoint:
        async with asking(endpoint.base_url) as client:
            try:
                found = await ask(client)
            except Fatal as stopped:
                shown = str(stopped)
            else:
                assert isinstance(found, Failure)
                shown = found.message
        assert KEY not in shown
        assert "[API key]" in shown


async def _hang_up(mode: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read a request's head and break off in one of the ways that connections break."""
    try:
        await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:  # somebody asked whether TLS is spoken here
        writer.close()
        return
    match mode:
        case "reset":
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        case "cut":
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"choices":')
        case "cut_chunked":
            writer.write(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\n')
        case "not_http":
            writer.write(b"220 mail.example.org ESMTP\r\n\r\n")
        case "bad_gzip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}")
        case "trickle":  # each byte in time, the whole never
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
            while not writer.is_closing():
                writer.write(b" ")
                await asyncio.sleep(0.05)
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("drop", "connection"),
        ("reset", "connection"),
        ("cut", "connection"),
        ("cut_chunked", "connection"),
        ("not_http", "broken_reply"),
        ("bad_gzip", "broken_reply"),
        ("trickle", "timeout"),
    ],
)
async def test_every_way_a_connection_breaks_has_its_word(mode: str, kind: str) -> None:
    """The SDK calls most of them a time-out; the row says what it was."""
    connections: list[asyncio.Task[None]] = []

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(_hang_up(mode, reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, asking(f"http://127.0.0.1:{port}/v1", max_attempts=2, timeout=0.3) as client:
        found = await ask(client)
    await asyncio.gather(*connections)
    assert isinstance(found, Failure)
    assert found.kind == kind


@pytest.mark.slow
async def test_an_endpoint_that_is_not_there_is_given_up() -> None:
    """Refused connections of several problems: one probe at a time, then the run ends; no problem fails for it."""
    async with asking("http://127.0.0.1:9/v1", give_up_after=1.5) as client:
        found = await asyncio.gather(*(ask(client, number) for number in range(10)), return_exceptions=True)
    assert [type(end) for end in found] == [EndpointDown] * 10


@pytest.mark.slow
async def test_an_endpoint_that_comes_back_costs_nobody_an_attempt() -> None:
    """What failed while it was down is asked again."""
    endpoint = Endpoint()
    await endpoint.up()
    await endpoint.down()
    async with asking(endpoint.base_url) as client:
        asked = [asyncio.create_task(ask(client, number)) for number in range(10)]
        await asyncio.sleep(1.0)
        await endpoint.up()
        assert all(isinstance(found, Completion) for found in await asyncio.gather(*asked))
    await endpoint.down()


async def test_a_budget_ends_the_run_before_it_is_overspent() -> None:
    """What is in flight counts at its reservation; what fits is asked."""
    budget = prices.Budget({"standard": config.Price(1.0, 1.0, 1.0)}, 0.02)
    async with Endpoint() as endpoint:
        async with asking(endpoint.base_url, budget=budget) as client:
            found = await asyncio.gather(*(ask(client, number) for number in range(200)), return_exceptions=True)
        kinds = Counter(type(reply) for reply in found)
        assert kinds.keys() == {Completion, BudgetReached}
        assert 0.9 * 0.02 <= budget.spent <= 0.02
        assert budget.held == 0


async def test_cancelling_a_request_leaks_neither_permit_nor_budget() -> None:
    """In the queue, in a cool-down, on the wire."""
    budget = prices.Budget({"standard": config.Price(1.0, 1.0, 1.0)}, 100.0)
    async with Endpoint(Options(latency=0.2)) as endpoint:
        limits = Limits(config.LimitSettings(requests_per_minute=600))
        async with asking(endpoint.base_url, limits=limits, budget=budget, timeout=5.0) as client:
            for after in (0.0, 0.05, 0.3):
                tasks = [asyncio.create_task(ask(client, number)) for number in range(20)]
                await asyncio.sleep(after)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            view = limits.view()
            assert (view.in_flight, view.waiting) == (0, 0)
            assert budget.held == 0
            assert isinstance(await ask(client), Completion)


@pytest.mark.slow
async def test_a_thousand_requests_are_in_flight_at_once() -> None:
    """The pool of connections is no limit of its own."""
    async with Endpoint(Options(latency=2.0)) as endpoint:
        limits = Limits(config.LimitSettings(adaptive=False))
        async with asking(endpoint.base_url, limits=limits, timeout=30.0) as client:
            found = await asyncio.gather(*(ask(client, number) for number in range(400)))
        assert all(isinstance(reply, Completion) for reply in found)
        assert endpoint.stats.peak > 300


async def test_an_endpoint_on_this_machine_is_not_asked_through_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment says of proxies."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with Endpoint() as endpoint, asking(endpoint.base_url) as client:
        assert isinstance(await ask(client), Completion)


async def test_an_echo_of_the_key_in_an_answer_is_blotted_out() -> None:
    """No row carries it."""
    content = "Bearer " + KEY
    body = {"choices": [{"message": {"content": content}, "finish_reason": "stop"}]}
    async with Endpoint(script=lambda _: faults.Body(msgspec.json.encode(body))) as endpoint:
        async with asking(endpoint.base_url) as client:
            found = await ask(client)
        assert isinstance(found, Completion)
        assert found.content == "Bearer [API key]"
