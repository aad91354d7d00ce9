// Agents, fairly: what was theirs, how sure it is, and what was nobody's. By name, never by rank.

import { h, put } from "./dom.js";
import { assumptions, counted, shareBar, timeRange, tooFew } from "./figures.js";
import { empty, panel, stat, stats, table } from "./parts.js";
import { spanPicker } from "./span.js";
import { duration, number, percent, texts } from "./text.js";

const t = texts({
  en: {
    title: "Agents",
    nobody: "What is nobody’s",
    nobody_lead: "Of the time for which tickets were open, this is how much nobody had them. It is the queue’s delay, and counts for no agent.",
    unassigned: "Without an agent",
    unassigned_time: "Time without an agent",
    backlog_time: "Time open, all tickets",
    asks: "Customer writes",
    queue: "In the queue, or with someone else: nobody’s",
    assigned: "Agent is assigned",
    theirs: "The agent’s own response time",
    replies: "Agent answers",
    scheme: "An agent’s own response time runs from the later of assignment and the oldest unanswered message to the agent’s answer. What lies before it is nobody’s.",
    own: "Own response time",
    own_lead: "Median of each agent’s answers, with the range in which it lies with 95 % confidence. Where two ranges overlap, no difference is shown. Agents are in the order of their names: their work differs, so this is no ranking.",
    row: "{agent}: median {median} ({interval}), {n} answers",
    row_few: "{agent}: {n} answers, too few to compare",
    scale: "The scale is logarithmic: each line is a time, not a step of equal length.",
    answers: ({ n }) => `${n} answers`,
    held: "What each agent had",
    agent: "Agent",
    n: "Answers",
    median: "Median",
    range: "95 % confidence interval",
    p90: "90th percentile",
    tickets: "Tickets held",
    held_time: "Time held",
    average: "At once, on average",
    resolved: "Resolved",
    reopened: "Reopened (bar up to {most})",
    few_lead: "Agents with fewer than {fewest} answers are listed with what they had; their times are not compared.",
    counted_own: "An answer counts in the span in which it was given, whenever the ticket was created. Times are round the clock.",
    counted: "What an agent had in the span, whenever the tickets were created. “Time held” adds up the tickets that an agent had at once; “at once, on average” divides it by the length of the span up to the last build of the figures. “Reopened” is the share of the resolutions in the span that were undone since.",
    counted_nobody: "Time in the span for which tickets were neither resolved nor merged or deleted, added up over all of them; and the part of it in which they had no agent.",
    nothing: "No agent answered or held a ticket in this span",
    nothing_hint: "Choose a longer or an earlier span. Figures of agents need events that say who is assigned.",
  },
  zh: {
    title: "客服人员",
    nobody: "不计入任何人的时间",
    nobody_lead: "工单未解决的全部时间中，无人负责的部分。这是排队造成的延迟，不计入任何客服人员。",
    unassigned: "无人负责的占比",
    unassigned_time: "无人负责的时间",
    backlog_time: "全部工单未解决的时间",
    asks: "客户来信",
    queue: "排队中，或由他人负责：不计入",
    assigned: "分配给客服人员",
    theirs: "本人的响应时间",
    replies: "客服人员回复",
    scheme: "本人的响应时间自分配之时或最早一条未回复消息之时（以较晚者为准）起，至本人回复止。此前的时间不计入任何人。",
    own: "本人的响应时间",
    own_lead: "每人回复时间的中位数及其 95% 置信区间。两个区间重叠时，不能说明存在差异。按姓名排列：各人的工作不同，因此不作排名。",
    row: "{agent}：中位数 {median}（{interval}），{n} 次回复",
    row_few: "{agent}：{n} 次回复，样本不足，不作比较",
    scale: "刻度为对数：相邻刻度线之间的时间并不相等。",
    answers: ({ n }) => `${n} 次回复`,
    held: "各人负责的工单",
    agent: "客服人员",
    n: "回复次数",
    median: "中位数",
    range: "95% 置信区间",
    p90: "第 90 百分位数",
    tickets: "负责的工单数",
    held_time: "负责时间",
    average: "平均同时负责",
    resolved: "已解决",
    reopened: "重新打开率（条至 {most}）",
    few_lead: "回复不足 {fewest} 次的客服人员只列出其负责的工单，不比较时间。",
    counted_own: "回复计入其发生的时间范围，与工单何时创建无关。时间均为自然时间。",
    counted: "统计各人在该时间范围内负责的工单，与工单何时创建无关。“负责时间”为同时负责的各张工单的时间之和；“平均同时负责”为负责时间除以所选时间范围的长度（计至最近一次统计）。“重新打开率”为该范围内的解决中此后又重新打开的比例。",
    counted_nobody: "该时间范围内，工单既未解决、也未合并或删除的时间，按全部工单相加；以及其中没有负责人的部分。",
    nothing: "该时间范围内没有客服人员回复或负责工单",
    nothing_hint: "请选择更长或更早的时间范围。这些数据需要事件注明工单的负责人。",
  },
});

