"""What `--help` prints: plain text in two columns, the flags in panels where a command has many.

In: a command as typer makes it. Out: its page, at most as wide as the terminal. It does not know what a command does.
Rich's boxes are not used: at 80 columns they leave half of a line to the words, and loading them takes longer than
everything else that `--help` does.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from asyncgeo.cli import streams

WIDEST: Final = 100
"""Columns; longer lines are hard to read."""
SETTINGS: Final = {"help_option_names": ["-h", "--help"], "max_content_width": WIDEST}
_NAMES: Final = 26
"""Columns for the names of flags; a longer name has a line of its own."""
_ALL: Final = "asyncgeo.help_all"
_EXAMPLES: Final = "\n\nExamples:\n"
_AS_IT_IS: Final = "\n\n\b\nExamples:\n"
"""For the formatter: it breaks the lines of this paragraph nowhere, so that they can be pasted."""


class Panel(NamedTuple):
    """Names of parameters under one heading: those that `--help` shows, and those that only `--help-all` does."""

    usual: str
    rest: str = ""


class Command(TyperCommand):
    """A command whose page is plain text; with `panels`, its flags are under headings."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.help = _with_examples(self.help)
        self.panels: Mapping[str, Panel] = {}

    def get_help(self, ctx: Any) -> str:
        """The page, in characters that standard output has."""
        return streams.writable(super().get_help(ctx))

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """What stands behind the command's name."""
        return ["[OPTIONS]", *(_takes(each, ctx) for each in self.get_params(ctx) if isinstance(each, TyperArgument))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments and flags, each heading's in two columns."""
        rows = {each.name: _row(each, ctx) for each in self.get_params(ctx) if not getattr(each, "hidden", False)}
        width = min(_NAMES, max(len(name) for name, _ in rows.values()))
        for heading, names in self._headings(ctx):
            chosen = [rows[name] for name in names if name in rows]
            if chosen:
                with formatter.section(heading):
                    formatter.write_dl([(name.ljust(width), text) for name, text in chosen], col_max=width)

    def _headings(self, ctx: Any) -> Iterator[tuple[str, list[str]]]:
        """The headings with the names of their parameters."""
        every = self.get_params(ctx)
        yield "Arguments", [each.name for each in every if isinstance(each, TyperArgument)]
        if not self.panels:
            yield "Options", [each.name for each in every if isinstance(each, TyperOption)]
        for heading, panel in self.panels.items():
            yield heading, f"{panel.usual} {panel.rest if ctx.meta.get(_ALL) else ''}".split()


class Group(TyperGroup):
    """Commands under one name, with a page like theirs."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.help = _with_examples(self.help)

    def get_help(self, ctx: Any) -> str:
        """The page, in characters that standard output has."""
        return streams.writable(super().get_help(ctx))

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Flags, then commands."""
        with formatter.section("Options"):
            formatter.write_dl([_row(each, ctx) for each in self.get_params(ctx)], col_max=_NAMES)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Each with the first sentence of its page, whole."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _first(each.help)) for name, each in found if each is not None and not each.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def show_all(context: typer.Context, wanted: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    """For the flag `--help-all`: the page with every panel's rest."""
    if wanted:
        context.meta[_ALL] = True
        typer.echo(context.get_help())
        raise typer.Exit


def _with_examples(text: str | None) -> str | None:
    return None if text is None else text.replace(_EXAMPLES, _AS_IT_IS)


def _first(text: str | None) -> str:
    return " ".join((text or "").partition("\n\n")[0].split())


def _takes(each: Any, ctx: Any) -> str:
    """What stands for the value."""
    return str(each.metavar or each.display_type(ctx).strip("<>"))


def _row(each: Any, ctx: Any) -> tuple[str, str]:
    """A parameter's names and what it takes; what it is, and its default."""
    if isinstance(each, TyperArgument):
        return _takes(each, ctx), each.help or ""
    names = ", ".join(sorted(each.opts, key=lambda name: name.startswith("--")))
    if each.is_flag:
        return "/".join((names, *each.secondary_opts)), each.help or ""
    default = "" if each.default in (None, "") else f"  [default: {_plain(each.default)}]"
    return f"{names} {_takes(each, ctx)}", f"{each.help or ''}{default}"


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
