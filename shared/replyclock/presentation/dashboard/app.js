// The shell: the address, the navigation, the choices, the token, and what is said to screen readers.

import { ApiError, get, getText, setToken, takeToken, token } from "./api.js";
import { apply, choose, HERE, language, onChoice, theme, zone } from "./choices.js";
import { h, put, s } from "./dom.js";
import { empty, failure, icon, isTyping, loading, picker, segmented } from "./parts.js";
import { texts } from "./text.js";
import { VIEWS } from "./views.js";

const t = texts({
  en: {
    skip: "Skip to the content",
    views: "Views",
    choices: "Choices",
    language: "Language",
    theme: "Theme",
    auto: "Auto",
    dark: "Dark",
    light: "Light",
    zone: "Times in",
    here: "{zone} (yours)",
    menu: "Menu",
    live: "Live",
    connecting: "Connecting",
    trying: "Trying again in {seconds} s",
    offline: "Offline",
    leave: "Forget the token",
    token_title: "Who is asking?",
    token_text: "This page shows what the API tells, and the API asks for its token. It is kept for this tab only, until the tab is closed.",
    token_where: "On AWS it is in Secrets Manager, under replyclock/STAGE/api-token; make run prints an address that has it.",
    token: "API token",
    token_wrong: "The API does not take this token.",
    go: "Show the dashboard",
    unknown: "There is no view of this name",
    unknown_hint: "Choose one from the navigation.",
    not_loaded: "This view could not be loaded",
    not_loaded_hint: "There may be a newer version of the page, or no connection.",
    reload: "Load the page anew",
    keys: "Keys: / filter · j k lists · f wall",
  },
  zh: {
    skip: "跳到正文",
    views: "视图",
    choices: "选项",
    language: "语言",
    theme: "主题",
    auto: "自动",
    dark: "深色",
    light: "浅色",
    zone: "时区",
    here: "{zone}（本地）",
    menu: "菜单",
    live: "实时",
    connecting: "连接中",
    trying: "{seconds} 秒后重试",
    offline: "离线",
    leave: "清除令牌",
    token_title: "请验证身份",
    token_text: "本页面的数据来自 API，访问 API 需要令牌。令牌只保存在当前标签页中，关闭后即清除。",
    token_where: "在 AWS 上，令牌位于 Secrets Manager 的 replyclock/STAGE/api-token；make run 会打印带令牌的地址。",
    token: "API 令牌",
    token_wrong: "API 不接受该令牌。",
    go: "进入",
    unknown: "没有这个视图",
    unknown_hint: "请从导航中选择。",
    not_loaded: "无法加载此视图",
    not_loaded_hint: "页面可能已有新版本，或者网络未连接。",
    reload: "重新加载页面",
    keys: "快捷键：/ 筛选 · j k 列表 · f 大屏",
  },
});

const SAY_EVERY = 5000;
let leave = new AbortController();
/** @type {Shown | null} */
let current = null;
let first = true;
/** @type {string[]} */
const waiting = [];
let saidAt = 0;
let saying = 0;

/** @typedef {{ name: string, parts: string[], query: Page.Query }} Place What an address names. */
/** @typedef {{ view: Page.View, place: Place, update: Page.Update | null }} Shown The view that is shown. */

/** What the page consists of: made by `frame`, anew where the language changes. */
let parts = frame();

/**
 * The address of a view.
 *
 * @param {string} name
 * @param {Page.Values} [query]
 * @param {...string} rest
 */
function address(name, query = {}, ...rest) {
  const told = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") told.set(key, String(value));
  const path = [name, ...rest].map(encodeURIComponent).join("/");
  return `#/${path}${told.size ? `?${told}` : ""}`;
}

/** @returns {Place} */
function readPlace() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?", 2);
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  return { name: name || VIEWS[0].name, parts: rest, query: Object.fromEntries(new URLSearchParams(query)) };
}

/**
 * Screen readers hear what is new, all of it at once and not too often.
 *
 * @param {string} text
 */
function say(text) {
  if (!waiting.includes(text)) waiting.push(text);
  clearTimeout(saying);
  saying = setTimeout(
    () => {
      saidAt = Date.now();
      parts.live.textContent = waiting.splice(0).join(" ");
    },
    Math.max(100, saidAt + SAY_EVERY - Date.now()),
  );
}

