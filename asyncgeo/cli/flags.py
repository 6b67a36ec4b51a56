"""The flags that several commands share: their names, types and help, and which settings they override."""

from pathlib import Path
from typing import Annotated

import typer

InputDir = Annotated[
    str | None,
    typer.Option(
        "--input-dir",
        "-i",
        metavar="DIR",
        help="Folder of `<id>.json`, or one `.jsonl` file.  [default: data-5/GeoQA3/json; without it, a key "
        "and a base URL, the bundled sample]",
    ),
]
OutputDir = Annotated[
    str | None, typer.Option("--output-dir", "-o", metavar="DIR", help="Shards and dataset.  [default: ground_truth]")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings.  [default: ./config.toml if there]")
]
StartFlag = Annotated[
    int | None, typer.Option("--start", min=0, help="First position in numeric file order, inclusive.")
]
End = Annotated[int | None, typer.Option("--end", min=0, help="Last position, exclusive.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first N pending problems: a small test.")
]
Model = Annotated[str | None, typer.Option("--model", help="Model name.  [default: gpt-6-luna]")]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", metavar="URL", help="Any OpenAI-compatible endpoint.  [default: OpenAI's]")
]
Offline = Annotated[
    bool,
    typer.Option("--offline", help="The embedded rule reader, no model. On when there is neither key nor base URL."),
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
LatencyFlag = Annotated[float, typer.Option("--latency", min=0, metavar="S", help="Median seconds to an answer.")]
Reckoned = Annotated[
    float | None,
    typer.Option(
        "--latency", min=0, metavar="S", help="Seconds to an answer; else as the output folder's last ones, else 5."
    ),
]
Check = Annotated[bool, typer.Option("--check", help="Ask the endpoint whether it serves the model; costs nothing.")]
Jitter = Annotated[float, typer.Option("--jitter", min=0, metavar="X", help="Spread of the latency (lognormal).")]
Faults = Annotated[
    str, typer.Option("--faults", metavar="MIX", help="Shares of faults: `429=0.02,500=0.01,reset=0.005`.")
]
Headers = Annotated[bool, typer.Option("--headers/--no-headers", help="Whether replies name the limits.")]

BatchSeconds = Annotated[
    float, typer.Option("--batch-seconds", min=0, metavar="S", help="Seconds that a simulated batch takes.")
]

Json = Annotated[bool, typer.Option("--json", help="JSON for scripts.")]

PackSize = Annotated[
    int | None,
    typer.Option(
        "--pack", min=1, metavar="N", help="Problems per request, each judged alone: 6 cost a quarter of 6 requests."
    ),
]

VerifyFlag = Annotated[
    bool | None,
    typer.Option("--verify/--no-verify", help="Draw each parse as it arrives, ask again about contradictions."),
]
ReviewFlag = Annotated[
    bool,
    typer.Option(
        "--review", help="--verify, and ask again where the key, or what the rules read in the text, disputes a parse."
    ),
]
KeepRaw = Annotated[
    bool | None, typer.Option("--keep-raw/--no-keep-raw", help="Keep each answer as it came, for `asyncgeo reparse`.")
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
