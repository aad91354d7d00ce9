// Asking again and again, lightly: less often when nobody looks, ever less often while it fails.

import { ApiError } from "./api.js";

const HIDDEN = 15000;
const MOST = 60000;

/**
 * Calls `ask()` each `every` milliseconds until `signal` aborts. `failed(error, seconds)` is told of each failure and when
 * the next try is; a failure that is no use repeating (`error.status` 401) ends it. Returns a function that asks at once.
 *
 * @param {object} how
 * @param {number} how.every
 * @param {() => Promise<void>} how.ask
 * @param {(wrong: ApiError, seconds: number) => void} how.failed
 * @param {AbortSignal} how.signal
 */
export function poll({ every, ask, failed, signal }) {
  let timer = 0;
  let failures = 0;
  let asking = false;
  let again = false;

  /** @param {number} wait */
  const later = (wait) => {
    clearTimeout(timer);
    if (!signal.aborted) timer = setTimeout(run, wait);
  };
  const pace = () => (document.hidden ? Math.max(every, HIDDEN) : every);

  async function run() {
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    try {
      await ask();
      failures = 0;
      later(again ? 0 : pace());
    } catch (wrong) {
      if (signal.aborted) return;
      if (!(wrong instanceof ApiError)) throw wrong; // a fault of the page
      failures += 1;
      // Asked for anew meanwhile, as when the connection came back: it does not wait for what failed before.
      const wait = again ? 0 : Math.min(MOST, Math.max(pace(), 1000) * 2 ** failures);
      failed(wrong, Math.round(wait / 1000));
      if (wrong.status !== 401) later(wait);
    } finally {
      asking = false;
    }
  }

  const onShown = () => {
    if (!document.hidden) run();
  };
  document.addEventListener("visibilitychange", onShown, { signal });
  addEventListener("online", run, { signal });
  signal.addEventListener("abort", () => clearTimeout(timer));
  run();
  return run;
}
