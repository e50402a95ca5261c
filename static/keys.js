// Keyboard shortcuts: by the key's place, so that they work on a Russian keyboard too; never while one types.
(() => {
  const OFF = "keys-off";
  const PATIENCE = 1500; // ms between G and the letter after it
  const sheet = document.querySelector("[data-keys]");
  const onSwitch = sheet?.querySelector("[data-keys-on]");

  const isOff = () => {
    try {
      return localStorage.getItem(OFF) === "1";
    } catch {
      return false;
    }
  };
  const show = () => {
    document.documentElement.toggleAttribute("data-keys-off", isOff());
    if (onSwitch) onSwitch.checked = !isOff();
  };
  show();
  onSwitch?.addEventListener("change", () => {
    try {
      if (onSwitch.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "1");
    } catch {
      // Then nothing changes.
    }
    show();
  });

  const openSheet = () => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) menu.open = false;
    if (!sheet.open) sheet.showModal();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-open-keys]")) openSheet();
    else if (event.target === sheet) sheet.close(); // beside it
  });

  const typing = (target) => target.isContentEditable || (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox");
  const seen = (element) => !element.closest("[inert]") && (element.checkVisibility?.() ?? element.offsetParent !== null);
  const first = (selector) => [...document.querySelectorAll(selector)].find(seen);

  // A link or a button is pressed; a question is opened, and its answer awaited.
  const press = (element) => {
    const details = element.closest("details");
    if (element.tagName === "SUMMARY" && details) {
      details.open = true;
      details.querySelector("textarea, input:not([type=hidden])")?.focus();
    } else if (/^(TEXTAREA|INPUT)$/.test(element.tagName) && element.type !== "checkbox") {
      element.focus();
    } else {
      element.click();
    }
  };
  const search = () => {
    const field = first("[data-search]");
    if (field) {
      field.focus();
      field.select();
    } else document.querySelector("[data-search-link]")?.click();
  };
  // One up or down a list; at its ends it stays.
  const step = (by) => {
    const links = [...document.querySelectorAll("[data-step]")].filter(seen);
    const now = links.findIndex((link) => link.getAttribute("aria-current") === "true");
    const link = links[now < 0 ? 0 : Math.min(Math.max(now + by, 0), links.length - 1)];
    if (!link || links.indexOf(link) === now) return false;
    link.click();
    link.scrollIntoView({ block: "nearest" });
    return true;
  };

  let wentAt = -Infinity;
  const letterOf = (event) => /^Key([A-Z])$/.exec(event.code)?.[1].toLowerCase() || "";
  const act = (event) => {
    const letter = letterOf(event);
    const isGoing = performance.now() - wentAt < PATIENCE;
    wentAt = -Infinity;
    if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return openSheet() ?? true;
    if (event.key === "/" || event.code === "Slash") return search() ?? true;
    if (!letter || event.shiftKey) return false;
    const target = isGoing ? document.querySelector(`[data-go="${letter}"]`) : first(`[data-key="${letter}"]`);
    if (target) return press(target) ?? true;
    if (letter === "g" && !isGoing) wentAt = performance.now();
    else if (letter === "j" || letter === "k") return step(letter === "j" ? 1 : -1);
    return false;
  };
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.matches("textarea")) {
      event.preventDefault();
      event.target.form?.requestSubmit();
      return;
    }
    if (event.key === "Escape" && event.target.closest?.("details.ask[open]")) {
      const details = event.target.closest("details.ask");
      details.open = false;
      details.querySelector("summary").focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
    if (document.querySelector("dialog[open]") || isOff()) return;
    if (act(event)) event.preventDefault();
  });
})();
