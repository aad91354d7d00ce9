"""The routes of the API: what each takes, and what each answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import BaseModel

from replyclock.domain.policy import METRICS
from replyclock.domain.report import COHORTS
from replyclock.domain.reporting.periods import EVERY
from replyclock.service import faults, feed, live, read, reports, simulate, ticket_pages

from . import answers

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT"]
Schema = Mapping[str, Any]
_TEXT: Schema = {"type": "string"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query, always optional unless `required`, or of the path."""

    name: str
    description: str
    schema: Schema = field(default_factory=lambda: _TEXT)
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: a JSON body of one of the models, or one of other media types, or none."""

    description: str
    models: tuple[type[BaseModel], ...] = ()
    media_types: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, in the form of OpenAPI: a last parameter may hold slashes where the description says so."""

    method: Method
    path: str
    operation_id: str
    group: str
    summary: str
    description: str = ""
    path_parameters: tuple[Parameter, ...] = ()
    query: tuple[Parameter, ...] = ()
    body: str | None = None
    """What the body holds; None where there is none."""
    body_media_types: tuple[str, ...] = ("application/yaml", "application/json")
    answers: Mapping[int, Answer] = field(default_factory=dict)
    is_public: bool = False
    """Whether it is answered without the API's token."""


def _one_of(*values: str, default: str | None = None) -> Schema:
    return {"type": "string", "enum": list(values)} | ({} if default is None else {"default": default})


def _whole(most: int, default: int) -> Schema:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


def _json(description: str, *models: type[BaseModel]) -> Answer:
    return Answer(description, models)


