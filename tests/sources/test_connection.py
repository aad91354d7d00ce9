"""Connections as people and the store write them."""

from __future__ import annotations

import json

import pytest

from replyclock.domain.errors import InvalidInput
from replyclock.sources.base import (
    Connection,
    connection_from_document,
    connection_from_yaml,
    connection_without_options,
)

FULL = """
name: support-eu
provider: zendesk
tenant: acme
secrets: [replyclock/prod/connections/support-eu/1, replyclock/prod/connections/support-eu/2]
account: 4711
bots: [900, "901"]
status_map: {Waiting On Parts: on_hold, 52: pending}
attributes: {tier: detail.organization_id}
groups: {360001: L2, "360002": 24}
timezone: Europe/Berlin
url: https://hooks.example.com/webhooks/support-eu
"""


def faults(text: str) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        connection_from_yaml(text)
    return [str(fault) for fault in refused.value.faults]


def test_all_options() -> None:
    connection = connection_from_yaml(FULL)
    assert connection.name == "support-eu"
    assert connection.account == "4711"
    assert connection.bots == ("900", "901")
    assert connection.status_map == {"waiting on parts": "on_hold", "52": "pending"}
    assert connection.groups == {"360001": "L2", "360002": "24"}
    assert (connection.group_named("360001"), connection.group_named("360003")) == ("L2", "360003")
    assert connection.zone is not None


def test_the_document_of_a_connection_reads_as_the_same() -> None:
    connection = connection_from_yaml(FULL)
    assert connection_from_document(json.loads(json.dumps(connection.document()))) == connection


def test_defaults() -> None:
    connection = connection_from_yaml("{name: desk, provider: generic}")
    assert connection == Connection(name="desk", provider="generic")
    assert (connection.tenant, connection.secrets, connection.zone) == ("default", (), None)
    assert connection_without_options("github").name == "github"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "must be an object"),
        ("- a", "must be an object"),
        ("a: [", "line 1: is not YAML"),
        ("name: desk\nname: ops\nprovider: generic", "name: stands twice"),
        ("{name: !!binary aGVsbG8=, provider: generic}", "name: the tag !!binary is not known here"),
        ("{name: desk, provider: generic, attributes: " + "[" * 5_000, "attributes: is too large or too deep"),
        ("a: &a [x]\n" + "".join(f"b{n}: &a [{', '.join(['*a'] * 9)}]\n" for n in range(9)), "b"),
        ("provider: generic", "name: is missing"),
        ("{name: Desk!, provider: generic}", "name: string should match pattern"),
        ("{name: desk, provider: ../x}", "provider: string should match pattern"),
        ("{name: desk, provider: generic, secret: x}", "secret: is not an option of a connection"),
        ("{name: desk, provider: generic, timezone: Europe/Atlantis}", "timezone: must be an IANA time zone"),
        ("{name: desk, provider: generic, timezone: ../../etc/passwd}", "timezone: must be an IANA time zone"),
        ("{name: desk, provider: generic, secrets: [a, '']}", "secrets[1]: string should have at least 1 character"),
        ("{name: desk, provider: generic, status_map: {Done: finished}}", "status_map.Done: input should be 'new'"),
        (
            "{name: desk, provider: generic, status_map: {Done: solved, done: closed}}",
            "status_map: names one status twice",
        ),
        ("{name: desk, provider: generic, attributes: {tier: a..b}}", "attributes.tier: string should match pattern"),
        ("{name: desk, provider: generic, groups: {7: ''}}", "groups.7: must be a name of 1 to 200 characters"),
        ('{name: desk, provider: generic, groups: {7: "a\\u0007"}}', "groups.7: must be a name of 1 to 200 characters"),
        ("{name: desk, provider: generic, groups: {7: [a]}}", "groups.7: input should be a valid string"),
        ("{name: desk, provider: generic, groups: L2}", "groups: input should be a valid dictionary"),
        ("{name: desk, provider: generic, url: ftp://x}", "url: string should match pattern"),
    ],
)
def test_faults_name_the_place(text: str, fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(text)), faults(text)


def test_every_fault_is_named_at_once() -> None:
    assert len(faults("{name: A, tenant: B, nonsense: 1}")) == 4


@pytest.mark.parametrize(
    ("account", "named", "ours"), [(None, [None], True), ("Acme", ["x", "ACME"], True), ("1", ["2", None], False)]
)
def test_accounts(account: str | None, named: list[str | None], ours: bool) -> None:
    assert Connection(name="a", provider="generic", account=account).is_account(named) is ours
