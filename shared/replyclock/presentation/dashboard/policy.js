// The policy: what is promised, its versions, the document about it, and a change tried on last month before it is published.

import { ApiError, now, send } from "./api.js";
import { language } from "./choices.js";
import { h, put } from "./dom.js";
import { article } from "./article.js";
import { badge, empty, failure, loading, panel, segmented, table } from "./parts.js";
import { poll } from "./poll.js";
import { alerts, promised, week, weekday, whom } from "./policy_words.js";
import { METRICS, STATUSES, capital, date, dateOnly, exactDuration, fullMoment, listed, number, target, texts, word } from "./text.js";

const t = texts({
  en: {
    title: "Policy",
    in_force: "{policy}, version {version}, in force since {time}",
    built_in: "{policy}, version {version}, built in: nothing has been published yet",
    tab: "Part",
    standards: "Standards",
    change: "Change it",
    versions: "Versions",
    document: "Document",
    standard: "Standard",
    whom: "Holds for",
    calendar: "Counts",
    alerts: "Tells",
    always: "round the clock",
    nothing: "No version is in force yet",
    nothing_hint: "The first one comes into force later: see the versions.",
    choice: "How it chooses",
    strictest: "Of several standards that fit a ticket, the one that falls due first governs.",
    first: "Of several standards that fit a ticket, the one listed first governs.",
    attributes_follow: "When a ticket's attributes change, the standard that fits then governs, counted from the clock's start.",
    attributes_from_change: "When a ticket's attributes change, the standard that fits then governs, counted from the change.",
    attributes_pin: "A clock keeps the standard that fitted when it started.",
    policy_follow: "A new version also governs clocks that run already.",
    policy_pin: "A new version governs clocks that start under it.",
    solve_yes: "Being solved answers: first and next response stop, too.",
    solve_no: "Only a reply stops first and next response.",
    pauses: "{metric} stands still while {statuses}.",
    never: "{metric} never stands still.",
    calendars: "Calendars",
    holidays: "Closed: {days}",
    of_region: "the public holidays of {region}",
    breaks: "Breaks: {days}",
    shifts: "Special hours: {days}",
    monitoring: "Reports",
    reported: "{whom}: each {every}",
    version: "Version",
    standing: "Standing",
    draft: "Draft",
    unreadable: "Version {version} cannot be read, and keeps its span: publish the next one. ({reason})",
    effective: "In force from",
    published: "Published",
    builtin: "built in",
    measured: "Open tickets measured under it",
    progress: "{measured} of {found}",
    done: "all {found}",
    of_none: "none were open",
    counting: "being counted",
    now: "in force",
    later: "later",
    past: "past",
    edit: "Take it as a draft",
    download: "Download as {form}",
    doc_none: "There is no document yet",
    doc_none_hint: "It is written once a version is in force.",
    editor: "The next version, as YAML",
    editor_hint: "Written from the version in force, its comments kept; nothing holds before you publish it.",
    reset: "Begin anew",
    span: "Try it on tickets of",
    days: "{n} days",
    simulate: "Try it",
    simulating: "Judging the tickets of {n} days once more…",
    publish: "Publish…",
    faults: ({ n }) => `${n} ${n === 1 ? "thing is" : "things are"} not right`,
    line: "line {line}",
    simulated: "{tickets} tickets created {from} to {to}, judged under today's policy and under this one.",
    sampled: "A sample of {tickets} of {of} tickets created {from} to {to}, judged under today's policy and under this one.",
    no_tickets: "No ticket was created in that time, so there is nothing to compare.",
    same: "No clock comes out otherwise.",
    otherwise: "{clocks} clocks of {tickets} tickets come out otherwise",
    compliance: "Kept of settled",
    clock: "Clock, standard",
    judged: "Settled",
    met: "Kept",
    broken: "Broken",
    points: "Points",
    change_to: "{before} → {after}",
    more: "and {n} more",
    met_side: "kept",
    breached_side: "broken",
    open_side: "undecided",
    no_target_side: "nothing promised",
    cancelled_side: "cancelled",
    absent_side: "no such clock",
    ask_title: "Publish version {version}?",
    ask_text: "It comes into force {time} and can't be changed afterwards: the next change is another version. Open tickets are measured under it within minutes.",
    ask_now: "It comes into force at once, for the past from {time} on, too, and can't be changed afterwards: the next change is another version. Open tickets are measured under it within minutes.",
    tells_past: "Also tell people of what it finds broken already",
    cancel: "Not yet",
    confirm: "Publish it",
    conflict: "This version exists already. Published versions stay as they are: give the draft the next number.",
    refused: "The document was not taken.",
    is_published: "Version {version} is published.",
    changed_hint: "Changed since it was tried: try it again.",
  },
  zh: {
    title: "策略",
    in_force: "{policy}，第 {version} 版，自 {time} 起生效",
    built_in: "{policy}，第 {version} 版（内置，尚未发布任何版本）",
    tab: "部分",
    standards: "标准",
    change: "修改",
    versions: "版本",
    document: "规范文档",
    standard: "标准",
    whom: "适用范围",
    calendar: "计时",
    alerts: "通知",
    always: "全天候",
    nothing: "尚无生效的版本",
    nothing_hint: "第一个版本稍后生效，请查看“版本”。",
    choice: "适用规则",
    strictest: "同一工单适用多项标准时，以最先到期的标准为准。",
    first: "同一工单适用多项标准时，以排列在前的标准为准。",
    attributes_follow: "工单特征变更后，适用变更后的标准，并从开始计时之时起算。",
    attributes_from_change: "工单特征变更后，适用变更后的标准，并从变更之时起算。",
    attributes_pin: "计时始终适用其开始时的标准。",
    policy_follow: "新版策略生效后，同样适用于已经开始的计时。",
    policy_pin: "新版策略只适用于其生效后开始的计时。",
    solve_yes: "工单未经回复即告解决的，首次响应和后续响应也随之停止计时。",
    solve_no: "只有回复才停止首次响应和后续响应的计时。",
    pauses: "{metric}在{statuses}时暂停计时。",
    never: "{metric}不暂停计时。",
    calendars: "服务日历",
    holidays: "不服务：{days}",
    of_region: "{region} 法定节假日",
    breaks: "暂停服务：{days}",
    shifts: "特殊服务时间：{days}",
    monitoring: "定期报告",
    reported: "{whom}：每 {every}",
    version: "版本",
    standing: "状态",
    draft: "草稿",
    unreadable: "第 {version} 版无法读取，但仍占据其生效时段：请发布下一版。（{reason}）",
    effective: "生效时间",
    published: "发布时间",
    builtin: "内置",
    measured: "已按此版本重新计量的未完成工单",
    progress: "{measured} / {found}",
    done: "全部 {found}",
    of_none: "当时没有未完成工单",
    counting: "正在统计",
    now: "生效中",
    later: "待生效",
    past: "已失效",
    edit: "以此为草稿",
    download: "下载 {form}",
    doc_none: "暂无文档",
    doc_none_hint: "有版本生效后即自动生成。",
    editor: "下一版本（YAML）",
    editor_hint: "草稿取自当前生效的版本，保留其中的注释；发布之前不会生效。",
    reset: "重新开始",
    span: "用以下工单试算",
    days: "最近 {n} 天",
    simulate: "试算",
    simulating: "正在按草稿重新评判最近 {n} 天的工单…",
    publish: "发布…",
    faults: "有 {n} 处问题",
    line: "第 {line} 行",
    simulated: "{from} 至 {to} 创建的 {tickets} 张工单，分别按现行策略和草稿评判。",
    sampled: "从 {from} 至 {to} 创建的 {of} 张工单中抽取 {tickets} 张，分别按现行策略和草稿评判。",
    no_tickets: "该时段没有新建工单，无从比较。",
    same: "没有任何计时的结果发生变化。",
    otherwise: "{tickets} 张工单的 {clocks} 项计时结果不同",
    compliance: "达标率",
    clock: "计时、标准",
    judged: "已判定",
    met: "按时",
    broken: "超时",
    points: "变化（百分点）",
    change_to: "{before} → {after}",
    more: "另有 {n} 项",
    met_side: "按时",
    breached_side: "超时",
    open_side: "未定",
    no_target_side: "无承诺",
    cancelled_side: "已取消",
    absent_side: "无此计时",
    ask_title: "发布第 {version} 版？",
    ask_text: "该版本于 {time} 生效，发布后不可修改，再次调整须发布新版本。未完成的工单将在数分钟内按其重新计量。",
    ask_now: "该版本立即生效，并追溯至 {time}；发布后不可修改，再次调整须发布新版本。未完成的工单将在数分钟内按其重新计量。",
    tells_past: "对按新版已经超时的工单也发出通知",
    cancel: "暂不发布",
    confirm: "发布",
    conflict: "该版本已存在。已发布的版本不可更改，请为草稿使用下一个版本号。",
    refused: "文档未被接受。",
    is_published: "第 {version} 版已发布。",
    changed_hint: "试算后草稿已有改动，请重新试算。",
  },
});

