// What views are made of: choices, tables, figures, marks, and the states of a part of the page.

import { h, put, s } from "./dom.js";
import { moment, number, texts, word, STATES } from "./text.js";

const t = texts({
  en: {
    all: "All",
    none: "(none)",
    loading: "Loading…",
    again: "Try again",
    table: "Show as table",
    unreachable: "The server cannot be reached",
    unreachable_hint: "Check the connection; this page tries again by itself.",
    busy: "The server is busy",
    busy_hint: ({ seconds }) => `Trying again in ${seconds} s.`,
    missing: "There is no such thing here",
    missing_hint: "The link may be old, or the id mistyped.",
    dropped: "The log of this ticket was dropped",
    dropped_hint: "On {when}, as it ended long ago. Its figures are still in the reports.",
    refused: "The question was not understood",
    failed: "The server failed",
    failed_hint: "Try again; if it stays so, look at its log.",
  },
  zh: {
    all: "全部",
    none: "（无）",
    loading: "加载中…",
    again: "重试",
    table: "以表格显示",
    unreachable: "无法连接服务器",
    unreachable_hint: "请检查网络，页面会自动重试。",
    busy: "服务器繁忙",
    busy_hint: "{seconds} 秒后重试。",
    missing: "未找到",
    missing_hint: "链接可能已过期，或编号有误。",
    dropped: "该工单的日志已清除",
    dropped_hint: "该工单早已结束，日志于 {when} 清除；其数据仍计入各项报表。",
    refused: "无法理解该请求",
    failed: "服务器出错",
    failed_hint: "请重试；如仍出错，请查看服务器日志。",
  },
});

/** @type {Record<string, string>} */
const SHAPES = {
  breached: "M8 1l7 7-7 7-7-7zM8 4.5v4M8 10.7v.6",
  at_risk: "M8 2l7 12H1zM8 6.5v3.2M8 11.6v.6",
  running: "M8 1.8a6.2 6.2 0 1 0 0 12.4a6.2 6.2 0 1 0 0-12.4M8 4.8V8l2.2 1.6",
  paused: "M5 3v10M11 3v10",
  met: "M2.5 8.5l3.7 3.7L13.5 4.5",
  cancelled: "M4 4l8 8M12 4l-8 8",
  no_target: "M3.5 8h9",
  open: "M2 5h12v8H2zM5 5V3h6v2",
};

/**
 * The mark of a state: told apart by its shape, not only by its colour.
 *
 * @param {string} state
 */
export const mark = (state) =>
  s("svg", { viewBox: "0 0 16 16", class: `mark ${state}`, "aria-hidden": "true", focusable: "false" }, s("path", { d: SHAPES[state] }));

/**
 * A state with its mark and its name.
 *
 * @param {string} state
 * @param {string} [text]
 */
export const badge = (state, text = word(STATES, state)) => h("span", { class: `badge ${state}` }, mark(state), text);

/**
 * A line drawing of a path on a grid of 24 × 24.
 *
 * @param {string} path
 */
export const icon = (path) =>
  s("svg", { viewBox: "0 0 24 24", class: "icon", "aria-hidden": "true", focusable: "false" }, s("path", { d: path }));

/**
 * A link.
 *
 * @param {string} href
 * @param {...Page.Child} children
 */
export const link = (href, ...children) => h("a", { href }, ...children);

/**
 * A choice of one of `options` ([value, text] pairs, null for "has none"), with all of them allowed first where `all` is
 * true. `change(value)` gets null for all. Values that are none are told by the text of NONE.
 *
 * @template {string | null} Value
 * @param {string} label
 * @param {readonly (readonly [Value, string])[]} options
 * @param {string | null | undefined} chosen
 * @param {(value: Value | null) => unknown} change
 * @param {{ all?: boolean }} [how]
 */
export function picker(label, options, chosen, change, { all = true } = {}) {
  const values = options.map(([value]) => value);
  /** @type {HTMLSelectElement} */
  const select = h(
    "select",
    { class: "select", onchange: () => change(select.selectedIndex < Number(all) ? null : values[select.selectedIndex - Number(all)]) },
    all ? h("option", {}, t("all")) : null,
    options.map(([value, text]) => h("option", {}, value === null ? t("none") : text)),
  );
  const at = chosen === undefined || chosen === null || chosen === "" ? -1 : values.findIndex((value) => (value ?? "") === chosen);
  select.selectedIndex = at < 0 ? 0 : at + Number(all);
  return h("label", { class: at >= 0 && all ? "pick chosen" : "pick" }, h("span", { class: "pick-name" }, label), select);
}

/**
 * A choice of few, all in sight: `options` are [value, text] pairs.
 *
 * @template Value
 * @param {string} label
 * @param {readonly (readonly [Value, string])[]} options
 * @param {NoInfer<Value>} chosen
 * @param {(value: Value) => unknown} change
 */
export function segmented(label, options, chosen, change) {
  const buttons = options.map(([value, text]) =>
    h(
      "button",
      {
        type: "button",
        "aria-pressed": String(value === chosen),
        onclick: () => {
          for (const [i, button] of buttons.entries()) button.setAttribute("aria-pressed", String(options[i][0] === value));
          change(value);
        },
      },
      text,
    ),
  );
  return h("div", { class: "segmented", role: "group", "aria-label": label }, buttons);
}

/**
 * A table; a column's `key` becomes data-column, a row's data-row. It scrolls sideways within itself where it is wider than
 * the page.
 *
 * @template Row
 * @param {string} caption
 * @param {readonly Page.Column<Row>[]} columns
 * @param {readonly Row[]} rows
 * @param {{ quiet?: boolean }} [how] Whether the caption is for those alone who do not see the table.
 */