function frame() {
  /** @type {[Page.Language, string][]} */
  const LANGUAGES = [["en", "English"], ["zh", "中文"]];
  /** @type {("auto" | "light" | "dark")[]} */
  const THEMES = ["auto", "light", "dark"];
  const nav = h(
    "nav",
    { "aria-label": t("views"), class: "nav" },
    h(
      "ul",
      {},
      VIEWS.map((view) =>
        view.icon ? h("li", {}, h("a", { href: address(view.name), "data-view": view.name }, icon(view.icon), h("span", {}, view.words[language()]))) : null,
      ),
    ),
  );
  const state = h("p", { class: "state", role: "status" });
  const zones = [...new Set([HERE, "UTC", ...Intl.supportedValuesOf("timeZone")])];
  const choices = h(
    "div",
    { class: "choices", role: "group", "aria-label": t("choices") },
    picker(t("zone"), zones.map((one) => [one, one === HERE ? t("here", { zone: one }) : one]), zone(), (one) => choose("zone", one ?? HERE), { all: false }),
    segmented(t("language"), LANGUAGES, language(), (one) => choose("language", one)),
    segmented(t("theme"), THEMES.map((one) => [one, t(one)]), theme(), (one) => choose("theme", one)),
    h("button", { type: "button", class: "plain", onclick: () => { setToken(""); ask(false); } }, t("leave")),
    h("p", { class: "keys" }, t("keys")),
  );
  /** @type {HTMLButtonElement} */
  const menu = h(
    "button",
    {
      type: "button",
      class: "menu",
      "aria-expanded": "false",
      "aria-label": t("choices"),
      onclick: () => menu.setAttribute("aria-expanded", String(side.classList.toggle("open"))),
    },
    icon("M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4"),
  );
  const side = h(
    "header",
    { class: "side" },
    h(
      "div",
      { class: "brand" },
      h("a", { href: address(VIEWS[0].name), class: "logo" }, logo(), h("span", {}, "replyclock")),
      state,
      menu,
    ),
    nav,
    choices,
  );
  const heading = h("h1", { tabindex: "-1" });
  const below = h("div", { class: "below" });
  const tools = h("div", { class: "tools" });
  const root = h("div", { class: "view" });
  const main = h(
    "main",
    { id: "main", tabindex: "-1" },
    h("div", { class: "top" }, h("div", { class: "titles" }, heading, below), tools),
    root,
  );
  const live = h("div", { class: "hidden", "aria-live": "polite", "data-live": true });
  const skip = h("button", { type: "button", class: "skip", onclick: () => { main.focus(); main.scrollIntoView(); } }, t("skip"));
  put(document.body, skip, side, main, live);
  return { state, side, heading, below, tools, root, main, live };
}

function logo() {
  return   s("svg", { viewBox: "0 0 32 32", "aria-hidden": "true", focusable: "false" }, s("circle", { cx: 16, cy: 16, r: 14 }), s("path", { d: "M16 7v9l6 4" }));
}

/**
 * How the connection is; `seconds` are those until it is tried again.
 *
 * @param {Page.Connection} state
 * @param {number} [seconds]
 */
function connection(state, seconds = 0) {
  parts.state.className = `state ${state}`;
  const text = t(state, { seconds });
  if (parts.state.textContent !== text) parts.state.textContent = text;
}

/** Marks what is shown with its address, which changes before the view does. */
function shown() {
  parts.main.dataset.place = location.hash;
}

/** @param {boolean} refused Whether the API did not take the token. */
function ask(refused) {
  leave.abort();
  current = null;
  wear(null);
  document.body.classList.add("asking");
  document.title = "replyclock";
  put(parts.heading, t("token_title"));
  put(parts.below);
  put(parts.tools);
  const input = h("input", { type: "password", id: "token", autocomplete: "current-password", spellcheck: "false", required: true, "aria-describedby": "token-wrong" });
  put(
    parts.root,
    h(
      "form",
      {
        class: "token",
        onsubmit: (event) => {
          event.preventDefault();
          setToken(input.value.trim());
          open();
        },
      },
      h("p", {}, t("token_text")),
      h("label", { for: "token" }, t("token")),
      input,
      h("p", { id: "token-wrong", class: "fault", role: "alert" }, refused ? t("token_wrong") : ""),
      h("button", { class: "button main" }, t("go")),
      h("p", { class: "hint" }, t("token_where")),
    ),
  );
  connection("connecting");
  input.focus();
  shown();
}

/**
 * What a view may do with the page.
 *
 * @param {Page.View} view
 * @param {Place} place
 * @param {AbortSignal} signal
 */
function pageFor(view, place, signal) {
  /** @type {Page.Page} */
  const page = {
    root: parts.root,
    parts: place.parts,
    query: place.query,
    signal,
    say,
    link: address,
    wall,
    refused: () => ask(true),
    connection: (...told) => {
      if (!signal.aborted) connection(...told);
    },
    title(text, ...below) {
      put(parts.heading, text);
      put(parts.below, below);
      document.title = `${text} · replyclock`;
    },
    tools(...elements) {
      // Choices that are made anew after one of them: the focus stays at its place.
      /** @returns {HTMLElement[]} */
      const takers = () => [...parts.tools.querySelectorAll("button, select, input")].filter((one) => one instanceof HTMLElement);
      const at = takers().findIndex((one) => one === document.activeElement);
      put(parts.tools, elements);
      if (at >= 0) takers()[at]?.focus({ preventScroll: true });
    },
    set(changes, { replace = false } = {}) {
      const to = address(view.name, { ...(current?.place ?? place).query, ...changes }, ...place.parts);
      if (to === location.hash) return;
      history[replace ? "replaceState" : "pushState"](null, "", to);
      open();
    },
    ask: (path, query) => get(path, query, signal),
    text: (path, query) => getText(path, query, signal),
    async load(host, asking, show) {
      put(host, loading());
      try {
        const found = await asking();
        if (signal.aborted) return;
        put(host, show(found));
        connection("live");
      } catch (wrong) {
        if (signal.aborted) return;
        if (!(wrong instanceof ApiError)) throw wrong;
        if (wrong.status === 401) return void ask(true);
        const retry = () => page.load(host, asking, show);
        const soon = wrong.status === 503 || wrong.status === 0;
        put(host, failure(wrong, retry, 5));
        connection(wrong.status ? "live" : "offline");
        if (soon) {
          const timer = setTimeout(retry, 5000);
          signal.addEventListener("abort", () => clearTimeout(timer));
        }
      }
    },
  };
  return page;
}

