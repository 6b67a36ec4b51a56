"""The commands: a file each, with its flags, their help and the call of what does the work.

In: what was typed, as typer has read it. Out: one call into `cli`'s module of the same name, which is imported when the
command runs, so that `--help` is quick. Here no work is done and nothing is printed.

One rule for all: `--output-dir`, `-o` is a run's folder, read or written; `--to` is what a command writes beside it.
"""

from importlib import import_module
from typing import Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from asyncgeo.cli import help as pages

SHOWN: Final = (
    *("run", "status", "errors", "show", "merge", "export", "parse", "plan", "tune"),
    *("rehearse", "verify", "reparse", "compare", "report", "serve", "batch"),
)
"""In the order of `asyncgeo --help`."""
_HIDDEN: Final = {"recheck": "reparse", "gallery": "gallery"}
"""Names until 0.2, and the files that hold them."""


class Commands(pages.Group):
    """All commands by name; each is made when it is asked for."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = cast("Any", dict.fromkeys((*SHOWN, *_HIDDEN)))  # listed, and suggested for a misspelt one

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:  # noqa: ARG002  typer's own
        """The command, from its file."""
        return load(cmd_name) if cmd_name in self.commands else None


def load(name: str) -> TyperCommand | TyperGroup:
    """The command of this name: a file's group, or its function of the same name, with its panels."""
    file = _HIDDEN.get(name, name)
    module = import_module(f"{__name__}.{file}")
    if group := getattr(module, "group", None):
        return cast("TyperGroup", get_command(group))
    alone = typer.Typer(add_completion=False, rich_markup_mode=None)
    alone.command(name, cls=pages.Command, hidden=name in _HIDDEN)(getattr(module, file))
    command = cast("pages.Command", get_command(alone))
    command.panels = getattr(module, "PANELS", {})
    return command
