// Satisfaction: how customers rate, by how long they waited for the first answer, and from week to week.

import { chart, colour } from "./charts.js";
import { h, put } from "./dom.js";
import { FEWEST, counted, shareBar, shareInterval, shareRange, tooFew } from "./figures.js";
import { empty, panel, segmented, stat, stats, table } from "./parts.js";
import { spanPicker } from "./span.js";
import { day, number, percent, target, texts } from "./text.js";

const t = texts({
  en: {
    title: "Satisfaction",
    all: "All ratings",
    ratings: "Ratings",
    rate: "Survey response rate",
    mean: "Mean rating",
    out_of: "out of 5",
    share: "Rated 4 or 5",
    before: "{value} before: {verdict}",
    "better": "better",
    "worse": "worse",
    "no difference shown": "no difference shown",
    "too few": "too few to compare",
    "too early": "too early to say",
    before_lead: "Compared with the span of equal length before. “Too early” means that ratings may still come in.",
    bands: "By first response time",
    bands_lead: "Ratings of tickets, by how long their customers waited for the first answer, round the clock.",
    band: "First response time",
    up_to: "Up to {time}",
    from_to: "{low} to {high}",
    over: "Over {time}",
    no_ratings: "no ratings",
    unanswered: ({ n }) => `${n} of the ratings belong to tickets that never had a reply, and are in no band.`,
    said: "Of the bands with at least {fewest} ratings, the share rated 4 or 5 is {high} where the first answer came {fast}, and {low} where it came {slow}.",
    proof: "That customers who waited longer rate lower does not by itself prove that the wait is why.",
    counted: "Ratings of tickets created in the span; the last rating of a ticket counts. The response rate is the share of the tickets ever resolved that were rated. Bands are of the first response time round the clock, their upper end included. Ranges are of 95 % confidence (Wilson).",
    few_note: "Bands and points of fewer than {fewest} ratings are marked: of so few nothing is claimed.",
    time: "Over time",
    every: "Each",
    day: "Day",
    week: "Week",
    month: "Month",
    point: "From",
    time_summary: ({ n, ratings, low, high, few }) =>
      `${ratings} ratings of tickets created in ${n} periods.${low ? ` The share rated 4 or 5 lies between ${low} and ${high} where there are at least 30 ratings.` : ""}${few === "0" ? "" : ` ${few} periods have fewer than 30 ratings, and are drawn hollow.`}`,
    time_counted: "A ticket’s rating counts in the day, week or month in which the ticket was created. The latest points still change: tickets that are open now will be rated later.",
    nothing: "No customer has rated a ticket of this span",
    nothing_hint: "Choose a longer or an earlier span. Ratings come with the events of sources that ask customers for them.",
  },
  zh: {
    title: "满意度",
    all: "全部评价",
    ratings: "评价数",
    rate: "评价参与率",
    mean: "平均评分",
    out_of: "满分 5 分",
    share: "满意率（4 分和 5 分）",
    before: "上期 {value}：{verdict}",
    "better": "改善",
    "worse": "变差",
    "no difference shown": "无显著差异",
    "too few": "样本不足",
    "too early": "尚待观察",
    before_lead: "与此前同等长度的时间范围比较。“尚待观察”是指仍可能收到新的评价。",
    bands: "按首次响应时间",
    bands_lead: "按客户等待首次响应的时间（自然时间）列出工单的评价。",
    band: "首次响应时间",
    up_to: "{time}以内",
    from_to: "{low}至{high}",
    over: "超过 {time}",
    no_ratings: "无评价",
    unanswered: ({ n }) => `其中 ${n} 条评价所属的工单从未得到回复，不列入任何一档。`,
    said: "在评价不少于 {fewest} 条的各档中，首次响应时间为{fast}的满意率为 {high}，{slow}的为 {low}。",
    proof: "等待较久的客户评分较低，这本身并不能证明等待就是原因。",
    counted: "统计在所选时间范围内创建的工单的评价，一张工单以最后一次评价为准。评价参与率为曾经解决的工单中收到评价的比例。各档按首次响应的自然时间划分，含上限。区间为 95% 置信区间（Wilson）。",
    few_note: "不足 {fewest} 条评价的档次和时间点另有标记，不作结论。",
    time: "变化趋势",
    every: "每",
    day: "日",
    week: "周",
    month: "月",
    point: "起始",
    time_summary: ({ n, ratings, low, high, few }) => `${n} 个时段内创建的工单共有 ${ratings} 条评价。${low ? `评价不少于 30 条的时段，满意率在 ${low} 至 ${high} 之间。` : ""}${few === "0" ? "" : `${few} 个时段不足 30 条评价，以空心点表示。`}`,
    time_counted: "评价计入工单创建的日、周或月。最近的时段还会变化：目前未解决的工单以后才会收到评价。",
    nothing: "该时间范围内的工单尚未收到客户评价",
    nothing_hint: "请选择更长或更早的时间范围。评价来自会征询客户意见的来源所发送的事件。",
  },
});

