"""What servers say and what it means: tables of their codes and words, for `outcomes` and `responses` to look up.

Data alone. The first rule that fits an error names its kind; an error that none fits is judged by its status. How each
server speaks in full, and what becomes of it, is written in tests/cases/dialects.toml, with its sources; both are as of
November 2026. A new dialect is a case there first, and where that fails a code or words here.

Codes are compared in lower case, with every `type`, `code`, `status` and `reason` of the body. A status of 0 is an
error that came with a 200 and names no status of its own.
"""

import re
from typing import Final, NamedTuple

from asyncgeo.llm.formats import CAP, OLD_CAP

IN_A_200: Final = 0


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE | re.VERBOSE)


def _codes(*names: str) -> frozenset[str]:
    return frozenset(" ".join(names).split())


class Rule(NamedTuple):
    """An error is of this kind if its status is among `under` (None: any), and a code or the words fit."""

    kind: str
    under: frozenset[int] | None
    codes: frozenset[str]
    words: re.Pattern[str] | None


_REFUSED: Final = frozenset({IN_A_200, *range(400, 500)}) - {429}
_REQUEST: Final = frozenset({IN_A_200, 400, 404, 415, 422, 501})
_CROWDED: Final = frozenset({IN_A_200, 429, 498, 503})

HARD_QUOTA: Final = _codes(
    "credit_balance_exhausted organization_spend_limit_exceeded project_spend_limit_exceeded",  # OpenAI
    "organization_usage_limit_exceeded billing_hard_limit_reached billing_not_active",
)
"""Codes of an account that no waiting helps, whatever wait comes with them."""

