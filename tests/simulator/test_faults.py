import dataclasses
import random
from collections.abc import Callable

import aiohttp
import pytest
from support.asking import TRIANGLE, Got, post, request
from support.cases import for_each

from asyncgeo.errors import ConfigError
from asyncgeo.llm import outcomes as retry
from asyncgeo.llm.outcomes import Action
from asyncgeo.schema import checks
from asyncgeo.schema.checks import Checked, Unfit
from asyncgeo.simulator import Endpoint, Options, Received, answers, at, first, read_mix
from asyncgeo.simulator.faults import FAULTS, OF_FLEX, Fault, Script, Slow, check_mix, mixed, named
from asyncgeo.simulator.wire import Refusal

KEY = "sk-secret-0123456789"


async def play(fault: Fault | str, seconds: float = 10, **members: str) -> Got:
    """What a client gets when the endpoint plays this fault for its first request."""
    async with Endpoint(script=at({1: fault})) as endpoint:
        return await post(endpoint, request(**members), KEY, seconds)


ERRORS = {
    # fault: status, what a client should do
    "401": (401, Action.STOP),
    "402": (402, Action.STOP),
    "403": (403, Action.STOP),
    "404": (404, Action.STOP),
    "insufficient_quota": (429, Action.STOP),
    "credit_balance_exhausted": (429, Action.STOP),
    "organization_spend_limit_exceeded": (429, Action.STOP),
    "project_spend_limit_exceeded": (429, Action.STOP),
    "organization_usage_limit_exceeded": (429, Action.STOP),
    "billing_hard_limit_reached": (429, Action.STOP),
    "echo_key": (401, Action.STOP),
    "429": (429, Action.COOL_DOWN),
    "429_bare": (429, Action.COOL_DOWN),
    "429_slow_down": (429, Action.COOL_DOWN),
    "408": (408, Action.RETRY),
    "409": (409, Action.RETRY),
    "500": (500, Action.RETRY),
    "500_echo_key": (500, Action.RETRY),
    "502": (502, Action.RETRY),
    "503": (503, Action.RETRY),
    "504": (504, Action.RETRY),
    "content_filter": (400, Action.REASK),
    "too_long": (400, Action.FAIL),
    "no_json_schema": (400, Action.STEP_DOWN),
    "no_json_object": (400, Action.STEP_DOWN),
}


@pytest.mark.parametrize("name", ERRORS)
async def test_an_error_reply_is_what_a_client_takes_it_for(name: str) -> None:
    """Each error comes with its status, and a client that knows OpenAI's errors decides as it should."""
    status, action = ERRORS[name]
    got = await play(name)
    assert got.status == status
    assert retry.decide_status(got.status, got.headers, got.body).action is action


async def test_a_rate_limit_says_when_to_come_back_or_says_nothing() -> None:
    """`429` carries both forms of retry-after, `429_bare` neither."""
    told, bare = await play("429"), await play("429_bare")
    assert (told.headers["retry-after"], told.headers["retry-after-ms"]) == ("1", "1000")
    assert not [name for name in bare.headers if name.startswith("retry-after")]


async def test_only_the_flex_tier_lacks_capacity() -> None:
    """A request at the standard tier is answered; each reply names its tier."""
    refused = await play(OF_FLEX, service_tier="flex")
    assert (refused.status, refused.error["code"]) == (429, "resource_unavailable")
    assert (await play(OF_FLEX)).json["service_tier"] == "default"
    assert (await play(Slow(0.0), service_tier="flex")).json["service_tier"] == "flex"


async def test_a_fault_can_be_changed_before_it_is_played() -> None:
    """A script may give any fault, not only those with a name."""
    fault = FAULTS["429"]
    assert isinstance(fault, Refusal)
    assert (await play(dataclasses.replace(fault, headers={"retry-after": "20"}))).headers["retry-after"] == "20"


@pytest.mark.parametrize("name", ["echo_key", "500_echo_key"])
async def test_a_server_may_repeat_the_key(name: str) -> None:
    """These two put the request's own key into their message, as some servers do."""
    assert KEY in (await play(name)).error["message"]


async def test_bodies_that_are_no_completion() -> None:
    """HTML, an empty object, broken JSON, nothing; each with status 200."""
    assert (await play("html")).headers["content-type"].startswith("text/html")
    assert (await play("empty_object")).json == {}
    assert (await play("empty_body")).body == b""
    with pytest.raises(ValueError, match="Unterminated"):
        _ = (await play("broken_json")).json
    assert {(await play(name)).status for name in ("html", "empty_object", "empty_body", "broken_json")} == {200}


