"""The price of a model; tokens → USD; and a budget that is never overspent by requests in flight.

In: settings, a model's name, tokens. Out: a `Quote`, USD. A `Budget` holds a reservation for each request on its way,
at the most it can cost, and settles it by what was billed. It knows no network; it owns the waiting for a reservation.

A price is taken from [prices] in config.toml, else, at OpenAI's own address, from the snapshot in the wheel of
genai-prices. Where either lacks the price of a half-price service, a dated factor of ours stands in; without one the
standard price is reserved.
"""

import asyncio
import functools
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol, get_args

from asyncgeo.config import Api, ModelPrice, Price, Settings, at_openai
from asyncgeo.errors import BudgetReached, ConfigError
from asyncgeo.llm.models import undated
from asyncgeo.schema.records import Service, Tokens

_PER: Final = 1_000_000
"""Prices are per this many tokens."""


class Factor(NamedTuple):
    """What a service costs against the standard price, where that was read, and when."""

    value: float
    source: str
    date: str


_FACTORS: Final[dict[Service, Factor]] = {
    "flex": Factor(0.5, "developers.openai.com/api/docs/pricing", "2026-11-30"),
    "batch": Factor(0.5, "developers.openai.com/api/docs/pricing", "2026-11-30"),
}
"""OpenAI's, for every model that has the service."""

_CONTEXTS: Final[dict[Service, dict[str, str]]] = {
    "standard": {},
    "flex": {"service_tier": "flex"},
    "batch": {"processing": "batch"},
}
"""What genai-prices calls a service."""


class Quote(NamedTuple):
    """What a model costs in a service; `source` says where that is from, with its version or date.

    `full`: no price of the service is known, and this is the standard one.
    """

    price: Price
    source: str
    full: bool = False


def quote(settings: Settings, model: str, service: Service = "standard") -> Quote | None:
    """The price of a model at the settings' address, None where none is known.

    An endpoint may answer `gpt-6-luna` as `gpt-6-luna-2026-09-22`; its price is that of the name without the date.
    """
    names, is_openai = (model, undated(model)), at_openai(settings.api)
    for name in names:
        if (own := settings.prices.get(name)) is not None:
            return _own(own, settings.origin(f"prices.{name}"), service, is_openai)
    return next(filter(None, (_listed(name, service) for name in names)), None) if is_openai else None


def service_of(api: Api) -> Service:
    """The service that a run asks for."""
    return "flex" if api.service_tier == "flex" else "standard"


Tariff = Mapping[Service, Price]
"""The price of one model in each service."""


def tariff(settings: Settings, model: str) -> Tariff | None:
    """The model's prices, None where none is known."""
    quotes = {service: quote(settings, model, service) for service in get_args(Service)}
    return {service: found.price for service, found in quotes.items() if found is not None} or None


def _own(own: ModelPrice, origin: str, service: Service, is_openai: bool) -> Quote:  # noqa: FBT001
    """By [prices]."""
    source = "config.toml" if origin == "default" else origin
    given = {"standard": own, "flex": own.flex, "batch": own.batch}[service]
    if given is not None:
        return Quote(given, source)
    return _reckoned(own, source, service) if is_openai else Quote(own, f"{source}, standard price", full=True)


def _reckoned(standard: Price, source: str, service: Service) -> Quote:
    """A service's price by our factor."""
    factor = _FACTORS[service]
    price = Price(
        standard.input * factor.value,
        standard.cached_input * factor.value,
        standard.output * factor.value,
        None if standard.cache_write is None else standard.cache_write * factor.value,
    )
    return Quote(price, f"{source} × {factor.value:g} ({service}; {factor.source}, {factor.date})")


@functools.cache
def _listed(model: str, service: Service) -> Quote | None:
    """By genai-prices, whose import takes as long as the whole program's."""
    import genai_prices  # noqa: PLC0415

    source = f"genai-prices {genai_prices.__version__}"
    try:
        found = genai_prices.calc_price(
            genai_prices.Usage(), model, provider_id="openai", price_context=_CONTEXTS[service]
        )
    except LookupError:
        return None
    if (price := _price(found.model_price)) is None:
        return None
    variants = found.model.price_variants
    if service == "standard" or any(_CONTEXTS[service] == each.when for each in variants or ()):
        return Quote(price, source)
    return Quote(price, f"{source}, standard price", full=True) if variants else _reckoned(price, source, service)


def _price(listed: Any) -> Price | None:
    """A `genai_prices.ModelPrice`; one that rises with the length of a prompt is at its lowest step for ours."""
    names = ("input_mtok", "cache_read_mtok", "output_mtok", "cache_write_mtok")
    found = (getattr(listed, name, None) for name in names)
    read, cached, written, write = (each if each is None else float(getattr(each, "base", each)) for each in found)
    return None if read is None or written is None else Price(read, read if cached is None else cached, written, write)


_BEYOND: Final = 4
"""More tokens than this multiple of what was expected, and than `_SLACK` above it, were never used."""
_SLACK: Final = 10_000
"""Tokens; an estimate of a short request may be wrong by any factor, as by a server's own long template."""


def cost(price: Price, tokens: Tokens) -> float:
    """USD for tokens billed, never below zero: at most the whole input is cached."""
    read, answered = max(0, tokens.input), max(0, tokens.output)
    cached = max(0, min(tokens.cached, read))
    kept = max(0, min(tokens.cache_write, read - cached))
    plain = (read - cached - kept) * price.input + kept * _write(price)
    return (plain + cached * price.cached_input + answered * price.output) / _PER