RULES: Final = (
    Rule(
        "content_filter",
        _REFUSED,
        _codes(
            "content_filter content_policy_violation responsibleaipolicyviolation",  # OpenAI, Azure
            "datainspectionfailed data_inspection_failed",  # DashScope
            "flagged_input reasons",  # OpenRouter
            "1301 base_resp:1026 base_resp:1027",  # Zhipu, MiniMax
            "prohibited_content sensitive_words_detected",  # Gemini, new-api
        ),
        _words(
            r"""
            content[ _-]?(?:filter|management|policy|inspection) | ResponsibleAIPolicy    # Azure
            | (?:input|prompt|content|request|message)s?\b.{0,40}\bflagged | moderation   # OpenAI, OpenRouter
            | safety\ (?:system|filter|policy|reasons?|classifier) | usage\ polic(?:y|ies)
            | inappropriate\ content | 敏感 | 违规                                         # DashScope, Zhipu
            """
        ),
    ),
    Rule(
        "quota",
        None,
        HARD_QUOTA
        | _codes(
            "insufficient_quota exceeded_current_quota_error",  # OpenAI, Moonshot
            "arrearage allocationquota.freetieronly",  # DashScope
            "insufficient_user_quota insufficient_balance",  # one-api
            "billing_error payment_required budget_exceeded",  # Anthropic, OpenRouter, litellm
            "1113 base_resp:1008",  # Zhipu, MiniMax
        ),
        None,
    ),
    Rule(
        "quota",
        frozenset({IN_A_200, 400, 401, 402, 403, 412, 429}),
        frozenset(),
        _words(
            r"""
            exceeded\ (?:your\ )?current\ (?:token\ )?quota                    # OpenAI, Gemini, Moonshot
            | insufficient\ (?:account\ )?(?:balance|credits?|funds|quota)     # DeepSeek, Zhipu, OpenRouter, Moonshot
            | (?:credit\ )?balance\ is\ (?:too\ low|insufficient|not\ enough)  # Anthropic
            | account\ is\ in\ good\ standing | overdue[ -]payment | arrear    # DashScope
            | (?:requires?\ more|out\ of|no|not\ enough|never\ purchased|exhausted.{0,30})\ credits?\b   # OpenRouter
            | spend(?:ing)?\ limit | budget\ has\ been\ exceeded | quota\ is\ not\ enough  # Together, litellm, one-api
            | account\ (?:is\ )?suspended | 余额不足 | 额度不足 | 欠费             # Fireworks, Zhipu, new-api
            """
        ),
    ),
    Rule(
        "authentication",
        None,
        _codes(
            "invalid_api_key invalidapikey api_key_invalid",  # OpenAI, DashScope, Gemini
            "authentication_error invalid_authentication_error",  # Anthropic, Moonshot
            "base_resp:1004 base_resp:2049",  # MiniMax
        ),
        _words(
            r"(?:incorrect|invalid)\ api[ _-]?key | api[ _-]?key\ (?:is\ )?(?:not\ valid|invalid|expired|not\ found)"
        ),
    ),
    Rule(
        "authentication",
        frozenset({IN_A_200, 400, 403}),
        frozenset({"unauthenticated", "unauthorized"}),
        _words(
            r"""
            login\ fail | invalid\ (?:authentication|credentials|token)\b | (?:missing|no|provide\ an?)\ api\ key
            | unauthorized | 无效的令牌 | 身份验证失败                            # MiniMax, new-api, Zhipu
            """
        ),
    ),
    Rule(
        "response_format",
        _REQUEST,
        frozenset(),
        _words(r"endpoints\ found\ that\ (?:can\ handle|support)"),  # OpenRouter: none takes this form of request
    ),
    Rule(
        "unknown_model",
        frozenset({IN_A_200, 400, 403, 404, 410, 422, 503}),
        _codes(
            "model_not_found model_not_available model_not_supported",  # OpenAI, Together, Hugging Face
            "model_decommissioned model_deprecated",  # Groq
            "unknown_model invalid_model",  # GitHub Models, Mistral
            "deploymentnotfound deployment_not_found",  # Azure
            "1211 1220",  # Zhipu
        ),
        _words(
            r"""
            invalid\ model(?:\ (?:name|id|identifier)\b|[:.]|\ ['"`])    # litellm, Mistral, OpenAI, Perplexity
            | not\ a\ valid\ model                                       # OpenRouter
            | model\ identifier\ is\ invalid                             # Bedrock
            | unknown\ model\b                                           # GitHub Models
            | \bmodels?\b[^.;]{0,120}\b(?:not\ found|(?:not|n't)\ exist) # vLLM, Ollama, DeepSeek, DashScope, Fireworks
            | not\ found\ the\ model                                     # Moonshot
            | no\ (?:allowed\ )?(?:endpoints|providers)\ (?:found|are\ available)\ for    # OpenRouter
            | no\ models?\ (?:is\ |are\ )?loaded                         # LM Studio
            | non-serverless\ model | unable\ to\ access\ model          # Together
            | \bmodel\b[^.;]{0,120}\b(?:decommissioned|retired|shut\ down|no\ longer\ (?:available|supported|served))
            | \bmodel\b[^.;]{0,120}\bend[ -]of[ -](?:its\ )?life | reached\ (?:the\ )?end\ of\ its\ life  # Bedrock
            | no\ available\ channel | 无可用渠道 | 模型不存在               # new-api, Zhipu
            """
        ),
    ),
    Rule(
        "not_found",
        frozenset({IN_A_200, 400, 404, 405, 410}),
        frozenset(),
        _words(
            r"""
            unexpected\ endpoint | unknown\ (?:request\ )?(?:url|endpoint|route) | invalid\ url | cannot\ post\b
            | (?:route|path|url|endpoint|resource)\b.{0,60}\bnot\ (?:be\ )?found | method\ not\ allowed
            """  # LM Studio, OpenAI, Express, Ollama, FastAPI
        ),
    ),
    Rule("unknown_model", frozenset({404, 410}), frozenset(), _words(r"\bmodels?\b | deployment")),
    Rule(
        "too_long",
        frozenset({413, 429}),
        frozenset(),
        _words(r"too\ large\b | reduce\ (?:your\ message\ size|the\ length)"),  # OpenAI, Groq: above the minute's limit
    ),
    Rule(
        "no_capacity",
        _CROWDED,
        _codes(
            "capacity_exceeded resource_unavailable",  # Groq, OpenAI
            "engine_overloaded_error 1305",  # Moonshot, Zhipu
            "service_tier_capacity_exceeded 3505",  # Mistral
            "no_capacity",
        ),
        _words(
            r"""
            capacity\ exceeded | no\ capacity | (?:insufficient|out\ of|not\ enough)\ (?:capacity|resources)
            | rate-limited\ upstream | resource\ exhausted\.\ please\ try\ again | 访问量过大
            """  # Mistral, Bedrock · OpenRouter, Vertex, Zhipu
        ),
    ),
    Rule(
        "rate_limit",
        frozenset({IN_A_200, 400, 403}),
        _codes(
            "rate_limit_exceeded rate_limit_reached_error rate_limit_error",  # OpenAI, Moonshot, Anthropic
            "ratelimitexceeded throttlingexception throttling too_many_requests",  # Vertex, Bedrock, DashScope
            "base_resp:1002 base_resp:1039 base_resp:1041 1302 1303",  # MiniMax, Zhipu
        ),
        _words(r"rate[ _-]?limit(?:ed)?\b | too\ many\ requests"),
    ),
    Rule(
        "invalid_answer",
        frozenset({IN_A_200, 400, 422, 500}),
        frozenset({"json_validate_failed"}),  # Groq: the model's answer broke the schema
        _words(r"failed\ to\ generate\ json | generated\ json\ does\ not\ match"),
    ),
    Rule(
        "thinking",
        frozenset({IN_A_200, 400}),
        frozenset(),
        _words(r"could\ not\ finish\ the\ message\ because\ max_tokens"),  # OpenAI's reasoning models
    ),
)
"""What an error means, the first that fits."""

