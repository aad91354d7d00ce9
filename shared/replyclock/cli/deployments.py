"""The deployment that a command works on, and what of it the commands share that reach its table."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

from replyclock.adapters.administration import Deployment, DeploymentNotFound, deployed_stack, local_cloud
from replyclock.adapters.caching import cached
from replyclock.adapters.clients import PATIENT
from replyclock.adapters.days import DynamoDays, noting
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.sqs import SqsTimers
from replyclock.adapters.tickets import DynamoTickets
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.domain.policy import Policy
from replyclock.domain.report import read_bound
from replyclock.service.history import Pace
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.rebuild import STILL_LIVE
from replyclock.service.refresh import RefreshTicket


def add_where(parser: argparse.ArgumentParser) -> None:
    """Adds the options that say which deployment is meant."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack", default="replyclock", help="the CloudFormation stack; default: replyclock")
    where.add_argument("--local", action="store_true", help="the local cloud that `make run` keeps up")


def add_span(parser: argparse.ArgumentParser) -> None:
    """Adds the ends of a span of creation."""
    when = "an RFC 3339 instant, or a date: the beginning of that day in UTC"
    parser.add_argument("--from", dest="begin", metavar="WHEN", help=f"tickets created from here on: {when}")
    parser.add_argument("--to", dest="end", metavar="WHEN", help="and before this, likewise")


def add_tenant(parser: argparse.ArgumentParser) -> None:
    """Adds the option that limits a command to a tenant."""
    parser.add_argument("--tenant", help="tickets of this tenant alone")


def add_rate(parser: argparse.ArgumentParser, default: float) -> None:
    """Adds the option that says how fast a command goes over tickets."""
    told = f"tickets a second, beside live traffic; default: {default:g}"
    parser.add_argument("--rate", type=rate, default=default, metavar="N", help=told)


def read_when(option: str, text: str | None) -> int | None:
    """The instant of an option, in microseconds. Raises InvalidInput."""
    if text is None:
        return None
    try:
        return read_bound(option, text, "UTC")
    except InvalidInput as wrong:
        raise InvalidInput([Fault(option, fault.problem) for fault in wrong.faults]) from None


def rate(text: str) -> float:
    """How many a second, as an option says it."""
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.01 <= value <= 10_000:
        raise argparse.ArgumentTypeError("must be a number from 0.01 to 10000")
    return value


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
    if where.timer_queue is None:
        raise DeploymentNotFound("the deployment does not tell of its timer queue: deploy it anew")
    return RefreshTicket(
        DynamoTickets(table),
        SqsTimers(where.client("sqs"), where.timer_queue),
        stored_policy(table),
        now,
        touch=noting(DynamoDays(table), now),
        history_before=now() - STILL_LIVE,
    )
