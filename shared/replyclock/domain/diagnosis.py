"""Judge a deployment: from the facts that were gathered of it, what is wrong, and what to do about each.

A function for each check, from facts to findings; nothing here looks at a cloud. Instants are microseconds since
1970-01-01T00:00:00Z, durations microseconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from .instants import DAY, MINUTE, SECOND, format_instant

DEADLINE_GRACE = 3 * MINUTE
"""How long something may stay due: the sweep runs each minute, looks ahead, and a timer may have to be repeated."""
LAG_MAX = MINUTE
"""How far a reader of the stream may be behind; the alarm has the same bound."""
SWEEP_WINDOW = 10 * MINUTE
"""Within this time the sweep, each minute, and the reports, each five minutes, have run; metrics are minutes late."""
SETTLED_AFTER = 15 * MINUTE
"""A stack that is older has run all its schedules, and its metrics are there."""
SILENT_AFTER = 7 * DAY
"""A connection through which no ticket was created for so long is silent."""
WEBHOOK_CONCURRENCY = 10
"""Executions that are left to webhooks and the API while everything else is busy."""
SMS_DEFAULT_LIMIT = 1.0
"""US dollars a month that AWS lets an account spend on SMS unless it asks for more."""
SMS_NEARLY_SPENT = 0.8
"""The part of the limit from which on it is about to be reached."""
_FEW = 5
"""Names that one finding lists."""


class Status(StrEnum):
    """What a check comes to."""

    OK = "ok"
    NOTE = "note"
    """Worth knowing, not wrong."""
    WRONG = "wrong"
    UNKNOWN = "could_not_look"
    SKIPPED = "not_asked"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found, and what to do about it."""

    status: Status
    found: str
    advice: str | None = None


def ok(found: str) -> Finding:
    """All is well."""
    return Finding(Status.OK, found)


def note(found: str, advice: str | None = None) -> Finding:
    """Worth knowing."""
    return Finding(Status.NOTE, found, advice)


def wrong(found: str, advice: str) -> Finding:
    """Something is wrong, and this is what to do."""
    return Finding(Status.WRONG, found, advice)


def listed(names: Iterable[str]) -> str:
    """The first few of these names, and how many more there are."""
    every = list(names)
    more = f" and {len(every) - _FEW:,} more" if len(every) > _FEW else ""
    return ", ".join(every[:_FEW]) + more


def counted(number: int, thing: str, things: str | None = None) -> str:
    """So many of them, in words. `things` are several, where an s does not say so."""
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"


# ----------------------------------------------------------------------------------------------------- what is deployed


def judge_stack(name: str, status: str) -> list[Finding]:
    """The stack, by the status that CloudFormation gives it."""
    if status.endswith("_IN_PROGRESS"):
        return [note(f"{name} is being deployed ({status})", "ask again when that has ended")]
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"):
        return [ok(f"{name} is deployed ({status})")]
    why = f"see why: aws cloudformation describe-stack-events --stack-name {name}; then: make deploy"
    return [wrong(f"the last deployment of {name} failed ({status})", why)]


@dataclass(frozen=True, slots=True)
class FunctionFacts:
    """A deployed function: its state, that of its last update, and its layers, as Lambda names them."""

    name: str
    state: str
    last_update: str
    layers: tuple[str, ...]


def judge_api(own: str, deployed: str | None) -> list[Finding]:
    """The version that the API answers with, None where it does not say, beside this command's."""
    if deployed is None:
        return [wrong("the API answers, but does not say its version: it is older than this command", "make deploy")]
    if deployed != own:
        advice = f"make deploy, or use the command of version {deployed}"
        return [wrong(f"version {deployed} is deployed, this command is {own}", advice)]
    return [ok(f"it answers with version {deployed}, that of this command")]


def judge_code(functions: Sequence[FunctionFacts]) -> list[Finding]:
    """The functions: that they can run, and all run the same code."""
    found: list[Finding] = []
    for one in functions:
        if one.state not in ("Active", "Inactive") or one.last_update == "Failed":
            states = f"{one.name} is {one.state}, its last update {one.last_update}"
            found.append(wrong(states, "make deploy; what Lambda says: aws lambda get-function"))
    versions: dict[str, set[str]] = {}
    for layer in (layer for one in functions for layer in one.layers):
        name, _, version = layer.rpartition(":")
        versions.setdefault(name, set()).add(version)
    for name in (name for name, used in versions.items() if len(used) > 1):
        layer = name.rpartition(":")[2]
        found.append(wrong(f"the functions run different versions of the layer {layer}", "make deploy"))
    return found or [ok(f"{counted(len(functions), 'function')}, of one version")]