/** @type {("day" | "week" | "month")[]} */
const EVERY = ["day", "week", "month"];

/** @param {Page.Page} page */
export function open(page) {
  const span = spanPicker(page);
  const [figures, time] = [h("div", { class: "stacked" }), h("div", {})];
  const every = EVERY.find((one) => one === page.query.every) ?? (span.days > 200 ? "month" : span.days > 13 ? "week" : "day");
  page.title(t("title"), span.words);
  page.tools(span.elements);
  put(page.root, figures, time);
  page.load(figures, () => page.ask("reports/summary", span.ask), show);
  page.load(time, () => page.ask("reports/trends", { ...span.ask, every }), (found) => overTime(page, found, every));
}

/** @param {Answer.Summary} summary */
function show(summary) {
  const found = summary.total.satisfaction;
  if (!found.ratings) return panel(t("all"), empty(t("nothing"), t("nothing_hint")), counted(t("counted")));
  return [overall(summary, found), bands(found)];
}

/**
 * @param {Answer.Summary} summary
 * @param {Answer.Satisfaction} found
 */
function overall(summary, found) {
  /** @type {(name: string, told: (value: number) => string) => string | null} */
  const before = (name, told) => {
    const { before: value, verdict } = summary.change[name];
    return value === null ? null : t("before", { value: told(value), verdict: t(verdict) });
  };
  /** @type {(name: string, ...of: Parameters<typeof stat>) => HTMLElement} */
  const figure = (name, ...of) => {
    const one = stat(...of);
    one.dataset.figure = name;
    return one;
  };
  /** @type {(value: number | null) => string} */
  const mean = (value) => value?.toFixed(2) ?? "—";
  const interval = shareInterval(found.satisfied_share, found.ratings);
  return h(
    "section",
    { class: "panel", "data-part": "overall" },
    h("h2", {}, t("all")),
    stats(
      figure("ratings", t("ratings"), found.ratings),
      figure("response_rate", t("rate"), percent(found.response_rate), { note: before("satisfaction.response_rate", percent) }),
      figure("mean", t("mean"), mean(found.mean), { note: [t("out_of"), before("satisfaction.mean", mean)].filter(Boolean).join(" · ") }),
      figure("satisfied_share", t("share"), percent(found.satisfied_share), {
        note: [interval && shareRange(interval), before("satisfaction.satisfied_share", percent)].filter(Boolean).join(" · "),
      }),
    ),
    h("div", { class: "notes" }, counted(t("counted"), t("before_lead"))),
  );
}

/** @param {Answer.Satisfaction} found */
function bands(found) {
  const named = found.by_response_time.map((band, i, all) => {
    const below = i ? target(all[i - 1].up_to_seconds) : null;
    const edge = band.up_to_seconds === null ? null : target(band.up_to_seconds);
    return { ...band, key: String(band.up_to_seconds ?? "over"), name: edge === null ? t("over", { time: below }) : below === null ? t("up_to", { time: edge }) : t("from_to", { low: below, high: edge }) };
  });
  const sure = named.filter((one) => one.n >= FEWEST);
  const outside = found.ratings - named.reduce((sum, one) => sum + one.n, 0);
  const most = Math.max(...named.map((one) => one.n));
  const [fast, slow] = [sure[0], sure[sure.length - 1]];
  const drawn = table(
    t("bands"),
    [
      { key: "band", name: t("band"), head: true, of: (row) => row.name },
      {
        key: "n",
        name: t("ratings"),
        of: (row) => h("span", { class: "count-bar" }, h("span", {}, number(row.n)), h("i", { "aria-hidden": "true", hidden: !row.n, style: { width: `${(row.n / most) * 100}%` } }), row.n && row.n < FEWEST ? tooFew() : null),
      },
      { key: "mean", name: t("mean"), figure: true, of: (row) => (row.n ? h("span", { class: row.n < FEWEST ? "small" : null }, row.mean?.toFixed(2)) : "—") },
      { key: "satisfied_share", name: t("share"), of: (row) => (row.n ? shareBar(row.satisfied_share, shareInterval(row.satisfied_share, row.n), { few: row.n < FEWEST }) : h("span", { class: "quiet" }, t("no_ratings"))) },
    ],
    named,
    { quiet: true },
  );
  drawn.classList.add("bands");
  return h(
    "section",
    { class: "panel", "data-part": "bands" },
    h("h2", {}, t("bands")),
    h("p", { class: "lead" }, t("bands_lead")),
    drawn,
    sure.length > 1
      ? h("p", { class: "said" }, t("said", { fewest: FEWEST, high: percent(fast.satisfied_share, 0), fast: fast.name.toLowerCase(), low: percent(slow.satisfied_share, 0), slow: slow.name.toLowerCase() }), " ", h("span", { class: "quiet" }, t("proof")))
      : null,
    outside ? h("p", { class: "quiet" }, t("unanswered", { n: number(outside) })) : null,
    h("div", { class: "notes" }, counted(t("counted"), t("few_note", { fewest: FEWEST }))),
  );
}

