"""Ctrl-C, SIGTERM and a closed terminal, for as long as some work goes on.

In: a task, what to do first. Out: `Interrupted` where the task was cancelled. It does not know what the work is.
"""

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from asyncgeo.errors import Interrupted


@contextmanager
def answering_signals(work: asyncio.Task[Any], stop: Callable[[Interrupted], None]) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) calls `stop`, the second cancels the work.

    A terminal that is closed says so once (SIGHUP), and often twice: that calls `stop` and no more. Who was
    started to ignore it (`nohup`) does.
    """
    loop, times = asyncio.get_running_loop(), 0

    def on_signal() -> None:
        nonlocal times
        times += 1
        if times == 1:
            stop(Interrupted("Interrupted."))
        else:
            work.cancel()

    def on_hang_up() -> None:
        loop.remove_signal_handler(signal.SIGHUP)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        if not times:
            on_signal()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_DFL:
        loop.add_signal_handler(signal.SIGHUP, on_hang_up)
    try:
        yield
    except asyncio.CancelledError:
        raise Interrupted("Interrupted; what was in flight was dropped.") from None
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.remove_signal_handler(number)
