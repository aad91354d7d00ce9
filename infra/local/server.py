"""The local cloud's own process: MiniStack, with what it leaves out for alerts, and a leash to its parent.

Six additions to MiniStack 1.5.33, each for a reason:

- **Mail and SMS are delivered.** To MiniStack an e-mail or SMS subscription of a topic is a line in its log ("stub"),
  and its `/_ministack/sns/sms-messages` lists only what is sent to a number without a topic. Here each message that
  such a subscription gets becomes a line of JSON in the inbox file: after MiniStack's own filter policies, and an SMS
  after the topic's display name, as SNS has it. `infra.local.inbox` reads it.
- **Queues are polled ten times a second.** AWS waits at a queue in long polls, so that a message is handed over when
  its delay ends. MiniStack looks once a second, and adds up to a second to each timer (measured: 0.01 to 0.98 s; so
  0.01 to 0.1 s).
- **A stream's batch that failed in part comes again.** MiniStack ignores what a function reports of a stream's records
  (`ReportBatchItemFailures`), and they would be lost. Here all of the batch comes again after a second; AWS sends it
  from the first failure on, up to the template's limits.
- **What functions log is kept** in a file; MiniStack's CloudWatch Logs have it too, but end with the process.
- **What AWS enforces is enforced**: see `infra.local.strict`.
- **It ends with its parent**, even when that one is killed hard: standard input is a pipe from the parent; at its end
  the whole process group ends, the functions included.

Everything comes from the environment (see `infra.local.cloud`); REPLYCLOCK_INBOX and
REPLYCLOCK_FUNCTIONS_LOG name the files.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ministack import app
from ministack.core.concurrency import esm_wake
from ministack.services import lambda_svc, sns

from . import strict

DELIVERED = ("email", "sms")
POLL_SECONDS = 0.1


def deliver_to(inbox: Path) -> None:
    """From now on, append what e-mail and SMS subscriptions get to this file, a JSON object a line."""
    fan_out = sns._fanout
    writing = threading.Lock()

    def deliver(
        topic_arn: str,
        message_id: str,
        message: str,
        subject: str,
        message_structure: str = "",
        message_attributes: dict[str, Any] | None = None,
        *others: Any,
        **named: Any,
    ) -> None:
        fan_out(topic_arn, message_id, message, subject, message_structure, message_attributes, *others, **named)
        topic = sns._topic_by_arn_any_scope(topic_arn)
        for subscription in topic["subscriptions"] if topic else ():
            protocol = subscription["protocol"]
            if protocol not in DELIVERED or not subscription["confirmed"]:
                continue
            text = sns._resolve_message_for_protocol(message, message_structure, protocol)
            if not sns._matches_filter_policy(subscription, message_attributes or {}, text):
                continue
            if protocol == "sms" and (sender := topic["attributes"].get("DisplayName")):
                text = f"{sender.upper()}> {text}"
            line = {
                "at": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
                "protocol": protocol,
                "to": subscription["endpoint"],
                "subject": subject if protocol == "email" else None,
                "text": text,
                "attributes": {name: one.get("StringValue") for name, one in (message_attributes or {}).items()},
                "message_id": message_id,
            }
            with writing, inbox.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    sns._fanout = deliver


def heed_partial_failures() -> None:
    """From now on, a batch of a stream of which a function reports failures has failed."""
    execute = lambda_svc._execute_function

    def run(function: dict[str, Any], event: Any) -> dict[str, Any]:
        result: dict[str, Any] = execute(function, event)
        records = event.get("Records") if isinstance(event, dict) else None
        body = result.get("body")
        if records and records[0].get("eventSource") == "aws:dynamodb" and isinstance(body, dict):
            failures = body.get("batchItemFailures")
            if failures:
                reason = {
                    "errorType": "BatchItemFailures",
                    "errorMessage": f"{len(failures)} of {len(records)} records",
                }
                return {**result, "error": True, "body": reason}
        return result

    lambda_svc._execute_function = run


def log_functions_to(file: Path) -> None:
    """From now on, append what functions log to this file, each line after its function's name."""
    emit = lambda_svc._emit_lambda_logs
    writing = threading.Lock()

    def keep(function: dict[str, Any], request_id: str, text: str, *others: Any, **named: Any) -> None:
        emit(function, request_id, text, *others, **named)
        name = function.get("config", function)["FunctionName"]
        with writing, file.open("a", encoding="utf-8") as log:
            log.writelines(f"{name} {line}\n" for line in text.splitlines())

    lambda_svc._emit_lambda_logs = keep


def poll_often() -> None:
    """Have event sources looked at every `POLL_SECONDS`, by waking their poller."""
    while True:
        time.sleep(POLL_SECONDS)
        esm_wake.set()


def end_with_parent() -> None:
    """Wait for standard input to end, then end this process group."""
    while sys.stdin.buffer.read(4096):
        pass
    os.killpg(os.getpgrp(), signal.SIGTERM)
    time.sleep(3)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Serve until standard input ends or a signal comes."""
    deliver_to(Path(os.environ["REPLYCLOCK_INBOX"]))
    heed_partial_failures()
    log_functions_to(Path(os.environ["REPLYCLOCK_FUNCTIONS_LOG"]))
    # Last, so that mail and SMS are under it, too.
    strict.enforce()
    for task in (poll_often, end_with_parent):
        threading.Thread(target=task, daemon=True, name=task.__name__).start()
    app.main()


if __name__ == "__main__":
    main()
