// When: what comes in and how long it waits, by hour of the week, and how many agents keep the promise.

import { once } from "./api.js";
import { language } from "./choices.js";
import { h, put } from "./dom.js";
import { assumptions, counted, valueName } from "./figures.js";
import { heatmap } from "./heat.js";
import { asTable, empty, panel, picker, segmented, table } from "./parts.js";
import { readSpan, spanPicker } from "./span.js";
import { date, duration, listed, minute, moment, number, percent, target, texts } from "./text.js";

const t = texts({
  en: {
    title: "When",
    as_of: "as known at {time}",
    time: "Waits counted in",
    clock: "Round the clock",
    business: "Business time",
    arrivals: "What comes in",
    arrivals_unit: "tickets an hour",
    arrivals_summary: "{n} tickets. Most come on {most_at}: {most} an hour.",
    arrivals_least: "Fewest come on {least_at}: {least} an hour.",
    arrivals_idle: ({ n }) => (n === "1" ? "In one hour of the week nothing came." : `In ${n} hours of the week nothing came.`),
    arrivals_cell: "{hour}: {rate} an hour ({n} in {hours} h)",
    arrivals_counted: "Tickets by the hour of the week in which they were created, in {zone}, each divided by how long that hour of the week lasted in the span: one that happened twice when the clocks went back counts twice, one that was skipped not at all.",
    waits: "How long it waits",
    waits_unit: "median first response",
    waits_summary: "Longest for what comes in on {most_at}: {most}; shortest on {least_at}: {least}.",
    waits_cell: "{hour}: median {median} of {n} that ended, {censored} have not",
    waits_few: "{hour}: {n} ended, too few to tell",
    waits_dashed: "Dashed: fewer than {fewest} ended.",
    waits_none: "Too few tickets in each hour of the week for a median.",
    waits_counted: "The median first response time of tickets created in that hour of the week, of those that were answered; shown from {fewest} on. What is still unanswered, or was solved without a reply, is left out and said beside it: it is known only to take longer.",
    counted_clock: "Times are round the clock: nights and days off are in them.",
    counted_business: "Times are those inside the calendar of each promise: outside of it no time counts.",
    never: "{hour} did not happen in this span",
    more: ({ n, times }) => (Number(n) <= 7 ? "In so few days each hour of the week comes once at most." : `In ${n} days each hour of the week comes only ${times} times.`),
    more_link: "91 days tell more",
    back: "{day}: the clocks went back, {from}–{to} happened twice and counts twice.",
    forward: "{day}: the clocks went forward, {from}–{to} did not happen and does not count.",
    staffing: "Who should be there",
    staffing_unit: "agents at the same time",
    channel: "Channel",
    all: "All channels, added up",
    nothing_stated: "not stated",
    handling: "Minutes busy with a ticket",
    share: "% to answer in time",
    staffing_summary: "Most on {most_at}: {most}. Over the week {hours} agent hours; in {free} of {n} hours nobody is needed.",
    no_promise: "Nothing is promised to {channels}: no agents are counted for it.",
    staffing_cell: "{hour}: {agents} agents ({low} to {high} by chance); {work} tickets of work an hour, {answered} answered in time, busy {busy}",
    staffing_idle: "{hour}: nobody is needed",
    staffing_all: "{hour}: {parts}",
    agents_of: "{channel} {n}",
    unpromised: "{hour}: nothing is promised",
    assumed: "How long an agent is busy with a ticket is assumed: events do not show it. Breaks and absences are not in these figures.",
    basis: "What it is calculated from",
    basis_channel: "Channel",
    basis_arrivals: "Arrivals",
    basis_target: "First response within",
    basis_standard: "Standard",
    basis_peak: "Most agents",
    basis_hours: "Agent hours a week",
    staffing_counted: "By Erlang C, for each hour of the week and channel by itself, in {zone}: the fewest agents with whom {share} of what comes in is answered within the strictest first response promised on the channel (policy version {version}). Work that need not be done at once is spread over the open hours until it is due.",
    hour: "Hour of the week",
    n_arrivals: "Arrivals",
    hours: "Hours in the span",
    rate: "An hour",
    ended: "Answered",
    censored: "Not answered",
    median: "Median",
    agents: "Agents",
    by_chance: "By chance",
    work: "Work an hour",
    answered: "In time",
    busy: "Busy",
    nothing: "No tickets in this span",
    nothing_hint: "Nothing came in then. Choose a longer span, or other dates.",
    none_promised: "Nothing is promised",
    none_promised_hint: "The policy promises no first response to what came in: there is nothing to staff for.",
  },
  zh: {
    title: "时段",
    as_of: "数据截至 {time}",
    time: "等待计时方式",
    clock: "自然时间",
    business: "营业时间",
    arrivals: "到达量",
    arrivals_unit: "每小时工单数",
    arrivals_summary: "共 {n} 张工单。最多为{most_at}，每小时 {most} 张。",
    arrivals_least: "最少为{least_at}，每小时 {least} 张。",
    arrivals_idle: "一周中有 {n} 个时段没有工单。",
    arrivals_cell: "{hour}：每小时 {rate} 张（{hours} 小时内 {n} 张）",
    arrivals_counted: "按工单创建时所处的一周时段（时区 {zone}）统计，再除以该时段在期间内的总时长：时钟回拨时重复的时间按两次计，跳过的时间不计。",
    waits: "等待时间",
    waits_unit: "首次响应时间中位数",
    waits_summary: "最长为{most_at}到达的工单：{most}；最短为{least_at}：{least}。",
    waits_cell: "{hour}：中位数 {median}（已结束 {n} 例，未结束 {censored} 例）",
    waits_few: "{hour}：仅 {n} 例结束，样本不足",
    waits_dashed: "虚线格：已结束不足 {fewest} 例。",
    waits_none: "各时段的工单均过少，无法得出中位数。",
    waits_counted: "该时段创建的工单中已获回复者的首次响应时间中位数，满 {fewest} 例才显示。尚未回复或未经回复即告解决的工单只知道会更长，因此不计入，另行列出。",
    counted_clock: "时间为自然时间，包括夜间和休息日。",
    counted_business: "时间按各项承诺的日历计算，日历之外不计时。",
    never: "期间内没有{hour}这一时段",
    more: ({ n, times }) => (Number(n) <= 7 ? "期间过短，一周的每个时段至多出现一次。" : `${n} 天内，一周的每个时段只出现 ${times} 次。`),
    more_link: "查看 91 天的数据更可靠",
    back: "{day}：时钟回拨，{from}–{to} 出现两次，按两次计。",
    forward: "{day}：时钟拨快，{from}–{to} 不存在，不计。",
    staffing: "人员配置建议",
    staffing_unit: "同时在岗的客服人数",
    channel: "渠道",
    all: "全部渠道合计",
    nothing_stated: "未注明",
    handling: "每张工单处理分钟数",
    share: "按时响应比例（%）",
    staffing_summary: "最多为{most_at}，需 {most} 人。每周共 {hours} 人时；{n} 个时段中有 {free} 个无需人员。",
    no_promise: "未对{channels}作出承诺，不计所需人数。",
    staffing_cell: "{hour}：{agents} 人（偶然波动范围 {low} 至 {high} 人）；每小时工作量 {work} 张，按时响应 {answered}，忙碌 {busy}",
    staffing_idle: "{hour}：无需人员",
    staffing_all: "{hour}：{parts}",
    agents_of: "{channel} {n} 人",
    unpromised: "{hour}：没有承诺",
    assumed: "每张工单的处理时间为假设值，工单事件无法反映。休息和缺勤未计入。",
    basis: "测算依据",
    basis_channel: "渠道",
    basis_arrivals: "到达量",
    basis_target: "首次响应承诺",
    basis_standard: "标准",
    basis_peak: "最多人数",
    basis_hours: "每周人时",
    staffing_counted: "按 Erlang C 公式，对每个渠道和一周中的每个时段（时区 {zone}）单独测算：使 {share} 的工单在该渠道最严格的首次响应承诺（策略第 {version} 版）内得到响应所需的最少人数。无需立即处理的工作，分摊到到期之前的服务时间内。",
    hour: "一周时段",
    n_arrivals: "到达量",
    hours: "期间内小时数",
    rate: "每小时",
    ended: "已响应",
    censored: "未响应",
    median: "中位数",
    agents: "人数",
    by_chance: "波动范围",
    work: "每小时工作量",
    answered: "按时",
    busy: "忙碌",
    nothing: "期间内没有工单",
    nothing_hint: "该期间没有工单到达。请选择更长的时间范围或其他日期。",
    none_promised: "没有承诺",
    none_promised_hint: "策略没有对期间内到达的工单承诺首次响应时间，因此无从测算。",
  },
});

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const HOURS = Array.from({ length: 24 }, (_, i) => String(i).padStart(2, "0"));
const WEEK = DAYS.flatMap((one) => HOURS.map((hour) => `${one} ${hour}`));
const FEWEST = 5;
/** What the API takes where nobody says. */
const HANDLING = 600;
const SHARE = 0.9;
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;
const NARROW = "(max-width: 700px)";

