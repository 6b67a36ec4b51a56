"""The command line of a run → the one that does what it left.

In: arguments as they were typed, `asyncgeo` first. Out: arguments. Pure. A run that another program started has no
command line: that program's own is none of ours, and may hold secrets.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

_LIMIT: Final = "--limit"
_PART: Final = frozenset(("--start", "--end", _LIMIT))
"""Flags with a value that make a run smaller than its input."""
_AGAIN: Final = frozenset(("--no-resume",))
_AGAIN_VALUED: Final = frozenset(("--redo",))


def whole(command: Sequence[str]) -> tuple[str, ...]:
    """The command for the whole input, without what took a part of it or asked again for what was done."""
    valued = _PART | _AGAIN_VALUED
    return tuple(
        word for flag, words in _flags(command, valued) if flag not in valued and flag not in _AGAIN for word in words
    )


def collecting(command: Sequence[str]) -> tuple[str, ...]:
    """The command that waits for what this one has submitted, and collects it."""
    return tuple(word for word in command if word != "--submit-only")


def left(command: Sequence[str], count: int) -> tuple[str, ...]:
    """The same command for the `count` problems that are left of its limit; as it is where it has none."""
    return tuple(
        word
        for flag, words in _flags(command, {_LIMIT})
        for word in ((_LIMIT, str(count)) if flag == _LIMIT else words)
    )


def is_limited(command: Sequence[str]) -> bool:
    """Whether the command has a limit."""
    return any(flag == _LIMIT for flag, _ in _flags(command, {_LIMIT}))


def _flags(command: Sequence[str], valued: frozenset[str] | set[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each word with the flag it begins with, the value of those in `valued` beside it."""
    words = iter(command)
    for word in words:
        flag, equals, _ = word.partition("=")
        yield flag, (word,) if equals or flag not in valued else (word, *islice(words, 1))
