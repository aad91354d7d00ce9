// What the person at this browser has chosen: language, theme, time zone. Kept in localStorage, where that is allowed.

/** @typedef {"auto" | "dark" | "light"} Theme */
/** @typedef {"language" | "theme" | "zone"} Choice */

/** @type {readonly Page.Language[]} */
const LANGUAGES = ["en", "zh"];
/** @type {readonly Theme[]} */
const THEMES = ["auto", "dark", "light"];
/** @type {Set<(name: Choice) => void>} */
const listeners = new Set();

/** @param {Choice} name */
function read(name) {
  try {
    return localStorage.getItem(`replyclock.${name}`);
  } catch {
    return null; // a browser may forbid it: the choice then lasts until the page is closed
  }
}

/**
 * @param {Choice} name
 * @param {string} value
 */
function keep(name, value) {
  try {
    localStorage.setItem(`replyclock.${name}`, value);
  } catch {
    // as above
  }
}

/** @param {string} zone */
const known = (zone) => {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
};

/** The zone that the browser is in. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/**
 * @template {string} Value
 * @param {Choice} name
 * @param {readonly Value[]} allowed
 * @param {Value} otherwise
 */
function pick(name, allowed, otherwise) {
  const kept = read(name);
  return allowed.find((one) => one === kept) ?? otherwise;
}

const keptZone = read("zone");
/** @type {{ language: Page.Language, theme: Theme, zone: string }} */
const chosen = {
  language: pick("language", LANGUAGES, navigator.language?.startsWith("zh") ? "zh" : "en"),
  theme: pick("theme", THEMES, "auto"),
  zone: keptZone && known(keptZone) ? keptZone : HERE,
};

export const language = () => chosen.language;
export const theme = () => chosen.theme;
export const zone = () => chosen.zone;

/**
 * Chooses anew, and tells who asked to know.
 *
 * @template {Choice} Name
 * @param {Name} name
 * @param {(typeof chosen)[Name]} value
 */
export function choose(name, value) {
  if (chosen[name] === value) return;
  chosen[name] = value;
  keep(name, value);
  apply();
  for (const listener of listeners) listener(name);
}

/**
 * `listener(name)` is called after each choice.
 *
 * @param {(name: Choice) => void} listener
 */
export const onChoice = (listener) => listeners.add(listener);

/** Puts the choices on the page. */
export function apply() {
  document.documentElement.lang = chosen.language === "zh" ? "zh-CN" : "en";
  if (chosen.theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen.theme;
}

// With the theme left to the system, what is drawn on canvas has to be drawn again when the system changes it.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  if (chosen.theme === "auto") for (const listener of listeners) listener("theme");
});
