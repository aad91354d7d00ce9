// Distribution: how many took how long, with the targets marked, and how many fell on each side of them.

import { chart, colour, stripes } from "./charts.js";
import { language } from "./choices.js";
import { h } from "./dom.js";
import { DIMENSIONS, FEWEST, counted, dimensionName, valueName, valueOrder } from "./figures.js";
import { badge, empty, folded, panel, picker, segmented } from "./parts.js";
import { spanPicker } from "./span.js";
import { METRICS, capital, duration, moment, number, percent, target, texts, word } from "./text.js";

const t = texts({
  en: {
    title: "Distribution",
    as_of: "as known at {time}",
    metric: "Time",
    by: "By",
    time: "Counted in",
    clock: "Round the clock",
    business: "Business time",
    no_standard: "Nothing promised",
    n: ({ n, censored }) => `${n} ended${censored === "0" ? "" : `; ${censored} have not, are only known to take longer, and are not drawn`}.`,
    median: "The median is {median} round the clock.",
    few: "Few: single cases weigh a lot.",
    promised: "Promised within {target}",
    kept: "{n} kept",
    broken: "{n} too late",
    overdue: "{n} late and still running",
    share: "{share} kept",
    small: "too few for a share",
    nothing_promised: "Nothing is promised here: no target is drawn.",
    no_lines: "Targets are not drawn: they count business time.",
    plain: "Number",
    within: "Within the target",
    later: "Later than the target",
    around: "On either side of it",
    band: "Took",
    to: "{from} to {to}",
    up_to: "up to {to}",
    over: "over {from}",
    bar: "{n} ({share})",
    summary: "Most took {band}: {n}.",
    summary_else: "Of the others most took {band}: {n}.",
    gap: "Where the scale is broken there is nothing.",
    at_once: "{n} took no more than a second of business time: they were answered outside of it.",
    nothing: "Nothing to distribute",
    nothing_hint: "In this span no such time has begun. Choose a longer span, or other dates.",
    rest: "The other {n}",
    counted: "The clocks of tickets created in the span, by how long they took, as far as they have ended. Bars are of the width of what people tell apart, not of equal times: each reaches from just above its lower end up to its upper end.",
    counted_sides: "Targets are in business time: inside the calendar of the promise, without pauses. Kept and too late are the evaluation’s own judgement of each clock; late and still running are not among the bars.",
    counted_business: "Business time of what came in and was answered outside the calendar is none: it is in the first bar.",
  },
  zh: {
    title: "分布",
    as_of: "数据截至 {time}",
    metric: "时间指标",
    by: "分组",
    time: "计时方式",
    clock: "自然时间",
    business: "营业时间",
    no_standard: "无承诺",
    n: ({ n, censored }) => `已结束 ${n} 例${censored === "0" ? "" : `；另有 ${censored} 例未结束，只知道会更长，未绘入图中`}。`,
    median: "自然时间中位数为 {median}。",
    few: "例数较少，个别情况影响很大。",
    promised: "承诺 {target}以内",
    kept: "按时 {n} 例",
    broken: "超时 {n} 例",
    overdue: "超时未结束 {n} 例",
    share: "达标率 {share}",
    small: "例数过少，不计比例",
    nothing_promised: "没有承诺，因此不标目标。",
    no_lines: "目标按营业时间计算，此处不标。",
    plain: "例数",
    within: "目标以内",
    later: "超过目标",
    around: "跨越目标",
    band: "用时",
    to: "{from}至{to}",
    up_to: "{to}以内",
    over: "超过 {from}",
    bar: "{n}（{share}）",
    summary: "最多的一段为{band}：{n}。",
    summary_else: "其余最多的一段为{band}：{n}。",
    gap: "横轴断开处没有数据。",
    at_once: "营业时间不超过一秒的有 {n}：在营业时间之外得到响应。",
    nothing: "没有可供分布的数据",
    nothing_hint: "该期间没有开始此类计时。请选择更长的时间范围或其他日期。",
    rest: "其余 {n} 组",
    counted: "统计期间内创建的工单中已经结束的计时，按用时长短分段。各段宽度按人们习惯的时间划分，并不相等：每段不含下限，含上限。",
    counted_sides: "目标按营业时间计算，即承诺日历之内、不含暂停的时间。按时与超时为评估系统对每项计时的判定；超时未结束的不在柱形之中。",
    counted_business: "在日历之外到达并得到响应的，营业时间为零，归入第一段。",
  },
});

/** @typedef {{ from: number, to: number | null, i: number }} Bin From more than `from` to `to`, or beyond. */
/** @typedef {(Bin | null)[]} Cells The bins that are drawn, with null where the scale is broken. */
/** @typedef {"plain" | "within" | "around" | "later"} Side Where a bin lies of the target. */