async def test_completions_without_an_answer() -> None:
    """Null and empty choices, a refusal, a filtered and an empty answer keep the form of a completion."""
    assert (await play("null_choices")).json["choices"] is None
    assert (await play("no_choices")).json["choices"] == []
    assert (await play("null_content")).json["choices"][0]["message"]["content"] is None
    assert (await play("refusal")).json["choices"][0]["message"]["refusal"]
    assert (await play("filtered")).json["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("name", ["length", "whitespace", "misfit", "plain"])
async def test_answers_that_cannot_be_used(name: str) -> None:
    """What is cut, runs away, fits no schema or is no JSON is unfit to the checks."""
    assert isinstance(checks.read((await play(name)).content), Unfit)


@pytest.mark.parametrize("name", ["fenced", "prose"])
async def test_answers_of_a_server_that_ignores_the_format(name: str) -> None:
    """The right answer stands inside a fence or among prose."""
    content = (await play(name)).content
    assert content != answers.content(TRIANGLE)
    assert isinstance(checks.read(content), Checked)


async def test_a_reset_breaks_the_connection_before_a_reply() -> None:
    """The client sees RST, not a closed connection."""
    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await play("reset")


async def test_a_cut_body_is_shorter_than_announced() -> None:
    """The connection closes in the middle of the body."""
    with pytest.raises(aiohttp.ClientPayloadError):
        await play("cut")


async def test_a_slow_reply_comes_after_the_client_gave_up_or_late() -> None:
    """The delay comes before a right answer."""
    with pytest.raises(TimeoutError):
        await play("slow", seconds=0.1)
    assert (await play(Slow(0.01))).content == answers.content(TRIANGLE)


def test_every_fault_is_played_by_some_test() -> None:
    """The table and these tests name the same faults."""
    bodies = {"html", "empty_object", "empty_body", "broken_json", "null_choices", "no_choices", "null_content"}
    spoiled = {"refusal", "filtered", "length", "whitespace", "misfit", "plain", "fenced", "prose"}
    assert FAULTS.keys() == ERRORS.keys() | bodies | spoiled | {"reset", "cut", "slow", OF_FLEX}


def outcomes(script: Script, asked: list[Received]) -> dict[tuple[str, int], Fault | str | None]:
    return {(each.problem, each.attempt): script(each) for each in asked}


def test_a_mix_does_not_depend_on_the_order_of_arrival() -> None:
    """The same problems meet the same faults under one seed, in any order, and others under another."""
    mix = {"500": 0.2, "reset": 0.1}
    asked = [Received(n, f"problem {n}", 1) for n in range(200)]
    shuffled = [Received(n, each.problem, 1) for n, each in enumerate(random.Random(1).sample(asked, len(asked)))]
    assert outcomes(mixed(mix, 7), asked) == outcomes(mixed(mix, 7), shuffled)
    assert outcomes(mixed(mix, 7), asked) != outcomes(mixed(mix, 8), asked)


def test_a_mix_plays_each_fault_for_its_share() -> None:
    """Over many requests the shares are the ones asked for."""
    script = mixed({"500": 0.2, "reset": 0.05}, 0)
    played = [script(Received(n, f"problem {n}", 1)) for n in range(10_000)]
    assert abs(played.count("500") / 10_000 - 0.2) < 0.02
    assert abs(played.count("reset") / 10_000 - 0.05) < 0.01
    assert mixed({"500": 1.0}, 0)(Received(1, "any", 1)) == "500"


def test_scripts_count_requests_and_attempts() -> None:
    """`at` counts all requests, `first` those of each problem, and only where asked to."""
    assert at({2: "500"})(Received(2, "a", 1)) == "500"
    assert at({2: "500"})(Received(1, "a", 2)) is None
    script = first("cut", 2, lambda problem: "△" in problem)
    assert [script(Received(9, "△", attempt)) for attempt in (1, 2, 3)] == ["cut", "cut", None]
    assert script(Received(1, "⊙", 1)) is None


async def test_the_script_goes_before_the_mix_and_can_be_changed() -> None:
    """A scripted fault wins over the mix; without a script the mix plays on."""
    async with Endpoint(Options(faults={"503": 1.0}), at({1: "500"})) as endpoint:
        assert [(await post(endpoint, request())).status for _ in range(2)] == [500, 503]
        endpoint.set_script(first("409", 99))
        assert (await post(endpoint, request())).status == 409


def test_a_mix_is_read_from_a_flag() -> None:
    """Names and shares, blanks allowed; nothing is no faults."""
    assert read_mix("429=0.02, 500=0.01,reset=5e-3") == {"429": 0.02, "500": 0.01, "reset": 0.005}
    assert read_mix("") == {}


@for_each(
    ("text", "words"),
    [
        ("500", "NAME=SHARE"),
        ("500=often", "NAME=SHARE"),
        ("resett=0.1", "no fault 'resett'"),
        ("500=1.5", "between 0 and 1"),
        ("500=nan", "between 0 and 1"),
        ("500=0.6,503=0.6", "add up to 1.2"),
    ],
)
def test_a_mix_that_is_none_is_explained(text: str, words: str) -> None:
    """The message names the item that is wrong."""
    with pytest.raises(ConfigError, match=words):
        read_mix(text)


def test_an_unknown_fault_gets_the_nearest_name() -> None:
    """As with configuration keys."""
    with pytest.raises(ConfigError) as caught:
        named("resett")
    assert caught.value.remedy == "Did you mean reset?"
    with pytest.raises(ConfigError):
        check_mix({"xyz": 0.1})


WRONG_OPTIONS: list[Callable[[], Options]] = [
    lambda: Options(rpm=0),
    lambda: Options(tpm=-1),
    lambda: Options(burst=0),
    lambda: Options(latency=-0.1),
    lambda: Options(slots=0),
    lambda: Options(queue=-1),
    lambda: Options(quota=-1),
    lambda: Options(faults={"500": 2}),
]


@for_each("build", WRONG_OPTIONS)
def test_options_out_of_range_are_refused(build: Callable[[], Options]) -> None:
    """An endpoint that could not behave as asked is not built."""
    with pytest.raises(ConfigError):
        build()
