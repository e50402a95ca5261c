// Mentions: after an @ the people who may see the request are offered by name; the log-in name is what is written.
(() => {
  const MOST = 6;
  const list = document.createElement("ul");
  list.className = "mention-list";
  list.id = "mention-list";
  list.setAttribute("role", "listbox");
  list.hidden = true;
  let field = null;
  let active = 0;

  const fold = (text) => text.toLowerCase().replaceAll("ё", "е");
  // What is typed after the @ before the caret; null where there is none.
  const asked = () => /(?:^|[^\w.@+-])@([\p{L}\w.+-]*)$/u.exec(field.value.slice(0, field.selectionStart))?.[1] ?? null;
  const close = () => {
    list.hidden = true;
    list.replaceChildren();
    field?.removeAttribute("aria-activedescendant");
  };
  const mark = (place) => {
    const options = [...list.children];
    active = (place + options.length) % options.length;
    for (const [number, option] of options.entries()) option.setAttribute("aria-selected", String(number === active));
    field.setAttribute("aria-activedescendant", options[active].id);
    options[active].scrollIntoView({ block: "nearest" });
  };
  const offer = () => {
    const typed = asked();
    if (typed === null) return close();
    const wanted = fold(typed);
    const people = [...document.querySelectorAll(`#${field.dataset.mentions} > li`)].filter((person) =>
      fold(person.textContent).split(/[\s@]+/).some((word) => word.startsWith(wanted)),
    );
    if (!people.length) return close();
    list.replaceChildren(
      ...people.slice(0, MOST).map((person, number) => {
        const option = document.createElement("li");
        option.id = `mention-${number}`;
        option.setAttribute("role", "option");
        option.dataset.name = person.dataset.name;
        option.append(...[...person.cloneNode(true).childNodes]);
        return option;
      }),
    );
    list.hidden = false;
    mark(0);
  };
  const take = (name) => {
    const end = field.selectionStart;
    const begin = end - asked().length;
    field.setRangeText(`${name} `, begin, end, "end");
    close();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };

  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-mentions]") || !document.getElementById(event.target.dataset.mentions)) return;
    if (field !== event.target) {
      field = event.target;
      field.setAttribute("aria-autocomplete", "list");
      field.setAttribute("aria-controls", list.id);
      field.after(list);
    }
    offer();
  });
  // Before the page's own keys: an arrow chooses, Enter takes, Escape closes the list alone.
  document.addEventListener(
    "keydown",
    (event) => {
      if (list.hidden || event.target !== field) return;
      if (event.key === "ArrowDown") mark(active + 1);
      else if (event.key === "ArrowUp") mark(active - 1);
      else if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === "Tab") take(list.children[active].dataset.name);
      else if (event.key === "Escape") close();
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    event.preventDefault();
    take(option.dataset.name);
  });
  document.addEventListener("focusout", (event) => {
    if (event.target === field) close();
  });
})();