/** @type {("standards" | "change" | "versions" | "document")[]} */
const TABS = ["standards", "change", "versions", "document"];
/** @type {Answer.Metric[]} */
const METRIC_NAMES = ["first_response", "next_response", "resolution", "total_response"];
/** @type {Record<Answer.Metric, Answer.Status[]>} */
const PAUSES = { first_response: [], next_response: [], resolution: ["pending", "on_hold"], total_response: ["pending", "on_hold"] };
/** @type {("html" | "md")[]} */
const FORMS = ["html", "md"];
const SPANS = [7, 28, 90];
const MOST_LISTED = 8;
const DRAFT = "replyclock.draft";
const DAY = 86400000;

/**
 * What is being written, kept for this tab: the text, and nothing where it may not be kept.
 *
 * @param {string | null} [text] Is kept from now on; null forgets it.
 */
function draft(text) {
  try {
    if (text === null) sessionStorage.removeItem(DRAFT);
    else if (text !== undefined) sessionStorage.setItem(DRAFT, text);
    return sessionStorage.getItem(DRAFT);
  } catch {
    return null;
  }
}

/** @param {Page.Page} page */
export function open(page) {
  const tab = TABS.find((one) => one === page.query.tab) ?? "standards";
  page.title(t("title"));
  page.tools(segmented(t("tab"), TABS.map((one) => /** @type {[typeof tab, string]} */ ([one, t(one)])), tab, (one) => page.set({ tab: one === "standards" ? null : one })));
  page.load(page.root, () => page.ask("policy/versions"), (found) => {
    const versions = found.versions.filter(readable);
    const current = inForce(versions);
    if (current) page.title(t("title"), headline(current));
    switch (tab) {
      case "change":
        return showChange(page);
      case "versions":
        return showVersions(page, found.versions);
      case "document":
        return showDocument(page);
      default:
        return showStandards(current);
    }
  });
}