/** @param {string} hour */
const hourName = (hour) => valueName("hour_of_week", hour);

/** @param {Page.Page} page */
export function open(page) {
  const narrow = matchMedia(NARROW);
  const [maps, staff, channels] = [h("div", { class: "maps" }), h("div", { class: "staff" }), h("div", {})];
  let query = page.query;
  /** @type {((() => unknown) | null)[]} */
  const redraw = [];

  /** @param {Page.Values} span */
  const staffed = (span) => once(() => page.ask("reports/staffing", { ...span, ...effort(query) }));

  /**
   * Loads a part, and lets it be drawn again for another width without asking.
   *
   * @template Found
   * @param {number} place
   * @param {HTMLElement} host
   * @param {() => Promise<Found>} ask
   * @param {(found: Found) => Page.Child} make
   */
  function load(place, host, ask, make) {
    redraw[place] = null;
    page.load(host, ask, (found) => {
      redraw[place] = () => put(host, make(found));
      return make(found);
    });
  }

  /**
   * Which channels there are the answer says.
   *
   * @param {Answer.Staffing} found
   */
  function showChannels(found) {
    const had = channels.contains(document.activeElement);
    /** @type {[string, string][]} */
    const options = promisedOf(found).map((one) => [one.channel ?? NONE, channelName(one.channel)]);
    put(channels, options.length > 1 ? picker(t("channel"), options, query.channel, (one) => page.set({ channel: one })) : null);
    if (had) channels.querySelector("select")?.focus();
  }

  /** @param {() => Promise<Answer.Staffing>} staffing */
  const showStaff = (staffing) => load(1, staff, staffing, (found) => {
    showChannels(found);
    return advised(found, query, narrow.matches);
  });

  function show() {
    const span = spanPicker({ ...page, query });
    const business = query.time === "business";
    page.title(t("title"), span.words);
    page.tools(span.elements, segmented(t("time"), ways(), business, (one) => page.set({ time: one ? "business" : null })));
    const staffing = staffed(span.ask);
    const advice = h("section", { class: "panel", "data-part": "staffing" }, h("h2", {}, t("staffing"), h("small", {}, t("staffing_unit"))), inputs(query, page, channels), staff);
    put(page.root, maps, advice);
    load(
      0,
      maps,
      () => /** @type {Promise<[Answer.Staffing, Answer.Summary]>} */ (Promise.all([staffing(), page.ask("reports/summary", { ...span.ask, by: "hour_of_week" })])),
      ([came, waited]) => {
        page.title(t("title"), `${span.words} · ${t("as_of", { time: moment(Date.parse(waited.at)) })}`);
        advice.hidden = !came.channels.length;
        if (advice.hidden) return panel(null, empty(t("nothing"), t("nothing_hint")));
        const notes = hints(came, span, query, page);
        return [arrivals(came, narrow.matches), waits(waited, business, narrow.matches), notes.length ? h("ul", { class: "hints" }, notes) : null];
      },
    );
    showStaff(staffing);
  }

  // What is tried out for the staffing changes nothing else: the rest of the page stays as it is.
  /** @param {Page.Query} query */
  const rest = (query) => JSON.stringify({ ...query, handling_seconds: null, share: null, channel: null });
  narrow.addEventListener("change", () => { for (const again of redraw) again?.(); }, { signal: page.signal });
  show();
  return (/** @type {Page.Query} */ changed) => {
    const same = rest(changed) === rest(query);
    query = changed;
    if (same) showStaff(staffed(readSpan(query).ask));
    else show();
  };
}

