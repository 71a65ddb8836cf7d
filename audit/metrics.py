"""What Prometheus is told of the logs: numbers per municipality, never of people.

Every service has a registry of its own, so that several fit in one process. Read at `/metrics`, on a door of its own.
"""

import time
from collections import Counter as Tally
from collections.abc import Iterator, Sequence
from functools import partial
from math import inf

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from audit.contract import Verdict
from audit.service import Desk
from kernel.clock import Clock, millis, utc_now

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)  # a release waits for its line; D is 2 seconds
ENTRIES = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # a batch holds 500 at most


class LogMetrics:
    """Watches the writers of these desks. `_signed`: size of the newest head, and when this process saw it first."""

    def __init__(self, desks: Sequence[Desk], clock: Clock = utc_now) -> None:
        self._desks, self._clock = desks, clock
        self._registry = CollectorRegistry()
        self._append = Histogram(
            "regie_log_append_seconds", "From handing an entry in to its answer.", ["tenant"], buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._batch = Histogram(
            "regie_log_batch_entries", "Entries that shared a transaction.", ["tenant"], buckets=ENTRIES,
            registry=self._registry,
        )  # fmt: skip
        self._answers = Counter(
            "regie_log_answers", "Answers to entries, by what they were.", ["tenant", "answer"], registry=self._registry
        )
        self._signed = {desk.log.tenant: (_signed(desk), time.monotonic()) for desk in desks}
        for desk in desks:
            desk.writer.watch = partial(self._answered, desk)
        self._registry.register(self)

    def text(self) -> str:
        """In Prometheus' own format."""
        return generate_latest(self._registry).decode()

    def collect(self) -> Iterator[Metric]:
        """How each log stands now; asked by the registry."""
        told = {
            "regie_log_queue_entries": ("Entries that wait for the writer.", lambda desk: desk.writer.waiting),
            "regie_log_lines": ("Lines, as this process knows.", lambda desk: desk.log.memory.size),
            "regie_log_signed_lines": ("Lines under the newest signed head.", _signed),
            "regie_log_checkpoint_age_seconds": ("Since a newer head was signed here.", self._age),
            "regie_log_sealed": ("1 when nothing is written any more.", lambda desk: int(bool(desk.log.sealed))),
        }
        witnessed = {
            "regie_log_cosigned_lines": ("Lines that a quorum of witnesses has seen.", _cosigned),
            "regie_log_cosignature_age_seconds": ("Since a quorum saw a head; +Inf: never.", self._unseen),
            "regie_log_permits_stopped": ("1 when no permit is written for want of witnesses.", self._stopped),
        }
        counted = {
            "regie_emergencies_overdue": (
                "Uses in an emergency of a day that is over, not reviewed.",
                lambda desk: desk.emergencies.overdue or 0,
            ),
        }
        waited = [desk for desk in self._desks if desk.emergencies.overdue is not None]
        watched = [desk for desk in self._desks if desk.log.witnessed.asked]
        for desks, gauges in ((self._desks, told), (watched, witnessed), (waited, counted)):
            for name, (meaning, value) in gauges.items():
                family = GaugeMetricFamily(name, meaning, labels=["tenant"])
                for desk in desks:
                    family.add_metric([desk.log.tenant], value(desk))
                yield family

    def _unseen(self, desk: Desk) -> float:
        age = desk.log.witnessed.age(millis(self._clock()))
        return inf if age is None else age.total_seconds()

    def _stopped(self, desk: Desk) -> int:
        return int(bool(desk.log.witnessed.objection(millis(self._clock()))))

    def _answered(self, desk: Desk, waited: Sequence[float], answers: Sequence[Verdict]) -> None:
        tenant = desk.log.tenant
        self._batch.labels(tenant).observe(len(answers))
        append = self._append.labels(tenant)
        for seconds in waited:
            append.observe(seconds)
        for name, many in Tally(type(answer).__name__ for answer in answers).items():
            self._answers.labels(tenant, name).inc(many)
        self._age(desk)

    def _age(self, desk: Desk) -> float:
        size, since = self._signed[desk.log.tenant]
        if _signed(desk) != size:
            since = time.monotonic()
            self._signed[desk.log.tenant] = (_signed(desk), since)
        return time.monotonic() - since


def _cosigned(desk: Desk) -> int:
    newest = desk.log.witnessed.newest
    return newest.head.size if newest else 0


def _signed(desk: Desk) -> int:
    return desk.log.signed.size if desk.log.signed else 0
