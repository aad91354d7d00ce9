// Now: open clocks counting down by the server's clock, and what people were told.

import { now, setClock } from "./api.js";
import { zone } from "./choices.js";
import { h, keyed, put, write } from "./dom.js";
import { empty, failure, loading, mark, moveAmong, picker, stat } from "./parts.js";
import { poll } from "./poll.js";
import { ATTRIBUTES, LEVELS, METRICS, STATES as STATE_WORDS, capital, countdown, day, duration, fullMoment, minute, number, target, texts, time, value, word } from "./text.js";

const t = texts({
  en: {
    title: "Now",
    breached: "Breached",
    at_risk: "At risk",
    running: "Running",
    paused: "Paused",
    open: "Open",
    as_of: "As of {time}, times in {zone}",
    counted: "counted at {time}",
    next: "Due next",
    next_hint: ({ n }) => `${n} ${n === "1" ? "clock" : "clocks"}, soonest first`,
    breached_hint: ({ n }) => `${n} ${n === "1" ? "clock" : "clocks"}, longest first`,
    paused_hint: ({ n }) => `${n} ${n === "1" ? "clock" : "clocks"}, waiting for others`,
    late: "late",
    left: "left",
    stands: "paused",
    promise: "{standard}: {metric}",
    due: "due {time}",
    since: "since {time}",
    nobody: "nobody",
    more: "Only the {n} most urgent clocks are shown: filter to see the others.",
    alerts: "Alerts",
    alerts_hint: "newest first",
    quiet: "Nothing is waiting",
    quiet_hint: "No open ticket has a promise to keep. As soon as one comes in, its clocks run here.",
    filtered: "Nothing of this kind is waiting",
    filtered_hint: "No open ticket fits the filters.",
    unfilter: "Show all",
    silent: "No alerts so far",
    silent_hint: "What people are told appears here within two seconds.",
    wall: "Wall",
    unwall: "Leave the wall",
    told: "{standard}: {metric} within {target}",
    told_at_once: "told to the second",
    told_late: "{late} late when told",
    told_left: "{left} left when told",
    told_kept: "the promise was kept after all",
    reminded: "Reminder {n}",
    percent: "{level} at {n} %",
    new_alert: "{level}: {ticket}, {standard}, {metric}.",
    summary: ({ n, standard }) => `${n} more ${n === 1 ? "alert" : "alerts"} of ${standard}`,
    of_level: "{level}: {n}",
    in_minute: "in the minute of {time}, told in one summary",
    faults: ({ n }) => `A fault stopped ${n} ${n === "1" ? "thing" : "things"}; everything else goes on.`,
    faults_open: "See which",
    stale: "may have changed since: it cannot be evaluated now",
  },
  zh: {
    title: "实时",
    breached: "已超时",
    at_risk: "有风险",
    running: "计时中",
    paused: "已暂停",
    open: "未完成",
    as_of: "截至 {time}，时区 {zone}",
    counted: "统计于 {time}",
    next: "即将到期",
    next_hint: "{n} 项，最早到期在前",
    breached_hint: "{n} 项，超时最久在前",
    paused_hint: "{n} 项，等待他人",
    late: "超时",
    left: "剩余",
    stands: "暂停",
    promise: "{standard}：{metric}",
    due: "{time} 到期",
    since: "自 {time}",
    nobody: "未分配",
    more: "仅显示最紧急的 {n} 项计时；筛选后可查看其余。",
    alerts: "告警",
    alerts_hint: "最新在前",
    quiet: "没有等待中的工单",
    quiet_hint: "目前没有带承诺的未完成工单。新工单到达后，计时会显示在这里。",
    filtered: "没有符合条件的工单",
    filtered_hint: "没有符合筛选条件的未完成工单。",
    unfilter: "显示全部",
    silent: "暂无告警",
    silent_hint: "发出的告警会在两秒内显示在这里。",
    wall: "大屏",
    unwall: "退出大屏",
    told: "{standard}：{target}内{metric}",
    told_at_once: "到期即通知",
    told_late: "通知时已超时 {late}",
    told_left: "通知时剩余 {left}",
    told_kept: "实际按时",
    reminded: "第 {n} 次提醒",
    percent: "{level}（达 {n}%）",
    new_alert: "{level}：{ticket}，{standard}，{metric}。",
    summary: "{standard} 另有 {n} 条告警",
    of_level: "{level} {n} 条",
    in_minute: "{time} 的一分钟内，合并通知",
    faults: "{n} 项内容因故障被搁置，其余一切照常。",
    faults_open: "查看详情",
    stale: "暂时无法评估，状态可能已变化",
  },
});

