"""asyncgeo: from a folder of geometry problems to a structured dataset in one run.

`asyncgeo.run`, `merge`, `export` and `parse` do what the commands do (see `asyncgeo.api`); `asyncgeo.errors` is what
they raise.
"""

import importlib
import sys
from typing import TYPE_CHECKING, Any, Final

from asyncgeo.errors import NEEDS_POSIX, UserError

if TYPE_CHECKING:
    from asyncgeo.api import Done, Exported, Stats, export, merge, parse, parse_async, run, run_async

__all__ = ["Done", "Exported", "Stats", "export", "merge", "parse", "parse_async", "run", "run_async"]

_PUBLIC: Final = frozenset(__all__)

for _room in ("run", "verify", "export"):
    importlib.import_module(f"asyncgeo.{_room}")  # next to empty; loaded later, it would hide the function
    globals().pop(_room)


def __getattr__(name: str) -> Any:
    """The public functions, loaded when they are asked for: the command line starts without them."""
    if name not in _PUBLIC:
        raise AttributeError(f"module 'asyncgeo' has no attribute {name!r}")
    if sys.platform == "win32":  # without the file locks that shards need
        raise UserError(NEEDS_POSIX)
    from asyncgeo import api  # noqa: PLC0415  see above

    return getattr(api, name)
