// Breakdown: what goes with long times, where the time goes, and the figures of groups.

import { once } from "./api.js";
import { language } from "./choices.js";
import { h, put } from "./dom.js";
import { DIMENSIONS, FEWEST, MEASURES, PHASES, assumptions, counted, dimensionName, shareBar, tooFew, valueName, valueOrder } from "./figures.js";
import { asTable, empty, icon, link, loading, panel, picker, segmented, table } from "./parts.js";
import { readSpan, spanPicker } from "./span.js";
import { METRICS, capital, duration, listed, number, percent, texts, word } from "./text.js";

const t = texts({
  en: {
    title: "Breakdown",
    causes: "What lengthens the times",
    causes_lead: "How much of the spread of each time goes with a property of the tickets, the strongest first, and which groups stand out. Open one to see its groups below.",
    spread: "Phases of a ticket’s life",
    median: "median {time}",
    cases: ({ n, censored }) => `${n} completed${censored === "0" ? "" : `, ${censored} not completed`}`,
    explains: "explains {share} of the spread",
    longer: "takes longer",
    shorter: "takes less time",
    pairs: "In {n} of 100 pairs, a ticket of {group} took longer than one of the rest.",
    rest: "the rest",
    none: "No property of the tickets explains more of it than chance would.",
    none_at_all: "Nothing stands out: no property of the tickets explains a notable part of the differences.",
    group_none: "No single group stands out: the difference is spread over all of them.",
    explained: "{dimension}: explained by {by}",
    explained_lead: "Explained by a stronger cause",
    all: "Every property against every time",
    all_lead: "Shares of the spread explained. ● a cause; ○ explained by a stronger cause; the rest is not told from chance, or less than {least}.",
    cause_cell: "{measure} by {dimension}: {share} of the spread, a cause (by chance {chance}; {n} tickets in {groups} groups)",
    explained_cell: "{measure} by {dimension}: {share} of the spread, explained by {by} (by chance {chance}; {n} tickets in {groups} groups)",
    chance_cell: "{measure} by {dimension}: {share} of the spread, not told from chance or negligible (by chance {chance}; {n} tickets in {groups} groups)",
    no_cell: "{measure} by {dimension}: no two groups to compare",
    property: "Property",
    causes_counted: "Tickets created in the span, as known at the last build of their figures. What is told is the share of the spread of ranks that goes with the groups (epsilon squared), once stronger causes are taken out; what is less than {least}, or could be chance (p {p} corrected for all comparisons), is left out.",
    censored: "“Not completed” are times of which it is only known that they are longer: most are of tickets still open. Medians count them in (Kaplan–Meier).",
    time: "Where the time goes",
    time_mean: "Per ticket",
    time_share: "Shares",
    time_scale: "Scale",
    time_all: "All tickets",
    time_counted: "Tickets created in the span, each from its creation until it was resolved, or until now: {n} are not resolved yet, and count with their time so far. The sum of each phase over the tickets of a group is divided by their number; a few very long ones weigh heavily in it. Groups of fewer than {fewest} tickets are left out, and all but the {most} largest.",
    time_row: "{group}: {phases}",
    phase_words: "{phase} {time} ({share})",
    unresolved: "not resolved",
    total: "all",
    groups: "Groups",
    by: "By",
    and: "and by",
    metric: "Time",
    hours: "Hours counted",
    clock_round: "Round the clock",
    clock_business: "Service hours",
    tickets: "Tickets",
    n: "Completed",
    p50: "Median",
    p90: "90th percentile",
    p95: "95th percentile",
    compliance: "Compliance",
    reopened: "Reopened",
    satisfied: "Satisfied",
    censored_n: "Not completed",
    everyone: "All tickets",
    caption: "{metric} by {by}, {n} groups",
    sort: "Sort by {column}",
    rows: ({ n }) => `Show all ${n} groups`,
    left_out: "{n} smaller groups are not listed; the sum counts them.",
    groups_counted: "Tickets created in the span. Percentiles are by nearest rank, of the clocks that ended (of first responses, those that a reply ended); what has not ended is counted under “not completed”. Compliance is the promises kept of those kept or broken, the mark on its bar its 95 % confidence interval. Reopened: of the tickets ever resolved. Satisfied: ratings of 4 or 5, of all ratings (their number in brackets).",
    groups_few: "Of fewer than {fewest} cases a figure says little: such figures are marked, and such groups come last whatever the order.",
    nothing: "No tickets in this span",
    nothing_hint: "Choose a longer or an earlier span.",
  },
  zh: {
    title: "细分",
    causes: "影响时间的因素",
    causes_lead: "各项时间的差异中，可由工单的某一属性解释的比例，由高到低排列，并列出突出的组。点击可在下方查看该属性的各组数据。",
    spread: "工单的各个阶段",
    median: "中位数 {time}",
    cases: ({ n, censored }) => `已完成 ${n} 例${censored === "0" ? "" : `，未完成 ${censored} 例`}`,
    explains: "可解释 {share} 的差异",
    longer: "耗时较长",
    shorter: "耗时较短",
    pairs: "随机各取一张工单比较，100 次中有 {n} 次是“{group}”的耗时更长。",
    rest: "其他工单",
    none: "工单的各项属性都不能解释超出偶然的差异。",
    none_at_all: "未发现突出因素：工单的各项属性都不足以明显解释差异。",
    group_none: "没有单独突出的组，差异分散在各组之间。",
    explained: "{dimension}：可由{by}解释",
    explained_lead: "可由更主要因素解释",
    all: "全部属性与各项时间",
    all_lead: "可解释的差异比例。● 因素；○ 可由更主要因素解释；其余与偶然无法区分，或低于 {least}。",
    cause_cell: "{measure}，按{dimension}：可解释 {share} 的差异，为影响因素（偶然为 {chance}；{groups} 组共 {n} 张工单）",
    explained_cell: "{measure}，按{dimension}：可解释 {share} 的差异，可由{by}解释（偶然为 {chance}；{groups} 组共 {n} 张工单）",
    chance_cell: "{measure}，按{dimension}：可解释 {share} 的差异，与偶然无法区分或可忽略（偶然为 {chance}；{groups} 组共 {n} 张工单）",
    no_cell: "{measure}，按{dimension}：不足两组，无法比较",
    property: "属性",
    causes_counted: "统计在所选时间范围内创建的工单，以最近一次统计时的记录为准。所示为各组可解释的排名差异比例（ε²），已先排除更主要的因素；低于 {least} 或可能出于偶然（经全部比较校正后 p 不小于 {p}）的不列出。",
    censored: "“未完成”是指最终耗时尚不可知、只知道会更长的情况，大多为尚未结束的工单。中位数已将其计算在内（Kaplan–Meier 估计）。",
    time: "时间花在哪里",
    time_mean: "每张工单",
    time_share: "占比",
    time_scale: "刻度",
    time_all: "全部工单",
    time_counted: "统计在所选时间范围内创建的工单，自创建起至解决止，未解决的计至目前：其中 {n} 张尚未解决，按目前已用时间计入。每组各阶段时间之和除以工单数；少数耗时极长的工单影响较大。不足 {fewest} 张工单的组不列出，最多列出最大的 {most} 组。",
    time_row: "{group}：{phases}",
    phase_words: "{phase} {time}（{share}）",
    unresolved: "未解决",
    total: "合计",
    groups: "各组数据",
    by: "按",
    and: "再按",
    metric: "时间",
    hours: "计时方式",
    clock_round: "自然时间",
    clock_business: "服务时间",
    tickets: "工单数",
    n: "已完成",
    p50: "中位数",
    p90: "第 90 百分位数",
    p95: "第 95 百分位数",
    compliance: "达标率",
    reopened: "重新打开率",
    satisfied: "满意率",
    censored_n: "未完成",
    everyone: "全部工单",
    caption: "{metric}，按{by}，共 {n} 组",
    sort: "按{column}排序",
    rows: ({ n }) => `显示全部 ${n} 组`,
    left_out: "另有 {n} 个较小的组未列出；合计包含它们。",
    groups_counted: "统计在所选时间范围内创建的工单。百分位数按最近排位法，只计已结束的计时（首次响应只计以回复结束的）；尚未结束的列入“未完成”。达标率为已判定的承诺中按时兑现的比例，条上的标记为其 95% 置信区间。重新打开率以曾经解决的工单为准。满意率为 4 分和 5 分在全部评价中的比例（括号内为评价数）。",
    groups_few: "不足 {fewest} 例的数据说明不了问题：此类数据另有标记，此类组无论如何排序都列在最后。",
    nothing: "该时间范围内没有工单",
    nothing_hint: "请选择更长或更早的时间范围。",
  },
});