const FILTERS = ["tenant", "channel", "tier", "group"];
/** @type {("breached" | "at_risk" | "running" | "paused" | "open")[]} */
const STATES = ["breached", "at_risk", "running", "paused", "open"];
const TAGS = ["tier", "channel", "category"];
/** @type {GroupName[]} */
const GROUPS = ["breached", "next", "paused"];
const SHOWN = 200;
const ALERTS = 50;
const LIVE_EVERY = 5000;
const ALERTS_EVERY = 1500;
const FAULTS_EVERY = 60000;
// So long after it falls due a clock's alert is mostly told.
const TOLD_AFTER = 400;

/** @typedef {"breached" | "next" | "paused"} GroupName */
/** @typedef {Answer.SentAlert | Answer.StormSummary} Line */

/** @param {{ tenant: string, source: string, ticket: string }} one */
const ticketWords = (one) => `${one.tenant === "default" ? "" : `${one.tenant}/`}${one.source} ${one.ticket}`;
/** @param {Answer.OpenClock} one */
const clockKey = (one) => [one.tenant, one.source, one.ticket, one.metric, one.started_at].join("|");
/** @param {number} at */
const near = (at) => (day(at) === day(now()) ? time(at) : `${day(at)} ${minute(at)}`);
/** @type {(one: Answer.OpenClock) => GroupName} */
const groupOf = (one) => (one.state === "running" ? "next" : one.state);

/** @type {Record<Answer.Level, string>} */
const levelLook = { warning: "at_risk", breach: "breached", escalation: "breached", reminder: "breached", correction: "met" };

