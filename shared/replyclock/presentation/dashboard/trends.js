// Trends: how long things took, how often promises were kept, and what came in, by day, week or month; and whether that
// differs from the span before.

import { once } from "./api.js";
import { chart, colour, stripes } from "./charts.js";
import { language } from "./choices.js";
import { h } from "./dom.js";
import { FEWEST, counted, shareRange, timeRange } from "./figures.js";
import { asTable, badge, empty, panel, picker, segmented, stat, stats } from "./parts.js";
import { spanPicker } from "./span.js";
import { METRICS, capital, day, duration, moment, month, number, percent, shortDay, texts, word } from "./text.js";

const t = texts({
  en: {
    title: "Trends",
    metric: "Time",
    every: "Each",
    day: "Day",
    week: "Week",
    month: "Month",
    time: "Counted in",
    clock: "Round the clock",
    business: "Business time",
    as_of: "as known at {time}",
    overview: "In short",
    median: "Median",
    p90: "90th percentile",
    p95: "95th percentile",
    compliance: "Kept",
    created: "Created",
    resolved: "Resolved",
    backlog: "Backlog",
    n_note: ({ n, censored }) => `of ${n} that ended${censored === "0" ? "" : `; ${censored} have not`}`,
    n_few: "{n} are too few to tell",
    median_note: "95 % sure: {range}",
    kept_note: "{kept} of {judged}; 95 % sure: {range}",
    kept_few: "{kept} of {judged}",
    none_judged: "nothing promised was due",
    resolved_note: "of those created",
    backlog_note: "{before} when the span began",
    times: "{metric} time",
    times_summary: "The median lies between {low} ({low_at}) and {high} ({high_at}); last, {last} ({last_at}).",
    times_one: "The median is {low} ({low_at}).",
    times_hollow: "Hollow points are not final: some of these tickets have not come so far, or the time is not over.",
    times_small: "The 95th percentile is left out where fewer than {fewest} ended.",
    times_none: "Too few ended on any day for a line; the table has what there is.",
    times_log: "The scale is logarithmic.",
    times_counted: "Tickets are placed by when they were created. A percentile is that of those whose {metric} has ended: half took the median or less, nine of ten the 90th percentile or less. What has not ended is left out and said beside it, for it is known only to take longer: so the last days look quicker than they will be. A median is drawn from {few} on, the 90th percentile from {p90} on and the 95th from {p95} on: of fewer it would be the longest one by another name.",
    counted_clock: "Times are round the clock: nights and days off are in them.",
    counted_business: "Times are those inside the calendar of each promise, without pauses.",
    kept_title: "Promises kept",
    kept_all: "{share} kept over the span.",
    kept_worst: "At the worst, {worst} ({worst_at}).",
    kept_promised: "Every promise is meant to be kept: the line at 100 %.",
    kept_small: "Where fewer than {fewest} were judged, nothing is drawn.",
    kept_nothing: "Nothing promised was due in this span.",
    kept_line: "Kept",
    kept_band: "95 % confidence interval",
    promised: "Promised: 100 %",
    kept_counted: "Of the clocks of tickets created then, and judged by now: kept in time, against broken and overdue (late and still running). What runs in time yet is in neither. The band is the 95 % confidence interval (Wilson): the fewer cases, the wider.",
    volume: "Created and resolved",
    volume_summary: "{created} created, {resolved} of them resolved; most on {most_at}: {most}.",
    volume_counted: "Created: tickets created then. Resolved: those of them that are resolved and not reopened since, whenever that was.",
    backlog_summary: "{last} open at the end, {most} at most ({most_at}).",
    backlog_title: "Backlog",
    backlog_counted: "Tickets that were open at the end of each day, week or month, whenever they were created.",
    period: "Period",
    n: "Ended",
    censored: "Not ended",
    kept: "Kept",
    broken: "Broken",
    overdue: "Overdue",
    interval: "Interval",
    week_of: "{from} to {to}",
    points: "{value} points",
    changes: "Against the {n} days before",
    changes_day: "Against the day before",
    changes_counted: "The tickets created in this span against those created in one of the same length before it. Better or worse is said only where the 95 % confidence interval of the change leaves out zero, and there are at least {fewest} cases on either side. Medians are estimated with those counted that have not ended (Kaplan and Meier), round the clock. Too early: time alone would still change the figure.",
    better: "Better",
    worse: "Worse",
    "no difference shown": "No clear difference",
    "too few": "Too few cases",
    "too early": "Too early to say",
    said_changed: "{now}, before {before}. The change is {difference}; 95 % sure: {low} to {high}.",
    said_same: "{now}, before {before}. The change may be anything from {low} to {high}.",
    said_few: "{now} (n = {n}), before {before} (n = {n_before}): fewer than {fewest} on a side tell nothing.",
    said_none: "There is nothing to compare.",
    nothing_before: "There is nothing from before this span to compare with.",
    said_early: "{now}, before {before}, and time alone will still change it.",
    "c.median_seconds": "{metric}, median",
    "c.compliance": "{metric}, promises kept",
    "c.reopen_rate": "Reopened",
    "c.replies_per_ticket": "Replies per ticket",
    "c.one_touch_share": "Resolved with one reply",
    "c.satisfaction.response_rate": "Rated by customers",
    "c.satisfaction.mean": "Mean rating",
    "c.satisfaction.satisfied_share": "Satisfied customers",
    nothing: "No tickets in this span",
    nothing_hint: "No ticket was created or open then. Choose a longer span, or other dates.",
  },
  zh: {
    title: "趋势",
    metric: "时间指标",
    every: "按",
    day: "日",
    week: "周",
    month: "月",
    time: "计时方式",
    clock: "自然时间",
    business: "营业时间",
    as_of: "数据截至 {time}",
    overview: "概览",
    median: "中位数",
    p90: "第 90 百分位",
    p95: "第 95 百分位",
    compliance: "达标率",
    created: "新建",
    resolved: "已解决",
    backlog: "积压",
    n_note: ({ n, censored }) => `已结束 ${n} 例${censored === "0" ? "" : `，未结束 ${censored} 例`}`,
    n_few: "仅 {n} 例，样本不足",
    median_note: "95% 置信区间 {range}",
    kept_note: "{judged} 例中 {kept} 例按时；95% 置信区间 {range}",
    kept_few: "{judged} 例中 {kept} 例按时",
    none_judged: "没有到期的承诺",
    resolved_note: "指期间内新建的工单",
    backlog_note: "期初 {before}",
    times: "{metric}时间",
    times_summary: "中位数最短 {low}（{low_at}），最长 {high}（{high_at}）；最近为 {last}（{last_at}）。",
    times_one: "中位数为 {low}（{low_at}）。",
    times_hollow: "空心点尚非最终结果：部分工单尚未结束，或该时段尚未过完。",
    times_small: "已结束不足 {fewest} 例的时段不绘制第 95 百分位。",
    times_none: "各时段结束的工单均过少，无法绘制曲线；数据见表格。",
    times_log: "纵轴为对数刻度。",
    times_counted: "工单按创建时间归入各时段。百分位数只统计{metric}已经结束的工单：一半工单不超过中位数，九成不超过第 90 百分位。尚未结束的只知道会更长，因此不计入，另行列出；最近几天看起来会比最终结果更快。满 {few} 例才绘制中位数，满 {p90} 例才绘制第 90 百分位，满 {p95} 例才绘制第 95 百分位，否则它不过是最大值的另一种说法。",
    counted_clock: "时间为自然时间，包括夜间和休息日。",
    counted_business: "时间按各项承诺的日历计算，不含暂停。",
    kept_title: "承诺达标率",
    kept_all: "期间达标率 {share}。",
    kept_worst: "最低 {worst}（{worst_at}）。",
    kept_promised: "每项承诺都应兑现，即 100% 的横线。",
    kept_small: "已有结论不足 {fewest} 例时不绘制。",
    kept_nothing: "期间内没有到期的承诺。",
    kept_line: "达标率",
    kept_band: "95% 置信区间",
    promised: "承诺：100%",
    kept_counted: "统计该时段创建的工单中已有结论的计时：按时的，与超时后结束的、已超时但仍在进行的相比。仍在进行且未超时的不计入。色带为 95% 置信区间（Wilson），例数越少越宽。",
    volume: "新建与解决",
    volume_summary: "新建 {created}，其中已解决 {resolved}；最多为 {most_at}，{most}。",
    volume_counted: "新建：该时段创建的工单。已解决：其中已解决且未再打开的工单，不论何时解决。",
    backlog_summary: "期末 {last}，最多 {most}（{most_at}）。",
    backlog_title: "积压",
    backlog_counted: "每日、每周或每月结束时仍未完成的工单，不论何时创建。",
    period: "时段",
    n: "已结束",
    censored: "未结束",
    kept: "按时",
    broken: "超时",
    overdue: "超时未结束",
    interval: "置信区间",
    week_of: "{from}至{to}",
    points: "{value} 个百分点",
    changes: "与前 {n} 天相比",
    changes_day: "与前一天相比",
    changes_counted: "将期间内创建的工单与此前同样长度的期间相比。只有变化的 95% 置信区间不包含零，且两个期间各有至少 {fewest} 例时，才判断为“改善”或“变差”。中位数为自然时间，并已将未结束的情况计算在内（Kaplan–Meier）。“尚待观察”指数据还会随时间自行变化。",
    better: "改善",
    worse: "变差",
    "no difference shown": "无显著差异",
    "too few": "样本不足",
    "too early": "尚待观察",
    said_changed: "{now}，此前 {before}。变化 {difference}，95% 置信区间 {low}至{high}。",
    said_same: "{now}，此前 {before}。变化可能在 {low}至{high}之间。",
    said_few: "{now}（{n} 例），此前 {before}（{n_before} 例）：任一期间不足 {fewest} 例，无法判断。",
    said_none: "没有可比较的数据。",
    nothing_before: "此前没有数据，无法比较。",
    said_early: "{now}，此前 {before}；数据还会随时间自行变化。",
    "c.median_seconds": "{metric}时间中位数",
    "c.compliance": "{metric}达标率",
    "c.reopen_rate": "重新打开率",
    "c.replies_per_ticket": "平均回复次数",
    "c.one_touch_share": "一次回复解决率",
    "c.satisfaction.response_rate": "评价参与率",
    "c.satisfaction.mean": "平均评分",
    "c.satisfaction.satisfied_share": "客户满意率",
    nothing: "期间内没有工单",
    nothing_hint: "该期间没有新建或未完成的工单。请选择更长的时间范围或其他日期。",
  },
});