def judge_concurrency(limit: int, lanes: Mapping[str, int], *, reduced: bool = False) -> list[Finding]:
    """Whether the account's concurrent executions suffice: `lanes` says how many each event source may take at once,
    `reduced` whether the stack was deployed so that they are few.
    """
    taken = sum(lanes.values())
    described = f"the account may run {limit:,} at once; timers and streams take up to {taken:,}"
    if limit >= taken + WEBHOOK_CONCURRENCY:
        return [ok(described)]
    ask = f"ask AWS for {max(100, taken + WEBHOOK_CONCURRENCY):,} (Service Quotas, Lambda, Concurrent executions)"
    if reduced:
        return [
            note(f"{described}, as LambdaConcurrency is reduced", f"{ask}, then deploy with LambdaConcurrency=full")
        ]
    advice = f"deploy with LambdaConcurrency=reduced, and {ask}: webhooks may be throttled while many deadlines pass"
    return [wrong(described, advice)]


@dataclass(frozen=True, slots=True)
class TableFacts:
    """How the table is protected."""

    backups: bool
    """Whether it can be restored to a point in time."""
    deletion_protected: bool
    protection_wanted: bool
    """Whether the stack's parameters ask for it."""
    expiry: bool
    """Whether items with `expires_at` leave by themselves."""
    stream: bool


def judge_table(table: TableFacts) -> list[Finding]:
    """The table: nothing else holds the event log."""
    found: list[Finding] = []
    if not table.backups:
        found.append(wrong("the table has no point-in-time recovery", "make deploy, which turns it on"))
    if not table.deletion_protected and table.protection_wanted:
        found.append(wrong("the table may be deleted by a single call: its protection was turned off", "make deploy"))
    elif not table.deletion_protected:
        found.append(note("the table may be deleted by a single call", "deploy with TableProtection=on"))
    if not table.expiry:
        found.append(wrong("items of the table do not expire: quarantine and feed grow for ever", "make deploy"))
    if not table.stream:
        found.append(wrong("the table has no stream: nothing is measured or sent", "make deploy"))
    return found or [ok("point-in-time recovery and deletion protection are on, old items expire")]


def judge_secrets(api_token: bool, missing: Mapping[str, Sequence[str]]) -> list[Finding]:
    """The secrets: the API's token, and by connection those of its references that lead to none."""
    found: list[Finding] = []
    if not api_token:
        found.append(wrong("the secret of the API's token is missing: every call is refused", "make deploy"))
    for connection, references in missing.items():
        advice = f"replyclock connection rotate {connection}, or remove it and add it anew"
        found.append(wrong(f"{connection}: the secret {listed(references)} is missing", advice))
    return found or [ok("the API's token and the secrets of all connections are there")]


# ----------------------------------------------------------------------------------------------------- who is notified


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A subscription of a topic, and its filter policy."""

    protocol: str
    endpoint: str
    pending: bool
    filter: Mapping[str, object] | None = None
    by_body: bool = False
    """Whether the filter looks at the message's body; else at its attributes."""

    def __str__(self) -> str:
        return f"{self.protocol} {self.endpoint}"


def judge_subscriptions(topic: str, subscribers: Sequence[Subscriber]) -> list[Finding]:
    """The subscriptions of the alerts: whether there are any, and all of them confirmed."""
    if not subscribers:
        advice = "make deploy ARGS=--guided with an AlertEmail, or make deploy-subscriptions"
        return [wrong("nobody is subscribed: no alert reaches anybody", advice)]
    found = [
        wrong(
            f"{one} is not confirmed: it gets nothing",
            "its owner has to follow the link in AWS's mail; to have it sent again: aws sns subscribe --topic-arn "
            f"{topic} --protocol {one.protocol} --notification-endpoint {one.endpoint}",
        )
        for one in subscribers
        if one.pending
    ]
    return found or [ok(f"{counted(len(subscribers), 'subscription')}, all confirmed")]


@dataclass(frozen=True, slots=True)
class SmsFacts:
    """What an account may send by SMS; amounts are US dollars. `spent` is None where nothing was."""

    region: str
    sandbox: bool
    limit: float
    spent: float | None


