import msgspec
import pytest
from support.cases import for_each

from asyncgeo.llm.dialects import HARD_QUOTA
from asyncgeo.llm.outcomes import Action, decide_status
from asyncgeo.simulator import faults


def error(message: str = "no", **members: str | None) -> bytes:
    return msgspec.json.encode({"error": {"message": message, **members}})


UNKNOWN_MODEL = {
    # as the servers say it, in their own words and members
    "litellm": (
        400,
        error(
            "/chat/completions: Invalid model name passed in model=gpt-x. Call `/v1/models` to view available models"
        ),
    ),
    "litellm, older": (400, b'{"error":{"message":{"error":"Invalid model name passed in model=gpt-x"},"code":"400"}}'),
    "vLLM": (404, b'{"error":{"message":"The model `x` does not exist.","type":"NotFoundError","code":404}}'),
    "vLLM, older": (404, b'{"object":"error","message":"The model `x` does not exist.","type":"NotFoundError"}'),
    "Azure": (404, error("The API deployment for this resource does not exist.", code="DeploymentNotFound")),
    "OpenRouter": (400, b'{"error":{"message":"a/b:free is not a valid model ID","code":400},"user_id":"user_1"}'),
    "Ollama": (404, error("model 'x' not found", type="not_found_error")),
    "OpenAI, odd name": (400, error("invalid model ID", type="invalid_request_error")),
    "Mistral": (400, b'{"object":"error","message":"Invalid model: x","type":"invalid_model","code":"1500"}'),
    "DeepSeek": (400, error("Model Not Exist", type="invalid_request_error", code="invalid_request_error")),
    "Perplexity": (400, error("Invalid model 'x'. Permitted models can be found in the documentation at …")),
    "Gemini": (404, error("models/x is not found for API version v1main, or is not supported for generateContent.")),
    "GitHub": (400, error("Unknown model: x", code="unknown_model")),
    "Hugging Face": (400, error("The requested model is not supported by any provider", code="model_not_supported")),
}


@for_each("server", UNKNOWN_MODEL)
def test_every_server_says_in_its_own_way_that_it_lacks_the_model(server: str) -> None:
    """No other request would fare better, so the run ends and says what to change."""
    status, body = UNKNOWN_MODEL[server]
    decision = decide_status(status, {}, body)
    assert (decision.kind, decision.action) == ("unknown_model", Action.STOP)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens",
        "The model produced invalid content",
        "Invalid value for 'content': expected a string; the tool was not found",
    ],
)
def test_speaking_of_a_model_is_not_lacking_it(message: str) -> None:
    """A problem that is too much for a model does not end the run."""
    assert decide_status(400, {}, error(message)).action in (Action.REASK, Action.FAIL)


@for_each(
    ("status", "body", "kind", "action"),
    [
        (401, error(), "authentication", Action.STOP),
        (402, error(), "quota", Action.STOP),
        (403, error(), "permission", Action.STOP),
        (404, error("The model `x` does not exist", code="model_not_found"), "unknown_model", Action.STOP),
        (404, b"<html>nginx</html>", "not_found", Action.STOP),
        (400, error("bad", code="model_not_found"), "unknown_model", Action.STOP),
        (429, error("You exceeded your current quota, please check"), "quota", Action.STOP),
        (429, error(code="rate_limit_exceeded"), "rate_limit", Action.COOL_DOWN),
        (429, error(code="slow_down"), "rate_limit", Action.COOL_DOWN),
        (429, b"", "rate_limit", Action.COOL_DOWN),
        (408, b"", "timeout", Action.RETRY),
        (409, b"", "conflict", Action.RETRY),
        (500, b"", "server_error", Action.RETRY),
        (502, b"<html>", "unavailable", Action.RETRY),
        (503, b"", "overloaded", Action.RETRY),
        (504, b"", "timeout", Action.RETRY),
        (520, b"", "server_error", Action.RETRY),
        (529, b"", "overloaded", Action.RETRY),
        (400, error(code="content_filter"), "content_filter", Action.REASK),
        (400, error(code="context_length_exceeded"), "too_long", Action.FAIL),
        (400, error("the request exceeds the available context size"), "too_long", Action.FAIL),
        (413, b"", "too_long", Action.FAIL),
        (400, error("Unsupported", param="response_format"), "response_format", Action.STEP_DOWN),
        (422, b'{"detail":[{"loc":["body","response_format"],"msg":"extra"}]}', "response_format", Action.STEP_DOWN),
        (400, error("'temperature' is not supported", code="unsupported_value"), "bad_parameter", Action.STOP),
        (400, error("something"), "bad_request", Action.REASK),
        (418, b"", "bad_request", Action.REASK),
    ],
)
def test_every_status_has_its_decision(status: int, body: bytes, kind: str, action: Action) -> None:
    """What a reply means depends on its status, its type and its code alone."""
    decision = decide_status(status, {}, body)
    assert (decision.kind, decision.action) == (kind, action)


@for_each("code", sorted(HARD_QUOTA | {"insufficient_quota"}))
@for_each("place", ["type", "code"])
def test_no_billing_code_is_waited_for(code: str, place: str) -> None:
    """A 429 that speaks of money stops the run, wherever the server writes the word."""
    assert decide_status(429, {}, error(**{place: code})).action is Action.STOP


@for_each("code", faults.BILLING_CODES)
def test_the_billing_codes_of_the_endpoint_are_known(code: str) -> None:
    """The embedded endpoint knows no billing code that the table of dialects does not."""
    assert decide_status(429, {}, error(code=code)).kind == "quota"


def test_a_refused_format_is_no_reason_to_step_below_text() -> None:
    """Where nothing was asked for, nothing can be stepped down."""
    decision = decide_status(400, {}, error("Unsupported", param="response_format"), {"model", "messages"})
    assert decision.action is Action.REASK


def test_a_429_names_what_is_scarce() -> None:
    """Type or message tell whether requests or tokens ran out."""
    assert decide_status(429, {}, error(type="tokens")).scarce == "tokens"
    assert decide_status(429, {}, error("Limit reached on tokens per min (TPM)")).scarce == "tokens"
    assert decide_status(429, {}, error(type="requests")).scarce == "requests"


def test_a_page_of_html_becomes_a_line() -> None:
    """A message repeats little of the server's words, on one line."""
    message = decide_status(502, {}, b"<html>\n<body>" + b"x" * 9999).message
    assert len(message) < 400
    assert "\n" not in message


@pytest.mark.parametrize(
    "body",
    [
        error(
            "Unknown parameter: 'messages[0].content[0].prompt_cache_breakpoint'.",
            param="messages[0].content[0].prompt_cache_breakpoint",
            code="unknown_parameter",
        ),
        error("prompt_cache_breakpoint is not supported with this model", type="invalid_request_error"),
    ],
)
def test_a_mark_inside_a_message_goes_with_its_option(body: bytes) -> None:
    """A server that does not know cache marks is asked without them; it is no fault of the messages."""
    decision = decide_status(400, {}, body, {"model", "messages", "prompt_cache_options"})
    assert (decision.action, decision.member) == (Action.STEP_DOWN, "prompt_cache_options")