/** @typedef {"day" | "week" | "month"} Every */
/** @typedef {keyof Answer.Percentiles} Percentile */
/**
 * What the charts over days are drawn from.
 *
 * @typedef {{ page: Page.Page, every: Every, metric: Answer.Metric, business: boolean }} Asked
 * @typedef {Asked & { points: Answer.Point[], at: number }} All
 */
/** @typedef {import("chart.js").ChartDataset<"line" | "bar", import("./charts.js").Data>} Dataset */
/**
 * A line or bars. `of` is the text of its line in the tooltip, null for none; `square` says that the legend shows it as an
 * area; what is not `named` is not in the legend.
 *
 * @typedef {{ drawn: Dataset, of?: (point: Answer.Point) => string | null, square?: boolean, named?: boolean }} Series
 */

/** @type {Every[]} */
const EVERY = ["day", "week", "month"];
/** @type {Answer.Metric[]} */
const ALL_METRICS = ["first_response", "next_response", "resolution", "total_response"];
/** From how many on a percentile is drawn: of fewer, the 95th is the longest one. */
const ENOUGH = { median_seconds: 5, percentile_90_seconds: 10, percentile_95_seconds: 20 };
/** The share of clocks that may have no end while a point counts as final: as the evaluation compares spans. */
const UNDECIDED = 0.05;
/** From how many judged clocks on a share is drawn. */
const SMALL = 5;
const HOUR = 3600;
const STEPS = [1, 2, 5, 10, 30, 60, 120, 300, 900, 1800, HOUR, 2 * HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR, 48 * HOUR, 96 * HOUR, 7 * 24 * HOUR, 14 * 24 * HOUR, 28 * 24 * HOUR, 56 * 24 * HOUR, 112 * 24 * HOUR, 224 * 24 * HOUR, 448 * 24 * HOUR];