def judge_sms(subscribers: Sequence[Subscriber], facts: SmsFacts | None) -> list[Finding]:
    """SMS, where somebody is subscribed by it."""
    numbers = [one for one in subscribers if one.protocol == "sms"]
    if not numbers or facts is None:
        return [ok("nobody is subscribed by SMS")]
    if facts.region.startswith("cn-"):
        return [wrong(f"SNS sends no SMS from {facts.region}", "use e-mail, or a webhook to a local SMS provider")]
    found: list[Finding] = []
    if facts.sandbox:
        advice = "verify the numbers, or ask AWS to leave the sandbox (SNS console, Text messaging)"
        found.append(wrong("the account is in the SMS sandbox: only verified numbers get SMS", advice))
    spent = facts.spent or 0.0
    if spent >= SMS_NEARLY_SPENT * facts.limit:
        found.append(
            wrong(
                f"{spent:.2f} of {facts.limit:.2f} $ for SMS are spent this month: beyond the limit none is sent",
                "ask AWS for a higher spending limit, then: aws sns set-sms-attributes",
            )
        )
    elif facts.limit <= SMS_DEFAULT_LIMIT:
        advice = "ask AWS for a higher spending limit (Service Quotas, SNS) before you rely on it"
        found.append(note(f"SMS may cost {facts.limit:.2f} $ a month, which some 15 to 100 messages take up", advice))
    return found or [ok(f"{counted(len(numbers), 'number')}, {spent:.2f} of {facts.limit:.2f} $ spent this month")]


@dataclass(frozen=True, slots=True)
class Sent:
    """What an attribute of a message may be: one of these values, or any (None)."""

    values: frozenset[str] | None = None
    required: bool = False
    """Whether every such message has it."""


Message = Mapping[str, Sent]
"""A kind of message that is sent: what its attributes may be. What it does not name, it never has."""


def judge_filters(subscribers: Sequence[Subscriber], messages: Sequence[Message]) -> list[Finding]:
    """The filter policies: whether each lets through any of the messages that the policy in force can send."""
    found: list[Finding] = []
    for one in subscribers:
        if one.by_body:
            continue  # what it names is in the document alone
        if "form" not in (one.filter or {}):
            advice = 'add "form" to its filter policy: email, sms or json (infra/subscriptions.yaml)'
            found.append(wrong(f"{one} gets each message three times, once in each form", advice))
            continue
        assert one.filter is not None
        if not any(_may_pass(one.filter, message) for message in messages):
            advice = "change its filter policy (infra/subscriptions.yaml) or the policy's `notify`"
            found.append(wrong(f"{one} gets nothing under the policy in force: {_why(one.filter, messages)}", advice))
    return found or [ok("every subscription lets some message of the policy in force through")]


def _why(filter_policy: Mapping[str, object], messages: Sequence[Message]) -> str:
    never = [
        name
        for name, conditions in filter_policy.items()
        if not any(_may_pass({name: conditions}, message) for message in messages)
    ]
    if never:
        return f"no message has such a value of {listed(never)}"
    return f"no message has all of it at once ({listed(filter_policy)})"


def _may_pass(filter_policy: Mapping[str, object], message: Message) -> bool:
    for name, conditions in filter_policy.items():
        if name == "$or":
            if isinstance(conditions, list) and not any(_may_pass(one, message) for one in conditions):
                return False
            continue
        every = conditions if isinstance(conditions, list) else [conditions]
        if not any(_may_meet(condition, message.get(name)) for condition in every):
            return False
    return True


def _may_meet(condition: object, sent: Sent | None) -> bool:
    """Whether a message's attribute may meet a condition of SNS. What is not known here counts as met."""
    if isinstance(condition, Mapping) and "exists" in condition:
        return sent is not None if condition["exists"] else sent is None or not sent.required
    if sent is None:
        return False
    if sent.values is None:
        return True
    return any(_meets(condition, value) for value in sent.values)


def _meets(condition: object, value: str) -> bool:
    if not isinstance(condition, Mapping):
        return str(condition) == value
    match next(iter(condition.items()), None):
        case ("prefix", str(start)):
            return value.startswith(start)
        case ("suffix", str(end)):
            return value.endswith(end)
        case ("equals-ignore-case", str(other)):
            return value.casefold() == other.casefold()
        case ("anything-but", str(other)):
            return value != other
        case ("anything-but", list(others)):
            return value not in others
    return True


# ------------------------------------------------------------------------------------------------------- what goes on


