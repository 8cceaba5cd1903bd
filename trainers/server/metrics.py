"""What the server tells Prometheus."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from p2r_rewards.trainers.server.gate import Gate

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0)


class Metrics:
    """Counts of one server, in a registry of its own."""

    def __init__(self, gate: Gate) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter("p2r_requests", "Requests answered.", ["endpoint", "status"], registry=registry)
        self.seconds = Histogram(
            "p2r_request_seconds", "From head to reply.", ["endpoint"], buckets=_SECONDS, registry=registry
        )
        self.samples = Counter("p2r_samples", "Samples answered.", ["outcome"], registry=registry)
        for outcome in ("scored", "unscored"):
            self.samples.labels(outcome)
        for name, read, says in (
            ("waiting", lambda: gate.waiting, "Requests that wait to be scored."),
            ("scoring", lambda: gate.scoring, "Requests that are being scored."),
            ("held_bytes", lambda: gate.held, "Bytes of bodies that are held."),
        ):
            Gauge(f"p2r_{name}", says, registry=registry).set_function(read)

    def text(self) -> bytes:
        """All of them, in Prometheus' text format."""
        return generate_latest(self._registry)
