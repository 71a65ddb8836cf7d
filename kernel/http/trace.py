"""W3C Trace Context: one id through a whole request, in and out (STANDARDS.md 1.2).

version "-" trace-id "-" parent-id "-" trace-flags      https://www.w3.org/TR/trace-context/#traceparent-header
key "=" value *( "," key "=" value )                     https://www.w3.org/TR/trace-context/#tracestate-header
A "not sampled" flag is passed on and suppresses nothing here; a flag that level 1 does not know is not passed on.
"""

import re
import secrets
from collections.abc import Sequence
from contextvars import ContextVar, Token
from dataclasses import dataclass

_HEADER = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_MEMBER = re.compile(r"[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]")
MEMBERS_MAX, STATE_MAX = 32, 512  # section 3.3.1.5: so much at least is passed on; what is longer we leave out
_SAMPLED = 1  # section 3.2.2.5: the one flag of level 1


@dataclass(frozen=True)
class Trace:
    """Where we are: `trace_id` 32 hexadecimal digits, `span_id` and `parent_span_id` 16 (parent "" at the root). state:
    what others told each other along this trace; passed on, never read."""

    trace_id: str
    span_id: str
    parent_span_id: str = ""
    flags: str = "01"
    state: str = ""

    def header(self) -> str:
        """What goes out: our span is the parent of whoever answers."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    def headers(self) -> dict[str, str]:
        """All that goes out."""
        return {"traceparent": self.header()} | ({"tracestate": self.state} if self.state else {})


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def read_traceparent(header: str | None, state: Sequence[str] = ()) -> Trace:
    """A new span under the caller's, or a new trace when there is none or it is ill-formed. Never raises. state: the
    tracestate headers that came along; without a good parent they say nothing."""
    match = _HEADER.fullmatch(header) if header else None
    if match is None or (match[1] == "00" and match[5]):  # version 00 has exactly four parts
        drawn = secrets.token_hex(24)
        return Trace(drawn[:32], drawn[32:])
    flags = f"{int(match[4], 16) & _SAMPLED:02x}"
    return Trace(match[2], secrets.token_hex(8), match[3], flags, _read_state(state))


def _read_state(headers: Sequence[str]) -> str:
    """As one header, "" when a member is ill-formed, named twice, or it is too much."""
    members = [member.strip(" \t") for header in headers for member in header.split(",")]
    members = [member for member in members if member]
    keys = {member.partition("=")[0] for member in members}
    said = ",".join(members)
    well = len(keys) == len(members) <= MEMBERS_MAX and len(said) <= STATE_MAX
    return said if well and all(map(_MEMBER.fullmatch, members)) else ""


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
