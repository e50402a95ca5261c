// Invoices dropped anywhere on the page: several of them become drafts, a single one goes into the form that is open.
(() => {
  const form = document.querySelector("[data-several]");
  const over = document.querySelector("[data-several-over]");
  if (!form) return;
  const input = form.elements.namedItem("invoices");
  const one = document.querySelector(".request-form input[type=file][name=invoice]");
  const carriesFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const show = (isOver) => {
    over.hidden = !isOver;
    if (!isOver) depth = 0;
  };

  const tell = (text) => {
    const note = document.createElement("p");
    note.className = "note note-error";
    note.setAttribute("role", "alert");
    note.textContent = text;
    document.getElementById("main").prepend(note);
    note.scrollIntoView({ block: "center" });
  };

  document.addEventListener("dragenter", (event) => {
    if (!carriesFiles(event)) return;
    depth += 1;
    show(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (carriesFiles(event) && (depth -= 1) <= 0) show(false);
  });
  document.addEventListener("dragover", (event) => {
    if (carriesFiles(event)) event.preventDefault();
  });
  document.addEventListener(
    "drop",
    (event) => {
      if (!carriesFiles(event)) return;
      show(false);
      const { files } = event.dataTransfer;
      if (!files.length || (files.length === 1 && event.target === one)) return;
      event.preventDefault();
      event.stopPropagation();
      const target = files.length === 1 && one ? one : input;
      target.files = files;
      if (target === one) {
        one.dispatchEvent(new Event("change", { bubbles: true }));
        one.focus();
        return;
      }
      const size = [...files].reduce((sum, file) => sum + file.size, 0);
      if (size > Number(input.dataset.maxBytes)) {
        tell(over.dataset.tooBig);
        return;
      }
      form.requestSubmit();
    },
    true,
  );
})();
