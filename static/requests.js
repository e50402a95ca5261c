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
  const before = vatInside();
  let filled = vat.value === "" || (before !== null && kopecks(vat.value) === before);
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
  form.addEventListener("htmx:afterSwap", fillVat);

  // Bank texts are Russian whatever the language of the page.
  const compose = () => {
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
    purpose.focus();
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

  const urgentBox = form.querySelector("input[type=checkbox][name=is_urgent]");
  const reason = field("urgent_reason").closest(".field");
  const showReason = () => {
    reason.hidden = !urgentBox.checked;
  };
  showReason();
})();