/** @param {Page.Page} page */
export function open(page) {
  const span = spanPicker(page);
  const metric = ALL_METRICS.find((one) => one === page.query.metric) ?? ALL_METRICS[0];
  const usual = span.days <= 35 ? "day" : span.days <= 400 ? "week" : "month";
  const every = EVERY.find((one) => one === page.query.every) ?? usual;
  /** @type {[boolean, string][]} */
  const ways = [[false, t("clock")], [true, t("business")]];
  const business = page.query.time === "business";
  page.title(t("title"), span.words);
  page.tools(
    span.elements,
    picker(t("metric"), ALL_METRICS.map((one) => [one, capital(word(METRICS, one))]), metric, (one) => page.set({ metric: one === ALL_METRICS[0] ? null : one }), { all: false }),
    segmented(t("every"), EVERY.map((one) => [one, t(one)]), every, (one) => page.set({ every: one === usual ? null : one })),
    segmented(t("time"), ways, business, (one) => page.set({ time: one ? "business" : null })),
  );
  const [first, middle, last] = [h("div", { class: "summed" }), h("div", { class: "drawn" }), h("div", { class: "compared" })];
  page.root.append(first, middle, last);
  const asked = { page, metric, every, business };
  const summary = once(() => page.ask("reports/summary", span.ask));
  page.load(first, summary, (found) => {
    page.title(t("title"), `${span.words} · ${t("as_of", { time: moment(Date.parse(found.at)) })}`);
    return some(found) ? overview(found.total, asked) : null;
  });
  page.load(middle, () => page.ask("reports/trends", { ...span.ask, every, metric }), (found) => showTrends(found, asked));
  page.load(last, summary, (found) => (some(found) ? changes(found.change, metric, span.days) : null));
}

