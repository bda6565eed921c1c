// morph makes an element like another one and keeps what is the viewer's own: the focus, what
// is typed, what is unfolded, where a list is scrolled to.

export function morph(from, to) {
  attributes(from, to);
  if (from.hasAttribute("data-keep")) return;
  if (from.nodeName === "TEXTAREA") {
    if (from.defaultValue !== to.defaultValue) {
      from.defaultValue = to.defaultValue;
      if (from !== document.activeElement) from.value = to.defaultValue;
    }
    return;
  }
  children(from, to);
}

// What the viewer has unfolded or opened stays so.
const own = new Set(["open"]);

function attributes(from, to) {
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !own.has(name)) {
      from.removeAttribute(name);
      property(from, name, "");
    }
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) === value || own.has(name)) continue;
    from.setAttribute(name, value);
    property(from, name, value);
  }
}

// Fields that were touched follow their property, not the attribute.
function property(field, name, value) {
  if (field === document.activeElement && name === "value") return;
  if (name === "value" && field.nodeName === "INPUT") field.value = value;
  if (name === "checked" || name === "selected") field[name] = field.hasAttribute(name);
}

function children(from, to) {
  const byID = new Map();
  for (const child of from.children) if (child.id) byID.set(child.id, child);
  let here = from.firstChild;
  for (const wanted of [...to.childNodes]) {
    const known = wanted.id && byID.get(wanted.id);
    if (known && known.nodeName === wanted.nodeName) {
      if (known === here) here = here.nextSibling;
      else from.insertBefore(known, here);
      morph(known, wanted);
    } else if (here && !here.id && !wanted.id && here.nodeName === wanted.nodeName) {
      const same = here;
      here = here.nextSibling;
      if (same.nodeType === Node.ELEMENT_NODE) morph(same, wanted);
      else if (same.data !== wanted.data) same.data = wanted.data;
    } else {
      from.insertBefore(document.importNode(wanted, true), here);
    }
  }
  while (here) {
    const next = here.nextSibling;
    here.remove();
    here = next;
  }
}
