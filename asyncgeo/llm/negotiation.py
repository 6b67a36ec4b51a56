"""What the endpoint has refused to take, and how requests are written from now on.

In: each refusal with the `Turn` it answers, each answer. Out: the next turn. It owns the `Form` of the run; it sends
nothing and waits for nothing.

A member that is refused by name is left out for the rest of the run, the cap goes by its old name first. A format that
is refused as such is left for the next looser one. An error without an explanation (400, 422, 500) is taken to be about
the format only while nothing has been answered in it: that one request is asked in a looser format, and the run follows
when a request in the old one is refused even after a looser one was answered.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from msgspec.structs import replace

from asyncgeo.llm.formats import CAP, FORMAT, OLD_CAP, STREAM, TIER, Form, ResponseFormat
from asyncgeo.llm.outcomes import Action, Decision

_UNEXPLAINED: Final = ("bad_request", "server_error")
_ENOUGH: Final = 2
"""Requests that were refused in every format: then the format is not the reason, and others need not try."""


class Turn(NamedTuple):
    """How one request is written, and the formats in which anything had been answered when it was sent."""

    form: Form
    answered: frozenset[ResponseFormat] = frozenset()


class Next(NamedTuple):
    """What follows for a refused request: its own format, if not the run's; without a decision it is sent at once."""

    own: ResponseFormat | None
    decision: Decision | None = None


class Negotiation:
    """Learns the form of requests that an endpoint takes.

    Args:
        wanted: the format that was chosen, or "auto".
        capped: an answer must have a cap, for a budget relies on it.
        tier: the service tier to ask for, none where it is empty.
        without_tier: an endpoint that does not know the tier is asked without it.
        say: takes a sentence for each step, once.
    """

    def __init__(
        self,
        wanted: str,
        *,
        capped: bool = False,
        tier: str = "",
        without_tier: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._fixed = wanted != "auto"
        self._capped = capped
        self._without_tier = without_tier
        self._say = say
        self._answered: frozenset[ResponseFormat] = frozenset()
        self._refused_in_all = 0
        self.form = Form(ResponseFormat(wanted) if self._fixed else ResponseFormat.JSON_SCHEMA, tier=tier)

    def turn(self, own: ResponseFormat | None = None, *, without_tier: bool = False) -> Turn:
        """How the next request is written; `own` is the looser format that this one problem is asked in."""
        form = self.form._replace(tier="") if without_tier else self.form
        is_looser = own is not None and own.is_looser_than(form.format)
        return Turn(form._replace(format=own) if own is not None and is_looser else form, self._answered)

    def answered(self, turn: Turn) -> None:
        """A request was answered, with whatever: the endpoint takes its form."""
        if turn.form.format not in self._answered:
            self._answered |= {turn.form.format}

    def refused(self, decision: Decision, turn: Turn) -> Next:
        """What follows from an error: another form at once, or the decision, which may differ from the one given."""
        if decision.member == FORMAT:
            return self._loosen(decision, turn)
        if decision.member is not None:
            return Next(None, self._leave_out(decision.member, decision, turn))
        if decision.kind in _UNEXPLAINED and not self._fixed:
            return self._suspect_format(decision, turn)
        return Next(turn.form.format, decision)

    # members

    def _leave_out(self, member: str, decision: Decision, turn: Turn) -> Decision | None:
        if member == TIER and turn.form.tier:
            return self._leave_tier(decision)
        if self._cannot_do_without(member, turn):
            return replace(decision, action=Action.STOP)
        if member == STREAM:
            if not self.form.streamed:
                self.form = self.form._replace(streamed=True)
                self._say(f"the endpoint only streams; answers are streamed from now on ({decision.message})")
        elif member not in self.form.without:
            self.form = self.form._replace(without=self.form.without | {member})
            instead = f"; asking with {OLD_CAP} instead" if member == CAP else "; asking without it"
            self._say(f"the endpoint does not take {member}{instead} from now on ({decision.message})")
        return None

    def _leave_tier(self, decision: Decision) -> Decision | None:
        """A tier that is not there: asking without it costs more, so only where the person allowed it."""
        if not self._without_tier:
            return replace(decision, action=Action.STOP, kind="no_flex")
        if self.form.tier:
            self.form = self.form._replace(tier="")
            self._say(
                f"the endpoint has no flex tier for this model; asking at the standard price ({decision.message})"
            )
        return None

    def _cannot_do_without(self, member: str, turn: Turn) -> bool:
        """It was left out already and is refused all the same, or a budget relies on it."""
        if member == STREAM:
            return turn.form.streamed
        return member in turn.form.without or (member == OLD_CAP and CAP in self.form.without and self._capped)

    # formats

    def _loosen(self, decision: Decision, turn: Turn) -> Next:
        """A format refused as such: left by all, or by this request alone where others were answered in it."""
        sent, looser = turn.form.format, turn.form.format.looser
        if self._fixed or looser is None:
            return Next(None, replace(decision, action=Action.STOP, message=f"{sent}: {decision.message}"))
        if sent in self._answered:
            return Next(looser)
        self._step(sent, looser, decision)
        return Next(None)

    def _suspect_format(self, decision: Decision, turn: Turn) -> Next:
        """An error that may be about the format: ask in a looser one, and see."""
        sent, looser = turn.form.format, turn.form.format.looser
        if self.form.format.is_looser_than(sent):
            return Next(None)  # the run has left this format since
        if looser is None:
            self._refused_in_all += decision.kind == "bad_request" and bool(self.form.format.looser)
            return Next(None, decision)
        if sent in self._answered or self._refused_in_all >= _ENOUGH:
            return Next(None, decision)
        if any(form.is_looser_than(sent) for form in turn.answered):
            self._step(sent, looser, decision)
            return Next(None)
        return Next(looser, decision if decision.kind == "server_error" else None)

    def _step(self, sent: ResponseFormat, looser: ResponseFormat, decision: Decision) -> None:
        """The run leaves a format, once; requests that were on their way in it follow."""
        if self.form.format is sent:
            self.form = self.form._replace(format=looser)
            self._say(f"the endpoint does not take {sent}; asking for {looser} from now on ({decision.message})")
