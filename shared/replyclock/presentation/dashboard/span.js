// The span that a report is about: chosen from a few, or by two dates; in the address, so that a link carries it.
//
//   days=91                       the last so many days, today included (28 where nothing is said)
//   from=2026-06-01&to=2026-06-30 from one day to another, both included
//
// Days are those of the chosen time zone.

import { now } from "./api.js";
import { zone } from "./choices.js";
import { h } from "./dom.js";
import { segmented } from "./parts.js";
import { dateOnly, number, texts } from "./text.js";

const t = texts({
  en: {
    span: "Span",
    days: ({ n }) => `${n} days`,
    own: "Dates",
    from: "From",
    to: "To",
    apply: "Show",
    words: "{from} to {to}, {n} days in {zone}",
    day: "{from} in {zone}",
  },
  zh: {
    span: "时间范围",
    days: ({ n }) => `${n} 天`,
    own: "自定义",
    from: "从",
    to: "到",
    apply: "显示",
    words: "{from}至{to}，共 {n} 天，时区 {zone}",
    day: "{from}，时区 {zone}",
  },
});

const PRESETS = [7, 28, 91];
const DEFAULT = 28;
const DAY = 86_400_000;
const DATE = /^\d{4}-\d\d-\d\d$/;

const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: zone(), year: "numeric", month: "2-digit", day: "2-digit" }).format(now());
/** @type {(date: string, days: number) => string} */
const plus = (date, days) => new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
/**
 * @param {string | undefined} text
 * @returns {text is string}
 */
function isDate(text) {
  return DATE.test(text ?? "") && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

/**
 * The span of a view's address: `from` and `to` (dates, both included), `days` (how many), `preset` (7, 28, 91 or null), and
 * `ask`, what the API's reports take: `from`, `to` (the day after the last), `zone`, and the tenant where the address has one.
 *
 * @param {Page.Query} query
 */
export function readSpan(query) {
  const own = isDate(query.from) && isDate(query.to) && query.from <= query.to ? { from: query.from, to: query.to } : null;
  const wanted = Number(query.days);
  const length = Number.isInteger(wanted) && wanted > 0 && wanted <= 3660 ? wanted : DEFAULT;
  const to = own ? own.to : today();
  const from = own ? own.from : plus(to, 1 - length);
  const days = Math.round((Date.parse(to) - Date.parse(from)) / DAY) + 1;
  return {
    from,
    to,
    days,
    preset: !own && PRESETS.includes(days) ? days : null,
    ask: { from, to: plus(to, 1), zone: zone(), tenant: query.tenant },
    words: t(days === 1 ? "day" : "words", { from: dateOnly(from), to: dateOnly(to), n: number(days), zone: zone() }),
  };
}

/**
 * The span of the page's address, as `readSpan`, and with it `elements`, the choice of another one, for `page.tools`.
 *
 * @typedef {ReturnType<typeof spanPicker>} Span
 *
 * @param {Page.Page} page
 */
export function spanPicker(page) {
  const span = readSpan(page.query);
  /** @type {(name: string, value: string) => HTMLInputElement} */
  const date = (name, value) => h("input", { type: "date", class: "input", name, value, required: true, max: "9998-12-31" });
  const [from, to] = [date("from", span.from), date("to", span.to)];
  // Either date follows where the other one passes it.
  from.addEventListener("change", () => { if (to.value < from.value) to.value = from.value; });
  to.addEventListener("change", () => { if (to.value < from.value) from.value = to.value; });
  const dates = h(
    "form",
    {
      class: "dates",
      hidden: span.preset !== null,
      onsubmit: (event) => {
        event.preventDefault();
        page.set({ from: from.value, to: to.value, days: null });
      },
    },
    h("label", { class: "pick" }, h("span", { class: "pick-name" }, t("from")), from),
    h("label", { class: "pick" }, h("span", { class: "pick-name" }, t("to")), to),
    h("button", { class: "button" }, t("apply")),
  );
  const presets = segmented(
    t("span"),
    [...PRESETS.map((days) => /** @type {[number | null, string]} */ ([days, t("days", { n: days })])), [null, t("own")]],
    span.preset,
    (days) => {
      if (days !== null) return page.set({ days: days === DEFAULT ? null : days, from: null, to: null });
      dates.hidden = false;
      from.focus();
    },
  );
  presets.dataset.span = String(span.preset ?? "own");
  return { ...span, elements: [presets, dates] };
}