const [MINUTE, HOUR, DAY] = [60, 3600, 86400];
const TICKS = [1, 2, 5, 10, 20, 30, MINUTE, ...[2, 5, 10, 15, 20, 30, 45].map((one) => one * MINUTE), ...[1, 1.5, 2, 3, 4, 6, 8, 12].map((one) => one * HOUR), ...[1, 2, 4, 7, 14, 30].map((one) => one * DAY)];
const APART = 9; // percent of the width that two marks of the axis are apart at least

/** @param {Page.Page} page */
export function open(page) {
  const span = spanPicker(page);
  const host = h("div", { class: "stacked" });
  page.title(t("title"), span.words);
  page.tools(span.elements);
  put(page.root, host);
  page.load(host, () => page.ask("reports/agents", span.ask), show);
}

/** @param {Answer.Agents} found */
function show(found) {
  if (!found.agents.length) return panel(t("title"), empty(t("nothing"), t("nothing_hint")), counted(t("counted"), t("counted_nobody")));
  return [own(found), nobody(found), held(found)];
}

/** @param {Answer.Agents} found */
function nobody(found) {
  return h(
    "section",
    { class: "panel", "data-part": "nobody" },
    h("h2", {}, t("nobody")),
    h("p", { class: "lead" }, t("nobody_lead")),
    stats(
      hooked("unassigned_share", stat(t("unassigned"), percent(found.unassigned_share))),
      hooked("unassigned_seconds", stat(t("unassigned_time"), duration(found.unassigned_seconds))),
      hooked("backlog_seconds", stat(t("backlog_time"), duration(found.backlog_seconds))),
    ),
    scheme(),
    counted(t("counted_nobody")),
  );
}

/**
 * @param {string} name
 * @param {HTMLElement} element
 */
function hooked(name, element) {
  element.dataset.figure = name;
  return element;
}

/** What counts, drawn: the wait before the assignment is nobody's. */
const scheme = () =>
  h(
    "figure",
    { class: "scheme" },
    h(
      "ol",
      { class: "course" },
      h("li", { class: "instant" }, t("asks")),
      h("li", { class: "stretch theirs-not" }, t("queue")),
      h("li", { class: "instant" }, t("assigned")),
      h("li", { class: "stretch theirs" }, t("theirs")),
      h("li", { class: "instant" }, t("replies")),
    ),
    h("figcaption", { class: "quiet" }, t("scheme")),
  );

