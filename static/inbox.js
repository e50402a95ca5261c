// The task inbox: the card follows the list, the invoice is shown where the browser has a viewer, undo counts down.
(() => {
  const WIDE = matchMedia("(width >= 48rem)");
  const LOOK_EVERY = 20_000;
  const inbox = () => document.getElementById("inbox");
  const card = () => document.getElementById("inbox-card");

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

  // --- The paper beside the facts ---
  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const picture = (frame, link) => {
    const image = element("img", { src: link.href, alt: link.title });
    const zoom = element("button", { type: "button", class: "btn btn-sm paper-zoom", "aria-pressed": "false" }, frame.dataset.zoom);
    zoom.addEventListener("click", () => {
      const isFull = frame.toggleAttribute("data-full");
      zoom.setAttribute("aria-pressed", String(isFull));
      zoom.textContent = isFull ? frame.dataset.fit : frame.dataset.zoom;
    });
    image.addEventListener("click", () => zoom.click());
    return [zoom, element("div", { class: "paper-scroll", tabindex: "0", role: "group", "aria-label": link.title }, image)];
  };
  const show = (link) => {
    const frame = card()?.querySelector("[data-paper-frame]");
    if (!frame) return false;
    const isPicture = link.dataset.paper === "image";
    if (!isPicture && !(navigator.pdfViewerEnabled && WIDE.matches)) {
      const open = element("a", { class: "btn", href: link.href, target: "_blank", rel: "noopener" }, frame.dataset.open);
      frame.replaceChildren(open);
      frame.dataset.look = "link";
      return false;
    }
    delete frame.dataset.full;
    frame.dataset.look = link.dataset.paper;
    if (isPicture) frame.replaceChildren(...picture(frame, link));
    else frame.replaceChildren(element("iframe", { src: `${link.href}#view=FitH`, title: link.title }));
    for (const other of card().querySelectorAll("[data-paper]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    return true;
  };
  const showPaper = () => {
    const link = card()?.querySelector("[data-paper][aria-current]");
    if (link) show(link);
  };

  // --- The list beside the card ---
  // The card has the decision of the task that is shown; its row has it otherwise.
  const quickOf = new WeakMap();
  const offerQuick = (row, isShown) => {
    const quick = row.querySelector(".quick");
    if (isShown && quick) {
      quickOf.set(row, quick);
      quick.remove();
    } else if (!isShown && quickOf.has(row)) {
      row.append(quickOf.get(row));
    }
  };
  // The task whose card is on its way: the list shows it already, and no key decides the card that it replaces.
  let awaited = null;
  const follow = (shown = awaited || card()?.dataset.taskId) => {
    for (const row of document.querySelectorAll("#task-list [data-task-id]")) {
      const isShown = row.dataset.taskId === shown;
      row.classList.toggle("is-chosen", isShown);
      offerQuick(row, isShown);
      const link = row.querySelector("[data-show-task]");
      if (isShown) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
      const box = row.querySelector("input[name=task]");
      if (box && isShown) box.dataset.key = "x";
      else if (box) delete box.dataset.key;
    }
  };
  const boxes = () => [...document.querySelectorAll("#task-list input[name=task]")];
  const countTicked = () => {
    const ticked = boxes().filter((box) => box.checked);
    const bulk = document.getElementById("bulk");
    if (!bulk) return;
    bulk.toggleAttribute("data-some", ticked.length > 0);
    bulk.querySelector("[data-ticked]").textContent = String(ticked.length);
    const sums = new Map();
    for (const { dataset } of ticked) {
      // In kopecks: 0.1 + 0.2 is no sum of money.
      sums.set(dataset.currency, (sums.get(dataset.currency) || 0n) + BigInt(dataset.amount.replace(".", "")));
    }
    const style = { minimumFractionDigits: 2, maximumFractionDigits: 2, style: "currency" };
    const texts = [...sums].map(([currency, kopecks]) => {
      const format = new Intl.NumberFormat(document.documentElement.lang, { ...style, currency, currencyDisplay: document.documentElement.lang === "en" ? "code" : "symbol" });
      return format.format(`${kopecks / 100n}.${String(kopecks % 100n).padStart(2, "0")}`);
    });
    bulk.querySelector("[data-ticked-sum]").textContent = texts.join(", ");
  };
  let keptTicks = [];
  let keptScroll = 0;

  // --- Focus and what is said after a swap ---
  const focusCard = () => {
    const wrong = inbox().querySelector("[aria-invalid=true]");
    const target = wrong || document.getElementById("card-heading") || inbox().querySelector("h1");
    if (target.tagName === "H1") target.tabIndex = -1;
    target.focus({ preventScroll: true });
    if (wrong) wrong.scrollIntoView({ block: "center" });
  };
  const start = () => {
    showPaper();
    countTicked();
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (!inbox()) return;
    const { xhr, target } = event.detail;
    if (!/^(inbox|inbox-card|task-list)$/.test(target?.id)) return;
    // A page without the part that is awaited: logged out, or gone. It is shown as what it is.
    if (!xhr.responseText.includes(`id="${target.id}"`)) {
      event.detail.shouldSwap = false;
      if (target.id === "task-list") return;
      if (xhr.status < 400) location.assign(xhr.responseURL);
      else location.reload();
      return;
    }
    keptTicks = boxes().filter((box) => box.checked).map((box) => box.value);
    keptScroll = document.querySelector(".inbox-list")?.scrollTop || 0;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const { target, requestConfig } = event.detail;
    const asked = requestConfig?.elt;
    if (!inbox() || !/^(inbox|inbox-card|task-list)$/.test(target?.id)) return;
    for (const box of boxes()) box.checked = keptTicks.includes(box.value);
    const list = document.querySelector(".inbox-list");
    if (list) list.scrollTop = keptScroll;
    if (target.id === "task-list") {
      follow();
      countTicked();
      return;
    }
    if (target.id === "inbox-card") {
      inbox().classList.add("chosen");
      if (card().dataset.taskId === awaited) awaited = null;
      card().inert = awaited !== null;
      follow();
    } else awaited = null;
    start();
    const notes = [...inbox().querySelectorAll(".inbox-said .note, [data-undo-note] .what")].map((note) => note.textContent.trim());
    if (target.id === "inbox" && notes.length) say(notes.join(". "));
    const wrong = inbox().querySelector("[aria-invalid=true]");
    if (asked?.matches?.("[data-comment]") && !wrong) {
      document.getElementById("remark")?.focus();
      return;
    }
    focusCard();
    window.scrollTo({ top: 0, behavior: "instant" });
  });
  document.addEventListener("htmx:historyRestore", () => {
    awaited = null;
    if (!inbox()) return;
    if (card()) card().inert = false;
    start();
    focusCard();
  });
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (!inbox() || event.detail.target?.id === "task-list") return;
      awaited = null;
      if (card()) card().inert = false;
      follow();
      const place = inbox().querySelector(".inbox-said");
      place.querySelector("[data-offline-note]")?.remove();
      place.append(element("div", { class: "note note-error", role: "alert", "data-offline-note": "" }, inbox().dataset.offline));
    });
  }

  // A list that looks again says what it has seen: mostly the answer is that there is nothing new (304).
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers } = event.detail;
    if (elt.id === "task-list" && elt.dataset.seen) headers["If-None-Match"] = elt.dataset.seen;
  });

  // The list moves at once: the next key counts from there, though the card is still on its way.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const row = event.detail.elt?.closest?.("#task-list [data-task-id]");
    if (!row || !event.detail.elt.matches("[data-show-task]")) return;
    awaited = row.dataset.taskId;
    if (card()) card().inert = true;
    follow();
  });
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("#inbox-card [data-paper]");
    if (link && show(link)) event.preventDefault();
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("#task-list input[name=task]")) countTicked();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && inbox()?.classList.contains("chosen") && !WIDE.matches) card()?.querySelector(".to-list")?.click();
  });

  // New tasks appear by themselves, unless somebody is busy in the list.
  setInterval(() => {
    const list = document.getElementById("task-list");
    const isBusy = !list || list.contains(document.activeElement) || boxes().some((box) => box.checked) || document.querySelector("dialog[open]");
    if (!document.hidden && !isBusy) list.dispatchEvent(new CustomEvent("inbox:look"));
  }, LOOK_EVERY);

  start();
})();