/** @type {Answer.Metric[]} */
const ALL_METRICS = ["first_response", "next_response", "resolution", "total_response"];
// Agents have a view of their own, which compares them fairly.
const BY = ["standard", ...DIMENSIONS.filter((one) => one !== "standard" && one !== "agent")];
const MOST = 8;
/** Of the times above the lines of targets, so that those of lines close together are not written over each other. */
const ROWS = 3;
/** @type {Exclude<Side, "plain">[]} */
const SIDES = ["within", "around", "later"];

/** @param {Page.Page} page */
export function open(page) {
  const span = spanPicker(page);
  const metric = ALL_METRICS.find((one) => one === page.query.metric) ?? ALL_METRICS[0];
  /** @type {[boolean, string][]} */
  const ways = [[true, t("business")], [false, t("clock")]];
  const by = page.query.by || BY[0];
  const business = page.query.time !== "clock";
  page.title(t("title"), span.words);
  page.tools(
    span.elements,
    picker(t("metric"), ALL_METRICS.map((one) => [one, capital(word(METRICS, one))]), metric, (one) => page.set({ metric: one === ALL_METRICS[0] ? null : one }), { all: false }),
    picker(t("by"), [...new Set([...BY, by])].map((one) => [one, capital(dimensionName(one))]), by, (one) => page.set({ by: one === BY[0] ? null : one }), { all: false }),
    segmented(t("time"), ways, business, (one) => page.set({ time: one ? null : "clock" })),
  );
  const host = h("div", { class: "spread" });
  page.root.append(host);
  page.load(
    host,
    () => page.ask("reports/distribution", { ...span.ask, metric, by: by === BY[0] ? null : by }),
    (found) => {
      page.title(t("title"), `${span.words} · ${t("as_of", { time: moment(Date.parse(found.at)) })}`);
      return show(found, { page, by, business });
    },
  );
}

/**
 * @param {Answer.Distribution} found
 * @param {{ page: Page.Page, by: string, business: boolean }} how
 */
function show(found, { page, by, business }) {
  const groups = found.groups.filter((one) => one.n || one.censored);
  if (!groups.length) return h("section", { class: "panel" }, empty(t("nothing"), t("nothing_hint")));
  if (by === "weekday" || by === "hour") {
    /** @param {Answer.Spread} one */
    const order = (one) => valueOrder(by, one.group[by]);
    groups.sort((a, b) => (order(a) < order(b) ? -1 : 1));
  }
  /** @param {Answer.Spread} one */
  const counts = (one) => (business ? one.business_counts : one.counts);
  const cells = shownCells(found.edges_seconds, groups, counts);
  /** @param {Answer.Spread} one */
  const make = (one) => group(one, { page, by, business, metric: found.metric, counts: counts(one), cells, edges: found.edges_seconds });
  const most = by === "weekday" ? 7 : by === "hour" ? 24 : MOST;
  const rest = groups.slice(most);
  return [
    h("div", { class: "histograms" }, groups.slice(0, most).map(make)),
    rest.length ? folded(t("rest", { n: number(rest.length) }), () => h("div", { class: "histograms" }, rest.map(make))) : null,
    counted(t("counted"), t("counted_sides"), t("counted_business")),
  ];
}

/**
 * The bins that are drawn, the same for all groups so that they compare, with null where the scale is broken.
 *
 * @param {number[]} edges
 * @param {Answer.Spread[]} groups
 * @param {(one: Answer.Spread) => number[]} counts
 * @returns {Cells}
 */
function shownCells(edges, groups, counts) {
  const all = counts(groups[0]).map((_, i) => bin(edges, i));
  const used = all.filter(
    ({ from, to, i }) => groups.some((one) => counts(one)[i] || one.targets.some(({ target_seconds: at }) => at > from && (to === null || at <= to))),
  );
  if (!used.length) return all;
  const [first, second] = used;
  const end = used[used.length - 1].i + 1;
  // What took no business time stands far off from the rest.
  if (first.i === 0 && second && second.i > 4) return [first, null, ...all.slice(second.i, end)];
  return all.slice(first.i, end);
}

/**
 * A bin by its number; above the last edge `to` is null.
 *
 * @type {(edges: number[], i: number) => Bin}
 */
const bin = (edges, i) => ({ from: edges[i], to: edges[i + 1] ?? null, i });

/**
 * Where a duration lies among the cells; within one, as on a logarithmic scale.
 *
 * @param {number} seconds
 * @param {Cells} cells
 */
