"""README's pictures: the report of the bundled sample as Chromium shows it, the page and one problem.

    python tests/readme/picture.py          # with the extra `test`; writes tests/readme/report.png and figure.png

What is photographed was made by README's first command, which asks no model, and by `asyncgeo report`.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support.chromium import browsing  # noqa: E402

FOLDER: Final = ROOT / "tests" / "readme"
PROBLEM: Final = "82"


def main() -> None:
    """Run, report, and photograph."""
    with tempfile.TemporaryDirectory() as folder:
        for arguments in (("run",), ("report", "--output", "report.html")):
            subprocess.run([sys.executable, "-m", "asyncgeo", *arguments], cwd=folder, check=True)
        asyncio.run(photograph(Path(folder) / "report.html"))


async def photograph(path: Path) -> None:
    """The top of the page, and the panel of a problem."""
    async with browsing() as page:
        await page.look(width=1100, height=760)
        await page.visit(path.as_uri())
        (FOLDER / "report.png").write_bytes(await page.picture())
        await page.visit("about:blank")
        await page.visit(f"{path.as_uri()}#problem={PROBLEM}")
        (FOLDER / "figure.png").write_bytes(await page.picture())


if __name__ == "__main__":
    main()
