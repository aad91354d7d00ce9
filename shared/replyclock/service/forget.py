"""Forget a customer: erase what names them from all that is kept, with every clock as it was."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from replyclock.domain.errors import Conflict
from replyclock.domain.events import AnyEvent, TicketKey
from replyclock.domain.forgetting import Person, holds_text_of, is_customer_of, is_part_of_id, without
from replyclock.domain.judging import evaluate_ticket
from replyclock.domain.policy import Policy
from replyclock.domain.reporting.erasure import facts_without, texts_of
from replyclock.domain.reporting.manifest import Partition

from .ports import Archive, Clock, FactStore, Quarantine, Tickets

_WHO_AND_WHAT = ("attributes", "assignee")
_ATTEMPTS = 5


@dataclass(slots=True)
class Forgotten:
    """What was erased, or would be."""

    tickets: int = 0
    events: int = 0
    alerts: int = 0
    """Of tickets' ledgers."""
    lines: int = 0
    """Of the feed, and of storms whose summary is to come."""
    bodies: int = 0
    """Removed from quarantine."""
    late: int = 0
    """Tickets that were dropped, and of which something came later that is removed: nobody measures it."""
    facts: int = 0
    """Tickets that were dropped, and whose facts are rewritten."""
    kept_in_ids: int = 0
    """Events in whose own id the person's stays."""
    left: list[TicketKey] = field(default_factory=list)
    """Tickets left as they are: their clocks depend on what would be erased."""
    by_text: list[TicketKey] = field(default_factory=list)
    """Tickets left as they are: they hold a name or an address, and not the id."""


