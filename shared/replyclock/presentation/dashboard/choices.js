// What the person at this browser has chosen: language, theme, time zone. Kept in localStorage, where that is allowed.

const LANGUAGES = ["en", "zh"];
const THEMES = ["auto", "dark", "light"];
const listeners = new Set();

function read(name) {
  try {
    return localStorage.getItem(`replyclock.${name}`);
  } catch {
    return null; // a browser may forbid it: the choice then lasts until the page is closed
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(`replyclock.${name}`, value);
  } catch {
    // as above
  }
}

const known = (zone) => {
  try {
    return Boolean(zone && new Intl.DateTimeFormat("en", { timeZone: zone }));
  } catch {
    return false;
  }
};

/** The zone that the browser is in. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const pick = (name, allowed, otherwise) => (allowed.includes(read(name)) ? read(name) : otherwise);
const chosen = {
  language: pick("language", LANGUAGES, navigator.language?.startsWith("zh") ? "zh" : "en"),
  theme: pick("theme", THEMES, "auto"),
  zone: known(read("zone")) ? read("zone") : HERE,
};

export const language = () => chosen.language;
export const theme = () => chosen.theme;
export const zone = () => chosen.zone;

/** Chooses anew, and tells who asked to know. */
export function choose(name, value) {
  if (chosen[name] === value) return;
  chosen[name] = value;
  keep(name, value);
  apply();
  for (const listener of listeners) listener(name);
}

/** `listener(name)` is called after each choice. */
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
