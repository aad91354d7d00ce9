// What the evaluation finds, drawn and in words: names of dimensions, times and phases, shares with their intervals, and
// how a figure is counted.

import { h } from "./dom.js";
import { folded } from "./parts.js";
import { ATTRIBUTES, duration, number, percent, texts, word } from "./text.js";

const t = texts({
  en: {
    counted: "How this is counted",
    assumptions: "Method and assumptions",
    unknown: "not stated",
    few: "too few",
    few_title: "Fewer than {fewest}: not compared",
    to: "{low} to {high}",
    interval: "95 % confidence interval {low} to {high}",
  },
  zh: {
    counted: "统计口径",
    assumptions: "方法和假设",
    unknown: "未注明",
    few: "样本不足",
    few_title: "不足 {fewest} 例，不作比较",
    to: "{low}至{high}",
    interval: "95% 置信区间 {low}至{high}",
  },
});

/** Of how few values nothing is said by comparison: the evaluation's own rule. */
export const FEWEST = 30;

/** Dimensions that tickets are told apart by, in the order in which they are offered. */
export const DIMENSIONS = ["channel", "tier", "service_type", "priority", "category", "complexity", "brand", "language", "tags", "group", "agent", "standard", "weekday", "hour"];

const NAMES = {
  en: { ...ATTRIBUTES.en, agent: "agent", weekday: "weekday", hour: "hour", hour_of_week: "hour of the week" },
  zh: { ...ATTRIBUTES.zh, agent: "客服人员", weekday: "星期", hour: "时段", hour_of_week: "一周时段" },
};
export const MEASURES = {
  en: {
    first_response: "first response time",
    resolution: "resolution time",
    before_assignment: "time before assignment",
    before_first_reply: "time from assignment to the first reply",
    on_us: "our handling after the first reply",
    on_customer: "time waiting for the customer",
    on_third_parties: "time waiting for third parties",
    next_response: "next response time",
    total_response: "total response time",
  },
  zh: {
    first_response: "首次响应时间",
    resolution: "解决问题时间",
    before_assignment: "分配前的等待时间",
    before_first_reply: "分配后至首次回复的时间",
    on_us: "首次回复后的处理时间",
    on_customer: "等待客户的时间",
    on_third_parties: "等待第三方的时间",
    next_response: "后续响应时间",
    total_response: "总响应时间",
  },
};
export const PHASES = {
  en: {
    before_assignment: "before assignment",
    before_first_reply: "from assignment to the first reply",
    on_us: "with us after the first reply",
    on_customer: "waiting for the customer",
    on_third_parties: "waiting for third parties",
  },
  zh: {
    before_assignment: "分配之前",
    before_first_reply: "分配后至首次回复",
    on_us: "首次回复后由我方处理",
    on_customer: "等待客户",
    on_third_parties: "等待第三方",
  },
};
const WEEKDAYS = {
  en: { mon: "Monday", tue: "Tuesday", wed: "Wednesday", thu: "Thursday", fri: "Friday", sat: "Saturday", sun: "Sunday" },
  zh: { mon: "星期一", tue: "星期二", wed: "星期三", thu: "星期四", fri: "星期五", sat: "星期六", sun: "星期日" },
};
const ASSUMPTIONS = {
  en: {
    by_ranks: "Times are compared by rank, so that a few extreme cases do not decide the result.",
    unfinished_times_last_longer_than_seen: "Times that have not ended are taken to be longer than observed so far.",
    solved_unanswered_is_unfinished: "If a ticket is resolved without a reply, its first response counts as not completed: the customer would have waited longer.",
    phases_unfinished_until_resolved: "Until a ticket is resolved, its phases count as not completed.",
    small_groups_left_out: "Groups of fewer than {fewest} tickets are left out.",
    stronger_causes_taken_out: "The effect of stronger causes is removed before weaker ones are examined.",
    outstanding_groups_set_aside_one_by_one: "Groups that stand out are set aside one at a time before the rest are compared, so that one slow group does not make all the others look fast.",
    association_is_not_proof: "A difference between groups does not in itself prove its cause.",
    since_assignment_or_oldest_unanswered_message: "An answer’s time counts from the later of two: when the agent was assigned, and the oldest message not yet answered.",
    answers_by_who_holds_the_ticket: "Only answers by whoever has the ticket are counted; who helps out on another’s ticket is not measured.",
    round_the_clock: "Times are round the clock: nights, days off and holidays are in them.",
    reopening_counts_for_who_held_it_when_resolved: "A reopening counts for whoever had the ticket when it was resolved.",
    work_differs_between_agents: "Agents do different work. Who has the harder tickets takes longer.",
    arrivals_by_chance: "Customers arrive independently of one another.",
    handling_times_exponential: "Handling times vary around their mean as the Erlang C model assumes (exponentially).",
    one_ticket_at_a_time: "Each agent works on one ticket at a time.",
    nobody_gives_up: "Customers wait until they are answered.",
    agents_of_one_channel: "Each agent works on one channel only; breaks and absences must be added.",
    strictest_promise_for_all_of_a_channel: "All tickets of a channel are planned for at the strictest promise made on it.",
    work_spread_over_the_time_promised: "Work that is not due at once is spread over the service hours until it is due.",
    each_hour_by_itself: "Each hour is calculated on its own; no backlog is carried over from the hour before.",
    as_many_come_as_came: "Future arrivals are as numerous as those in the span evaluated.",
  },
  zh: {
    by_ranks: "按时间长短的排名进行比较，个别极端情况不会左右结果。",
    unfinished_times_last_longer_than_seen: "尚未结束的时间，视为长于目前已观察到的时间。",
    solved_unanswered_is_unfinished: "未经回复即告解决的工单，其首次响应视为尚未结束，因为客户本会等待更久。",
    phases_unfinished_until_resolved: "工单解决之前，各阶段均视为尚未结束。",
    small_groups_left_out: "不足 {fewest} 张工单的组不参与比较。",
    stronger_causes_taken_out: "先排除影响更大的因素，再考察影响较小的因素。",
    outstanding_groups_set_aside_one_by_one: "逐一剔除突出的组之后再比较其余各组，以免某一组过慢而使其他组显得偏快。",
    association_is_not_proof: "各组之间存在差异，本身并不能证明其原因。",
    since_assignment_or_oldest_unanswered_message: "响应时间自工单分配给该客服人员之时，或最早一条未回复消息之时起算，以较晚者为准。",
    answers_by_who_holds_the_ticket: "只统计工单负责人本人的回复；协助处理他人工单的回复不计入。",
    round_the_clock: "时间均为自然时间，包括夜间、休息日和节假日。",
    reopening_counts_for_who_held_it_when_resolved: "重新打开计入工单解决时的负责人。",
    work_differs_between_agents: "各人的工作并不相同，负责疑难工单的人自然耗时更长。",
    arrivals_by_chance: "客户的到达相互独立。",
    handling_times_exponential: "处理时间围绕平均值波动，符合 Erlang C 模型的假设（指数分布）。",
    one_ticket_at_a_time: "每名客服人员同一时间只处理一张工单。",
    nobody_gives_up: "客户会一直等到得到答复。",
    agents_of_one_channel: "每名客服人员只负责一个渠道，休息和缺勤需另行考虑。",
    strictest_promise_for_all_of_a_channel: "同一渠道的全部工单均按该渠道最严格的承诺测算。",
    work_spread_over_the_time_promised: "无需立即处理的工作，分摊到到期之前的服务时间内。",
    each_hour_by_itself: "每个小时单独测算，不计上一小时积压的工单。",
    as_many_come_as_came: "今后的到达量与评估期间内相当。",
  },
};