def judge_queues(waiting: Mapping[str, int]) -> list[Finding]:
    """The dead-letter queues: how many messages lie in each."""
    found = [
        wrong(f"{counted(count, 'message')} in {queue}", _TAKE_UP.get(queue, "see what it is, mend it, take it out"))
        for queue, count in waiting.items()
        if count
    ]
    return found or [ok(f"{counted(len(waiting), 'queue')}, all empty")]


_TAKE_UP = {
    "StreamFailures": (
        "records that were given up; see the log of measure-tickets and publish-alerts, then: replyclock rebuild"
    ),
    "ScheduleFailures": "runs of the schedule that failed; the next run repeats them: see the logs, purge the queue",
    "TimerFailures": "looks at tickets that failed five times; the sweep repeats them: see the log of check-deadlines",
    "DeliveryFailures": "messages that SNS could not deliver: see to the subscriber, then send or delete them",
    "EventBusFailures": "changes of Salesforce that were not taken in: see the log of receive-webhook, then redrive",
}


@dataclass(frozen=True, slots=True)
class AlarmFacts:
    """The alarms of a stage by name, each with its state, and who is subscribed to what they say."""

    states: Mapping[str, str]
    operators: tuple[Subscriber, ...] = ()


def judge_alarms(alarms: AlarmFacts) -> list[Finding]:
    """The alarms."""
    if not alarms.states:
        return [note("no alarms are deployed: nobody learns of a fault of replyclock itself", "make deploy-alarms")]
    found = [
        wrong(f"{name} is in ALARM", "its description says what to look at: CloudWatch, Alarms")
        for name, state in alarms.states.items()
        if state == "ALARM"
    ]
    if not alarms.operators:
        advice = "make deploy-alarms ARGS=--guided with an OperatorEmail"
        found.append(note("nobody is subscribed to the alarms", advice))
    found += [
        wrong(f"{one} is not confirmed: it gets no alarm", "its owner has to follow the link in AWS's mail")
        for one in alarms.operators
        if one.pending
    ]
    return found or [ok(f"{counted(len(alarms.states), 'alarm')}, none in ALARM")]


@dataclass(frozen=True, slots=True)
class ReaderFacts:
    """A function that reads the stream or the timer queue. `lag` is None where nothing was read lately."""

    function: str
    state: str
    lag: int | None = None


def judge_readers(readers: Sequence[ReaderFacts]) -> list[Finding]:
    """The readers of stream and timers: whether they read, and how far they are behind."""
    found: list[Finding] = []
    for one in readers:
        if one.state != "Enabled":
            advice = "make deploy; by hand: aws lambda update-event-source-mapping --enabled"
            found.append(wrong(f"{one.function} does not read: its event source is {one.state}", advice))
        elif one.lag is not None and one.lag > LAG_MAX:
            described = f"{one.function} reads what was written {one.lag // SECOND:,} s ago"
            found.append(wrong(described, f"see its log for errors, and `concurrency`: /aws/lambda/{one.function}"))
    if not readers:
        found.append(wrong("nothing reads the stream and the timers", "make deploy"))
    lags = [one.lag for one in readers if one.lag is not None]
    behind = f"at most {max(lags) / SECOND:,.1f} s behind lately" if lags else "no lag is reported lately"
    return found or [ok(f"{counted(len(readers), 'reader')} of stream and timers, {behind}")]


def judge_schedules(runs: Mapping[str, int], age: int) -> list[Finding]:
    """The schedules: how often each function ran within SWEEP_WINDOW; `age` is the stack's."""
    window = SWEEP_WINDOW // MINUTE
    if age < SETTLED_AFTER and not all(runs.values()):
        return [
            note(f"the stack is {age // MINUTE} minutes old: metrics come later", "ask again in a quarter of an hour")
        ]
    found = [
        wrong(
            f"{function} has not run in the last {window} minutes",
            "see whether its schedule is enabled: aws scheduler list-schedules; then its log",
        )
        for function, count in runs.items()
        if not count
    ]
    return found or [ok(", ".join(f"{name} ran {counted(count, 'time')}" for name, count in runs.items()))]


def judge_deadlines(overdue: Sequence[int], now: int, more: bool = False) -> list[Finding]:
    """What has fallen due and was not looked at: `overdue` are the instants at which it was due, the oldest first."""
    late = [at for at in overdue if at < now - DEADLINE_GRACE]
    if not late:
        return [ok("nothing that fell due is left without a look")]
    number = f"more than {len(late):,}" if more else f"{len(late):,}"
    described = f"{number} due and not looked at, the oldest since {format_instant(late[0])}"
    return [wrong(described, "see `schedules`, `readers` and `faults`, and the log of check-deadlines")]


