"""How many messages wait, and how many were given up, for whoever operates this."""

from prometheus_client import CollectorRegistry, Gauge, generate_latest


class Counted:
    """Of one process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._messages = Gauge(
            "regie_messages", "Messages to residents that did not arrive.", ["tenant", "state"], registry=self._registry
        )

    def set(self, tenant: str, state: str, many: int) -> None:
        """state: `wacht`, or `dood` for what was given up in the last month."""
        self._messages.labels(tenant, state).set(many)

    def text(self) -> str:
        """In Prometheus' own format."""
        return generate_latest(self._registry).decode()
