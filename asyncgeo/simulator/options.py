"""How an endpoint behaves: its limits, its speed, its faults. Values only."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from asyncgeo.errors import ConfigError
from asyncgeo.simulator.faults import check_mix


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Everything about an endpoint that is fixed while it runs, and the limits it starts with.

    Attributes:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        api_key: the key that requests must carry; None takes any.
        models: the models that may be asked for; None takes any. The reply names asyncgeo-rules all the same.
        shutdown: the day on which a model ends ("2027-01-14"), by its name.
        knows: the response formats the server knows beside plain text; the others are refused with 400.
        rpm: requests per minute; None enforces no limit.
        tpm: tokens per minute; a request is charged max(max_completion_tokens, tokens of its messages) on arrival.
        burst: seconds' worth of a limit that may come at once; 60 is a whole minute's.
        headers: whether replies tell of the limits (`x-ratelimit-*`, `retry-after`).
        latency: median seconds from request to answer.
        jitter: spread of the latency: of its logarithm (lognormal), or as a share of it (uniform).
        spread: the distribution of the latency.
        slots: requests answered at the same time; others wait. None: all.
        queue: requests that may wait for a slot; with more the reply is 503. None: any number.
        faults: share of requests for each fault by name.
        seed: what faults and latencies are drawn from.
        quota: requests until the account is out of money; None is never.
        canned: answer every request at once with the same parse; no rules, no limits: for measuring clients.
        batches: whether there is a Batch API.
        batch_seconds: from the making of a batch to its end.
        enqueued: prompt tokens that batches may hold together; one more fails with `token_limit_exceeded`.
    """

    host: str = "127.0.0.1"
    port: int = 0
    api_key: str | None = None
    models: Collection[str] | None = None
    shutdown: Mapping[str, str] = field(default_factory=dict)
    knows: Collection[str] = ("json_schema", "json_object")
    rpm: float | None = None
    tpm: float | None = None
    burst: float = 1.0
    headers: bool = True
    latency: float = 0.0
    jitter: float = 0.0
    spread: Literal["lognormal", "uniform"] = "lognormal"
    slots: int | None = None
    queue: int | None = None
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    quota: int | None = None
    canned: bool = False
    batches: bool = True
    batch_seconds: float = 5.0
    enqueued: int | None = None

    def __post_init__(self) -> None:
        check_mix(self.faults)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and value < least:
                raise ConfigError(f"The endpoint's {name} is {value:g}; it must be at least {least:g}.")


_LEAST: Final[Mapping[str, float]] = {
    "rpm": 1,
    "tpm": 1,
    "burst": 0.01,  # s
    "latency": 0,
    "jitter": 0,
    "slots": 1,
    "queue": 0,
    "quota": 0,
    "batch_seconds": 0,
    "enqueued": 1,
}
