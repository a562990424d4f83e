/* What htmx does not do when it replaces the live part of a page: open disclosures stay open, turning icons turn on,
   a screen reader hears a headline when it has changed, and now and then how far it is, and a lost session or
   connection is said. */
(() => {
  "use strict";

  const isLive = (event) => event.detail.target?.id === "live";
  const trouble = () => document.getElementById("live-trouble");
  const textOf = (id) => document.getElementById(id)?.textContent.trim() ?? "";
  // How far it is changes with every refresh: a screen reader that said so each time would never be silent.
  const SILENCE_MS = 10_000;
  let open = [];
  let focused = "";
  let headline = textOf("live-headline");
  let saidAt = -SILENCE_MS;

  // Every turn counts from the page's own beginning, so that a replaced icon does not jump back.
  const keepTurning = () => {
    for (const animation of document.getAnimations()) {
      if (animation instanceof CSSAnimation) animation.startTime = 0;
    }
  };
  keepTurning();

  const say = (text) => {
    document.getElementById("live-announcement").textContent = text;
    saidAt = performance.now();
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!isLive(event)) return;
    const { xhr, requestConfig } = event.detail;
    const asked = new URL(requestConfig.path, location.href).pathname;
    // Signed out, or no longer allowed to see it: the whole page says so better than its middle.
    const redirected = new URL(xhr.responseURL || asked, location.href).pathname !== asked;
    if (redirected || (xhr.status >= 400 && xhr.status < 500)) {
      event.detail.shouldSwap = false;
      location.reload();
      return;
    }
    open = [...event.detail.target.querySelectorAll("details[open][id]")].map((details) => details.id);
    focused = document.activeElement.id;
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isLive(event)) return;
    trouble().hidden = true;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    // htmx gives the focus back too early for what stands in a disclosure that was still closed.
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    keepTurning();
    const howFar = textOf("live-how-far");
    if (headline !== textOf("live-headline")) {
      headline = textOf("live-headline");
      say(headline);
    } else if (howFar && howFar !== textOf("live-announcement") && performance.now() - saidAt >= SILENCE_MS) {
      say(howFar);
    }
  });

  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, (event) => {
      if (isLive(event)) trouble().hidden = false;
    });
  }
})();
