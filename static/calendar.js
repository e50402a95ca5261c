// The payment calendar: a request is dragged to another day; the server moves it and shows the calendar again.
(() => {
  const form = document.getElementById("plan-form");
  const calendar = document.getElementById("calendar");

  const payer = document.querySelector("[data-submit-on-change]");
  if (payer) {
    payer.querySelector("[data-no-script]").hidden = true;
    payer.addEventListener("change", () => payer.requestSubmit());
  }
  if (!form || !calendar) return;

  let dragged = null;
  const dayUnder = (event) => event.target.closest("[data-takes]");
  const leave = () => {
    for (const cell of calendar.querySelectorAll(".over")) cell.classList.remove("over");
  };

  calendar.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("[draggable=true]") ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.textContent.trim());
    dragged.classList.add("dragged");
    calendar.classList.add("dragging");
  });
  calendar.addEventListener("dragover", (event) => {
    const cell = dragged && dayUnder(event);
    leave();
    if (!cell) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    cell.classList.add("over");
  });
  calendar.addEventListener("drop", (event) => {
    const cell = dragged && dayUnder(event);
    if (!cell) return;
    event.preventDefault();
    if (cell.contains(dragged)) return;
    form.action = form.dataset.url.replace("/0/", `/${dragged.dataset.pk}/`);
    form.elements.namedItem("day").value = cell.dataset.day;
    form.requestSubmit();
  });
  calendar.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    calendar.classList.remove("dragging");
    leave();
  });
})();
