// A form of another page in a dialog over this one, so that nothing typed here is lost: a new counterparty, its
// account, its contact. Where scripts do not run, the links lead to those pages.
(() => {
  const dialog = document.querySelector("[data-form-dialog]");
  if (!dialog) return;
  const body = dialog.querySelector("[data-dialog-body]");
  const heading = dialog.querySelector("h2");
  let link = null;

  const read = async (response) => new DOMParser().parseFromString(await response.text(), "text/html");
  const show = (page, address) => {
    const form = page.querySelector("main form.sheet");
    if (!form) {
      location.assign(link.href); // not the page that was expected: a log-in, a refusal
      return;
    }
    heading.textContent = page.querySelector("main h1")?.textContent ?? "";
    form.setAttribute("action", form.getAttribute("action") || address);
    form.classList.remove("sheet");
    for (const back of form.querySelectorAll(".form-foot a")) back.remove();
    body.replaceChildren(document.adoptNode(form));
    htmx.process(body);
    (form.querySelector("[aria-invalid=true]") || form.querySelector("input:not([type=hidden]), select"))?.focus();
  };
  const tellFailure = () => {
    const note = document.createElement("div");
    note.className = "note note-error";
    note.setAttribute("role", "alert");
    note.textContent = dialog.dataset.failed;
    body.prepend(note);
  };

  document.addEventListener("click", async (event) => {
    const opener = event.target.closest("a[data-dialog]");
    if (!opener || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link = opener;
    try {
      const response = await fetch(opener.href);
      const page = await read(response);
      dialog.showModal();
      show(page, opener.getAttribute("href"));
    } catch {
      location.assign(opener.href);
    }
  });

  dialog.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) dialog.close();
  });
  // Nothing typed goes by a stray Escape.
  dialog.addEventListener("cancel", (event) => {
    const typed = [...body.querySelectorAll("input[type=text], input:not([type]), textarea")].some((it) => it.value !== it.defaultValue);
    if (typed) event.preventDefault();
  });
  dialog.addEventListener("close", () => {
    body.replaceChildren();
    if (link?.isConnected) link.focus();
  });

  body.addEventListener("submit", async (event) => {
    const button = event.submitter;
    if (button?.hasAttribute("hx-post") || button?.hasAttribute("data-lookup")) return; // htmx sends these
    event.preventDefault();
    event.stopPropagation();
    const form = event.target;
    if (form.dataset.sent) return;
    form.dataset.sent = "1";
    button?.setAttribute("aria-busy", "true");
    const address = button?.getAttribute("formaction") || form.getAttribute("action");
    try {
      const response = await fetch(address, { method: "POST", body: new FormData(form, button) });
      const page = await read(response);
      if (response.redirected && response.ok) done(new URL(response.url), page);
      else show(page, address);
    } catch {
      delete form.dataset.sent;
      button?.removeAttribute("aria-busy");
      tellFailure();
    }
  });

  const done = (address, page) => {
    const picked = link.dataset.picks && document.getElementById(link.dataset.picks);
    if (picked) {
      const [pk] = /\d+/.exec(address.pathname);
      const name = page.querySelector("main h1").textContent;
      const option = [...picked.options].find((it) => it.value === pk) || picked.appendChild(new Option(name, pk));
      picked.value = option.value;
      picked.dispatchEvent(new Event("change", { bubbles: true }));
      dialog.close();
      picked.focus();
      return;
    }
    dialog.close();
    refresh();
  };

  // The parts of the counterparty anew, with what was just added chosen.
  const refresh = async () => {
    const choices = () => [...document.querySelectorAll("#company-parts select")];
    const known = new Map(choices().map((select) => [select.name, { value: select.value, all: new Set([...select.options].map((it) => it.value)) }]));
    const company = document.querySelector(".request-form [name=company]").value;
    await htmx.ajax("GET", `${location.pathname}?company=${company}`, { target: "#company-parts", select: "#company-parts", swap: "outerHTML" });
    for (const select of choices()) {
      const was = known.get(select.name);
      const added = [...select.options].find((it) => it.value && !was?.all.has(it.value));
      select.value = added ? added.value : was?.value || select.value;
      if (added) select.focus();
    }
  };
})();
