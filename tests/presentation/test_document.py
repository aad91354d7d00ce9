"""The service response time document: both languages, both formats, with data and without."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from importlib import import_module
from itertools import chain, pairwise
from string import Formatter
from typing import Any, get_args

import pytest
from markdown_it import MarkdownIt

from replyclock.domain import staffing as of_staffing
from replyclock.domain.events import Status
from replyclock.domain.figures import PHASES
from replyclock.domain.instants import SECOND, parse_instant
from replyclock.domain.policy import DEFAULT_POLICY, METRICS, PolicyDocument, read_document
from replyclock.domain.report import Asked
from replyclock.domain.reporting.facts import DIMENSIONS
from replyclock.domain.staffing import Effort
from replyclock.presentation.as_html import to_html
from replyclock.presentation.as_markdown import to_markdown
from replyclock.presentation.blocks import Article, Block, Items, Note, Paragraph, Section, Table
from replyclock.presentation.document import (
    LANGUAGES,
    SECTIONS,
    Format,
    LanguageCode,
    render_document,
    service_document,
)
from replyclock.presentation.document_measures import measures, rules
from replyclock.presentation.document_policy import CLASSES
from replyclock.presentation.document_results import Results, busiest
from replyclock.presentation.language import Language
from replyclock.presentation.words import shown
from tests.evaluation.on_tickets import advice, causes, staffing, summary
from tests.evaluation.quarter import BEGIN, END, POLICY, ZONE, quarter_figures

# Of the same names as the functions that the package offers.
of_causes, of_advice = (import_module(f"replyclock.reporting_sql.{name}") for name in ("causes", "advice"))

AT = parse_instant("2026-06-01T12:00:00Z")
HOUR = 3600 * SECOND
CODES: tuple[LanguageCode, ...] = ("en", "zh")
BOTH: tuple[Format, ...] = ("html", "md")
DEFAULT = DEFAULT_POLICY.documents[0]

ACME = read_document(
    """\
policy: acme
version: 3
effective_from: 2026-01-01T00:00:00Z
select: first
solve_answers: false
pause_in: {first_response: [pending]}
calendars:
  office:
    timezone: America/New_York
    hours: {mon: ["09:00-12:00", "13:00-17:00"], tue: ["09:00-17:00"], wed: ["09:00-17:00"], thu: ["09:00-17:00"],
      fri: ["22:00-06:00"]}
    holidays: [2026-12-25, {region: US-NY}]
    breaks: [{date: 2026-12-24, hours: ["10:30-12:00"]}]
    shifts: [{date: 2026-06-06, hours: ["10:00-14:00"]}]
standards:
  - name: VIP on the phone
    when: {tier: vip, channel: [phone, chat], brand: {not: internal}}
    calendar: office
    targets: {first_response: 15m, resolution: 2bd}
    alerts: [{at: 80%, notify: team}, {at: 100%, notify: [team, lead]}, {at: 150%, notify: manager}]
    remind_every: 90m
  - {name: outages, when: {channel: phone, tags: outage}, targets: {first_response: 90s}}
  - {name: everybody, targets: {total_response: 24h}}
