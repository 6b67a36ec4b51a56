"""How many tokens a text will cost, estimated without a vocabulary.

In: text. Out: a number. UTF-8's first byte gives the script, and every script has its weight; English words and runs
of ASCII signs count on top, for most of them are one token however long.

The weights are fitted to o200k_base, the vocabulary of the GPT-4o and GPT-4.1 families, as the package bpe-openai
carries it (November 2026): on half of the GeoQA3 problems, of model answers in the form that the prompt asks for and of
other collections, and on our prompt. On the half of the problems that the fit has not seen the mean error is 4.3 % of
the true count, 10.4 % at the 95th percentile, and the sum is 1.0 % too small. Our prompt comes out right to 0.3 %, its
schema 1.4 % too small, unseen answers 0.7 % too large; other collections 1 to 9 % off.
With one weight for ASCII and one for the rest it was 31 % on the problems and 41 % on the prompt. What a server makes
of a JSON schema is its own secret: its text is counted. The run corrects the estimate by what the endpoint reports
(`limits`).
"""

import re
from typing import Final

PER_MESSAGE: Final = 4  # role and separators

_SIGNS: Final = b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_WEIGHTS: Final = (
    # first bytes, tokens for each
    (b"abcdefghijklmnopqrstuvwxyz", 0.013),
    (b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", 0.468),  # points: ABC is one token or two
    (b"0123456789", 0.83),  # up to three are a token, but most numbers of a problem have one or two
    (b" \t\r\n", 0.322),
    (_SIGNS, 0.072),
    (bytes(range(0xC2, 0xE0)), 0.844),  # ° α Ð and other letters of two bytes
    (b"\xe0\xe1\xe2", 1.626),  # ∠ △ ⊙ ⊥ ∥ ′
    (b"\xe3", 1.674),  # 。 、 and kana
    (bytes(range(0xE4, 0xEF)), 0.91),  # Chinese characters
    (b"\xef", 0.929),  # full-width forms
    (bytes(range(0xF0, 0xF5)), 2.0),  # rare: no text of the fit holds one
)
_CLASS_OF: Final = bytes(
    next((number for number, (firsts, _) in enumerate(_WEIGHTS, 1) if octet in firsts), 0) for octet in range(256)
)
"""For each byte the place among the weights; 0 for those that do not begin a sign."""
_WORD: Final = re.compile(rb"[A-Za-z][a-z]+")
_RUN: Final = re.compile(b"[" + re.escape(_SIGNS) + b"]+")
_PER_WORD: Final = 0.581
_PER_RUN: Final = 1.104


def estimate(text: str) -> int:
    """Tokens of one message that holds `text`."""
    octets = text.encode()
    classes = octets.translate(_CLASS_OF)
    tokens = _PER_WORD * len(_WORD.findall(octets)) + _PER_RUN * len(_RUN.findall(octets))
    tokens += sum([classes.count(number) * weight for number, (_, weight) in enumerate(_WEIGHTS, 1)])
    return round(tokens) + PER_MESSAGE