/** @param {Page.Page} page */
export function open(page) {
  let query = page.query;
  /** @type {Answer.Live | null} */
  let live = null;
  /** @type {{ latest: string, list: Line[], tenant: string | undefined } | null} */
  let told = null;
  let shownFacets = "";
  /** @type {(HTMLElement | null)[]} */
  let pageTools = [];
  /** @type {WeakMap<Element, Row>} */
  const rows = new WeakMap();
  /** @type {WeakMap<Element, HTMLElement>} */
  const whens = new WeakMap();

  const below = h("span", {});
  const counts = h("dl", { class: "counts" });
  const groups = { breached: group("breached"), next: group("next"), paused: group("paused") };
  const lists = h("div", { class: "lists" }, loading());
  const alerts = h("ol", {});
  const alertsHint = h("small", {});
  const feed = h("section", { class: "feed", "aria-label": t("alerts") }, h("h2", {}, t("alerts"), alertsHint), alerts);
  page.title(t("title"), below);
  const faults = h("p", { class: "faults-notice", role: "status", hidden: true });
  put(page.root, counts, faults, h("div", { class: "board" }, lists, feed));
  moveAmong(lists, () => [...lists.querySelectorAll("a")]);
  moveAmong(feed, () => [...feed.querySelectorAll("a")]);
  tools();

  function tools() {
    const facets = live?.facets ?? {};
    const pickers = FILTERS.map((name) => {
      /** @type {[string, string][]} */
      const known = (facets[name] ?? []).flatMap(({ value: one, tickets }) => (one === null ? [] : [[one, `${one} (${number(tickets)})`]]));
      // What is in the address stays to be chosen, also when no ticket has it any more.
      const wanted = query[name];
      if (wanted !== undefined && !known.some(([one]) => one === wanted)) known.push([wanted, wanted]);
      if (known.length < 2 && wanted === undefined) return null;
      return picker(capital(word(ATTRIBUTES, name)), known, wanted, (one) => page.set({ [name]: one }));
    });
    const focused = pickers.findIndex((_, i) => pageTools[i]?.contains(document.activeElement));
    pageTools = pickers;
    const wall = h("button", { type: "button", class: "button wide", onclick: page.wall }, query.wall === "1" ? t("unwall") : t("wall"));
    page.tools(pickers, wall);
    pickers[focused]?.querySelector("select")?.focus();
    shownFacets = JSON.stringify(facets);
  }

  const filtered = () => FILTERS.some((name) => query[name] !== undefined);

  /** What has not changed was asked for anew all the same: it is as of now. */
  function showHead() {
    const counted = live?.counted_at ? Date.parse(live.counted_at) : null;
    const late = live && counted !== null && Date.parse(live.at) - counted > 10000 ? ` · ${t("counted", { time: time(counted) })}` : "";
    write(below, t("as_of", { time: time(now()), zone: zone() }) + late);
  }

  /** @param {Answer.Live} found */
  function showLive(found) {
    put(
      counts,
      STATES.map((state) => {
        const n = found.counts?.[state] ?? null;
        const one = stat(t(state), n, { state });
        one.classList.add(n ? "some" : "none");
        return one;
      }),
    );
    document.title = `${found.counts?.breached ? `(${found.counts.breached}) ` : ""}${t("title")} · replyclock`;
    if (JSON.stringify(found.facets ?? {}) !== shownFacets && !document.activeElement?.matches(".tools select")) tools();
    // A clock that goes to another group, or whose place changes, keeps the focus.
    const holder = document.activeElement?.closest("[data-key]") ?? null;
    const held = lists.contains(holder) ? holder?.getAttribute("data-key") : null;
    const shown = [];
    for (const name of GROUPS) {
      const of = found.clocks.filter((one) => groupOf(one) === name);
      if (!of.length) continue;
      shown.push(groups[name].section);
      keyed(groups[name].list, of, clockKey, makeRow, updateRow);
      write(groups[name].hint, t(`${name}_hint`, { n: number(of.length) }));
    }
    if (!found.clocks.length) {
      const reset = h("button", { type: "button", class: "button", onclick: () => page.set(Object.fromEntries(FILTERS.map((one) => [one, null]))) }, t("unfilter"));
      put(lists, h("section", { class: "group" }, filtered() ? empty(t("filtered"), t("filtered_hint"), reset) : empty(t("quiet"), t("quiet_hint"))));
    } else {
      const more = found.more ? [h("p", { class: "more quiet" }, t("more", { n: number(found.clocks.length) }))] : [];
      const wanted = [...shown, ...more];
      const same = wanted.length === lists.children.length && shown.every((one, i) => one === lists.children[i]);
      if (!same) put(lists, wanted);
    }
    const row = held ? [...lists.querySelectorAll("[data-key]")].find((one) => one.getAttribute("data-key") === held) : undefined;
    if (row && !row.contains(document.activeElement)) rows.get(row)?.link.focus({ preventScroll: true });
    tick();
  }

  /** @param {Answer.OpenClock} one */
  function makeRow(one) {
    const parts = {
      mark: h("span", {}),
      count: h("span", { class: "count" }),
      unit: h("span", { class: "unit" }),
      ticket: h("span", { class: "ticket" }),
      promise: h("span", { class: "promise" }),
      due: h("span", { class: "due" }),
      tags: h("span", { class: "tags" }),
      who: h("span", { class: "who" }),
      fill: h("i", {}),
      risk: h("b", {}),
    };
    const link = h(
      "a",
      { class: "clock", href: page.link("ticket", {}, one.tenant, one.source, one.ticket) },
      h("span", { class: "left" }, parts.mark, h("span", {}, parts.count, " ", parts.unit)),
      parts.ticket,
      parts.promise,
      parts.tags,
      parts.who,
      parts.due,
      h("span", { class: "bar", "aria-hidden": "true" }, parts.fill, parts.risk),
    );
    const element = h("li", {}, link);
    rows.set(element, { ...parts, link, clock: timed(one), state: null });
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {Answer.OpenClock} one
   */
  function updateRow(element, one) {
    const parts = rows.get(element);
    if (!parts) return;
    parts.clock = timed(one);
    const { start, due, risk } = parts.clock;
    write(parts.ticket, ticketWords(one));
    write(parts.promise, t("promise", { standard: one.standard, metric: word(METRICS, one.metric) }) + (one.faulty ? ` · ${t("stale")}` : ""));
    parts.link.toggleAttribute("data-faulty", Boolean(one.faulty));
    write(parts.due, due ? t("due", { time: near(due) }) : t("since", { time: near(start) }));
    parts.due.title = fullMoment(due ?? start);
    write(parts.who, [one.group, one.assignee].filter(Boolean).join(" · ") || t("nobody"));
    write(parts.tags, TAGS.map((name) => one.attributes[name]).filter((tag) => tag !== undefined).map(value).join(" · "));
    const marked = due && risk && due > start;
    parts.risk.hidden = !marked;
    if (marked) parts.risk.style.setProperty("left", `${(100 * (risk - start)) / (due - start)}%`);
  }

  /** Brings what runs up to date. Nothing is read from the page meanwhile, so that it is laid out once. */
  function tick() {
    const at = now();
    let fell = false;
    for (const name of GROUPS) {
      for (const element of groups[name].list.children) {
        const row = rows.get(element);
        if (!row) continue;
        const { clock } = row;
        const left = clock.due ? (clock.due - at) / 1000 : null;
        const state = clock.state === "paused" ? "paused" : left !== null && left <= 0 ? "breached" : clock.state === "running" && (clock.at_risk || (clock.risk && clock.risk <= at)) ? "at_risk" : clock.state;
        if (row.state !== state) {
          // A shown clock that falls due is asked for at once; what it has become the API says.
          if (row.state && state === "breached") fell = true;
          row.state = state;
          row.link.className = `clock ${state}`;
          put(row.mark, mark(state), h("span", { class: "hidden" }, word(STATE_WORDS, state)));
          write(row.unit, state === "paused" ? t("stands") : state === "breached" ? t("late") : t("left"));
        }
        // Seconds begun count while it runs, whole ones once it is late: 0:00 is shown for an instant only.
        const seconds = left === null ? (at - clock.start) / 1000 : left > 0 ? Math.ceil(left) : -left;
        const text = clock.state === "paused" ? "—" : countdown(seconds);
        write(row.count, text);
        row.count.classList.toggle("long", text.length > 6);
        if (state !== "paused" && clock.due) {
          const share = Math.min(1, Math.max(0, (at - clock.start) / (clock.due - clock.start)));
          row.fill.style.setProperty("transform", `scaleX(${share.toFixed(4)})`);
        }
      }
    }
    if (fell) {
      askLive();
      setTimeout(askAlerts, TOLD_AFTER);
    }
  }

  /** Of a summary, and of the team, the feed does not know enough to leave it out. */
  /** @param {Line} one */
  const fits = (one) => one.kind === "summary" || ["channel", "tier"].every((name) => {
    const wanted = query[name];
    return wanted === undefined || [one.attributes[name]].flat().includes(wanted);
  });

  /**
   * @param {Line[]} all
   * @param {Set<string>} fresh
   */
  function showAlerts(all, fresh) {
    const list = all.filter(fits);
    write(alertsHint, t("alerts_hint"));
    if (!list.length) {
      put(alerts, h("li", { "data-key": "" }, empty(t("silent"), t("silent_hint"))));
      return;
    }
    keyed(alerts, list, (one) => one.alert_id, makeAlert, (row, one) => {
      if (fresh.has(one.alert_id)) row.classList.add("fresh");
      const when = whens.get(row);
      if (when) write(when, near(Date.parse(one.told_at)));
    });
  }

  /** @param {Answer.StormSummary} one */
  function makeSummary(one) {
    const when = h("time", { datetime: one.told_at, title: fullMoment(Date.parse(one.told_at)) });
    const levels = Object.entries(one.levels).map(([level, n]) => t("of_level", { level: word(LEVELS, level), n }));
    const row = h(
      "li",
      {},
      h(
        "div",
        { class: "line breached" },
        mark("breached"),
        h("span", { class: "level" }, t("summary", { n: one.alerts, standard: one.standard })),
        when,
        h("span", { class: "what" }, [...levels, t("in_minute", { time: minute(Date.parse(one.from)) })].join(" · ")),
      ),
    );
    whens.set(row, when);
    return row;
  }

  /** @param {Line} one */
  function makeAlert(one) {
    if (one.kind === "summary") return makeSummary(one);
    const when = h("time", { datetime: one.told_at, title: fullMoment(Date.parse(one.told_at)) });
    const late = one.due_at ? (Date.parse(one.told_at) - Date.parse(one.due_at)) / 1000 : null;
    const promised = t("told", { standard: one.standard, metric: word(METRICS, one.metric), target: target(one.target_microseconds / 1e6) });
    const standing =
      one.level === "correction" ? t("told_kept") : late === null ? null : late >= 0 && late < 1 ? t("told_at_once") : late >= 0 ? t("told_late", { late: duration(late) }) : t("told_left", { left: duration(-late) });
    const level =
      one.level === "reminder" ? t("reminded", { n: one.reminder }) : one.level === "breach" || one.level === "correction" ? word(LEVELS, one.level) : t("percent", { level: word(LEVELS, one.level), n: one.at_percent });
    const state = levelLook[one.level];
    const row = h(
      "li",
      {},
      h(
        "a",
        { href: page.link("ticket", {}, one.tenant, one.source, one.ticket), class: `line ${state}` },
        mark(state),
        h("span", {}, h("span", { class: "level" }, level), ` ${ticketWords(one)}`),
        when,
        h("span", { class: "what" }, [promised, standing].filter(Boolean).join(" · ")),
      ),
    );
    whens.set(row, when);
    return row;
  }

  const asked = () => Object.fromEntries(FILTERS.map((name) => [name, query[name]]));

  const askLive = poll({
    every: LIVE_EVERY,
    signal: page.signal,
    async ask() {
      const of = query;
      // Counting many open tickets takes a while: the first answer need not wait for it.
      const found = await page.ask("live", { ...asked(), limit: SHOWN, counts: live ? null : "kept" });
      if (page.signal.aborted || of !== query) return;
      page.connection("live");
      const old = live;
      live = found;
      if (found !== old) setClock(found.at);
      showHead();
      if (found !== old) showLive(found);
      if (!found.counts) askLive();
    },
    failed(wrong, seconds) {
      if (wrong.status === 401) return page.refused();
      page.connection(wrong.status === 0 && !navigator.onLine ? "offline" : "trying", seconds);
      if (!live) put(lists, failure(wrong, () => askLive(), seconds));
    },
  });

  const askAlerts = poll({
    every: ALERTS_EVERY,
    signal: page.signal,
    async ask() {
      const { tenant } = query;
      const before = told && told.tenant === tenant ? told : null;
      const found = await page.ask("alerts", { tenant, after: before?.latest, limit: ALERTS });
      if (page.signal.aborted || tenant !== query.tenant) return;
      const known = new Set(before?.list.map((one) => one.alert_id));
      const fresh = found.alerts.filter((one) => !known.has(one.alert_id));
      if (before && !fresh.length) return;
      told = { tenant, latest: found.latest, list: [...fresh, ...(before?.list ?? [])].slice(0, ALERTS) };
      showAlerts(told.list, new Set(before ? fresh.map((one) => one.alert_id) : []));
      if (!before) return;
      for (const one of fresh) {
        if (one.kind === "summary" || one.level === "warning" || one.level === "correction" || !fits(one)) continue;
        page.say(t("new_alert", { level: word(LEVELS, one.level), ticket: ticketWords(one), standard: one.standard, metric: word(METRICS, one.metric) }));
      }
      askLive();
    },
    failed(wrong, seconds) {
      if (wrong.status === 401) return page.refused();
      page.connection(wrong.status === 0 && !navigator.onLine ? "offline" : "trying", seconds);
      if (!told) put(alerts, h("li", {}, failure(wrong, () => askAlerts())));
    },
  });

  poll({
    every: FAULTS_EVERY,
    signal: page.signal,
    async ask() {
      const found = await page.ask("faults", { limit: 1, quarantine: "no" });
      if (page.signal.aborted) return;
      const n = Object.values(found.kinds).reduce((sum, one) => sum + one, 0);
      faults.hidden = n === 0;
      put(faults, n ? [mark("at_risk"), " ", t("faults", { n: `${number(n)}${found.more ? "+" : ""}` }), " ", h("a", { href: page.link("faults") }, t("faults_open"))] : []);
    },
    // How the connection is, the clocks' own asking says.
    failed(wrong) {
      if (wrong.status === 401) page.refused();
    },
  });

  // Each second by the server's clock, so that all screens in a room change together.
  let timer = 0;
  const beat = () => {
    requestAnimationFrame(tick);
    timer = setTimeout(beat, 1000 - (((now() % 1000) + 1000) % 1000) + 5);
  };
  beat();
  page.signal.addEventListener("abort", () => clearTimeout(timer));

  return (/** @type {Page.Query} */ changed) => {
    query = changed;
    tools();
    if (told && told.tenant === query.tenant) showAlerts(told.list, new Set());
    else askAlerts();
    askLive();
  };
}

/**
 * A clock with its instants in milliseconds, null where there are none.
 *
 * @param {Answer.OpenClock} one
 */
const timed = (one) => ({ ...one, start: Date.parse(one.started_at), due: one.due_at === null ? null : Date.parse(one.due_at), risk: one.at_risk_at === null ? null : Date.parse(one.at_risk_at) });

/**
 * A clock's line: its elements, and what they show.
 *
 * @typedef {Record<"mark" | "count" | "unit" | "ticket" | "promise" | "due" | "tags" | "who" | "fill" | "risk" | "link", HTMLElement>
 *   & { clock: ReturnType<typeof timed>, state: string | null }} Row
 */

/** @param {GroupName} name */
function group(name) {
  const list = h("ul", {});
  const id = `group-${name}`;
  const hint = h("small", {});
  const title = h("h2", { id }, t(name), hint);
  return { list, hint, section: h("section", { class: `group ${name}`, "aria-labelledby": id }, title, list) };
}
