"""Everything that can end a run, as one tree, and the exit code of each branch.

    AsyncgeoError            what the person sees is the message; never a traceback
    ├── UserError            the person can fix it                             exit 1
    │   ├── ConfigError      a value in config.toml, the environment or a flag
    │   ├── InputError       the input folder or file as a whole
    │   └── ShardError       a shard: held by another process, not writable, foreign
    ├── Stopped              the endpoint, or a limit the person set, ended it  exit 3
    │   ├── Fatal            no further request can succeed: key, quota, model
    │   ├── EndpointDown     nothing answered for `retry.give_up_after`
    │   └── BudgetReached    `--budget` is spent
    └── Interrupted          Ctrl-C or SIGTERM                                  exit 130

A problem that fails alone is not an error of the run: it is a row (`records.Failed`). A run that finishes with such a
row, or with one that stands in for the model, exits with 4.
"""

import unicodedata
from typing import Final

NEEDS_POSIX: Final = "asyncgeo needs Linux, macOS or another POSIX system; on Windows use WSL (wsl --install)."

EXIT_FINISHED: Final = 0
EXIT_FIXABLE: Final = 1
EXIT_USAGE: Final = 2
EXIT_STOPPED: Final = 3
EXIT_INCOMPLETE: Final = 4
"""Finished, but a problem ended without a verdict of the source that was asked."""
EXIT_INTERRUPTED: Final = 130  # 128 + SIGINT, as shells report it


class AsyncgeoError(Exception):
    """Root of the tree.

    `message` says what was expected, what was found and where; `remedy` says what to do.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message}\n{self.remedy}" if self.remedy else self.message


class UserError(AsyncgeoError):
    """Something the person can fix before the next try."""


class ConfigError(UserError):
    """A configuration value is unknown, of the wrong type or out of range."""


class InputError(UserError):
    """The input as a whole cannot be read (a single bad file is a row, not this)."""


class ShardError(UserError):
    """A shard cannot be written: held by another process, read-only, or not ours."""


class Stopped(AsyncgeoError):
    """The run ended early; what is unfinished stays pending and the same command goes on."""


class Fatal(Stopped):
    """No further request can succeed: the key, the quota or the model is refused.

    `kind` is one of retry's fatal kinds (`authentication`, `permission`, `quota`, `unknown_model`, …).
    """

    def __init__(self, message: str, remedy: str = "", *, kind: str = "fatal") -> None:
        super().__init__(message, remedy)
        self.kind = kind


class EndpointDown(Stopped):
    """The endpoint did not answer anything for `retry.give_up_after` seconds."""


class BudgetReached(Stopped):
    """Spent and reserved cost reached the budget the person set."""


class Interrupted(AsyncgeoError):
    """The person, or the system, asked the run to stop."""


def exit_code(error: BaseException | None) -> int:
    """The process exit code for the way a command ended (`None`: finished)."""
    match error:
        case None:
            return EXIT_FINISHED
        case Interrupted() | KeyboardInterrupt():
            return EXIT_INTERRUPTED
        case Stopped():
            return EXIT_STOPPED
        case _:
            return EXIT_FIXABLE


_SHORTEST: Final = 8
"""Characters; keys of local servers such as "none" or "key" are no secret, and common words."""


_REPLACED: Final = "[API key]"


_secrets: set[str] = set()


def hide(secret: str | None) -> None:
    """From now on nothing that passes here shows the secret; said once by its reader."""
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