/** @type {Answer.Measure[]} */
const CUSTOMER = ["first_response", "resolution"]; // what customers notice; the phases say where it comes from
/** @type {Answer.Phase[]} */
const STAGES = ["before_assignment", "before_first_reply", "on_us", "on_customer", "on_third_parties"];
const [SHOWN, DRAWN] = [40, 24]; // rows of the table, until all are wanted, and bars
/** @type {Answer.Metric[]} */
const METRIC_NAMES = ["first_response", "next_response", "resolution", "total_response"];

/** @typedef {Answer.Figures & { group?: Answer.Group } & Page.RowLook} Row A group, or all of them. */
/**
 * How rows are sorted by a column: as texts or as numbers, null where a row has nothing to compare.
 *
 * @typedef {{ text?: boolean, sort(row: Row): string | number | null }} Order
 */
/** @typedef {Page.Column<Row> & Order & { key: string, name: string }} Sortable */

/**
 * A share of the spread: whole percents, tenths of small ones.
 *
 * @param {number} share
 */
const part = (share) => percent(share, share < 0.1 ? 1 : 0);
/** @param {Answer.Cases} cases */
const caseWords = ({ n, censored }) => t("cases", { n: number(n), censored: number(censored) });
/** @param {Page.Query} query */
const splitBy = (query) => (query.by ?? "channel").split(",").filter(Boolean).slice(0, 2);