/**
 * Whether there is anything; the part that is drawn says so where there is not.
 *
 * @param {Answer.Summary} found
 */
const some = ({ total, before }) => total.tickets.created || total.tickets.backlog_end || before.tickets.created;

/**
 * Marks an element with the figure it shows, as the API gives it.
 *
 * @param {string} name
 * @param {number | null} value
 * @param {HTMLElement} element
 */
function figure(name, value, element) {
  element.dataset.figure = name;
  element.dataset.value = String(value);
  return element;
}

/**
 * @param {Answer.Figures} total
 * @param {Asked} asked
 */
function overview(total, { metric, business }) {
  const clocks = total.clocks[metric];
  const times = business ? clocks.business : clocks;
  const judged = clocks.kept + clocks.broken + clocks.overdue;
  /** @type {(name: Percentile, label: string, note: string | null) => HTMLElement} */
  const time = (name, label, note) => {
    const enough = clocks.n >= ENOUGH[name];
    return figure(name, times[name], stat(label, enough ? duration(times[name]) : "—", { note: enough ? note : t("n_few", { n: number(clocks.n) }) }));
  };
  const sure = times.median_interval_seconds;
  const kept = { kept: number(clocks.kept), judged: number(judged) };
  const sureOfKept = clocks.compliance_interval;
  const keptNote = !judged ? t("none_judged") : judged < FEWEST || !sureOfKept ? t("kept_few", kept) : t("kept_note", { ...kept, range: shareRange(sureOfKept) });
  return h(
    "section",
    { class: "panel", "data-part": "overview" },
    h("h2", {}, `${capital(word(METRICS, metric))} · ${t(business ? "business" : "clock")}`),
    stats(
      time("median_seconds", t("median"), sure ? t("median_note", { range: timeRange(sure) }) : null),
      time("percentile_90_seconds", t("p90"), t("n_note", { n: number(clocks.n), censored: number(clocks.censored) })),
      time("percentile_95_seconds", t("p95"), t("n_note", { n: number(clocks.n), censored: number(clocks.censored) })),
      figure("compliance", clocks.compliance, stat(t("compliance"), judged >= SMALL ? percent(clocks.compliance) : "—", { note: keptNote })),
      figure("created", total.tickets.created, stat(t("created"), total.tickets.created)),
      figure("resolved", total.tickets.resolved, stat(t("resolved"), total.tickets.resolved, { note: t("resolved_note") })),
      figure("backlog_end", total.tickets.backlog_end, stat(t("backlog"), total.tickets.backlog_end, { note: t("backlog_note", { before: number(total.tickets.backlog_begin) }) })),
    ),
  );
}

/** @type {Record<Answer.Verdict, string>} */
const LOOKS = { better: "met", worse: "breached", "no difference shown": "no_target", "too few": "paused", "too early": "running" };

/** What is compared with the span before, each with its text. */
const COMPARED = /** @type {const} */ ({
  median_seconds: "c.median_seconds",
  compliance: "c.compliance",
  reopen_rate: "c.reopen_rate",
  replies_per_ticket: "c.replies_per_ticket",
  one_touch_share: "c.one_touch_share",
  "satisfaction.response_rate": "c.satisfaction.response_rate",
  "satisfaction.mean": "c.satisfaction.mean",
  "satisfaction.satisfied_share": "c.satisfaction.satisfied_share",
});

/**
 * @param {string} name
 * @returns {name is keyof typeof COMPARED}
 */
const isCompared = (name) => name in COMPARED;

/**
 * The verdicts of the evaluation as sentences.
 *
 * @param {Answer.Summary["change"]} change
 * @param {Answer.Metric} metric
 * @param {number} days
 */
function changes(change, metric, days) {
  const nothing = Object.values(change).every((one) => one.before === null);
  const names = [`${metric}.median_seconds`, `${metric}.compliance`, ...Object.keys(change).filter((name) => !/median_seconds|compliance/.test(name))];
  return h(
    "section",
    { class: "panel", "data-part": "changes" },
    h("h2", {}, days === 1 ? t("changes_day") : t("changes", { n: number(days) })),
    nothing ? h("p", { class: "hint" }, t("nothing_before")) : null,
    h(
      "ul",
      { hidden: nothing },
      names.map((name) => {
        const one = change[name];
        const key = name.replace(`${metric}.`, "");
        return h(
          "li",
          { "data-change": name, "data-verdict": one.verdict },
          h("span", { class: "of" }, capital(isCompared(key) ? t(COMPARED[key], { metric: word(METRICS, metric) }) : key)),
          badge(LOOKS[one.verdict], t(one.verdict)),
          h("p", {}, sentence(key, one)),
        );
      }),
    ),
    counted(t("changes_counted", { fewest: FEWEST })),
  );
}

