"""Numbers of the service, for Prometheus."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from grader.types import Grade, HostReport

__all__ = ["ServiceMetrics"]

_SECONDS: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0)


class ServiceMetrics:
    """Counts requests and samples."""

    def __init__(self) -> None:
        # A registry of its own: a second service in one process must not share the first one's.
        self._registry = CollectorRegistry()
        self._requests = Counter("grader_requests", "Requests answered.", ["route", "status"], registry=self._registry)
        self._samples = Counter("grader_samples", "Samples graded.", ["status"], registry=self._registry)
        self._programs = Counter("grader_programs", "Programs run.", ["status"], registry=self._registry)
        self._seconds = Histogram(
            "grader_request_seconds", "Seconds of a request.", ["route"], buckets=_SECONDS, registry=self._registry
        )
        self.in_flight = Gauge("grader_requests_in_flight", "Requests being graded.", registry=self._registry)
        self._workers = Gauge("grader_workers", "Answers that run at a time.", ["isolation"], registry=self._registry)

    def count_request(self, route: str, status: int, seconds: float) -> None:
        """Count a request that was answered."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def count_samples(self, grades: Iterable[Grade]) -> None:
        """Count samples that were graded."""
        for grade in grades:
            self._samples.labels(grade.status.value).inc()

    def count_program(self, *, is_fault: bool) -> None:
        """Count a program of ``/run_code``."""
        self._programs.labels("fault" if is_fault else "run").inc()

    def show_host(self, host: HostReport) -> None:
        """Set the workers and the isolation tier."""
        self._workers.labels(host.tier.value).set(host.workers)

    def text(self) -> bytes:
        """Return all numbers in the text format of Prometheus."""
        return generate_latest(self._registry)
