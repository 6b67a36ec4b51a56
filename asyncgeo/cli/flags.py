"""The flags that several commands share: their names, types and help, and which settings they override.

What a flag takes is called N, DIR, FILE, URL, NAME, USD or SECONDS, or is the choice itself.
"""

from pathlib import Path
from typing import Annotated, Literal

import typer

InputDir = Annotated[
    str | None,
    typer.Option(
        "--input-dir",
        "-i",
        metavar="DIR",
        help="Folder of `<id>.json`, or one `.jsonl` file.  [default: data-5/GeoQA3/json; without it, a key and a base "
        "URL, the bundled sample]",
    ),
]
OutputDir = Annotated[
    str | None, typer.Option("--output-dir", "-o", metavar="DIR", help="The run's folder.  [default: ground_truth]")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings.  [default: ./config.toml, if there]")
]
StartFlag = Annotated[
    int | None, typer.Option("--start", min=0, metavar="N", help="First position in numeric file order, inclusive.")
]
End = Annotated[int | None, typer.Option("--end", min=0, metavar="N", help="Last position, exclusive.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N pending problems: a small test.")
]
Model = Annotated[str | None, typer.Option("--model", metavar="NAME", help="The model.  [default: gpt-6-luna]")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="An OpenAI-compatible endpoint.  [default: OpenAI's]")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Rules answer, no model. On when there is neither key nor base URL.")
]
Flex = Annotated[
    bool | None,
    typer.Option(
        "--flex/--no-flex", help="Half price: answers come when there is capacity.  [default: api.service_tier]"
    ),
]
Rpm = Annotated[str | None, typer.Option("--rpm", metavar="N|auto", help="Requests per minute.")]
Tpm = Annotated[str | None, typer.Option("--tpm", metavar="N|auto", help="Tokens per minute.")]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", metavar="N", help="Requests in flight, at most.  [default: 1000]")
]
LatencyFlag = Annotated[
    float, typer.Option("--latency", min=0, metavar="SECONDS", help="Median time from a request to its answer.")
]
Jitter = Annotated[
    float, typer.Option("--jitter", min=0, metavar="N", help="Spread of the latency: sigma of a lognormal.")
]
Faults = Annotated[
    str, typer.Option("--faults", metavar="NAME=N,…", help="Shares of faults: `429=0.02,500=0.01,reset=0.005`.")
]
Headers = Annotated[
    bool, typer.Option("--headers/--no-headers", help="Whether replies name the limits.  [default: headers]")
]
BatchSeconds = Annotated[
    float, typer.Option("--batch-seconds", min=0, metavar="SECONDS", help="How long a simulated batch takes.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
PackSize = Annotated[
    int | None,
    typer.Option(
        "--pack", min=1, metavar="N", help="Problems per request, each judged alone: 6 cost a quarter of 6 requests."
    ),
]
Wait = Annotated[
    float | None,
    typer.Option(
        "--wait",
        min=0,
        metavar="SECONDS",
        help="How long an endpoint that has never answered is waited for: one that is still starting.  [default: 10]",
    ),
]
Show = Annotated[int, typer.Option("--show", min=0, metavar="N", help="How many to show in full.")]
ProcessesFlag = Annotated[
    int | None, typer.Option("--processes", min=1, metavar="N", help="In N processes.  [default: one a core]")
]
OnlyFlag = Annotated[
    Literal["drawable", "right"] | None,
    typer.Option(
        "--only", help="By `asyncgeo verify`: no parse that contradicts itself; or those that lead to their key."
    ),
]
SplitFlag = Annotated[
    str | None,
    typer.Option("--split", metavar="NAME=N,…", help="One file a part, by a hash of the id: `train=0.8,test=0.2`."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", help="Another seed, another split.")]
OldOutput = Annotated[Path | None, typer.Option("--output", hidden=True)]
"""`--to` until 0.2."""