monitoring: [{every: 90m}]
"""
)
HOSTILE = (
    "</style><script>alert('1')</script> [x](http://evil.example) *b* _i_ `c` | ~s~ $m$ {name} & \n# \x1b[31m\u202e\\"
)


@cache
def results() -> Results:
    """What the sample quarter comes to in its later half."""
    asked = Asked((BEGIN + END) // 2, END, ZONE, (), "creation", END)
    tickets = quarter_figures(1)
    groups = {name: summary(tickets, Asked(asked.begin, END, ZONE, (name,), "creation", END)) for name in CLASSES}
    return Results(
        summary(tickets, asked),
        groups,
        causes(tickets, asked),
        staffing(tickets, asked, POLICY, Effort(600 * SECOND)),
        advice(tickets, asked, POLICY),
    )


def written(found: Results | None, code: LanguageCode, form: Format = "html", policy: PolicyDocument = ACME) -> str:
    return render_document(policy, found, AT, "UTC", code, form)


def tree(found: Results | None, code: LanguageCode, policy: PolicyDocument = ACME) -> Article:
    return service_document(policy, found, AT, "UTC", LANGUAGES[code])


def blocks(inside: tuple[Block, ...]) -> Iterator[Block]:
    for block in inside:
        yield block
        if isinstance(block, Section):
            yield from blocks(block.blocks)


def tables(article: Article) -> dict[str, Table]:
    return {block.caption: block for block in blocks(article.sections) if isinstance(block, Table)}


def section(article: Article, key: str) -> tuple[Block, ...]:
    return article.sections[SECTIONS.index(key)].blocks


class Page(HTMLParser):
    """An HTML text as its elements and words; it must be nested rightly."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words = ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.words += data

    def tags(self, *names: str) -> list[str]:
        return [tag for tag, _ in self.elements if tag in names]


def test_languages_say_the_same_things() -> None:
    english, *others = LANGUAGES.values()
    for other in others:
        assert {*english.texts} == {*other.texts}
        assert {kind: {*words} for kind, words in english.words.items()} == {
            kind: {*words} for kind, words in other.words.items()
        }
        # Chinese numbers subsections from one in each section.
        for key in {*english.texts} - {"subsection"}:
            assert placeholders(english, key) == placeholders(other, key), key


def placeholders(language: Language, key: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(language.texts[key]) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=lambda language: language.tag)
def test_a_language_has_words_for_all_that_the_domain_names(language: Language) -> None:
    assert {*language.words["metric"]} == {*METRICS}
    assert {*language.words["phase"]} == {*PHASES}
    assert {*language.words["measure"]} == {*of_causes.MEASURES}
    assert {*language.words["dimension"]} >= {*of_causes.DIMENSIONS, *CLASSES}
    assert {*language.words["status"]} == {*get_args(Status)}
    assert all(text.strip() for text in language.texts.values())
    told = {f"assumption.{key}" for one in (of_causes, of_staffing, of_advice) for key in one.ASSUMPTIONS}
    assert {key for key in language.texts if key.startswith("assumption.")} == told
    for dimension in of_causes.DIMENSIONS:
        for measure in of_causes.MEASURES:
            assert all(f"measures.{rule}" in language.texts for rule in rules(dimension, [measure]))
    assert {"weekday", "hour"} < {*DIMENSIONS}


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("data", [False, True], ids=["no data", "data"])
def test_html_is_one_accessible_file(code: LanguageCode, data: bool) -> None:
    text = written(results() if data else None, code)
    page = Page(text)
    assert text.startswith("<!DOCTYPE html>\n")
    assert page.elements[0] == ("html", {"lang": LANGUAGES[code].tag})
    assert page.tags("h1", "main", "header", "title") == ["title", "header", "h1", "main"]
    assert page.tags("h2") == ["h2"] * len(SECTIONS)
    levels = [int(tag[1]) for tag in page.tags("h1", "h2", "h3", "h4")]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    scrolled = [attributes for tag, attributes in page.elements if tag == "div"]
    assert all(one["tabindex"] == "0" and one["role"] == "region" and one["aria-label"] for one in scrolled)
    assert page.tags("caption") == ["caption"] * len(page.tags("table"))
    assert {attributes.get("scope") for tag, attributes in page.elements if tag == "th"} == {"col", "row"}
    assert not page.tags("script", "img", "link", "iframe", "a")
    assert not re.search(r"https?:|//|@import|url\(", text)
    assert "size: A4" in text and "counter(page)" in text


@pytest.mark.parametrize("code", CODES)
def test_tables_are_complete(code: LanguageCode) -> None:
    for found in (None, results()):
        for table in tables(tree(found, code)).values():
            assert table.rows
            assert {len(row) for row in table.rows} == {len(table.headings)}
            assert all(cell for row in table.rows for cell in row)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["plain", HOSTILE], ids=["plain", "hostile"])