/**
 * @param {string} name
 * @param {Answer.Change} one
 */
function sentence(name, one) {
  if (one.now === null || one.before === null) return t("said_none");
  const isTime = name === "median_seconds";
  const isNumber = name === "replies_per_ticket" || name === "satisfaction.mean";
  /** @param {number} value */
  const plain = (value) => (isTime ? duration(value) : isNumber ? number(value, 2) : percent(value));
  /** @param {number} value */
  const signed = (value) => {
    const sign = value < 0 ? "−" : "+";
    const size = Math.abs(value);
    return isTime ? `${sign}${duration(size)}` : isNumber ? `${sign}${number(size, 2)}` : t("points", { value: `${sign}${(size * 100).toFixed(1)}` });
  };
  const [now, before] = [plain(one.now), plain(one.before)];
  if (one.verdict === "too few") return t("said_few", { now, before, n: number(one.n), n_before: number(one.n_before), fewest: FEWEST });
  if (one.verdict === "too early" || one.interval === null || one.difference === null) return t("said_early", { now, before });
  const [low, high] = one.interval.map(signed);
  return t(one.verdict === "no difference shown" ? "said_same" : "said_changed", { now, before, difference: signed(one.difference), low, high });
}

/**
 * @param {Answer.Trends} found
 * @param {Asked} asked
 */
function showTrends(found, asked) {
  const { points } = found;
  if (!points.some((one) => one.created || one.backlog_end)) return h("section", { class: "panel" }, empty(t("nothing"), t("nothing_hint")));
  const all = { ...asked, points, at: Date.parse(found.at) };
  return [times(all), compliance(all), volume(all), backlog(all)];
}

/** @type {(asked: Asked, point: Answer.Point) => string} */
const short = ({ every }, point) => (every === "month" ? month(Date.parse(point.from)) : shortDay(Date.parse(point.from)));
/**
 * @param {Asked} asked
 * @param {Answer.Point} point
 */
function long({ every }, point) {
  const from = Date.parse(point.from);
  return every === "month" ? month(from) : every === "week" ? t("week_of", { from: day(from), to: day(Date.parse(point.to) - 1) }) : day(from);
}

/**
 * What the charts over days have in common. `after` are further lines of a tooltip.
 *
 * @param {All} all
 * @param {Series[]} series
 * @param {import("chart.js").ScaleOptionsByType<"linear" | "logarithmic"> | object} scale
 * @param {(point: Answer.Point) => string[]} [after]
 * @returns {import("./charts.js").Config}
 */
function over(all, series, scale, after = () => []) {
  /** @type {(item: { datasetIndex: number, dataIndex: number }) => string | null} */
  const label = ({ datasetIndex, dataIndex }) => series[datasetIndex].of?.(all.points[dataIndex]) ?? null;
  return {
    type: "line",
    data: { labels: all.points.map((one) => short(all, one)), datasets: series.map((one) => one.drawn) },
    options: {
      animation: false, // on its way a figure is a wrong one
      interaction: { mode: "index", intersect: false },
      scales: { x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 14 } }, y: scale },
      plugins: {
        legend: { display: series.length > 1, labels: { usePointStyle: true, pointStyleWidth: 26, boxHeight: 8, generateLabels: (drawn) => legendOf(drawn, series) } },
        tooltip: {
          filter: (item) => label(item) !== null,
          callbacks: {
            title: ([item]) => (item ? long(all, all.points[item.dataIndex]) : ""),
            label: (item) => label(item) ?? "",
            footer: ([item]) => (item ? after(all.points[item.dataIndex]) : ""),
          },
        },
      },
    },
  };
}

/**
 * How large points are: what stands alone has no line and is seen by its point only.
 *
 * @param {(number | null)[]} values
 * @param {number} usual
 */
const radii = (values, usual) => values.map((one, i) => (one !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null ? 3 : usual));

/**
 * A chart, or only its words and its table where there is nothing to draw.
 *
 * @param {boolean} any
 * @param {string} name
 * @param {string} summary
 * @param {() => import("./charts.js").Config} config
 * @param {{ columns: Page.Column<Answer.Point>[], rows: Answer.Point[] }} figures
 * @param {Page.Page} page
 * @param {"low" | "middle" | "high"} [height]
 * @returns {Page.Child}
 */
function drawing(any, name, summary, config, figures, page, height) {
  if (any) return chart({ name, summary, config: config(), figures, signal: page.signal, height });
  return [h("p", { class: "hint" }, summary), asTable(name, figures.columns, figures.rows)];
}

/**
 * The legend: a line as it is drawn, a square for an area.
 *
 * @param {import("chart.js").Chart} drawn
 * @param {Series[]} series
 * @returns {import("chart.js").LegendItem[]}
 */
