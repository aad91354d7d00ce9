// The views. One more is a file beside this one and a line in VIEWS.
//
//   { name: "trends", words: { en: "Trends", zh: "趋势" }, icon: "M3 17l6-6 4 4 8-9", load: () => import("./trends.js") },
//
// `name` is the first part of its address (#/trends?from=…), `words` its name in the navigation, `icon` a path on a grid of
// 24 × 24, drawn as a line; a view without `icon` is not in the navigation. `style: "trends.css"` brings a style sheet of its own.
//
// The module exports `open(page)`, called when the view is shown, and again when the language, theme or zone changes:
//
//   page.root               the empty element to fill (inside <main>; the heading is the shell's)
//   page.parts              what follows the name in the address: #/ticket/a/b → ["a", "b"]
//   page.query              what follows the question mark, an object of texts: {from: "2026-06-01"}
//   page.set({by: "tier"})  changes the query in the address (null removes), and the view is told; {replace: true} as second
//                           argument makes no step of the browser's history
//   page.link(name, query, ...parts)  the address of a view, for `href`
//   page.title(text, below) the heading, and the line below it (text or elements)
//   page.tools(...elements) what stands right of the heading: the view's own choices
//   page.say(text)          told to screen readers, politely, each 5 s at most
//   page.connection(state, seconds), page.refused()  for views that poll(): "live", "offline", "trying" again in seconds;
//                           the second after a 401. load() does both by itself
//   page.signal             aborts when the view is left; pass it to poll() and addEventListener()
//   page.ask(path, query)   the API's answer (api.get with the signal); page.text(path, query) the same as a text
//   page.load(host, ask, show)  shows that `host` is loading, then `show(await ask())`, its elements, or what went wrong and a
//                           way to try again; asks again by itself after 503. Returns a promise
//
// `open` may return a function: it is called with the new query when that changes; without one the view is opened anew.
//
// At hand: dom.js (`h`, `put`, `keyed`), text.js (`texts`, `word`, METRICS …, `duration`, `moment`, `number`, `percent`),
// parts.js (`picker`, `segmented`, `table`, `folded`, `empty`, `badge`, `stat`, `panel`), charts.js (`chart`, `colour`, `series`, `stripes`), heat.js
// (`heatmap`). Colours are those of base.css (--running, --met …); classes of shapes are in parts.css. What comes from
// data is given to `h` as text; there are no style attributes in markup (the security policy refuses them).

/** @type {Page.View[]} */
export const VIEWS = [
  {
    name: "now",
    words: { en: "Now", zh: "实时" },
    icon: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M12 7v5l3.5 2",
    style: "now.css",
    load: () => import("./now.js"),
  },
  {
    name: "trends",
    words: { en: "Trends", zh: "趋势" },
    icon: "M3 3v18h18M6 15l4-5 4 3 6-8",
    style: "trends.css",
    load: () => import("./trends.js"),
  },
  {
    name: "when",
    words: { en: "When", zh: "时段" },
    icon: "M4 5h16v15H4zM4 10h16M9 10v10M14.5 10v10M4 15h16M8 2.5V5M16 2.5V5",
    style: "when.css",
    load: () => import("./when.js"),
  },
  {
    name: "distribution",
    words: { en: "Distribution", zh: "分布" },
    icon: "M3 20h18M5.5 20v-5M10 20V7M14.5 20v-9M19 20v-3",
    style: "distribution.css",
    load: () => import("./distribution.js"),
  },
  {
    name: "breakdown",
    words: { en: "Breakdown", zh: "细分" },
    icon: "M4 5h16M4 10h10M4 15h13M4 20h6",
    style: "breakdown.css",
    load: () => import("./breakdown.js"),
  },
  {
    name: "agents",
    words: { en: "Agents", zh: "客服人员" },
    icon: "M12 4a4 4 0 1 0 0 8a4 4 0 1 0 0-8M4 20c.8-4 4-6 8-6s7.2 2 8 6",
    style: "agents.css",
    load: () => import("./agents.js"),
  },
  {
    name: "satisfaction",
    words: { en: "Satisfaction", zh: "满意度" },
    icon: "M12 3a9 9 0 1 0 0 18a9 9 0 1 0 0-18M8 14.5c1 1.5 2.4 2.2 4 2.2s3-.7 4-2.2M9 9.5v.2M15 9.5v.2",
    style: "satisfaction.css",
    load: () => import("./satisfaction.js"),
  },
  { name: "ticket", words: { en: "Ticket", zh: "工单" }, style: "ticket.css", load: () => import("./ticket.js") },
  { name: "faults", words: { en: "Faults", zh: "故障" }, style: "faults.css", load: () => import("./faults.js") },
  {
    name: "policy",
    words: { en: "Policy", zh: "策略" },
    icon: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7M9 16h7",
    style: "policy.css",
    load: () => import("./policy.js"),
  },
];
