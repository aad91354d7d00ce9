// What happened on a ticket, and why a clock is judged as it is, in sentences.

import { language } from "./choices.js";
import { h } from "./dom.js";
import { condition } from "./policy_words.js";
import { ATTRIBUTES, METRICS, STATUSES, duration, exactDuration, fullMoment, listed, target, texts, value, word } from "./text.js";

const t = texts({
  en: {
    counted: "counted",
    outside_hours: "outside hours",
    before_standard: "before this promise applied",
    break: "break",
    pending: "pending (customer)",
    on_hold: "on hold (others)",
    holiday: "holiday: {name}",
    status: "while {status}",
    began_first_response: "It started with the ticket, {time}.",
    began_total_response: "It started with the ticket, {time}.",
    began_resolution: "It started when somebody took the ticket up, {time}.",
    began_next_response: "It started with the oldest customer message that nobody had answered, {time}.",
    stopped_reply: "A reply stopped it {time}.",
    stopped_solve: "It stopped when the ticket was solved, {time}.",
    runs: "It is still running.",
    pauses: "It stands still at present.",
    cancelled: "It was cancelled: {reason}.",
    created_closed: "the ticket was created solved or closed",
    agent_initiated: "an agent opened the ticket with a message, so nobody waited for a first answer",
    merged: "the ticket was merged into another one",
    deleted: "the ticket was deleted",
    governed: "Version {version} of the policy promises {metric} within {target} under “{standard}”, which holds {whom}; time counts {calendar}.",
    always: "round the clock",
    in_calendar: "in the hours of the calendar {calendar} ({zone})",
    everybody: "for every ticket",
    where: "where {conditions}",
    since: "That applies since {time}.",
    unpromised: "The policy promises no {metric} for a ticket like this.",
    kept: "{elapsed} counted, {rest} less than promised: the promise was kept.",
    broken: "{elapsed} counted, {rest} more than promised: the promise broke {time}.",
    so_far: "{elapsed} has counted so far; {rest} is left, until {time}.",
    so_far_paused: "{elapsed} has counted so far; {rest} is left once it runs again.",
    all_counted: "All of it counted.",
    left_out: "Not counted: {reasons}.",
    once_broken: "Under a standard that governed it before, the promise was broken for a while.",
    // What happened
    nobody: "by nobody known",
    by_agent: "by agent {id}",
    by_customer: "by customer {id}",
    by_bot: "by bot {id}",
    by_system: "by the system {id}",
    by_third_party: "by a third party {id}",
    by_unknown: "by {id}",
    created: "created as {status} {by}",
    opened_customer: "with a message",
    opened_reply: "with a message to the customer",
    opened_internal: "with an internal note",
    customer_message: "message {by}",
    reply: "reply {by}",
    note: "internal note {by}",
    other_message: "message {by}, which is no reply",
    hidden: "a message was made internal {by}: it never counted as public",
    status_changed: "{status} {by}",
    assigned: "assigned to {assignee} {by}",
    unassigned: "assigned to nobody {by}",
    grouped: "in team {group} {by}",
    assigned_grouped: "assigned to {assignee}, team {group} {by}",
    ungrouped: "in no team {by}",
    attribute: "{name} becomes {value}",
    attribute_removed: "{name} removed",
    merged_into: "merged into {into} {by}: the ticket stands still from here on",
    was_deleted: "deleted {by}: the ticket stands still from here on",
    restored: "restored {by}: as if it had never been deleted",
    rated: "rated {rating} of 5",
  },
  zh: {
    counted: "计入",
    outside_hours: "非工作时间",
    before_standard: "本标准适用之前",
    break: "休息",
    pending: "等待客户",
    on_hold: "等待第三方",
    holiday: "节假日（{name}）",
    status: "{status}期间",
    began_first_response: "{time} 随工单创建开始计时。",
    began_total_response: "{time} 随工单创建开始计时。",
    began_resolution: "{time} 开始处理时开始计时。",
    began_next_response: "{time} 自最早一条尚未回复的客户消息起计时。",
    stopped_reply: "{time} 因回复停止计时。",
    stopped_solve: "{time} 因问题解决停止计时。",
    runs: "仍在计时。",
    pauses: "目前暂停计时。",
    cancelled: "计时已取消：{reason}。",
    created_closed: "工单创建时即为已解决或已关闭",
    agent_initiated: "工单由客服主动发起，没有人等待首次答复",
    merged: "工单已合并到另一张工单",
    deleted: "工单已删除",
    governed: "策略第 {version} 版的标准“{standard}”承诺 {target}内{metric}，{whom}；{calendar}计时。",
    always: "全天候",
    in_calendar: "按日历 {calendar}（{zone}）的工作时间",
    everybody: "适用于全部工单",
    where: "适用于{conditions}的工单",
    since: "该标准自 {time} 起适用。",
    unpromised: "策略未对此类工单承诺{metric}时间。",
    kept: "计入 {elapsed}，比承诺少 {rest}：按时。",
    broken: "计入 {elapsed}，比承诺多 {rest}：于 {time} 超时。",
    so_far: "已计入 {elapsed}，剩余 {rest}，{time} 到期。",
    so_far_paused: "已计入 {elapsed}，恢复计时后剩余 {rest}。",
    all_counted: "全部计入。",
    left_out: "未计入：{reasons}。",
    once_broken: "在此前适用的标准下曾经超时。",
    nobody: "（操作者未知）",
    by_agent: "（客服 {id}）",
    by_customer: "（客户 {id}）",
    by_bot: "（机器人 {id}）",
    by_system: "（系统 {id}）",
    by_third_party: "（第三方 {id}）",
    by_unknown: "（{id}）",
    created: "创建，状态为{status}{by}",
    opened_customer: "附客户消息",
    opened_reply: "附给客户的消息",
    opened_internal: "附内部备注",
    customer_message: "客户消息{by}",
    reply: "回复{by}",
    note: "内部备注{by}",
    other_message: "消息{by}，不算回复",
    hidden: "消息改为内部{by}，视为从未公开",
    status_changed: "状态变为{status}{by}",
    assigned: "分配给 {assignee}{by}",
    unassigned: "取消分配{by}",
    grouped: "转到团队 {group}{by}",
    assigned_grouped: "分配给 {assignee}，团队 {group}{by}",
    ungrouped: "移出团队{by}",
    attribute: "{name}变为 {value}",
    attribute_removed: "移除{name}",
    merged_into: "合并到 {into}{by}，工单自此停止计时",
    was_deleted: "删除{by}，工单自此停止计时",
    restored: "恢复{by}，视为从未删除",
    rated: "评分 {rating}（满分 5）",
  },
});

