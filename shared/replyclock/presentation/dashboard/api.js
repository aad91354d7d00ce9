// The API: conditional requests, errors that say what to do, and the token of this session.

const TOKEN = "replyclock.token";
const MOST_KEPT = 60;
/** @type {Map<string, { etag: string, found: unknown }>} */
const kept = new Map();
/** @type {string | null} */
let held = null;
/** @type {number | null} */
let offset = null;

/** What went wrong. `status` is 0 where the server could not be reached. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {Answer.Failure | null} body
   */
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

/** @param {string} token */
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

/**
 * The server's clock as an answer told it.
 *
 * @param {Answer.Instant} at
 */
export function setClock(at) {
  const difference = Date.parse(at) - Date.now();
  // An answer is always a little older than its arrival: of close ones the latest clock is the best one.
  if (offset === null || difference > offset || Math.abs(difference - offset) > 1500) offset = difference;
}

/**
 * @param {string} path
 * @param {Page.Values} [query]
 */
function address(path, query) {
  const url = new URL(path, document.baseURI);
  url.hash = "";
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** What does not come through in a path: API Gateway undoes its encoding and cuts it at a `?`, and dots are folders. */
const NOT_IN_PATHS = /\?|(^|\/)\.\.?(\/|$)/;

/**
 * The path of a ticket, with its query; ids may hold anything. One that a path cannot carry is the parameter `ticket`.
 *
 * @param {string} tenant
 * @param {string} source
 * @param {string} ticket
 * @returns {Answer.TicketPath}
 */
export function ticketPath(tenant, source, ticket) {
  const [path, query] = NOT_IN_PATHS.test(ticket) ? ["-", `?ticket=${encodeURIComponent(ticket)}`] : [encodeURIComponent(ticket), ""];
  return `tickets/${encodeURIComponent(tenant)}/${encodeURIComponent(source)}/${path}${query}`;
}

/**
 * Asks for JSON. What has not changed is the very object of last time. Raises ApiError.
 *
 * @template {keyof Answer.Paths | Answer.TicketPath} P
 * @param {P} path
 * @param {Page.Values} [query]
 * @param {AbortSignal} [signal]
 */
export const get = async (path, query, signal) => /** @type {Answer.At<P>} */ (await read(path, query, signal, (answer) => answer.json()));

/**
 * Asks for a text, likewise.
 *
 * @param {string} path
 * @param {Page.Values} [query]
 * @param {AbortSignal} [signal]
 */
export const getText = async (path, query, signal) => String(await read(path, query, signal, (answer) => answer.text()));

/**
 * @param {string} path
 * @param {Page.Values | undefined} query
 * @param {AbortSignal | undefined} signal
 * @param {(answer: Response) => Promise<unknown>} take
 */
async function read(path, query, signal, take) {
  const url = address(path, query);
  const before = kept.get(url);
  /** @type {Record<string, string>} */
  const headers = { authorization: `Bearer ${token()}` };
  if (before) headers["if-none-match"] = before.etag;
  const answer = await reach(url, { headers, signal });
  if (answer.status === 304 && before) return before.found;
  if (!answer.ok) throw await failure(answer);
  const found = await take(answer);
  const etag = answer.headers.get("etag");
  if (etag) {
    kept.delete(url);
    kept.set(url, { etag, found });
    for (const oldest of kept.keys()) {
      if (kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
  }
  return found;
}

/**
 * A function that asks once, however many want the answer, and again only where that failed.
 *
 * @template Found
 * @param {() => Promise<Found>} ask
 */
export function once(ask) {
  /** @type {Promise<Found> | null} */
  let going = null;
  return () => {
    going ??= ask().catch((wrong) => {
      going = null;
      throw wrong;
    });
    return going;
  };
}

/**
 * Sends a text. `what` is a method and a path. Raises ApiError.
 *
 * @template {keyof Answer.Sent} What
 * @param {What} what
 * @param {Page.Values} query
 * @param {string} body
 * @param {AbortSignal} signal
 * @returns {Promise<Answer.Sent[What]>}
 */
export async function send(what, query, body, signal) {
  const [method, path] = what.split(" ");
  const headers = { authorization: `Bearer ${token()}`, "content-type": "application/yaml" };
  const answer = await reach(address(path, query), { method, headers, body, signal });
  if (!answer.ok) throw await failure(answer);
  return answer.json();
}

/**
 * @param {string} url
 * @param {RequestInit} options
 */
async function reach(url, options) {
  try {
    return await fetch(url, { ...options, cache: "no-store", credentials: "omit", redirect: "error" });
  } catch (wrong) {
    if (wrong instanceof DOMException && wrong.name === "AbortError") throw wrong;
    throw new ApiError(0, null);
  }
}

/** @param {Response} answer */
async function failure(answer) {
  /** @type {Answer.Failure | null} */
  let body = null;
  try {
    body = await answer.json();
  } catch {
    // what stands between may answer with a text of its own
  }
  return new ApiError(answer.status, body);
}
