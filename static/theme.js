// Runs before the first paint: a scheme chosen in this browser wins over the system's.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
  } catch {
    // A browser that keeps nothing follows the system.
  }
})();
