"""Evaluate tickets for the service response time document."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from replyclock.domain.policy import Policy
from replyclock.domain.report import Asked
from replyclock.domain.staffing import Effort
from replyclock.presentation.document_policy import CLASSES
from replyclock.presentation.document_results import Results
from replyclock.reporting_sql import advice, causes, staffing, summary

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


def evaluate(facts: DuckDBPyConnection, asked: Asked, policy: Policy, effort: Effort) -> Results:
    """All that the document says of the tickets whose facts the connection has, as known at `asked.at`."""
    return Results(
        summary(facts, asked),
        {name: summary(facts, replace(asked, group_by=(name,))) for name in CLASSES},
        causes(facts, asked),
        staffing(facts, asked, policy, effort),
        advice(facts, asked, policy),
    )
