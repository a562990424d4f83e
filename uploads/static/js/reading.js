/* What htmx does not do when a choice about the reading shows the first rows anew: what is being typed stays, and the
   table where it was scrolled to; what was opened stays open; a press on "Use …" leads to the name it filled in. */
(() => {
  "use strict";

  const form = () => document.getElementById("reading-form");
  const table = () => document.querySelector("#sample .sample");
  let kept = null;

  const isReading = (event) => event.detail.target?.id === "reading-form";

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isReading(event)) return;
    const asked = new URL(event.detail.requestConfig.path, location.href).pathname;
    // Signed out, or too late to read it differently: the whole page says so.
    if (new URL(event.detail.xhr.responseURL || asked, location.href).pathname !== asked) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    const typed = document.activeElement?.closest("#reading-form input.form-control");
    kept = {
      scrolled: table()?.scrollLeft ?? 0,
      opened: [...form().querySelectorAll("details[open][id]")].map((details) => details.id),
      typed: typed && [typed.id, typed.value],
      filled: event.detail.requestConfig.elt.dataset.fills,
    };
  });

  document.addEventListener("htmx:afterSettle", () => {
    if (!kept) return;
    if (table()) table().scrollLeft = kept.scrolled;
    for (const id of kept.opened) document.getElementById(id)?.setAttribute("open", "");
    const field = kept.typed && document.getElementById(kept.typed[0]);
    if (field) field.value = kept.typed[1];
    if (kept.filled) document.getElementById(kept.filled)?.focus();
    const announcement = document.getElementById("reading-announcement");
    announcement.textContent = "";
    announcement.textContent = announcement.dataset.said;
    kept = null;
  });
})();
