"""`replyclock doctor`: look at a deployed stack, and say what is wrong and what to do about it."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from functools import partial

from rich.table import Table as Listing
from rich.text import Text

from replyclock import __version__
from replyclock.adapters.administration import Deployment
from replyclock.adapters.api import ApiFailed, DeployedApi
from replyclock.adapters.connections import DynamoConnections
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.event_log import DynamoQuarantine
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.inspection import Inspection
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.sns import FORMS, NOT_IN_JSON
from replyclock.adapters.tickets import DynamoTickets
from replyclock.cli.deployments import deployment, now, open_table
from replyclock.cli.options import add_where, same_place
from replyclock.cli.output import counted, print_document
from replyclock.cli.terminal import console
from replyclock.domain.diagnosis import (
    Finding,
    Status,
    judge_alarms,
    judge_api,
    judge_code,
    judge_concurrency,
    judge_connections,
    judge_cost,
    judge_deadlines,
    judge_faults,
    judge_filters,
    judge_policy,
    judge_quarantine,
    judge_queues,
    judge_readers,
    judge_schedules,
    judge_secrets,
    judge_sms,
    judge_stack,
    judge_statuses,
    judge_subscriptions,
    judge_table,
    wrong,
)
from replyclock.domain.errors import CallFailed, PolicyUnreadable
from replyclock.domain.instants import format_instant
from replyclock.service.doctor import (
    Check,
    Examined,
    connection_facts,
    examine,
    overdue,
    policy_facts,
    sendable,
)
from replyclock.service.faults import ReadFaults
from replyclock.service.policies import read_stored_policy, unreadable_versions

DESCRIPTION = """\
Looks at a deployed stack and says of each finding what to do. It changes nothing. Exit status 1 where something is
wrong. Each check stands by itself: one that may not look says which permission it lacks, and the others go on; that
alone is exit status 0. `note` is worth knowing, not wrong.
"""
WORDS = {
    Status.OK: "ok",
    Status.NOTE: "note",
    Status.WRONG: "WRONG",
    Status.UNKNOWN: "could not look",
    Status.SKIPPED: "not asked",
}
STYLES = {Status.OK: "green", Status.NOTE: "cyan", Status.WRONG: "bold red", Status.UNKNOWN: "yellow"}
FORMS_WITHOUT: dict[str, tuple[str, ...]] = {form: NOT_IN_JSON if form == "json" else () for form in FORMS}
"""The forms of a message, and which attributes each leaves out."""
QUERY = "dynamodb:Query on the table and its indexes"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser("doctor", help="see whether a deployed stack is well", description=DESCRIPTION)
    cost = "ask Cost Explorer, too, what the month has cost so far: AWS takes 0.01 $ for the request"
    parser.add_argument("--cost", action="store_true", help=cost)
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON object")
    add_where(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Examines the deployment and returns the exit status."""
    where = deployment(options)
    began = now()
    examined = list(examine(checks(where, cost=options.cost), local=options.local))
    statuses = Counter(finding.status for one in examined for finding in one.findings)
    if options.json:
        print_document(_document(where, began, examined, statuses))
    else:
        console().print(_listing(examined))
        print(_conclusion(statuses))
        if place := same_place(options):
            print(f"The commands above need{place}, too.")
    return 1 if statuses[Status.WRONG] else 0


def checks(where: Deployment, *, cost: bool) -> list[Check]:
    """All checks of a deployment, in the order in which they are shown: what is deployed, who is notified, what goes
    on, and what there is in the table.
    """
    asked, table, at = Inspection(where, now()), open_table(where), now()
    unasked = "Cost Explorer takes 0.01 $ a request: --cost asks it"
    return [
        Check("stack", lambda: judge_stack(where.stack or "the stack", asked.stack_status())),
        Check("api", partial(_api, where)),
        Check("code", lambda: judge_code(asked.functions())),
        Check("concurrency", lambda: judge_concurrency(*asked.concurrency(), reduced=asked.is_reduced()), local=False),
        Check("table", lambda: judge_table(asked.table()), local=False),
        Check("secrets", partial(_secrets, where, asked, table), QUERY),
        Check("subscriptions", lambda: judge_subscriptions(asked.topic, asked.subscribers)),
        Check("sms", partial(_sms, asked), local=False),
        Check("filters", partial(_filters, asked, table, at), QUERY),
        Check("queues", lambda: judge_queues(asked.waiting())),
        Check("alarms", lambda: judge_alarms(asked.alarms()), local=False),
        Check("readers", lambda: judge_readers(asked.readers())),
        Check("schedules", lambda: judge_schedules(asked.runs(), asked.age()), local=False),
        Check("deadlines", lambda: judge_deadlines(*overdue(DynamoTickets(table), at)), QUERY),
        Check("policy", partial(_policy, table, at), QUERY),
        Check("connections", partial(_connections, table, at), QUERY),
        Check("quarantine", partial(_quarantine, table), QUERY),
        Check("faults", partial(_faults, table), QUERY),
        Check("statuses", partial(_statuses, asked)),
        Check("cost", lambda: judge_cost(*asked.cost()), local=False, unasked=None if cost else unasked),
    ]