/**
 * @param {Page.Page} page
 * @param {Answer.Trends} found
 * @param {typeof EVERY[number]} every
 */
function overTime(page, found, every) {
  const { points } = found;
  const ratings = points.reduce((sum, one) => sum + one.ratings, 0);
  if (!ratings) return null;
  const sure = points.flatMap((one) => (one.ratings >= FEWEST && one.satisfied_share !== null ? [one.satisfied_share] : []));
  const few = points.filter((one) => one.ratings && one.ratings < FEWEST).length;
  /** @param {Answer.Point} one */
  const begin = (one) => day(Date.parse(one.from), found.timezone);
  const labels = points.map(begin);
  const [line, bars, surface] = [colour("series-1"), colour("ink-3", 0.28), colour("surface")];
  /** @param {Answer.Point} one */
  const isFew = (one) => one.ratings < FEWEST;
  const most = Math.max(...points.map((one) => one.ratings));
  /** @type {import("./charts.js").Config} */
  const config = {
    data: {
      labels,
      datasets: [
        {
          type: "line",
          label: t("share"),
          data: points.map((one) => one.satisfied_share),
          borderColor: line,
          backgroundColor: line,
          pointBackgroundColor: points.map((one) => (isFew(one) ? surface : line)),
          pointBorderColor: line,
          pointBorderWidth: 2,
          pointRadius: 5,
          pointHoverRadius: 6,
          borderWidth: 2,
          segment: { borderDash: ({ p0DataIndex, p1DataIndex }) => (isFew(points[p0DataIndex]) || isFew(points[p1DataIndex]) ? [4, 4] : undefined) },
          spanGaps: true,
          tension: 0,
          yAxisID: "y",
        },
        { type: "bar", label: t("ratings"), data: points.map((one) => one.ratings), backgroundColor: bars, borderRadius: 3, yAxisID: "n", maxBarThickness: 48 },
      ],
    },
    options: {
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { grid: { display: false }, ticks: { maxRotation: 0, autoSkipPadding: 16 } },
        y: { min: 0, max: 1, title: { display: true, text: t("share") }, ticks: { stepSize: 0.25, callback: (value) => percent(Number(value), 0) } },
        // The ratings are the ground of the shares: they stay in the lower third.
        n: { min: 0, suggestedMax: most * 3, position: "right", grid: { display: false }, title: { display: true, text: t("ratings") }, ticks: { precision: 0, callback: (value) => (Number(value) <= most * 1.3 ? number(Number(value)) : "") } },
      },
      plugins: {
        tooltip: {
          callbacks: {
            label: ({ dataset, dataIndex }) => {
              const one = points[dataIndex];
              if (dataset.type === "bar") return `${dataset.label}: ${number(one.ratings)}`;
              return `${dataset.label}: ${percent(one.satisfied_share)}${isFew(one) ? ` (${t("too few")})` : ""}`;
            },
          },
        },
      },
    },
  };
  const drawn = chart({
    name: t("time"),
    summary: t("time_summary", { n: number(points.length), ratings: number(ratings), low: sure.length ? percent(Math.min(...sure), 0) : null, high: sure.length ? percent(Math.max(...sure), 0) : null, few: number(few) }),
    config,
    figures: {
      columns: [
        { key: "from", name: t("point"), head: true, of: begin },
        { key: "ratings", name: t("ratings"), figure: true, of: (row) => [number(row.ratings), row.ratings && isFew(row) ? [" ", tooFew()] : null] },
        { key: "satisfied_share", name: t("share"), of: (row) => (row.ratings ? shareBar(row.satisfied_share, shareInterval(row.satisfied_share, row.ratings), { few: isFew(row) }) : "—") },
      ],
      rows: points.map((one) => ({ ...one, key: one.from })),
    },
    signal: page.signal,
  });
  return h(
    "section",
    { class: "panel", "data-part": "time" },
    h("div", { class: "panel-head" }, h("h2", {}, t("time")), segmented(t("every"), EVERY.map((one) => [one, t(one)]), every, (one) => page.set({ every: one }))),
    drawn,
    h("div", { class: "notes" }, counted(t("time_counted"), t("few_note", { fewest: FEWEST }))),
  );
}