/**
 * Of one that cannot be read there is no document: the list of versions names it.
 *
 * @param {Answer.Version} one
 * @returns {one is Answer.ReadableVersion}
 */
const readable = (one) => one.document !== null;

/** @param {Answer.ReadableVersion} version */
const headline = ({ document, published_at: at }) =>
  t(at === null ? "built_in" : "in_force", { policy: document.policy, version: document.version, time: fullMoment(Date.parse(document.effective_from)) });

/** @param {Answer.ReadableVersion[]} versions */
function inForce(versions) {
  const before = versions.filter((one) => Date.parse(one.document.effective_from) <= now());
  /** @type {(one: Answer.ReadableVersion, other: Answer.ReadableVersion) => number} */
  const order = (one, other) => Date.parse(one.document.effective_from) - Date.parse(other.document.effective_from) || one.document.version - other.document.version;
  return before.sort(order).at(-1) ?? null;
}

/** @param {Answer.ReadableVersion | null} current */
function showStandards(current) {
  if (!current) return empty(t("nothing"), t("nothing_hint"));
  const { document } = current;
  const metrics = METRIC_NAMES.filter((metric) => document.standards.some((one) => metric in one.targets));
  /** @param {string | undefined} name */
  const calendar = (name) => (name === undefined || name === "always" ? t("always") : `${name}, ${document.calendars?.[name]?.timezone}`);
  /** @type {Page.Column<Answer.Standard>[]} */
  const columns = [
    { name: t("standard"), of: (one) => one.name, head: true },
    { name: t("whom"), of: (one) => capital(whom(one.when)) },
    ...metrics.map((metric) => ({ name: capital(word(METRICS, metric)), of: (/** @type {Answer.Standard} */ { targets: { [metric]: time } }) => (time === undefined ? h("span", { class: "quiet" }, "—") : h("strong", {}, promised(time))) })),
    { name: t("calendar"), of: (one) => calendar(one.calendar) },
    { name: t("alerts"), of: (one) => h("ul", { class: "rules" }, alerts(one).map((rule) => h("li", {}, rule))) },
  ];
  const pauses = METRIC_NAMES.map((metric) => {
    const statuses = document.pause_in?.[metric] ?? PAUSES[metric];
    const name = capital(word(METRICS, metric));
    return statuses.length ? t("pauses", { metric: name, statuses: listed(statuses.map((one) => word(STATUSES, one))) }) : t("never", { metric: name });
  });
  const rules = [
    t(document.select ?? "strictest"),
    t(`attributes_${document.when_attributes_change ?? "follow"}`),
    t(`policy_${document.when_policy_changes ?? "follow"}`),
    t(document.solve_answers === false ? "solve_no" : "solve_yes"),
    ...pauses,
  ];
  return [
    panel(null, table(t("standards"), columns, document.standards, { quiet: true })),
    h(
      "div",
      { class: "columns" },
      Object.entries(document.calendars ?? {}).map(([name, one]) => showCalendar(name, one)),
      panel(t("choice"), h("ul", { class: "listed" }, rules.map((rule) => h("li", {}, rule)))),
      document.monitoring?.length
        ? panel(t("monitoring"), h("ul", { class: "listed" }, document.monitoring.map((one) => h("li", {}, capital(t("reported", { whom: whom(one.when), every: promised(one.every) }))))))
        : null,
    ),
  ];
}