/** @param {Answer.Agents} found */
function own(found) {
  const known = found.agents.flatMap(({ too_few, responses: { median_seconds: median, median_interval_seconds: interval } }) => (too_few || median === null ? [] : [[median, ...(interval ?? [])]]));
  const ends = known.flat().map((one) => Math.max(1, one));
  const low = Math.max(...TICKS.filter((one) => one <= Math.min(...ends) * 0.95), 0.5);
  const high = Math.min(...TICKS.filter((one) => one >= Math.max(...ends) * 1.05), 365 * 86400);
  /** @param {number} seconds */
  const at = (seconds) => (Math.log(Math.max(low, Math.min(high, Math.max(1, seconds))) / low) / Math.log(high / low)) * 100;
  /** @type {number[]} */
  const ticks = [];
  for (const one of TICKS) if (known.length && one >= low && one <= high && (!ticks.length || at(one) - at(ticks[ticks.length - 1]) >= APART)) ticks.push(one);
  const grid = () => ticks.map((one) => h("s", { style: { left: `${at(one)}%` } }));
  /** @param {Answer.Agent} of */
  const row = ({ agent, responses, too_few: few }) => {
    const n = number(responses.n);
    const interval = responses.median_interval_seconds;
    const middle = few ? null : responses.median_seconds;
    const plain = middle === null;
    const median = duration(middle);
    return h(
      "li",
      { class: plain ? "agent few-row" : "agent", "data-agent": agent, title: plain ? null : t("row", { agent, median, interval: interval ? timeRange(interval) : "—", n }) },
      h("span", { class: "who" }, agent),
      h("span", { class: "figure" }, plain ? tooFew(found.fewest) : median),
      h(
        "span",
        { class: "plot", "aria-hidden": "true" },
        grid(),
        plain ? null : [interval ? h("i", { style: { left: `${at(interval[0])}%`, width: `${at(interval[1]) - at(interval[0])}%` } }) : null, h("b", { style: { left: `${at(middle)}%` } })],
      ),
      h("span", { class: "quiet of" }, t("answers", { n })),
    );
  };
  return h(
    "section",
    { class: "panel", "data-part": "own" },
    h("h2", {}, t("own")),
    h("p", { class: "lead" }, t("own_lead")),
    h(
      "div",
      { class: "agent axis", "aria-hidden": "true", hidden: !known.length },
      h("span", {}),
      h("span", {}),
      h("span", { class: "plot" }, ticks.map((one, i) => h("span", { class: i === 0 ? "first" : i === ticks.length - 1 ? "last" : null, style: { left: `${at(one)}%` } }, duration(one)))),
      h("span", {}),
    ),
    h("ul", { class: "agents-list" }, found.agents.map(row)),
    found.agents.some((one) => one.too_few) ? h("p", { class: "quiet below-list" }, t("few_lead", { fewest: number(found.fewest) })) : null,
    h("div", { class: "notes" }, assumptions(found.assumptions, found.fewest), counted(t("counted_own"), t("scale"))),
  );
}

/** @param {Answer.Agents} found */
function held(found) {
  const length = (Math.min(Date.parse(found.to), Date.parse(found.at)) - Date.parse(found.from)) / 1000;
  /** @type {(key: string, name: string, of: (responses: Answer.Agent["responses"]) => string) => Page.Column<Answer.Agent>} */
  const time = (key, name, of) => ({ key, name, figure: true, of: (row) => (row.too_few ? "—" : of(row.responses)) });
  // Reopenings are few: their bars end at the least of these that has all intervals but those of small numbers in it.
  const sure = found.agents.flatMap((one) => (one.resolved >= found.fewest && one.reopen_interval ? [one.reopen_interval[1]] : []));
  const most = [0.1, 0.2, 0.5, 1].find((one) => sure.length && one >= Math.max(...sure)) ?? 1;
  const drawn = table(
    t("held"),
    [
      { key: "agent", name: t("agent"), head: true, of: (row) => [row.agent, row.too_few ? [" ", tooFew(found.fewest)] : null] },
      { key: "n", name: t("n"), figure: true, of: (row) => number(row.responses.n) },
      time("median", t("median"), (of) => duration(of.median_seconds)),
      time("range", t("range"), (of) => (of.median_interval_seconds ? timeRange(of.median_interval_seconds) : "—")),
      time("p90", t("p90"), (of) => duration(of.percentile_90_seconds)),
      { key: "tickets", name: t("tickets"), figure: true, of: (row) => number(row.tickets) },
      { key: "held", name: t("held_time"), figure: true, of: (row) => duration(row.held_seconds) },
      { key: "average", name: t("average"), figure: true, of: (row) => (length > 0 ? (row.held_seconds / length).toFixed(1) : "—") },
      { key: "resolved", name: t("resolved"), figure: true, of: (row) => number(row.resolved) },
      { key: "reopened", name: t("reopened", { most: percent(most, 0) }), of: (row) => (row.resolved ? shareBar(row.reopen_rate, row.reopen_interval, { few: row.resolved < found.fewest, most }) : "—") },
    ],
    found.agents.map((one) => ({ ...one, key: one.agent })),
    { quiet: true },
  );
  drawn.classList.add("held");
  return h("section", { class: "panel", "data-part": "held" }, h("h2", {}, t("held")), drawn, h("div", { class: "notes" }, counted(t("counted"))));
}
