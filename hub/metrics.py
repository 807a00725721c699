"""What `/metrics` shows: counters that the parts of the hub keep anyway, read when somebody asks
(Prometheus text)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

Reading = tuple[str, str, Callable[[], float | Mapping[str, float]]]


class Metrics:
    """`gauges` and `counters`: (name without `clarion_`, what it says, how to read it).

    A reading is a number, or numbers by kind: those are shown with the label `kind`.
    """

    def __init__(self, gauges: Iterable[Reading], counters: Iterable[Reading]) -> None:
        self._gauges = tuple(gauges)
        self._counters = tuple(counters)
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        GCCollector(registry=self._registry)

    def collect(self) -> Iterable[Metric]:
        """Called by the registry."""
        for name, text, read in self._gauges:
            yield _family(GaugeMetricFamily, name, text, read())
        for name, text, read in self._counters:
            yield _family(CounterMetricFamily, name, text, read())

    def text(self) -> bytes:
        """The Prometheus exposition format."""
        return generate_latest(self._registry)


def _family(
    of_type: type[GaugeMetricFamily] | type[CounterMetricFamily],
    name: str,
    text: str,
    reading: float | Mapping[str, float],
) -> Metric:
    if not isinstance(reading, Mapping):
        return of_type(f"clarion_{name}", text, value=reading)
    family = of_type(f"clarion_{name}", text, labels=["kind"])
    for kind, number in reading.items():
        family.add_metric([kind], number)
    return family
