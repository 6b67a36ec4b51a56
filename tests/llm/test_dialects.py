"""Servers that nobody here wrote: what each says, and what a whole run makes of it."""

import json
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support import live
from support.cases import for_each
from support.scripted import Answers, Asked, Reply, answer, completion, error, parse_of, serving

from asyncgeo.llm import outcomes, responses
from asyncgeo.llm.outcomes import Decision
from asyncgeo.schema.records import Parsed, Row, Tokens

CASES: dict[str, dict[str, Any]] = {
    case["server"]: case
    for case in tomllib.loads((Path(__file__).parents[1] / "cases" / "dialects.toml").read_text(encoding="utf-8"))[
        "case"
    ]
}
SENT = (
    "model messages response_format max_completion_tokens temperature seed service_tier prompt_cache_key "
    "reasoning_effort"
).split()


def judged(case: dict[str, Any]) -> Decision | responses.Reply:
    """What is made of the case's reply, as the client does it."""
    headers, body = case.get("headers", {}), case["body"].encode()
    sent = ["model", "messages", *case["sent"]] if "sent" in case else SENT
    if case["status"] != 200:
        return outcomes.decide_status(case["status"], headers, body, sent)
    reply = responses.read(body, headers, sent)
    return reply if isinstance(reply, Decision) else responses.interruption(reply) or reply


def test_there_are_many_dialects_each_with_its_source() -> None:
    """A case that names no source cannot be checked again."""
    assert len(CASES) >= 80
    assert all(case["source"].startswith("https://") for case in CASES.values())


@for_each("server", [name for name, case in CASES.items() if "kind" in case])
def test_what_a_server_says_has_its_kind(server: str) -> None:
    """Kind, action, wait, the refused member and the remedy follow from status, headers and body."""
    case = CASES[server]
    found = judged(case)
    if isinstance(found, responses.Reply):
        flaw = responses.flaw(found)
        assert flaw is not None, found
        assert (flaw.kind, "reask" if flaw.reask else "fail") == (case["kind"], case["action"])
        message = flaw.message
    else:
        assert (found.kind, found.action.value) == (case["kind"], case["action"]), found
        assert (found.after, found.member) == (case.get("wait"), case.get("member"))
        assert found.scarce == case.get("scarce", found.scarce)
        message = found.message
    assert case.get("says", "") in message
    assert case.get("remedy", "") in outcomes.STOPS.get(case["kind"], ("", ""))[1]


@for_each("server", [name for name, case in CASES.items() if case["action"] == "answer"])
def test_an_answer_is_found_wherever_it_is(server: str) -> None:
    """Nothing beside the answer costs it."""
    case = CASES[server]
    found = judged(case)
    assert isinstance(found, responses.Reply), found
    assert found.content == case["content"]
    assert responses.flaw(found) is None
    if "tokens" in case:
        assert found.usage == Tokens(*case["tokens"])


# whole runs

QUICK = """
[api]
timeout = 5.0
[retry]
base_delay = 0.02
max_delay = 0.3
give_up_after = 5.0
"""


@dataclass(frozen=True)
class Done:
    """What a run left."""

    code: int
    output: str
    rows: list[Row]
    asked: list[Asked]
    log: str

    @property
    def parsed(self) -> int:
        """Problems that the model parsed, unmarked."""
        return sum(isinstance(row, Parsed) and row.source == "model" and row.kind is None for row in self.rows)


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Done]:
    """A whole run of the command against a scripted server."""

    def of(answers: Answers, count: int = 6, extra: str = "", flags: tuple[str, ...] = ()) -> Done:
        (tmp_path / "in").mkdir()
        for number in range(count):
            problem = {"id": number, "subject": f"如图,在△ABC中,AB=AC,∠BAC={number + 20}°,则∠ABC等于()"}
            (tmp_path / "in" / f"{number}.json").write_text(json.dumps(problem), encoding="utf-8")
        (tmp_path / "config.toml").write_text(f"{QUICK}[api.extra]\n{extra}\n", encoding="utf-8")
        with serving(answers) as server:
            where = ("-i", "in", "-o", "out", "--base-url", server.url, "--model", "m")
            code, output = live.asyncgeo("run", *where, *flags, cwd=tmp_path, OPENAI_API_KEY=live.KEY)
        assert "Traceback" not in output
        log = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "out" / "logs").glob("run_*.log"))
        return Done(code, output, live.rows_of(tmp_path / "out"), list(server.asked), log)

    return of


def good(asked: Asked) -> str:
    return json.dumps(parse_of(asked.text), ensure_ascii=False)


def is_strict(asked: Asked) -> bool:
    return bool(asked.body.get("response_format", {}).get("type") == "json_schema")