/** @returns {[boolean, string][]} */
const ways = () => [[false, t("clock")], [true, t("business")]];

/** @param {...(string | null | false)} all */
const sentences = (...all) => all.filter(Boolean).join(language() === "zh" ? "" : " ");

/**
 * Days beside hours; on a phone, hours below each other.
 *
 * @param {boolean} narrow
 * @param {Omit<Parameters<typeof heatmap>[0], "rows" | "columns" | "value" | "title">
 *   & { value: (hour: string) => number | null, title: (hour: string) => string }} options
 */
function map(narrow, options) {
  const short = new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" });
  const days = DAYS.map((key, i) => ({ key, name: short.format(Date.UTC(2024, 0, 1 + i)) }));
  const hours = HOURS.map((key) => ({ key, name: key }));
  /** @type {(row: import("./heat.js").Line, column: import("./heat.js").Line) => string} */
  const hour = (row, column) => (narrow ? `${column.key} ${row.key}` : `${row.key} ${column.key}`);
  const made = heatmap({
    ...options,
    rows: narrow ? hours : days,
    columns: narrow ? days : hours,
    value: (row, column) => options.value(hour(row, column)),
    title: (row, column) => options.title(hour(row, column)),
  });
  made.classList.toggle("tall", narrow);
  return made;
}