const legendOf = (drawn, series) =>
  series.flatMap(({ drawn: one, square, named = true }, i) =>
    named
      ? [{
          text: one.label ?? "",
          datasetIndex: i,
          hidden: !drawn.isDatasetVisible(i),
          fillStyle: /** @type {import("chart.js").Color | undefined} */ (one.backgroundColor),
          strokeStyle: /** @type {import("chart.js").Color | undefined} */ (one.borderColor),
          lineWidth: Number(one.borderWidth ?? 0),
          lineDash: "borderDash" in one ? /** @type {number[] | undefined} */ (one.borderDash) : undefined,
          pointStyle: square ? "rect" : "line",
          fontColor: colour("ink-2"),
        }]
      : [],
  );

/** @type {(name: string, title: string, ...children: Page.Child[]) => HTMLElement} */
const section = (name, title, ...children) => {
  const made = panel(title, ...children);
  made.dataset.chart = name;
  return made;
};

/** @type {(all: All) => Page.Column<Answer.Point>} */
const period = (all) => ({ name: t("period"), of: (one) => long(all, one), head: true });

/**
 * Where a list of points is least and most by a figure, and last; null where none has it.
 *
 * @param {Answer.Point[]} points
 * @param {(point: Answer.Point) => number | null} of
 */
function extremes(points, of) {
  const known = points.flatMap((point) => {
    const value = of(point);
    return value === null ? [] : [{ point, value }];
  });
  if (!known.length) return null;
  const low = known.reduce((best, one) => (one.value < best.value ? one : best));
  const high = known.reduce((best, one) => (one.value > best.value ? one : best));
  return { low: low.point, high: high.point, last: known[known.length - 1].point };
}

/** @param {All} all */
function times(all) {
  const { points, business, metric, page } = all;
  /** @type {(point: Answer.Point, name: Percentile) => number | null} */
  const of = (point, name) => (business ? point.business : point)[name];
  /** @type {(point: Answer.Point, name: Percentile) => number | null} */
  const drawn = (point, name) => (point.n >= ENOUGH[name] ? of(point, name) : null);
  /** @type {Percentile[]} */
  const names = ["median_seconds", "percentile_90_seconds", "percentile_95_seconds"];
  const open = points.map((one) => drawn(one, "median_seconds") !== null && (one.censored > UNDECIDED * (one.n + one.censored) || Date.parse(one.to) > all.at));
  const values = points.flatMap((one) => names.map((name) => drawn(one, name))).filter((one) => one !== null);
  const positive = values.filter((one) => one > 0);
  const floor = STEPS.filter((one) => one <= Math.min(...positive)).at(positive.length ? -1 : 0) ?? STEPS[0];
  const top = STEPS.find((one) => one > Math.max(floor, ...positive)) ?? Math.max(...positive);
  const below = values.some((one) => one < floor);
  const [line, surface] = [colour("series-1"), colour("surface")];
  const few = points.length > 50;
  /** @type {(name: Percentile, label: string, more: Partial<import("chart.js").ChartDataset<"line">>) => Series} */
  const set = (name, label, more) => ({
    drawn: {
      type: "line",
      label,
      data: points.map((one) => atLeast(floor, drawn(one, name))),
      borderColor: line,
      pointRadius: radii(points.map((one) => drawn(one, name)), 0),
      pointHitRadius: 12,
      ...more,
    },
    of: (point) => (drawn(point, name) === null ? null : `${label}: ${duration(of(point, name))}`),
  });
  /** @type {import("chart.js").ChartDataset<"line">["segment"]} */
  const dashed = { borderDash: (context) => (open[context.p1DataIndex] ? [4, 4] : undefined) };
  const datasets = [
    set("percentile_95_seconds", t("p95"), { borderWidth: 1, borderDash: [2, 3], fill: "+1", backgroundColor: colour("series-1", 0.12) }),
    set("percentile_90_seconds", t("p90"), { borderWidth: 1.5, borderDash: [7, 3], fill: "+1", backgroundColor: colour("series-1", 0.24) }),
    // The areas end at a line that has no dashes of its own: at a change of dashes they would be torn.
    { ...set("median_seconds", "", { borderWidth: 0, pointRadius: 0, pointHitRadius: 0 }), of: undefined, named: false },
    set("median_seconds", t("median"), {
      borderWidth: 2.5,
      segment: dashed,
      pointStyle: "circle",
      pointRadius: radii(points.map((one) => drawn(one, "median_seconds")), few ? 0 : 3).map((one, i) => (open[i] ? 4 : one)),
      pointBackgroundColor: open.map((one) => (one ? surface : line)),
      pointBorderColor: line,
      pointBorderWidth: 1.5,
      backgroundColor: line,
    }),
  ];
  const scale = {
    type: "logarithmic",
    min: floor,
    max: top,
    afterBuildTicks: (/** @type {import("chart.js").Scale} */ axis) => {
      axis.ticks = STEPS.filter((one) => one >= floor && one <= top).map((value) => ({ value }));
    },
    ticks: { callback: (/** @type {number} */ value) => `${below && value === floor ? "≤ " : ""}${duration(value)}` },
  };
  /** @param {Answer.Point} one */
  const notes = (one) => [t("n_note", { n: number(one.n), censored: number(one.censored) })];
  const name = capital(t("times", { metric: word(METRICS, metric) }));
  const ends = extremes(points, (one) => drawn(one, "median_seconds"));
  /** @param {Answer.Point} one */
  const said = (one) => duration(of(one, "median_seconds"));
  const summary = ends
    ? [
        t(ends.low === ends.high ? "times_one" : "times_summary", { low: said(ends.low), low_at: long(all, ends.low), high: said(ends.high), high_at: long(all, ends.high), last: said(ends.last), last_at: long(all, ends.last) }),
        open.some(Boolean) ? t("times_hollow") : null,
        points.some((one) => one.n < ENOUGH.percentile_95_seconds) ? t("times_small", { fewest: ENOUGH.percentile_95_seconds }) : null,
        t("times_log"),
      ].filter(Boolean).join(language() === "zh" ? "" : " ")
    : t("times_none");
  /** @type {Page.Column<Answer.Point>[]} */
  const columns = [
    period(all),
    { name: t("n"), of: (one) => number(one.n), figure: true },
    { name: t("censored"), of: (one) => number(one.censored), figure: true },
    { name: t("median"), of: (one) => duration(of(one, "median_seconds")), figure: true },
    { name: t("p90"), of: (one) => duration(of(one, "percentile_90_seconds")), figure: true },
    { name: t("p95"), of: (one) => duration(of(one, "percentile_95_seconds")), figure: true },
  ];
  return section(
    "times",
    `${name} · ${t(business ? "business" : "clock")}`,
    drawing(ends !== null, name, summary, () => over(all, datasets, scale, notes), { columns, rows: points }, page, "high"),
    counted(
      t("times_counted", { metric: word(METRICS, metric), few: ENOUGH.median_seconds, p90: ENOUGH.percentile_90_seconds, p95: ENOUGH.percentile_95_seconds }),
      t(business ? "counted_business" : "counted_clock"),
    ),
  );
}

