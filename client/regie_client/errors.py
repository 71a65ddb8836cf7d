"""What can go wrong, and what to do then. No text here holds data of a resident, a token or a key.

RegieError
├── NotConfigured   a setting cannot be right: found at the start
├── CannotReach     no answer, or a broken one; `sent`: it may have arrived all the same
├── Unusable        an answer that is too large, of another kind, or not as agreed
├── TokenRefused    Regie gives this application no token for this; `code` of RFC 6749 section 5.2
├── Problem         Regie says no, and why (RFC 9457)
│   └── NotReleased     every element was refused; `refused` tells which and why
├── NoReceipt       data came, and no valid proof that the log holds the line: the data is withheld
├── NotGenuine      a webhook, a receipt of a consent or a status list that is not from this house, too old, or changed
└── Repeated        a webhook that was handled before: answer 204, and do nothing
"""

from collections.abc import Sequence

from regie_client.messages import Fault, LineRef, ProblemBody, RefusedElement


class RegieError(Exception):
    """Everything that this package raises."""


class NotConfigured(RegieError):
    """The text says which setting, never its value when that is secret."""


class CannotReach(RegieError):
    """Try again later. sent: whether Regie may have received the question."""

    def __init__(self, sent: bool) -> None:
        super().__init__("Regie gave no whole answer in time" if sent else "Regie cannot be reached")
        self.sent = sent


class Unusable(RegieError):
    """Nothing of the answer is used. status: of HTTP."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(f"the answer cannot be used: {why} (status {status})")
        self.why, self.status = why, status


class TokenRefused(RegieError):
    """`invalid_scope`: the activity is not registered for this application; `invalid_target`: it has no role for this
    root (proofs need the role `logboek`); `invalid_client`, `invalid_dpop_proof`: the key is not known, or the clock is
    wrong."""

    def __init__(self, code: str, root: str) -> None:
        super().__init__(f"no token for /{root}: {code}")
        self.code, self.root = code, root


class Problem(RegieError):
    """code: of the closed list in docs/refusals.md, or of the door. detail, next_step: Dutch, to show to people. wait:
    seconds, where Regie asked for patience. line: where this answer itself stands in the log."""

    def __init__(self, status: int, said: ProblemBody, wait: int) -> None:
        told = [said.detail, *(f"{one.pointer}: {one.detail}" for one in said.faults[:10])]
        super().__init__(" ".join([f"{said.code} (status {status})", *filter(None, told)]))
        self.status, self.code, self.wait = status, said.code, wait
        self.detail, self.next_step = said.detail, said.next_step
        self.faults: Sequence[Fault] = said.faults
        self.line: LineRef | None = said.line


class NotReleased(Problem):
    """Nothing may be released. refused: in the order of the question."""

    def __init__(self, status: int, said: ProblemBody, wait: int) -> None:
        super().__init__(status, said, wait)
        self.refused: Sequence[RefusedElement] = said.refused


class NoReceipt(RegieError):
    """Treat the data as not received. reason: of the verifier (Dutch) or of this package. release_id, line: to tell the
    municipality's privacy officer, who should want to know."""

    def __init__(self, reason: str, release_id: str, line: LineRef) -> None:
        super().__init__(f"no valid receipt for line {line.index} of {line.log}: {reason}")
        self.reason, self.release_id, self.line = reason, release_id, line


class NotGenuine(RegieError):
    """The text says what did not fit, nothing of what was sent."""


class Repeated(RegieError):
    """The same event again: Regie sends at least once."""
