from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urljoin

import boto3
import pytest

from replyclock import __version__
from replyclock.adapters.api import ticket_path
from replyclock.adapters.archive import DynamoArchive
from replyclock.domain.instants import SECOND
from replyclock.presentation import assets
from replyclock.service.ports import PublishedPolicy
from tests.adapters.samples import KEY, NINE, created, note, reply
from tests.gateway import handed_over
from tests.service.test_policies import document

from .conftest import TOKEN, Context, Deployed, function_of, recorded


def request(path: str, method: str = "GET", token: str | None = TOKEN, body: str | None = None, **query: str) -> Any:
    event = recorded("serve_api")
    http = event["requestContext"]["http"] | {"method": method, "path": path}
    headers = {"Authorization": f"Bearer {token}"} if token is not None else {}
    return event | {
        "rawPath": path,
        "headers": headers,
        "pathParameters": None,
        "queryStringParameters": query or None,
        "requestContext": event["requestContext"] | {"http": http},
        "body": body,
    }


def call(deployed: Deployed, *args: Any, **options: Any) -> tuple[int, Any]:
    return answer(deployed.ask(request(*args, **options)))


def answer(response: Any) -> tuple[int, Any]:
    assert response["headers"]["Content-Type"] == "application/json"
    assert response["isBase64Encoded"] is False
    return response["statusCode"], json.loads(response["body"])


def test_health_needs_no_token(deployed: Deployed) -> None:
    assert call(deployed, "/health", token=None) == (200, {"status": "ok", "version": __version__})


PATHS = [
    *("/tickets", "/tickets/default/desk/1", "/policy", "/policy/versions", "/policy/text", "/policy/draft"),
    *("/live", "/alerts", "/reports/summary"),
    *("/nowhere", "/health/", "/healthx", "/assets", "/assetsx", "/index.html", "//assets/app.js"),
]


@pytest.mark.parametrize("path", PATHS)
def test_everything_else_does(deployed: Deployed, path: str) -> None:
    function = deployed.load("serve_api")
    for token in (None, "", "wrong", TOKEN + "x", TOKEN[:-1], "ü"):
        assert answer(function.lambda_handler(request(path, token=token), Context())) == (
            401,
            {"error": "not authenticated"},
        )
    event = request(path)
    event["headers"] = {"authorization": f"Basic {TOKEN}"}
    assert answer(function.lambda_handler(event, Context()))[0] == 401


@pytest.mark.parametrize("token", ["", " "])
def test_an_empty_token_opens_nothing(deployed: Deployed, token: str) -> None:
    boto3.client("secretsmanager").put_secret_value(SecretId="replyclock/test/api-token", SecretString=token or " ")
    assert call(deployed, "/policy", token=token)[0] == 401


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/nowhere", "GET"),
        ("/tickets", "PUT"),
        ("/tickets/a", "GET"),
        ("/tickets/a/b", "GET"),
        ("/tickets/a/b/c", "GET"),
        ("/live", "POST"),
        ("/policy/simulation", "GET"),
        ("/assets/", "GET"),
        ("/assets/app.js", "POST"),
    ],
)
def test_what_is_not_there_is_404(deployed: Deployed, path: str, method: str) -> None:
    assert call(deployed, path, method) == (404, {"error": "not found"})


def test_of_a_ticket_whose_log_was_dropped_it_is_told_when(deployed: Deployed) -> None:
    deployed.told(created())
    DynamoArchive(deployed.store.table).drop(KEY, NINE)
    status, told = call(deployed, "/tickets/default/desk/1")
    assert (status, told["dropped_at"]) == (404, "2026-06-01T09:00:00Z")
    assert "reports" in told["error"]


AWKWARD = ["1", "owner/repo#12", "100%", "a%2Fb", "a%23b", "a b+c", "ünï/çode", "a//b", "T#1", "x:y;z=1&2,3@4"]


