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