def _write(price: Price) -> float:
    return price.input if price.cache_write is None else price.cache_write


def believed(usage: Tokens | None, most: Tokens) -> Tokens | None:
    """The usage that a reply names, None where it names none or one that cannot be; `most` is what was expected."""
    if usage is None or not _can_be(usage.input, most.input) or not _can_be(usage.output, most.output):
        return None
    cached = max(0, min(usage.cached, usage.input))
    kept, thought = max(0, min(usage.cache_write, usage.input - cached)), max(0, min(usage.reasoning, usage.output))
    return Tokens(usage.input, cached, usage.output, kept, thought)


def _can_be(told: int, expected: int) -> bool:
    return 0 <= told <= _BEYOND * expected + _SLACK


def ceiling(price: Price, input_tokens: int, output_tokens: int) -> float:
    """USD that a request can cost at most: nothing read from the cache, the answer as long as it may be."""
    return (input_tokens * max(price.input, _write(price)) + output_tokens * price.output) / _PER


class Allowance(NamedTuple):
    """What may be spent: in the folder by all its runs, or with `alone` by this start only."""

    usd: float
    alone: bool = False


def allowance(value: float | str) -> Allowance:
    """A number for the folder, the text "+2" for this start alone. Raises ValueError when it is neither."""
    alone = isinstance(value, str) and value.startswith("+")
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    usd = float(value) if alone or is_number else math.nan
    if not 0 <= usd < math.inf:
        raise ValueError(value)
    return Allowance(usd, alone)


class Account(Protocol):
    """What other runs of the folder leave to this one (`ledger.Ledger`)."""

    others: float

    def covers(self, need: float, limit: float, *, alone: bool) -> bool:
        """Whether this run may spend `need` in all. Raises BudgetReached."""
        ...


def budget(
    model: str, tariff: Tariff | None, limit: Allowance | None, account: Account | None = None
) -> "Budget | None":
    """The budget of a run, None without a limit. Raises ConfigError where the price of the model is not known."""
    if limit is None:
        return None
    if tariff is None:
        raise ConfigError(
            f"A budget needs the price of the model, and none is known for {model!r}.",
            f'Add [prices."{model}"] with input, cached_input and output to config.toml.',
        )
    return Budget(tariff, limit.usd, account=account, alone=limit.alone)


@dataclass(slots=True)
class Hold:
    """The reservation of one request, in USD; given back exactly once by `Budget.settle`."""

    amount: float
    open: bool = True


@dataclass(slots=True)
class Budget:
    """USD a run may spend: spent + held + next must fit, or the next waits; with nothing held, the budget is reached.

    Waiting matters: a reservation is several times the usual bill, and a budget must not end a run with most of
    it still held by requests in flight.
    """

    tariff: Tariff
    limit: float
    spent: float = 0.0
    held: float = 0.0
    account: Account | None = None
    alone: bool = False  # the limit is this run's, whatever was spent in the folder
    _holds: int = 0
    _waiting: deque[tuple[float, asyncio.Future[Hold]]] = field(default_factory=deque)

    def most(self, input_tokens: int, output_tokens: int) -> float:
        """USD that a request can cost at most: a half-price tier that is asked for may answer at the standard one."""
        return ceiling(self.tariff["standard"], input_tokens, output_tokens)

    def cost(self, tokens: Tokens, service: Service) -> float:
        """USD for tokens billed in a service."""
        return cost(self.tariff[service], tokens)

    async def reserve(self, amount: float) -> Hold:
        """A hold on `amount`, in order of asking. Raises BudgetReached when it will never fit."""
        if not self._waiting and self._fits(amount):
            return self._take(amount)
        turn: asyncio.Future[Hold] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, turn))
        self._pass_on()
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.exception() is None:
                self.settle(turn.result(), 0.0)
            self._pass_on()
            raise

    def settle(self, hold: Hold, billed: float) -> None:
        """Replace the hold by what was billed; a second time does nothing."""
        if not hold.open:
            return
        hold.open = False
        self._holds -= 1
        self.held = self.held - hold.amount if self._holds else 0.0
        self.spent += billed
        self._pass_on()

    def _pass_on(self) -> None:
        """Serve those who wait, as far as the budget goes; where nothing is held any more, none waits."""
        while self._waiting:
            amount, turn = self._waiting[0]
            if not turn.done():
                try:
                    fits = self._fits(amount)
                except BudgetReached as error:
                    turn.set_exception(error)
                else:
                    if not fits and self._holds:
                        return
                    self._answer(turn, amount, fits=fits)
            self._waiting.popleft()

    def _answer(self, turn: asyncio.Future[Hold], amount: float, *, fits: bool) -> None:
        if fits:
            turn.set_result(self._take(amount))
        else:
            turn.set_exception(self._reached(amount))

    def _take(self, amount: float) -> Hold:
        self._holds += 1
        self.held += amount
        return Hold(amount)

    def _fits(self, amount: float) -> bool:
        need = self.spent + self.held + amount
        return need <= self.limit if self.account is None else self.account.covers(need, self.limit, alone=self.alone)

    def _reached(self, amount: float) -> BudgetReached:
        others = 0.0 if self.account is None else self.account.others
        whose = " for this start" if self.alone else ""
        return BudgetReached(
            f"The budget of ${self.limit:.2f}{whose} is reached: this run has spent ${self.spent:.4f}, all others of "
            f"the folder ${others:.4f}, and the next request may cost ${amount:.4f}.",
            "Go on with a higher --budget, which covers all that the folder has spent and will, or with --budget +N "
            "for N USD more; what is finished is kept.",
        )
