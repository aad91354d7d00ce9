"""Evaluate tickets for the service response time document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from replyclock.domain.advice import advice
from replyclock.domain.causes import causes
from replyclock.domain.columns import Pack
from replyclock.domain.policy import Policy
from replyclock.domain.report import Asked, summary
from replyclock.domain.staffing import Effort, staffing
from replyclock.presentation.document_policy import CLASSES
from replyclock.presentation.document_results import Results


def evaluate(packs: Sequence[Pack], asked: Asked, policy: Policy, effort: Effort) -> Results:
    """All that the document tells of the tickets: all of those there are, with their figures at `asked.at`.

    The packs are gone over several times, one at a time unpacked.
    """
    return Results(
        summary(packs, asked),
        {name: summary(packs, replace(asked, group_by=(name,))) for name in CLASSES},
        causes(packs, asked),
        staffing(packs, asked, policy, effort),
        advice(packs, asked, policy),
    )
