"""`replyclock policy` as people call it; publishing goes through a real HTTP server to the function of the API."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import boto3
import pytest

from replyclock.cli import published
from replyclock.cli.main import main
from replyclock.domain.instants import DAY, SECOND, format_instant
from replyclock.domain.policy import DEFAULT_POLICY_DOCUMENT
from replyclock.service.policies import CACHED_SECONDS
from replyclock.service.ports import SHARDS, OpenTicketsTimer, PublishedPolicy
from tests.adapters.backends import moto_in_process
from tests.adapters.samples import KEY, created
from tests.functions.conftest import TOKEN, Deployed
from tests.functions.test_serve_api import request

from .local_api import served

THIRD = """\
policy: acme
version: 3
effective_from: 2026-06-01T00:00:00Z
calendars:
  support:
    timezone: America/New_York
    hours: {mon: ["09:00-12:00", "13:00-17:00"], fri: ["22:00-06:00"], sat: ["05:00-07:00"]}
    holidays: [{region: US-NY}, 2026-12-24]
    breaks: [{date: 2026-06-08, hours: ["10:30-12:00"]}]
standards:
  - name: VIP
    when: {tier: vip, channel: [phone, chat], brand: {not: internal}}
    calendar: support
    targets: {first_response: 15m, resolution: 2bd}
    alerts: [{at: 80%, notify: team}, {at: 150%, notify: [team, lead]}]
    remind_every: 1h
  - {name: everybody, targets: {first_response: 4h}}
monitoring:
  - {when: {service_type: urgent}, every: 1h}
