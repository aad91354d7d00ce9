// Texts in two languages, and how times, durations and numbers read in them.

import { language, zone } from "./choices.js";

/**
 * Texts of a view: `const t = texts({en: {key: "{n} of them"}, zh: {key: "…"}})`, then `t("key", {n: 3})`. A text may be a
 * function of its values, for plurals. A key that a language lacks is an error, so that no view is half translated.
 *
 * @template {string} Key
 * @param {Record<Page.Language, Record<Key, Page.Text>>} dictionary
 * @returns {(key: Key, values?: Page.Values) => string}
 */
export function texts(dictionary) {
  return (key, values = {}) => {
    const text = dictionary[language()][key];
    if (text === undefined) throw new Error(`no text ${key} in ${language()}`);
    return typeof text === "function" ? text(values) : text.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  };
}

/**
 * A word that one picks by a value: `word(STATES, "met")`; what is not in the table reads as it is.
 *
 * @param {Page.Words} table
 * @param {string} key
 */
export const word = (table, key) => table[language()][key] ?? String(key);

export const METRICS = {
  en: { first_response: "first response", next_response: "next response", resolution: "resolution", total_response: "total response" },
  zh: { first_response: "首次响应", next_response: "后续响应", resolution: "解决问题", total_response: "总响应" },
};
export const STATES = {
  en: { met: "met", breached: "breached", running: "running", paused: "paused", at_risk: "at risk", no_target: "nothing promised", cancelled: "cancelled" },
  zh: { met: "按时", breached: "已超时", running: "计时中", paused: "已暂停", at_risk: "有风险", no_target: "无承诺", cancelled: "已取消" },
};
export const STATUSES = {
  en: { new: "new", open: "open", pending: "pending", on_hold: "on hold", solved: "solved", closed: "closed", merged: "merged", deleted: "deleted", awaiting_creation: "awaiting creation" },
  zh: { new: "新建", open: "处理中", pending: "等待客户", on_hold: "等待第三方", solved: "已解决", closed: "已关闭", merged: "已合并", deleted: "已删除", awaiting_creation: "等待创建" },
};
export const LEVELS = {
  en: { warning: "Warning", breach: "Breach", escalation: "Escalation", reminder: "Reminder", correction: "Correction" },
  zh: { warning: "预警", breach: "超时", escalation: "升级", reminder: "提醒", correction: "更正" },
};
/** Names of attributes and other dimensions. */
export const ATTRIBUTES = {
  en: { service_type: "service type", tier: "tier", channel: "channel", priority: "priority", category: "category", complexity: "complexity", brand: "brand", language: "language", tags: "tags", tenant: "tenant", source: "source", group: "team", assignee: "assignee", standard: "standard" },
  zh: { service_type: "服务类型", tier: "客户等级", channel: "渠道", priority: "优先级", category: "类别", complexity: "复杂度", brand: "品牌", language: "语言", tags: "标签", tenant: "租户", source: "来源", group: "团队", assignee: "负责人", standard: "标准" },
};

/** @type {[number, string, string][]} */
const UNITS = [[86400, "d", "天"], [3600, "h", "小时"], [60, "m", "分钟"], [1, "s", "秒"]];

/**
 * Seconds as their two largest units: `15m`, `1h 30m`, `3d 4h`; tenths below ten seconds. `—` for null.
 *
 * @param {number | null | undefined} seconds
 * @returns {string}
 */
export function duration(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  if (seconds < 0) return `−${duration(-seconds)}`;
  const zh = language() === "zh";
  if (seconds < 10 && seconds % 1) {
    if (seconds < 0.1) return zh ? `${Math.round(seconds * 1000)}毫秒` : `${Math.round(seconds * 1000)}ms`;
    return `${Math.floor(seconds * 10) / 10}${zh ? "秒" : "s"}`;
  }
  let rest = Math.floor(seconds);
  const parts = [];
  for (const [size, en, cn] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(`${count}${zh ? cn : en}`);
    else if (parts.length) break; // the next smaller unit is nought: what follows is too fine to matter
  }
  return parts.slice(0, 2).join(zh ? "" : " ") || (zh ? "0秒" : "0s");
}

/**
 * Seconds with nothing left out, hours being the largest unit, so that a column of them adds up.
 *
 * @param {number | null | undefined} seconds
 */
export function exactDuration(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  const whole = Math.floor(seconds);
  const digits = seconds === whole ? "" : (seconds - whole).toFixed(6).slice(1).replace(/0+$/, "");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const zh = language() === "zh";
  const parts = [];
  if (hours) parts.push(`${hours}${zh ? "小时" : "h"}`);
  if (minutes) parts.push(`${minutes}${zh ? "分" : "m"}`);
  if (rest || digits || !parts.length) parts.push(`${rest}${digits}${zh ? "秒" : "s"}`);
  return parts.join(zh ? "" : " ");
}