_CONNECTION = Parameter("connection", "The name of the connection.", required=True)
_TENANT = Parameter("tenant", "Tickets of this tenant alone.")
_CURSOR = Parameter("cursor", "The `cursor` of the page before; opaque.")
_FROM = Parameter("from", "Where the span begins: an RFC 3339 instant, or a date, which is its midnight in the zone.")
_TO = Parameter("to", "Before what the span ends, likewise. Default: the end of this day.")
_ZONE = Parameter("zone", "The IANA time zone of days and hours.", {"type": "string", "default": "UTC"})
_METRIC = Parameter("metric", "Which clock.", _one_of(*METRICS, default=METRICS[0]))
_BY = Parameter(
    "by",
    "Also by group: at most four dimensions with commas between them. `channel`, `tier`, `service_type`, `priority`, "
    "`category`, `complexity`, `brand`, `language`, `group`, `agent`, `standard`, `weekday`, `hour`, `hour_of_week`, "
    "or the name of any other attribute.",
)
_COHORT = Parameter(
    "cohort",
    "The tickets created in the span (`creation`), or what happened in it (`event`). Reports whose cohort is fixed "
    "check the value and ignore it.",
    _one_of(*COHORTS, default=COHORTS[0]),
)
_VERSION = Parameter("version", "This version instead of the one in force.", {"type": "integer", "minimum": 1})
_SPAN = (_FROM, _TO, _ZONE, _BY, _COHORT, _TENANT)
_HANDLING = Parameter(
    "handling_seconds",
    "For how long a ticket keeps an agent busy, on average.",
    {"type": "number", "minimum": 1, "maximum": reports.LONGEST_HANDLING // 1_000_000, "default": 600},
)
_SHARE = Parameter(
    "share",
    "How many are to be answered within the target.",
    {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "default": 0.9},
)
_FORMAT = Parameter("format", "JSON, or one table as CSV.", _one_of("json", "csv", default="json"))
_BAD_QUERY = _json("A parameter is not valid.", answers.NotValid)
_BAD_BODY = _json("The document or a parameter is not valid; nothing was changed.", answers.NotValid)
_NOT_FOUND = _json("There is no such thing.", answers.Error)


def _handshake(method: Method, operation_id: str, summary: str) -> Route:
    return Route(
        method,
        "/webhooks/{connection}",
        operation_id,
        "Webhooks",
        summary,
        path_parameters=(_CONNECTION,),
        answers={
            200: Answer("Yes.", media_types=("*/*",)),
            202: _json("Taken for a webhook without a body.", answers.Receipt),
            401: _json("Not authenticated.", answers.Error),
            404: _json("No connection has this name.", answers.Error),
            503: _json("Not known now: ask again.", answers.Error),
        },
        is_public=True,
    )


def _report(name: str, summary: str, model: type[BaseModel], *more: Parameter) -> Route:
    return Route(
        "GET",
        f"/reports/{name}",
        f"report_{name}",
        "Reports",
        summary,
        "Without `from` and `to`, the last four weeks. A span may have five years.",
        query=(*_SPAN, *more, _FORMAT),
        answers={200: Answer("The report.", (model,), ("text/csv",)), 400: _BAD_QUERY},
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/webhooks/{connection}",
        "receive_webhook",
        "Webhooks",
        "Receive a webhook of a ticketing tool",
        "The sender proves itself as its tool does: by a signature over the raw body, or by `X-Replyclock-Token`. "
        "Everything is stored when the answer is sent; a webhook that is sent again counts as duplicates.",
        path_parameters=(_CONNECTION,),
        body="What the tool sends, at most 1 MiB.",
        body_media_types=("application/json",),
        answers={
            200: Answer("A handshake, answered as the tool asks.", media_types=("*/*",)),
            202: _json("Stored.", answers.Receipt),
            401: _json("Not authenticated: a signature, a token or a timestamp is wrong or missing.", answers.Error),
            404: _json("No connection has this name.", answers.Error),
            413: _json("Larger than 1 MiB.", answers.Error),
            503: _json("Not stored: send it again.", answers.Error),
        },
        is_public=True,
    ),
    _handshake("OPTIONS", "ask_webhook_options", "Ask whether webhooks may be sent here, as senders of CloudEvents do"),
    _handshake("HEAD", "ask_webhook_head", "Ask whether there is something here, as Intercom does"),
    Route(
        "GET",
        "/tickets/{tenant}/{source}/{ticket}",
        "show_ticket",
        "Tickets",
        "Show a ticket, its clocks with their explanation, its events and its alerts",
        "Measured when asked, from the log. The ticket's id may hold slashes: all that follows the source is the id. "
        "An id with a question mark, or with `.` or `..` for a part, is `/tickets/TENANT/SOURCE/-?ticket=ID`: "
        "the gateway would cut or fold its path. Of a large ticket the answer is a page; all pages show it as of the "
        "first.",
        path_parameters=(
            Parameter("tenant", "The ticket's tenant.", required=True),
            Parameter("source", "The name of its connection.", required=True),
            Parameter("ticket", "Its id in the tool, percent-encoded.", required=True),
        ),
        query=(
            Parameter("ticket", "The ticket's id, instead of that in the path."),
            _CURSOR,
            Parameter(
                "limit", "Rows of each list of the page.", _whole(ticket_pages.PAGE_ROWS_MAX, ticket_pages.PAGE_ROWS)
            ),
        ),
        answers={
            200: _json("A page of the ticket.", answers.ExplainedTicket),
            400: _BAD_QUERY,
            404: _json("No event of it is known, or its log was purged.", answers.PurgedTicket, answers.Error),
            500: _json("It cannot be evaluated.", answers.FaultyTicket),
        },
    ),
    Route(
        "GET",
        "/tickets",
        "list_tickets",
        "Tickets",
        "List open tickets with a clock in a state, the most urgent first",
        query=(
            Parameter("state", "The state of a clock.", _one_of(*read.LISTED_STATES), required=True),
            _TENANT,
            _CURSOR,
            Parameter("limit", "Tickets of a page.", _whole(read.MOST_LISTED, 20)),
        ),
        answers={200: _json("A page.", answers.TicketPage), 400: _BAD_QUERY},
    ),
    Route(
        "GET",
        "/live",
        "list_open_clocks",
        "Tickets",
        "Show how the open tickets stand now",
        "Read from the index, never from the logs. A count is kept for ten times as long as counting took, at least "
        "2 s and at most a minute.",
        query=(
            _TENANT,
            Parameter("channel", "Tickets of this channel alone."),
            Parameter("tier", "Tickets of this tier alone."),
            Parameter("group", "Tickets of this group alone."),
            Parameter(
                "limit", "Clocks listed of those in breach, and as many of the others.", _whole(live.MOST_LISTED, 50)
            ),
            Parameter("counts", "`kept`: do not count, send counts only where they are at hand.", _one_of("kept")),
        ),
        answers={200: _json("Counts, filters and clocks.", answers.Live), 400: _BAD_QUERY},
    ),
    Route(
        "GET",
        "/alerts",
        "list_alerts",
        "Alerts",
        "List the alerts that were sent in the last seven days, the newest first",
        "Of a storm of alerts the summary is one line.",
        query=(
            _TENANT,
            Parameter("after", "The `latest` of the answer before: only what came since."),
            Parameter("limit", "Lines of the answer.", _whole(feed.MOST_LISTED, 50)),
        ),
        answers={200: _json("Alerts and summaries.", answers.Feed), 400: _BAD_QUERY},
    ),
    Route(
        "GET",
        "/faults",
        "list_faults",
        "Alerts",
        "List what was set aside because of a fault, and what is in quarantine",
        query=(
            _CURSOR,
            Parameter("limit", "Faults of a page.", _whole(faults.LISTED_MAX, 50)),
            Parameter("quarantine", "`no`: do not count quarantined bodies.", _one_of("no")),
        ),
        answers={200: _json("A page.", answers.Faults), 400: _BAD_QUERY},
    ),
    Route(
        "GET",
        "/policy",
        "show_policy",
        "Policy",
        "Show the policy document in force",
        answers={
            200: _json("The document, as JSON.", answers.Policy),
            404: _json("No version is in force yet.", answers.Error),
        },
    ),
    Route(
        "GET",
        "/policy/versions",
        "list_policy_versions",
        "Policy",
        "List the published versions",
        "Each with how many of the open tickets have been measured under it.",
        answers={200: _json("The versions.", answers.PolicyVersions)},
    ),
    Route(
        "GET",
        "/policy/text",
        "show_policy_text",
        "Policy",
        "Show a policy document as it was published, comments included",
        query=(_VERSION,),
        answers={
            200: Answer("The text.", media_types=("text/plain",)),
            400: _BAD_QUERY,
            404: _json("There is no such version, or none is in force yet.", answers.Error),
        },
    ),
    Route(
        "GET",
        "/policy/draft",
        "draft_policy",
        "Policy",
        "Draft the next version of the policy",
        "The document in force with the next free number, in force from the next full hour. A draft of a version that "
        "was published as JSON is YAML.",
        query=(_VERSION,),
        answers={
            200: _json("The draft.", answers.PolicyDraft),
            400: _BAD_QUERY,
            404: _json("There is no such version.", answers.Error),
        },
    ),
    Route(
        "POST",
        "/policy/check",
        "check_policy",
        "Policy",
        "Check a policy document without publishing it",
        body="A policy document, YAML or JSON.",
        answers={
            200: _json("It would be published.", answers.PolicyChecked),
            409: _json("This version exists.", answers.Error),
            422: _BAD_BODY,
        },
    ),
    Route(
        "PUT",
        "/policy",
        "publish_policy",
        "Policy",
        "Publish a version of the policy",
        "It is checked as `replyclock policy check` does. A published version never changes.",
        query=(
            Parameter(
                "tells_past",
                "`true`: send alerts also for what is in breach under it already.",
                _one_of("true", "false", default="false"),
            ),
        ),
        body="A policy document, YAML or JSON, at most 200,000 bytes.",
        answers={
            201: _json("Published: the document, as JSON.", answers.Policy),
            409: _json("This version exists.", answers.Error),
            422: _BAD_BODY,
        },
    ),
    Route(
        "POST",
        "/policy/simulation",
        "simulate_policy",
        "Policy",
        "Compare a proposed policy with the one in force over past tickets",
        "Over the tickets created in the span, by default of the last four weeks, at most 92 days; a sample where "
        "there are more than `most`.",
        query=(_FROM, _TO, _ZONE, Parameter("most", "Tickets that are judged.", _whole(simulate.MOST, 500))),
        body="A policy document, YAML or JSON.",
        answers={200: _json("The comparison.", answers.Simulation), 422: _BAD_BODY},
    ),
    Route(
        "GET",
        "/policy/document",
        "show_policy_document",
        "Policy",
        "Write the service response time document",
        "From the policy in force and, by default, the last 91 days.",
        query=(
            Parameter("lang", "The language.", _one_of("en", "zh", default="en")),
            Parameter(
                "format",
                "HTML, Markdown, or the tree of its sections as JSON.",
                _one_of("html", "md", "json", default="html"),
            ),
            *_SPAN,
            _HANDLING,
            _SHARE,
        ),
        answers={
            200: Answer("The document.", media_types=("text/html", "text/markdown", "application/json")),
            400: _BAD_QUERY,
            404: _json("No version of the policy is in force yet.", answers.Error),
        },
    ),
    _report(
        "summary",
        "Counts, times, compliance and satisfaction, and what changed since the span before",
        answers.Summary,
    ),
    _report(
        "trends",
        "The same by day, week or month",
        answers.Trends,
        _METRIC,
        Parameter("every", "A point a day, week or month, at most 2,000.", _one_of(*EVERY, default=EVERY[0])),
    ),
    _report(
        "distribution", "How the times of a clock are distributed around their targets", answers.Distribution, _METRIC
    ),
    _report("causes", "What goes with long times, which groups stand out, where the time goes", answers.Causes),
    _report("agents", "What each agent answered, held and resolved", answers.Agents),
    _report(
        "staffing",
        "Arrivals by hour of the week, and the agents that meet the target",
        answers.Staffing,
        _HANDLING,
        _SHARE,
    ),
    _report("advice", "Targets that would have been met 90%, 95% and 99% of the time", answers.Advice),
    Route(
        "GET",
        "/",
        "show_page",
        "Page",
        "The dashboard",
        "It holds no data: it asks for the token, and calls the API with it.",
        answers={200: Answer("The page.", media_types=("text/html",))},
        is_public=True,
    ),
    Route(
        "GET",
        "/assets/{version}/{name}",
        "show_asset",
        "Page",
        "A file of the dashboard",
        path_parameters=(
            Parameter("version", "The version of the dashboard, as its page names it.", required=True),
            Parameter("name", "The file; it may lie in a folder.", required=True),
        ),
        answers={
            200: Answer("The file.", media_types=("*/*",)),
            404: _NOT_FOUND,
        },
        is_public=True,
    ),
    Route(
        "GET",
        "/health",
        "check_health",
        "Page",
        "Whether the function runs",
        answers={200: _json("It does.", answers.Health)},
        is_public=True,
    ),
    Route(
        "GET",
        "/openapi.json",
        "show_openapi",
        "Page",
        "This description",
        answers={200: Answer("An OpenAPI 3.1 document.", media_types=("application/json",))},
        is_public=True,
    ),
)
"""Every route, in the order in which the reference shows them."""
