"""Forged, missing, old, future, rotated: what every source refuses, and what it takes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from replyclock.domain.errors import Unauthenticated
from replyclock.domain.instants import format_instant, parse_instant
from replyclock.sources import github as github_source
from replyclock.sources import providers, source
from replyclock.sources.base import Headers, Webhook
from replyclock.sources.base.token_only import verify_token

from .builders import MINUTE, NOW, connection, github, sample, webhook

BODIES = {one: source(one).sample("replyclock-test-1", NOW, connection(one))[0] for one in providers()}
SECRETS = dict.fromkeys(providers(), "Zv8-ours") | {
    "generic": "whsec_" + base64.b64encode(b"a secret of ours").decode(),
}
OTHERS = dict.fromkeys(providers(), "Qx3-theirs") | {
    "generic": "whsec_" + base64.b64encode(b"another secret").decode(),
}


def signed(provider: str, secret: str | None = None, at: int = NOW) -> dict[str, str]:
    return source(provider).sign(BODIES[provider], secret or SECRETS[provider], at)


def signature_headers(provider: str) -> list[str]:
    """The headers that depend on the secret."""
    other = signed(provider, OTHERS[provider])
    return [name for name, value in signed(provider).items() if value != other[name]]


TIMED = [one for one in providers() if signed(one) != signed(one, at=NOW + MINUTE)]
"""Those that sign a time of their own."""
SIGNING = [one for one in providers() if source(one).verify is not verify_token]
"""Those whose signature is over the body."""


def verify(provider: str, headers: dict[str, str], secrets: list[str], body: bytes | None = None, **more: Any) -> None:
    source(provider).verify(webhook(body or BODIES[provider], headers), secrets, NOW, connection(provider), **more)


def refusal(provider: str, headers: dict[str, str], secrets: list[str], body: bytes | None = None) -> str:
    with pytest.raises(Unauthenticated) as refused:
        verify(provider, headers, secrets, body)
    assert not any(secret in str(refused.value) for secret in secrets if secret)
    return str(refused.value)


def test_each_way_of_signing_is_here() -> None:
    """Or the tests below would pass without looking at anything."""
    assert set(TIMED) == {"chatwoot", "front", "generic", "hubspot", "zendesk"}
    assert set(providers()) - set(SIGNING) == {"freshdesk", "gorgias", "salesforce", "servicenow"}


@pytest.mark.parametrize("provider", SIGNING)
def test_a_body_changed_by_one_byte_is_refused(provider: str) -> None:
    refusal(provider, signed(provider), [SECRETS[provider]], BODIES[provider] + b" ")


@pytest.mark.parametrize("provider", providers())
class TestEverySource:
    def test_takes_what_its_own_secret_signed(self, provider: str) -> None:
        verify(provider, signed(provider), [SECRETS[provider]])

    def test_a_secret_may_hold_any_bytes(self, provider: str) -> None:
        secret = b"\xff of a command line".decode("utf-8", "surrogateescape")
        verify(provider, signed(provider, secret), [secret])

    def test_headers_are_found_in_any_letter_case(self, provider: str) -> None:
        verify(provider, {name.upper(): value for name, value in signed(provider).items()}, [SECRETS[provider]])

    def test_takes_either_secret_while_one_replaces_the_other(self, provider: str) -> None:
        secrets = [OTHERS[provider], SECRETS[provider]]
        verify(provider, signed(provider), secrets)
        verify(provider, signed(provider, OTHERS[provider]), secrets)

    def test_refuses_another_secret(self, provider: str) -> None:
        said = refusal(provider, signed(provider, OTHERS[provider]), [SECRETS[provider]])
        assert "none of the connection's" in said

    def test_refuses_what_is_not_signed(self, provider: str) -> None:
        assert "has n" in refusal(provider, {}, [SECRETS[provider]])

    @pytest.mark.parametrize("secrets", [[], [""], ["", "  "]])
    def test_refuses_everything_without_a_secret(self, provider: str, secrets: list[str]) -> None:
        empty = hmac.new(b"", BODIES[provider], hashlib.sha256).hexdigest()
        headers = signed(provider) | {"X-Hub-Signature-256": f"sha256={empty}"}
        assert refusal(provider, headers, secrets) == "the connection has no secret to verify with"

    def test_an_empty_secret_beside_a_good_one_verifies_nothing(self, provider: str) -> None:
        empty = hmac.new(b"", BODIES[provider], hashlib.sha256).hexdigest()
        headers = signed(provider, OTHERS[provider]) | {"X-Hub-Signature-256": f"sha256={empty}"}
        refusal(provider, headers, ["", SECRETS[provider]])

    @pytest.mark.parametrize("value", ["", "v1,", "sha256=", "é", "\ud800", "v1,AAAA v1,AAAA", "0" * 5000])
    def test_refuses_signatures_of_any_shape(self, provider: str, value: str) -> None:
        assert signature_headers(provider)
        refusal(provider, signed(provider) | dict.fromkeys(signature_headers(provider), value), [SECRETS[provider]])


@pytest.mark.parametrize("provider", TIMED)
class TestSignedTimes:
    @pytest.mark.parametrize("minutes", [-5, 0, 5])
    def test_five_minutes_either_way_are_taken(self, provider: str, minutes: int) -> None:
        verify(provider, signed(provider, at=NOW + minutes * MINUTE), [SECRETS[provider]])

    def test_more_than_five_minutes_ago_is_refused(self, provider: str) -> None:
        headers = signed(provider, at=NOW - 5 * MINUTE - 1_000_000)
        assert "too old" in refusal(provider, headers, [SECRETS[provider]])

    def test_more_than_five_minutes_ahead_is_refused(self, provider: str) -> None:
        headers = signed(provider, at=NOW + 5 * MINUTE + 1_000_000)
        assert "ahead of now" in refusal(provider, headers, [SECRETS[provider]])

    def test_a_time_is_not_replaced_by_a_later_one(self, provider: str) -> None:
        later = {name: value for name, value in signed(provider).items() if "timestamp" in name.lower()}
        assert "by none of" in refusal(provider, signed(provider, at=NOW - 60 * MINUTE) | later, [SECRETS[provider]])

    def test_a_missing_time_is_refused(self, provider: str) -> None:
        headers = {name: value for name, value in signed(provider).items() if "imestamp" not in name}
        assert "imestamp" in refusal(provider, headers, [SECRETS[provider]])


def vector(provider: str, group: str) -> tuple[bytes, dict[str, Any]]:
    document = json.loads(sample("generic/signature_vectors.json"))
    (found,) = [one for one in document[group] if one["provider"] == provider]
    return found.get("body", document["body_utf8"]).encode(), found


class TestPublishedSignatures:
    def test_github_documentation(self) -> None:
        headers = {"X-Hub-Signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"}
        verify("github", headers, ["It's a Secret to Everybody"], b"Hello, World!")

    def test_standard_webhooks_reference_library(self) -> None:
        headers = {
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        }
        hook = Webhook(b'{"test": 2432232314}', Headers(headers), NOW)
        at = 1614265330_000_000
        source("generic").verify(hook, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], at, connection("generic"))

    @pytest.mark.parametrize("name", ["github", "zendesk", "standard-webhooks"])
    def test_recorded(self, name: str) -> None:
        body, found = vector(name, "computed_here")
        provider = "generic" if name == "standard-webhooks" else name
        verify(provider, found["headers"], [found["secret"]], body)
        refusal(provider, found["headers"], [found["secret"]], body + b"\n")

    def test_zendesk_no_longer_signs_body_and_then_timestamp(self) -> None:
        """The example of Zendesk's older documentation is right in the order of then, and so wrong in today's."""
        body, found = vector("zendesk", "published")
        at = parse_instant(found["headers"]["X-Zendesk-Webhook-Signature-Timestamp"])
        with pytest.raises(Unauthenticated, match="by none of"):
            source("zendesk").verify(webhook(body, found["headers"]), [found["secret"]], at, connection("zendesk"))


class TestStandardWebhooks:
    def test_one_good_signature_of_several_is_enough(self) -> None:
        headers = signed("generic")
        headers["webhook-signature"] = f"v1a,AAAA v1,BBBB {headers['webhook-signature']}"
        verify("generic", headers, [SECRETS["generic"]])

    def test_only_version_one_counts(self) -> None:
        headers = signed("generic")
        headers["webhook-signature"] = headers["webhook-signature"].replace("v1,", "v2,")
        refusal("generic", headers, [SECRETS["generic"]])

    def test_the_id_is_signed_too(self) -> None:
        refusal("generic", signed("generic") | {"webhook-id": "msg_other"}, [SECRETS["generic"]])

    def test_a_secret_without_the_prefix_is_taken_as_it_stands(self) -> None:
        headers = {"webhook-id": "1", "webhook-timestamp": str(NOW // 1_000_000)}
        content = f"1.{headers['webhook-timestamp']}.".encode() + BODIES["generic"]
        digest = hmac.new("schlüssel".encode(), content, hashlib.sha256).digest()
        headers["webhook-signature"] = "v1," + base64.b64encode(digest).decode()
        verify("generic", headers, ["schlüssel"])

    def test_a_broken_secret_is_told_to_the_operator_and_does_not_stop_the_good_one(self) -> None:
        verify("generic", signed("generic"), ["whsec_???", SECRETS["generic"]])
        assert "not base64 after whsec_" in refusal("generic", signed("generic"), ["whsec_???"])

    def test_a_prefix_alone_is_no_secret(self) -> None:
        headers = {"webhook-id": "1", "webhook-timestamp": str(NOW // 1_000_000)}
        content = f"1.{headers['webhook-timestamp']}.".encode() + BODIES["generic"]
        headers["webhook-signature"] = (
            "v1," + base64.b64encode(hmac.new(b"", content, hashlib.sha256).digest()).decode()
        )
        with pytest.raises(Unauthenticated, match="not base64"):
            verify("generic", headers, ["whsec_"])

    @pytest.mark.parametrize("timestamp", ["", "soon", "1e9", "-1", "9" * 40, "１７７２３５５６００"])
    def test_a_time_that_is_no_number_is_refused(self, timestamp: str) -> None:
        refusal("generic", signed("generic") | {"webhook-timestamp": timestamp}, [SECRETS["generic"]])


class TestToken:
    def test_the_secret_itself_as_a_token(self) -> None:
        verify("generic", {"X-Replyclock-Token": "long and random"}, ["older", "long and random"])

    @pytest.mark.parametrize("token", ["", "long and rando", "long and random ", "LONG AND RANDOM"])
    def test_any_other_token_is_refused(self, token: str) -> None:
        refusal("generic", {"X-Replyclock-Token": token}, ["long and random"])

    def test_an_empty_token_does_not_match_an_empty_secret(self) -> None:
        refusal("generic", {"X-Replyclock-Token": ""}, [""])

    def test_a_wrong_signature_is_not_saved_by_a_token(self) -> None:
        headers = signed("generic", OTHERS["generic"]) | {"X-Replyclock-Token": SECRETS["generic"]}
        refusal("generic", headers, [SECRETS["generic"]])


@pytest.mark.parametrize("public", ["this_secret_is_for_testing_only", "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="])
class TestZendeskPublicSecret:
    def test_is_refused_where_it_counts(self, public: str) -> None:
        headers = signed("zendesk", public)
        with pytest.raises(Unauthenticated, match="public one"):
            verify("zendesk", headers, [public])
        with pytest.raises(Unauthenticated, match="by none of"):
            verify("zendesk", headers, ["ours", public], stage="dev")

    def test_does_not_stop_the_other_secrets(self, public: str) -> None:
        verify("zendesk", signed("zendesk", "ours"), [public, "ours"], stage="prod")

    def test_is_taken_locally(self, public: str) -> None:
        verify("zendesk", signed("zendesk", public), [public], stage="local")


def test_zendesk_timestamp_has_to_be_a_time() -> None:
    digest = hmac.new(b"one", b"yesterday" + BODIES["zendesk"], hashlib.sha256).digest()
    headers = {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": "yesterday",
    }
    assert "RFC 3339" in refusal("zendesk", headers, ["one"])


def test_zendesk_signs_the_current_time_in_utc() -> None:
    assert signed("zendesk")["X-Zendesk-Webhook-Signature-Timestamp"] == format_instant(NOW)


@pytest.mark.parametrize(
    ("kind", "body"), [("issues", github("closed")), ("ping", {"zen": "Keep it logically awesome."})]
)
def test_github_signs_with_the_kind_of_the_body(kind: str, body: dict[str, Any]) -> None:
    headers = source("github").sign(json.dumps(body).encode(), "one", NOW)
    assert headers["X-GitHub-Event"] == kind
    assert github_source.sign(b"{}", "one", NOW, event="push")["X-GitHub-Event"] == "push"
