// The service response time document, built of elements from the Markdown that the API writes: headings, paragraphs, lists,
// quotes, tables, bold words. Whatever else stands there stays text.

import { h } from "./dom.js";

const plain = (text) => text.replace(/\\([\\`*_[\]<>|~$#.)+=&-])/g, "$1").replace(/\\:/g, ":").replaceAll("&amp;", "&");

/** A line with its bold parts and line breaks. */
function line(text) {
  return text.split(/(?<!\\)\*\*/).flatMap((part, i) => {
    const pieces = part.split("<br>").flatMap((one, n) => (n ? [h("br"), plain(one)] : [plain(one)]));
    return i % 2 ? [h("strong", {}, pieces)] : pieces;
  });
}

const cells = (row) => row.slice(1, -1).split(/(?<!\\)\|/).map((one) => one.trim());

function tableOf(rows) {
  const [head, rule, ...body] = rows.map(cells);
  const figures = rule.map((one) => (one.endsWith(":") ? "figure" : null));
  return h(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": plain(head.join(", ")) },
    h(
      "table",
      { class: "table" },
      h("thead", {}, h("tr", {}, head.map((one, i) => h("th", { scope: "col", class: figures[i] }, line(one))))),
      h("tbody", {}, body.map((row) => h("tr", {}, row.map((one, i) => (i ? h("td", { class: figures[i] }, line(one)) : h("th", { scope: "row" }, line(one))))))),
    ),
  );
}

/** The elements of a text; its headings begin at `level`. */
export function markdown(text, level = 2) {
  return text
    .trim()
    .split(/\n{2,}/)
    .map((block) => {
      const lines = block.split("\n");
      const heading = /^(#+) (.*)$/.exec(block);
      if (heading) return h(`h${Math.min(6, heading[1].length + level - 1)}`, {}, line(heading[2]));
      if (block.startsWith("|")) return tableOf(lines);
      if (block.startsWith("- ")) return h("ul", {}, lines.map((one) => h("li", {}, line(one.slice(2)))));
      if (block.startsWith("> ")) return h("blockquote", {}, line(block.slice(2)));
      return h("p", {}, line(block));
    });
}
