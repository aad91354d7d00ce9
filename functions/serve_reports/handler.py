"""Reports over HTTP: what many tickets come to, and the document that sums it up.

A function of its own, as it alone loads the engine: calls about tickets need not wait for that.
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from replyclock.adapters.caching import Cached, cached
from replyclock.adapters.clients import dynamodb_client, s3_client, secrets_client
from replyclock.adapters.dynamodb import Table
from replyclock.adapters.facts import S3Facts
from replyclock.adapters.faults import DynamoFaults
from replyclock.adapters.http_api import USUAL, as_of, make_app
from replyclock.adapters.policies import DynamoPolicies
from replyclock.adapters.runtime import Required, Settings, count_fault, make_logger, now
from replyclock.adapters.secrets import SecretsManagerSecrets
from replyclock.domain.errors import Fault, InvalidInput
from replyclock.presentation.report_csv import report_csv
from replyclock.service.faults import SetAside
from replyclock.service.policies import CACHED_SECONDS, read_stored_policy
from replyclock.service.reports import ReadReports


class Environment(Settings):
    """Settings. `api_token_secret` names the secret whose text is the token."""

    table_name: Required
    documents_bucket: Required
    api_token_secret: Required


settings = Environment.read()
logger = make_logger()
table = Table(dynamodb_client(), settings.table_name)
policies, faults = DynamoPolicies(table), DynamoFaults(table)
reports = ReadReports(
    S3Facts(s3_client(), settings.documents_bucket),
    cached(lambda: read_stored_policy(policies, count_fault), now, CACHED_SECONDS),
    now,
    faults,
    SetAside(faults, now, count_fault),
)
secrets = Cached(SecretsManagerSecrets(secrets_client()).get, now, seconds=300, seconds_missing=10)
app = make_app(lambda: secrets.get(settings.api_token_secret), logger)


@logger.inject_lambda_context
def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """An HTTP API event (payload 2.0) in, its response out."""
    return app.resolve(event, context)


@app.get("/reports/<report>")
def show_report(report: str) -> Response[str]:
    """What many tickets come to: JSON, or with `format=csv` one table."""
    options = app.current_event.query_string_parameters
    form = options.get("format") or "json"
    if form not in ("json", "csv"):
        raise InvalidInput([Fault("format", "must be json or csv")])
    found = reports(report, options)
    if found is None:
        raise NotFoundError
    if form == "json":
        return as_of(found)
    headers = {**USUAL, "content-disposition": f'attachment; filename="{report}.csv"'}
    return Response(200, "text/csv; charset=utf-8", report_csv(report, found), headers=headers)


@app.get("/policy/document")
def show_policy_document() -> Response[str]:
    """The service response time document."""
    found = reports.document(app.current_event.query_string_parameters)
    if found is None:
        raise NotFoundError
    text, form = found
    kind = {"html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "json": "application/json"}[form]
    # It runs nothing and loads nothing, whatever names a policy or a ticket may have.
    security = "default-src 'none'; style-src 'unsafe-inline'"
    return Response(200, kind, text, headers={**USUAL, "content-security-policy": security})
