// Around django-allauth's own scripts: what went wrong is said on the page, and where there are no passkeys
// (plain http, an address of numbers, an old browser) they are not offered.
(() => {
  const isNumbers = /^[\d.]+$|:/.test(location.hostname);
  const missing = !window.PublicKeyCredential || !window.isSecureContext || isNumbers;
  for (const note of document.querySelectorAll("[data-passkeys-missing]")) note.hidden = !missing;
  if (missing) for (const part of document.querySelectorAll("[data-needs-passkeys]")) part.hidden = true;

  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    const note = document.querySelector("[data-passkey-error]");
    if (!note) return;
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
  });
  document.addEventListener("click", (event) => {
    if (!event.target.closest("button")) return;
    for (const note of document.querySelectorAll("[data-passkey-error]")) note.hidden = true;
  });
})();
