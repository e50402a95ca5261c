// Comforts of a request's form: the VAT inside the sum, and the purpose as banks like it.
(() => {
  const form = document.querySelector(".request-form");
  if (!form) return;
  const field = (name) => form.elements.namedItem(name);
  const SEPARATORS = /[\s\u00a0\u202f]/g;

  // '1 234,56' or '1,234.56' in kopecks, as a whole number; null for what is no amount.
  const kopecks = (text) => {
    let plain = text.replace(SEPARATORS, "");
    if (plain.includes(",") && plain.includes(".")) plain = plain.replaceAll(plain.lastIndexOf(",") > plain.lastIndexOf(".") ? "." : ",", "");
    const parts = /^(\d+)(?:[.,](\d{0,2}))?$/.exec(plain);
    return parts ? BigInt(parts[1]) * 100n + BigInt((parts[2] || "").padEnd(2, "0")) : null;
  };
  const asText = (amount) => `${amount / 100n}.${String(amount % 100n).padStart(2, "0")}`;
  const vatInside = () => {
    const rate = field("vat_rate").value;
    const amount = kopecks(field("amount").value);
    if (amount === null || !/^\d+$/.test(rate)) return null;
    const whole = 100n + BigInt(rate);
    return (2n * amount * BigInt(rate) + whole) / (2n * whole); // half up, as the server rounds
  };

  // What was filled in here follows the amount and the rate; what somebody typed stays.
  const vat = field("vat_amount");
  const insideBefore = vatInside();
  let filled = vat.value === "" || (insideBefore !== null && kopecks(vat.value) === insideBefore);
  const fillVat = () => {
    if (!filled && vat.value !== "") return;
    const inside = vatInside();
    vat.value = inside === null ? "" : asText(inside);
    filled = true;
  };
  form.addEventListener("input", (event) => {
    if (event.target === vat) filled = false;
    if (event.target.name === "amount") fillVat();
  });
  form.addEventListener("change", (event) => {
    if (event.target.name === "vat_rate") fillVat();
    if (event.target.name === "is_urgent") showReason();
  });

  // Another invoice day may have brought other rates.
  form.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.elt.id !== "amount-words") fillVat();
  });

  // Bank texts are Russian whatever the language of the page.
  const compose = ({ focus = true } = {}) => {
    const number = field("invoice_number").value.trim();
    const date = field("invoice_date").value.split("-").reverse().join(".");
    const what = field("justification").value.trim().split("\n")[0];
    const inside = kopecks(vat.value) ?? vatInside();
    const rate = field("vat_rate").value;
    let text = field("payment_terms").value === "advance" ? "Предоплата" : "Оплата";
    if (number) text += ` по счёту № ${number}`;
    if (number && date) text += ` от ${date}`;
    const end = rate === "none" || inside === null ? ". НДС не облагается." : `. В том числе НДС ${rate}% - ${asText(inside).replace(".", ",")} руб.`;
    const purpose = field("purpose");
    // In the middle of a sentence; an abbreviation ("ПО") keeps its capitals. Too long a text gives way to the VAT.
    const inSentence = /^[А-ЯЁA-Z][а-яёa-z]/.test(what) ? what[0].toLowerCase() + what.slice(1) : what;
    if (what) text += ` за ${inSentence}`;
    purpose.value = text.slice(0, purpose.maxLength - end.length).replace(/[.,\s]+$/, "") + end;
    purpose.dispatchEvent(new Event("input", { bubbles: true }));
    if (focus) purpose.focus();
  };
  form.addEventListener("click", (event) => {
    if (event.target.closest("[data-compose-purpose]")) compose();
  });

  // A file that is too large is told at once, and does not travel.
  form.addEventListener("submit", (event) => {
    for (const input of form.querySelectorAll("input[type=file]")) {
      if (!input.validity.customError) continue;
      event.preventDefault();
      input.reportValidity();
    }
  });

  // The list of counterparties, narrowed by name or INN while one types; a single one left is chosen. Of very
  // many the server finds those that fit.
  const finder = form.querySelector("[data-narrows]");
  const isFound = finder?.hasAttribute("hx-get");
  const plain = (text) => text.toLowerCase().replaceAll("ё", "е").replace(/["'«»„“”]/g, " ");
  const narrow = () => {
    const select = document.getElementById(finder.dataset.narrows);
    const words = plain(finder.value).split(/\s+/).filter(Boolean);
    const fits = [];
    for (const option of select.options) {
      if (!option.value) continue;
      const text = plain(option.textContent);
      if (!isFound) option.hidden = !words.every((word) => text.includes(word));
      if (!option.hidden) fits.push(option);
    }
    const said = document.getElementById(finder.getAttribute("aria-describedby"));
    said.textContent = words.length && !fits.length ? said.dataset.none : "";
    // Several are laid out to choose from; closed again by a click on one, or by going on.
    select.size = words.length && fits.length > 1 ? Math.min(fits.length + 1, 8) : 0;
    if (words.length && fits.length === 1 && select.value !== fits[0].value) {
      select.value = fits[0].value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  if (finder) {
    if (isFound) form.addEventListener("htmx:afterSwap", (event) => event.detail.target.id === finder.dataset.narrows && narrow());
    else finder.addEventListener("input", narrow);
    finder.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown") document.getElementById(finder.dataset.narrows).focus();
      if (event.key === "Enter") event.preventDefault(); // it would send the form
    });
    const select = document.getElementById(finder.dataset.narrows);
    for (const name of ["click", "blur"]) select.addEventListener(name, () => select.value && (select.size = 0));
    // Not a field of the request: choosing a counterparty asks for its parts, searching does not.
    finder.addEventListener("change", (event) => event.stopPropagation());
  }

  // What the last request to this counterparty had goes into what is still empty.
  let rateChosen = false;
  form.addEventListener("change", (event) => {
    if (event.target.name === "vat_rate" && event.isTrusted) rateChosen = true;
  });
  const fillAsLastTime = () => {
    const parts = document.getElementById("company-parts");
    for (const name of ["payer", "category", "payment_terms", "currency", "vat_rate"]) {
      const value = parts.getAttribute(`data-last-${name}`);
      const select = field(name);
      const isFree = !select.value || (name === "vat_rate" && !rateChosen && !field("amount").value);
      if (!value || !isFree || ![...select.options].some((option) => option.value === value)) continue;
      select.value = value;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }
  };
  form.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id === "company-parts") fillAsLastTime();
  });

  // A repeated request's purpose follows its invoice until somebody writes it.
  let composes = "repeats" in form.dataset && field("purpose").value === "";
  form.addEventListener("input", (event) => {
    if (event.target.name === "purpose") composes = composes && !event.isTrusted;
    else if (composes && event.target.name !== "form_key") compose({ focus: false });
  });

  // What banks cannot write is told while one types.
  const BANKS = new Set(new TextDecoder("windows-1251").decode(Uint8Array.from({ length: 256 }, (_, code) => code)));
  const foreign = form.querySelector("[data-foreign]");
  const tellForeign = () => {
    const found = [...new Set(field("purpose").value.replace(/[\n\r\t\u00a0\u2010-\u2012\u202f]/g, " "))].filter((letter) => !BANKS.has(letter));
    foreign.hidden = !found.length;
    foreign.lastElementChild.textContent = found.join(" ");
  };
  field("purpose").addEventListener("input", tellForeign);
  tellForeign();

  // A form that was left unsent is kept in this browser for its person, and offered again.
  const KEPT = `form:${document.documentElement.dataset.user}:${form.dataset.keep}`;
  const SKIPPED = /^(csrfmiddlewaretoken|form_key|action|find|.*_ref)$/;
  const kept = form.querySelector("[data-kept]");
  const store = (act) => {
    try {
      return act(localStorage);
    } catch {
      return null; // then nothing is kept, as without scripts
    }
  };
  // The label as well: of very many counterparties the list holds a few.
  const label = () => field("company").selectedOptions?.[0]?.textContent ?? "";
  const typed = () => [...[...new FormData(form)].filter(([name, value]) => typeof value === "string" && !SKIPPED.test(name)), ["company_label", label()]];
  const asOpened = JSON.stringify(typed());
  let later = 0;
  let touched = false;
  const keep = () => {
    const now = JSON.stringify(typed());
    if (touched && now !== asOpened) store((box) => box.setItem(KEPT, now));
  };
  form.addEventListener("input", () => {
    touched = true;
    clearTimeout(later);
    later = setTimeout(keep, 400);
  });
  window.addEventListener("pagehide", keep);
  form.addEventListener("submit", () => {
    clearTimeout(later);
    touched = false;
    store((box) => box.removeItem(KEPT));
  });
  const before = store((box) => box.getItem(KEPT));
  if (before && before !== asOpened && !form.querySelector("[aria-invalid=true]")) kept.hidden = false;
  const put = (fields) => {
    for (const [name, value] of fields) {
      const input = field(name);
      if (!input) continue;
      for (const it of input instanceof RadioNodeList ? input : [input]) {
        if (it.type === "checkbox") it.checked = it.checked || value === it.value;
        else if (it.type !== "hidden" && it.type !== "file") it.value = value;
      }
    }
    showReason();
    tellForeign();
  };
  kept.addEventListener("click", (event) => {
    if (event.target.closest("[data-kept-take]")) {
      const fields = JSON.parse(before);
      const select = field("company");
      const { company, company_label: name } = Object.fromEntries(fields);
      if (company && select.options && ![...select.options].some((it) => it.value === company)) select.add(new Option(name, company));
      put(fields);
      // The accounts and contacts of the counterparty arrive behind it.
      form.addEventListener("htmx:afterSettle", function again(event) {
        if (event.detail.elt.id !== "company-parts") return;
        form.removeEventListener("htmx:afterSettle", again);
        put(fields);
      });
      field("amount").dispatchEvent(new Event("change", { bubbles: true }));
      if (select.tagName === "SELECT" && select.value) select.dispatchEvent(new Event("change", { bubbles: true }));
    } else if (event.target.closest("[data-kept-drop]")) {
      store((box) => box.removeItem(KEPT));
    } else return;
    kept.hidden = true;
    field("amount").focus();
  });

  const urgentBox = form.querySelector("input[type=checkbox][name=is_urgent]");
  const reason = field("urgent_reason").closest(".field");
  const showReason = () => {
    reason.hidden = !urgentBox.checked;
  };
  showReason();
})();
