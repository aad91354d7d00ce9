"""The requester, which events state beside the ticket's creation, for when that one never arrives."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from . import (
    test_gorgias,
    test_helpscout,
    test_intercom,
    test_linear,
    test_pagerduty,
    test_servicenow,
    test_zammad,
)
from .builders import events, github, github_comment, zendesk, zendesk_comment

HELPSCOUT = {"X-HelpScout-Event": "convo.agent.reply.created"}
LATER_THREAD = test_helpscout.thread(5001, "message", {"id": 9, "type": "user"}, "08:20:00")


@pytest.mark.parametrize(
    ("provider", "body", "headers", "requester"),
    [
        ("zendesk", zendesk_comment(), {}, "100"),
        ("zendesk", zendesk("ticket.soft_deleted"), {}, "100"),
        ("github", github_comment(), {"X-GitHub-Event": "issue_comment"}, "reporter"),
        ("github", github("closed"), {"X-GitHub-Event": "issues"}, "reporter"),
        ("gorgias", test_gorgias.body(test_gorgias.message()), {}, "100"),
        ("helpscout", test_helpscout.conversation(LATER_THREAD), HELPSCOUT, "customer|100"),
        ("intercom", test_intercom.conversation(test_intercom.part("close")), {}, "c-100"),
        ("intercom", test_intercom.conversation(test_intercom.part(), source=None), {}, "c-100"),
        ("intercom", test_intercom.ticket(test_intercom.part()), {}, "c-100"),
        ("linear", test_linear.issue("update", {"priority": 1}), {}, "cus"),
        ("pagerduty", test_pagerduty.incident("reassigned"), {}, "PSERVICE"),
        ("servicenow", test_servicenow.saved(journal=[test_servicenow.written()]), {}, "c1"),
        ("zammad", test_zammad.body(test_zammad.article()), {}, "8"),
    ],
)
def test_is_stated_wherever_the_creation_is(
    provider: str, body: object, headers: Mapping[str, str], requester: str
) -> None:
    told = [one for one in events(provider, body, headers) if "created_at" in one]
    assert told
    assert {one["type"]: one.get("requester") for one in told} == {one["type"]: requester for one in told}


def test_a_ticket_that_went_into_this_one_has_another() -> None:
    merge = {"type": "merged", "associatedEntities": {"originalConversation": 122}}
    thread = test_helpscout.thread(5002, "lineitem", {"id": 9, "type": "user"}, "08:25:00", action=merge)
    told = events("helpscout", test_helpscout.conversation(thread), {"X-HelpScout-Event": "convo.merged"})
    (merged,) = [one for one in told if one["type"] == "ticket.merged"]
    assert merged["ticket"] == "122"
    assert "requester" not in merged
