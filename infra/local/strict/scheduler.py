"""EventBridge Scheduler: names are unique in their group, whichever stack they are of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import scheduler
from ministack.services.cloudformation import provisioners

INPUT_BYTES_MAX = 256 * 1024
"""Of what a schedule hands to its target."""


def enforce() -> None:
    """From now on, enforce it. Through its API MiniStack refuses a second name itself, to which CloudFormation pays no
    heed.
    """
    scheduler._create_schedule = _with_checked_input(scheduler._create_schedule)
    scheduler._update_schedule = _with_checked_input(scheduler._update_schedule)
    create = provisioners._scheduler_schedule_create

    def created(logical_id: str, properties: Mapping[str, Any], stack: str) -> Any:
        name, group = properties.get("Name"), properties.get("GroupName", "default")
        if name and f"{group}/{name}" in scheduler._schedules:
            raise ValueError(
                f"Resource of type 'AWS::Scheduler::Schedule' with identifier '{name}' already exists in group {group}."
            )
        return create(logical_id, properties, stack)

    # An update that renames creates, too.
    provisioners._scheduler_schedule_create = created
    provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"]["create"] = created


def _with_checked_input(change: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    def checked(name: str, body: Mapping[str, Any]) -> Any:
        reason = _too_large(body)
        return scheduler._error(400, "ValidationException", reason) if reason else change(name, body)

    return checked


def _too_large(schedule: Mapping[str, Any]) -> str | None:
    size = len((schedule.get("Target", {}).get("Input") or "").encode())
    return f"The input of the target has {size} bytes, more than {INPUT_BYTES_MAX}." if size > INPUT_BYTES_MAX else None