def _api(where: Deployment) -> list[Finding]:
    try:
        return judge_api(__version__, DeployedApi(where.api, "").version())
    except ApiFailed as failed:
        return [
            wrong(f"it does not answer: {failed}", f"see the log of replyclock-{where.stage}-serve-api; make deploy")
        ]


def _secrets(where: Deployment, asked: Inspection, table: Table) -> list[Finding]:
    references = {
        document["name"]: [
            *document.get("secrets", []),
            *([document["api"]["secret"]] if document.get("api") else []),
        ]
        for document in DynamoConnections(table).all()
    }
    missing = {name: [one for one in every if not asked.has_secret(one)] for name, every in references.items()}
    token = asked.has_secret(f"replyclock/{where.stage}/api-token")
    return judge_secrets(token, {name: every for name, every in missing.items() if every})


def _sms(asked: Inspection) -> list[Finding]:
    # Where nobody is subscribed by SMS, what the account may send does not matter, and nothing need be permitted.
    by_sms = any(one.protocol == "sms" for one in asked.subscribers)
    return judge_sms(asked.subscribers, asked.sms() if by_sms else None)


def _filters(asked: Inspection, table: Table, at: int) -> list[Finding]:
    document = read_stored_policy(DynamoPolicies(table)).in_force(at)
    try:
        messages = sendable(document, FORMS_WITHOUT) if document else []
    except PolicyUnreadable as unreadable:
        raise CallFailed(str(unreadable)) from unreadable
    if document is None:
        raise CallFailed("no policy is in force: see `policy`")
    return judge_filters(asked.subscribers, messages)


def _policy(table: Table, at: int) -> list[Finding]:
    policies = DynamoPolicies(table)
    unreadable = [int(one.thing.key[0]) for one in unreadable_versions(policies)]
    return judge_policy(policy_facts(read_stored_policy(policies), len(policies.published()), unreadable, at))


def _connections(table: Table, at: int) -> list[Finding]:
    return judge_connections(connection_facts(DynamoConnections(table).all(), DynamoTickets(table), at))


def _quarantine(table: Table) -> list[Finding]:
    found = _set_aside(table)({})["quarantine"]
    return judge_quarantine(
        {one["connection"]: counted(one["bodies"], "webhook") + (" and more" if one["more"] else "") for one in found}
    )


def _faults(table: Table) -> list[Finding]:
    found = _set_aside(table)({"quarantine": "no"})
    return judge_faults(found["kinds"], more=found["more"])


def _set_aside(table: Table) -> ReadFaults:
    policies = DynamoPolicies(table)
    return ReadFaults(
        DynamoFaults(table),
        lambda: unreadable_versions(policies),
        DynamoConnections(table).names,
        DynamoQuarantine(table),
        now,
    )


def _statuses(asked: Inspection) -> list[Finding]:
    unknown, more = asked.unknown_statuses()
    return judge_statuses(unknown, more=more)


def _listing(examined: Sequence[Examined]) -> Listing:
    table = Listing(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("what was found, and what to do", overflow="fold")
    for one in examined:
        for i, finding in enumerate(one.findings):
            text = Text(finding.found)
            if finding.advice is not None:
                text.append(f"\n-> {finding.advice}")
            table.add_row(
                one.check if i == 0 else "", Text(WORDS[finding.status], STYLES.get(finding.status, "")), text
            )
    return table


def _conclusion(statuses: Counter[Status]) -> str:
    parts = [
        f"{counted(statuses[Status.WRONG], 'thing is', 'things are')} wrong" if statuses[Status.WRONG] else "",
        counted(statuses[Status.NOTE], "note") if statuses[Status.NOTE] else "",
        f"{counted(statuses[Status.UNKNOWN], 'check')} could not look" if statuses[Status.UNKNOWN] else "",
    ]
    if not statuses[Status.WRONG]:
        parts.insert(0, "nothing wrong was found" if statuses[Status.UNKNOWN] else "nothing is wrong")
    return "; ".join(part for part in parts if part)


def _document(where: Deployment, at: int, examined: Sequence[Examined], statuses: Counter[Status]) -> dict[str, object]:
    return {
        "at": format_instant(at),
        "stack": where.stack,
        "stage": where.stage,
        "counts": {status.value: statuses[status] for status in Status},
        "findings": [
            {"check": one.check, "status": finding.status.value, "found": finding.found, "advice": finding.advice}
            for one in examined
            for finding in one.findings
        ],
    }
