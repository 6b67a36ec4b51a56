"""What each worker sees of the limits → what the run as a whole sees.

In: the views of the workers. Out: one view. Pure.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from asyncgeo.llm.limits import Bound, View

NOTHING = View(
    requests_limit=None,
    tokens_limit=None,
    requests_used=0.0,
    tokens_used=0.0,
    slots=0,
    in_use=0,
    in_flight=0,
    waiting=0,
    cool_down=0.0,
    share=1.0,
    refusals=0,
    cuts=0,
    binds=Bound.NOTHING,
    bound={},
)
"""Before the first worker is there."""


def together(views: Sequence[View], share: float = 1.0) -> View:
    """One view: what is used adds up, the limit is the whole one; `share` is the part of it that is this run's."""
    if not views:
        return NOTHING
    bound: Counter[Bound] = Counter()
    for view in views:
        bound.update(view.bound)
    return View(
        requests_limit=_whole(views, lambda view: view.requests_limit, share),
        tokens_limit=_whole(views, lambda view: view.tokens_limit, share),
        requests_used=sum(view.requests_used for view in views),
        tokens_used=sum(view.tokens_used for view in views),
        slots=sum(view.slots for view in views),
        in_use=sum(view.in_use for view in views),
        in_flight=sum(view.in_flight for view in views),
        waiting=sum(view.waiting for view in views),
        cool_down=max(view.cool_down for view in views),
        share=share,
        refusals=sum(view.refusals for view in views),
        cuts=sum(view.cuts for view in views),
        binds=Counter(view.binds for view in views).most_common(1)[0][0],
        bound=bound,
    )


def demand(view: View, *, hungry: bool) -> float:
    """The share of the whole limit that a worker could use: all there is where it waits for leave to send."""
    if hungry:
        return 1.0
    pairs = ((view.requests_used, view.requests_limit), (view.tokens_used, view.tokens_limit))
    return min(1.0, view.share * max(used / limit if limit else 0.0 for used, limit in pairs))


def _whole(views: Sequence[View], of: Callable[[View], float | None], share: float) -> float | None:
    """The limit of all, from the worker that holds the largest part of it: the others may not have learned it yet."""
    known = [(view.share, limit / view.share * share) for view in views if (limit := of(view)) is not None]
    return max(known)[1] if known else None