/**
 * @param {string} name
 * @param {Answer.Calendar} calendar
 */
function showCalendar(name, calendar) {
  /** @param {{ date: string, hours: string[] }[]} list */
  const dated = (list) => listed(list.map((one) => `${dateOnly(one.date)} ${one.hours.join(", ")}`), "conjunction");
  const holidays = (calendar.holidays ?? []).map((one) => (typeof one === "string" ? dateOnly(one) : t("of_region", { region: one.region })));
  return h(
    "section",
    { class: "panel calendar" },
    h("h2", {}, name, " ", h("small", { class: "quiet" }, calendar.timezone)),
    h(
      "dl",
      { class: "week" },
      week(calendar).map(([day, spans, text]) =>
        h(
          "div",
          {},
          h("dt", {}, weekday(day)),
          h("dd", { class: "hours", "aria-hidden": "true" }, spans.map(([begin, end]) => h("i", { style: { left: `${begin / 14.4}%`, width: `${(end - begin) / 14.4}%` } }))),
          h("dd", { class: text ? null : "quiet" }, text || "—"),
        ),
      ),
    ),
    holidays.length ? h("p", {}, t("holidays", { days: listed(holidays, "conjunction") })) : null,
    calendar.breaks?.length ? h("p", {}, t("breaks", { days: dated(calendar.breaks) })) : null,
    calendar.shifts?.length ? h("p", {}, t("shifts", { days: dated(calendar.shifts) })) : null,
  );
}

/**
 * @param {Page.Page} page
 * @param {Answer.Version[]} found
 */
function showVersions(page, found) {
  const host = h("div", {});
  const problem = h("div", {});
  /** @param {Answer.Version[]} listed */
  const show = (listed) => {
    const all = listed.filter(readable);
    const unreadable = listed.filter((one) => !readable(one));
    const current = inForce(all)?.version;
    /** @type {Page.Column<Answer.ReadableVersion>[]} */
    const columns = [
      { name: t("version"), of: (one) => String(one.document.version), head: true },
      {
        name: t("standing"),
        of: ({ document }) => (document.version === current ? badge("met", t("now")) : Date.parse(document.effective_from) > now() ? badge("running", t("later")) : badge("no_target", t("past"))),
      },
      { name: t("effective"), of: (one) => fullMoment(Date.parse(one.document.effective_from)) },
      { name: t("published"), of: (one) => (one.published_at ? fullMoment(Date.parse(one.published_at)) : t("builtin")) },
      { name: t("measured"), of: progress },
      { name: t("draft"), of: (one) => h("button", { type: "button", class: "button", onclick: () => take(page, one.version, problem) }, t("edit")) },
    ];
    put(host, problem, panel(null, table(t("versions"), columns, [...all].reverse(), { quiet: true }), unreadable.map((one) => h("p", { class: "fault" }, t("unreadable", { version: one.version, reason: one.unreadable })))));
  };
  show(found);
  let shown = found;
  poll({
    every: 5000,
    signal: page.signal,
    async ask() {
      const { versions: newest } = await page.ask("policy/versions");
      page.connection("live");
      if (newest === shown) return;
      shown = newest;
      show(shown);
    },
    failed(wrong, seconds) {
      if (wrong.status === 401) page.refused();
      else page.connection("trying", seconds);
    },
  });
  return host;
}

