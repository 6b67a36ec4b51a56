"""`asyncgeo tune`: prints what to put under `[limits]`, and with `--write` puts it into config.toml, comments kept."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import tomlkit
from rich.markup import escape
from tomlkit.exceptions import TOMLKitError

from asyncgeo import config
from asyncgeo.cli.status import write_object
from asyncgeo.cli.streams import SafeConsole
from asyncgeo.errors import ConfigError
from asyncgeo.run import tuning
from asyncgeo.run.overrides import Overrides


def tune(flags: Overrides, file: Path | None, *, write: bool, as_json: bool = False) -> None:
    """Ask once, print the advice, and write it where wanted. Raises UserError without an endpoint to ask."""
    settings = config.load(file, flags=flags)
    advice = asyncio.run(tuning.tune(settings, config.api_key()))
    path = file or Path(config.FILE_NAME)
    if as_json:
        if write:
            _write(path, advice.limits)
        write_object({"limits": advice.limits, "why": advice.why, "written": path if write else None})
        return
    console = SafeConsole(highlight=False, soft_wrap=True)
    for reason in advice.why:
        console.print(reason)
    console.print("\n\\[limits]")
    for name, value in advice.limits.items():
        console.print(f"{name} = {tomlkit.item(value).as_string()}")
    if write:
        _write(path, advice.limits)
        console.print(escape(f"\nWritten to {path}."))


def _write(path: Path, limits: Mapping[str, int | str]) -> None:
    """Put the values under `[limits]`; everything else in the file, comments too, stays as it is."""
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
        table = document.setdefault("limits", tomlkit.table())
        for name, value in limits.items():
            table[name] = value
        path.write_text(tomlkit.dumps(document), encoding="utf-8")
    except (OSError, TOMLKitError) as error:
        raise ConfigError(
            f"{path} cannot be changed: {error}.", "Put the lines above under [limits] yourself."
        ) from None
