// A heat map that is a table: what it shows is read as well as seen.

import { h } from "./dom.js";

const STEPS = 7;

/**
 * `rows` and `columns` are {key, name}; `value(row, column)` gives a number or null; `text(value)` writes it; `title(row,
 * column, value)` says all of it on hover and focus; `cells` whether the numbers are written in the cells. `scale` is the class of its colours:
 * "volume" (from nothing to much) or "wait" (from short to long). `most` is the value of the darkest step; default the largest.
 * The steps are even in the square root of the value, so that quiet hours differ too.
 *
 * @typedef {{ key: string, name: string }} Line
 *
 * @param {object} of
 * @param {string} of.caption
 * @param {Line[]} of.rows
 * @param {Line[]} of.columns
 * @param {(row: Line, column: Line) => number | null} of.value
 * @param {(value: number | null) => string} of.text
 * @param {(row: Line, column: Line, value: number | null) => string} of.title
 * @param {"volume" | "wait"} [of.scale]
 * @param {boolean} [of.cells]
 * @param {number | null} [of.most]
 */
export function heatmap({ caption, rows, columns, value, text, title, scale = "volume", cells = false, most = null }) {
  const top = most ?? Math.max(0, ...rows.flatMap((row) => columns.map((column) => value(row, column) ?? 0)));
  /** @param {number | null} one */
  const step = (one) => (one === null ? "none" : top <= 0 || one <= 0 ? 0 : Math.min(STEPS, Math.ceil(Math.sqrt(one / top) * STEPS)));
  /** @type {(row: Line, column: Line) => HTMLElement} */
  const cell = (row, column) => {
    const one = value(row, column);
    return h("td", { class: `heat-${step(one)}`, title: title(row, column, one) }, h("span", { class: cells ? null : "hidden" }, text(one)));
  };
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: `heat ${scale}` },
      h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, h("td", {}), columns.map((column) => h("th", { scope: "col" }, column.name)))),
      h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.name), columns.map((column) => cell(row, column))))),
    ),
    h(
      "p",
      { class: `heat-key ${scale}`, "aria-hidden": "true" },
      h("span", {}, text(0)),
      Array.from({ length: STEPS + 1 }, (_, i) => h("i", { class: `heat-${i}` })),
      h("span", {}, text(top)),
    ),
  );
}
