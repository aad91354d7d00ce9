// A ticket: its clocks, its life drawn as intervals, and in words why each clock shows what it shows.

import { ApiError, now, ticketPath } from "./api.js";
import { zone } from "./choices.js";
import { h, put, write } from "./dom.js";
import { badge, failure, folded, mark, panel, segmented, stat, stats, table } from "./parts.js";
import { poll } from "./poll.js";
import { axis, drawn, lane, range } from "./timeline.js";
import { account, because, happening, interval } from "./ticket_words.js";
import { ATTRIBUTES, LEVELS, METRICS, STATES, STATUSES, capital, countdown, duration, exactDuration, fullMoment, moment, number, target, texts, value, word } from "./text.js";

const t = texts({
  en: {
    created: "created {time}",
    back: "Now",
    clocks: "Clocks",
    life: "Its life",
    hint: "Point at a part, or walk through a row with the arrow keys, to read what it is.",
    span: "Span",
    whole: "Whole",
    why: "Why",
    table: "Each interval",
    facts: "Facts",
    story: "What happened",
    alerts: "Alerts",
    of: "of {target}, {standard}",
    late: "late",
    left: "left",
    counted: "counted",
    from: "From",
    to: "To",
    length: "Length",
    reason: "What it is",
    counts: "Counts",
    yes: "yes",
    no: "no",
    sum: "Together",
    messages: "Events",
    replies: "Replies",
    customer_messages: "Customer messages",
    internal_notes: "Internal notes",
    bot_messages: "Bot messages",
    reopens: "Reopenings",
    reassignments: "Reassignments",
    requester_wait: "Requester waited",
    agent_work: "With agents",
    agent_wait: "Waited for customer",
    on_hold: "On hold",
    by_formula: "First response + resolution",
    assignee: "Assignee",
    group: "Team",
    rating: "Rating",
    nobody: "nobody",
    status_times: "Time in each status",
    level: "Alert",
    at: "Fell due",
    status: "What became of it",
    sent: "told {time}",
    pending: "about to be told",
    claimed: "being told",
    summarized: "told in a summary",
    quiet: "nobody told: {reason}",
    none: "None so far.",
    due: "due",
    due_at: "{metric}: due {time}",
    broke_at: "{metric}: broken {time}",
    alert_at: "{metric}: {percent} % at {time}",
    part: "{reason}: {from} to {to}, {length}",
    part_late: "{reason}, beyond the promise: {from} to {to}, {length}",
    key_counted: "counted",
    key_late: "beyond the promise",
    key_paused: "paused",
    key_closed: "closed hours",
    in_zone: "in {zone}: {from} to {to}",
    more: "Show more",
    partly: "Not all of this ticket is shown yet: its first {n} events, and of each clock the latest.",
  },
  zh: {
    created: "创建于 {time}",
    back: "实时",
    clocks: "计时",
    life: "时间线",
    hint: "将指针移到某一段，或用方向键在一行中移动，可查看说明。",
    span: "范围",
    whole: "全部",
    why: "原因说明",
    table: "逐段明细",
    facts: "工单信息",
    story: "经过",
    alerts: "告警",
    of: "承诺 {target}，{standard}",
    late: "超时",
    left: "剩余",
    counted: "计入",
    from: "开始",
    to: "结束",
    length: "时长",
    reason: "说明",
    counts: "是否计入",
    yes: "是",
    no: "否",
    sum: "合计",
    messages: "事件",
    replies: "回复",
    customer_messages: "客户消息",
    internal_notes: "内部备注",
    bot_messages: "机器人消息",
    reopens: "重新打开",
    reassignments: "转派",
    requester_wait: "客户等待",
    agent_work: "客服处理",
    agent_wait: "等待客户",
    on_hold: "等待第三方",
    by_formula: "首次响应 + 解决问题",
    assignee: "负责人",
    group: "团队",
    rating: "评分",
    nobody: "未分配",
    status_times: "各状态时长",
    level: "告警",
    at: "到期时刻",
    status: "处理结果",
    sent: "{time} 已通知",
    pending: "即将通知",
    claimed: "正在通知",
    summarized: "合并通知",
    quiet: "未通知：{reason}",
    none: "暂无。",
    due: "到期",
    due_at: "{metric}：{time} 到期",
    broke_at: "{metric}：{time} 超时",
    alert_at: "{metric}：{time} 达到 {percent}%",
    part: "{reason}：{from} 至 {to}，{length}",
    part_late: "{reason}（已超过承诺）：{from} 至 {to}，{length}",
    key_counted: "计入",
    key_late: "超过承诺",
    key_paused: "暂停",
    key_closed: "非工作时间",
    in_zone: "{zone}：{from} 至 {to}",
    more: "显示更多",
    partly: "此工单尚未全部显示：仅含前 {n} 个事件，以及各项计时的最近几次。",
  },
});

