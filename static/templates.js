// The editor of templates: numbered lines, fields put in where one writes, the preview. All of it works without.
(() => {
  const form = document.querySelector("[data-editor]");
  if (!form) return;
  let last = form.elements.source;
  let isChanged = false;

  // Numbers beside the lines; the one at fault is marked.
  const number = (text) => {
    const box = document.createElement("div");
    const numbers = document.createElement("div");
    const column = document.createElement("div");
    box.className = "code";
    numbers.className = "numbers";
    numbers.setAttribute("aria-hidden", "true");
    numbers.append(column);
    text.before(box);
    box.append(numbers, text);
    const fault = document.querySelector(`[data-testid=template-fault][data-part="${text.name}"]`);
    const wrong = Number(fault?.dataset.line);
    const draw = () => {
      const count = text.value.split("\n").length;
      if (column.childElementCount + 1 === count) return;
      column.replaceChildren(
        ...Array.from({ length: count }, (_nothing, index) => {
          const line = document.createElement(index + 1 === wrong ? "mark" : "span");
          line.textContent = `${index + 1}\n`;
          return line;
        }),
      );
    };
    const follow = () => {
      column.style.transform = `translateY(${-text.scrollTop}px)`;
    };
    text.addEventListener("input", draw);
    text.addEventListener("scroll", follow);
    text.addEventListener("focus", () => {
      last = text;
    });
    draw();
  };

  const goTo = (text, line) => {
    const lines = text.value.split("\n");
    const start = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    text.focus();
    text.setSelectionRange(start, start + (lines[line - 1] || "").length);
    text.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(text).lineHeight));
  };

  const insert = (snippet) => {
    last.focus();
    // Not setRangeText: this way it can be undone.
    if (!document.execCommand("insertText", false, snippet)) {
      last.setRangeText(snippet, last.selectionStart, last.selectionEnd, "end");
      last.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  for (const text of form.querySelectorAll("[data-code]")) number(text);

  document.addEventListener("click", (event) => {
    const field = event.target.closest("[data-insert]");
    if (field) insert(field.dataset.insert);
    const go = event.target.closest("[data-go]");
    if (go) goTo(form.elements[go.dataset.go], Number(go.dataset.line));
  });

  document.addEventListener("input", (event) => {
    const filter = event.target.dataset?.filter;
    if (!filter) return;
    const wanted = event.target.value.trim().toLowerCase();
    for (const row of document.querySelectorAll(`${filter} [data-filtered]`)) {
      row.hidden = !row.textContent.toLowerCase().includes(wanted);
    }
  });

  form.addEventListener("input", () => {
    isChanged = true;
  });
  const frame = document.querySelector("[name=template-preview]");
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.formTarget) {
      isChanged = false;
      return;
    }
    frame?.setAttribute("aria-busy", "true");
    frame?.scrollIntoView({ block: "nearest" });
  });
  frame?.addEventListener("load", () => frame.removeAttribute("aria-busy"));
  window.addEventListener("beforeunload", (event) => {
    if (isChanged) event.preventDefault();
  });

  // As everywhere where one writes: Ctrl+S saves, Ctrl+Enter shows.
  form.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
    const save = event.code === "KeyS" && form.querySelector("[value=save]");
    const show = event.key === "Enter" && form.querySelector("[data-preview]");
    if (save || show) {
      event.preventDefault();
      form.requestSubmit(save || show);
    }
  });

  const fault = document.querySelector("[data-testid=template-fault] [data-go]");
  // The page's own script, which ran before, has put the focus on the first field that is wrong.
  if (fault) goTo(form.elements[fault.dataset.go], Number(fault.dataset.line));
})();
