"""asyncgeo: from a folder of geometry problems to a structured dataset in one run.

`asyncgeo.run`, `plan`, `merge`, `status`, `report`, `verify`, `compare`, `export` and `parse` do what the commands do
(see `asyncgeo.api`); `asyncgeo.errors` is what they raise.
"""

import importlib
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from asyncgeo.errors import NEEDS_POSIX, UserError

if TYPE_CHECKING:
    from asyncgeo.api import (
        Agreement,
        Done,
        Exported,
        Outlook,
        Stats,
        Status,
        Summary,
        WrittenReport,
        compare,
        export,
        merge,
        parse,
        parse_async,
        plan,
        report,
        run,
        run_async,
        status,
        verify,
    )

    __version__: str

__all__ = [
    "Agreement",
    "Done",
    "Exported",
    "Outlook",
    "Stats",
    "Status",
    "Summary",
    "WrittenReport",
    "__version__",
    "compare",
    "export",
    "merge",
    "parse",
    "parse_async",
    "plan",
    "report",
    "run",
    "run_async",
    "status",
    "verify",
]

_PUBLIC: Final = frozenset(__all__)

for _room in ("run", "verify", "export"):
    importlib.import_module(f"asyncgeo.{_room}")  # next to empty; loaded later, it would hide the function
    globals().pop(_room)


def __getattr__(name: str) -> Any:
    """The public functions, loaded when they are asked for: the command line starts without them."""
    if name == "__version__":
        return version("asyncgeo")
    if name not in _PUBLIC:
        raise AttributeError(f"module 'asyncgeo' has no attribute {name!r}")
    if sys.platform == "win32":  # without the file locks that shards need
        raise UserError(NEEDS_POSIX)
    from asyncgeo import api  # noqa: PLC0415  see above

    return getattr(api, name)


def __dir__() -> list[str]:
    """What is public: the functions and their results, and the errors."""
    return sorted([*__all__, "errors"])
