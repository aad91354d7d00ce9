"""What every function starts with: its settings, its clock, its logger and its metrics."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from typing import Annotated, TypeVar

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit, single_metric
from pydantic import BaseModel, ConfigDict, StringConstraints

from replyclock.service.ports import FaultKind, Refreshed

Model = TypeVar("Model", bound="Settings")

Required = Annotated[str, StringConstraints(min_length=1)]
"""A setting that must say something."""


class Settings(BaseModel):
    """Settings of one function: its fields are the environment variables of their names in upper case."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def read(cls: type[Model]) -> Model:
        """From the environment. Raises ValidationError: a function that is not configured fails when it is loaded."""
        found = {name: os.environ.get(name.upper()) for name in cls.model_fields}
        return cls.model_validate({name: value for name, value in found.items() if value is not None})


def now() -> int:
    """The present instant."""
    return time.time_ns() // 1000


def make_logger() -> Logger:
    """JSON logs, those of the product's own loggers too. Events are never logged: they hold what people wrote."""
    # Named as the package is, it is the parent of the loggers of its modules.
    return Logger(service="replyclock")


def make_metrics() -> Metrics:
    """Metrics in the namespace and of the service that the environment names."""
    # An invocation that has nothing to count is no mistake; the warning would be a line of the log each time.
    warnings.filterwarnings("ignore", "No application metrics to publish")
    return Metrics()


def count_refresh(metrics: Metrics, refreshed: Refreshed) -> None:
    """What a refresh tells the operator: whether it wrote, and how long after its instant each alert was detected."""
    if refreshed.written:
        metrics.add_metric("TicketsRefreshed", MetricUnit.Count, 1)
    for lag in refreshed.lags:
        metrics.add_metric("DetectionLag", MetricUnit.Milliseconds, lag / 1000)
    for lag in refreshed.late_lags:
        metrics.add_metric("ToldLateLag", MetricUnit.Milliseconds, lag / 1000)


def count_published(levels: Mapping[str, int]) -> None:
    """What was told to people: how many alerts of each level, by itself or in a summary, and digests."""
    for level, count in levels.items():
        # Of its own, because what an invocation's other metrics are counted by is the service alone.
        with single_metric(name="AlertsPublished", unit=MetricUnit.Count, value=count) as metric:
            metric.add_dimension("level", level)


def count_looked(metrics: Metrics, fates: Mapping[str, int]) -> None:
    """What retention came to: how many tickets were dropped, and how many had to stay, for which reason."""
    metrics.add_metric("TicketsDropped", MetricUnit.Count, fates.get("dropped", 0))
    for fate, count in fates.items():
        if not fate.startswith("dropped"):
            with single_metric(name="TicketsKeptBack", unit=MetricUnit.Count, value=count) as metric:
                metric.add_dimension("reason", fate)


def count_look(provider: str, missed: int, *, failed: bool) -> None:
    """What looking for missed webhooks came to: how many events of which tool were missing, and whether it failed."""
    with single_metric(name="EventsMissed", unit=MetricUnit.Count, value=missed) as metric:
        metric.add_dimension("provider", provider)
    with single_metric(name="ReconciliationsFailed", unit=MetricUnit.Count, value=int(failed)) as metric:
        metric.add_dimension("provider", provider)


def count_fault(kind: FaultKind) -> None:
    """Something was set aside."""
    with single_metric(name="Faults", unit=MetricUnit.Count, value=1) as metric:
        metric.add_dimension("kind", kind.value)