/** @type {(name: string, title: string, unit: string, ...children: Page.Child[]) => HTMLElement} */
const part = (name, title, unit, ...children) => h("section", { class: "panel", "data-part": name }, h("h2", {}, title, h("small", {}, unit)), children);

/**
 * The hours of the week with the most and the least of something; null where nothing is known of any.
 *
 * @param {string[]} hours
 * @param {(hour: string) => number | null} of
 */
function ends(hours, of) {
  const known = hours.flatMap((hour) => {
    const value = of(hour);
    return value === null ? [] : [{ hour, value }];
  });
  if (!known.length) return null;
  const least = known.reduce((best, one) => (one.value < best.value ? one : best));
  const most = known.reduce((best, one) => (one.value > best.value ? one : best));
  return { least: least.hour, most: most.hour };
}

/**
 * @param {Answer.Staffing} found
 * @param {boolean} narrow
 */
function arrivals(found, narrow) {
  /** @type {Map<string, Answer.Hour>} */
  const hours = new Map();
  for (const { hours: rows } of found.channels) {
    for (const row of rows) hours.set(row.hour_of_week, { ...row, arrivals: (hours.get(row.hour_of_week)?.arrivals ?? 0) + row.arrivals });
  }
  const total = found.channels.reduce((sum, one) => sum + one.arrivals, 0);
  /** @param {string} hour */
  const rate = (hour) => {
    const one = hours.get(hour);
    return one ? one.arrivals / one.hours : null;
  };
  /** @param {string} hour */
  const cell = (hour) => {
    const one = hours.get(hour);
    if (!one) return t("never", { hour: hourName(hour) });
    return t("arrivals_cell", { hour: hourName(hour), rate: number(rate(hour), 1), n: number(one.arrivals), hours: number(one.hours, 1) });
  };
  const extreme = ends([...hours.keys()], rate);
  const idle = [...hours.values()].filter((one) => !one.arrivals).length;
  /** @type {Page.Column<string>[]} */
  const columns = [
    { name: t("hour"), of: hourName, head: true },
    { name: t("n_arrivals"), of: (one) => number(hours.get(one)?.arrivals ?? 0), figure: true },
    { name: t("hours"), of: (one) => number(hours.get(one)?.hours ?? 0, 1), figure: true },
    { name: t("rate"), of: (one) => number(rate(one), 1), figure: true },
  ];
  return part(
    "arrivals",
    t("arrivals"),
    t("arrivals_unit"),
    map(narrow, { caption: t("arrivals"), value: rate, text: (one) => number(one, 1), title: cell }),
    extreme &&
      h(
        "p",
        { class: "summary" },
        sentences(
          t("arrivals_summary", { n: number(total), most_at: hourName(extreme.most), most: number(rate(extreme.most), 1) }),
          idle ? t("arrivals_idle", { n: number(idle) }) : t("arrivals_least", { least_at: hourName(extreme.least), least: number(rate(extreme.least), 1) }),
        ),
      ),
    asTable(`${t("arrivals")} · ${t("hour")}`, columns, WEEK),
    counted(t("arrivals_counted", { zone: found.timezone })),
  );
}

