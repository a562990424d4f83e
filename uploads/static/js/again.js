/* Parts of a page that keep themselves up to date (hx-trigger="again"): the longer nothing has changed, the later
   they ask again, and not at all while nobody looks. */
(() => {
  "use strict";

  const ASKING = '[id][hx-trigger="again"]';
  const SOONEST_MS = 2_000;
  const LATEST_MS = 30_000;
  // A change is shown late by no more than this share of the time for which one has waited for it.
  const SHARE = 0.1;
  const seen = new Map();
  const timers = new Map();

  const ask = (id) => {
    clearTimeout(timers.get(id));
    timers.delete(id);
    const element = document.getElementById(id);
    if (element?.matches(ASKING) && !document.hidden) htmx.trigger(element, "again");
  };

  // That time passes is no news.
  const textOf = (element) => {
    const copy = element.cloneNode(true);
    for (const time of copy.querySelectorAll("time, [data-ticks]")) time.remove();
    return copy.textContent;
  };

  const pause = (element) => {
    const [text, now] = [textOf(element), performance.now()];
    if (seen.get(element.id)?.text !== text) seen.set(element.id, { text, since: now });
    const quiet = now - seen.get(element.id).since;
    return Math.min(Math.max(quiet * SHARE, SOONEST_MS), LATEST_MS);
  };

  const askLater = () => {
    for (const element of document.querySelectorAll(ASKING)) {
      if (!timers.has(element.id)) timers.set(element.id, setTimeout(ask, pause(element), element.id));
    }
  };

  // Answered or not: who lost the connection asks again, too.
  document.addEventListener("htmx:afterRequest", askLater);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) for (const element of document.querySelectorAll(ASKING)) ask(element.id);
  });
  askLater();
})();
