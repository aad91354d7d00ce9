// A ticket's life on a line: parts and instants placed by time, in rows that one walks through with the arrow keys.

import { zone } from "./choices.js";
import { h, write } from "./dom.js";
import { day, minute, time } from "./text.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY];
const MOST_TICKS = 7;
const CLOSE = 1.4; // in hundredths of the width: marks closer than this stand below each other
const LEVELS = 3;

/** @typedef {{ begin: number, end: number }} Scale From when to when is drawn, in milliseconds. */
/** @typedef {{ at: number, to?: number, kind: string, text: string }} Thing An instant, or a part that goes on to `to`. */

/**
 * From when to when is drawn: all of the ticket, or the life of one clock. Due instants that are near come into it.
 *
 * @param {Answer.Ticket} ticket
 * @param {Answer.Explained | undefined} clock
 * @returns {Scale}
 */
export function range(ticket, clock) {
  const clocks = clock ? [clock] : ticket.clocks;
  const instants = clocks.flatMap((one) => one.explanation.flatMap((part) => [Date.parse(part.from), Date.parse(part.to)]));
  if (!clock) instants.push(...ticket.events.map((one) => Date.parse(one.occurred_at)));
  if (!instants.length) instants.push(Date.parse(ticket.created_at ?? ticket.events[0].occurred_at));
  const begin = Math.min(...instants);
  let end = Math.max(...instants, begin + SECOND);
  const reach = end + (end - begin) * (clock ? 2 : 0.3);
  const near = clocks.flatMap((one) => (one.due_at ? [Date.parse(one.due_at)] : [])).filter((due) => due > end && due <= reach);
  end = Math.max(end, ...near);
  const margin = (end - begin) * 0.02;
  return { begin: begin - margin, end: end + margin };
}

/** @type {(at: number, scale: Scale) => number} */
const place = (at, { begin, end }) => (100 * (at - begin)) / (end - begin);

/**
 * Buttons for things of {at, to (of a part), kind, text}, placed on the scale. With `apart` instants that are close stand
 * below each other.
 *
 * @param {Thing[]} things
 * @param {Scale} scale
 * @param {boolean} [apart]
 */
export function drawn(things, scale, apart = false) {
  const ends = Array(LEVELS).fill(-Infinity);
  return things
    .filter((one) => (one.to ?? one.at) >= scale.begin && one.at <= scale.end)
    .map((one) => {
      const left = Math.max(0, place(one.at, scale));
      const element = h("button", { type: "button", class: one.kind, "aria-label": one.text, tabindex: "-1", style: { left: `${left}%` } });
      if (one.to !== undefined) element.style.setProperty("width", `${Math.min(100, place(one.to, scale)) - left}%`);
      if (apart) {
        const free = ends.findIndex((end) => left - end >= CLOSE);
        const level = free < 0 ? ends.indexOf(Math.min(...ends)) : free;
        ends[level] = left;
        element.style.setProperty("--level", String(level));
      }
      return element;
    });
}

/** @type {Record<string, number | undefined>} */
const STRIDES = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/**
 * A row. `tell(text)` is called with what is pointed at or has the focus.
 *
 * @param {string} name
 * @param {HTMLElement[]} things
 * @param {(text: string) => void} tell
 * @param {string} look
 */
export function lane(name, things, tell, look) {
  /** @param {Event} event */
  const told = (event) => {
    if (event.target instanceof HTMLButtonElement) tell(event.target.getAttribute("aria-label") ?? "");
  };
  if (things.length) things[0].tabIndex = 0;
  const track = h(
    "div",
    {
      class: "track",
      onpointerover: told,
      onfocusin: told,
      onclick: told,
      onkeydown: (event) => {
        const step = STRIDES[event.key];
        if (step === undefined) return;
        event.preventDefault();
        const at = things.findIndex((one) => one === document.activeElement);
        const next = things[Math.min(things.length - 1, Math.max(0, at + step))];
        for (const one of things) one.tabIndex = one === next ? 0 : -1;
        next.focus();
      },
    },
    things,
  );
  return h("div", { class: `lane ${look}`, role: "group", "aria-label": name }, h("span", { class: "lane-name", "aria-hidden": "true" }, name), track);
}

/**
 * How far the zone is from UTC at an instant, in milliseconds.
 *
 * @param {number} at
 */
function offset(at) {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone(), hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(at);
  const of = Object.fromEntries(parts.map((one) => [one.type, Number(one.value)]));
  return Date.UTC(of.year, of.month - 1, of.day, of.hour, of.minute, of.second) - Math.floor(at / SECOND) * SECOND;
}

/**
 * The times below the rows.
 *
 * @param {Scale} scale
 */
export function axis(scale) {
  const step = STEPS.find((one) => (scale.end - scale.begin) / one <= MOST_TICKS) ?? STEPS[STEPS.length - 1];
  const shift = offset(scale.begin);
  /** @type {number[]} */
  const ticks = [];
  for (let at = Math.ceil((scale.begin + shift) / step) * step - shift; at <= scale.end; at += step) ticks.push(at);
  let before = "";
  return h(
    "div",
    { class: "lane axis", "aria-hidden": "true" },
    h("span", { class: "lane-name" }, zone()),
    h(
      "div",
      { class: "track" },
      ticks.map((at) => {
        const element = h("span", { style: { left: `${place(at, scale)}%` } });
        const today = day(at);
        write(element, step >= DAY ? today : step < MINUTE ? time(at) : minute(at));
        if (step < DAY && today !== before) element.append(h("small", {}, today));
        before = today;
        return element;
      }),
    ),
  );
}
