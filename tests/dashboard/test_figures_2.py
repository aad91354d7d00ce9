"""Breakdown, agents and satisfaction in a real browser: what they show is what the API says."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.functions.conftest import TOKEN

from .seen import Seen


def _percent(share: float, digits: int = 1) -> str:
    return f"{share * 100:.{digits}f} %"


def _count(number: int) -> str:
    return f"{number:,}"


def _texts(seen: Seen, selector: str) -> list[str]:
    return seen.page.locator(selector).all_inner_texts()


@pytest.mark.parametrize("seen", [{"timezone_id": "UTC", "reduced_motion": "reduce"}], indirect=True)
def test_what_lengthens_times_whose_they_were_and_how_customers_rate(seen: Seen) -> None:
    page = seen.page
    seen.go(f"#token={TOKEN}")
    expect(page.locator(".clock").first).to_be_visible()

    seen.go("#/breakdown")
    expect(page.locator(".view .loading")).to_have_count(0)
    expect(page.locator('[data-part="groups"]')).to_have_count(1)
    found = seen.api("reports/causes?zone=UTC")
    shown = page.locator("[data-cause]")
    named = {f"{one['measure']}:{one['dimension']}": one for one in found["causes"]}
    assert {one.get_attribute("data-cause") for one in shown.all()} == set(named)
    for name, cause in named.items():
        row = page.locator(f'[data-cause="{name}"]')
        effect = _percent(cause["effect"], 1 if cause["effect"] < 0.1 else 0)
        assert f"explains {effect} of the spread" in row.inner_text()
        groups = [one.get_attribute("data-group") for one in row.locator("[data-group]").all()]
        assert groups == [one["group"] for one in cause["stand_out"]]

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
    assert [row.get_attribute("data-row") for row in rows.all()] == [one["group"]["category"] for one in by_compliance]
    assert "sort=-compliance" in page.url

    seen.go("#/agents")
    expect(page.locator('[data-part="held"]')).to_have_count(1)
    found = seen.api("reports/agents?zone=UTC")
    agents = found["agents"]
    assert _texts(seen, "[data-agent] .who") == sorted(one["agent"] for one in agents)
    assert _texts(seen, "[data-agent] .of") == [f"{_count(one['responses']['n'])} answers" for one in agents]
    few = [page.locator(f'[data-agent="{one["agent"]}"] .few').count() == 1 for one in agents]
    assert few == [one["too_few"] for one in agents]
    assert _texts(seen, '.held td[data-column="tickets"]') == [_count(one["tickets"]) for one in agents]
    assert _texts(seen, '[data-figure="unassigned_share"] dd') == [_percent(found["unassigned_share"])]

    # So few answers are not compared.
    seen.go("#/agents?days=1")
    expect(page.locator(".below")).to_contain_text(" in UTC")
    expect(page.locator('[data-part="held"] .few').first).to_be_visible()
    assert page.locator(".plot b").count() == 0

    seen.go("#/satisfaction")
    expect(page.locator('[data-part="bands"]')).to_have_count(1)
    told = seen.api("reports/summary?zone=UTC")["total"]["satisfaction"]
    assert _texts(seen, '[data-figure="ratings"] dd') == [_count(told["ratings"])]
    for name, text in (
        ("response_rate", _percent(told["response_rate"])),
        ("mean", f"{told['mean']:.2f}"),
        ("satisfied_share", _percent(told["satisfied_share"])),
    ):
        expect(page.locator(f'[data-figure="{name}"] dd')).to_contain_text(text)
    bands = told["by_response_time"]
    assert _texts(seen, '.bands td[data-column="n"] span span:first-child') == [_count(one["n"]) for one in bands]
    means = [f"{one['mean']:.2f}" if one["n"] else "—" for one in bands]
    assert _texts(seen, '.bands td[data-column="mean"]') == means
    points = seen.api("reports/trends?zone=UTC&every=week")["points"]
    page.get_by_text("Show as table").click()
    expect(page.locator('[data-part="time"] tbody tr')).to_have_count(len(points))
    assert _texts(seen, '[data-part="time"] .share > span:first-child') == [
        _percent(one["satisfied_share"]) for one in points if one["ratings"]
    ]


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
        assert _texts(seen, f'.groups td[data-column="{column}"]') == expected
    shares = [_percent(one["clocks"]["first_response"]["compliance"]) for one in blocks]
    assert _texts(seen, '.groups td[data-column="compliance"] .share > span:first-child') == shares