const QUIET = {
  en: { answered: "it was answered before", cancelled: "the clock was cancelled", standard_changed: "another promise holds now", overtaken: "a later alert was told", history: "it is history", never_told: "what it corrects was never told" },
  zh: { answered: "此前已答复", cancelled: "计时已取消", standard_changed: "已适用其他标准", overtaken: "已发出后续告警", history: "属于历史数据", never_told: "被更正的告警从未发出" },
};
const EVERY = 10000;
/** @type {("counted" | "late" | "paused" | "closed")[]} */
const KEY = ["counted", "late", "paused", "closed"];
/** @type {Answer.Count[]} */
const COUNTS = ["replies", "customer_messages", "internal_notes", "bot_messages", "reopens", "reassignments"];
/** @type {Answer.Wait[]} */
const WAITS = ["requester_wait", "agent_work", "agent_wait", "on_hold"];
/** @param {Pick<Answer.Clock, "metric" | "instance">} clock */
const clockName = (clock) => capital(word(METRICS, clock.metric)) + (clock.metric === "next_response" ? ` ${clock.instance}` : "");
/** @param {Answer.Clock} clock */
const clockKey = (clock) => `${clock.metric}-${clock.instance}`;
/** @param {Answer.Ticket} ticket */
const stands = (ticket) => ["solved", "closed", "merged", "deleted"].includes(ticket.state);
/**
 * What makes the page anew; what only grows with time does not.
 *
 * @param {Answer.Ticket} ticket
 */
const shape = (ticket) =>
  JSON.stringify([ticket.state, ticket.events.length, ticket.alerts.map((one) => one.status), ticket.clocks.map((one) => [one.state, one.due_at, one.explanation.length])]);

/**
 * A ticket continued by its next page: its lists go on, and earlier clocks come before later ones.
 *
 * @param {Answer.Ticket} ticket
 * @param {Answer.Ticket} next
 * @returns {Answer.Ticket}
 */
function joined(ticket, next) {
  const clocks = new Map(ticket.clocks.map((one) => [clockKey(one), one]));
  for (const one of next.clocks) {
    const before = clocks.get(clockKey(one));
    clocks.set(clockKey(one), before ? { ...before, explanation: [...before.explanation, ...one.explanation] } : one);
  }
  const metrics = [...new Set(ticket.clocks.map((one) => one.metric))]; // the first page has all
  const ordered = [...clocks.values()].sort((one, other) => metrics.indexOf(one.metric) - metrics.indexOf(other.metric) || one.instance - other.instance);
  return { ...ticket, clocks: ordered, events: [...ticket.events, ...next.events], alerts: [...ticket.alerts, ...next.alerts], cursor: next.cursor };
}