@dataclass(frozen=True, slots=True)
class ForgetPerson:
    """Puts a pseudonym in the place of a person, another one in each ticket, wherever they are a customer."""

    archive: Archive
    tickets: Tickets
    quarantine: Quarantine
    policy: Callable[[], Policy]
    clock: Clock
    refresh: Callable[[TicketKey], object]
    """Measures a ticket anew, and has the figures of its day built anew."""
    pseudonym: Callable[[], str]
    """A new one each time, which nobody can guess or derive."""
    facts: FactStore
    """The facts of tickets that were dropped are all that is left of them; those of others are built anew."""

    def __call__(
        self,
        person: Person,
        connections: Iterable[str],
        *,
        tenant: str | None = None,
        source: str | None = None,
        dry_run: bool = False,
        though_clocks_change: bool = False,
        by_text: bool = False,
    ) -> Forgotten:
        """Erases the person from the tickets of a tenant, or a source, or all, and from what `connections` have in
        quarantine.

        A ticket whose clocks depend on what is theirs is left alone, unless `though_clocks_change`: mostly on an
        attribute to which the policy promises something. One that holds a name or an address of theirs, but has not
        their id as a customer's, is left alone, unless `by_text`: it may be about somebody else of that name.
        Raises Conflict where others kept writing to a ticket, and StoreUnavailable; called again it goes on.
        """
        done = Forgotten()
        mentions = [one for one in self.archive.mentions(person) if _is_of(one.key, tenant, source)]
        pseudonyms: dict[TicketKey, str] = {}
        for key in dict.fromkeys(one.key for one in mentions if one.place is None):
            self._forget_in(
                key,
                person,
                pseudonyms,
                done,
                dry_run=dry_run,
                though_clocks_change=though_clocks_change,
                by_text=by_text,
            )
        left = {*done.left, *done.by_text}
        for one in mentions:
            if one.place is not None and one.key not in left:
                change = partial(person.alert, pseudonym=pseudonyms.get(one.key) or self.pseudonym())
                done.lines += dry_run or self.archive.rewrite_line(one.place, change)
        self._forget_facts(person, tenant, source, done, dry_run=dry_run, by_text=by_text)
        for name in connections:
            for body in self.quarantine.kept(name):
                if _names(person, body.body):
                    done.bodies += 1
                    if not dry_run:
                        self.quarantine.remove(body)
        return done

    def _forget_in(
        self,
        key: TicketKey,
        person: Person,
        pseudonyms: dict[TicketKey, str],
        done: Forgotten,
        *,
        dry_run: bool,
        though_clocks_change: bool,
        by_text: bool,
    ) -> None:
        record = self.tickets.read(key)
        if record.dropped_at is not None:
            done.late += 1
            if not dry_run:
                self.archive.drop(key, self.clock())
            return
        told = [stored.event for stored in record.events]
        begun = self.archive.pseudonym(key, person)
        if begun is None and not is_customer_of(told, person):
            if not holds_text_of(told, person):
                return
            if not by_text:
                done.by_text.append(key)
                return
        pseudonym = begun or self.pseudonym()
        change = partial(without, person=person, pseudonym=pseudonym)
        renewed = [change(event) for event in told]
        policy, now = self.policy(), self.clock()
        same = _measured(told, policy, now) == _measured(renewed, policy, now)
        if begun is None and not though_clocks_change and not same:
            done.left.append(key)
            return
        pseudonyms[key] = pseudonym
        done.tickets += 1
        done.kept_in_ids += sum(is_part_of_id(event, person) for event in told)
        if dry_run:
            done.events += len({one.id for one, other in zip(told, renewed, strict=True) if one is not other})
            alerts = (one.entry.document() for one in record.ledger)
            done.alerts += sum(person.alert(one, pseudonym) != one for one in alerts)
            return
        # Once more after it was measured, until nothing is left: what was under way may have written what it had read
        # before, and a further event may have come.
        while any(changed := self._rewrite(key, person, pseudonym, change)):
            done.events += changed[0]
            done.alerts += changed[1]
            self.refresh(key)

    def _forget_facts(
        self, person: Person, tenant: str | None, source: str | None, done: Forgotten, *, dry_run: bool, by_text: bool
    ) -> None:
        """Rewrites the facts of tickets that were dropped. Of these nobody knows any more who their customer was."""
        manifest = self.facts.manifest()
        for partition in manifest.partitions:
            for day in range(partition.first_day, partition.last_day + 1):
                if day not in partition.without and (tenant is None or tenant in partition.tenants):
                    self._forget_day(partition, day, person, (tenant, source), done, dry_run=dry_run, by_text=by_text)

    def _forget_day(
        self,
        partition: Partition,
        day: int,
        person: Person,
        of: tuple[str | None, str | None],
        done: Forgotten,
        *,
        dry_run: bool,
        by_text: bool,
    ) -> None:
        changed = {}
        for key, facts in self.facts.facts_of(partition, day).items():
            texts = [text for text in texts_of(facts) if person.is_in(text)]
            if not texts or not _is_of(key, *of) or self.tickets.read(key).dropped_at is None:
                continue
            if person.id not in texts and not by_text:
                done.by_text.append(key)
                continue
            changed[key] = facts_without(facts, person, self.pseudonym())
        done.facts += len(changed)
        if changed and not dry_run:
            manifest = self.facts.manifest()
            before = manifest.day(day)
            if before != partition:
                raise Conflict
            self.facts.commit(manifest, {day: self.facts.build(day, before, changed, partition.evaluated_at)})

    def _rewrite(
        self, key: TicketKey, person: Person, pseudonym: str, change: Callable[[AnyEvent], AnyEvent]
    ) -> tuple[int, int]:
        alert = partial(person.alert, pseudonym=pseudonym)
        for _ in range(_ATTEMPTS - 1):
            try:
                return self.archive.rewrite(key, person, pseudonym, change, alert)
            except Conflict:
                continue  # it is read again
        return self.archive.rewrite(key, person, pseudonym, change, alert)


def _measured(events: Iterable[AnyEvent], policy: Policy, now: int) -> dict[str, Any] | None:
    result = evaluate_ticket(events, policy, now)
    if result is None:
        return None
    return {name: value for name, value in result.document().items() if name not in _WHO_AND_WHAT}


def _is_of(key: TicketKey, tenant: str | None, source: str | None) -> bool:
    return tenant in (None, key[0]) and source in (None, key[1])


def _names(person: Person, body: bytes) -> bool:
    """Whether a body that nobody could read has them in it: their id as a word of its own, or a name anywhere."""
    text = body.decode(errors="replace").casefold()
    words = [re.escape(one) for one in _spellings(person.id)]
    return any(re.search(rf"(?<!\w){word}(?!\w)", text) for word in words) or any(
        spelling in text for one in person.also for spelling in _spellings(one)
    )


def _spellings(name: str) -> set[str]:
    """As it is, and as JSON may write it."""
    return {name.casefold(), *(json.dumps(name, ensure_ascii=plain)[1:-1].casefold() for plain in (True, False))}