async function open(anew = false) {
  const place = readPlace();
  if (!token()) return void ask(false);
  document.body.classList.remove("asking");
  document.body.classList.toggle("wall", place.query.wall === "1");
  const same = current && current.place.name === place.name && current.place.parts.join("/") === place.parts.join("/") ? current : null;
  if (same?.update && !anew) {
    same.place = place;
    same.update(place.query);
    shown();
    return;
  }
  leave.abort();
  leave = new AbortController();
  const { signal } = leave;
  const view = VIEWS.find((one) => one.name === place.name);
  for (const one of document.querySelectorAll(".nav a")) {
    if (one.getAttribute("data-view") === place.name) {
      one.setAttribute("aria-current", "page");
      one.scrollIntoView({ block: "nearest", inline: "center" }); // on a phone the navigation scrolls
    } else one.removeAttribute("aria-current");
  }
  if (!same) {
    put(parts.tools);
    put(parts.below);
  }
  if (!view) {
    current = null;
    put(parts.heading, t("unknown"));
    put(parts.root, h("p", {}, t("unknown_hint")));
    shown();
    return;
  }
  /** @type {Shown} */
  const mine = { view, place, update: null };
  current = mine;
  if (!same) {
    put(parts.heading, view.words[language()]);
    put(parts.root, loading());
    document.title = `${view.words[language()]} · replyclock`;
  }
  let module;
  try {
    [module] = await Promise.all([view.load(), styled(view.style)]);
  } catch (wrong) {
    if (signal.aborted) return;
    if (!(wrong instanceof TypeError)) throw wrong; // a fault of the view's own
    // There is a newer page, whose files have other names, or no connection.
    put(parts.root, empty(t("not_loaded"), t("not_loaded_hint"), h("button", { type: "button", class: "button", onclick: () => location.reload() }, t("reload"))));
    shown();
    return;
  }
  if (signal.aborted) return;
  wear(view.style);
  put(parts.root);
  parts.root.className = `view ${view.name}`;
  mine.update = module.open(pageFor(view, place, signal)) ?? null;
  if (!first && !same) {
    scrollTo(0, 0);
    parts.heading.focus({ preventScroll: true });
  }
  first = false;
  shown();
}

/**
 * Brings a style sheet, once.
 *
 * @param {string} name
 */
function styled(name) {
  if (document.querySelector(`link[data-style="${name}"]`)) return null;
  return new Promise((done) => {
    document.head.append(h("link", { rel: "stylesheet", href: new URL(name, import.meta.url).href, "data-style": name, onload: done, onerror: done }));
  });
}

/**
 * Of the views' style sheets only that of the view that is shown holds. That of the first view comes with the document.
 *
 * @param {string | null} name
 */
function wear(name) {
  for (const sheet of document.querySelectorAll("link")) {
    if (sheet.dataset.style !== undefined) sheet.disabled = sheet.dataset.style !== name;
  }
}

/** For a screen on the wall: the view alone, larger; in the address, so that such a screen can open it so. */
function wall() {
  if (!current) return;
  const on = current.place.query.wall === "1";
  if (on && document.fullscreenElement) document.exitFullscreen();
  if (!on) document.documentElement.requestFullscreen().catch(() => null); // refused: the page fills its window all the same
  pageFor(current.view, current.place, leave.signal).set({ wall: on ? null : "1" }, { replace: true });
}

/** @param {KeyboardEvent} event */
function keys(event) {
  if (isTyping(event)) return;
  if (event.key === "/") {
    const filter = document.querySelector("main select, main input");
    if (filter instanceof HTMLElement) {
      event.preventDefault();
      filter.focus();
    }
  } else if (event.key === "f") {
    wall();
  }
}

apply();
takeToken();
connection("connecting");
addEventListener("hashchange", () => {
  takeToken();
  open();
});
addEventListener("offline", () => connection("offline"));
document.addEventListener("keydown", keys);
onChoice((name) => {
  if (name === "language") {
    const menuOpen = parts.side.classList.contains("open");
    parts = frame();
    parts.side.classList.toggle("open", menuOpen);
    const pressed = parts.side.querySelector(".choices [aria-pressed='true']");
    if (pressed instanceof HTMLElement) pressed.focus(); // where the one was that is gone
  }
  if (token()) open(true);
  else ask(false);
});
open();
