// Runs before the first paint: a scheme chosen in this browser wins over the system's.
(() => {
  const root = document.documentElement;
  root.dataset.js = "";
  if (!navigator.pdfViewerEnabled) root.dataset.noPdf = "";
  // Plain http, an address of numbers and an old browser have no passkeys: then none are offered.
  const isNumbers = /^[\d.]+$|:/.test(location.hostname);
  if (window.PublicKeyCredential && window.isSecureContext && !isNumbers) root.dataset.passkeys = "";
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.bsTheme = theme;
  } catch {
    // A browser that keeps nothing follows the system.
  }
})();
