"""A terminal of one's own: a session that has it, a screen to read, keys to press, and a plug to pull."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from support.live import TIMEOUT, command as line_of, environment
from support.warm import WarmLeader

_LEAD = (
    "import fcntl, os, signal, sys, termios; signal.signal(signal.SIGHUP, signal.SIG_DFL); os.setsid(); "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)
"""Becomes the leader of a session whose terminal is standard input, as a shell in a window is; a window hangs up even
where these tests were started to outlive theirs."""


@dataclass
class Terminal:
    """The process that leads the session, and what came on its screen."""

    process: "subprocess.Popen[str]"
    keys: int
    screen: str = ""
    is_open: bool = True

    def read_until(self, text: str, times: int = 1) -> str:
        """The whole screen once the text is on it so often, or once the terminal has nothing more to say."""
        while self.screen.count(text) < times:
            more = b""
            with suppress(OSError):  # nobody holds the other end any more
                more = os.read(self.keys, 1 << 16)
            if not more:
                break
            self.screen += more.decode(errors="replace")
        return self.screen

    def press(self, keys: str) -> None:
        """Type."""
        os.write(self.keys, keys.encode())

    def close(self) -> None:
        """Close the window: the session is hung up."""
        if self.is_open:
            os.close(self.keys)
            self.is_open = False

    def wait(self) -> int:
        """The exit code of the leader."""
        return self.process.wait(TIMEOUT)


@contextmanager
def terminal(*command: str, cwd: Path, **changes: str) -> Iterator[Terminal]:
    """The command in a terminal of 100 columns."""
    ours, theirs = pty.openpty()
    env = environment(**{"LINES": "30", "TERM": "xterm-256color", **changes})
    is_ours = list(command[:3]) == line_of() and sys.platform == "linux"
    leader, lead = (WarmLeader, ()) if is_ours else (subprocess.Popen, (sys.executable, "-c", _LEAD))
    process = leader([*lead, *command], cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs, text=True)
    os.close(theirs)
    found = Terminal(process, ours)
    try:
        yield found
    finally:
        process.kill()
        process.wait()
        found.close()