@pytest.mark.parametrize("ticket", AWKWARD)
def test_a_ticket_is_found_however_its_path_was_encoded(deployed: Deployed, ticket: str) -> None:
    key = ("acme", "git-hub", ticket)
    deployed.told(created(key, deployed.now()))
    function = deployed.load("serve_api")
    encoded = quote(ticket, safe="")
    # Function URLs and SAM CLI hand it over as it was asked for, whether with slashes or without. An HTTP API undoes
    # the encoding, but for that of the percent sign.
    for form in {encoded, quote(ticket, safe="/"), ticket.replace("%", "%25")}:
        status, shown = answer(function.lambda_handler(request(f"/tickets/acme/git-hub/{form}"), Context()))
        assert (status, shown.get("ticket")) == (200, ticket), form
        assert [one["type"] for one in shown["events"]] == ["ticket.created"]
        assert all("explanation" in clock for clock in shown["clocks"])


@pytest.mark.parametrize("ticket", [*AWKWARD, "why?", "?", "a?b=c&d#e", "100%?", "a/../b", "..", "%3F", "-"])
def test_a_ticket_is_found_by_the_path_that_clients_ask_for(deployed: Deployed, ticket: str) -> None:
    key = ("acme", "git-hub", ticket)
    deployed.told(created(key, deployed.now()))
    deployed.told(created(("acme", "git-hub", ticket.partition("?")[0] or "-"), deployed.now()))
    path, query = handed_over(ticket_path(key))
    status, shown = answer(deployed.load("serve_api").lambda_handler(request(path, **query), Context()))
    assert (status, shown.get("ticket")) == (200, ticket)


def test_the_recorded_request_finds_its_ticket(deployed: Deployed) -> None:
    event = recorded("serve_api")
    parameters = event["pathParameters"]
    deployed.told(created((parameters["tenant"], parameters["source"], parameters["ticket"]), deployed.now()))
    event["headers"]["authorization"] = f"Bearer {TOKEN}"
    status, shown = answer(deployed.call("serve_api", event))
    assert (status, shown["ticket"]) == (200, parameters["ticket"])


def test_a_ticket_is_shown_in_pages(deployed: Deployed) -> None:
    notes = [note(at=deployed.now() - (300 - i) * SECOND, id_=f"n{i:03d}") for i in range(230)]
    deployed.told(created(at=deployed.now() - 400 * SECOND), *notes)
    function = deployed.load("serve_api")

    def page(**query: str) -> Any:
        status, shown = answer(function.lambda_handler(request("/tickets/default/desk/1", **query), Context()))
        return shown if status == 200 else (status, [fault["field"] for fault in shown["faults"]])

    first = page()
    second = page(cursor=first["cursor"])
    ids = [one["id"] for one in first["events"] + second["events"]]
    assert (len(first["events"]), ids) == (200, ["created", *(one.id for one in notes)])
    assert (first["counts"]["internal_notes"], second["counts"]["internal_notes"]) == (230, 230)
    assert [clock["metric"] for clock in first["clocks"]] == ["first_response", "resolution", "total_response"]
    assert (second["clocks"], second["cursor"]) == ([], None)
    assert len(page(limit="231")["events"]) == 231
    assert page(limit="501") == (400, ["limit"])
    assert page(cursor=first["cursor"][:-4]) == (400, ["cursor"])


def test_open_tickets_are_listed_in_pages(deployed: Deployed) -> None:
    for number in range(5):
        key = ("acme", "desk", str(number))
        deployed.told(created(key, deployed.now() - (20 - number) * SECOND))
        deployed.refresh(key)
    function = deployed.load("serve_api")

    def page(**query: str) -> Any:
        status, shown = answer(function.lambda_handler(request("/tickets", state="breached", **query), Context()))
        assert status == 200
        return [ticket["ticket"] for ticket in shown["tickets"]], shown["cursor"]

    assert page(tenant="acme") == (["0", "1", "2", "3", "4"], None)
    assert page(tenant="nobody") == ([], None)
    first, cursor = page(limit="3")
    assert (first, page(limit="3", cursor=cursor)) == (["0", "1", "2"], (["3", "4"], None))


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({}, "state"),
        ({"state": "met"}, "state"),
        ({"state": "running", "limit": "0"}, "limit"),
        ({"state": "running", "limit": "51"}, "limit"),
        ({"state": "running", "limit": "²"}, "limit"),
        ({"state": "running", "cursor": "stale"}, "cursor"),
    ],
)
def test_a_wrong_question_is_400_and_named(deployed: Deployed, query: dict[str, str], field: str) -> None:
    status, shown = call(deployed, "/tickets", **query)
    assert (status, [fault["field"] for fault in shown["faults"]]) == (400, [field])


