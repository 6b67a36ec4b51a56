"""A run in a Jupyter notebook: one line that is drawn anew in place, and an end at Ctrl-C that returns what there is.

In: what a run says. Out: a display of IPython's own, so that no widget has to be installed. It knows no terminal.
"""

import asyncio
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from asyncgeo.errors import printable
from asyncgeo.run import summary
from asyncgeo.run.budget import Funds
from asyncgeo.run.observer import Observer
from asyncgeo.run.plan import Plan
from asyncgeo.store import events
from asyncgeo.store.events import Progress

INTERVAL: Final = 0.5
"""Seconds between two drawings: each is a message to the browser."""


def in_notebook() -> bool:
    """Whether this is a kernel of Jupyter, whose cells show more than text; a plain IPython prompt is none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")


class NotebookLine(Observer):
    """Shows the run in the output of the cell; Ctrl-C, the stop button, ends the run as it does in a terminal."""

    def __init__(self) -> None:
        self.signals = threading.current_thread() is threading.main_thread()  # elsewhere there are none
        self.folder = Path()
        self.seen: Callable[[], Progress] = lambda: Progress(at=events.now())
        self._said: list[str] = []
        self._display: Any = None

    def planned(self, plan: Plan) -> None:
        """Where rows go, and what is left."""
        self.folder = plan.folder
        self._show(f"{plan.pending:,} problems are pending.")

    def said(self, text: str) -> None:
        """The last sentence stays under the line."""
        self._said = [printable(text)]

    async def watch(
        self,
        seen: Callable[[], Progress],
        errors: Callable[[], Sequence[str]],  # noqa: ARG002  a line has room for the last sentence only
        funds: Funds | None,  # noqa: ARG002
    ) -> None:
        """Draw until the run ends."""
        self.seen = seen
        while True:
            self._show("\n".join([summary.line(seen()), *self._said]))
            await asyncio.sleep(INTERVAL)

    def closed(self, lines: Sequence[str]) -> None:
        """How asking ended."""
        self._show("\n".join(lines))

    def _show(self, text: str) -> None:
        shown = {"text/plain": text}
        if self._display is None:
            from IPython.display import display  # noqa: PLC0415  only a notebook has it

            self._display = display(shown, raw=True, display_id=True)
        else:
            self._display.update(shown, raw=True)
