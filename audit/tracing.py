"""Every line is a span of its own (LDV: a trace per processing, a span per act). Pure, but for the span's random id.

A line's trace goes beside its entry: no event is copied for it.
"""

from collections.abc import Callable, Sequence
from secrets import token_hex

from audit.event import Entry, Trace

Now = Callable[[], Trace]
"""The span in which we are: of a request, or of a round of our own."""


def traces(entries: Sequence[Entry], now: Now) -> list[Trace]:
    """Under which these are recorded: one that was given no trace becomes a child of the present span."""
    return [entry.event.trace or child(now()) for entry in entries]


def child(parent: Trace) -> Trace:
    """A new span under this one, in the same trace."""
    return Trace(trace_id=parent.trace_id, span_id=token_hex(8), parent_span_id=parent.span_id)