def test_both_formats_say_the_same(code: LanguageCode, name: str) -> None:
    for found in (None, results()):
        html, markdown = (written(found, code, form, named(name)) for form in BOTH)
        rendered = MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown)
        page, other = Page(html), Page(rendered.replace("<br />", "<br>"))
        # Markdown has no captions: they stand before their table.
        assert re.sub(r"\s", "", page.words) == re.sub(r"\s", "", other.words)
        for tag in ("h1", "h2", "h3", "table", "tr"):
            assert len(page.tags(tag)) == len(other.tags(tag)), tag
        # What it is of is a list in Markdown.
        assert len(page.tags("li", "dt")) == len(other.tags("li"))
        assert not other.tags("a", "em", "code", "img", "s", "script")
        assert "http://" not in markdown  # GitHub would make a link of it


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["plain", HOSTILE], ids=["plain", "hostile"])
def test_the_tree_says_what_the_page_says(code: LanguageCode, name: str) -> None:
    for found in (None, results()):
        page = Page(written(found, code, "html", named(name)))
        article = json.loads(written(found, code, "json", named(name)))
        assert article["language"] == LANGUAGES[code].tag
        inside = [_item(one) for one in article["facts"]] + [_words(one) for one in article["sections"]]
        assert re.sub(r"\s", "", "".join([article["title"], *inside])) == re.sub(r"\s", "", page.words)
        terms = [one["term"] for one in article["facts"]]
        assert {term[-1] for term in terms} == ({" "} if code == "en" else {"："})


def _item(item: dict[str, str]) -> str:
    return item["term"] + item["text"]


def _words(block: dict[str, Any]) -> str:
    match block["kind"]:
        case "paragraph" | "formula" | "note":
            return str(block["text"])
        case "items":
            return "".join(map(_item, block["items"]))
        case "table":
            assert set(block["figures"]) <= set(range(len(block["headings"])))
            return "".join(chain([block["caption"]], block["headings"], *block["rows"]))
        case _:
            assert block["kind"] == "section"
            return "".join([block["title"], *map(_words, block["blocks"])])


def named(name: str) -> PolicyDocument:
    """A policy in which everything that has a name has this one."""
    standard = {"name": name, "when": {name: name}, "targets": {"first_response": "1h"}, "calendar": name}
    return read_document(
        {
            "policy": name,
            "version": 1,
            "effective_from": "2026-01-01T00:00:00Z",
            "calendars": {name: {"timezone": "UTC", "hours": {"mon": ["09:00-17:00"]}}},
            "standards": [{**standard, "alerts": [{"at": "80%", "notify": name}]}],
            "monitoring": [{"when": {name: {"not": name}}, "every": "1h"}],
        }
    )


@pytest.mark.parametrize("code", CODES)
def test_hostile_names_are_only_text(code: LanguageCode) -> None:
    article, page = tree(None, code, named(HOSTILE)), Page(written(None, code, policy=named(HOSTILE)))
    assert not page.tags("script")
    safe = shown(HOSTILE)
    assert "\n" not in safe and "\x1b" not in safe and "\u202e" not in safe
    assert article.facts[0][1] == safe
    # Policy, standard, calendar, attribute, value and whom to notify, wherever they are told.
    assert page.words.count(safe) >= 10
    style = written(None, code, policy=named(HOSTILE)).partition("<style>")[2].partition("</style>")[0]
    assert "content: counter(page)" in style and "<" not in style