/**
 * @param {Answer.Summary} found
 * @param {boolean} business
 * @param {boolean} narrow
 */
function waits(found, business, narrow) {
  const hours = new Map(found.groups.map((one) => [one.group.hour_of_week, one.clocks.first_response]));
  /** @param {string} hour */
  const all = (hour) => (business ? hours.get(hour)?.business : hours.get(hour))?.median_seconds ?? null;
  /** @param {string} hour */
  const median = (hour) => ((hours.get(hour)?.n ?? 0) >= FEWEST ? all(hour) : null);
  /** @param {string} hour */
  const cell = (hour) => {
    const { n, censored } = hours.get(hour) ?? { n: 0, censored: 0 };
    const told = { hour: hourName(hour), n: number(n), censored: number(censored), median: duration(median(hour)) };
    return t(median(hour) === null ? "waits_few" : "waits_cell", told);
  };
  const extreme = ends(WEEK, median);
  const summary = extreme
    ? t("waits_summary", { most_at: hourName(extreme.most), most: duration(median(extreme.most)), least_at: hourName(extreme.least), least: duration(median(extreme.least)) })
    : t("waits_none");
  /** @type {Page.Column<string>[]} */
  const columns = [
    { name: t("hour"), of: hourName, head: true },
    { name: t("ended"), of: (one) => number(hours.get(one)?.n ?? 0), figure: true },
    { name: t("censored"), of: (one) => number(hours.get(one)?.censored ?? 0), figure: true },
    { name: t("median"), of: (one) => duration(all(one)), figure: true },
  ];
  return part(
    "waits",
    t("waits"),
    `${t("waits_unit")} · ${t(business ? "business" : "clock")}`,
    extreme && map(narrow, { caption: t("waits"), value: median, text: duration, title: cell, scale: "wait" }),
    h("p", { class: "summary" }, sentences(summary, extreme && WEEK.some((one) => median(one) === null) ? t("waits_dashed", { fewest: FEWEST }) : null)),
    asTable(`${t("waits")} · ${t("hour")}`, columns, WEEK),
    counted(t("waits_counted", { fewest: FEWEST }), t(business ? "counted_business" : "counted_clock")),
  );
}

/**
 * What one should know of the span's hours: that they are few, and which the clocks doubled or skipped.
 *
 * @param {Answer.Staffing} found
 * @param {import("./span.js").Span} span
 * @param {Page.Query} query
 * @param {Page.Page} page
 */
function hints(found, span, query, page) {
  const notes = clockChanges(Date.parse(found.from), Math.min(Date.parse(found.to), Date.parse(found.at)), found.timezone).map((one) =>
    h("li", { "data-clocks": one.kind }, t(one.kind, { day: date(one.from, "UTC"), from: minute(one.from, "UTC"), to: minute(one.to, "UTC") })),
  );
  if (span.days < 56) {
    const times = number(span.days / 7, 1);
    notes.push(h("li", {}, t("more", { n: span.days, times }), " ", h("a", { href: page.link("when", { ...query, days: 91, from: null, to: null }) }, t("more_link")), language() === "zh" ? "。" : "."));
  }
  return notes;
}

/**
 * When the clocks of a zone went forward or back: the local times that never were, or were twice, as if they were UTC.
 *
 * @param {number} begin
 * @param {number} end
 * @param {string} of
 */
