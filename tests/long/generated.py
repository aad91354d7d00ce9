"""A year of a helpdesk on Zendesk, made up from a seed: as pages of ticket audits, and as the webhooks of the same."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from replyclock.domain.instants import DAY, MINUTE, SECOND, format_instant

AGENTS = tuple(range(9001, 9021))
_CUSTOMERS = 5000
_FIRST_CUSTOMER = 20_000
_PAGE = 500
_TAGS = ("billing", "printer", "login", "refund")


@dataclass(frozen=True)
class Year:
    """Tickets that were created in the 365 days before `end`, evenly, numbered from 1."""

    tickets: int
    end: int
    seed: int = 8

    def audits(self, ticket: int) -> list[dict[str, Any]]:
        """The audits of one ticket: how it was opened, a few rounds of answers, and often that it was solved."""
        chance = random.Random(f"{self.seed} {ticket}")
        at = self.end - 365 * DAY + ticket * (364 * DAY // self.tickets)
        at -= at % SECOND
        customer, agent = _FIRST_CUSTOMER + chance.randrange(_CUSTOMERS), chance.choice(AGENTS)
        channel = chance.choice(("email", "email", "web", "chat", "voice"))
        created = {
            "status": "new",
            "priority": chance.choice(("low", "normal", "high", "urgent")),
            "requester_id": str(customer),
            "tags": [chance.choice(_TAGS)],
        }
        opening = [{"type": "Create", "field_name": name, "value": value} for name, value in created.items()]
        audits = [self._audit(ticket, 0, at, customer, channel, [*opening, self._comment(ticket, 0, customer)])]
        status, assigned = "new", False
        for n in range(1, chance.randint(2, 6)):
            at += round(chance.lognormvariate(3.5, 1.5) * MINUTE)
            at -= at % SECOND
            by_customer = status == "pending"
            person = customer if by_customer else agent
            events = [self._comment(ticket, n, person, public=by_customer or chance.random() < 0.85)]
            then = "open" if by_customer else chance.choice(("pending", "pending", "solved", "hold", "open"))
            if then != status:
                events.append(_change("status", then, status))
                status = then
            if not by_customer and not assigned:
                events.append(_change("assignee_id", str(agent), None))
                assigned = True
            audits.append(self._audit(ticket, n, at, person, "web", events))
            if status == "solved":
                break
        return [audit for audit in audits if audit["created_at"] < format_instant(self.end)]

    def write(self, folder: Path) -> None:
        """Pages of audits, in the order of time as Zendesk lists them, and a page of the users."""
        folder.mkdir()
        everything = sorted(
            (audit for ticket in range(1, self.tickets + 1) for audit in self.audits(ticket)),
            key=lambda audit: str(audit["created_at"]),
        )
        for n in range(0, len(everything), _PAGE):
            page = {"audits": everything[n : n + _PAGE], "after_cursor": None}
            (folder / f"audits-{n // _PAGE:05}.json").write_text(json.dumps(page))
        people = [*((one, "agent") for one in AGENTS)]
        users = [{"id": one, "role": role} for one, role in people]
        (folder / "users.json").write_text(json.dumps({"users": users}))

    def webhooks(self, ticket: int) -> Iterator[bytes]:
        """What Zendesk's webhooks tell of the creation and the comments of a ticket."""
        first, *others = self.audits(ticket)
        fields = {one["field_name"]: one["value"] for one in first["events"] if one["type"] == "Create"}
        customer = fields["requester_id"]
        detail = {
            "id": str(ticket),
            "created_at": first["created_at"],
            "submitter_id": customer,
            "description": "Hello.",
            "is_public": True,
            "via": first["via"],
            **fields,
        }
        yield _webhook("created", first, detail, {})
        for audit in (first, *others):
            for one in audit["events"]:
                if one["type"] == "Comment":
                    staff = str(one["author_id"]) != customer
                    text = "Hello." if audit is first else "More."
                    said = {"id": one["id"], "is_public": one["public"], "body": text}
                    author = {"id": str(one["author_id"]), "is_staff": staff}
                    yield _webhook("comment_added", audit, detail, {"comment": {**said, "author": author}})

    @staticmethod
    def _comment(ticket: int, n: int, author: int, *, public: bool = True) -> dict[str, Any]:
        return {"type": "Comment", "id": ticket * 100 + n, "public": public, "author_id": author, "body": "Words."}

    @staticmethod
    def _audit(ticket: int, n: int, at: int, person: int, channel: str, events: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": ticket * 100 + n,
            "ticket_id": ticket,
            "created_at": format_instant(at),
            "author_id": person,
            "via": {"channel": channel},
            "events": events,
        }


def _change(name: str, value: str, before: str | None) -> dict[str, Any]:
    return {"type": "Change", "field_name": name, "value": value, "previous_value": before}


def _webhook(kind: str, audit: dict[str, Any], detail: dict[str, Any], event: dict[str, Any]) -> bytes:
    body = {
        "type": f"zen:event-type:ticket.{kind}",
        "time": audit["created_at"],
        "detail": {**detail, "actor_id": str(audit["author_id"]), "updated_at": audit["created_at"]},
        "event": event,
    }
    return json.dumps(body).encode()
