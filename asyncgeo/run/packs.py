"""Several problems in one request: which go together, and which part of the reply is about which.

In: problems; the reply to a request about several. Out: packs of problems; for each problem of a pack a reply of its
own, with its share of what was billed. Pure. It judges no answer: that an answer is somebody else's is all it knows.

    {"answers":[{"id":"1","answer":{…}},{"id":"2","answer":{…}},…]}

An answer counts where its id stands once and it is whole, in whatever the list of answers stands: those before the
place where a reply was cut are whole. What has no answer of its own is `MISSING`, and asked as if it never had been.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from asyncgeo import rules
from asyncgeo.config import Settings
from asyncgeo.llm.client import Completion, Failure
from asyncgeo.llm.prompts import PACK_MARK
from asyncgeo.schema.checks import MAX_LENGTH
from asyncgeo.schema.records import Problem, Tokens, Unreadable

MISSING: Final = "missing"
"""The kind of a reply to a pack that holds no answer to a problem of it."""
ProblemPack = tuple[Problem, ...]

_ROOM: Final = 250
"""Tokens of an answer's cap for each problem of a pack: twice an ordinary answer."""
_LONGEST: Final = 2_000
"""Characters of a problem that is packed; a longer one is asked alone: it would crowd out the others."""


def with_room(settings: Settings) -> Settings:
    """The settings with a cap that the answers to a whole pack fit."""
    api = settings.api
    if api.pack == 1 or api.max_completion_tokens >= api.pack * _ROOM:
        return settings
    return msgspec.structs.replace(settings, api=msgspec.structs.replace(api, max_completion_tokens=api.pack * _ROOM))


def cut(pending: Iterable[Problem | Unreadable], size: int) -> Iterator[Problem | Unreadable | ProblemPack]:
    """Packs of `size` problems, the last one smaller; what is not asked, or better alone, stays by itself."""
    if size == 1:
        yield from pending
        return
    gathered: list[Problem] = []
    for each in pending:
        if isinstance(each, Unreadable) or not fits(each.text) or rules.screen(each.text).reason is not None:
            yield each
            continue
        gathered.append(each)
        if len(gathered) == size:
            yield tuple(gathered)
            gathered = []
    if gathered:
        yield tuple(gathered) if len(gathered) > 1 else gathered[0]


def fits(text: str) -> bool:
    """Whether the text can stand beside others: it is not long, and has no line that looks like one of ours."""
    return len(text) <= _LONGEST and PACK_MARK.search(text) is None


def tell_apart(reply: Completion | Failure, texts: Sequence[str]) -> list[Completion | Failure]:
    """What the reply to a pack of these texts says about each of them."""
    if isinstance(reply, Failure) and len(texts) == 1:  # it was asked alone, as may be in a batch
        return [reply]
    whole = reply.cut if isinstance(reply, Failure) else reply
    found = {} if whole is None else _own(whole.content, texts)
    return [
        replace(whole, content=found[place], tokens=tokens)
        if whole is not None and place in found
        else Failure(
            MISSING, "the pack has no answer to it", reply.attempts, tokens, reask=False, service=reply.service
        )
        for place, tokens in enumerate(share(reply.tokens, len(texts)))
    ]


def share(tokens: Tokens, count: int) -> list[Tokens]:
    """The tokens in `count` parts that add up to them."""
    plain = tokens.input - tokens.cached - tokens.cache_write
    kinds = (plain, tokens.cached, tokens.cache_write, tokens.output - tokens.reasoning, tokens.reasoning)
    return [
        Tokens(plain + cached + kept, cached, written + thought, kept, thought)
        for plain, cached, kept, written, thought in zip(*(_parts(each, count) for each in kinds), strict=True)
    ]


def _parts(number: int, count: int) -> list[int]:
    whole, rest = divmod(number, count)
    return [whole + (place < rest) for place in range(count)]


# the answers of a reply


def _own(content: str, texts: Sequence[str]) -> dict[int, str]:
    """The answers that are about the problem whose id they carry, by its place.

    Where one is about another problem of the pack the ids are wrong, and of a refusal nothing shows whose it is.
    """
    answers = [(_place(answer), answer, spelt) for answer, spelt in _answers(content, len(texts))]
    count = Counter(place for place, _, _ in answers)
    once = [each for each in answers if each[0] in range(len(texts)) and count[each[0]] == 1]
    grams = list(map(_grams, texts))
    whose = {place: _nearest(_words_of(answer), place, grams) for place, answer, _ in once}
    is_mixed_up = any(nearest not in (None, place) for place, nearest in whose.items())
    return {
        place: spelt for place, _, spelt in once if whose[place] == place or (whose[place] is None and not is_mixed_up)
    }


def _answers(content: str, count: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Each whole object of the list of answers, and how it is spelt without its id."""
    head = content[: MAX_LENGTH * count]
    opening = _NAMED_LIST.search(head) or _LIST.search(head)
    begins = opening and _OBJECT.match(head, opening.end())
    while begins:
        try:
            found, end = _LENIENT.raw_decode(head, begins.end())
        except (ValueError, RecursionError):
            return
        yield found, _ID.sub("{", head[begins.end() : end], 1)
        begins = _OBJECT.match(head, end)


_LENIENT: Final = json.JSONDecoder(strict=False)
_NAMED_LIST: Final = re.compile(r'"answers"\s*:\s*\[')
_LIST: Final = re.compile(r"\[(?=\s*\{)")
_OBJECT: Final = re.compile(r"[\s,]*(?=\{)")
_ID: Final = re.compile(r'\A\{\s*"id"\s*:\s*("\d+"|\d+)\s*,\s*')


def _place(answer: Mapping[str, Any]) -> int:
    """Where the problem with the answer's id stands in its pack; -1 for what is no id."""
    spelt = str(answer.get("id"))
    return int(spelt) - 1 if _NUMBER.fullmatch(spelt) else -1


_NUMBER: Final = re.compile(r"[0-9]{1,6}")


def _words_of(answer: Mapping[str, Any]) -> str:
    """The problem's text as the answer repeats it, in whichever form it is."""
    inner = answer.get("answer", answer)
    found = next(filter(None, map(inner.get, ("cleaned_text", "text"))), "") if isinstance(inner, dict) else ""
    return found if isinstance(found, str) else ""


def _nearest(cleaned: str, place: int, grams: Sequence[set[str]]) -> int | None:
    """The place of the text that the answer's shares most with, its own of equal ones; None for one without words."""
    if not (words := _grams(cleaned)):
        return None
    shared = [len(words & each) for each in grams]
    return place if shared[place] == max(shared) else shared.index(max(shared))


def _grams(text: str) -> set[str]:
    """What stands in the text, three characters at a time."""
    return {text[at : at + 3] for at in range(len(text) - 2)}
