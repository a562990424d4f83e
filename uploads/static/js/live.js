/* What htmx leaves open when it replaces the live part of a batch's page: open disclosures stay open, a screen
   reader hears a sentence only when it has changed, and a lost session or connection is said. */
(() => {
  "use strict";

  const isLive = (event) => event.detail.target?.id === "live";
  const trouble = () => document.getElementById("live-trouble");
  let open = [];

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
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    if (!isLive(event)) return;
    trouble().hidden = true;
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    const said = document.getElementById("live-announcement");
    const headline = document.getElementById("live-headline").textContent.trim();
    if (said.textContent !== headline) said.textContent = headline;
  });

  for (const failure of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(failure, (event) => {
      if (isLive(event)) trouble().hidden = false;
    });
  }
})();
