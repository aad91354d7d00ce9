// The API: conditional requests, errors that say what to do, and the token of this session.

const TOKEN = "replyclock.token";
const MOST_KEPT = 60;
const kept = new Map();
let held = null;
let offset = null;

/** What went wrong. `status` is 0 where the server could not be reached. */
export class ApiError extends Error {
  constructor(status, body) {
    super(`the API answers ${status}`);
    this.status = status;
    this.faults = body?.faults ?? [];
    this.said = body?.error ?? "";
    this.droppedAt = body?.dropped_at ?? null;
  }
}

/** Takes the token out of the address, where a link brought it, and out of sight at once. */
export function takeToken() {
  const found = /^#token=([^&]+)$/.exec(location.hash);
  if (!found) return;
  setToken(decodeURIComponent(found[1]));
  history.replaceState(null, "", location.pathname + location.search);
}

export function setToken(token) {
  held = token;
  kept.clear();
  try {
    if (token) sessionStorage.setItem(TOKEN, token);
    else sessionStorage.removeItem(TOKEN);
  } catch {
    // a browser may forbid it: the token then lasts until the page is closed
  }
}

export function token() {
  if (held !== null) return held;
  try {
    held = sessionStorage.getItem(TOKEN) ?? "";
  } catch {
    held = "";
  }
  return held;
}

/** Now by the server's clock, in milliseconds, as far as an answer with `at` has told it. */
export const now = () => Date.now() + (offset ?? 0);

/** The server's clock as an answer told it. */
export function setClock(at) {
  const difference = Date.parse(at) - Date.now();
  // An answer is always a little older than its arrival: of close ones the latest clock is the best one.
  if (offset === null || difference > offset || Math.abs(difference - offset) > 1500) offset = difference;
}

function address(path, query) {
  const url = new URL(path, document.baseURI);
  url.hash = "";
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, value);
  }
  return url.href;
}

/** What does not come through in a path: API Gateway undoes its encoding and cuts it at a `?`, and dots are folders. */
const NOT_IN_PATHS = /\?|(^|\/)\.\.?(\/|$)/;

/** The path of a ticket, with its query; ids may hold anything. One that a path cannot carry is the parameter `ticket`. */
export function ticketPath(tenant, source, ticket) {
  const [path, query] = NOT_IN_PATHS.test(ticket) ? ["-", `?ticket=${encodeURIComponent(ticket)}`] : [encodeURIComponent(ticket), ""];
  return `tickets/${encodeURIComponent(tenant)}/${encodeURIComponent(source)}/${path}${query}`;
}

/** Asks for JSON (or, with `as: "text"`, for text). What has not changed is the very object of last time. Raises ApiError. */
export async function get(path, query, { signal, as = "json" } = {}) {
  const url = address(path, query);
  const before = kept.get(url);
  const headers = { authorization: `Bearer ${token()}` };
  if (before) headers["if-none-match"] = before.etag;
  const answer = await reach(url, { headers, signal });
  if (answer.status === 304 && before) return before.found;
  if (!answer.ok) throw await failure(answer);
  const found = as === "json" ? await answer.json() : await answer.text();
  const etag = answer.headers.get("etag");
  if (etag) {
    kept.delete(url);
    kept.set(url, { etag, found });
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  }
  return found;
}

/** A function that asks once, however many want the answer, and again only where that failed. */
export function once(ask) {
  let going = null;
  return () => (going ??= ask().catch((wrong) => {
    going = null;
    throw wrong;
  }));
}

/** Sends a text. Raises ApiError. */
export async function send(method, path, query, body, { signal } = {}) {
  const headers = { authorization: `Bearer ${token()}`, "content-type": "application/yaml" };
  const answer = await reach(address(path, query), { method, headers, body, signal });
  if (!answer.ok) throw await failure(answer);
  return answer.json();
}

async function reach(url, options) {
  try {
    return await fetch(url, { ...options, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (wrong) {
    if (wrong.name === "AbortError") throw wrong;
    throw new ApiError(0, null);
  }
}

async function failure(answer) {
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // what stands between may answer with a text of its own
  }
  return new ApiError(answer.status, body);
}
