"""What is measured while pages are answered, kept so that several web processes add up.

Imported only where METRICS_TOKEN is set (config.metrics). Each process writes files of its own into one
folder of its server's, and whichever is asked reads them all.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = {"GET", "HEAD", "OPTIONS", "POST"}


def own_folder(root: Path, parent: int) -> Path:
    """The folder of the server whose process this is; those of servers that have ended go."""
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    for folder in root.iterdir():
        if folder.name.isdigit() and not _lives(int(folder.name)):
            shutil.rmtree(folder, ignore_errors=True)  # two processes may come here together
    own = root / str(parent)
    own.mkdir(mode=0o700, exist_ok=True)
    return own


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# The library decides when it is imported whether processes add up.
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(
    own_folder(settings.DATA_DIR / "metrics", os.getppid())
)

from prometheus_client import CollectorRegistry, Histogram, generate_latest  # noqa: E402
from prometheus_client.metrics_core import GaugeMetricFamily, Metric  # noqa: E402
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402

REQUESTS = Histogram(
    "signoff_http_request_seconds",
    "How long pages took until their answer began",
    ["view", "method", "status"],
    buckets=BUCKETS,
    registry=None,
)


class Fixed:
    """Metrics that were read a moment ago, as a collector."""

    def __init__(self, metrics: list[Metric]) -> None:
        self.metrics = metrics

    def collect(self) -> list[Metric]:
        """All of them."""
        return self.metrics


def observe(view: str, method: str, status: int, seconds: float) -> None:
    """One answered request."""
    known = method if method in METHODS else "other"
    REQUESTS.labels(view, known, str(status)).observe(seconds)


def gauge(
    name: str, text: str, labels: list[str], values: dict[tuple[str, ...], float]
) -> GaugeMetricFamily:
    """A gauge `signoff_<name>` and its values by labels."""
    made = GaugeMetricFamily(f"signoff_{name}", text, labels=labels)
    for key, value in values.items():
        made.add_metric(key, value)
    return made


def exposition(gauges: list[Metric]) -> bytes:
    """All that was measured by this server's processes, and `gauges`, in Prometheus' text format."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    registry.register(Fixed(gauges))
    return bytes(generate_latest(registry))