"""
FOURTH = """\
policy: acme
version: 4
effective_from: 2026-07-01T00:00:00Z
select: first
when_attributes_change: pin
solve_answers: false
standards: [{name: all, targets: {first_response: 1h}}]
"""
AT = "2026-06-02T00:00:00Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "140")
    (tmp_path / "3.yaml").write_text(THIRD)
    (tmp_path / "4.yaml").write_text(FOURTH)
    return tmp_path


def checked(capsys: pytest.CaptureFixture[str], *files: str, at: str = AT) -> list[str]:
    assert main(["policy", "check", "--at", at, *files]) == 0
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def test_what_a_version_says(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = checked(capsys, "3.yaml")
    # Seven hours on Monday, eight over midnight of which the last overlaps with Saturday's two: 7 + 8 + 1.
    for line in (
        "in force now: from Mon 2026-06-01 00:00:00 UTC",
        "VIP support 15m 2bd",
        "tier is vip and channel is phone or chat and brand is not internal (16h)",
        "alerts at 80% to team, 150% to team and lead, then every 1h",
        "everybody always 4h -",
        "support America/New_York 16h Mon 2026-06-08 10:30:00 EDT, 1h 30m: break",
        "Fri 2026-06-19 00:00:00 EDT, 24h: holiday: Juneteenth National Independence Day",
        "Fri 2026-07-03 00:00:00 EDT, 24h: holiday: Independence Day (observed)",
        "of standards that match the strictest governs",
        "when attributes change the promise follows, measured from the clock's start",
        "first response pauses never",
        "resolution pauses pending and on hold",
        "reported every 1h: service_type is urgent",
        "1 version of acme: valid, no warnings",
    ):
        assert line in lines, "\n".join(lines)


def test_which_version_is_in_force_and_when_others_come(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = checked(capsys, "4.yaml", "3.yaml")
    assert "in force now: from Mon 2026-06-01 00:00:00 UTC until Wed 2026-07-01 00:00:00 UTC" in lines
    assert "comes into force in 29d: from Wed 2026-07-01 00:00:00 UTC" in lines
    assert "when attributes change the promise of the clock's start stays" in lines
    assert "solving a ticket does not answer a customer who waits" in lines
    lines = checked(capsys, "4.yaml", "3.yaml", at="2026-07-01T00:00:00Z")
    assert "past: from Mon 2026-06-01 00:00:00 UTC until Wed 2026-07-01 00:00:00 UTC" in lines
    assert "in force now: from Wed 2026-07-01 00:00:00 UTC" in lines


def test_what_is_hardly_meant_is_warned_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.yaml").write_text(
        THIRD.replace("tier: vip", "teir: vip").replace("phone, chat", "phone, Chat, fax").replace("2bd", "3000bd")
        + "  - {every: 24h, when: {priority: hihg}}\n"
    )
    (folder / "4.yaml").write_text(FOURTH.replace("2026-07", "2026-05"))
    lines = checked(capsys, "3.yaml", "4.yaml")
    assert [line for line in lines if line.startswith("warning")] == [
        "warning: effective_from: comes after that of version 4, which is higher",
        "warning: standards[0].when.teir: is not one of the known attributes: is tier meant?",
        "warning: standards[0].when.channel: Chat is not a channel that sources tell: is chat meant?",
        "warning: standards[0].when.channel: fax is not a channel that sources tell: "
        "these are phone, chat, email, web, social, sms, api, app",
        "warning: standards[0].targets.resolution: takes longer than ten years in the calendar support: "
        "such a clock is never due",
        "warning: monitoring[1].when.priority: hihg is not a priority that sources tell: is high meant?",
    ]
    assert lines[-1] == "2 versions of acme: valid, 6 warnings"


def test_every_fault_is_named_and_nothing_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "3.yaml").write_text(THIRD.replace("15m", "15d").replace("calendar: support", "calendar: night"))
    (folder / "5.yaml").write_text("policy: other\nversion: 5\neffective_from: soon\n")
    assert main(["policy", "check", "3.yaml", "4.yaml", "5.yaml"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    places = sorted(line.split(": ")[:2] for line in err.splitlines())
    assert places == [
        ["3.yaml:13", "standards[0].calendar"],
        ["3.yaml:14", "standards[0].targets.first_response"],
        ["5.yaml:1", "standards"],
        ["5.yaml:3", "effective_from"],
    ]


def test_what_cannot_be_read_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", "3.yaml", "missing.yaml"]) == 2
    assert capsys.readouterr() == ("", "missing.yaml: No such file or directory\n")


# --- publish, list, show ---


@pytest.fixture
def stack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    with moto_in_process():
        house = Deployed(monkeypatch)

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                # As API Gateway hands on a body whose type is none of a text's.
                asked = urlsplit(self.path)
                body = base64.b64encode(self.rfile.read(int(self.headers["Content-Length"]))).decode()
                event = request(asked.path, "PUT", body=body, **dict(parse_qsl(asked.query)))
                event |= {"isBase64Encoded": True, "headers": {"authorization": self.headers["Authorization"]}}
                answer = house.call("serve_api", event)
                self.send_response(answer["statusCode"])
                self.end_headers()
                self.wfile.write(answer["body"].encode())

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        with served(Handler, folder, house.store.name):
            yield house


def policy(*arguments: str) -> int:
    return main(["policy", *arguments, "--local"])


def version(number: int, since: str = "2026-06-01T00:00:00Z") -> str:
    text = FOURTH.replace("version: 4", f"version: {number}   # as somebody wrote it: für alle")
    return text.replace("2026-07-01T00:00:00Z", since)


def test_a_version_is_checked_published_measured_and_shown(
    stack: Deployed, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert policy("show") == 0
    assert capsys.readouterr().out == DEFAULT_POLICY_DOCUMENT
    assert policy("list") == 0
    assert "built in, as none is published" in capsys.readouterr().out
    stack.told(created(at=stack.now() - DAY, service_type="general"))
    stack.refresh(KEY)

    (folder / "1.yaml").write_text(version(1), encoding="utf-8")
    assert policy("publish", "1.yaml", "--dry-run") == 0
    told = capsys.readouterr().out
    for said in (
        "acme, version 1",
        "once published in force now",
        "valid, no warnings",
        "the standard table",
        "nothing is published",
    ):
        assert said in told
    assert stack.policies.published() == []
    assert policy("publish", "1.yaml") == 0
    told = capsys.readouterr().out
    assert "Version 1 of acme is published" in told
    assert "nobody is told" in told
    [one] = stack.policies.published()
    assert (one.text, one.tells_past) == (version(1), False)
    assert policy("list") == 0
    listed = capsys.readouterr().out
    assert "acme, version 1  in force now" in listed
    assert "0 of 0 open tickets measured so far" in listed
    # The open tickets come round as after PUT /policy, whose timers these are.
    queue = boto3.client("sqs").get_queue_attributes(QueueUrl=stack.queue_url, AttributeNames=["All"])["Attributes"]
    assert queue["ApproximateNumberOfMessagesDelayed"] == str(SHARDS)
    stack.now.at += (CACHED_SECONDS + 5) * SECOND
    for shard in range(SHARDS):
        stack.check(OpenTicketsTimer(shard, stack.now(), 1))
    while stack.timers.armed:
        stack.check(stack.timers.armed.pop(0))
    assert policy("list") == 0
    assert capsys.readouterr().out.endswith("; 1 of 1 open tickets measured\n")

    (folder / "2.yaml").write_text(version(2, "2026-05-01T00:00:00Z"), encoding="utf-8")
    assert policy("publish", "2.yaml", "--tells-past") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "In force now: version 1; published: 1. This one is version 2" in told
    assert "warning: version 1: effective_from: comes after that of version 2, which is higher" in told
    assert "people are told too" in told
    assert stack.policies.published()[1].tells_past is True
    assert policy("show") == 0
    assert capsys.readouterr().out == version(1)
    assert policy("show", "--version", "2") == 0
    assert capsys.readouterr().out == version(2, "2026-05-01T00:00:00Z")


def test_what_cannot_be_published_is_named_with_its_line(
    stack: Deployed, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(text: str) -> str:
        (folder / "p.yaml").write_text(text, encoding="utf-8")
        assert policy("publish", "p.yaml") == 2
        return capsys.readouterr().err

    assert refused(version(1).replace("1h", "1d")).startswith("p.yaml:7: standards[0].targets.first_response: a bare d")
    assert "longer than 200000 bytes" in refused(version(1) + "#" * 200_000)
    (folder / "p.yaml").write_bytes(b"\xff")
    assert policy("publish", "p.yaml") == 2
    assert "p.yaml:1: is not UTF-8 text" in capsys.readouterr().err
    monkeypatch.setattr(published, "api_token", lambda _: "another")
    assert refused(version(1)) == "PUT /policy answers 401: not authenticated\n"
    assert stack.policies.published() == []

    def somebody_was_first(number: int) -> None:
        def token(_: object) -> str:
            stack.policies.add(PublishedPolicy(number, version(number), stack.now()))
            return TOKEN

        monkeypatch.setattr(published, "api_token", token)

    # What only the API can know by then, it says; the line is that of the file.
    somebody_was_first(1)
    assert refused(version(2).replace("acme", "other")) == "p.yaml:1: policy: another document's is acme\n"
    somebody_was_first(2)
    assert "p.yaml: this version exists" in refused(version(2))
    assert refused(version(1)) == (
        "p.yaml:2: version: 1 is published, and what is published never changes: the next is 3\n"
    )
    assert (
        refused(version(3).replace("acme", "other")) == "p.yaml:1: policy: the policy that is published here is acme\n"
    )
    assert [one.text for one in stack.policies.published()] == [version(1), version(2)]
    assert policy("show", "--version", "3") == 2
    assert "3 is not published; these are: 1, 2" in capsys.readouterr().err


def test_of_a_first_version_that_comes_later_it_is_told_what_holds_until_then(
    stack: Deployed, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = format_instant(stack.now() + 9 * DAY)
    (folder / "p.yaml").write_text(version(1, later), encoding="utf-8")
    assert policy("publish", "p.yaml") == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "comes into force in" in told
    assert "nothing is promised" in told
    assert policy("show") == 2
    assert "no version is in force yet" in capsys.readouterr().err


def test_a_version_that_cannot_be_read_any_more_is_listed_and_the_next_one_takes_its_place(
    stack: Deployed, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stack.policies.add(PublishedPolicy(1, version(1), stack.now()))
    stack.policies.add(PublishedPolicy(2, "policy: acme\nversion: 2\nstandards: [", stack.now()))
    assert policy("show") == 2
    assert "version 2 of the policy cannot be read: publish the next one" in capsys.readouterr().err
    assert policy("list") == 0
    listed = capsys.readouterr().out
    assert "acme, version 1  " in listed
    assert "version 2  cannot be read, and keeps its span" in listed
    (folder / "3.yaml").write_text(version(3, format_instant(stack.now())), encoding="utf-8")
    assert policy("publish", "3.yaml") == 0
    capsys.readouterr()
    assert policy("show") == 0
    assert "version: 3" in capsys.readouterr().out
