"""What AWS enforces and the local cloud by itself does not. Without it, what AWS refuses would pass every test here.

SNS
  - drops attributes of a message for each protocol (`MessageStructure: json`), so that it passes no filter on them;
  - throws away what has more than 10 attributes where a queue has raw delivery, or hands it to the subscription's
    dead-letter queue;
  - lets nothing past a filter on attributes one of which is neither the inside of a JSON string nor a JSON list;
  - refuses filter policies of more than 5 names, or more than 150 values multiplied; subjects beyond ASCII, with line
    breaks, of 100 characters or with a space first; more than 256 KiB of a message and its attributes, or of a batch.
SQS
  - refuses more than 1 MiB of a message and its attributes, or of a batch, and more than 10 attributes.
EventBridge Scheduler
  - refuses a name that a group has already, whichever stack it is of, and more than 256 KB of input.
Lambda
  - refuses a payload of more than 6 MB, or 1 MB where nobody waits; a function that answers more than 6 MB has failed;
  - stops a function that feeds its own queue after 16 turns, unless `RecursiveLoop: Allow`; the next message goes to
    the queue's dead-letter queue.
HTTP API
  - answers 503 where a function takes more than 30 seconds, and 413 to more than 10 MB.
DynamoDB
  - MiniStack itself refuses items of more than 400 KB, and transactions of more than 100 items or 4 MB.

Each is a change to functions of MiniStack 1.5.33 in its own process, a module for each service; `tests/local_cloud`
proves each of them through the API.
"""

from __future__ import annotations

from . import functions, http_api, scheduler, sns, sqs

__all__ = ["enforce"]


def enforce() -> None:
    """From now on, MiniStack in this process enforces all of it."""
    for service in (sns, sqs, scheduler, functions, http_api):
        service.enforce()
