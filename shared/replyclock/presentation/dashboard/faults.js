// Faults: what was set aside because of a fault, and what webhooks are in quarantine.

import { ApiError } from "./api.js";
import { h, put } from "./dom.js";
import { empty, failure, panel, stats, stat, table } from "./parts.js";
import { fullMoment, number, texts, word } from "./text.js";

const t = texts({
  en: {
    title: "Faults",
    below: "Each stopped one thing alone; everything else goes on. After a fix, replyclock redrive takes them up again.",
    none: "Nothing is set aside",
    none_hint: "A ticket, an alert or a part of a report that fails is listed here until it works again.",
    faults: "Set aside",
    kind: "Kind",
    what: "What",
    reason: "Reason",
    since: "Since",
    last: "Last tried",
    count: "Tries",
    more: "Show more",
    quarantine: "Quarantined webhooks",
    quarantine_hint: "Authentic webhooks that could not be read. After a fix, replyclock replay reads them again.",
    connection: "Connection",
    bodies: "Webhooks",
    newest: "Newest",
    at_least: "{n} or more",
  },
  zh: {
    title: "故障",
    below: "每项故障只影响其自身，其余一切照常。修复后，用 replyclock redrive 重新处理。",
    none: "没有被搁置的内容",
    none_hint: "处理失败的工单、告警或报表数据会列在这里，直到恢复正常。",
    faults: "已搁置",
    kind: "类型",
    what: "对象",
    reason: "原因",
    since: "起始时间",
    last: "最近尝试",
    count: "尝试次数",
    more: "显示更多",
    quarantine: "隔离的 Webhook",
    quarantine_hint: "来源可信但无法读取的 Webhook。修复后，用 replyclock replay 重新读取。",
    connection: "连接",
    bodies: "Webhook 数",
    newest: "最新",
    at_least: "至少 {n}",
  },
});

const KINDS = {
  en: {
    ticket: "Tickets",
    figures: "Report figures of tickets",
    alert: "Alerts",
    notice: "Summaries and digests",
    storm: "Storms of alerts",
    digest: "Digests not made",
    report_partition: "Parts of reports",
    connection: "Connections",
    policy_version: "Policy versions",
  },
  zh: {
    ticket: "工单",
    figures: "工单的报表数据",
    alert: "告警",
    notice: "汇总与摘要",
    storm: "告警风暴",
    digest: "未生成的摘要",
    report_partition: "报表分区",
    connection: "连接",
    policy_version: "策略版本",
  },
};

/** @param {Page.Page} page */
export function open(page) {
  page.title(t("title"), t("below"));
  page.load(page.root, () => page.ask("faults"), (found) => {
    const quarantine = found.quarantine ?? [];
    if (!found.faults.length && !quarantine.length) return empty(t("none"), t("none_hint"));
    return [found.faults.length ? listed(page, found) : null, quarantine.length ? quarantined(quarantine) : null];
  });
}

/** @type {(n: number, more: boolean) => string} */
const atLeast = (n, more) => (more ? t("at_least", { n: number(n) }) : number(n));

/**
 * @param {Page.Page} page
 * @param {Answer.Faults} first
 */
function listed(page, first) {
  const all = [...first.faults];
  const host = h("div", {});
  /** @type {Page.Column<Answer.FaultyThing>[]} */
  const columns = [
    { name: t("kind"), of: (one) => word(KINDS, one.kind) },
    { name: t("what"), of: (one) => named(page, one), head: true },
    { name: t("reason"), of: (one) => h("code", {}, one.reason) },
    { name: t("since"), of: (one) => fullMoment(Date.parse(one.first_seen)) },
    { name: t("last"), of: (one) => fullMoment(Date.parse(one.last_seen)) },
    { name: t("count"), of: (one) => number(one.count), figure: true },
  ];
  /** @param {string | null} cursor */
  const show = (cursor) => {
    const more = cursor ? h("button", { type: "button", class: "button", onclick: () => next(cursor) }, t("more")) : null;
    put(host, table(t("faults"), columns, all, { quiet: true }), more);
  };
  /** @param {string} cursor */
  async function next(cursor) {
    try {
      const found = await page.ask("faults", { cursor });
      all.push(...found.faults);
      show(found.cursor);
    } catch (wrong) {
      if (page.signal.aborted) return;
      if (!(wrong instanceof ApiError)) throw wrong; // a fault of the page
      if (wrong.status === 401) page.refused();
      else put(host, table(t("faults"), columns, all, { quiet: true }), failure(wrong, () => next(cursor)));
    }
  }
  show(first.cursor);
  const counts = Object.entries(first.kinds).map(([kind, n]) => stat(word(KINDS, kind), atLeast(n, first.more && kind !== "policy_version")));
  return panel(t("faults"), stats(...counts), host);
}

/**
 * What it is; a ticket leads to its page.
 *
 * @param {Page.Page} page
 * @param {Answer.FaultyThing} one
 */
function named(page, one) {
  const { tenant, source, ticket } = one;
  if (tenant === undefined || source === undefined || ticket === undefined) return one.key;
  return h("a", { href: page.link("ticket", {}, tenant, source, ticket) }, one.key);
}

/** @param {Answer.Quarantined[]} connections */
function quarantined(connections) {
  /** @type {Page.Column<Answer.Quarantined>[]} */
  const columns = [
    { name: t("connection"), of: (one) => one.connection, head: true },
    { name: t("bodies"), of: (one) => atLeast(one.bodies, one.more), figure: true },
    { name: t("reason"), of: (one) => h("ul", { class: "rules" }, Object.entries(one.reasons).map(([reason, n]) => h("li", {}, `${reason} (${number(n)})`))) },
    { name: t("newest"), of: (one) => fullMoment(Date.parse(one.newest_at)) },
  ];
  return panel(t("quarantine"), h("p", { class: "quiet" }, t("quarantine_hint")), table(t("quarantine"), columns, connections, { quiet: true }));
}
