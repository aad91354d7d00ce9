"""SNS: what reaches a subscription, and what is not published at all."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from ministack.services import sns
from ministack.services.cloudformation import provisioners

Answer: TypeAlias = "tuple[int, dict[str, str], bytes]"
Attributes: TypeAlias = "Mapping[str, Mapping[str, Any]]"

MESSAGE_BYTES_MAX = 256 * 1024
"""Of a message with its attributes, and of all messages of a batch together."""
RAW_ATTRIBUTES_MAX = 10
"""Of a message that a queue gets as it is."""
FILTER_NAMES_MAX = 5
FILTER_VALUES_MAX = 150
"""The numbers of values of a filter policy's names, multiplied."""
_SUBJECT = re.compile(r"[!-~][ -~]{0,98}")


def enforce() -> None:
    """From now on, enforce it."""
    _check_publications()
    _drop_attributes()
    _filter_strictly()
    _limit_raw_delivery()
    _check_filter_policies()


def _check_publications() -> None:
    publish, publish_batch = sns._publish, sns._publish_batch

    def checked(params: Any) -> Answer:
        reason = _wrong_subject(sns._p(params, "Subject"))
        answer: Answer = sns._error("InvalidParameter", reason, 400) if reason else publish(params)
        return answer

    def checked_batch(params: Any) -> Answer:
        entries = sns._parse_batch_entries(params)
        size = sum(_size(entry["message"], entry["message_attributes"]) for entry in entries)
        refusal: Answer | None = None
        if size > MESSAGE_BYTES_MAX:
            reason = "The length of all the messages put together is more than the limit."
            refusal = sns._error("BatchRequestTooLong", reason, 400)
        # AWS refuses such an entry alone; here all of them, which no caller can overlook.
        for entry in entries:
            if wrong := _wrong_subject(entry["subject"]):
                refusal = sns._error("InvalidParameter", f"{entry['id']}: {wrong}", 400)
        return refusal or publish_batch(params)

    sns._publish, sns._publish_batch = checked, checked_batch


def _wrong_subject(subject: str) -> str | None:
    if not subject or _SUBJECT.fullmatch(subject):
        return None
    return "Invalid parameter: Subject"


def _size(message: str, attributes: Attributes) -> int:
    size: int = sns._message_payload_size(message, attributes)
    return size


def _drop_attributes() -> None:
    fan_out = sns._fanout

    def sent(
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: Attributes | None = None,
        *others: Any,
        **named: Any,
    ) -> None:
        attributes = {} if message_structure == "json" else message_attributes
        fan_out(topic_arn, message_id, message, subject, message_structure, attributes, *others, **named)

    sns._fanout = sent


def _filter_strictly() -> None:
    matches = sns._matches_filter_policy

    def passes(subscription: Mapping[str, Any], attributes: Attributes, message: str = "") -> bool:
        given = subscription.get("attributes", {})
        of_attributes = given.get("FilterPolicyScope", "MessageAttributes") == "MessageAttributes"
        if given.get("FilterPolicy") and of_attributes and not all(map(_is_valid, attributes.values())):
            return False
        return bool(matches(subscription, attributes, message))

    sns._matches_filter_policy = passes


def _is_valid(attribute: Mapping[str, Any]) -> bool:
    """Whether a filter can look at an attribute."""
    value = attribute.get("StringValue", "")
    listed = attribute.get("DataType") == "String.Array"
    if attribute.get("DataType") not in ("String", "String.Array"):
        return True
    try:
        read = json.loads(value if listed else f'"{value}"')
    except ValueError:
        return False
    return isinstance(read, list if listed else str)


def _limit_raw_delivery() -> None:
    deliver = sns._deliver_to_sqs

    def delivered(endpoint: str, envelope: str, raw: bool, *others: Any, **named: Any) -> None:
        attributes, topic_arn = named.get("message_attributes") or {}, named.get("topic_arn", "")
        if not raw or len(attributes) <= RAW_ATTRIBUTES_MAX:
            deliver(endpoint, envelope, raw, *others, **named)
            return
        sns.logger.warning("SNS fanout: %s attributes are too many for raw delivery to %s", len(attributes), endpoint)
        for subscription in sns._topic_by_arn_any_scope(topic_arn)["subscriptions"]:
            redrive = subscription["attributes"].get("RedrivePolicy")
            if redrive and (subscription["protocol"], subscription["endpoint"]) == ("sqs", endpoint):
                named["message_attributes"] = {}
                deliver(json.loads(redrive)["deadLetterTargetArn"], envelope, raw, *others, **named)

    sns._deliver_to_sqs = delivered


def _check_filter_policies() -> None:
    subscribe, set_attributes = sns._subscribe, sns._set_subscription_attributes

    def checked_subscribe(params: Any) -> Answer:
        given = {}
        number = 1
        while name := sns._p(params, f"Attributes.entry.{number}.key"):
            given[name] = sns._p(params, f"Attributes.entry.{number}.value")
            number += 1
        return _unless_wrong(given.get("FilterPolicy"), lambda: subscribe(params))

    def checked_attributes(params: Any) -> Answer:
        is_policy = sns._p(params, "AttributeName") == "FilterPolicy"
        policy = sns._p(params, "AttributeValue") if is_policy else None
        return _unless_wrong(policy, lambda: set_attributes(params))

    sns._subscribe, sns._set_subscription_attributes = checked_subscribe, checked_attributes
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SNS::Subscription"]
    for action in ("create", "update"):
        handlers[action] = _checked_resource(handlers[action], properties_at=1 if action == "create" else 2)


def _unless_wrong(policy: str | None, otherwise: Callable[[], Answer]) -> Answer:
    reason = _wrong_policy(policy)
    answer: Answer = sns._error("InvalidParameter", reason, 400) if reason else otherwise()
    return answer


def _checked_resource(provision: Callable[..., Any], properties_at: int) -> Callable[..., Any]:
    def checked(*arguments: Any, **named: Any) -> Any:
        policy = arguments[properties_at].get("FilterPolicy")
        if reason := _wrong_policy(policy if isinstance(policy, str) else json.dumps(policy)):
            raise ValueError(reason)
        return provision(*arguments, **named)

    return checked


def _wrong_policy(policy: str | None) -> str | None:
    try:
        read = json.loads(policy) if policy else None
    except ValueError:
        return None  # MiniStack refuses it
    if not isinstance(read, dict):
        return None
    if len(read) > FILTER_NAMES_MAX:
        return f"Invalid parameter: FilterPolicy: has more than {FILTER_NAMES_MAX} names"
    if math.prod(len(values) for values in read.values() if isinstance(values, list)) > FILTER_VALUES_MAX:
        return f"Invalid parameter: FilterPolicy: has more than {FILTER_VALUES_MAX} combinations of values"
    return None
