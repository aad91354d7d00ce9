// The service response time document, built of elements from the tree that the API answers.

import { h } from "./dom.js";

/** @type {readonly ("h1" | "h2" | "h3" | "h4" | "h5" | "h6")[]} */
const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"];

/**
 * The elements of a document: its title is a heading of `level`, and those of its sections follow.
 *
 * @param {Answer.Article} tree
 * @param {number} level
 * @returns {Page.Child}
 */
export const article = (tree, level) => [heading(level, tree.title), items(tree.facts), tree.sections.map((one) => block(one, level + 1))];

/**
 * @param {number} level
 * @param {string} title
 */
const heading = (level, title) => h(HEADINGS[Math.min(HEADINGS.length, level) - 1], {}, title);

/** @param {Answer.Item[]} all */
const items = (all) => h("ul", {}, all.map((one) => h("li", {}, one.term ? h("strong", {}, one.term) : null, one.text)));

/**
 * @param {Answer.Block} one
 * @param {number} level
 * @returns {Page.Child}
 */
function block(one, level) {
  switch (one.kind) {
    case "section":
      return [heading(level, one.title), one.blocks.map((inside) => block(inside, level + 1))];
    case "items":
      return items(one.items);
    case "table":
      return table(one);
    case "paragraph":
      return h("p", {}, one.text);
    default:
      return h("p", { class: one.kind }, one.text);
  }
}

/**
 * A cell keeps its line breaks.
 *
 * @param {string} text
 */
const lines = (text) => text.split("\n").map((line, i) => [i ? h("br") : null, line]);

/** @param {Answer.Table} table */
function table({ caption, headings, rows, figures }) {
  /** @param {number} i */
  const look = (i) => (figures.includes(i) ? "figure" : null);
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      { class: "table" },
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, headings.map((one, i) => h("th", { scope: "col", class: look(i) }, lines(one))))),
      h("tbody", {}, rows.map((row) => h("tr", {}, row.map((one, i) => (i ? h("td", { class: look(i) }, lines(one)) : h("th", { scope: "row" }, lines(one))))))),
    ),
  );
}
