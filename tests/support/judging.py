"""Work for judging processes: functions that a process of its own can import."""

import os
import signal
import time

from asyncgeo.schema.verdict import Verdict
from asyncgeo.store.parses import Parse


def verdict_on(parse: Parse) -> Verdict:
    return Verdict(id=parse.id, of=str(os.getpid()), drawable=True, state="flexible", residual=0.0, freedom=2)


def judge(batch: list[Parse]) -> list[Verdict]:
    """A verdict that names the process; the text of a parse may ask for worse."""
    for parse in batch:
        if parse.text == "die":
            os._exit(3)
        if parse.text == "raise":
            raise ZeroDivisionError("a defect")
        if parse.text == "hang":
            time.sleep(3600)
    return [verdict_on(parse) for parse in batch]


def interrupted(value: int) -> int:
    """The value, after a Ctrl-C."""
    os.kill(os.getpid(), signal.SIGINT)
    return value


def ppid(_: None) -> int:
    return os.getppid()


def niceness(step: int) -> int:
    return os.nice(step)


def leave(code: int) -> None:
    os._exit(code)


def die(_: list[Parse]) -> list[Verdict]:
    """As a process does that has no memory to begin with."""
    os._exit(3)


class Odd(Exception):
    """One that cannot be read back: it wants two arguments and keeps one."""

    def __init__(self, value: int, _: object) -> None:
        super().__init__(f"for {value}")


def unreadable(value: int) -> None:
    raise Odd(value, None)