/** @param {Page.Page} page */
export function open(page) {
  let query = page.query;
  /** @type {{ summary: Answer.Summary, by: string[] } | null} */
  let found = null;
  const causesHost = h("div", { class: "causes-host" }, loading());
  const timeHost = h("div", {}, loading());
  const groupsHost = h("div", {}, loading());
  let all = false;

  page.title(t("title"), readSpan(query).words);
  page.tools(spanPicker(page).elements);
  put(page.root, causesHost, timeHost, groupsHost);
  load(true);

  /** @param {boolean} anew Whether the causes are to be asked for, too. */
  function load(anew) {
    const by = splitBy(query);
    const asked = { ...readSpan(query).ask, by: by.join(",") };
    const causes = once(() => page.ask("reports/causes", asked));
    if (anew) page.load(causesHost, causes, showCauses);
    page.load(timeHost, causes, (of) => showTime(of, by));
    return page.load(groupsHost, () => page.ask("reports/summary", asked), (summary) => {
      found = { summary, by };
      return showGroups(summary, by);
    });
  }

  /**
   * The query changed: what does not depend on the change stays as it is.
   *
   * @param {Page.Query} next
   */
  function update(next) {
    const before = query;
    query = next;
    /** @param {...string} names */
    const changed = (...names) => names.some((name) => before[name] !== next[name]);
    if (changed("from", "to", "days", "tenant")) {
      page.query = next;
      page.title(t("title"), readSpan(query).words);
      page.tools(spanPicker(page).elements);
      load(true);
    } else if (changed("by")) {
      all = false;
      load(false).then(() => page.signal.aborted || groupsHost.querySelector("select")?.focus({ preventScroll: true }));
    } else if (changed("time")) {
      load(false);
    } else {
      redraw();
    }
  }

  /** Draws the groups anew, keeping the focus where it was. */
  function redraw() {
    if (!found) return;
    const held = document.activeElement?.closest("[data-control]")?.getAttribute("data-control");
    put(groupsHost, showGroups(found.summary, found.by));
    if (held) {
      const host = groupsHost.querySelector(`[data-control="${held}"]`);
      const taker = host instanceof HTMLButtonElement ? host : host?.querySelector('select, [aria-pressed="true"]');
      if (taker instanceof HTMLElement) taker.focus({ preventScroll: true });
    }
  }

  /** @param {string} dimension */
  const toGroups = (dimension) => page.link("breakdown", { ...query, by: dimension, sort: null });

  // What explains the spread

  /** @param {Answer.Causes} causes */
  function showCauses(causes) {
    if (!causes.tickets) return panel(t("causes"), empty(t("nothing"), t("nothing_hint")));
    const { thresholds } = causes;
    const head = h("p", { class: "lead" }, causes.causes.length ? t("causes_lead") : t("none_at_all"));
    /** @type {(measures: Answer.Measure[], look?: string) => HTMLElement} */
    const cards = (measures, look = "cards") => h("div", { class: look }, measures.map((measure) => card(causes, measure)));
    return panel(
      t("causes"),
      head,
      cards(CUSTOMER),
      h("h3", { class: "between" }, t("spread")),
      cards(STAGES, "cards three"),
      h(
        "div",
        { class: "notes" },
        matrix(causes),
        counted(t("causes_counted", { least: percent(thresholds.effect, 0), p: `≥ ${thresholds.p}` }), t("censored")),
        assumptions(causes.assumptions, thresholds.group),
      ),
    );
  }

  /**
   * @param {Answer.Causes} causes
   * @param {Answer.Measure} measure
   */
  function card(causes, measure) {
    const summed = causes.measures[measure];
    const own = causes.causes.filter((one) => one.measure === measure);
    const weaker = summed.dimensions.flatMap(({ dimension, explained_by: by }) => (by?.length ? [{ dimension, by }] : []));
    const title = capital(word(MEASURES, measure));
    return h(
      "section",
      { class: own.length ? "card" : "card quiet-card", "data-measure": measure, "aria-label": title },
      h("header", {}, h("h3", {}, title), h("p", { class: "quiet" }, t("median", { time: duration(summed.kaplan_meier_median_seconds) }), " · ", caseWords(summed))),
      own.length ? h("ol", { class: "found" }, own.map(cause)) : h("p", { class: "quiet" }, t("none")),
      weaker.length
        ? h(
            "p",
            { class: "quiet explained" },
            weaker.map((one) => h("span", {}, t("explained", { dimension: capital(dimensionName(one.dimension)), by: listed(one.by.map(dimensionName), "conjunction") }))),
          )
        : null,
    );
  }

  /** @param {Answer.Cause} one */
  function cause(one) {
    const name = capital(dimensionName(one.dimension));
    return h(
      "li",
      { "data-cause": `${one.measure}:${one.dimension}` },
      h(
        "a",
        { class: "cause", href: toGroups(one.dimension) },
        h("b", {}, name),
        " ",
        h("span", {}, t("explains", { share: part(one.effect) })),
        icon("M9 6l6 6-6 6"),
        h("span", { class: "effect", "aria-hidden": "true" }, h("i", { style: { width: `${one.effect * 100}%` } })),
      ),
      one.stand_out.length ? h("ul", { class: "stand-out" }, one.stand_out.map((group) => standOut(one.dimension, group))) : h("p", { class: "quiet" }, t("group_none")),
    );
  }

  /**
   * @param {string} dimension
   * @param {Answer.StandOut} group
   */
  function standOut(dimension, group) {
    const [inside, outside] = [group.inside.kaplan_meier_median_seconds, group.outside.kaplan_meier_median_seconds];
    const top = Math.max(inside ?? 0, outside ?? 0) || 1;
    const name = valueName(dimension, group.group);
    /** @type {(who: string, seconds: number | null, of: Answer.Cases, strong: boolean) => HTMLElement} */
    const line = (who, seconds, of, strong) =>
      h(
        "p",
        { class: strong ? "against strong" : "against" },
        h("span", { class: "who" }, who),
        h("span", { class: "time" }, duration(seconds)),
        h("span", { class: "length", "aria-hidden": "true" }, h("i", { style: { width: `${((seconds ?? top) / top) * 100}%` } })),
        h("span", { class: "quiet of", title: caseWords(of) }, `n ${number(of.n + of.censored)}`),
      );
    const pairs = t("pairs", { n: number(group.longer * 100, 0), group: name });
    return h(
      "li",
      { title: pairs, "data-group": group.group },
      h("span", { class: "hidden" }, `${name}: ${t(group.direction)}. ${pairs}`),
      line(name, inside, group.inside, true),
      line(t("rest"), outside, group.outside, false),
    );
  }

  /** @param {Answer.Causes} causes */
  function matrix(causes) {
    const measures = [...CUSTOMER, ...STAGES];
    const known = [...new Set(measures.flatMap((measure) => causes.measures[measure].dimensions.map((one) => one.dimension)))];
    const dimensions = DIMENSIONS.filter((one) => known.includes(one));
    /** @type {(measure: Answer.Measure, dimension: string) => Answer.Cause | undefined} */
    const isCause = (measure, dimension) => causes.causes.find((one) => one.measure === measure && one.dimension === dimension);
    /** @type {(measure: Answer.Measure, dimension: string) => HTMLElement} */
    const cell = (measure, dimension) => {
      const one = causes.measures[measure].dimensions.find((of) => of.dimension === dimension);
      const words = { measure: capital(word(MEASURES, measure)), dimension: dimensionName(dimension) };
      if (!one) return h("td", { class: "heat-none", title: t("no_cell", words) }, h("span", { class: "hidden" }, "—"));
      const strong = isCause(measure, dimension);
      const kind = strong ? "cause" : one.explained_by?.length ? "explained" : "chance";
      const share = strong ? strong.effect : one.effect;
      const by = listed((one.explained_by ?? []).map(dimensionName), "conjunction");
      return h(
        "td",
        {
          class: `is-${kind} heat-${kind === "chance" ? 0 : Math.min(7, Math.ceil(Math.sqrt(share) * 7))}`,
          title: t(`${kind}_cell`, { ...words, share: part(share), by, chance: part(one.by_chance), n: number(one.n), groups: number(one.groups) }),
        },
        { cause: "● ", explained: "○ ", chance: "" }[kind],
        part(Math.max(0, share)),
      );
    };
    const details = h(
      "details",
      { class: "counted" },
      h("summary", {}, t("all")),
      h("p", { class: "lead" }, t("all_lead", { least: percent(causes.thresholds.effect, 0) })),
      h(
        "div",
        { class: "scroll", tabindex: "0", role: "region", "aria-label": t("all") },
        h(
          "table",
          { class: "heat volume matrix" },
          h("caption", { class: "hidden" }, t("all")),
          h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("property")), measures.map((measure) => h("th", { scope: "col" }, capital(word(MEASURES, measure)))))),
          h(
            "tbody",
            {},
            dimensions.map((dimension) => h("tr", {}, h("th", { scope: "row" }, link(toGroups(dimension), capital(dimensionName(dimension)))), measures.map((measure) => cell(measure, dimension)))),
          ),
        ),
      ),
    );
    return details;
  }

  // Where the time goes

  /**
   * @param {Answer.Causes} causes
   * @param {string[]} by
   */
  function showTime(causes, by) {
    const { total, groups } = causes.time;
    if (!total.shares) return null;
    const shares = query.time === "share";
    const large = groups.filter((one) => one.tickets >= FEWEST);
    const shown = sortedGroups(large.slice(0, DRAWN), by);
    /** @type {(Answer.PhaseTimes & { name: string, key: string })[]} */
    const rows = [{ name: t("time_all"), key: "", ...total }, ...shown.map((one) => ({ name: by.map((dimension) => valueName(dimension, one.group[dimension])).join(" · "), key: keyOf(one, by), ...one }))];
    /** @typedef {typeof rows[number]} Life */
    /** @type {(row: Life, phase: Answer.Phase) => number} */
    const mean = (row, phase) => row.seconds[phase] / row.tickets;
    /** @param {Life} row */
    const whole = (row) => STAGES.reduce((sum, phase) => sum + mean(row, phase), 0);
    const top = Math.max(...rows.map(whole));
    /** @param {Life} row */
    const words = (row) => STAGES.map((phase) => t("phase_words", { phase: word(PHASES, phase), time: duration(mean(row, phase)), share: percent(row.shares?.[phase] ?? 0, 0) }));
    /** @param {Life} row */
    const bar = (row) =>
      h(
        "div",
        { class: "life", role: "img", "aria-label": t("time_row", { group: row.name, phases: listed(words(row), "unit") }) },
        STAGES.map((phase) => {
          const width = ((shares ? row.shares?.[phase] ?? 0 : mean(row, phase) / top) * 100);
          return h("i", { class: phase, style: { width: `${width}%` }, title: t("phase_words", { phase: word(PHASES, phase), time: duration(mean(row, phase)), share: percent(row.shares?.[phase] ?? 0, 0) }) }, width > 7 ? h("span", {}, percent(row.shares?.[phase], 0)) : null);
        }),
      );
    /** @type {["share" | null, string][]} */
    const scales = [[null, t("time_mean")], ["share", t("time_share")]];
    const scale = segmented(t("time_scale"), scales, shares ? "share" : null, (one) => page.set({ time: one }, { replace: true }));
    return h(
      "section",
      { class: "panel time", "data-part": "time" },
      h("div", { class: "panel-head" }, h("h2", {}, t("time")), scale),
      h("ul", { class: "key" }, STAGES.map((phase) => h("li", {}, h("i", { class: phase, "aria-hidden": "true" }), capital(word(PHASES, phase))))),
      h(
        "div",
        { class: "lives" },
        rows.map((row) =>
          h("div", { class: row.key === "" ? "life-row sum" : "life-row", "data-row": row.key }, h("span", { class: "who" }, row.name, " ", h("small", { class: "quiet" }, number(row.tickets))), bar(row), h("span", { class: "figure" }, duration(whole(row)))),
        ),
      ),
      h(
        "div",
        { class: "notes" },
        asTable(
          t("time"),
          [
            { name: listed(by.map((one) => capital(dimensionName(one))), "unit"), of: (/** @type {Life} */ row) => row.name, head: true },
            { name: t("tickets"), of: (row) => number(row.tickets), figure: true },
            { name: capital(t("unresolved")), of: (row) => number(row.unresolved), figure: true },
            ...STAGES.map((phase) => ({ name: capital(word(PHASES, phase)), of: (/** @type {Life} */ row) => duration(mean(row, phase)), figure: true })),
            { name: capital(t("total")), of: (row) => duration(whole(row)), figure: true },
          ],
          rows,
        ),
        counted(t("time_counted", { n: number(total.unresolved), fewest: FEWEST, most: DRAWN })),
      ),
    );
  }

  // Groups

  /**
   * @param {Answer.Summary} summary
   * @param {string[]} by
   */
  function showGroups(summary, by) {
    if (!summary.total.tickets.created) return panel(t("groups"), empty(t("nothing"), t("nothing_hint")));
    const metric = METRIC_NAMES.find((one) => one === query.metric) ?? METRIC_NAMES[0];
    const business = query.hours === "service";
    /** @param {Row} row */
    const clock = (row) => row.clocks[metric];
    /** @param {Row} row */
    const times = (row) => (business ? clock(row).business : clock(row));
    /** @param {Row} row */
    const judged = (row) => clock(row).kept + clock(row).broken + clock(row).overdue;
    /** @type {(text: string, n: number) => Page.Child} */
    const small = (text, n) => (n && n < FEWEST ? h("span", { class: "small" }, text) : text);
    /** @type {(key: string, name: string, percentile: keyof Answer.Percentiles) => Sortable} */
    const time = (key, name, percentile) => ({ key, name, sort: (row) => (clock(row).n < FEWEST ? null : times(row)[percentile]), of: (row) => small(duration(times(row)[percentile]), clock(row).n), figure: true });
    /** @type {Sortable[]} */
    const columns = [
      ...by.map((dimension, place) => /** @type {Sortable} */ ({
        key: dimension,
        name: capital(dimensionName(dimension)),
        head: place === 0,
        text: true,
        sort: (row) => valueOrder(dimension, row.group?.[dimension]),
        of: (row) => (row.group ? valueName(dimension, row.group[dimension]) : place ? "" : t("everyone")),
      })),
      { key: "tickets", name: t("tickets"), sort: (row) => row.tickets.created, of: (row) => [number(row.tickets.created), row.tickets.created < FEWEST ? [" ", tooFew()] : null], figure: true },
      time("median", t("p50"), "median_seconds"),
      time("p90", t("p90"), "percentile_90_seconds"),
      time("p95", t("p95"), "percentile_95_seconds"),
      { key: "n", name: t("n"), sort: (row) => clock(row).n, of: (row) => number(clock(row).n), figure: true },
      { key: "censored", name: t("censored_n"), sort: (row) => clock(row).censored, of: (row) => number(clock(row).censored), figure: true },
      {
        key: "compliance",
        name: t("compliance"),
        sort: (row) => (judged(row) < FEWEST ? null : clock(row).compliance),
        of: (row) => [shareBar(clock(row).compliance, clock(row).compliance_interval, { few: judged(row) < FEWEST }), judged(row) ? h("small", { class: "quiet" }, ` n ${number(judged(row))}`) : null],
      },
      { key: "reopened", name: t("reopened"), sort: (row) => (row.tickets.first_resolved < FEWEST ? null : row.reopen_rate), of: (row) => small(percent(row.reopen_rate), row.tickets.first_resolved), figure: true },
      {
        key: "satisfied",
        name: t("satisfied"),
        sort: (row) => (row.satisfaction.ratings < FEWEST ? null : row.satisfaction.satisfied_share),
        of: (row) => (row.satisfaction.ratings ? small(`${percent(row.satisfaction.satisfied_share, 0)} (${number(row.satisfaction.ratings)})`, row.satisfaction.ratings) : "—"),
        figure: true,
      },
    ];
    const natural = ["weekday", "hour", "hour_of_week"].includes(by[0]) ? by[0] : "-tickets";
    const wanted = (query.sort ?? natural).replace(/^-/, "");
    const column = columns.find((one) => one.key === wanted) ?? columns.find((one) => one.key === natural.replace(/^-/, "")) ?? columns[0];
    const sort = column.key === wanted ? (query.sort ?? natural) : natural;
    const ordered = inOrder(summary.groups, column, sort.startsWith("-"));
    const shown = all ? ordered : ordered.slice(0, SHOWN);
    /** @type {Row[]} */
    const rows = [...shown.map((row) => ({ ...row, key: keyOf(row, by), class: row.tickets.created < FEWEST ? "few-row" : null })), { ...summary.total, key: "", class: "sum" }];
    /** @type {Page.Column<Row>[]} */
    const heads = columns.map((column) => {
      const down = sort === `-${column.key}`;
      const sorted = down || sort === column.key;
      // The first click shows what one looks for: names from the first on, figures from the largest.
      const next = sorted ? (down ? column.key : `-${column.key}`) : column.text ? column.key : `-${column.key}`;
      return {
        ...column,
        sorted: sorted ? (down ? "descending" : "ascending") : null,
        name: h("button", { type: "button", class: "sort", "data-control": `sort-${column.key}`, title: t("sort", { column: column.name }), onclick: () => page.set({ sort: next }, { replace: true }) }, column.name, h("i", { "aria-hidden": "true" }, sorted ? (down ? "▼" : "▲") : "")),
      };
    });
    /** @type {[string, string][]} */
    const dimensions = [...new Set([...DIMENSIONS, ...by])].map((one) => [one, capital(dimensionName(one))]);
    const first = picker(t("by"), dimensions, by[0], (one) => page.set({ by: [one, by[1]].filter((of, i) => of && (!i || of !== one)).join(","), sort: null }), { all: false });
    const second = picker(t("and"), [["", "—"], ...dimensions.filter(([one]) => one !== by[0])], by[1] ?? "", (one) => page.set({ by: one ? `${by[0]},${one}` : by[0], sort: null }), { all: false });
    const which = picker(t("metric"), METRIC_NAMES.map((one) => [one, capital(word(METRICS, one))]), metric, (one) => page.set({ metric: one === METRIC_NAMES[0] ? null : one }), { all: false });
    /** @type {["service" | null, string][]} */
    const ways = [[null, t("clock_round")], ["service", t("clock_business")]];
    const hours = segmented(t("hours"), ways, business ? "service" : null, (one) => page.set({ hours: one }, { replace: true }));
    for (const [name, control] of Object.entries({ by: first, and: second, metric: which, hours })) control.dataset.control = name;
    const caption = t("caption", { metric: capital(word(MEASURES, metric)), by: listed(by.map(dimensionName), "conjunction"), n: number(summary.groups.length) });
    const drawn = table(caption, heads, rows);
    drawn.classList.add("groups");
    return h(
      "section",
      { class: "panel", "data-part": "groups", "data-by": by.join(",") },
      h("div", { class: "panel-head" }, h("h2", {}, t("groups")), h("div", { class: "controls" }, first, second, which, hours)),
      drawn,
      summary.groups_left_out ? h("p", { class: "quiet" }, t("left_out", { n: number(summary.groups_left_out) })) : null,
      ordered.length > shown.length ? h("button", { type: "button", class: "button more", "data-control": "more", onclick: () => { all = true; redraw(); } }, t("rows", { n: number(ordered.length) })) : null,
      h("div", { class: "notes" }, counted(t("groups_counted"), t("groups_few", { fewest: number(FEWEST) }))),
    );
  }

  return update;
}