@pytest.mark.parametrize("code", CODES)
def test_without_data_each_section_that_needs_them_says_so(code: LanguageCode) -> None:
    article, texts = tree(None, code), LANGUAGES[code].texts
    told = section(article, "evaluation")
    assert len(told) == 6
    for part in told:
        assert isinstance(part, Section)
        assert [type(block) for block in part.blocks] == [Note]
    assert section(article, "measures") == (Note(texts["measures.no_data"]),)
    assert section(article, "conclusion")[0] == Note(texts["conclusion.no_data"])
    assert (texts["fact.no_period"]) in [value for _, value in article.facts]


@pytest.mark.parametrize("code", CODES)
def test_no_tickets_are_no_data(code: LanguageCode) -> None:
    asked = Asked(AT - HOUR, AT, "UTC", (), "creation", AT)
    nothing = Results(summary([], asked), {}, causes([], asked), None, advice([], asked, POLICY))
    assert tree(nothing, code) == tree(None, code)


def test_the_standard_table_of_the_source_document() -> None:
    rows = [row for table in tables(tree(None, "zh", DEFAULT)).values() for row in table.rows]
    assert [(row[0], row[2]) for row in rows if row[-1] == "全天候（7×24 小时）"] == [
        ("紧急服务", "30 分钟"),
        ("一般服务", "24 小时"),
        ("VIP 客户", "15 分钟"),
        ("普通客户", "24 小时"),
        ("电话服务", "30 秒"),
        ("在线服务", "10 秒"),
    ]
    assert tables(tree(None, "zh", DEFAULT))["各类工单的报告频率"].rows == (
        ("服务类型：紧急服务", "每小时一次"),
        ("服务类型：一般服务", "每天一次"),
    )


def test_chinese_uses_the_terms_of_the_source_documents() -> None:
    text = written(results(), "zh", "md")
    for term in ("首次响应时间", "解决问题时间", "总响应时间", "监控频率", "客户满意度", "应急预案", "改进措施"):
        assert term in text
    titles = [one.title.partition("、")[2] for one in tree(None, "zh").sections]
    assert titles[:4] == ["引言", "定义和计算方法", "服务请求的分类", "响应时间的设定原则"]
    assert titles[-1] == "结论"


def test_where_standards_stand() -> None:
    found = tables(tree(None, "en"))
    assert [row[1] for row in found["Promised times by service channel"].rows] == ["outages"]
    other = found["Promised times for combinations and other attributes"]
    assert other.rows == (
        (
            "Customer tier: VIP customers\nService channel: phone or live chat\nBrand: any except internal",
            "VIP on the phone",
            "15 min",
            "2 business days (16 h)",
            "–",
            "office",
        ),
        ("All tickets", "everybody", "–", "–", "24 h", "Round the clock"),
    )
    empty = "Standards by service type"
    (said,) = [one for one in section(tree(None, "en"), "standards") if isinstance(one, Section) and empty in one.title]
    assert isinstance(said.blocks[0], Note)


def test_calendars_are_described() -> None:
    (row,) = tables(tree(None, "en"))["Service hours by calendar"].rows
    assert row == (
        "office",
        "America/New_York",
        "Monday 09:00–12:00, 13:00–17:00\nTuesday to Thursday 09:00–17:00\nFriday 22:00–06:00 the next day",
        "Closed on public holidays (US-NY); make-up working days are worked\nClosed on 25 December 2026\n"
        "Closed on 24 December 2026, 10:30–12:00\nOpen on 6 June 2026, 10:00–14:00",
    )


def test_who_is_notified_when() -> None:
    rows = tables(tree(None, "en"))["Who is notified, and when"].rows
    assert rows[0] == ("VIP on the phone", "80%: team", "100%: team and lead", "150%: manager", "Every 1 h 30 min")
    assert rows[1] == ("outages", "80%: subscribers", "100%: subscribers", "–", "–")


def test_options_of_the_policy_are_told() -> None:
    told, default = written(None, "en", "md"), written(None, "en", "md", DEFAULT)
    assert "only a reply does" in told and "only a reply does" not in default
    assert "lists first governs" in told and "the strictest governs" in default
    assert tables(tree(None, "en"))["When clocks are paused"].rows[0][1] == "pending (waiting for the customer)"
    assert "Every 1 h 30 min" in told and "All tickets" in told


