"""The deployment that a command works on, and what of it the commands share that reach its table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from replyclock.adapters.administration import Deployment, DeploymentNotFound, deployed_stack, local_cloud
from replyclock.adapters.caching import cached
from replyclock.adapters.clients import PATIENT
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.policy import Policy
from replyclock.service.faults import SetAside
from replyclock.service.history import Pace
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.rebuild import STILL_LIVE
from replyclock.service.refresh import RefreshTicket

if TYPE_CHECKING:
    from replyclock.adapters.facts import S3Facts


def at_rate(steps: float) -> Callable[[], None]:
    """Waits before each step, so that no more than so many are begun in a second."""
    return Pace(steps, now, time.sleep).wait


def deployment(options: argparse.Namespace) -> Deployment:
    """The deployment that the options name. Raises DeploymentNotFound."""
    return local_cloud(Path(".local")) if options.local else deployed_stack(options.stack)


def open_table(where: Deployment) -> Table:
    """The deployment's table."""
    return Table(where.session.client("dynamodb", endpoint_url=where.endpoint, config=PATIENT), where.table)


def now() -> int:
    """The present instant."""
    return time.time_ns() // 1000


def stored_policy(table: Table) -> Callable[[], Policy]:
    """The versions of the policy that are published there, read anew every half minute."""
    policies = DynamoPolicies(table)
    return cached(lambda: read_stored_policy(policies), now, CACHED_SECONDS)


def quiet_refresh(where: Deployment, table: Table) -> RefreshTicket:
    """Measures tickets anew and alerts nobody of the past. Raises DeploymentNotFound where there is no timer queue."""
    return replace(usual_refresh(where, table), history_before=now() - STILL_LIVE)


def usual_refresh(where: Deployment, table: Table) -> RefreshTicket:
    """Measures tickets anew as the functions do. Raises DeploymentNotFound where there is no timer queue."""
    if where.timer_queue is None:
        raise DeploymentNotFound("the deployment does not tell of its timer queue: deploy it anew")
    return RefreshTicket(
        DynamoTickets(table),
        SqsTimers(where.client("sqs"), where.timer_queue),
        stored_policy(table),
        now,
        touch=noting(DynamoDays(table), now),
        clear=DynamoFaults(table).clear,
    )


def open_facts(where: Deployment) -> S3Facts:
    """The deployment's facts. Raises DeploymentNotFound where it does not name its bucket."""
    # Imported here, as the engine is loaded with it: most commands need neither.
    from replyclock.adapters.facts import S3Facts  # noqa: PLC0415

    if where.bucket is None:
        raise DeploymentNotFound("the deployment does not name its bucket: deploy it anew")
    client = where.session.client("s3", endpoint_url=where.endpoint, config=PATIENT)
    return S3Facts(client, where.bucket)


def set_aside(table: Table) -> SetAside:
    """Sets things aside, as the functions do; the metrics count what the functions do alone."""
    return SetAside(DynamoFaults(table), now, lambda _: None)
