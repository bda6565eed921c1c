// A view of the app, as a dialog. Each change of a field goes to Slack at once, which keeps it.
import { act } from "./page.js";

const dialog = () => document.getElementById("modal");
const view = () => dialog()?.querySelector("form.view");
const of = (form) => ({ as: form.elements.as.value, view: form.dataset.view });

let shown = "";

function show() {
  const form = view();
  if (!form) {
    shown = "";
    if (dialog()?.open) leave();
    return;
  }
  if (!dialog().open) dialog().showModal();
  if (shown === form.dataset.view) return;
  shown = form.dataset.view;
  form.querySelector(".fields-of :is(input:not([type=hidden]), textarea, select)")?.focus();
}

// leave goes back to where the viewer was. The focus that close() gives back has no caret when
// what held the caret is gone already, so it is given again.
function leave() {
  dialog().close();
  const back = document.activeElement;
  back?.blur();
  back?.focus();
}

function close(all) {
  const form = view();
  if (form) act("close", { ...of(form), all });
}

// field sends what a field holds.
function field(form, name) {
  const fields = new FormData();
  for (const [key, value] of Object.entries({ ...of(form), field: name })) fields.set(key, value);
  for (const value of new FormData(form).getAll("value:" + name)) fields.append("value:" + name, value);
  return act("field", fields);
}

async function submit(form) {
  const button = form.querySelector("footer .primary");
  button.setAttribute("aria-busy", "true");
  await act("submit", new FormData(form));
  button.removeAttribute("aria-busy");
  form.querySelector("[aria-invalid]")?.focus();
}

// Type-ahead: an input that searches, and a list of what was found.
const box = (node) => node.closest?.(".combo");
let wait;

function search(input) {
  clearTimeout(wait);
  const combo = box(input);
  if (input.value.length < Number(combo.dataset.min)) return offer(combo, []);
  wait = setTimeout(async () => {
    const form = input.form;
    const found = await act("search", { ...of(form), field: combo.dataset.field, query: input.value });
    if (found && input === document.activeElement) offer(combo, found);
  }, 120);
}

function offer(combo, options) {
  const list = combo.querySelector("[role=listbox]");
  const input = combo.querySelector("[role=combobox]");
  list.replaceChildren(
    ...options.map((option, i) => {
      const item = document.createElement("li");
      item.setAttribute("role", "option");
      item.id = list.id + "-" + i;
      item.dataset.value = option.value;
      item.textContent = option.text;
      return item;
    }),
  );
  list.hidden = options.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
}

function walk(combo, step) {
  const items = [...combo.querySelectorAll("[role=option]")];
  if (items.length === 0) return;
  const at = items.findIndex((item) => item.ariaSelected === "true");
  items.forEach((item) => item.removeAttribute("aria-selected"));
  const next = items[(at + step + items.length) % items.length];
  next.setAttribute("aria-selected", "true");
  next.scrollIntoView({ block: "nearest" });
  combo.querySelector("[role=combobox]").setAttribute("aria-activedescendant", next.id);
}

function pick(combo, item) {
  const form = combo.closest("form");
  const name = "value:" + combo.dataset.field;
  if (!("many" in combo.dataset)) combo.querySelectorAll(".chip").forEach((chip) => chip.remove());
  const chip = document.createElement("span");
  chip.className = "chip";
  const held = document.createElement("input");
  Object.assign(held, { type: "hidden", name, value: item.dataset.value });
  chip.append(item.textContent, held);
  const input = combo.querySelector("[role=combobox]");
  combo.insertBefore(chip, input);
  input.value = "";
  offer(combo, []);
  field(form, combo.dataset.field);
}

function begin() {
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form.view")) return;
    event.preventDefault();
    submit(event.target);
  });
  document.addEventListener("change", ({ target }) => {
    const form = target.form;
    if (form?.matches("form.view") && target.name?.startsWith("value:")) field(form, target.name.slice("value:".length));
  });
  document.addEventListener("input", ({ target }) => target.matches(".combo [role=combobox]") && search(target));
  document.addEventListener("focusin", ({ target }) => target.matches(".combo [role=combobox]") && search(target));
  document.addEventListener("focusout", ({ target }) => box(target) && offer(box(target), []));
  document.addEventListener("keydown", (event) => {
    const combo = box(event.target);
    if (!combo) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const chosen = combo.querySelector("[aria-selected=true]") ?? combo.querySelector("[role=option]");
    if (step) walk(combo, step);
    else if (event.key === "Enter" && chosen) pick(combo, chosen);
    else if (event.key === "Escape" && !combo.querySelector("[role=listbox]").hidden) offer(combo, []);
    else return;
    event.preventDefault();
  });
  document.addEventListener("mousedown", (event) => {
    const item = event.target.closest?.(".combo [role=option]");
    if (!item) return;
    event.preventDefault();
    pick(box(item), item);
  });
  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("#modal button");
    if (!target) return;
    const form = target.closest("form");
    if (target.dataset.close !== undefined) close(target.dataset.close);
    else if (target.dataset.press) act("press", { ...of(form), action: target.dataset.press });
    else if (target.closest(".chip")) {
      const name = box(target).dataset.field;
      target.closest(".chip").remove();
      field(form, name);
    }
  });
  dialog()?.addEventListener("cancel", (event) => {
    event.preventDefault();
    close("");
  });
  show();
}

export const modal = { begin, show };