/** @param {Answer.Version} version */
function progress({ open_tickets: open }) {
  if (!open) return "—";
  if (!open.done && !open.found) return t("counting");
  if (open.done) return open.found ? t("done", { found: number(open.found) }) : t("of_none");
  return h("span", { class: "progress" }, h("progress", { value: open.measured, max: String(Math.max(1, open.found)), "aria-label": t("measured") }), t("progress", { measured: number(open.measured), found: number(open.found) }));
}

/**
 * Does `work`; what goes wrong is shown in `host`, with a way to try again.
 *
 * @param {Page.Page} page
 * @param {HTMLElement} host
 * @param {() => Promise<void>} work
 */
async function trying(page, host, work) {
  try {
    await work();
    put(host);
  } catch (wrong) {
    if (!(wrong instanceof ApiError)) throw wrong;
    if (wrong.status === 401) page.refused();
    else put(host, failure(wrong, () => trying(page, host, work)));
  }
}

/** @type {(page: Page.Page, version: number, problem: HTMLElement) => Promise<void>} */
const take = (page, version, problem) =>
  trying(page, problem, async () => {
    draft(await drafted(page, version));
    page.set({ tab: "change" });
  });

/**
 * The next version as the API drafts it: from `version`, or from the one in force.
 *
 * @param {Page.Page} page
 * @param {number} [version]
 */
const drafted = async (page, version) => (await page.ask("policy/draft", { version })).text;

/** @param {Page.Page} page */
function showChange(page) {
  const host = h("div", {});
  page.load(host, async () => draft() ?? (await drafted(page)), (text) => showEditor(page, text));
  return host;
}

/**
 * @param {Page.Page} page
 * @param {string} text
 */
