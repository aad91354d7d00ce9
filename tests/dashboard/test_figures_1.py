"""Trends, When and Distribution show what the reports say, and can be used by everybody."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, Response, expect

from replyclock.domain.staffing import HOURS
from tests.functions.conftest import TOKEN

from .seen import Seen, texts

DAYS = 7
VERDICTS = {
    "better": "Better",
    "worse": "Worse",
    "no difference shown": "No clear difference",
    "too few": "Too few cases",
    "too early": "Too early to say",
}


def test_figures_are_those_of_the_reports(seen: Seen) -> None:
    page, answers = seen.page, list[Response]()

    def told(answer: Response) -> None:
        answers.append(answer)

    page.on("response", told)

    def reports() -> dict[str, Any]:
        """What the API has told the page since last time."""
        seen.loaded()
        found = {}
        for answer in answers:
            place = urlsplit(answer.url)
            if place.path.startswith("/reports/"):
                options = parse_qs(place.query)
                begin, end = (date.fromisoformat(options[bound][0]) for bound in ("from", "to"))
                assert ((end - begin).days, options["zone"]) == (DAYS, ["Europe/Berlin"])
                found[place.path.removeprefix("/reports/")] = answer.json()
        answers.clear()
        return found

    def usable(name: str) -> None:
        seen.accessible()
        seen.shot(f"{name}-en-1440")
        page.set_viewport_size({"width": 360, "height": 740})
        expect(page.locator("html")).to_have_js_property("scrollWidth", 360)
        page.set_viewport_size({"width": 1440, "height": 900})

    seen.go(f"#token={TOKEN}")
    seen.go(f"#/trends?days={DAYS}")
    expect(page.locator("[data-chart=times] canvas")).to_be_visible()
    found = reports()
    _trends_are(page.locator("main"), found["summary"], found["trends"]["points"])
    usable("trends")

    seen.go(f"#/when?days={DAYS}")
    expect(page.locator("[data-part=waits] .heat")).to_be_visible()
    found = reports()
    groups = {one["group"]["hour_of_week"]: one for one in found["summary"]["groups"]}
    came = {hour: groups[hour]["tickets"]["created"] if hour in groups else 0 for hour in HOURS}
    _table(page.locator("[data-part=arrivals]"), [[str(came[hour])] for hour in HOURS])
    answered = {hour: groups[hour]["clocks"]["first_response"]["n"] if hour in groups else 0 for hour in HOURS}
    _table(page.locator("[data-part=waits]"), [[str(answered[hour])] for hour in HOURS])
    heat = page.locator("[data-part=staffing] .heat td[title]")
    texts(heat, _agents(found["staffing"]))
    usable("when")
    # Another handling time is in the address, and what is advised is that of the report with it.
    page.get_by_label("Minutes busy with a ticket").fill("45")
    # The address changes before the page asks.
    with page.expect_response("**/reports/staffing?*"):
        page.keyboard.press("Tab")
    expect(page).to_have_url(f"{seen.address}/#/when?days={DAYS}&handling_seconds=2700")
    longer = reports()["staffing"]
    assert {one["handling_seconds"] for one in longer["channels"]} == {2700}
    assert _agents(longer) != _agents(found["staffing"])
    texts(heat, _agents(longer))

    seen.go(f"#/distribution?days={DAYS}")
    expect(page.locator("[data-group] canvas").first).to_be_visible()
    for one in reports()["distribution"]["groups"]:
        panel = page.locator(f"[data-group='{one['group']['standard']}']")
        counts = zip(one["business_counts"], one["counts"], strict=True)
        _table(panel, [[f"{of_business:,}"] for of_business, of_clock in counts if of_business or of_clock])
        for target in one["targets"]:
            words = panel.locator(f"[data-target='{target['target_seconds']}']")
            expect(words).to_contain_text(f"{target['kept']:,} kept")
            expect(words).to_contain_text(f"{target['broken']:,} too late")
    usable("distribution")


def _trends_are(main: Locator, summary: Mapping[str, Any], points: list[Any]) -> None:
    total, clocks = summary["total"]["tickets"], summary["total"]["clocks"]["first_response"]
    figures = ("median_seconds", "percentile_90_seconds", "percentile_95_seconds", "compliance")
    expected = {name: clocks[name] for name in figures}
    expected |= {name: total[name] for name in ("created", "resolved", "backlog_end")}
    expect(main.locator("[data-figure]")).to_have_count(len(expected))
    for name, value in expected.items():
        written = str(int(value)) if value == int(value) else repr(value)  # as JavaScript writes numbers
        expect(main.locator(f"[data-figure={name}]")).to_have_attribute("data-value", written)
    expect(main.locator("[data-figure=created] dd")).to_have_text(re.compile(rf"^{total['created']:,}"))
    shown = re.escape(f"{clocks['compliance']:.1%}"[:-1])
    expect(main.locator("[data-figure=compliance] dd")).to_have_text(re.compile(rf"^{shown}"))
    changes = main.locator("[data-change]")
    expect(changes.first).to_be_visible()
    for name in changes.evaluate_all("all => all.map((one) => one.dataset.change)"):
        words = VERDICTS[summary["change"][name]["verdict"]]
        expect(main.locator(f"[data-change='{name}']")).to_contain_text(words)
    _table(main.locator("[data-chart=volume]"), [[str(one["created"]), str(one["resolved"])] for one in points])
    _table(main.locator("[data-chart=times]"), [[str(one["n"]), str(one["censored"])] for one in points])
    kept = [[str(one[name]) for name in ("kept", "broken", "overdue")] for one in points]
    _table(main.locator("[data-chart=compliance]"), kept)


def _table(part: Locator, rows: list[list[str]]) -> None:
    """The table behind a drawing has these rows, in the columns after the first."""
    part.get_by_text("Show as table").click()
    table = part.locator("details table")
    expect(table).to_be_visible()
    expect(table.locator("tbody tr")).to_have_count(len(rows))
    for place, column in enumerate(zip(*rows, strict=True), start=2):
        texts(table.locator(f"tbody tr > :nth-child({place})"), column)


def _agents(staffing: Mapping[str, Any]) -> list[str]:
    """By hour of the week, of all channels with a promise."""
    needed = Counter[str]()
    for channel in staffing["channels"]:
        if channel["target_seconds"] is not None:
            needed.update({row["hour_of_week"]: row["agents"] for row in channel["hours"]})
    lasted = {row["hour_of_week"] for channel in staffing["channels"] for row in channel["hours"]}
    return [str(needed[hour]) if hour in lasted else "—" for hour in HOURS]