@pytest.mark.parametrize("code", CODES)
def test_figures_are_those_of_the_evaluation(code: LanguageCode) -> None:
    language, found = LANGUAGES[code], results()
    total = found.summary["total"]
    shown_tables = tables(tree(found, code))
    times = shown_tables[language.texts["evaluation.times"]].rows
    kept = shown_tables[language.texts["evaluation.compliance"]].rows
    for metric, time, promise in zip(METRICS, times, kept, strict=True):
        clock = total["clocks"][metric]
        assert time[0] == promise[0] == language.name("metric", metric)
        assert time[2] == language.seconds(clock["median_seconds"])
        assert promise[1:4] == tuple(language.number(clock[name]) for name in ("kept", "broken", "overdue"))
        assert promise[4] == f"{clock['compliance'] * 100:.1f}%"
    channels = shown_tables[language.texts["evaluation.by.channel.caption"]].rows
    assert sum(int(row[1].replace(",", "")) for row in channels) == total["tickets"]["created"]
    bands = shown_tables[language.texts["satisfaction.caption"]].rows
    assert sum(int(row[1]) for row in bands) == total["satisfaction"]["ratings"]
    changes = shown_tables[language.texts["evaluation.trends.caption"]].rows
    assert [row[4] for row in changes] == [
        language.text(f"verdict.{one['verdict']}") for one in found.summary["change"].values()
    ]
    assert len(shown_tables[language.texts["advice.caption"]].rows) == 6


@pytest.mark.parametrize("code", CODES)
def test_measures_follow_from_the_planted_causes_and_no_others(code: LanguageCode) -> None:
    language, found = LANGUAGES[code], results()
    told = dict(measures(found, language))
    assert len(told) == 3
    delivery, monday, social = (
        told[language.text("measures.finding", group=language.text("condition", name=name, value=value))]
        for name, value in (
            (language.name("dimension", "category"), "delivery"),
            (language.name("dimension", "weekday"), language.word("weekday", "mon")),
            (language.name("dimension", "channel"), language.word("channel", "social")),
        )
    )
    assert language.texts["measures.third_parties"] in delivery
    assert language.text("measures.weekday", name=language.word("weekday", "mon")) in monday
    assert language.texts["measures.channel"] in social
    assert found.staffing is not None
    (channel,) = [one for one in found.staffing["channels"] if one["channel"] == "social"]
    hour = busiest(channel)
    assert hour is not None
    assert language.text("measures.staffed.channel", agents=language.count("agents", hour["agents"])) in social
    (listed,) = [one for one in section(tree(found, code), "measures") if isinstance(one, Items)]
    assert dict(listed.items) == told
    assert language.count("measures", 3) in written(found, code, "md").rpartition("##")[2]


def test_which_measure_answers_to_what() -> None:
    assert rules("category", ["on_third_parties", "resolution"]) == ("third_parties",)
    assert rules("weekday", ["first_response", "before_assignment"]) == ("weekday",)
    assert rules("tier", ["before_assignment", "before_first_reply"]) == ("before_assignment", "tier")
    assert rules("agent", ["first_response"]) == ("agent",)


@pytest.mark.parametrize("code", CODES)
def test_causes_that_were_not_found_bring_no_measures(code: LanguageCode) -> None:
    found = results()
    assert found.causes is not None
    none: dict[str, Any] = {**found.causes, "causes": []}
    without = Results(found.summary, found.groups, none, found.staffing, found.advice)
    language = LANGUAGES[code]
    assert section(tree(without, code), "measures") == (Note(language.texts["measures.none"]),)
    assert language.texts["conclusion.no_measures"] in written(without, code, "md")