export function table(caption, columns, rows, { quiet = false } = {}) {
  /** @type {(row: Row) => Page.RowLook} */
  const look = (row) => (typeof row === "object" && row !== null ? row : {});
  /**
   * @param {Page.Column<Row>} column
   * @param {Row} row
   */
  const cell = (column, row) => {
    const told = { class: column.figure ? "figure" : null, "data-column": column.key };
    return column.head ? h("th", { scope: "row", ...told }, column.of(row)) : h("td", told, column.of(row));
  };
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: "table" },
      h("caption", { class: quiet ? "hidden" : null }, caption),
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col", class: column.figure ? "figure" : null, "aria-sort": column.sorted }, column.name)))),
      h("tbody", {}, rows.map((row) => h("tr", { class: look(row).class, "data-row": look(row).key }, columns.map((column) => cell(column, row))))),
    ),
  );
}

/**
 * What is shown when asked for, made only then.
 *
 * @param {Page.Child} summary
 * @param {() => Page.Child} make
 * @param {{ open?: boolean }} [how]
 */
export function folded(summary, make, { open = false } = {}) {
  const body = h("div", { class: "folded" });
  const details = h(
    "details",
    {
      open,
      ontoggle: () => {
        if (details.open && !body.hasChildNodes()) put(body, make());
      },
    },
    h("summary", {}, summary),
    body,
  );
  return details;
}

/**
 * The figures behind a drawing, as a table that is shown when asked for.
 *
 * @template Row
 * @param {string} caption
 * @param {readonly Page.Column<Row>[]} columns
 * @param {readonly Row[]} rows
 */
export const asTable = (caption, columns, rows) => folded(t("table"), () => table(caption, columns, rows, { quiet: true }));

/**
 * A part of the page with its own heading.
 *
 * @param {Page.Child} title
 * @param {...Page.Child} children
 */
export const panel = (title, ...children) => h("section", { class: "panel" }, title ? h("h2", {}, title) : null, ...children);

/**
 * A figure with its name. `state` gives it a colour and a mark.
 *
 * @param {string} name
 * @param {Page.Child} value
 * @param {{ state?: string | null, note?: Page.Child }} [how]
 */
export function stat(name, value, { state = null, note = null } = {}) {
  return h(
    "div",
    { class: state ? `stat ${state}` : "stat" },
    h("dt", {}, state ? mark(state) : null, name),
    h("dd", {}, typeof value === "number" ? number(value) : value, note ? h("small", {}, note) : null),
  );
}

/**
 * Figures beside each other.
 *
 * @param {...Page.Child} all
 */
export const stats = (...all) => h("dl", { class: "stats" }, ...all);

/**
 * Says that there is nothing, why, and what to do.
 *
 * @param {string} title
 * @param {string} [hint]
 * @param {...Page.Child} more
 */
export const empty = (title, hint, ...more) => h("div", { class: "empty" }, h("p", { class: "empty-title" }, title), hint ? h("p", {}, hint) : null, ...more);

/** A part that is on its way. */
export const loading = () =>
  h("div", { class: "loading", role: "status" }, h("span", { class: "hidden" }, t("loading")), h("i"), h("i"), h("i"));

/**
 * What went wrong, and what to do. `again()` tries once more.
 *
 * @param {import("./api.js").ApiError} wrong
 * @param {() => unknown} again
 * @param {number | null} [seconds] Until it is tried again by itself.
 */
export function failure(wrong, again, seconds = null) {
  /** @type {Record<number, "unreachable" | "refused" | "dropped" | "missing" | "busy" | undefined>} */
  const kinds = { 0: "unreachable", 400: "refused", 404: wrong.droppedAt ? "dropped" : "missing", 422: "refused", 503: "busy" };
  const kind = kinds[wrong.status] ?? "failed";
  const hint =
    kind === "refused"
      ? wrong.faults.map((one) => `${one.field} ${one.problem}`).join("; ")
      : kind === "failed" && wrong.said
        ? wrong.said
        : t(`${kind}_hint`, { seconds: seconds ?? 5, when: wrong.droppedAt ? moment(Date.parse(wrong.droppedAt)) : "" });
  return h(
    "div",
    { class: "empty wrong", role: "alert" },
    h("p", { class: "empty-title" }, t(kind)),
    h("p", {}, hint),
    h("button", { type: "button", class: "button", onclick: again }, t("again")),
  );
}

/** @type {Record<string, number | undefined>} */
const STRIDES = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/**
 * Whether a key is part of a shortcut of the browser's, or typed into a field.
 *
 * @param {KeyboardEvent} event
 */
export const isTyping = (event) =>
  event.ctrlKey || event.metaKey || event.altKey || (event.target instanceof Element && event.target.matches("input, select, textarea"));

/**
 * Moves among the elements that `of()` gives with j and k, the arrows, Home and End. The elements can take the focus.
 *
 * @param {HTMLElement} host
 * @param {() => HTMLElement[]} of
 */
export function moveAmong(host, of) {
  host.addEventListener("keydown", (event) => {
    const step = STRIDES[event.key];
    if (step === undefined || isTyping(event)) return;
    const all = of();
    if (!all.length) return;
    const at = all.findIndex((one) => one.contains(document.activeElement));
    const next = Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step));
    event.preventDefault();
    all[next].focus();
    all[next].scrollIntoView({ block: "nearest" });
  });
}