const told = texts(ASSUMPTIONS);

/**
 * @param {string} key
 * @returns {key is keyof typeof ASSUMPTIONS.en}
 */
const isAssumption = (key) => key in ASSUMPTIONS.en;

/** @param {string} dimension */
export const dimensionName = (dimension) => word(NAMES, dimension);

/**
 * A group's value of a dimension in words: `Monday`, `09:00–10:00`.
 *
 * @param {string} dimension
 * @param {string | null | undefined} value
 */
export function valueName(dimension, value) {
  if (value === null || value === undefined) return t("unknown");
  /** @param {string} text */
  const hour = (text) => `${text}:00–${String((Number(text) + 1) % 24).padStart(2, "0")}:00`;
  if (dimension === "weekday") return word(WEEKDAYS, value);
  if (dimension === "hour") return hour(value);
  if (dimension === "hour_of_week") return `${word(WEEKDAYS, value.slice(0, 3))} ${hour(value.slice(4))}`;
  return value;
}

/**
 * The place of a value among those of its dimension: weekdays as they follow each other, what has none last.
 *
 * @param {string} dimension
 * @param {string | null | undefined} value
 */
export function valueOrder(dimension, value) {
  if (value === null || value === undefined) return "\uffff";
  if (dimension !== "weekday" && dimension !== "hour_of_week") return value;
  return `${Object.keys(WEEKDAYS.en).indexOf(value.slice(0, 3))}${value.slice(3)}`;
}

