// The board: a card is dragged to a column, or moved by its button; the server says in a dialog what the step
// needs, does it, and shows the board again. Where scripts do not run, "Move" leads to a page of its own.
(() => {
  const dialog = document.getElementById("move-dialog");
  const body = document.getElementById("move-body");
  const board = () => document.getElementById("board");
  const columns = () => [...document.querySelectorAll("#board [data-stage]")];

  const payer = document.querySelector("[data-submit-on-change]");
  payer.querySelector("[data-no-script]").hidden = true;
  payer.addEventListener("change", () => payer.requestSubmit());

  const said = document.createElement("div");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.body.append(said);
  const say = (text) => {
    said.textContent = "";
    requestAnimationFrame(() => {
      said.textContent = text;
    });
  };

  // --- The dialog ---
  let asking = null; // the card that it is about, and its place before it was dropped
  const putBack = () => {
    if (!asking) return;
    asking.card.classList.remove("pending");
    if (asking.list?.isConnected) asking.list.insertBefore(asking.card, asking.next);
  };
  const ask = async (card, { to = "", list = null, next = null } = {}) => {
    asking = { card, list, next };
    const url = new URL(card.querySelector("[data-move]").href);
    if (to) url.searchParams.set("to", to);
    body.replaceChildren();
    dialog.showModal();
    await htmx.ajax("GET", url.pathname + url.search, { source: body, target: body, swap: "innerHTML" });
  };
  const fail = () => {
    if (!dialog.open) return;
    const note = document.createElement("p");
    note.className = "note note-error";
    note.setAttribute("role", "alert");
    note.textContent = board().dataset.failed;
    body.querySelector(":scope > .note")?.remove();
    body.prepend(note);
  };
  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
  });
  // Nothing typed goes by a stray Escape.
  dialog.addEventListener("cancel", (event) => {
    if ([...body.querySelectorAll("textarea")].some((it) => it.value !== it.defaultValue)) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    putBack();
    body.replaceChildren();
    const card = asking?.card;
    asking = null;
    if (card?.isConnected) (card.querySelector("[data-move]") ?? card.querySelector("a"))?.focus();
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) body.addEventListener(name, fail);
  body.addEventListener("htmx:afterSettle", () => {
    const wanted = "[aria-invalid=true], textarea, input:not([type=hidden]), select, summary, button[type=submit]";
    const first = body.querySelector("[aria-invalid=true]") ?? [...body.querySelectorAll(wanted)].find((it) => it.checkVisibility());
    (first ?? dialog.querySelector("[data-close]")).focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("#board [data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    ask(link.closest("[data-pk]"));
  });

  // --- The board after a step: where one was, and what came of it ---
  let scrolled = new Map();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    if (target?.id !== "board") return;
    if (!xhr.responseText.includes('id="board"') && !xhr.getResponseHeader("HX-Retarget")) {
      event.detail.shouldSwap = false; // logged out meanwhile, or a fault: shown as what it is
      location.reload();
      return;
    }
    scrolled = new Map(columns().map((it) => [it.id, it.querySelector("[data-cards]").scrollTop]));
    scrolled.set("strip", board().querySelector("[data-strip]").scrollLeft);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "board") return;
    asking = null;
    if (dialog.open) dialog.close();
    for (const it of columns()) it.querySelector("[data-cards]").scrollTop = scrolled.get(it.id) ?? 0;
    board().querySelector("[data-strip]").scrollLeft = scrolled.get("strip") ?? 0;
    const moved = board().querySelector(".is-moved");
    if (moved) {
      moved.querySelector("a").focus({ preventScroll: true });
      moved.scrollIntoView({ block: "nearest", inline: "nearest" });
    } else {
      board().querySelector("h2").tabIndex = -1;
      board().querySelector("h2").focus({ preventScroll: true });
    }
    const column = moved?.closest("[data-stage]");
    const notes = [...board().querySelectorAll(".board-said .note, [data-undo-note] .what")].map((it) => it.textContent.trim());
    if (column) notes.push(column.querySelector("h2").textContent.trim().replace(/\s+/g, " "));
    say(notes.join(". "));
  });

  // --- Dragging ---
  let dragged = null;
  const takes = (column) => dragged?.dataset.to.split(" ").includes(column.dataset.stage);
  const columnUnder = (event) => {
    const column = event.target.closest?.("#board [data-stage]");
    return column && takes(column) ? column : null;
  };
  const mark = (name, isMarked) => {
    for (const column of columns()) column.classList.toggle(name, isMarked(column));
  };
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.("#board [draggable=true]") ?? null;
    if (!dragged) return;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.querySelector(".number").textContent.trim());
    dragged.classList.add("dragged");
    const from = dragged.closest("[data-stage]");
    mark("from", (column) => column === from);
    mark("takes", takes);
    board().classList.add("dragging");
  });
  document.addEventListener("dragover", (event) => {
    if (!dragged) return;
    const over = columnUnder(event);
    mark("over", (column) => column === over);
    if (!over) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
  });
  document.addEventListener("drop", (event) => {
    const column = dragged && columnUnder(event);
    if (!column) return;
    event.preventDefault();
    const card = dragged;
    const place = { list: card.parentElement, next: card.nextElementSibling };
    column.querySelector("[data-cards]").prepend(card);
    card.classList.add("pending");
    ask(card, { to: column.dataset.stage, ...place });
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    board().classList.remove("dragging");
    for (const name of ["from", "takes", "over"]) mark(name, () => false);
  });
})();
