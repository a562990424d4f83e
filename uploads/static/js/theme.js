/* Light, dark, or as the device says. Loaded in <head> without defer, so that no page flashes in the wrong theme. */
(() => {
  "use strict";

  const KEY = "bulkprofile.theme";
  const device = window.matchMedia("(prefers-color-scheme: dark)");

  // Storage throws where the browser blocks it; the choice then lasts for one page.
  const remembered = () => {
    try {
      return localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto";
    }
  };
  const remember = (choice) => {
    try {
      localStorage.setItem(KEY, choice);
    } catch {
      /* nothing to do */
    }
  };

  let choice = remembered();

  const apply = () => {
    const dark = choice === "dark" || (choice === "auto" && device.matches);
    document.documentElement.dataset.bsTheme = dark ? "dark" : "light";
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };

  apply();
  device.addEventListener("change", apply);

  document.addEventListener("DOMContentLoaded", () => {
    // Without JavaScript the buttons could do nothing, so they come hidden.
    for (const group of document.querySelectorAll("[data-theme-choices]")) group.hidden = false;
    apply();
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (!button) return;
    choice = button.dataset.themeChoice;
    remember(choice);
    apply();
  });
})();