@pytest.mark.parametrize("encoded", [False, True])
def test_a_policy_is_published_shown_and_never_changed(deployed: Deployed, encoded: bool) -> None:
    assert call(deployed, "/policy")[1]["policy"] == "default"
    event = request("/policy", "PUT")
    event |= {
        "isBase64Encoded": encoded,
        "body": base64.b64encode(document(1).encode()).decode() if encoded else document(1),
    }
    status, shown = answer(deployed.call("serve_api", event))
    assert (status, shown["policy"]) == (201, "acme")
    assert call(deployed, "/policy") == (200, shown)
    assert [one["document"] for one in call(deployed, "/policy/versions")[1]["versions"]] == [shown]
    assert call(deployed, "/policy", "PUT", body=document(1, target="6s"))[0] == 409
    assert call(deployed, "/policy", "PUT", body=json.dumps(shown | {"version": 2}))[0] == 201


def test_the_text_of_a_policy_is_shown_drafted_and_checked(deployed: Deployed) -> None:
    published = "# as agreed with Dana\n" + document(1)
    call(deployed, "/policy", "PUT", body=published)
    for version in ({}, {"version": "1"}):
        shown = deployed.call("serve_api", request("/policy/text", **version))
        assert (shown["statusCode"], shown["body"]) == (200, published)
        assert shown["headers"]["Content-Type"] == "text/plain; charset=utf-8"
        assert shown["headers"]["x-content-type-options"] == "nosniff"
    status, draft = call(deployed, "/policy/draft")
    assert (status, draft["version"]) == (200, 2)
    assert draft["text"].startswith("# as agreed with Dana\n")
    begins = {"policy": "acme", "version": 2, "effective_from": draft["effective_from"]}
    assert call(deployed, "/policy/check", "POST", body=draft["text"]) == (200, begins)
    assert call(deployed, "/policy/check", "POST", body=published)[0] == 409
    status, refused = call(deployed, "/policy/check", "POST", body=document(2, target="1d"))
    assert (status, [one["field"] for one in refused["faults"]]) == (422, ["standards[0].targets.first_response"])
    assert len(call(deployed, "/policy/versions")[1]["versions"]) == 1
    for path in ("/policy/text", "/policy/draft"):
        assert call(deployed, path, version="2")[0] == 404
        status, refused = call(deployed, path, version="two")
        assert (status, [one["field"] for one in refused["faults"]]) == (400, ["version"])


def test_the_document_is_also_a_tree(deployed: Deployed) -> None:
    status, article = call(deployed, "/policy/document", lang="zh", format="json")
    assert (status, article["language"], article["title"]) == (200, "zh-Hans", "服务响应时间规范")
    assert {one["kind"] for one in article["sections"]} == {"section"}


@pytest.mark.parametrize("body", [None, "", "[]", "a: {", "\x00", document(1, target="1d")])
def test_a_wrong_policy_is_422_with_its_faults(deployed: Deployed, body: str | None) -> None:
    status, shown = call(deployed, "/policy", "PUT", body=body)
    assert status == 422
    assert shown["faults"]
    assert all(set(fault) == {"field", "line", "problem"} for fault in shown["faults"])


