"""How many tokens a text will cost, estimated without a vocabulary.

In: text. Out: a number. Byte-pair vocabularies of the GPT-4o family spend about one token on three ASCII characters
of mathematical text (letters of point names and digits hardly merge) and a little under one on a Chinese character
or a sign such as ∠. The run corrects the estimate by what the endpoint reports (`limits`).
"""

from typing import Final

PER_ASCII: Final = 0.36
PER_WIDE: Final = 0.85  # Chinese characters 0.7–0.8, geometric signs 1–3
PER_MESSAGE: Final = 4  # role and separators


def estimate(text: str) -> int:
    """Tokens of one message that holds `text`. UTF-8 length tells wide characters (3 bytes) from ASCII (1 byte)."""
    characters, octets = len(text), len(text.encode())
    wide = (octets - characters) / 2
    return round((characters - wide) * PER_ASCII + wide * PER_WIDE) + PER_MESSAGE
