// morph changes an element to match another one and keeps the state of the viewer: focus, typed text,
// open <details>, scroll positions. It leaves the children of an element with data-keep unchanged.
export function morph(element, target) {
	morphAttributes(element, target);
	if (element.hasAttribute("data-keep")) return;
	if (element.nodeName === "TEXTAREA") {
		morphTextArea(element, target);
		return;
	}
	morphChildren(element, target);
}

// The viewer sets these attributes, the server does not.
const viewerAttributes = new Set(["open"]);

function morphAttributes(element, target) {
	for (const { name } of [...element.attributes]) {
		if (target.hasAttribute(name) || viewerAttributes.has(name)) continue;
		element.removeAttribute(name);
		setFieldProperty(element, name, "");
	}
	for (const { name, value } of target.attributes) {
		if (element.getAttribute(name) === value || viewerAttributes.has(name)) continue;
		element.setAttribute(name, value);
		setFieldProperty(element, name, value);
	}
}

// A field that the viewer has changed shows its property and ignores the attribute, so both are set.
function setFieldProperty(field, name, value) {
	if (name === "value" && field.nodeName === "INPUT" && field !== document.activeElement) field.value = value;
	if (name === "checked" || name === "selected") field[name] = field.hasAttribute(name);
}

function morphTextArea(element, target) {
	if (element.defaultValue === target.defaultValue) return;
	element.defaultValue = target.defaultValue;
	if (element !== document.activeElement) element.value = target.defaultValue;
}

// Children with an id are matched by it, others by their position and name.
function morphChildren(element, target) {
	const childrenByID = new Map([...element.children].filter((child) => child.id).map((child) => [child.id, child]));
	let current = element.firstChild;
	for (const wanted of [...target.childNodes]) {
		const known = wanted.id && childrenByID.get(wanted.id);
		if (known && known.nodeName === wanted.nodeName) {
			if (known === current) current = current.nextSibling;
			else element.insertBefore(known, current);
			morph(known, wanted);
		} else if (current && !current.id && !wanted.id && current.nodeName === wanted.nodeName) {
			const reused = current;
			current = current.nextSibling;
			if (reused.nodeType === Node.ELEMENT_NODE) morph(reused, wanted);
			else if (reused.data !== wanted.data) reused.data = wanted.data;
		} else {
			element.insertBefore(document.importNode(wanted, true), current);
		}
	}
	while (current) {
		const next = current.nextSibling;
		current.remove();
		current = next;
	}
}