/** @type {(floor: number, value: number | null) => number | null} */
const atLeast = (floor, value) => (value === null ? null : Math.max(floor, value));

/** @param {All} all */
function compliance(all) {
  const { points, page } = all;
  const sums = points.reduce((sum, one) => ({ kept: sum.kept + one.kept, judged: sum.judged + one.kept + one.broken + one.overdue }), { kept: 0, judged: 0 });
  if (!sums.judged) return section("compliance", t("kept_title"), empty(t("kept_nothing")));
  /** @param {Answer.Point} one */
  const judged = (one) => one.kept + one.broken + one.overdue;
  /** @param {Answer.Point} one */
  const interval = (one) => (judged(one) >= SMALL ? one.compliance_interval : null);
  const least = Math.min(0.9, ...points.flatMap((one) => interval(one)?.[0] ?? []));
  const step = least < 0.5 ? 0.2 : least < 0.75 ? 0.1 : 0.05;
  const floor = Math.max(0, Math.floor(least / step + 1e-9) * step);
  const line = colour("met");
  const edge = { borderWidth: 0, pointRadius: 0, pointHitRadius: 0 };
  const few = points.length > 50;
  const shares = points.map((one) => (interval(one) ? one.compliance : null));
  /** @param {Answer.Point} one */
  const words = (one) => {
    const sure = interval(one);
    return sure && `${t("kept_line")}: ${percent(one.compliance)} (${shareRange(sure)})`;
  };
  /** @type {Series[]} */
  const datasets = [
    { drawn: { type: "line", label: t("promised"), data: points.map(() => 1), borderColor: colour("ink"), borderWidth: 1.5, borderDash: [8, 4], pointRadius: 0, pointHitRadius: 0 } },
    { drawn: { ...edge, type: "line", label: t("kept_band"), data: points.map((one) => interval(one)?.[1] ?? null), fill: "+1", backgroundColor: colour("met-fill", 0.22) }, square: true },
    { drawn: { ...edge, type: "line", label: "", data: points.map((one) => interval(one)?.[0] ?? null) }, named: false },
    { drawn: { type: "line", label: t("kept_line"), data: shares, borderColor: line, backgroundColor: line, borderWidth: 2.5, pointRadius: radii(shares, few ? 0 : 3), pointHitRadius: 12 }, of: words },
  ];
  const scale = {
    min: floor,
    max: 1 + (1 - floor) * 0.03,
    afterBuildTicks: (/** @type {import("chart.js").Scale} */ axis) => {
      axis.ticks = Array.from({ length: Math.round((1 - floor) / step) + 1 }, (_, i) => ({ value: 1 - i * step }));
    },
    ticks: { callback: (/** @type {number} */ value) => percent(value, 0) },
  };
  const ends = extremes(points, (one) => (interval(one) ? one.compliance : null));
  /** @type {Page.Column<Answer.Point>[]} */
  const columns = [
    period(all),
    { name: t("kept"), of: (one) => number(one.kept), figure: true },
    { name: t("broken"), of: (one) => number(one.broken), figure: true },
    { name: t("overdue"), of: (one) => number(one.overdue), figure: true },
    { name: t("compliance"), of: (one) => percent(one.compliance), figure: true },
    { name: t("interval"), of: (one) => (one.compliance_interval ? shareRange(one.compliance_interval) : "—"), figure: true },
  ];
  const summary = [
    sums.judged >= SMALL ? t("kept_all", { share: percent(sums.kept / sums.judged) }) : null,
    ends ? t("kept_worst", { worst: percent(ends.low.compliance), worst_at: long(all, ends.low) }) : null,
    t("kept_promised"),
    points.some((one) => judged(one) && !interval(one)) ? t("kept_small", { fewest: SMALL }) : null,
  ].filter(Boolean).join(language() === "zh" ? "" : " ");
  /** @param {Answer.Point} one */
  const notes = (one) => [t("kept_few", { kept: number(one.kept), judged: number(judged(one)) })];
  return section(
    "compliance",
    `${t("kept_title")} · ${word(METRICS, all.metric)}`,
    drawing(ends !== null, t("kept_title"), summary, () => over(all, datasets, scale, notes), { columns, rows: points }, page),
    counted(t("kept_counted")),
  );
}

