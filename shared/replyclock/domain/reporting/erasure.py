"""Erasing a person from facts: those of a ticket whose log was dropped are all that is left of it."""

from __future__ import annotations

from collections.abc import Iterator

from replyclock.domain.forgetting import Person

from .facts import ATTRIBUTES, Facts


def texts_of(facts: Facts) -> Iterator[str]:
    """All of a ticket's facts that may name somebody: its attributes and its assignee."""
    ticket = facts.ticket
    yield from (value for value in (ticket.agent, *(getattr(ticket, name) for name in ATTRIBUTES)) if value is not None)
    for values in ticket.attributes.values():
        yield from values


def facts_without(facts: Facts, person: Person, pseudonym: str) -> Facts:
    """The facts with the pseudonym wherever they have the person."""

    def agent(name: str | None) -> str | None:
        return pseudonym if name is not None and person.is_named(name) else name

    known = {name: getattr(facts.ticket, name) for name in ATTRIBUTES}
    dimensions = {**person.attributes(known, pseudonym), "agent": agent(facts.ticket.agent)}
    ticket = facts.ticket._replace(**dimensions, attributes=person.attributes(facts.ticket.attributes, pseudonym))
    clocks = [clock._replace(**dimensions) for clock in facts.clocks]
    work = [one._replace(agent=agent(one.agent) or "") for one in facts.work]
    return Facts(ticket, clocks, work)