# ---------------------------------------------------------------------------------------- policy, connections and data


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """The published versions: the one in force, when the next comes into force, and those that cannot be read."""

    published: int
    in_force: int | None
    name: str | None = None
    next_at: int | None = None
    unreadable: tuple[int, ...] = ()


def judge_policy(policy: PolicyFacts) -> list[Finding]:
    """The policy in force."""
    found = [
        wrong(f"version {version} cannot be read: what it governs is not judged", "publish the next version of it")
        for version in policy.unreadable
    ]
    if not policy.published:
        advice = "replyclock policy publish YOURS.yaml puts your own in its place"
        return [note("the built-in policy is in force: none was published", advice)]
    if policy.in_force is None and not policy.unreadable:
        begins = f", the first begins {format_instant(policy.next_at)}" if policy.next_at is not None else ""
        advice = "publish a version with an earlier effective_from"
        return [wrong(f"no version is in force yet{begins}: no clock has a target", advice)]
    if policy.in_force is not None:
        coming = f"; the next begins {format_instant(policy.next_at)}" if policy.next_at is not None else ""
        found.append(ok(f"version {policy.in_force} of {policy.name} is in force{coming}"))
    return found


@dataclass(frozen=True, slots=True)
class ConnectionFacts:
    """The connections: of each the day (since 1970) of its newest ticket, None where none was found."""

    newest: Mapping[str, int | None]
    broken: tuple[str, ...] = ()
    """Those whose settings cannot be read: nothing comes in through them."""


def judge_connections(facts: ConnectionFacts) -> list[Finding]:
    """The connections: whether there are any, and which have been silent."""
    if not facts.newest and not facts.broken:
        return [note("no tool is connected", "replyclock connection add PROVIDER --name NAME")]
    found = [
        wrong(f"{name} cannot be read: its webhooks are refused", f"replyclock connection change {name}, or remove it")
        for name in facts.broken
    ]
    silent = [name for name, day in facts.newest.items() if day is None]
    days = SILENT_AFTER // DAY
    found += [
        wrong(
            f"{name} is silent: no ticket was created through it in the last {days} days",
            f"replyclock connection test {name}; then look at the webhook in the tool",
        )
        for name in silent
    ]
    return found or [ok(f"{counted(len(facts.newest), 'connection')}, each with tickets in the last {days} days")]


def judge_quarantine(bodies: Mapping[str, str]) -> list[Finding]:
    """Webhooks that could not be read: by connection how many, in words."""
    found = [
        wrong(
            f"{name}: {count} could not be read",
            f"GET /faults says why; once mended: replyclock replay --connection {name}",
        )
        for name, count in bodies.items()
    ]
    return found or [ok("no webhook is in quarantine")]


def judge_faults(kinds: Mapping[str, int], *, more: bool = False) -> list[Finding]:
    """What was set aside because of a fault, counted by kind."""
    if not kinds:
        return [ok("nothing is set aside")]
    described = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
    advice = "GET /faults says which and why; after a fix: replyclock redrive --all"
    return [wrong(f"set aside because of a fault: {described}{' and more' if more else ''}", advice)]


def judge_statuses(unknown: Mapping[str, Sequence[str]], *, more: bool = False) -> list[Finding]:
    """Statuses that no table knew in the last day: their names by connection."""
    found = [
        wrong(
            f"{name}: {listed(repr(one) for one in names)} taken for open",
            f'replyclock connection change {name} --status "{names[0]}=on_hold", or whichever it is',
        )
        for name, names in unknown.items()
        if names
    ]
    unread = " (of a part of the log: there was more than is read here)" if more else ""
    return found or [ok(f"no unknown status in the last day{unread}")]


def judge_cost(month: str, of_stack: float | None, of_account: float) -> list[Finding]:
    """What the month has cost so far, in US dollars; of the stack where costs are separated by stacks."""
    if of_stack is None:
        advice = "activate the cost allocation tag aws:cloudformation:stack-name (Billing) to see the stack's own"
        return [note(f"{month}: {of_account:,.2f} $ for the whole account; the stack's are not separated", advice)]
    return [ok(f"{month}: {of_stack:,.2f} $ for the stack, {of_account:,.2f} $ for the whole account")]