function showEditor(page, text) {
  const numbers = h("ol", { class: "numbers", "aria-hidden": "true" });
  const faults = h("div", { class: "faults", role: "alert" });
  const outcome = h("div", { class: "outcome", "aria-live": "polite" });
  const stale = h("p", { class: "hint" });
  let days = 28;
  /** @type {string | null} */
  let tried = null;
  const area = h("textarea", { id: "policy", spellcheck: "false", autocapitalize: "off", autocomplete: "off", wrap: "off", "aria-describedby": "policy-hint", value: text });

  /** @param {Set<number | null>} [wrong] */
  function lines(wrong = new Set()) {
    const count = area.value.split("\n").length;
    if (numbers.children.length !== count || wrong.size || numbers.querySelector(".wrong")) {
      put(numbers, Array.from({ length: count }, (_, i) => h("li", { class: wrong.has(i + 1) ? "wrong" : null }, String(i + 1))));
    }
    area.rows = Math.min(34, Math.max(14, count));
  }
  area.addEventListener("input", () => {
    draft(area.value);
    lines();
    put(stale, tried !== null && tried !== area.value ? t("changed_hint") : "");
  });
  area.addEventListener("scroll", () => {
    numbers.scrollTop = area.scrollTop;
  });
  lines();

  /** @param {number} line */
  function goTo(line) {
    const before = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    const end = area.value.indexOf("\n", before);
    area.focus();
    area.setSelectionRange(before, end < 0 ? area.value.length : end);
    area.scrollTop = Math.max(0, (line - 4) * (area.scrollHeight / area.value.split("\n").length));
  }

  /** @param {ApiError | null} wrong */
  function showFaults(wrong) {
    if (wrong === null) {
      lines();
      put(faults);
      return;
    }
    const found = wrong.faults;
    lines(new Set(found.map((one) => one.line)));
    /** @param {number | null} line */
    const at = (line) => (line ? h("button", { type: "button", class: "plain", onclick: () => goTo(line) }, t("line", { line })) : null);
    put(
      faults,
      h("p", { class: "fault" }, wrong.status === 409 ? t("conflict") : found.length ? t("faults", { n: found.length }) : t("refused")),
      h(
        "ul",
        {},
        found.map((one) =>
          h(
            "li",
            {},
            at(one.line),
            one.field ? h("code", {}, one.field) : null,
            one.problem,
          ),
        ),
      ),
    );
  }

  /**
   * Sends the draft; what is wrong with it is shown at its place, all else as the view shows failures.
   *
   * @param {HTMLButtonElement[]} buttons
   * @param {() => Promise<void>} work
   * @param {() => unknown} again
   */
  async function sending(buttons, work, again) {
    for (const button of buttons) button.disabled = true;
    try {
      await work();
      showFaults(null);
    } catch (wrong) {
      if (!(wrong instanceof ApiError)) throw wrong;
      put(outcome);
      if (wrong.status === 401) page.refused();
      else if (wrong.status === 422 || wrong.status === 409 || wrong.status === 400) showFaults(wrong);
      else put(outcome, failure(wrong, again));
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  }

  const simulate = h("button", { type: "button", class: "button main" }, t("simulate"));
  const publish = h("button", { type: "button", class: "button" }, t("publish"));
  /** @returns {Promise<void>} */
  const trial = () =>
    sending([simulate, publish], async () => {
      put(outcome, h("p", { class: "hint" }, t("simulating", { n: days })), loading());
      const text = area.value;
      const to = new Date(now()).toISOString();
      const from = new Date(now() - days * DAY).toISOString();
      const found = await send("POST policy/simulation", { from, to }, text, page.signal);
      tried = text;
      put(stale);
      put(outcome, showSimulation(page, found));
    }, trial);
  simulate.addEventListener("click", trial);
  publish.addEventListener("click", () =>
    sending([simulate, publish], async () => {
      const text = area.value;
      const checked = await send("POST policy/check", {}, text, page.signal);
      confirm(checked, (tellsPast) => publishing(text, tellsPast));
    }, () => publish.click()),
  );
  /** @type {(text: string, tellsPast: boolean) => Promise<void>} */
  const publishing = (text, tellsPast) =>
    sending([simulate, publish], async () => {
      const document = await send("PUT policy", tellsPast ? { tells_past: "true" } : {}, text, page.signal);
      draft(null);
      page.say(t("is_published", { version: document.version }));
      page.set({ tab: "versions" });
    }, () => publish.click());
  /** @type {HTMLButtonElement} */
  const reset = h(
    "button",
    {
      type: "button",
      class: "plain",
      onclick: () =>
        sending([reset, simulate, publish], async () => {
          const anew = await drafted(page);
          draft(null);
          area.value = anew;
          put(stale);
          put(outcome);
        }, () => reset.click()),
    },
    t("reset"),
  );
  return h(
    "div",
    { class: "changing" },
    h(
      "section",
      { class: "panel" },
      h("div", { class: "panel-head" }, h("h2", {}, h("label", { for: "policy" }, t("editor"))), reset),
      h("div", { class: "editor" }, numbers, area),
      h("p", { id: "policy-hint", class: "hint" }, t("editor_hint")),
      faults,
    ),
    h(
      "section",
      { class: "panel trial" },
      h("div", { class: "acts" }, h("div", { class: "pick" }, h("span", { class: "pick-name" }, t("span")), segmented(t("span"), SPANS.map((n) => /** @type {[number, string]} */ ([n, t("days", { n })])), days, (n) => { days = n; })), simulate, publish),
      stale,
      outcome,
    ),
  );
}

/**
 * Asks before publishing: `checked` is what the API says of the text.
 *
 * @param {Answer.Begins} checked
 * @param {(tellsPast: boolean) => unknown} publish
 */
function confirm(checked, publish) {
  const effective = Date.parse(checked.effective_from);
  const told = t(effective > now() ? "ask_text" : "ask_now", { time: fullMoment(effective) });
  const past = h("input", { type: "checkbox", id: "tells-past" });
  /** @type {HTMLDialogElement} */
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "publish-title", onclose: () => dialog.remove() },
    h("h2", { id: "publish-title" }, t("ask_title", { version: checked.version })),
    h("p", {}, told),
    h("p", {}, past, " ", h("label", { for: "tells-past" }, t("tells_past"))),
    h(
      "div",
      { class: "acts" },
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, t("cancel")),
      h("button", { type: "button", class: "button main", onclick: () => { dialog.close(); publish(past.checked); } }, t("confirm")),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
}

/**
 * @param {Page.Page} page
 * @param {Answer.Simulation} found
 */
