// Around django-allauth's own scripts: what went wrong is said on the page.
(() => {
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