HOSTILE = {
    "!!binary": document(1, name="!!binary aGVsbG8="),
    "deep": "a: " + "[" * 50_000,
    "deep JSON": '{"a": ' + "[" * 50_000 + "]" * 50_000 + "}",
    "digits": document(1).replace("version: 1", f"version: {'9' * 5_000}"),
    "!!int": document(1).replace("version: 1", "version: !!int x"),
    "!!timestamp": document(1, name="!!timestamp xyz"),
    "half a pair": '{"policy": "\\ud83d", "\\ude00": 1}',
    "NUL": document(1) + "# \0",
    "bomb": "a: &a [x]\n" + "".join(f"b{n}: &a [{', '.join(['*a'] * 9)}]\n" for n in range(9)),
    "region": document(1)
    + "calendars: {c: {timezone: UTC, hours: {mon: ['09:00-17:00']}, holidays: [{region: __init__}]}}",
    "zone": document(1) + "calendars: {c: {timezone: localtime, hours: {mon: ['09:00-17:00']}}}",
    "standards": "standards: [" + "{}, " * 60_000 + "]",
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_policy_is_422_and_changes_nothing(deployed: Deployed, case: str) -> None:
    function = deployed.load("serve_api")
    for path, method in (("/policy", "PUT"), ("/policy/simulation", "POST")):
        status, shown = answer(function.lambda_handler(request(path, method, body=HOSTILE[case]), Context()))
        assert (status, shown["error"]) == (422, "not valid")
        assert all(fault["problem"] for fault in shown["faults"])
        assert shown["faults"][0]["field"] or shown["faults"][0]["line"] or "longer" in shown["faults"][0]["problem"]
    status, shown = answer(function.lambda_handler(request("/policy/versions"), Context()))
    assert (status, len(shown["versions"]), shown["versions"][0]["published_at"]) == (200, 1, None)


def test_a_break_at_the_end_of_the_years_is_published_and_harms_nobody(deployed: Deployed) -> None:
    calendar = """\
calendars:
  c:
    timezone: Asia/Tokyo
    hours: {mon: ["00:00-24:00"], wed: ["00:00-24:00"], fri: ["00:00-24:00"]}
    breaks: [{date: 9999-12-31, hours: ["10:00-24:00"]}, {date: 0001-01-01, hours: ["00:00-08:00"]}]
"""
    text = document(1).replace("- name", "- calendar: c\n    name") + calendar
    assert call(deployed, "/policy", "PUT", body=text)[0] == 201
    deployed.told(created(at=deployed.now()))
    status, shown = call(deployed, "/tickets/default/desk/1")
    assert (status, shown["clocks"][0]["calendar"]) == (200, "c")


def test_a_policy_that_is_no_text_is_422(deployed: Deployed) -> None:
    event = request("/policy", "PUT") | {"isBase64Encoded": True, "body": base64.b64encode(b"\xff\xfe").decode()}
    assert answer(deployed.call("serve_api", event))[0] == 422


@pytest.mark.parametrize("encoded", [False, True])
def test_a_policy_is_tried_on_tickets_before_it_is_published(deployed: Deployed, encoded: bool) -> None:
    key = ("default", "desk", "1")
    deployed.told(created(key, deployed.now() - 60 * SECOND), reply(key, deployed.now() - 53 * SECOND))
    deployed.refresh(key)
    proposed = document(9)
    event = request("/policy/simulation", "POST", most="10")
    event |= {"isBase64Encoded": encoded, "body": base64.b64encode(proposed.encode()).decode() if encoded else proposed}
    status, shown = answer(deployed.call("serve_api", event))
    assert (status, shown["tickets"], shown["sampled"]) == (200, 1, False)
    assert shown["changes"] == [{"from": "met", "to": "breached", "clocks": 1}]
    assert call(deployed, "/policy")[1]["policy"] == "default", "nothing was published"
    status, shown = call(deployed, "/policy/simulation", "POST", body="policy: p", most="x")
    assert status == 422
    assert {"most", "version", "standards"} <= {fault["field"] for fault in shown["faults"]}


def broken_chat(deployed: Deployed) -> None:
    deployed.told(created(at=deployed.now() - 20 * SECOND))
    deployed.refresh(KEY)
    deployed.publish(KEY, "A#first_response#1#100#chat", "one")


def ask(function: Any, path: str, tag: str | None = None, headers: dict[str, str] | None = None, **query: str) -> Any:
    event = request(path, **query)
    event["headers"] |= ({"if-none-match": tag} if tag is not None else {}) | (headers or {})
    return function.lambda_handler(event, Context())


READS = ["/policy", "/policy/versions", "/live", "/alerts", "/reports/summary", "/health"]


@pytest.mark.parametrize("path", READS)
def test_what_the_caller_has_is_not_sent_again(deployed: Deployed, path: str) -> None:
    broken_chat(deployed)
    function = deployed.load(function_of(path))
    first = ask(function, path)
    assert first["statusCode"] == 200
    tag = first["headers"]["etag"]
    assert tag.startswith('W/"' if path in ("/live", "/reports/summary") else '"')
    weak = "W/" + tag.removeprefix("W/")
    for given in (tag, weak, "*", f'"other", {weak}'):
        again = ask(function, path, given)
        assert (again["statusCode"], again["headers"]["etag"]) == (304, tag), given
        assert not again.get("body")
        assert "Content-Type" not in again["headers"]
    for given in ('"other"', "", tag[:-2] + '"', tag.strip('"')):
        assert ask(function, path, given)["statusCode"] == 200, given


def test_a_tag_changes_with_what_it_names(deployed: Deployed) -> None:
    function = deployed.load("serve_api")
    before = {path: ask(function, path)["headers"]["etag"] for path in ("/live", "/alerts", "/policy")}
    broken_chat(deployed)
    function.live._kept = None
    function.policies.add(PublishedPolicy(1, document(1), deployed.now()))
    answers = {path: ask(function, path, tag) for path, tag in before.items()}
    assert {path: one["statusCode"] for path, one in answers.items()} == dict.fromkeys(before, 200)
    live, alerts = (json.loads(answers[path]["body"]) for path in ("/live", "/alerts"))
    assert [(one["ticket"], one["state"]) for one in live["clocks"]] == [("1", "breached")]
    assert [(one["ticket"], one["level"]) for one in alerts["alerts"]] == [("1", "breach")]
    following = ask(function, "/alerts", after=alerts["latest"])
    assert json.loads(following["body"]) == {"alerts": [], "latest": alerts["latest"]}
    assert ask(function, "/alerts", following["headers"]["etag"], after=alerts["latest"])["statusCode"] == 304


@pytest.fixture
def page(deployed: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The function, with a dashboard of the test's own beside a file that is none of it."""
    folder = tmp_path / "dashboard"
    (folder / "vendor").mkdir(parents=True)
    (tmp_path / "secret.js").write_text("secret")
    (folder / "index.html").write_text("<!doctype html>" + "page " * 100, encoding="utf-8")
    (folder / "vendor" / "chart.js").write_text("// short", encoding="utf-8")
    (folder / ".hidden.js").write_text("secret")
    (folder / "notes.md").write_text("secret")
    monkeypatch.setattr(assets, "_FOLDER", folder)
    assets.forget()
    yield deployed.load("serve_api")
    assets.forget()


MOST_BYTES = 300_000
"""Of the whole page, compressed."""


def anybody(function: Any, path: str, **headers: str) -> Any:
    event = request(path, token=None)
    event["headers"] = {name.replace("_", "-"): value for name, value in headers.items()}
    return function.lambda_handler(event, Context())


def test_the_page_is_for_anybody_and_may_do_little(page: Any) -> None:
    shown = anybody(page, "/")
    assert (shown["statusCode"], base64.b64decode(shown["body"])[:15]) == (200, b"<!doctype html>")
    headers = shown["headers"]
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert headers["cache-control"] == "no-cache"
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")
    rules = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
    assert rules == {
        **dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'"),
        **dict.fromkeys(("script-src", "style-src", "connect-src", "font-src"), "'self'"),
        "img-src": "'self' data:",
    }
    assert (
        anybody(page, f"/assets/{assets.version()}/vendor/chart.js")["headers"]["Content-Type"]
        == "text/javascript; charset=utf-8"
    )


@pytest.mark.parametrize(
    ("accepted", "zipped"),
    [("gzip", True), ("br, GZIP;q=0.5", True), ("*", True), ("", False), ("gzip;q=0, *", False), ("identity", False)],
)
def test_files_are_compressed_for_who_takes_it(page: Any, accepted: str, zipped: bool) -> None:
    plain, shown = anybody(page, "/"), anybody(page, "/", accept_encoding=accepted)
    assert shown["isBase64Encoded"] is True
    assert (shown["headers"].get("content-encoding") == "gzip") is zipped
    body = base64.b64decode(shown["body"])
    assert (gzip.decompress(body) if zipped else body) == base64.b64decode(plain["body"])
    assert shown["headers"]["vary"] == "accept-encoding"
    assert (shown["headers"]["etag"] == plain["headers"]["etag"]) is not zipped, "each form has a tag of its own"
    again = anybody(page, "/", accept_encoding=accepted, if_none_match=shown["headers"]["etag"])
    assert (again["statusCode"], again["body"]) == (304, "")
    assert (
        "content-encoding"
        not in anybody(page, f"/assets/{assets.version()}/vendor/chart.js", accept_encoding="gzip")["headers"]
    )


@pytest.mark.parametrize(
    "name",
    [
        *("../secret.js", "..%2fsecret.js", "%2e%2e/secret.js", "vendor/../../secret.js", "vendor/../index.html"),
        *("/etc/passwd", "%2fetc%2fpasswd", "..\\secret.js", "index.html%00", "./index.html", "vendor", "vendor/"),
        *(".hidden.js", "notes.md", "INDEX.HTML", "vendor//chart.js", "__init__.py"),
    ],
)
def test_nothing_but_the_files_of_the_page_is_read(page: Any, name: str) -> None:
    for folder in (f"{assets.version()}/", ""):
        assert answer(anybody(page, f"/assets/{folder}{name}")) == (404, {"error": "not found"})


def test_files_are_kept_for_good_and_asked_for_anew_when_one_has_changed(page: Any) -> None:
    (assets._FOLDER / "index.html").write_text('<script src="assets/app.js"></script>')
    (assets._FOLDER / "app.js").write_text("one")
    assets.forget()

    def loaded() -> str:
        (name,) = re.findall(r'src="([^"]+)"', base64.b64decode(anybody(page, "/")["body"]).decode())
        return f"/{name}"

    first = loaded()
    shown = anybody(page, first)
    assert (shown["statusCode"], shown["headers"]["cache-control"]) == (200, "public, max-age=31536000, immutable")
    (assets._FOLDER / "vendor" / "chart.js").write_text("changed")
    assets.forget()
    assert loaded() != first
    assert anybody(page, first)["statusCode"] == 404, "what has changed since is not given for it"


def test_what_the_page_loads_is_there(deployed: Deployed) -> None:
    """The page's own files: what one of them names, by an element or an import, is served."""
    function = deployed.load("serve_api")
    found, left = set(), {"/"}
    while left:
        path = left.pop()
        shown = anybody(function, path)
        assert shown["statusCode"] == 200, path
        found.add(path)
        text = base64.b64decode(shown["body"]).decode()
        names = re.findall(r'(?:src|href)="(assets/[^"]+)"', text) if path == "/" else []
        names += re.findall(r'(?:^|\s)(?:import|export)\b[^;"]*"(\.{1,2}/[^"]+)"', text) if path.endswith(".js") else []
        left |= {urljoin(path, name) for name in names} - found
    assert len(found) > 3
    served = [assets.asset(name) for name in assets._listing()]
    assert sum(len(one.zipped or one.plain) for one in served if one) < MOST_BYTES
    assert all(path == "/" or path.startswith("/assets/") for path in found)


def test_a_store_that_does_not_answer_is_503(deployed: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TABLE_NAME", "no-such-table")
    assert call(deployed, "/policy") == (503, {"error": "try again later"})


NESTED = base64.urlsafe_b64encode(b"[" * 1100).decode()


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/reports/summary", {"to": "0001-01-02"}, "from, to"),
        ("/reports/staffing", {"from": "2006-01-01"}, "from, to"),
        ("/reports/staffing", {"handling_seconds": "1e7"}, "handling_seconds"),
        ("/policy/document", {"handling_seconds": "1e7"}, "handling_seconds"),
        ("/policy/document", {"from": "2006-01-01"}, "from, to"),
        ("/tickets", {"state": "breached", "cursor": NESTED}, "cursor"),
        ("/alerts", {"after": NESTED}, "after"),
    ],
)
def test_what_would_be_too_much_work_is_refused_before_it_begins(
    deployed: Deployed, path: str, query: dict[str, str], field: str
) -> None:
    status, shown = call(deployed, path, **query)
    assert (status, [fault["field"] for fault in shown["faults"]]) == (400, [field])
