// Texts in two languages, and how times, durations and numbers read in them.

import { language, zone } from "./choices.js";

/**
 * Texts of a view: `const t = texts({en: {key: "{n} of them"}, zh: {key: "…"}})`, then `t("key", {n: 3})`. A text may be a
 * function of its values, for plurals. A key that a language lacks is an error, so that no view is half translated.
 */
export function texts(dictionary) {
  return (key, values = {}) => {
    const text = dictionary[language()][key];
    if (text === undefined) throw new Error(`no text ${key} in ${language()}`);
    return typeof text === "function" ? text(values) : text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  };
}

/** A word that one picks by a value: `word(STATES, "met")`; what is not in the table reads as it is. */
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

const UNITS = [[86400, "d", "天"], [3600, "h", "小时"], [60, "m", "分钟"], [1, "s", "秒"]];

/** Seconds as their two largest units: `15m`, `1h 30m`, `3d 4h`; tenths below ten seconds. `—` for null. */
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

/** Seconds with nothing left out, hours being the largest unit, so that a column of them adds up. */
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

/** A promised time in its largest whole unit, as policies write it: `10s`, `15m`, `24h`. */
export function target(seconds) {
  if (seconds === null || seconds === undefined) return "—";
  const zh = language() === "zh";
  if (seconds && seconds % 3600 === 0) return `${seconds / 3600}${zh ? "小时" : "h"}`;
  if (seconds && seconds % 60 === 0) return `${seconds / 60}${zh ? "分钟" : "m"}`;
  return duration(seconds);
}

const two = (number) => String(number).padStart(2, "0");

/** Whole seconds as a countdown, always with seconds below a day: `0:07`, `12:05`, `3:12:05`, `2d 04:10`. */
export function countdown(seconds) {
  const all = Math.abs(seconds);
  const [days, hours, minutes, rest] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, Math.floor(all) % 60];
  if (days) return `${days}${language() === "zh" ? "天" : "d"} ${two(hours)}:${two(minutes)}`;
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

const formats = new Map();

function format(options, of = zone()) {
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  const key = `${locale}|${of}|${JSON.stringify(options)}`;
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(locale, { ...options, timeZone: of, hourCycle: "h23" }));
  return formats.get(key);
}

const TIME = { hour: "2-digit", minute: "2-digit" };
const SECONDS = { ...TIME, second: "2-digit" };
const DAY = { weekday: "short", day: "numeric", month: "short" };

/** An instant's time of day: `14:03:07`. `of` is a zone other than the chosen one. */
export const time = (instant, of) => format(SECONDS, of).format(new Date(instant));
/** `14:03`. */
export const minute = (instant, of) => format(TIME, of).format(new Date(instant));
/** `Mon, 1 Jun`. */
export const day = (instant, of) => format(DAY, of).format(new Date(instant));
/** `Mon, 1 Jun 2026`. */
export const date = (instant, of) => format({ ...DAY, year: "numeric" }, of).format(new Date(instant));
/** A calendar date (`2026-06-01`, of no zone) in words: `Mon, 1 Jun 2026`. */
export const dateOnly = (text) => format({ ...DAY, year: "numeric" }, "UTC").format(new Date(`${text}T00:00:00Z`));
/** `1 Jun`, for axes. */
export const shortDay = (instant, of) => format({ day: "numeric", month: "short" }, of).format(new Date(instant));
/** `June 2026`. */
export const month = (instant, of) => format({ month: "long", year: "numeric" }, of).format(new Date(instant));
/** The day and the time of day; the day is left out where it is the day of `now`. */
export function moment(instant, { now = null, of } = {}) {
  const near = now !== null && day(instant, of) === day(now, of);
  return near ? time(instant, of) : `${day(instant, of)} ${time(instant, of)}`;
}
/** All of it, with the zone said: `Mon, 1 Jun 2026 14:03:07 CEST`. */
export function fullMoment(instant, of) {
  const zoned = format({ hour: "numeric", timeZoneName: "short" }, of).formatToParts(new Date(instant));
  return `${date(instant, of)} ${time(instant, of)} ${zoned.find((part) => part.type === "timeZoneName").value}`;
}

/** A number with its thousands told apart. */
export const number = (value, digits = 0) =>
  value === null || value === undefined ? "—" : value.toLocaleString(language() === "zh" ? "zh-CN" : "en-GB", { maximumFractionDigits: digits, minimumFractionDigits: 0 });
/** A share of one as a percentage: `97.3 %`. */
export const percent = (share, digits = 1) =>
  share === null || share === undefined ? "—" : `${(share * 100).toFixed(digits)}${language() === "zh" ? "%" : " %"}`;
/** A list as a sentence has it. */
export const listed = (things, kind = "disjunction") =>
  new Intl.ListFormat(language() === "zh" ? "zh-CN" : "en-GB", { type: kind }).format(things.map(String));
/** The first letter in capitals, as at the beginning of a sentence. */
export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
/** The value of an attribute: lists joined. */
export const value = (of) => (Array.isArray(of) ? listed(of, "conjunction") : of === null || of === undefined ? "—" : String(of));