function clockChanges(begin, end, of) {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone: of, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  /** @param {number} instant */
  const ahead = (instant) => {
    const { year, month, day, hour, minute: min } = Object.fromEntries(format.formatToParts(instant).map((one) => [one.type, Number(one.value)]));
    return Date.UTC(year, month - 1, day, hour, min) - Math.floor(instant / MINUTE) * MINUTE;
  };
  /** @type {{ kind: "back" | "forward", from: number, to: number }[]} */
  const found = [];
  for (let at = begin; at < end; at += DAY) {
    let [low, high] = [at, Math.min(at + DAY, end)];
    const [before, after] = [ahead(low), ahead(high)];
    if (before === after) continue;
    while (high - low > MINUTE) {
      const middle = Math.floor((low + high) / 2 / MINUTE) * MINUTE;
      if (middle <= low) break;
      if (ahead(middle) === before) low = middle;
      else high = middle;
    }
    const [from, to] = [high + Math.min(before, after), high + Math.max(before, after)];
    found.push({ kind: after < before ? "back" : "forward", from, to });
  }
  return found;
}

/**
 * What the address says of the work, as far as it makes sense.
 *
 * @param {Page.Query} query
 */
function effort(query) {
  const [handling, share] = [Number(query.handling_seconds), Number(query.share)];
  return { handling_seconds: handling >= 1 && handling <= 86400 ? handling : undefined, share: share > 0 && share < 1 ? share : undefined };
}

/**
 * @param {Page.Query} query
 * @param {Page.Page} page
 * @param {HTMLElement} channels
 */
function inputs(query, page, channels) {
  /** @type {(name: string, label: string, value: number, limits: Record<"min" | "max", number>, set: (value: number) => void) => HTMLElement} */
  const field = (name, label, value, limits, set) => {
    /** @type {HTMLInputElement} */
    const input = h("input", {
      class: "input",
      type: "number",
      name,
      inputmode: "decimal",
      required: true,
      value,
      step: "any",
      ...limits,
      onchange: () => {
        if (input.reportValidity()) set(Number(input.value));
      },
    });
    return h("label", { class: "pick" }, h("span", { class: "pick-name" }, label), input);
  };
  const { handling_seconds: handling = HANDLING, share = SHARE } = effort(query);
  /** @type {(value: number, digits: number) => number} */
  const round = (value, digits) => Number(value.toFixed(digits));
  return h(
    "div",
    { class: "inputs" },
    field("handling", t("handling"), round(handling / 60, 2), { min: 0.1, max: 1440 }, (minutes) => {
      page.set({ handling_seconds: minutes * 60 === HANDLING ? null : round(minutes * 60, 3) });
    }),
    field("share", t("share"), round(share * 100, 2), { min: 1, max: 99.9 }, (per) => page.set({ share: per / 100 === SHARE ? null : round(per / 100, 5) })),
    channels,
  );
}

/** @param {string | null} one */
const channelName = (one) => one ?? t("nothing_stated");
/** What stands in the address for tickets without a channel. */
const NONE = "(none)";

/** @param {Answer.Staffing} found */
const promisedOf = (found) => found.channels.filter((one) => one.target_seconds !== null);

/** @typedef {Answer.Hour & { of: [string | null, number][] }} Staffed An hour, and which channels need how many agents in it. */

/**
 * @param {Answer.Staffing} found
 * @param {Page.Query} query
 * @param {boolean} narrow
 */