/**
 * The reason of an interval.
 *
 * @param {string} reason
 */
export function interval(reason) {
  if (reason === "counted" || reason === "outside_hours" || reason === "before_standard" || reason === "break") return t(reason);
  if (reason.startsWith("holiday: ")) return t("holiday", { name: reason.slice("holiday: ".length) });
  const status = reason.replace(/^status: /, "");
  return status === "pending" || status === "on_hold" ? t(status) : t("status", { status: word(STATUSES, status) });
}

/**
 * Why the clock shows what it shows. `documents` are the versions of the policy that can be read.
 *
 * @param {Answer.Explained} clock
 * @param {Answer.Policy[]} documents
 */
export function because(clock, documents) {
  if (clock.state === "cancelled") return [t("cancelled", { reason: clock.reason === null ? "" : t(clock.reason) })];
  /** @param {Answer.Instant} instant */
  const at = (instant) => fullMoment(Date.parse(instant));
  const said = [t(`began_${clock.metric}`, { time: at(clock.started_at) })];
  if (clock.stopped_at !== null && clock.stopped_by !== null) said.push(t(`stopped_${clock.stopped_by}`, { time: at(clock.stopped_at) }));
  else said.push(t(clock.explanation.at(-1)?.counts === false ? "pauses" : "runs"));
  const metric = word(METRICS, clock.metric);
  if (clock.standard === null) return [[...said, t("unpromised", { metric })].join(language() === "zh" ? "" : " ")];
  const document = documents.find((one) => one.version === clock.policy_version);
  const standard = document?.standards.find((one) => one.name === clock.standard);
  const conditions = Object.entries(standard?.when ?? {}).map(([name, one]) => condition(name, one));
  const zone = clock.calendar === null ? undefined : document?.calendars?.[clock.calendar]?.timezone;
  said.push(
    t("governed", {
      version: clock.policy_version,
      metric,
      target: target(clock.target_seconds),
      standard: clock.standard,
      whom: conditions.length ? t("where", { conditions: listed(conditions, "conjunction") }) : t("everybody"),
      calendar: zone ? t("in_calendar", { calendar: clock.calendar, zone }) : t("always"),
    }),
  );
  if (clock.applies_since !== null && clock.applies_since !== clock.started_at) said.push(t("since", { time: at(clock.applies_since) }));
  const { target_seconds: promised, elapsed_seconds: counted } = clock;
  if (promised === null || counted === null) return [said.join(language() === "zh" ? "" : " ")];
  const rest = duration(Math.abs(promised - counted));
  const elapsed = exactDuration(clock.stopped_at === null ? Math.floor(counted) : counted);
  if (clock.breached_at) said.push(t("broken", { elapsed, rest, time: at(clock.breached_at) }));
  else if (clock.stopped_at !== null) said.push(t("kept", { elapsed, rest }));
  else if (clock.due_at) said.push(t("so_far", { elapsed, rest, time: at(clock.due_at) }));
  else said.push(t("so_far_paused", { elapsed, rest }));
  if (clock.ever_breached && !clock.breached_at) said.push(t("once_broken"));
  return [said.join(language() === "zh" ? "" : " ")];
}

