"""`asyncgeo tune`: its flags."""

from typing import Annotated

import typer

from asyncgeo.cli.flags import BaseUrl, ConfigFile, Json, Model, Wait
from asyncgeo.run.overrides import overrides


def tune(
    *,
    model: Model = None,
    base_url: BaseUrl = None,
    wait: Wait = None,
    write: Annotated[bool, typer.Option("--write", help="Put the advice into config.toml; comments stay.")] = False,
    as_json: Json = False,
    config: ConfigFile = None,
) -> None:
    """Ask one small question, and recommend limits for the account that answered.

    Examples:
        asyncgeo tune
        asyncgeo tune --write    # puts them into config.toml

    --json prints one object: limits, as they are called in config.toml; why, a list of sentences; written, the file.
    """
    from asyncgeo.cli.tune import tune as start_tune  # noqa: PLC0415  late, so that --help is quick

    start_tune(overrides(model=model, base_url=base_url, wait=wait), config, write=write, as_json=as_json)
