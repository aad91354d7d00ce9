"""SQS: the size of messages counts their attributes, of which there are ten at most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import sqs

MESSAGE_BYTES_MAX = 1024 * 1024
"""Of a message, unless its queue takes less, and of all messages of a batch together. It was 256 KiB until 2025."""
ATTRIBUTES_MAX = 10


def enforce() -> None:
    """From now on, enforce it."""
    send, send_batch = sqs._act_send_message, sqs._act_send_message_batch

    def checked(data: dict[str, Any], url: str) -> Any:
        attributes = data.get("MessageAttributes") or {}
        if len(attributes) > ATTRIBUTES_MAX:
            reason = f"Number of message attributes [{len(attributes)}] exceeds the allowed maximum [{ATTRIBUTES_MAX}]."
            raise sqs._Err("InvalidParameterValue", reason)
        queue = sqs._get_q(data.get("QueueUrl", url), "sqs:SendMessage")
        most = int(queue["attributes"].get("MaximumMessageSize", MESSAGE_BYTES_MAX))
        if size_of(data) > most:
            reason = f"One or more parameters are invalid. Reason: Message must be shorter than {most} bytes."
            raise sqs._Err("InvalidParameterValue", reason)
        return send(data, url)

    def checked_batch(data: dict[str, Any], url: str) -> Any:
        size = sum(map(size_of, data.get("Entries", [])))
        if size > MESSAGE_BYTES_MAX:
            reason = f"Batch requests cannot be longer than {MESSAGE_BYTES_MAX} bytes. You have sent {size} bytes."
            raise sqs._Err("BatchRequestTooLong", reason)
        return send_batch(data, url)

    sqs._act_send_message, sqs._act_send_message_batch = checked, checked_batch
    sqs._HANDLERS |= {"SendMessage": checked, "SendMessageBatch": checked_batch}


def size_of(message: Mapping[str, Any]) -> int:
    """The bytes of a message, or an entry of a batch, with its attributes' names, types and values."""
    texts = [message.get("MessageBody") or ""]
    for name, attribute in (message.get("MessageAttributes") or {}).items():
        texts += [name, attribute.get("DataType") or "", attribute.get("StringValue") or ""]
    return sum(len(text.encode()) for text in texts)
