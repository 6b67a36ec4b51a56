"""README's picture: one real run as it looks in a terminal of 100 columns, as SVG.

    python tests/readme/picture.py          # writes tests/readme/run.svg

It runs `asyncgeo run` on the bundled sample against an endpoint of its own (`asyncgeo serve`, 1.5 s an answer, 900
requests per minute) in a pseudo-terminal, keeps the live panel as it stood in the middle of the run, and everything
that was left on screen at the end; rich's export draws that.
"""

import io
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
from fcntl import ioctl
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

ROOT: Final = Path(__file__).resolve().parents[2]
URL: Final = "http://127.0.0.1:8000/v1"
WIDTH: Final = 100
HEIGHT: Final = 60
COMMAND: Final = ("asyncgeo", "run", "--base-url")
REDRAW: Final = re.compile(rb"(?:\r?\x1b\[2K(?:\x1b\[1A\x1b\[2K)*)")
"""What rich writes before it draws a panel anew."""


def main() -> None:
    """Run, and draw."""
    serve = [sys.executable, "-m", "asyncgeo", "serve", "--port", "0", "--latency", "1.5", "--rpm", "900"]
    with tempfile.TemporaryDirectory() as folder, subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        url = line[line.index("http://") :].strip()
        shown = run_in_terminal([sys.executable, "-m", "asyncgeo", *COMMAND[1:], url], Path(folder))
        server.terminate()
    frames = REDRAW.split(shown.replace(url.encode(), URL.encode()))
    panels = [number for number, frame in enumerate(frames) if b"ETA" in frame]
    middle = frames[panels[len(panels) // 2]]
    ends = [frame for frame in frames[panels[-1] + 1 :] if not frame.lstrip().startswith(b"merging")]
    draw([frames[0].partition(b"\x1b[?25l")[0], middle, b"", *ends], ROOT / "tests" / "readme" / "run.svg")


def run_in_terminal(command: list[str], folder: Path) -> bytes:
    """Everything the command writes to a terminal."""
    master, slave = pty.openpty()
    ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", HEIGHT, WIDTH, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "OPENAI_API_KEY": "sk-example"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave, close_fds=True
    )
    os.close(slave)
    shown = io.BytesIO()
    while True:
        try:
            block = os.read(master, 1 << 16)
        except OSError:  # the terminal is gone when its last writer is
            break
        if not block:
            break
        shown.write(block)
    process.wait()
    return shown.getvalue()


def draw(parts: list[bytes], path: Path) -> None:
    """The parts below one another, as they look."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text.assemble(("$ ", "bold green"), " ".join([*COMMAND, URL])))
    for part in parts:
        plain = re.sub(r"\x1b\[\?25[hl]|\x1b\[2K|\x1b\[\d*A", "", part.decode()).replace("\r", "")
        console.print(Text.from_ansi(plain.rstrip("\n")))
    console.save_svg(str(path), title="asyncgeo run", unique_id="asyncgeo-run")


if __name__ == "__main__":
    main()
