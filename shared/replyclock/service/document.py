"""Evaluate tickets for the service response time document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from replyclock.domain.advice import advice
from replyclock.domain.causes import causes
from replyclock.domain.figures import TicketFigures
from replyclock.domain.policy import Policy
from replyclock.domain.report import Asked, summary
from replyclock.domain.staffing import Effort, staffing
from replyclock.presentation.document_policy import CLASSES
from replyclock.presentation.document_results import Results


def evaluate(tickets: Sequence[TicketFigures], asked: Asked, policy: Policy, effort: Effort) -> Results:
    """All that the document tells of the tickets: all of those there are, with their figures at `asked.at`."""
    return Results(
        summary(tickets, asked),
        {name: summary(tickets, replace(asked, group_by=(name,))) for name in CLASSES},
        causes(tickets, asked),
        staffing(tickets, asked, policy, effort),
        advice(tickets, asked, policy),
    )