const counts = { beginAtZero: true, suggestedMax: 5, ticks: { precision: 0 } };
/** @type {(points: Answer.Point[], name: "created" | "resolved") => number} */
const sum = (points, name) => points.reduce((all, one) => all + one[name], 0);

/** @param {All} all */
function volume(all) {
  const { points, page } = all;
  const [created, resolved] = [colour("series-1"), colour("series-5")];
  /** @type {Series[]} */
  const datasets = [
    { drawn: { type: "bar", label: t("created"), data: points.map((one) => one.created), backgroundColor: created }, of: (one) => `${t("created")}: ${number(one.created)}`, square: true },
    { drawn: { type: "bar", label: t("resolved"), data: points.map((one) => one.resolved), backgroundColor: stripes(resolved), borderColor: resolved, borderWidth: 1 }, of: (one) => `${t("resolved")}: ${number(one.resolved)}`, square: true },
  ];
  /** @type {Page.Column<Answer.Point>[]} */
  const columns = [period(all), { name: t("created"), of: (one) => number(one.created), figure: true }, { name: t("resolved"), of: (one) => number(one.resolved), figure: true }];
  const high = points.reduce((best, one) => (one.created > best.created ? one : best));
  const summary = t("volume_summary", { created: number(sum(points, "created")), resolved: number(sum(points, "resolved")), most: number(high.created), most_at: long(all, high) });
  return section(
    "volume",
    t("volume"),
    chart({ name: t("volume"), summary, config: over(all, datasets, counts), figures: { columns, rows: points }, signal: page.signal }),
    counted(t("volume_counted")),
  );
}

/** @param {All} all */
function backlog(all) {
  const { points, page } = all;
  const line = colour("series-6");
  /** @type {Series[]} */
  const datasets = [
    {
      drawn: { type: "line", label: t("backlog"), data: points.map((one) => one.backlog_end), borderColor: line, backgroundColor: colour("series-6", 0.14), fill: "origin", borderWidth: 2, pointRadius: points.length > 50 ? 0 : 2.5, pointBackgroundColor: line, pointHitRadius: 12 },
      of: (one) => `${t("backlog")}: ${number(one.backlog_end)}`,
    },
  ];
  /** @type {Page.Column<Answer.Point>[]} */
  const columns = [period(all), { name: t("backlog"), of: (one) => number(one.backlog_end), figure: true }];
  const high = points.reduce((best, one) => (one.backlog_end > best.backlog_end ? one : best));
  const summary = t("backlog_summary", { last: number(points[points.length - 1].backlog_end), most: number(high.backlog_end), most_at: long(all, high) });
  const config = over(all, datasets, counts);
  return section(
    "backlog",
    t("backlog_title"),
    chart({ name: t("backlog_title"), summary, config, figures: { columns, rows: points }, signal: page.signal }),
    counted(t("backlog_counted")),
  );
}
