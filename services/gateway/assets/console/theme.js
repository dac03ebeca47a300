// Applied before anything is drawn, so that no page flashes in the other colours.
"use strict";
try {
  const chosen = localStorage.getItem("theme");
  if (chosen === "dark" || chosen === "light") {
    document.documentElement.dataset.theme = chosen;
  }
} catch {
  // Without storage the colours are those of the system.
}