function place(seconds, cells) {
  for (const [at, cell] of cells.entries()) {
    if (!cell || seconds <= cell.from || (cell.to !== null && seconds > cell.to)) continue;
    const { from, to } = cell;
    if (to === null) return at + 0.5;
    return at + (from > 0 ? Math.log(seconds / from) / Math.log(to / from) : seconds / to);
  }
  return null;
}

/** @param {Bin} bin */
const bandName = ({ from, to }) => (to === null ? t("over", { from: target(from) }) : from === 0 ? t("up_to", { to: target(to) }) : t("to", { from: target(from), to: target(to) }));

/**
 * @param {Answer.Spread} one
 * @param {{ page: Page.Page, by: string, business: boolean, metric: Answer.Metric, counts: number[], cells: Cells, edges: number[] }} how
 */
function group(one, { page, by, business, metric, counts, cells, edges }) {
  const value = one.group[by];
  const name = by === "standard" && value === null ? t("no_standard") : valueName(by, value);
  const [only] = one.targets.length === 1 ? one.targets : [null];
  /** @type {Mark[]} */
  const marks = (business ? one.targets : []).flatMap(({ target_seconds: seconds }) => {
    const at = place(seconds, cells);
    return at === null ? [] : [{ at, text: target(seconds) }];
  });
  const edgeOfSides = business && only ? only.target_seconds : null;
  /** @type {(cell: Bin | null) => Side} */
  const side = (cell) => {
    if (!cell || edgeOfSides === null) return "plain";
    return cell.to !== null && cell.to <= edgeOfSides ? "within" : cell.from >= edgeOfSides ? "later" : "around";
  };
  /** @type {Record<Side, string | CanvasPattern>} */
  const fills = {
    plain: colour("series-1"),
    within: colour("met-fill"),
    around: stripes(colour("at-risk-fill"), 8),
    later: stripes(colour("breached-fill")),
  };
  const lines = { plain: colour("series-1"), within: colour("met-fill"), around: colour("at-risk-fill"), later: colour("breached-fill") };
  const kinds = SIDES.filter((kind) => edgeOfSides !== null && cells.some((cell) => side(cell) === kind));
  const drawn = cells.flatMap((cell, i) => (cell ? [{ ...cell, at: i + 0.5, side: side(cell) }] : []));
  const few = one.n < FEWEST;
  /** @param {number} n */
  const shareOf = (n) => (few ? number(n) : t("bar", { n: number(n), share: percent(n / one.n) }));
  /** @param {number} i */
  const edge = (i) => (cells[i] ? cells[i].from : cells[i - 1]?.to);
  /** @type {import("./charts.js").Config} */
  const config = {
    type: "bar",
    data: {
      datasets: [
        {
          data: drawn.map(({ at, i }) => ({ x: at, y: counts[i] })),
          backgroundColor: drawn.map((cell) => fills[cell.side]),
          borderColor: drawn.map((cell) => lines[cell.side]),
          borderWidth: 1,
          barPercentage: 1,
          categoryPercentage: 0.94,
        },
      ],
    },
    plugins: [lineMarks(marks, cells)],
    options: {
      animation: false, // on its way a figure is a wrong one
      layout: { padding: { right: 10 } },
      interaction: { mode: "nearest", axis: "x", intersect: false },
      scales: {
        x: {
          type: "linear",
          min: 0,
          max: cells.length,
          offset: false,
          grid: { offset: false, display: false },
          ticks: { stepSize: 1, maxRotation: 0, autoSkipPadding: 6, callback: (i) => target(edge(Number(i)), "") },
        },
        y: { beginAtZero: true, suggestedMax: 5, grace: `${12 * Math.min(marks.length, ROWS)}%`, ticks: { precision: 0 } },
      },
      plugins: {
        legend: {
          display: edgeOfSides !== null,
          onClick: () => null,
          labels: { boxWidth: 16, generateLabels: () => kinds.map((kind) => ({ text: t(kind), fillStyle: fills[kind], strokeStyle: lines[kind], lineWidth: 1, fontColor: colour("ink-2") })) },
        },
        tooltip: { callbacks: { title: ([item]) => capital(bandName(drawn[item.dataIndex])), label: (item) => shareOf(counts[drawn[item.dataIndex].i]) } },
      },
    },
  };
  const broken = cells.includes(null);
  // In a second of business time and longer round the clock.
  const outside = business ? one.business_counts[0] - one.counts[0] : 0;
  const top = drawn.slice(outside && drawn.length > 1 ? 1 : 0).reduce((best, cell) => (counts[cell.i] > counts[best.i] ? cell : best));
  const summary = [
    outside ? t("at_once", { n: shareOf(outside) }) : null,
    counts[top.i] ? t(outside ? "summary_else" : "summary", { band: bandName(top), n: shareOf(counts[top.i]) }) : null,
    broken ? t("gap") : null,
    !business && one.targets.length ? t("no_lines") : null,
  ].filter(Boolean).join(language() === "zh" ? "" : " ");
  /** @type {Page.Column<Bin>[]} */
  const columns = [
    { name: t("band"), of: bandName, head: true },
    { name: t("business"), of: (cell) => number(one.business_counts[cell.i]), figure: true },
    { name: t("clock"), of: (cell) => number(one.counts[cell.i]), figure: true },
  ];
  // The table has both ways of counting: of either, all that there is.
  const all = one.counts.map((_, i) => i).filter((i) => one.counts[i] || one.business_counts[i]);
  const rows = all.map((i) => bin(edges, i));
  const made = panel(
    name,
    h(
      "p",
      { class: "ended", "data-figure": "n", "data-value": one.n, "data-censored": one.censored },
      [t("n", { n: number(one.n), censored: number(one.censored) }), one.n && !few ? t("median", { median: duration(one.median_seconds) }) : null, few ? t("few") : null].filter(Boolean).join(language() === "zh" ? "" : " "),
    ),
    one.targets.length ? h("ul", { class: "fell" }, one.targets.map(sidesOf)) : h("p", { class: "ended" }, t("nothing_promised")),
    one.n
      ? chart({ name: `${t("title")}: ${name}, ${word(METRICS, metric)}`, summary, config, figures: { columns, rows }, signal: page.signal })
      : null,
  );
  made.dataset.group = value ?? "";
  return made;
}

