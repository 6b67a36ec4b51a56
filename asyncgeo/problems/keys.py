"""The members of a record that say its answer → `AnswerKey`: choices, label, answer.

In: the decoded record. Out: an `AnswerKey`; what has another shape is left out, and no record is unreadable for it.
Nothing of it is ever sent to a model. As collections spell them (looked up in November 2026):

    GeoQA                  "choices": ["30°", …], "label": 2, "answer": "…故选C"       counted from 0
    GeoQA+                 the same, counted from 1: its ids begin at 10000, GeoQA's end at 9922, and all of its
                           solutions that were looked at name the choice with that number (故选:B beside 2)
    Geometry3K, MathVista  "choices": [...], "answer": "C" or the text of the choice
    MathVision             "options": [...], "answer": "A"
    ARC and its like       "choices": {"text": [...], "label": ["A", …]}, or {"A": "…", "B": "…"}

A label that counts from 1 where 0 is usual is recognised by what it says: it is the number of the choices, or
the choice with that number is the one that the answer names.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from asyncgeo.schema.asked import AnswerKey
from asyncgeo.schema.keys import chosen

_MOST: Final = 26
"""Choices, for as many there are letters."""
_FIRST_OF_PLUS: Final = 10_000
_LETTER: Final = re.compile(r"[(（]?([A-Z])[)）.．、:：]?")
_LETTERED: Final = re.compile(r"\s*[(（]?([A-Z])[)）.．、:：]\s*(?=\S)")


def answer_key(record: Mapping[str, Any]) -> AnswerKey:
    """The key of the record, as far as it has one."""
    choices = _choices(record.get("choices", record.get("options")))
    answer = _text(record.get("answer"))
    return AnswerKey(choices, _label(record, choices, answer), answer)


def _text(value: object) -> str:
    """A text or a number as text; anything else is none."""
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _choices(given: object) -> tuple[str, ...]:
    """The choices in order, without the letters before them."""
    if isinstance(given, dict):
        texts = given.get("text")
        named = sorted(given.items()) if all(isinstance(key, str) and _LETTER.fullmatch(key) for key in given) else []
        given = texts if isinstance(texts, list) else [text for _, text in named]
    if not isinstance(given, list) or not 0 < len(given) <= _MOST:
        return ()
    found = tuple(map(_text, given))
    letters = [match[1] if (match := _LETTERED.match(text)) else "" for text in found]
    if letters == [chr(ord("A") + place) for place in range(len(found))]:
        found = tuple(_LETTERED.sub("", text, count=1) for text in found)
    return found if all(found) else ()


def _label(record: Mapping[str, Any], choices: tuple[str, ...], answer: str) -> int | None:
    """Which choice is right, counted from 0."""
    place = _number(record.get("label"))
    if place is None:
        letter = _LETTER.fullmatch(_text(record.get("label")))
        place = ord(letter[1]) - ord("A") if letter else _named(choices, answer)
    elif _counts_from_one(place, record, len(choices), answer):
        place -= 1
    return place if place is not None and 0 <= place < len(choices) else None


def _number(label: object) -> int | None:
    if isinstance(label, str) and label.strip().isascii() and label.strip().isdigit():
        return int(label)
    if isinstance(label, bool) or not isinstance(label, int | float) or label != label // 1:
        return None
    return int(label)


def _named(choices: tuple[str, ...], answer: str) -> int | None:
    """The choice that the answer is, by its letter or in words."""
    same = [place for place, text in enumerate(choices) if text == answer]
    return same[0] if len(same) == 1 else chosen(answer)


def _counts_from_one(label: int, record: Mapping[str, Any], count: int, answer: str) -> bool:
    if label == 0:
        return False
    if label == count:
        return True
    if "formal_point" in record:  # GeoQA, or GeoQA+
        number = _number(record.get("id"))
        return number is not None and number >= _FIRST_OF_PLUS
    return chosen(answer) == label - 1
