"""How often an application came with a token that no longer holds, because somebody stopped it or its key.

A number and an event for whoever operates this, and no line: a line of a refusal stands in a resident's series, and who
may not come in is not asked about whom. To open its question for that would let an application that was stopped write
in the log about whom it likes. The stop itself is a line.
"""

from prometheus_client import CollectorRegistry, Counter, generate_latest

from kernel.logs import logger
from kernel.standing import Holder

_log = logger("consent.tokens")


class RefusedTokens:
    """Of one process. Its names are those of tokens that were signed here: nobody can invent any."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._refused = Counter(
            "regie_tokens_ended", "Looks at a token that was ended before its time.", ["tenant", "application"],
            registry=self._registry,
        )  # fmt: skip

    def add(self, who: Holder) -> None:
        """One more look; requests within two seconds of it share it (kernel.standing)."""
        self._refused.labels(who.tenant, who.application).inc()
        _log.warning("ended_token_shown", tenant=who.tenant, application=who.application)

    def text(self) -> str:
        """In Prometheus' own format."""
        return generate_latest(self._registry).decode()