/**
 * What is counted, shown when asked for.
 *
 * @param {...string} paragraphs
 */
export function counted(...paragraphs) {
  const details = folded(t("counted"), () => paragraphs.map((text) => h("p", {}, text)));
  details.classList.add("counted");
  return details;
}

/**
 * What figures rest on, from the keys that the API gives.
 *
 * @param {string[]} keys
 * @param {number} [fewest]
 */
export function assumptions(keys, fewest) {
  const details = folded(t("assumptions"), () => h("ul", { class: "assumptions" }, keys.map((key) => h("li", {}, isAssumption(key) ? told(key, { fewest }) : key))));
  details.classList.add("counted");
  return details;
}

/** Says that there are too few for a comparison. */
export const tooFew = (fewest = FEWEST) => h("span", { class: "few", title: t("few_title", { fewest: number(fewest) }) }, t("few"));

/**
 * `89.1 % to 94.0 %`.
 *
 * @param {Answer.Interval} interval
 */
export const shareRange = ([low, high]) => t("to", { low: percent(low), high: percent(high) });
/**
 * `12m to 15m`.
 *
 * @param {Answer.Interval} interval
 */
export const timeRange = ([low, high]) => t("to", { low: duration(low), high: duration(high) });

/**
 * A share as text, and as a bar from nothing to `most` with what is 95 % sure marked on it.
 *
 * @param {number | null} share
 * @param {Answer.Interval | null} interval
 * @param {{ few?: boolean, most?: number }} [how]
 */
export function shareBar(share, interval, { few = false, most = 1 } = {}) {
  /** @param {number} value */
  const at = (value) => `${(Math.min(1, value / most) * 100).toFixed(2)}%`;
  return h(
    "span",
    { class: few ? "share small" : "share", title: interval ? t("interval", { low: percent(interval[0]), high: percent(interval[1]) }) : null },
    h("span", {}, percent(share)),
    share === null
      ? null
      : h(
          "span",
          { class: "share-bar", "aria-hidden": "true" },
          h("i", { style: { width: at(share) } }),
          interval ? h("b", { style: { left: at(interval[0]), width: at(interval[1] - interval[0]) } }) : null,
        ),
    interval ? h("span", { class: "hidden" }, ` (${shareRange(interval)})`) : null,
  );
}

const Z = 1.959964;

/**
 * Between which shares that of `share × n` in `n` lies, 95 % sure (Wilson's score interval, as the evaluation has it).
 *
 * @param {number | null} share
 * @param {number} n
 * @returns {Answer.Interval | null}
 */
export function shareInterval(share, n) {
  if (!n || share === null) return null;
  const centre = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = ((Z / (1 + (Z * Z) / n)) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n)));
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
