"""What Prometheus is told of sources: how often each answered and how not, per municipality, never of people."""

from prometheus_client import CollectorRegistry, Counter, generate_latest

from audit.contract import Overtaken
from connectors.contract import SourceDown
from connectors.outside.failing import SourceFailed
from vault.contract import Values

ANSWERED, LATE, NOT_ASKED, BROKE = "geantwoord", "te-laat", "niet-gevraagd", "fout"


class SourceMetrics:
    """Of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._questions = Counter(
            "regie_source_questions", "What became of what a source should give of one resident, by how.",
            ["tenant", "source", "answer"], registry=self._registry,
        )  # fmt: skip
        self._misshapen = Counter(
            "regie_source_values_unreadable", "Values in another form than that of their element, not passed on.",
            ["tenant", "source", "element"], registry=self._registry,
        )  # fmt: skip

    def misshapen(self, tenant: str, source: str, element: str) -> None:
        """One value more that was not passed on."""
        self._misshapen.labels(tenant, source, element).inc()

    def told(self, tenant: str, source: str, outcome: Values | Exception) -> None:
        """One more. A record that was replaced meanwhile is an answer."""
        self._questions.labels(tenant, source, how(outcome)).inc()

    def text(self) -> str:
        """In Prometheus' own format."""
        return generate_latest(self._registry).decode()


def how(outcome: Values | Exception) -> str:
    """In one word: as `source_failed` has it in the operations log, where the source was asked and failed."""
    if isinstance(outcome, Values | Overtaken):
        return ANSWERED
    if isinstance(outcome, SourceFailed):
        return outcome.why
    if isinstance(outcome, TimeoutError):
        return LATE
    return NOT_ASKED if isinstance(outcome, SourceDown) else BROKE
