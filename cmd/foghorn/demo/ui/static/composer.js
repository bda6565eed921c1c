// The composer completes commands.

function begin() {
  const input = document.getElementById("say");
  const list = document.getElementById("commands");
  if (!input) return;
  const items = () => [...list.querySelectorAll("[role=option]")];

  const offer = () => {
    const text = input.value;
    for (const item of items()) item.hidden = !(text.startsWith("/") && item.dataset.text.startsWith(text));
    list.hidden = items().every((item) => item.hidden);
    input.setAttribute("aria-expanded", String(!list.hidden));
    const first = items().find((item) => !item.hidden);
    if (first) input.setAttribute("aria-activedescendant", first.id);
    else input.removeAttribute("aria-activedescendant");
    items().forEach((item) => item.setAttribute("aria-selected", String(item === first)));
  };
  const complete = (item) => {
    input.value = item.dataset.text;
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.focus();
  };

  input.addEventListener("input", offer);
  input.addEventListener("blur", () => (list.hidden = true));
  input.form.addEventListener("submit", () => (list.hidden = true));
  input.addEventListener("keydown", (event) => {
    const first = items().find((item) => !item.hidden);
    if (list.hidden || !first) return;
    if (event.key === "Tab" || (event.key === "Enter" && input.value.trim() !== first.dataset.text.trim())) {
      event.preventDefault();
      complete(first);
    } else if (event.key === "Escape") list.hidden = true;
  });
  list.addEventListener("mousedown", (event) => {
    event.preventDefault();
    const item = event.target.closest("[role=option]");
    if (item) complete(item);
  });
}

export const composer = { begin };