/**
 * What was left out of a clock, the longest first.
 *
 * @param {Answer.Explained} clock
 */
export function account(clock) {
  /** @type {Map<string, number>} */
  const totals = new Map();
  for (const one of clock.explanation) if (!one.counts) totals.set(one.reason, (totals.get(one.reason) ?? 0) + one.seconds);
  if (!clock.explanation.length) return null;
  if (!totals.size) return h("p", { class: "quiet" }, t("all_counted"));
  const reasons = [...totals].sort((one, other) => other[1] - one[1]).map(([reason, seconds]) => `${interval(reason)} ${duration(seconds)}`);
  return h("p", { class: "quiet" }, t("left_out", { reasons: listed(reasons, "conjunction") }));
}

/** @param {Answer.Actor | undefined} actor */
function by(actor) {
  if (!actor || (actor.kind === "unknown" && !actor.id)) return t("nobody");
  return t(`by_${actor.kind}`, { id: actor.id ?? "" }).replace(/ (?=）|$)/, "");
}

/**
 * Whose message it is, by the contract's rule: the requester's, an agent's, or nobody's that counts.
 *
 * @param {Answer.TicketEvent} event
 * @param {Answer.Message} message
 * @param {Answer.Ticket} ticket
 */
function speaker(event, message, ticket) {
  if (message.visibility === "internal") return "note";
  const opening = ticket.events.find((one) => one.type === "ticket.created");
  const requester = opening?.requester ?? opening?.actor?.id ?? null;
  const kind = event.actor?.kind;
  const id = event.actor?.id ?? null;
  if (kind === "customer" || (id !== null && id === requester)) return "customer_message";
  return kind === "agent" ? "reply" : "other_message";
}

/** @type {Record<ReturnType<typeof speaker>, "opened_internal" | "opened_reply" | "opened_customer">} */
const OPENED = { note: "opened_internal", reply: "opened_reply", customer_message: "opened_customer", other_message: "opened_customer" };

/**
 * An event in a sentence.
 *
 * @param {Answer.TicketEvent} event
 * @param {Answer.Ticket} ticket
 */
export function happening(event, ticket) {
  const who = by(event.actor);
  switch (event.type) {
    case "ticket.created": {
      const said = [t("created", { status: word(STATUSES, event.status ?? "new"), by: who })];
      if (event.message) said.push(t(OPENED[speaker(event, event.message, ticket)]));
      for (const [name, one] of Object.entries(event.attributes ?? {})) said.push(`${word(ATTRIBUTES, name)} ${value(one)}`);
      return said.join(language() === "zh" ? "，" : ", ");
    }
    case "message.added":
      return t(speaker(event, event.message, ticket), { by: who });
    case "message.hidden":
      return t("hidden", { by: who });
    case "status.changed":
      return t("status_changed", { status: word(STATUSES, event.status), by: who });
    case "assignment.changed":
      return assignment(event, who);
    case "attributes.changed":
      return Object.entries(event.attributes)
        .map(([name, one]) => t(one === null ? "attribute_removed" : "attribute", { name: word(ATTRIBUTES, name), value: value(one) }))
        .join(", ");
    case "ticket.merged":
      return t("merged_into", { into: event.into, by: who });
    case "ticket.deleted":
      return t("was_deleted", { by: who });
    case "ticket.restored":
      return t("restored", { by: who });
    case "rating.given":
      return t("rated", { rating: event.rating });
    default:
      return /** @type {{ type: string }} */ (event).type; // of a later version of the API
  }
}

/**
 * @param {{ assignee?: string | null, group?: string | null }} event
 * @param {string} who
 */
function assignment({ assignee, group }, who) {
  if (assignee && group) return t("assigned_grouped", { assignee, group, by: who });
  if (assignee) return t("assigned", { assignee, by: who });
  if (group) return t("grouped", { group, by: who });
  return t(assignee === null ? "unassigned" : "ungrouped", { by: who });
}
