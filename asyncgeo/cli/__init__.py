"""The command line, and the one place where errors become messages and exit codes.

In: `sys.argv`. Out: one of `commands`, imported when it is asked for. Exit codes: 0 finished, 1 the person can fix it,
2 usage, 3 stopped early by the endpoint or a limit the person set, 4 finished but some problems have no verdict, 130
interrupted. Commands that only look end with their reader (141 in a shell's pipe).
"""

import sys

from asyncgeo.errors import NEEDS_POSIX

if sys.platform == "win32":
    raise SystemExit(NEEDS_POSIX)

from typing import Annotated, Final

import typer

from asyncgeo.cli import help as pages, streams
from asyncgeo.cli.commands import Commands
from asyncgeo.errors import EXIT_FIXABLE, AsyncgeoError, Interrupted, exit_code, shown

# ruff: noqa: PLC0415  what only some starts need is imported late

_EXIT_CODES: Final = (
    "Exit codes: 0 finished · 1 fixable, see the message · 2 usage · 3 stopped by the endpoint or a limit you set · "
    "4 finished, but some problems have no verdict · 130 interrupted. After 3 and 130 the same command goes on where "
    "it stopped."
)

app = typer.Typer(
    name="asyncgeo",
    cls=Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=pages.SETTINGS,
    epilog=_EXIT_CODES,
)


def _version(wanted: bool) -> None:  # noqa: FBT001  typer calls it with the flag's value
    if wanted:
        from importlib.metadata import version

        typer.echo(f"asyncgeo {version('asyncgeo')}")
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """From a folder of geometry problems to a structured dataset: one run, nothing lost."""


def main() -> None:
    """Run the command line; every error of ours ends as a message on standard error and its exit code."""
    streams.prepare()
    try:
        app(prog_name="asyncgeo")
    except AsyncgeoError as error:
        streams.show_error(error)
        raise SystemExit(exit_code(error)) from None
    except KeyboardInterrupt:
        raise SystemExit(exit_code(Interrupted(""))) from None
    except Exception as defect:  # noqa: BLE001  ours; its message may repeat what a server or a file said
        import traceback

        sys.stderr.write(shown("".join(traceback.format_exception(defect))))
        raise SystemExit(EXIT_FIXABLE) from None
