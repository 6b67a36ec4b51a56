"""Tokens → USD, and a budget that is never overspent by requests in flight.

In: a model's price, tokens. Out: USD. A `Budget` holds a reservation for each request on its way, at the most it
can cost, and settles it by what was billed. It knows no network; it owns the waiting for a reservation.
"""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from asyncgeo.config import Price
from asyncgeo.errors import BudgetReached, ConfigError
from asyncgeo.schema.records import Tokens

_PER: Final = 1_000_000
"""Prices are per this many tokens."""


_BEYOND: Final = 4
"""More tokens than this multiple of what was expected, and than `_SLACK` above it, were never used."""
_SLACK: Final = 10_000
"""Tokens; an estimate of a short request may be wrong by any factor, as by a server's own long template."""


def cost(price: Price, tokens: Tokens) -> float:
    """USD for tokens billed, never below zero: at most the whole input is cached."""
    read, cached, written = max(0, tokens.input), max(0, min(tokens.cached, tokens.input)), max(0, tokens.output)
    return ((read - cached) * price.input + cached * price.cached_input + written * price.output) / _PER


def believed(usage: Tokens | None, most: Tokens) -> Tokens | None:
    """The usage that a reply names, None where it names none or one that cannot be; `most` is what was expected."""
    if usage is None or min(usage.input, usage.output) < 0:
        return None
    if any(
        told > _BEYOND * expected + _SLACK
        for told, expected in ((usage.input, most.input), (usage.output, most.output))
    ):
        return None
    return Tokens(usage.input, max(0, min(usage.cached, usage.input)), usage.output)


def ceiling(price: Price, input_tokens: int, output_tokens: int) -> float:
    """USD that a request can cost at most: nothing cached, the answer as long as it may be."""
    return (input_tokens * price.input + output_tokens * price.output) / _PER


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


def budget(model: str, price: Price | None, limit: Allowance | None, account: Account | None = None) -> "Budget | None":
    """The budget of a run, None without a limit. Raises ConfigError where the price of the model is not known."""
    if limit is None:
        return None
    if price is None:
        raise ConfigError(
            f"A budget needs the price of the model, and none is known for {model!r}.",
            f'Add [prices."{model}"] with input, cached_input and output to config.toml.',
        )
    return Budget(price, limit.usd, account=account, alone=limit.alone)


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

    price: Price
    limit: float
    spent: float = 0.0
    held: float = 0.0
    account: Account | None = None
    alone: bool = False  # the limit is this run's, whatever was spent in the folder
    _holds: int = 0
    _waiting: deque[tuple[float, asyncio.Future[Hold]]] = field(default_factory=deque)

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
