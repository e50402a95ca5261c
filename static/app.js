// Small comforts; every page works without them.
(() => {
  const root = document.documentElement;

  // Light, dark, or as the system says: kept in this browser.
  const showTheme = () => {
    const now = root.dataset.bsTheme || "auto";
    for (const button of document.querySelectorAll("[data-theme-to]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeTo === now));
    }
  };
  const setTheme = (theme) => {
    if (theme === "auto") delete root.dataset.bsTheme;
    else root.dataset.bsTheme = theme;
    try {
      if (theme === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // Then it holds until the next page.
    }
    showTheme();
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      for (const menu of document.querySelectorAll("details[data-menu][open]")) {
        menu.open = false;
        menu.querySelector("summary").focus();
      }
    }
  });

  document.addEventListener("click", (event) => {
    const theme = event.target.closest("[data-theme-to]");
    if (theme) setTheme(theme.dataset.themeTo);
    const fill = event.target.closest("[data-fill]");
    if (fill) {
      document.querySelector("[name=username]").value = fill.dataset.fill;
      document.querySelector("[name=password]").value = "demo";
      document.querySelector("form.sheet button[type=submit]").focus();
    }
    const print = event.target.closest("[data-print]");
    if (print) window.print();
    if (event.target.closest("[data-back]")) history.back();
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  // A second click sends nothing; the form key protects where scripts do not run.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if (event.submitter?.formTarget) return; // shown in a frame: the form stays and may be sent again
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    if (form.matches("[data-log-out]")) forgetForms();
    keepTyped(form);
    for (const button of form.querySelectorAll("button:not([type=button])")) {
      button.setAttribute("aria-busy", "true");
    }
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
    }
  });

  // Whoever logs out leaves no unsent form behind (requests.js keeps them).
  const forgetForms = () => {
    try {
      for (const key of Object.keys(localStorage)) if (key.startsWith("form:")) localStorage.removeItem(key);
    } catch {
      // Then none was kept.
    }
  };

  // What was typed outlives a session that ended meanwhile, and a refusal without its form: it is kept in this
  // tab until the next page, which is the form again after a login or a step back.
  const TYPED = "typed";
  const UNTYPED = /^(csrfmiddlewaretoken|form_key|action|from|.*_ref)$/;
  // Not form.action: a button of that name would stand in its way.
  const pathOf = (form) => new URL(form.getAttribute("action") || "", location).pathname;
  const keepTyped = (form) => {
    const fields = [...new FormData(form)].filter(([name, value]) => typeof value === "string" && !UNTYPED.test(name));
    if (!form.closest("main") || !fields.length || form.querySelector("[type=password]")) return;
    try {
      sessionStorage.setItem(TYPED, JSON.stringify({ who: root.dataset.user, to: pathOf(form), fields }));
    } catch {
      // Then it is lost, as it is without scripts.
    }
  };
  const takeTyped = () => {
    if (document.querySelector("form [type=password][name=password], .oops")) return null;
    try {
      const typed = JSON.parse(sessionStorage.getItem(TYPED));
      sessionStorage.removeItem(TYPED);
      const [{ type }] = performance.getEntriesByType("navigation");
      const isBack = type === "back_forward" || new URL(document.referrer || location).pathname === root.dataset.loginPath;
      return isBack && typed.who === root.dataset.user ? typed : null;
    } catch {
      return null;
    }
  };
  const putBack = (form, fields) => {
    for (const [name, value] of fields) {
      const field = form.elements.namedItem(name);
      if (!field || !("value" in field)) continue;
      if (field.type === "checkbox") field.checked = true;
      else field.value = value;
    }
    const details = form.closest("details");
    if (details) details.open = true;
  };
  const restoreTyped = () => {
    const typed = takeTyped();
    const form = typed && [...document.querySelectorAll("main form[method=post]")].find((it) => pathOf(it) === typed.to);
    if (!form) return;
    putBack(form, typed.fields);
    const note = document.querySelector("[data-restored]");
    note.hidden = false;
    note.scrollIntoView({ block: "center" });
    // The accounts and the contacts of a counterparty arrive behind it.
    form.addEventListener("htmx:afterSettle", () => putBack(form, typed.fields), { once: true });
    for (const box of form.querySelectorAll("[name=company], [type=checkbox]")) box.dispatchEvent(new Event("change", { bubbles: true }));
    for (const text of form.querySelectorAll("textarea")) text.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // A file over the limit is told before it travels.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (input.type === "file" && input.dataset.maxBytes) {
      const tooBig = [...input.files].some((file) => file.size > Number(input.dataset.maxBytes));
      input.setCustomValidity(tooBig ? input.dataset.tooBig : "");
      if (tooBig) input.reportValidity();
    }
    if (input.name === "kind" && input.form?.querySelector("[data-kinds]")) showKind(input);
  });

  // A file may be dropped anywhere on a section that takes one.
  document.addEventListener("dragover", (event) => {
    if (event.target.closest("[data-drop]")) event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const input = event.target.closest("[data-drop]")?.querySelector("input[type=file]");
    if (!input || event.target === input || !event.dataTransfer.files.length) return;
    event.preventDefault();
    const details = input.closest("details");
    if (details) details.open = true;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.form.querySelector("button[type=submit]").focus();
  });

  // What may be undone counts down, and goes when its time is over.
  let counting = 0;
  const countDown = () => {
    clearInterval(counting);
    const rows = [...document.querySelectorAll("[data-undo-note] [data-seconds]")];
    if (!rows.length) return;
    const began = performance.now();
    counting = setInterval(() => {
      for (const row of rows) {
        const left = Math.ceil(Number(row.dataset.seconds) - (performance.now() - began) / 1000);
        if (left > 0) row.querySelector("[data-left]").textContent = String(left);
        else row.remove();
      }
      if (!document.querySelector("[data-undo-note] [data-seconds]")) {
        clearInterval(counting);
        document.querySelector("[data-undo-note]")?.remove();
      }
    }, 250);
  };
  document.addEventListener("htmx:afterSettle", countDown);
  document.addEventListener("htmx:historyRestore", countDown);

  // An address that ends in what was typed: /banks/<bik>/.
  document.addEventListener("htmx:configRequest", (event) => {
    const typed = event.target.dataset?.pathFrom && document.getElementById(event.target.dataset.pathFrom);
    if (typed) event.detail.path = event.detail.path.replace(/-\/$/, `${typed.value.replace(/[^0-9A-Za-z]/g, "") || "-"}/`);
  });

  // Copy buttons stand where the browser lets a page write to the clipboard.
  if (navigator.clipboard) root.dataset.clipboard = "";
  const said = document.createElement("div");
  said.className = "visually-hidden";
  said.setAttribute("role", "status");
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      return; // not allowed: the number is there to be copied by hand
    }
    document.body.append(said);
    said.textContent = button.dataset.copied;
    button.dataset.done = "";
    setTimeout(() => {
      delete button.dataset.done;
      said.textContent = "";
    }, 2000);
  });

  // How many characters of a limited text are used.
  document.addEventListener("input", (event) => {
    const counter = event.target.id && document.querySelector(`[data-counts="${event.target.id}"]`);
    if (counter) counter.textContent = String(event.target.value.length);
  });

  // The kind of a counterparty decides which requisites are asked; a row with a value stays in sight.
  const showKind = (select) => {
    for (const row of select.form.querySelectorAll("[data-kinds]")) {
      const asked = row.dataset.kinds.split(" ").includes(select.value);
      row.hidden = !asked && !row.querySelector("input, select").value;
    }
  };

  // Of tabs that do not fit on a phone, the one that is shown is in sight.
  const showTab = () => {
    for (const tab of document.querySelectorAll("nav.jump [aria-current]")) {
      tab.parentElement.scrollLeft = tab.offsetLeft - (tab.parentElement.clientWidth - tab.offsetWidth) / 2;
    }
  };
  document.addEventListener("htmx:afterSettle", showTab);

  // When htmx and the page's own scripts listen too.
  window.addEventListener("load", restoreTyped);
  const showKinds = () => {
    for (const select of document.querySelectorAll("select[name=kind]")) showKind(select);
  };
  // A part of a form that came from the server has all its rows.
  document.addEventListener("htmx:afterSwap", showKinds);

  // Installed, it has a page for when there is no network, and a badge with what waits for me.
  const install = () => {
    if (root.dataset.serviceWorker && navigator.serviceWorker) navigator.serviceWorker.register(root.dataset.serviceWorker).catch(() => {});
    if (!root.dataset.user || !navigator.setAppBadge) return;
    const waiting = Number(document.querySelector("[data-testid=menu-tasks]")?.textContent ?? 0);
    navigator.setAppBadge(waiting).catch(() => {});
  };
  window.addEventListener("load", install);

  const start = () => {
    showTheme();
    showKinds();
    showTab();
    countDown();
    const wrong = document.querySelector("[aria-invalid=true]");
    if (wrong) wrong.focus();
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();

  // What is fetched when its details open, where they were open before anything listened.
  document.addEventListener("DOMContentLoaded", () => {
    for (const part of document.querySelectorAll("details[open] [hx-trigger^='toggle ']")) {
      part.closest("details").dispatchEvent(new Event("toggle"));
    }
  });
})();
