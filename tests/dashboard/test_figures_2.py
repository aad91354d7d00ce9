"""Breakdown, agents and satisfaction in a real browser: what they show is what the API says."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.functions.conftest import TOKEN

from .seen import Seen, attributes, texts


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"


def _count(number: int) -> str:
    return f"{number:,}"


@pytest.mark.parametrize("seen", [{"timezone_id": "UTC", "reduced_motion": "reduce"}], indirect=True)
def test_what_lengthens_times_whose_they_were_and_how_customers_rate(seen: Seen) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()

    seen.go("#/breakdown")
    expect(page.locator('[data-part="groups"]')).to_have_count(1)
    found = seen.api("reports/causes?zone=UTC")
    named = {f"{one['measure']}:{one['dimension']}": one for one in found["causes"]}
    expect(page.locator("[data-cause]")).to_have_count(len(named))
    for name, cause in named.items():
        row = page.locator(f'[data-cause="{name}"]')
        effect = _percent(cause["effect"], 1 if cause["effect"] < 0.1 else 0)
        expect(row).to_contain_text(f"explains {effect} of the spread")
        attributes(row.locator("[data-group]"), "data-group", [one["group"] for one in cause["stand_out"]])

    # A cause leads to its groups; the address says so, and what is not asked anew stays.
    page.locator('[data-cause="resolution:category"] a').click()
    expect(page).to_have_url(f"{seen.address}/#/breakdown?by=category")
    expect(page.locator('[data-by="category"]')).to_have_count(1)
    summary = seen.api("reports/summary?zone=UTC&by=category")
    _same_groups(seen, summary)
    page.get_by_role("button", name="Compliance").click()
    expect(page.locator('th[aria-sort="descending"]')).to_have_text("Compliance▼")
    by_compliance = sorted(summary["groups"], key=lambda one: -one["clocks"]["first_response"]["compliance"])
    rows = page.locator(".groups tbody tr:not(.sum)")
    attributes(rows, "data-row", [one["group"]["category"] for one in by_compliance])
    expect(page).to_have_url(re.compile("sort=-compliance"))

    seen.go("#/agents")
    expect(page.locator('[data-part="held"]')).to_have_count(1)
    found = seen.api("reports/agents?zone=UTC")
    agents = found["agents"]
    texts(page.locator("[data-agent] .who"), sorted(one["agent"] for one in agents))
    texts(page.locator("[data-agent] .of"), [f"{_count(one['responses']['n'])} answers" for one in agents])
    for one in agents:
        expect(page.locator(f'[data-agent="{one["agent"]}"] .few')).to_have_count(int(one["too_few"]))
    texts(page.locator('.held td[data-column="tickets"]'), [_count(one["tickets"]) for one in agents])
    texts(page.locator('[data-figure="unassigned_share"] dd'), [_percent(found["unassigned_share"])])

    # So few answers are not compared.
    seen.go("#/agents?days=1")
    expect(page.locator(".below")).to_contain_text(" in UTC")
    expect(page.locator('[data-part="held"] .few').first).to_be_visible()
    expect(page.locator(".plot b")).to_have_count(0)

    seen.go("#/satisfaction")
    expect(page.locator('[data-part="bands"]')).to_have_count(1)
    told = seen.api("reports/summary?zone=UTC")["total"]["satisfaction"]
    texts(page.locator('[data-figure="ratings"] dd'), [_count(told["ratings"])])
    for name, text in (
        ("response_rate", _percent(told["response_rate"])),
        ("mean", f"{told['mean']:.2f}"),
        ("satisfied_share", _percent(told["satisfied_share"])),
    ):
        expect(page.locator(f'[data-figure="{name}"] dd')).to_contain_text(text)
    bands = told["by_response_time"]
    texts(page.locator('.bands td[data-column="n"] span span:first-child'), [_count(one["n"]) for one in bands])
    means = [f"{one['mean']:.2f}" if one["n"] else "—" for one in bands]
    texts(page.locator('.bands td[data-column="mean"]'), means)
    points = seen.api("reports/trends?zone=UTC&every=week")["points"]
    page.get_by_text("Show as table").click()
    expect(page.locator('[data-part="time"] tbody tr')).to_have_count(len(points))
    shares = [_percent(one["satisfied_share"]) for one in points if one["ratings"]]
    texts(page.locator('[data-part="time"] .share > span:first-child'), shares)


def _same_groups(seen: Seen, summary: dict[str, Any]) -> None:
    blocks = [*summary["groups"], summary["total"]]
    cells = {
        "tickets": [_count(one["tickets"]["created"]) for one in blocks],
        "n": [_count(one["clocks"]["first_response"]["n"]) for one in blocks],
        "reopened": [_percent(one["reopen_rate"]) for one in blocks],
        "satisfied": [
            f"{_percent(one['satisfaction']['satisfied_share'], 0)} ({_count(one['satisfaction']['ratings'])})"
            for one in blocks
        ],
    }
    for column, expected in cells.items():
        texts(seen.page.locator(f'.groups td[data-column="{column}"]'), expected)
    shares = [_percent(one["clocks"]["first_response"]["compliance"]) for one in blocks]
    texts(seen.page.locator('.groups td[data-column="compliance"] .share > span:first-child'), shares)


def test_how_many_groups_are_not_listed_is_said(seen: Seen) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()
    summary = seen.api("reports/summary?zone=UTC&by=category")
    page.route("**/reports/summary?**", lambda route: route.fulfill(json=summary | {"groups_left_out": 1_234}))
    seen.go("#/breakdown?by=category")
    expect(page.locator('[data-part="groups"]')).to_contain_text("1,234 smaller groups are not listed")