/** @param {Page.Page} page */
export function open(page) {
  const [tenant = "", source = "", id = ""] = page.parts;
  const name = `${source} ${id}`;
  let query = page.query;
  /** @type {Answer.Ticket | null} */
  let shown = null;
  /** @type {Answer.Policy[]} */
  let documents = [];
  /** @type {{ big: HTMLElement, unit: HTMLElement, due: number }[]} */
  let running = [];
  let redraw = () => {};
  let pages = 1;

  page.title(name, tenant);
  const path = ticketPath(tenant, source, id);
  const ask = () => /** @type {Promise<[Answer.Ticket, Answer.Versions]>} */ (Promise.all([askTicket(), page.ask("policy/versions")]));

  /** As many pages of it as are shown. */
  async function askTicket() {
    let found = await page.ask(path);
    for (let n = 1; n < pages && found.cursor; n += 1) found = joined(found, await page.ask(path, { cursor: found.cursor }));
    return found;
  }

  /** @param {[Answer.Ticket, Answer.Versions]} found */
  function show([ticket, policy]) {
    shown = ticket;
    documents = policy.versions.flatMap((one) => one.document ?? []);
    running = [];
    const created = ticket.created_at ? t("created", { time: fullMoment(Date.parse(ticket.created_at)) }) : "";
    page.title(name, [word(STATUSES, ticket.state), created, tenant === "default" ? "" : tenant].filter(Boolean).join(" · "));
    return [
      h("section", { class: "verdicts", "aria-label": t("clocks") }, ticket.clocks.map(verdict)),
      life(ticket),
      h(
        "div",
        { class: "sides" },
        h("div", { class: "stack" }, panel(t("why"), ticket.clocks.map(why))),
        h("div", { class: "stack" }, facts(ticket), story(ticket, policy), told(ticket)),
      ),
    ];
  }

  /** @param {Answer.Explained} clock */
  function verdict(clock) {
    const big = h("p", { class: "big" });
    const unit = h("span", { class: "unit" });
    const promised = clock.standard === null ? null : t("of", { target: target(clock.target_seconds), standard: clock.standard });
    if (clock.stopped_at === null && clock.due_at !== null && clock.state !== "paused") running.push({ big, unit, due: Date.parse(clock.due_at) });
    else {
      write(big, clock.elapsed_seconds === null ? "—" : duration(clock.elapsed_seconds));
      write(unit, clock.elapsed_seconds === null ? "" : t("counted"));
    }
    const share = clock.target_seconds && clock.elapsed_seconds !== null ? Math.min(1, clock.elapsed_seconds / clock.target_seconds) : null;
    return h(
      "article",
      { class: `verdict ${clock.state}` },
      h("h2", {}, clockName(clock)),
      badge(clock.state),
      h("div", { class: "line" }, big, unit),
      h("p", { class: "quiet" }, promised ?? ""),
      share === null ? null : h("div", { class: "gauge", "aria-hidden": "true" }, h("i", { style: { width: `${share * 100}%` } })),
    );
  }

  function tick() {
    for (const one of running) {
      const left = (one.due - now()) / 1000;
      write(one.big, countdown(left > 0 ? Math.ceil(left) : -left));
      write(one.unit, left > 0 ? t("left") : t("late"));
    }
  }

  /** @param {Answer.Ticket} ticket */
  function life(ticket) {
    const readout = h("p", { class: "readout" }, t("hint"));
    /** @param {string} text */
    const tell = (text) => write(readout, capital(text));
    const body = h("div", { class: "life" });
    const draw = () => {
      const chosen = ticket.clocks.find((clock) => clockKey(clock) === query.clock);
      const scale = range(ticket, chosen);
      put(
        body,
        lane(t("messages"), drawn(ticket.events.map((event) => ({ at: Date.parse(event.occurred_at), kind: `event ${eventLook(event)}`, text: `${fullMoment(Date.parse(event.occurred_at))}: ${happening(event, ticket)}` })), scale, true), tell, "events"),
        ticket.clocks.map((clock) => lane(clockName(clock), drawn(parts(clock), scale), tell, clock.state)),
        axis(scale),
      );
    };
    draw();
    redraw = draw;
    /** @type {[string, string][]} */
    const spans = [["", t("whole")], ...ticket.clocks.flatMap((clock) => /** @type {[string, string][]} */ (clock.explanation.length ? [[clockKey(clock), clockName(clock)]] : []))];
    const key = KEY.map((one) => h("span", {}, h("i", { class: `swatch ${one}` }), t(`key_${one}`)));
    return h(
      "section",
      { class: "panel" },
      h("div", { class: "panel-head" }, h("h2", {}, t("life")), segmented(t("span"), spans, query.clock ?? "", (one) => page.set({ clock: one || null }, { replace: true }))),
      body,
      h("div", { class: "under" }, readout, h("p", { class: "key", "aria-hidden": "true" }, key)),
    );
  }
  /**
   * The parts of a clock's life, cut where the promise broke, and its instants.
   *
   * @param {Answer.Explained} clock
   */
  function parts(clock) {
    const zoneOf = documents.find((one) => one.version === clock.policy_version)?.calendars?.[clock.calendar ?? ""]?.timezone;
    const due = clock.due_at === null ? null : Date.parse(clock.due_at);
    /** @type {import("./timeline.js").Thing[]} */
    const found = [];
    for (const one of clock.explanation) {
      const [from, to] = [Date.parse(one.from), Date.parse(one.to)];
      const kind = one.counts ? "counted" : one.reason.startsWith("status: ") || one.reason === "before_standard" ? "paused" : "closed";
      const cut = kind === "counted" && due && from < due && due < to;
      for (const [begin, end] of cut ? [[from, due], [due, to]] : [[from, to]]) {
        const late = kind === "counted" && due && begin >= due;
        const values = { reason: interval(one.reason), from: moment(begin), to: moment(end), length: duration((end - begin) / 1000) };
        const there = zoneOf && zoneOf !== zone() ? ` (${t("in_zone", { zone: zoneOf, from: moment(begin, zoneOf), to: moment(end, zoneOf) })})` : "";
        found.push({ at: begin, to: end, kind: late ? "late" : kind, text: t(late ? "part_late" : "part", values) + there });
      }
    }
    const metric = clockName(clock);
    for (const one of clock.alerts) {
      if (one.at && one.at_percent !== 100) found.push({ at: Date.parse(one.at), kind: "instant alert", text: t("alert_at", { metric, percent: one.at_percent, time: fullMoment(Date.parse(one.at)) }) });
    }
    if (clock.breached_at) found.push({ at: Date.parse(clock.breached_at), kind: "instant broke", text: t("broke_at", { metric, time: fullMoment(Date.parse(clock.breached_at)) }) });
    else if (due) found.push({ at: due, kind: "instant due", text: t("due_at", { metric, time: fullMoment(due) }) });
    return found;
  }

  /** @param {Answer.Explained} clock */
  function why(clock) {
    const rows = clock.explanation;
    const seconds = rows.filter((one) => one.counts).reduce((all, one) => all + one.seconds, 0);
    /** @typedef {{ part: Answer.Part | null, seconds: number, class?: string }} Row Of no part: the sum. */
    /** @type {Page.Column<Row>[]} */
    const columns = [
      { name: t("from"), of: ({ part }) => (part ? moment(Date.parse(part.from)) : t("sum")), head: true },
      { name: t("to"), of: ({ part }) => part && moment(Date.parse(part.to)) },
      { name: t("reason"), of: ({ part }) => part && interval(part.reason) },
      { name: t("counts"), of: ({ part }) => part && t(part.counts ? "yes" : "no") },
      { name: t("length"), of: (one) => exactDuration(one.seconds), figure: true },
    ];
    const sum = { part: null, class: "sum", seconds: Math.round(seconds * 1e6) / 1e6 };
    return h(
      "section",
      { class: "why" },
      h("h3", {}, mark(clock.state), clockName(clock), " ", h("small", { class: clock.state }, word(STATES, clock.state))),
      because(clock, documents).map((sentence) => h("p", {}, sentence)),
      account(clock),
      rows.length ? folded(`${t("table")} (${number(rows.length)})`, () => table(clockName(clock), columns, [...rows.map((part) => ({ part, seconds: part.seconds })), sum], { quiet: true })) : null,
    );
  }

  /** @param {Answer.Ticket} ticket */
  function facts(ticket) {
    /** @type {(name: string, text: string) => HTMLElement} */
    const of = (name, text) => h("div", {}, h("dt", {}, name), h("dd", {}, text));
    const { counts, waits } = ticket;
    const attributes = Object.entries(ticket.attributes).map(([one, of_]) => of(capital(word(ATTRIBUTES, one)), value(of_)));
    return h(
      "section",
      { class: "panel" },
      h("h2", {}, t("facts")),
      h(
        "dl",
        { class: "facts" },
        of(t("assignee"), ticket.assignee ?? t("nobody")),
        of(t("group"), ticket.group ?? t("nobody")),
        ticket.rating === null ? null : of(t("rating"), `${ticket.rating} / 5`),
        attributes,
        COUNTS.map((one) => of(t(one), number(counts[one]))),
        waits && WAITS.map((one) => of(t(one), duration(waits[one]))),
        ticket.total_by_formula_seconds === null ? null : of(t("by_formula"), duration(ticket.total_by_formula_seconds)),
      ),
      h("h3", {}, t("status_times")),
      stats(Object.entries(ticket.time_in_status ?? {}).map(([one, seconds]) => stat(word(STATUSES, one), duration(seconds)))),
    );
  }

  /** @type {(ticket: Answer.Ticket, policy: Answer.Versions) => HTMLElement} */
  const story = (ticket, policy) =>
    panel(
      t("story"),
      rest(ticket, policy),
      h("ol", { class: "story" }, ticket.events.map((event) => h("li", { class: eventLook(event) }, h("time", { datetime: event.occurred_at, title: fullMoment(Date.parse(event.occurred_at)) }, moment(Date.parse(event.occurred_at))), h("span", {}, happening(event, ticket))))),
    );

  /**
   * What is not shown yet, and the way to it.
   *
   * @param {Answer.Ticket} ticket
   * @param {Answer.Versions} policy
   */
  function rest(ticket, policy) {
    const { cursor } = ticket;
    if (!cursor) return null;
    const host = h("div", { class: "rest" });
    const offer = () => put(host, h("p", { class: "quiet" }, t("partly", { n: number(ticket.events.length) })), h("button", { type: "button", class: "button", onclick: next }, t("more")));
    async function next() {
      try {
        const following = await page.ask(path, { cursor });
        if (page.signal.aborted || shown !== ticket) return;
        pages += 1;
        put(page.root, show([joined(ticket, following), policy]));
        tick();
        const further = page.root.querySelector(".rest button");
        if (further instanceof HTMLElement) further.focus();
      } catch (wrong) {
        if (page.signal.aborted) return;
        if (!(wrong instanceof ApiError)) throw wrong; // a fault of the page
        if (wrong.status === 401) page.refused();
        else put(host, failure(wrong, next));
      }
    }
    offer();
    return host;
  }

  /** @param {Answer.Ticket} ticket */
  function told(ticket) {
    if (!ticket.alerts.length) return panel(t("alerts"), h("p", { class: "quiet" }, t("none")));
    /** @param {Answer.TicketAlert} one */
    const became = (one) => t(one.status, { time: one.sent_at && moment(Date.parse(one.sent_at)), reason: one.reason && word(QUIET, one.reason) });
    return panel(
      t("alerts"),
      table(
        t("alerts"),
        [
          { name: t("level"), of: (one) => `${word(LEVELS, one.level)}${one.level === "warning" || one.level === "escalation" ? ` ${one.at_percent} %` : ""}, ${clockName(one)}`, head: true },
          { name: t("at"), of: (one) => moment(Date.parse(one.at)) },
          { name: t("status"), of: became },
        ],
        ticket.alerts,
        { quiet: true },
      ),
    );
  }

  page.load(page.root, ask, show).then(() => {
    if (!shown || page.signal.aborted) return;
    tick();
    const timer = setInterval(() => requestAnimationFrame(tick), 1000);
    page.signal.addEventListener("abort", () => clearInterval(timer));
    if (stands(shown)) return;
    poll({
      every: EVERY,
      signal: page.signal,
      async ask() {
        const found = await ask();
        if (page.signal.aborted) return;
        page.connection("live");
        if (!shown || shape(found[0]) !== shape(shown)) {
          put(page.root, show(found));
          tick();
        }
      },
      failed(wrong, seconds) {
        if (wrong.status === 401) page.refused();
        else page.connection("trying", seconds);
      },
    });
  });

  return (/** @type {Page.Query} */ changed) => {
    query = changed;
    redraw();
  };
}

/** @param {Answer.TicketEvent} event */
function eventLook(event) {
  if (event.type === "message.added" || event.type === "ticket.created") {
    if (event.message?.visibility === "internal") return "note";
    if (event.actor?.kind === "agent") return "reply";
    return "message";
  }
  return "change";
}