function advised(found, query, narrow) {
  const promised = promisedOf(found);
  const unpromised = found.channels.filter((one) => one.target_seconds === null);
  if (!promised.length) return empty(t("none_promised"), t("none_promised_hint"));
  const chosen = promised.find((one) => (one.channel ?? NONE) === query.channel) ?? null;
  const shown = chosen ? [chosen] : promised;
  /** @type {Map<string, Staffed>} */
  const hours = new Map();
  for (const { channel, hours: rows } of shown) {
    for (const row of rows) {
      const known = hours.get(row.hour_of_week);
      const of = known?.of ?? [];
      hours.set(row.hour_of_week, { ...row, agents: (known?.agents ?? 0) + (row.agents ?? 0), of: row.agents ? [...of, [channel, row.agents]] : of });
    }
  }
  /** @param {string} hour */
  const agents = (hour) => hours.get(hour)?.agents ?? null;
  /** @param {string} hour */
  const cell = (hour) => {
    const one = hours.get(hour);
    const name = hourName(hour);
    if (!one) return t("never", { hour: name });
    if (!one.agents) return t(chosen && !one.promised_hours ? "unpromised" : "staffing_idle", { hour: name });
    if (!chosen) return t("staffing_all", { hour: name, parts: listed(one.of.map(([channel, n]) => t("agents_of", { channel: channelName(channel), n: number(n) })), "conjunction") });
    const [low, high] = one.agents_interval ?? [one.agents, one.agents];
    return t("staffing_cell", { hour: name, agents: number(one.agents), low: number(low), high: number(high), work: number(one.work_per_hour, 1), answered: percent(one.answered_share), busy: percent(one.busy_share) });
  };
  const extreme = ends([...hours.keys()], agents);
  /** @param {Answer.Hour[]} rows */
  const sum = (rows) => rows.reduce((all, one) => all + (one.agents ?? 0), 0);
  const free = [...hours.values()].filter((one) => !one.agents).length;
  /** @type {Page.Column<string>[]} */
  const ofChosen = [
    { name: t("by_chance"), of: (one) => hours.get(one)?.agents_interval?.map((end) => number(end)).join("–") ?? "—", figure: true },
    { name: t("work"), of: (one) => number(hours.get(one)?.work_per_hour ?? null, 1), figure: true },
    { name: t("answered"), of: (one) => percent(hours.get(one)?.answered_share ?? null), figure: true },
    { name: t("busy"), of: (one) => percent(hours.get(one)?.busy_share ?? null), figure: true },
  ];
  /**
   * @param {Answer.Channel} of
   * @returns {Page.Column<string>}
   */
  const ofChannel = ({ channel, hours: rows }) => {
    const own = new Map(rows.map((row) => [row.hour_of_week, row.agents]));
    return { name: channelName(channel), of: (one) => number(own.get(one) ?? null), figure: true };
  };
  /** @type {Page.Column<string>[]} */
  const columns = [{ name: t("hour"), of: hourName, head: true }, { name: t("agents"), of: (one) => number(agents(one)), figure: true }, ...(chosen ? ofChosen : promised.map(ofChannel))];
  /** @type {Page.Column<Answer.Channel>[]} */
  const basis = [
    { name: t("basis_channel"), of: (one) => channelName(one.channel), head: true },
    { name: t("basis_arrivals"), of: (one) => number(one.arrivals), figure: true },
    { name: t("basis_target"), of: (one) => target(one.target_seconds), figure: true },
    { name: t("basis_standard"), of: (one) => one.standard ?? "—" },
    { name: t("basis_peak"), of: (one) => (one.target_seconds === null ? "—" : number(Math.max(...one.hours.map((row) => row.agents ?? 0)))), figure: true },
    { name: t("basis_hours"), of: (one) => (one.target_seconds === null ? "—" : number(sum(one.hours))), figure: true },
  ];
  return [
    map(narrow, { caption: `${t("staffing")}: ${chosen ? channelName(chosen.channel) : t("all")}`, value: agents, text: (one) => (one === null ? "—" : number(one)), title: cell, cells: true }),
    extreme && h("p", { class: "summary" }, t("staffing_summary", { most_at: hourName(extreme.most), most: number(agents(extreme.most)), hours: number(sum([...hours.values()])), free: number(free), n: number(hours.size) })),
    unpromised.length ? h("p", { class: "summary" }, t("no_promise", { channels: listed(unpromised.map((one) => channelName(one.channel)), "conjunction") })) : null,
    h("p", { class: "hint" }, t("assumed")),
    table(t("basis"), basis, found.channels),
    asTable(`${t("staffing")} · ${t("hour")}`, columns, WEEK),
    counted(t("staffing_counted", { zone: found.timezone, share: percent(found.share, 1), version: found.policy_version })),
    assumptions(found.assumptions),
  ];
}