def test_refused_members_are_left_out_for_the_run(run: Callable[..., Done]) -> None:
    """One at a time, each said once, at no problem's cost: the cap's new name, then what [api.extra] adds."""
    refused = {"max_completion_tokens": "max_completion_tokens", "seed": "seed", "temperature": "temperature"}

    def answers(asked: Asked) -> Reply:
        for member in refused:
            if member in asked.body:
                return Reply(422, {"detail": [{"loc": ["body", member], "msg": "Extra inputs are not permitted"}]})
        return answer(asked.text)

    done = run(answers, extra="seed = 7\ntemperature = 0.2\ntop_p = 0.9", flags=("--concurrency", "2"))
    assert (done.code, done.parsed) == (0, 6), done.output
    last = done.asked[-1].body
    assert last["max_tokens"] == 600
    assert last["top_p"] == 0.9
    assert not last.keys() & refused.keys()
    assert len(done.asked) <= 6 + 2 * len(refused)
    assert [done.log.count(f"does not take {member}") for member in refused] == [1, 1, 1]


@pytest.mark.parametrize(("status", "words"), [(400, "Cannot do that"), (422, "Nope"), (500, "Oops")])
def test_a_schema_refused_in_any_words_is_left(run: Callable[..., Done], status: int, words: str) -> None:
    """Every request with the schema is refused, without a reason; a looser format is answered."""
    done = run(lambda asked: error(status, words) if is_strict(asked) else answer(asked.text), count=40)
    assert (done.code, done.parsed) == (0, 40), done.output
    assert len(done.asked) <= 2 * 40
    assert done.log.count("does not take json_schema") == 1


def test_one_odd_problem_loosens_nothing(run: Callable[..., Done]) -> None:
    """It comes first and is refused in every format; the others keep the schema."""

    def answers(asked: Asked) -> Reply:
        return error(400, "Cannot do that") if "=20°" in asked.text else answer(asked.text)

    done = run(answers, flags=("--concurrency", "1"))
    assert done.parsed == 5, done.output
    assert all(is_strict(asked) for asked in done.asked if "=20°" not in asked.text)
    assert "does not take" not in done.log


def test_a_server_that_only_streams_is_streamed_from(run: Callable[..., Done]) -> None:
    """Its error says so; from then on answers are put together from events, with their tokens."""

    def answers(asked: Asked) -> Reply:
        if not asked.body.get("stream"):
            return error(400, "This model only support stream mode")
        if "stream_options" in asked.body:
            return error(400, "Unknown parameter: stream_options")
        content = good(asked)
        parts = [content[:40], content[40:]]
        events: list[object] = [{"model": "m", "choices": [{"index": 0, "delta": {"content": part}}]} for part in parts]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        events.append({"choices": [], "usage": {"prompt_tokens": 2000, "completion_tokens": 200}})
        lines = [f"data: {json.dumps(event)}\n\n" for event in events]
        return Reply(200, "".join([*lines, "data: [DONE]\n\n"]).encode(), {"Content-Type": "text/event-stream"})

    done = run(answers)
    assert (done.code, done.parsed) == (0, 6), done.output
    assert done.log.count("only streams") == 1
    assert all(row.meta is not None and row.meta.tokens == Tokens(2000, 0, 200) for row in done.rows)