def test_spans_are_told_by_their_dates_where_they_are_whole_days() -> None:
    def period(begin: str, end: str, zone: str) -> str:
        asked = Asked(parse_instant(begin), parse_instant(end), zone, (), "creation", END)
        article = service_document(ACME, Results(summary(quarter_figures(1), asked)), END, zone, LANGUAGES["en"])
        return article.facts[3][1]

    assert period("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z", "Europe/Berlin") == (
        "1 November 2026 to 30 November 2026"
    )
    assert period("2026-10-31T23:00:00Z", "2026-11-30T23:00:00Z", "UTC") == (
        "31 October 2026, 23:00 (UTC) to 30 November 2026, 23:00 (UTC)"
    )


@pytest.mark.parametrize(
    ("microseconds", "english", "chinese"),
    [
        (0, "0 s", "0 秒"),
        (4_250_000, "4.2 s", "4.2 秒"),
        (90 * SECOND, "1 min 30 s", "1 分钟 30 秒"),
        (HOUR - SECOND // 10, "1 h", "1 小时"),
        (24 * HOUR - SECOND, "1 d", "1 天"),
        (-26 * HOUR, "−1 d 2 h", "−1 天 2 小时"),
    ],
)
def test_durations(microseconds: int, english: str, chinese: str) -> None:
    assert LANGUAGES["en"].duration(microseconds) == english
    assert LANGUAGES["zh"].duration(microseconds) == chinese


def test_moments_say_their_offset_from_utc() -> None:
    told = [LANGUAGES["en"].moment(AT, zone) for zone in ("Asia/Shanghai", "Asia/Kolkata", "America/New_York", "UTC")]
    assert told == [
        "1 June 2026, 20:00 (UTC+8)",
        "1 June 2026, 17:30 (UTC+5:30)",
        "1 June 2026, 08:00 (UTC−4)",
        "1 June 2026, 12:00 (UTC)",
    ]
    assert LANGUAGES["zh"].moment(AT, "Asia/Shanghai") == "2026 年 6 月 1 日 20:00（UTC+8）"


def test_a_difference_shown_as_zero_has_no_sign() -> None:
    signed = LANGUAGES["en"].signed
    assert [signed(one) for one in ("0.4", "-0.4", "−26 s", "0.0", "-0.0", "−0 s")] == [
        "+0.4",
        "−0.4",
        "−26 s",
        "0.0",
        "0.0",
        "0 s",
    ]


def test_the_default_policy_is_not_of_1970() -> None:
    for code in CODES:
        assert "1970" not in written(None, code, policy=DEFAULT)


@pytest.mark.parametrize("code", CODES)
def test_bands_of_satisfaction_do_not_overlap(code: LanguageCode) -> None:
    language = LANGUAGES[code]
    bands = [row[0] for row in tables(tree(results(), code))[language.texts["satisfaction.caption"]].rows]
    edges = [language.exact(seconds * SECOND) for seconds in (60, 900, 3600, 14_400, 86_400)]
    assert bands == [
        language.text("satisfaction.up_to", time=edges[0]),
        *(language.text("from_to", begin=begin, end=end) for begin, end in pairwise(edges)),
        language.text("satisfaction.over", time=edges[-1]),
    ]


def test_text_at_the_beginning_of_a_line_begins_nothing() -> None:
    texts = ("1. one", "12) twelve", "# heading", "- item", "+ item", "=== rule", "> said", "    code", "| cell |", "*")
    blocks_ = tuple(block for text in texts for block in (Paragraph(text), Note(text), Items((("", text),))))
    article = Article("en", "T", "T", (), (Section("S", blocks_),))
    rendered = Page(MarkdownIt("commonmark", {"html": True}).enable("table").render(to_markdown(article)))
    assert re.sub(r"\s", "", rendered.words) == re.sub(r"\s", "", Page(to_html(article)).words)
    assert len(rendered.tags("li", "ul")) == 2 * len(texts)
    assert not rendered.tags("ol", "h3", "code", "table", "hr")
