// The registry by mouse and keys: a preview beside the list where there is room, and sums of what is ticked.
(() => {
  const root = document.querySelector("[data-registry]");
  if (!root) return;
  const pane = document.getElementById("preview");
  const rows = [...root.querySelectorAll("tbody tr")];
  const isWide = window.matchMedia("(width >= 80rem)");
  root.dataset.jsRows = "";

  // --- The preview ---------------------------------------------------------------------------------------
  const current = () => rows.find((row) => row.hasAttribute("aria-current"));
  const rowOf = (pk) => rows.find((row) => row.dataset.pk === pk);
  const link = (row) => row.querySelector(".row-link");
  const address = (pk) => {
    const url = new URL(location);
    if (pk) url.searchParams.set("show", pk);
    else url.searchParams.delete("show");
    return url;
  };
  const mark = (row) => {
    current()?.removeAttribute("aria-current");
    row?.setAttribute("aria-current", "true");
  };
  const load = (row) => {
    // What is shown stays until the answer is here; of several rows in a hurry the last one is asked for.
    htmx.ajax("GET", row.dataset.preview, { source: pane, target: pane, swap: "innerHTML show:none" });
  };
  pane.addEventListener("htmx:afterSwap", () => {
    pane.scrollTop = 0;
  });
  pane.addEventListener("htmx:responseError", () => {
    const said = document.createElement("p");
    said.className = "sheet failed";
    said.setAttribute("role", "alert");
    said.textContent = pane.dataset.failed;
    pane.replaceChildren(said);
  });
  const show = (row, { focus = false } = {}) => {
    mark(row);
    if (focus) {
      link(row).focus({ preventScroll: true });
      row.scrollIntoView({ block: "nearest" });
    }
    if (!isWide.matches) return;
    if ("split" in root.dataset) history.replaceState(history.state, "", address(row.dataset.pk));
    else history.pushState({ preview: true }, "", address(row.dataset.pk));
    root.dataset.split = "";
    load(row);
  };
  const shut = () => {
    delete root.dataset.split;
    pane.replaceChildren();
    mark(null);
  };
  const close = () => {
    if (!("split" in root.dataset)) return;
    const row = current();
    if (history.state?.preview) history.back();
    else {
      history.replaceState(null, "", address(""));
      shut();
    }
    if (row) link(row).focus({ preventScroll: true });
  };
  window.addEventListener("popstate", () => {
    const row = rowOf(new URLSearchParams(location.search).get("show"));
    if (!row) {
      shut();
      return;
    }
    mark(row);
    root.dataset.split = "";
    load(row);
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close-preview]")) {
      event.preventDefault();
      close();
      return;
    }
    const row = event.target.closest("[data-registry] tbody tr");
    if (!row || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("a, button, input, .tick") || String(getSelection())) return;
    if (isWide.matches) show(row);
    else link(row).click();
  });

  // --- What is ticked ------------------------------------------------------------------------------------
  const bar = document.querySelector(".selection");
  const all = root.querySelector("[data-tick-all]");
  const box = (row) => row.querySelector("[data-tick]");
  const isRussian = document.documentElement.lang.startsWith("ru");
  const SIGNS = { RUB: "₽", USD: "$", EUR: "€", CNY: "¥", KZT: "₸", BYN: "Br" };
  // As people.formats.money writes it; whole kopecks, so that nothing is rounded.
  const money = (kopecks, currency) => {
    const whole = String(kopecks / 100n).replace(/\B(?=(\d{3})+$)/g, isRussian ? "\u00a0" : ",");
    const part = String(kopecks % 100n).padStart(2, "0");
    return isRussian ? `${whole},${part}\u00a0${SIGNS[currency] ?? currency}` : `${currency} ${whole}.${part}`;
  };
  const sumUp = () => {
    const ticked = rows.filter((row) => box(row).checked);
    const sums = new Map();
    for (const row of rows) row.classList.toggle("ticked", box(row).checked);
    for (const { dataset } of ticked) {
      sums.set(dataset.currency, (sums.get(dataset.currency) ?? 0n) + BigInt(dataset.amount.replace(".", "")));
    }
    const parts = [...sums].sort().map(([currency, sum]) => money(sum, currency));
    all.checked = ticked.length > 0 && ticked.length === rows.length;
    all.indeterminate = ticked.length > 0 && ticked.length < rows.length;
    bar.querySelector("[data-text]").textContent = ticked.length ? `${bar.dataset.label} ${ticked.length} · ${parts.join(" · ")}` : "";
    bar.dataset.count = String(ticked.length);
    bar.hidden = !ticked.length;
  };
  let last = null;
  const tick = (row, isOn, isRange) => {
    const [from, to] = [rows.indexOf(row), isRange && last ? rows.indexOf(last) : rows.indexOf(row)].sort((a, b) => a - b);
    for (const each of rows.slice(from, to + 1)) box(each).checked = isOn;
    last = row;
    sumUp();
  };
  root.addEventListener("click", (event) => {
    if (event.target.matches("[data-tick]")) tick(event.target.closest("tr"), event.target.checked, event.shiftKey);
    if (event.target === all) {
      for (const row of rows) box(row).checked = all.checked;
      sumUp();
    }
  });
  bar.querySelector("[data-untick]").addEventListener("click", () => {
    for (const row of rows) box(row).checked = false;
    sumUp();
    (current() ? link(current()) : all).focus({ preventScroll: true });
  });
  // A browser that comes back may remember ticks.
  window.addEventListener("pageshow", sumUp);

  // --- Keys, by their places, so that they work on a Russian keyboard too ---------------------------------
  const isTyping = (target) => target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], .menu[open]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    if ("keysOff" in document.documentElement.dataset || document.querySelector("dialog[open]")) return;
    const now = rows.indexOf(current());
    if (event.code === "KeyJ" || event.code === "KeyK") {
      event.preventDefault();
      const next = rows[event.code === "KeyJ" ? Math.min(now + 1, rows.length - 1) : Math.max(now - 1, 0)];
      if (next !== current() || !("split" in root.dataset)) show(next, { focus: true });
    } else if (event.code === "KeyX" && now >= 0 && !event.repeat) {
      tick(rows[now], !box(rows[now]).checked, event.shiftKey);
    } else if (event.key === "Enter" && now >= 0 && event.target === document.body) {
      link(rows[now]).click();
    } else if (event.key === "Escape" && !document.querySelector("details[data-menu][open]")) {
      close();
    }
  });
})();