PLACES: dict[str, Callable[[str], dict[str, Any]]] = {
    "parts": lambda text: completion([{"type": "thinking", "thinking": "{"}, {"type": "text", "text": text}]),
    "reasoning": lambda text: completion("", reasoning_content=text),
    "tool call": lambda text: completion(None, "tool_calls", tool_calls=[{"function": {"arguments": text}}]),
    "after thoughts": lambda text: completion(f"<think>{{}} no</think>```json\n{text}\n```"),
    "odd members": lambda text: (
        completion(text, "odd", {"prompt_tokens": -1}, refusal=False) | {"model": {"x": 1}, "created": "today"}
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_paid_answer_is_found_wherever_it_is(run: Callable[..., Done], place: str) -> None:
    """Asked once, parsed."""
    done = run(lambda asked: Reply(200, PLACES[place](good(asked))), count=3)
    assert (done.code, done.parsed, len(done.asked)) == (0, 3, 3), done.output


def test_an_empty_answer_is_not_shown_to_the_model(run: Callable[..., Done]) -> None:
    """The correction goes without it: servers refuse a message of the assistant without content."""

    def answers(asked: Asked) -> Reply:
        if any(message["role"] == "assistant" and not message["content"] for message in asked.body["messages"]):
            return error(400, "message must not be empty")
        return Reply(200, completion("")) if asked.times == 1 else answer(asked.text)

    done = run(answers, count=3)
    assert (done.code, done.parsed, len(done.asked)) == (0, 3, 6), done.output


def test_words_of_money_with_a_wait_are_a_rate(run: Callable[..., Done]) -> None:
    """The run waits, and ends well."""
    words = "You exceeded your current quota, please check your plan. Please retry in 0.4s."
    done = run(lambda asked: error(429, words) if asked.number == 3 else answer(asked.text))
    assert (done.code, done.parsed) == (0, 6), done.output


def test_words_of_money_among_answers_are_probed(run: Callable[..., Done]) -> None:
    """Nobody else asks before one request has tried again after a pause; it is answered, and the run goes on."""

    def answers(asked: Asked) -> Reply:
        quota = {"type": "insufficient_quota", "code": "insufficient_quota"}
        return error(429, "limit exceeded", None, **quota) if asked.number == 5 else answer(asked.text)

    done = run(answers, count=12, flags=("--concurrency", "1"))
    assert (done.code, done.parsed, len(done.asked)) == (0, 12, 13), done.output
    assert done.log.count("one request probes") == 1
    assert done.asked[5].text == done.asked[4].text


@pytest.mark.parametrize("members", [{"code": "insufficient_quota"}, {"type": "Arrearage", "code": "Arrearage"}])
def test_words_of_money_that_stay_end_the_run(run: Callable[..., Done], members: dict[str, str]) -> None:
    """The probe is refused as well: stopped, what was answered is kept, nothing is made up."""
    done = run(
        lambda asked: error(400, "denied", None, **members) if asked.number > 4 else answer(asked.text), count=12
    )
    assert (done.code, done.parsed, len(done.rows)) == (3, 4, 4), done.output
    assert "Add credit" in done.output
    assert len(done.asked) <= 4 + 8 + 1


NO_COMPLETION = {
    "a page": (b"<!doctype html><title>Sign in</title>", "has no chat completions there", "Sign in"),
    "no endpoint": ({"error": "Unexpected endpoint or method."}, "has no chat completions there", "Unexpected"),
    "nothing": ({}, "has no chat completions there", "{}"),
    "dead key": ({"error": {"code": "invalid_api_key", "message": "no"}}, "does not accept the API key", "no"),
    "login": ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, "does not accept", "login fail"),
    "money": ({"base_resp": {"status_code": 1008, "status_msg": "low"}}, "out of money or quota", "low"),
}


@pytest.mark.parametrize("what", NO_COMPLETION)
def test_a_200_that_is_never_a_completion_ends_the_run(run: Callable[..., Done], what: str) -> None:
    """After a few requests, with what came and what to do, and no row."""
    body, said, shown = NO_COMPLETION[what]
    done = run(lambda _: Reply(200, body), count=20)
    assert (done.code, done.rows) == (3, []), done.output
    words = " ".join(done.output.split())
    assert said in words
    assert shown in words
    assert len(done.asked) <= 16
    if said.startswith("has no"):
        assert "usually ends in /v1" in words


def test_one_flagged_problem_is_its_own(run: Callable[..., Done]) -> None:
    """A 403 that speaks of moderation is no matter of the key."""

    def answers(asked: Asked) -> Reply:
        if "=23°" in asked.text:
            return error(403, "The input was flagged", metadata={"reasons": ["x"], "flagged_input": "y"})
        return answer(asked.text)

    done = run(answers)
    assert done.parsed == 5, done.output
    assert [getattr(row, "kind", None) for row in done.rows if row.id == "3"] == ["content_filter"]


def test_an_answer_broken_off_by_a_busy_server_is_asked_again(run: Callable[..., Done]) -> None:
    """Just as before, for the model did nothing wrong; what was paid for it counts."""

    def answers(asked: Asked) -> Reply:
        busy = completion("{", "insufficient_system_resource")
        return Reply(200, busy) if asked.times == 1 else answer(asked.text)

    done = run(answers, count=3)
    assert (done.code, done.parsed, len(done.asked)) == (0, 3, 6), done.output
    assert all(row.meta is not None and row.meta.tokens.input == 4000 for row in done.rows)
    assert all(len(asked.body["messages"]) == 2 for asked in done.asked)


def test_no_capacity_costs_no_problem(run: Callable[..., Done]) -> None:
    """Every third request meets it, more often than a problem has attempts."""
    done = run(lambda asked: error(498, "", code="capacity_exceeded") if asked.number % 3 else answer(asked.text))
    assert (done.code, done.parsed) == (0, 6), done.output


def test_thinking_that_used_up_the_cap_is_not_asked_again(run: Callable[..., Done]) -> None:
    """It is paid once, and the row says which knob to turn."""
    spent = {"prompt_tokens": 9, "completion_tokens": 1500, "completion_tokens_details": {"reasoning_tokens": 1500}}

    def answers(asked: Asked) -> Reply:
        return Reply(200, completion("", "length", spent)) if "=22°" in asked.text else answer(asked.text)

    done = run(answers)
    assert (done.parsed, len(done.asked)) == (5, 6), done.output
    (row,) = (row for row in done.rows if row.id == "2")
    assert getattr(row, "kind", None) == "thinking"
    assert "api.max_completion_tokens" in (getattr(row, "error", None) or "")


def test_a_stream_in_the_settings_is_refused_at_once(run: Callable[..., Done]) -> None:
    """Before anything is sent."""
    done = run(lambda asked: answer(asked.text), extra="stream = true")
    assert (done.code, done.asked) == (1, [])
    assert "stream in [api.extra]" in done.output
