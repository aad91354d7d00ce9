// Charts: Chart.js, loaded when the first one is drawn, each with its words and its figures as a table.

import { language } from "./choices.js";
import { h, put } from "./dom.js";
import { asTable } from "./parts.js";

/** @typedef {(number | null | import("chart.js").Point)[]} Data */
/** @typedef {import("chart.js").ChartConfiguration<"line" | "bar", Data, string> | import("chart.js").ChartConfigurationCustomTypesPerDataset<"line" | "bar", Data, string>} Config */
/** @typedef {typeof import("chart.js").Chart} Library */

/** @type {Promise<Library> | null} */
let library = null;

function load() {
  library ??= /** @type {Promise<Library>} */ (new Promise((done, failed) => {
    const src = new URL("vendor/chart.umd.min.js", import.meta.url).href;
    document.head.append(h("script", { src, onload: () => done(Reflect.get(globalThis, "Chart")), onerror: () => failed(new Error("the charting library did not load")) }));
  })).catch((wrong) => {
    library = null; // the next chart tries again
    throw wrong;
  });
  return library;
}

/**
 * The colour that base.css gives a name (`ink`, `line`, `running`, `series-1` … `series-6`), as it is in the present theme.
 *
 * @param {string} name
 * @param {number} [opacity]
 */
export function colour(name, opacity = 1) {
  const probe = h("i", { style: { color: `color-mix(in srgb, var(--${name}) ${opacity * 100}%, transparent)`, display: "none" } });
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  // Mixed colours are told as color(srgb …), of which Chart.js makes no darker one for what is pointed at.
  const [red, green, blue, alpha = 1] = found.startsWith("color(srgb") ? (found.match(/[\d.e-]+/g) ?? []).map(Number) : [];
  return red === undefined ? found : `rgba(${[red, green, blue].map((one) => Math.round(one * 255)).join(", ")}, ${alpha})`;
}

/** The colours of series, told apart by the colour-blind (Okabe and Ito's), in their order. */
export const series = () => [1, 2, 3, 4, 5, 6].map((one) => colour(`series-${one}`));

/**
 * Stripes of a colour, so that two areas differ by more than their colour.
 *
 * @param {string} of
 * @param {number} [width]
 */
export function stripes(of, width = 6) {
  const canvas = h("canvas", { width, height: width });
  const context = canvas.getContext("2d");
  if (!context) return of;
  context.strokeStyle = of;
  context.lineWidth = width / 4;
  context.beginPath();
  for (const shift of [-width, 0, width]) {
    context.moveTo(shift, width);
    context.lineTo(shift + width, 0);
  }
  context.stroke();
  return context.createPattern(canvas, "repeat") ?? of;
}

/**
 * A chart. `config` is Chart.js's; `name` says what it is and `summary` what it shows, for those who do not see it; `figures`
 * are for parts.js `table`; `signal` is the page's, with which it goes; `height` is a class.
 *
 * @template Row
 * @param {object} of
 * @param {string} of.name
 * @param {string} of.summary
 * @param {Config} of.config
 * @param {{ columns: Page.Column<Row>[], rows: Row[] }} of.figures
 * @param {AbortSignal} of.signal
 * @param {"low" | "middle" | "high"} [of.height]
 */
export function chart({ name, summary, config, figures, signal, height = "middle" }) {
  const canvas = h("canvas", { role: "img", "aria-label": `${name}. ${summary}` });
  const drawing = h("div", { class: `drawing ${height}` }, canvas);
  const figure = h("figure", { class: "chart" }, drawing, h("figcaption", {}, summary), asTable(name, figures.columns, figures.rows));
  load().then((Chart) => {
    if (signal.aborted) return;
    const ink = colour("ink-2");
    Chart.defaults.color = ink;
    Chart.defaults.borderColor = colour("line");
    Chart.defaults.font.family = getComputedStyle(document.body).fontFamily;
    Chart.defaults.font.size = 12;
    const { options = {} } = config;
    const drawn = new Chart(canvas, {
      ...config,
      options: {
        animation: matchMedia("(prefers-reduced-motion: reduce)").matches ? false : { duration: 250 },
        responsive: true,
        maintainAspectRatio: false,
        locale: language() === "zh" ? "zh-CN" : "en-GB",
        ...options,
        plugins: {
          ...options.plugins,
          legend: { position: "top", align: "start", labels: { boxWidth: 14, boxHeight: 10, ...options.plugins?.legend?.labels }, ...options.plugins?.legend },
          tooltip: {
            backgroundColor: colour("raised"),
            titleColor: colour("ink"),
            bodyColor: colour("ink"),
            footerColor: colour("ink-2"),
            footerFont: { weight: "normal" },
            borderColor: colour("line"),
            borderWidth: 1,
            padding: 10,
            ...options.plugins?.tooltip,
          },
        },
      },
    });
    signal.addEventListener("abort", () => drawn.destroy());
  }, (wrong) => {
    put(drawing, h("p", { class: "empty" }, wrong.message));
  });
  return figure;
}