/** @type {(row: { group: Answer.Group }, by: string[]) => string} */
const keyOf = (row, by) => by.map((dimension) => row.group[dimension] ?? "").join("|");

/**
 * Groups as the API gives them, the largest first; hours and weekdays as they follow each other.
 *
 * @template {{ group: Answer.Group }} Grouped
 * @param {Grouped[]} groups
 * @param {string[]} by
 */
function sortedGroups(groups, [by]) {
  if (!["weekday", "hour", "hour_of_week"].includes(by)) return groups;
  const order = collator();
  return groups.toSorted((one, other) => order.compare(valueOrder(by, one.group[by]), valueOrder(by, other.group[by])));
}

const collator = () => new Intl.Collator(language() === "zh" ? "zh-CN" : "en-GB", { numeric: true });

/**
 * Rows by a column; those of which it says nothing, or too little, last either way.
 *
 * @param {Answer.GroupFigures[]} rows
 * @param {Order} column
 * @param {boolean} down
 */
function inOrder(rows, column, down) {
  const order = collator();
  const sign = down ? -1 : 1;
  /** @type {(one: string | number, other: string | number) => number} */
  const compare = (one, other) => (column.text ? order.compare(String(one), String(other)) : Number(one) - Number(other));
  return rows
    .map((row) => ({ row, value: column.sort(row), few: !column.text && row.tickets.created < FEWEST }))
    .sort(
      (one, other) =>
        Number(one.value === null) - Number(other.value === null) ||
        Number(one.few) - Number(other.few) ||
        (one.value === null || other.value === null ? 0 : sign * compare(one.value, other.value)),
    )
    .map(({ row }) => row);
}
