"""What Prometheus is told of bulk: numbers per municipality, never of people."""

from prometheus_client import CollectorRegistry, Counter, generate_latest


class BulkMetrics:
    """Of this process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._residents = Counter(
            "regie_bulk_residents", "Residents of bulk jobs with an answer, by what it was.", ["tenant", "result"],
            registry=self._registry,
        )  # fmt: skip

    def told(self, tenant: str, result: str, count: int) -> None:
        """So many more."""
        self._residents.labels(tenant, result).inc(count)

    def text(self) -> str:
        """In Prometheus' own format."""
        return generate_latest(self._registry).decode()