function showSimulation(page, found) {
  const { result } = found;
  const values = { tickets: number(found.tickets), of: number(found.of), from: date(Date.parse(found.from)), to: date(Date.parse(found.to)) };
  if (!found.tickets) return h("p", {}, t("no_tickets"));
  const rows = result.totals.flatMap((total) => [total, ...result.standards.filter((one) => one.metric === total.metric)]);
  /** @type {(before: number, after: number) => string} */
  const both = (before, after) => (before === after ? number(before) : t("change_to", { before: number(before), after: number(after) }));
  /** @param {Answer.Tally} tally */
  const share = (tally) => (tally.compliance_percent === null ? "—" : `${tally.compliance_percent.toFixed(1)} %`);
  /** @type {Page.Column<Answer.Compared>[]} */
  const columns = [
    { name: t("clock"), of: (one) => (one.standard === null ? capital(word(METRICS, one.metric)) : h("span", { class: "within" }, one.standard)), head: true },
    { name: t("judged"), of: (one) => both(one.before.judged, one.after.judged), figure: true },
    { name: t("met"), of: (one) => both(one.before.met, one.after.met), figure: true },
    { name: t("broken"), of: (one) => both(one.before.breached, one.after.breached), figure: true },
    { name: t("compliance"), of: (one) => (share(one.before) === share(one.after) ? share(one.before) : t("change_to", { before: share(one.before), after: share(one.after) })), figure: true },
    { name: t("points"), of: (one) => (one.change ? h("strong", { class: one.change > 0 ? "better" : "worse" }, `${one.change > 0 ? "▲ +" : "▼ −"}${Math.abs(one.change).toFixed(1)}`) : ""), figure: true },
  ];
  /** @type {Map<string, Answer.Changed[]>} */
  const kinds = new Map();
  for (const one of result.changed) {
    const kind = `${one.from}|${one.to}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  return [
    h("p", {}, t(found.sampled ? "sampled" : "simulated", values)),
    table(t("compliance"), columns, rows.map((one) => ({ ...one, class: one.standard === null ? "whole" : null })), { quiet: true }),
    result.changed.length
      ? [
          h("h2", {}, t("otherwise", { clocks: number(found.changed_clocks), tickets: number(found.changed_tickets) })),
          [...kinds.values()].map((of) => showChanges(page, of, found.changes)),
        ]
      : h("p", {}, t("same")),
  ];
}

/**
 * @param {Page.Page} page
 * @param {Answer.Changed[]} of
 * @param {Answer.Simulation["changes"]} counted
 */
function showChanges(page, of, counted) {
  const [{ from, to }] = of;
  const all = counted.find((one) => one.from === from && one.to === to)?.clocks ?? of.length;
  /** @param {Answer.Clock | null} clock */
  const verdict = (clock) => (clock?.target_seconds ? `${exactDuration(Math.floor(clock.elapsed_seconds ?? 0))} / ${target(clock.target_seconds)}` : "—");
  return h(
    "div",
    { class: "changes" },
    h("h3", {}, `${number(all)} × `, t(`${from}_side`), " → ", h("span", { class: to === "met" ? "better" : to === "breached" ? "worse" : null }, t(`${to}_side`))),
    h(
      "ul",
      {},
      of.slice(0, MOST_LISTED).map((one) =>
        h(
          "li",
          {},
          h("a", { href: page.link("ticket", {}, one.tenant, one.source, one.ticket) }, `${one.source} ${one.ticket}`),
          ` ${word(METRICS, (one.before ?? one.after)?.metric ?? "")}: `,
          t("change_to", { before: verdict(one.before), after: verdict(one.after) }),
        ),
      ),
      all > MOST_LISTED ? h("li", { class: "quiet" }, t("more", { n: number(all - MOST_LISTED) })) : null,
    ),
  );
}

/** @param {Page.Page} page */
function showDocument(page) {
  const host = h("div", {});
  const problem = h("div", {});
  page.load(
    host,
    () => page.ask("policy/document", { lang: language(), format: "json" }),
    (found) => [
      h("div", { class: "acts" }, FORMS.map((form) => h("button", { type: "button", class: "button", onclick: () => download(page, form, problem) }, t("download", { form: form === "md" ? "Markdown" : "HTML" })))),
      problem,
      h("article", { class: "panel document", lang: found.language }, article(found, 2)),
    ],
  );
  return host;
}

/** @type {(page: Page.Page, form: typeof FORMS[number], problem: HTMLElement) => Promise<void>} */
const download = (page, form, problem) =>
  trying(page, problem, async () => {
    const text = await page.text("policy/document", { lang: language(), format: form });
    const href = URL.createObjectURL(new Blob([text], { type: form === "md" ? "text/markdown" : "text/html" }));
    h("a", { href, download: `response-times.${language()}.${form}` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 10000);
  });
