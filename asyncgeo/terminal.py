"""Text of unknown origin → text that a terminal, a log or one line of JSON can show.

File names, problem texts and servers' messages may hold escape sequences, line breaks and bytes that are no text, and
whatever was sent to a server may come back in its words: the API key too.
"""

import unicodedata
from typing import Final

_SHORTEST: Final = 8
"""Characters; keys of local servers such as "none" or "key" are no secret, and common words."""
_REPLACED: Final = "[API key]"

_secrets: set[str] = set()


def hide(secret: str | None) -> None:
    """From now on nothing that passes here shows the secret; said once by whoever reads it."""
    if secret is not None and len(secret) >= _SHORTEST:
        _secrets.add(secret)


def without_secrets(text: str) -> str:
    """`text` with every secret replaced."""
    for secret in _secrets:
        text = text.replace(secret, _REPLACED)
    return text


def printable(text: str) -> str:
    """`text` on one line, with every character escaped that does not simply show, lone surrogates too."""
    text = without_secrets(text)
    return text if text.isprintable() else "".join(c if c.isprintable() else _escaped(c) for c in text)


def shown(text: str) -> str:
    """`text` with its line breaks and spaces of any width, and all else escaped that does not simply show."""
    text = without_secrets(text)
    return text if text.isprintable() else "".join(c if _can_stay(c) else _escaped(c) for c in text)


def shown_json(line: str) -> str:
    """JSON that means the same, with every character escaped that a terminal might obey."""
    line = without_secrets(line)
    return line if line.isprintable() else "".join(c if _can_stay(c) else _escaped_in_json(c) for c in line)


def _can_stay(character: str) -> bool:
    return character == "\n" or character.isprintable() or unicodedata.category(character) == "Zs"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape", "surrogatepass").decode()


def _escaped_in_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[k]:02x}{units[k + 1]:02x}" for k in range(0, len(units), 2))
