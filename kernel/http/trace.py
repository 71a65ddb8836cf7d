"""W3C Trace Context: one id through a whole request, in and out (STANDARDS.md 1.2).

version "-" trace-id "-" parent-id "-" trace-flags      https://www.w3.org/TR/trace-context/#traceparent-header
A "not sampled" flag is passed on and suppresses nothing here.
"""

import re
import secrets
from contextvars import ContextVar, Token
from dataclasses import dataclass

_HEADER = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


@dataclass(frozen=True)
class Trace:
    """Where we are: `trace_id` 32 hexadecimal digits, `span_id` and `parent_span_id` 16 (parent "" at the root)."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    flags: str = "00"

    def header(self) -> str:
        """What goes out: our span is the parent of whoever answers."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def read_traceparent(header: str | None) -> Trace:
    """A new span under the caller's, or a new trace when there is none or it is ill-formed. Never raises."""
    match = _HEADER.fullmatch(header or "")
    if match is None or (match[1] == "00" and match[5]):  # version 00 has exactly four parts
        return Trace(secrets.token_hex(16), secrets.token_hex(8))
    return Trace(match[2], secrets.token_hex(8), match[3], match[4])


def enter_trace(trace: Trace) -> Token[Trace | None]:
    """From here on, in this task and those it starts, `current_trace` is this one. Undo with `leave_trace`."""
    return _current.set(trace)


def leave_trace(token: Token[Trace | None]) -> None:
    """Back to what it was."""
    _current.reset(token)


def current_trace() -> Trace:
    """The trace of this request; outside a request (sweepers, feeds) a new one, kept for the rest of the task."""
    trace = _current.get()
    if trace is None:
        trace = read_traceparent(None)
        _current.set(trace)
    return trace