LATER_RULES: Final = (
    Rule(
        "too_long",
        _REFUSED,
        _codes(
            "context_length_exceeded max_tokens_exceeded token_limit_exceeded",  # OpenAI, OpenRouter
            "exceed_context_size_error 1261",  # llama.cpp, Zhipu
        ),
        _words(
            r"""
            context_length | context\ (?:length|size|window) | too\ (?:long|large) | maximum\ .{0,20}tokens
            | range\ of\ input\ length | input\ length .{0,40} exceed         # DashScope, Ollama
            """
        ),
    ),
    Rule(
        "too_long",
        frozenset({500}),
        frozenset({"exceed_context_size_error"}),
        _words(r"exceeds?\ (?:the\ )?(?:available\ )?(?:context|model's\ maximum)|longer\ than\ the\ model's\ context"),
    ),
)
"""The same, for errors that do not name a member of the request: a cache key may be too long as well."""

BY_STATUS: Final = {
    401: "authentication",
    402: "quota",
    403: "permission",
    404: "not_found",
    405: "not_found",
    410: "not_found",
    413: "too_long",
    429: "rate_limit",
    498: "no_capacity",  # Groq
    412: "permission",  # Fireworks: the account is suspended
    408: "timeout",
    409: "conflict",
    425: "conflict",
    502: "unavailable",  # a gateway that did not reach the server behind it
    503: "overloaded",
    504: "timeout",
    521: "unavailable",
    522: "unavailable",
    523: "unavailable",
    524: "timeout",
    529: "overloaded",  # Anthropic
}
"""What an error means whose words no rule knows; others are `server_error` from 500 on, `bad_request` below."""

CODES_OF_TROUBLE: Final = {
    "base_resp:1000": "server_error",
    "base_resp:1001": "timeout",
    "base_resp:1013": "server_error",
    "base_resp:1024": "server_error",
    "base_resp:1033": "server_error",
}
"""MiniMax: what a 200 means in place of a status of 500."""

FORMAT_WORDS: Final = _words(r"response_?format | json_schema | json_object | structured\ output | grammar")
SCHEMA_WORDS: Final = _words(r"\bschema | response_schema")
"""How a refusal speaks of the response format; the second alone is enough with a 400 only."""

STREAM_WORDS: Final = _words(
    r"""
    only\ supports?\ stream | stream(?:ing)?\ (?:mode\ )?only | non-?streaming\ (?:calls?|requests?|mode)
    | streaming\ is\ (?:required|mandatory) | (?:requires?|enable)\ (?:the\ )?stream(?:ing)?\b
    | stream['"`]?\ ?(?:must|has\ to|needs\ to)\ be\ (?:set\ to\ )?['"`]?true | must\ have\ stream\ ?=\ ?true
    | stream\ ?=\ ?false | 仅支持流式 | 非流式                          # DashScope, Fireworks, Anthropic, ModelScope
    """
)
"""How a server says that it only streams."""

REFUSAL_WORDS: Final = _words(
    r"""
    un(?:supported|recognized|known|expected) | (?:not|n't)\ (?:be\ )?(?:supported|permitted|allowed|available|accepted)
    | (?:does|do)\ ?(?:not|n't)\ support | invalid | extra\ (?:inputs|fields|properties) | additional\ properties
    | cannot\ (?:both\ )?be\ (?:used|set|specified|combined) | deprecated | not\ a\ valid | 不支持 | 未知参数
    """
)
"""How a server says that it does not take a member whose name stands beside."""

VALUE_WORDS: Final = _words(
    r"above\ maximum | below\ minimum | (?:less|greater|larger)\ than | at\ (?:most|least) | out\ of\ range | range\ of"
    r"| between"
)
"""How a server says that it takes a member, but not this value."""

PARAMETER_CODES: Final = frozenset({"unsupported_parameter", "unknown_parameter", "unsupported_value"})
CAPS: Final = (CAP, OLD_CAP)

ENDINGS: Final = {
    # finish_reason in lower case: what it means for the answer
    "length": "length",
    "max_tokens": "length",
    "max_output_tokens": "length",
    "model_context_window_exceeded": "length",  # Anthropic, Zhipu
    "content_filter": "content_filter",
    "content-filter": "content_filter",
    "sensitive": "content_filter",  # Zhipu
    "safety": "content_filter",  # Gemini, as the next four
    "prohibited_content": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "spii": "content_filter",
    "insufficient_system_resource": "overloaded",  # DeepSeek
    "error": "server_error",  # OpenRouter
    "network_error": "server_error",  # Zhipu
    "abort": "server_error",  # SGLang, vLLM
    "server_error": "server_error",
}
"""Ways an answer ends other than well; any other word is no reason to doubt a paid answer."""