/**
 * A promised time in its largest whole unit, as policies write it: `10s`, `15m`, `24h`.
 *
 * @param {number | null | undefined} seconds
 * @param {string} [none] What stands where there is none.
 */
export function target(seconds, none = "—") {
  if (seconds === null || seconds === undefined) return none;
  const zh = language() === "zh";
  if (seconds && seconds % 3600 === 0) return `${seconds / 3600}${zh ? "小时" : "h"}`;
  if (seconds && seconds % 60 === 0) return `${seconds / 60}${zh ? "分钟" : "m"}`;
  return duration(seconds);
}

/** @param {number} number */
const two = (number) => String(number).padStart(2, "0");

/**
 * Whole seconds as a countdown, always with seconds below a day: `0:07`, `12:05`, `3:12:05`, `2d 04:10`.
 *
 * @param {number} seconds
 */
export function countdown(seconds) {
  const all = Math.abs(seconds);
  const [days, hours, minutes, rest] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, Math.floor(all) % 60];
  if (days) return `${days}${language() === "zh" ? "天" : "d"} ${two(hours)}:${two(minutes)}`;
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** @type {Map<string, Intl.DateTimeFormat>} */
const formats = new Map();

/**
 * @param {Intl.DateTimeFormatOptions} options
 * @param {string} [of]
 */
function format(options, of = zone()) {
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  const key = `${locale}|${of}|${JSON.stringify(options)}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: of, hourCycle: "h23" });
  formats.set(key, known);
  return known;
}

/**
 * A function that writes instants (milliseconds) so; it takes a zone other than the chosen one as its second argument.
 *
 * @param {Intl.DateTimeFormatOptions} options
 * @returns {(instant: number, of?: string) => string}
 */
const writer = (options) => (instant, of) => format(options, of).format(instant);

/** @type {Intl.DateTimeFormatOptions} */
const TIME = { hour: "2-digit", minute: "2-digit" };
/** @type {Intl.DateTimeFormatOptions} */
const DAY = { weekday: "short", day: "numeric", month: "short" };

/** An instant's time of day: `14:03:07`. */
export const time = writer({ ...TIME, second: "2-digit" });
/** `14:03`. */
export const minute = writer(TIME);
/** `Mon, 1 Jun`. */
export const day = writer(DAY);
/** `Mon, 1 Jun 2026`. */
export const date = writer({ ...DAY, year: "numeric" });
/** `1 Jun`, for axes. */
export const shortDay = writer({ day: "numeric", month: "short" });
/** `June 2026`. */
export const month = writer({ month: "long", year: "numeric" });

/**
 * A calendar date (`2026-06-01`, of no zone) in words: `Mon, 1 Jun 2026`.
 *
 * @param {string} text
 */
export const dateOnly = (text) => date(Date.parse(`${text}T00:00:00Z`), "UTC");

/**
 * The day and the time of day, in a zone other than the chosen one where one is given.
 *
 * @param {number} instant
 * @param {string} [of]
 */
export const moment = (instant, of) => `${day(instant, of)} ${time(instant, of)}`;

/**
 * All of it, with the zone said: `Mon, 1 Jun 2026 14:03:07 CEST`.
 *
 * @param {number} instant
 * @param {string} [of]
 */
export function fullMoment(instant, of) {
  const zoned = format({ hour: "numeric", timeZoneName: "short" }, of).formatToParts(instant);
  return `${date(instant, of)} ${time(instant, of)} ${zoned.find((part) => part.type === "timeZoneName")?.value ?? ""}`;
}

/**
 * A number with its thousands told apart.
 *
 * @param {number | null | undefined} value
 * @param {number} [digits]
 */
export const number = (value, digits = 0) =>
  value === null || value === undefined ? "—" : value.toLocaleString(language() === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
/**
 * A share of one as a percentage: `97.3 %`.
 *
 * @param {number | null | undefined} share
 * @param {number} [digits]
 */
export const percent = (share, digits = 1) =>
  share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}${language() === "zh" ? "%" : " %"}`;
/**
 * A list as a sentence has it.
 *
 * @param {readonly (string | number)[]} things
 * @param {Intl.ListFormatType} [kind]
 */
export const listed = (things, kind = "disjunction") =>
  new Intl.ListFormat(language() === "zh" ? "zh-CN" : "en-GB", { type: kind }).format(things.map(String));
/**
 * The first letter in capitals, as at the beginning of a sentence.
 *
 * @param {string} text
 */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/**
 * The value of an attribute: lists joined.
 *
 * @param {Answer.AttributeValue | null | undefined} of
 */
export const value = (of) => (Array.isArray(of) ? listed(of, "conjunction") : of === null || of === undefined ? "—" : String(of));
