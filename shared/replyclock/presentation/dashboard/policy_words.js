// What a policy says, in words.

import { language } from "./choices.js";
import { ATTRIBUTES, listed, texts, word } from "./text.js";

const t = texts({
  en: {
    is: "{name} is {values}",
    is_not: "{name} is not {values}",
    is_set: "{name} is set",
    unset: "none",
    everybody: "every ticket",
    bd: ({ n }) => `${n} business ${n === 1 ? "day" : "days"}`,
    at: "{percent}",
    notify: "{percent}: {names}",
    remind: "then each {every}",
    anybody: "subscribers",
  },
  zh: {
    is: "{name}为{values}",
    is_not: "{name}不是{values}",
    is_set: "{name}已设置",
    unset: "空",
    everybody: "全部工单",
    bd: "{n} 个工作日",
    at: "{percent}",
    notify: "{percent}：{names}",
    remind: "此后每 {every}",
    anybody: "订阅者",
  },
});

/** @type {Answer.Weekday[]} */
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/**
 * @template One
 * @param {One | One[]} one
 */
const many = (one) => (Array.isArray(one) ? one : [one]);

/**
 * What a standard asks of an attribute: `channel is phone or chat`.
 *
 * @param {string} name
 * @param {Answer.Condition} one
 */
export function condition(name, one) {
  const named = one !== null && typeof one === "object" && !Array.isArray(one) ? one : { any: one };
  const not = "not" in named;
  const values = many(not ? named.not : named.any);
  const set = not && values.length === 1 && values[0] === null;
  const words = listed(values.map((value) => value ?? t("unset")));
  return t(set ? "is_set" : not ? "is_not" : "is", { name: word(ATTRIBUTES, name), values: words });
}

/**
 * For whom a standard is.
 *
 * @param {Answer.When | undefined} when
 */
export const whom = (when) => {
  const conditions = Object.entries(when ?? {}).map(([name, one]) => condition(name, one));
  return conditions.length ? conditions.join(language() === "zh" ? "，且" : " and ") : t("everybody");
};

/**
 * A duration as a policy writes it, in words: `15m`, `2 business days`.
 *
 * @param {string} text
 */
export function promised(text) {
  const days = /^(\d+)bd$/.exec(text);
  if (days) return t("bd", { n: Number(days[1]) });
  if (language() !== "zh") return text;
  return text.replace(/(\d+)h/, "$1小时").replace(/(\d+)m/, "$1分钟").replace(/(\d+)s/, "$1秒");
}

/** @type {NonNullable<Answer.Standard["alerts"]>} */
const ALERTS = [{ at: "80%" }, { at: "100%" }];

/**
 * Whom a standard tells, and when.
 *
 * @param {Answer.Standard} standard
 */
export function alerts(standard) {
  const rules = (standard.alerts ?? ALERTS).map((rule) =>
    rule.notify === undefined ? t("at", { percent: rule.at }) : t("notify", { percent: rule.at, names: many(rule.notify).join(", ") }),
  );
  if (standard.remind_every) rules.push(t("remind", { every: promised(standard.remind_every) }));
  return rules;
}

/**
 * The hours of a week: [weekday, its hours as [begin, end] in minutes of the day, the same as text], past midnight cut there.
 *
 * @param {Answer.Calendar} calendar
 * @returns {[Answer.Weekday, [number, number][], string][]}
 */
export function week(calendar) {
  /** @type {[number, number][][]} */
  const days = WEEKDAYS.map(() => []);
  for (const [i, name] of WEEKDAYS.entries()) {
    for (const span of calendar.hours?.[name] ?? []) {
      const [begin, end] = span.split("-").map((one) => Number(one.slice(0, 2)) * 60 + Number(one.slice(3)));
      if (end > begin) days[i].push([begin, end]);
      else {
        days[i].push([begin, 1440]);
        if (end) days[(i + 1) % 7].push([0, end]);
      }
    }
  }
  return WEEKDAYS.map((name, i) => [name, days[i], (calendar.hours?.[name] ?? []).join(", ")]);
}

/**
 * The name of a weekday.
 *
 * @param {Answer.Weekday} name
 */
export const weekday = (name) =>
  new Intl.DateTimeFormat(language() === "zh" ? "zh-CN" : "en-GB", { weekday: "short", timeZone: "UTC" }).format(Date.UTC(2024, 0, 1 + WEEKDAYS.indexOf(name)));