/**
 * How many fell on each side of a target.
 *
 * @param {Answer.Spread["targets"][number]} of
 */
function sidesOf({ target_seconds: seconds, kept, broken, overdue }) {
  const judged = kept + broken + overdue;
  return h(
    "li",
    { "data-target": seconds, "data-kept": kept, "data-broken": broken, "data-overdue": overdue },
    h("b", {}, t("promised", { target: target(seconds) })),
    badge("met", t("kept", { n: number(kept) })),
    broken ? badge("breached", t("broken", { n: number(broken) })) : h("span", { class: "quiet" }, t("broken", { n: number(broken) })),
    overdue ? badge("breached", t("overdue", { n: number(overdue) })) : null,
    h("span", { class: "quiet" }, judged >= FEWEST ? t("share", { share: percent(kept / judged) }) : t("small")),
  );
}

/** @typedef {{ at: number, text: string }} Mark A target: its place on the scale, and its time. */

/**
 * Draws the targets as lines, each with its time above it, and the break of the scale.
 *
 * @param {Mark[]} marks
 * @param {Cells} cells
 * @returns {import("chart.js").Plugin<"line" | "bar">}
 */
const lineMarks = (marks, cells) => ({
  id: "marks",
  afterDatasetsDraw({ ctx, chartArea: { top, bottom }, scales: { x } }) {
    ctx.save();
    const ink = colour("ink");
    const surface = colour("surface");
    ctx.fillStyle = ink;
    ctx.font = `600 12px ${getComputedStyle(document.body).fontFamily}`;
    ctx.textBaseline = "top";
    for (const [i, { at, text }] of marks.entries()) {
      const left = x.getPixelForValue(at);
      ctx.strokeStyle = ink;
      ctx.lineWidth = 2;
      ctx.setLineDash([6, 3]);
      ctx.beginPath();
      ctx.moveTo(left, top);
      ctx.lineTo(left, bottom);
      ctx.stroke();
      ctx.textAlign = left > (x.left + x.right) / 2 ? "right" : "left";
      /** @type {[number, number]} */
      const place = [left + (ctx.textAlign === "right" ? -5 : 5), top + 2 + 15 * (i % ROWS)];
      // Bars may stand behind the text.
      ctx.setLineDash([]);
      ctx.strokeStyle = surface;
      ctx.lineWidth = 4;
      ctx.lineJoin = "round";
      ctx.strokeText(text, ...place);
      ctx.fillText(text, ...place);
    }
    const gap = cells.indexOf(null);
    if (gap >= 0) {
      ctx.setLineDash([]);
      ctx.strokeStyle = ink;
      ctx.lineWidth = 1.5;
      const middle = x.getPixelForValue(gap + 0.5);
      for (const shift of [-3, 3]) {
        ctx.beginPath();
        ctx.moveTo(middle + shift - 3, bottom + 5);
        ctx.lineTo(middle + shift + 3, bottom - 5);
        ctx.stroke();
      }
    }
    ctx.restore();
  },
});
