"""A request → the answer the rules give, and what it would be billed.

In: `Ask`. Out: the content of a completion and its `Usage`. It knows no HTTP. Tokens are counted by `tokens`' stated
weights per script, so figures rehearsed against this endpoint are in the units that the run itself estimates in.
"""

from functools import lru_cache
from typing import Final

import msgspec

from asyncgeo import rules
from asyncgeo.llm import tokens
from asyncgeo.llm.prompts import PACK_MARK, PROBLEM_MARK
from asyncgeo.schema import wire
from asyncgeo.schema.records import RULES_MODEL
from asyncgeo.simulator.wire import Answer, Ask, Cached, Choice, Usage, WireCompletion, encode

CACHE_LEAST: Final = 1024  # tokens; OpenAI caches no shorter prefix …
CACHE_STEP: Final = 128  # … and longer ones in steps of this

_encode: Final = msgspec.json.Encoder().encode


def problem_of(ask: Ask) -> str:
    """The text of the problem asked about, or of a whole pack; of a request that marks none, its last message."""
    for message in reversed(ask.messages):
        text = message.text
        if message.role == "user" and text.startswith(PROBLEM_MARK):
            return text.removeprefix(PROBLEM_MARK)
    return ask.messages[-1].text


def texts_of(problem: str) -> list[str]:
    """The texts of the problems in a pack; of a single problem its own."""
    if PACK_MARK.match(problem) is None:
        return [problem]
    ends = [mark.start() for mark in PACK_MARK.finditer(problem)][1:]
    begins = [mark.end() + 1 for mark in PACK_MARK.finditer(problem)]
    return [problem[begin:end].removesuffix("\n\n") for begin, end in zip(begins, [*ends, None], strict=True)]


def content(problem: str) -> str:
    """The answer as a model would write it, to a problem or to a pack."""
    if PACK_MARK.match(problem) is None:
        return _answer(problem)
    answers = (f'{{"id":"{k}",{_answer(text)[1:]}' for k, text in enumerate(texts_of(problem), 1))
    return f'{{"answers":[{",".join(answers)}]}}'


@lru_cache(maxsize=1024)
def _answer(problem: str) -> str:
    """Remembered, because retries and re-asks come back soon."""
    extraction = rules.parse(problem)
    packed = wire.pack(extraction)
    if extraction.reason is None:
        packed[wire.ANSWER]["coverage"] = extraction.coverage
    return _encode(packed).decode()


def cut(text: str, cap: int) -> str:
    """As much of `text` as fits `cap` tokens, as a model stops in mid-word at its limit."""
    end = len(text)
    while (needed := _weigh_answer(text[:end])) > cap:
        end = min(end - 1, end * cap // needed)
    return text[:end]


_CANNED_PROBLEM: Final = "如图,在△ABC中,AB=AC,S是BC的中点,∠BAC=50°,则∠BAS等于()"


def canned_reply() -> bytes:
    """The one reply of an endpoint that only measures clients."""
    usage = Usage(0, 0, 0, Cached(0))
    return encode(WireCompletion("chatcmpl-canned", 0, RULES_MODEL, [Choice(Answer(content(_CANNED_PROBLEM)))], usage))


class TokenMeter:
    """Counts tokens, and remembers which prefixes stand in the (simulated) prompt cache."""

    def __init__(self) -> None:
        self._cached: set[tuple[str | None, str, bytes]] = set()

    def prompt_tokens(self, ask: Ask) -> int:
        """Tokens of the request: response format and messages."""
        return _weigh(bytes(ask.response_format).decode(), *(message.text for message in ask.messages))

    def usage(self, ask: Ask, prompt_tokens: int, answer: str) -> Usage:
        """The bill of one answer; its prefix is in the cache from now on."""
        answered = _weigh_answer(answer)
        return Usage(prompt_tokens, answered, prompt_tokens + answered, Cached(self._read_cache(ask)))

    def _read_cache(self, ask: Ask) -> int:
        """Tokens read from the cache: of the format and the first message, which a client keeps the same."""
        first, form = ask.messages[0].text, bytes(ask.response_format)
        length = _weigh(form.decode(), first)
        if length < CACHE_LEAST or len(ask.messages) == 1:
            return 0
        key = (ask.prompt_cache_key, first, form)
        if key not in self._cached:
            self._cached.add(key)
            return 0
        return CACHE_LEAST + (length - CACHE_LEAST) // CACHE_STEP * CACHE_STEP


def _weigh_answer(text: str) -> int:
    return tokens.estimate(text) - tokens.PER_MESSAGE


def _weigh(*texts: str) -> int:
    return sum(_weigh_long(text) if len(text) > CACHE_LEAST else tokens.estimate(text) for text in texts)


@lru_cache(maxsize=256)
def _weigh_long(text: str) -> int:
    """The estimate of a text that is long enough to be the same in every request."""
    return tokens.estimate(text)
