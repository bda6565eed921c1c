// A select whose options the app searches for (Slack's external_select): a combobox with a list of the
// options that were found, and a chip for each selected one.
import { postAction } from "./api.js";
import { sendField, VALUE_PREFIX, viewIDs } from "./fields.js";

const SEARCH_DELAY_MS = 120;

export function initSearchSelects() {
	document.addEventListener("input", startSearch);
	document.addEventListener("focusin", startSearch);
	document.addEventListener("focusout", ({ target }) => {
		const select = findSelect(target);
		if (select) showOptions(select, []);
	});
	document.addEventListener("keydown", handleKey);
	document.addEventListener("mousedown", (event) => {
		const option = event.target.closest?.(".search-select [role=option]");
		if (!option) return;
		event.preventDefault(); // the input keeps the focus
		selectOption(findSelect(option), option);
	});
	document.addEventListener("click", ({ target }) => {
		const button = target.closest?.(".chip button");
		if (button) removeChip(button.closest(".chip"));
	});
}

function findSelect(node) {
	return node.closest?.(".search-select");
}

let searchTimer;

function startSearch({ target: input }) {
	if (!input.matches?.(".search-select [role=combobox]")) return;
	clearTimeout(searchTimer);
	const select = findSelect(input);
	if (input.value.length < Number(select.dataset.minQuery)) {
		showOptions(select, []);
		return;
	}
	searchTimer = setTimeout(() => search(select, input), SEARCH_DELAY_MS);
}

async function search(select, input) {
	const query = input.value;
	const options = await postAction("search", { ...viewIDs(input.form), field: select.dataset.field, query });
	const isCurrent = input === document.activeElement && input.value === query;
	if (options && isCurrent) showOptions(select, options);
}

function showOptions(select, options) {
	const list = select.querySelector("[role=listbox]");
	const input = select.querySelector("[role=combobox]");
	list.replaceChildren(...options.map((option, i) => newOption(`${list.id}-${i}`, option)));
	list.hidden = options.length === 0;
	input.setAttribute("aria-expanded", String(!list.hidden));
	input.removeAttribute("aria-activedescendant");
}

function newOption(id, { value, text }) {
	const item = document.createElement("li");
	item.id = id;
	item.setAttribute("role", "option");
	item.dataset.value = value;
	item.textContent = text;
	return item;
}

function handleKey(event) {
	const select = findSelect(event.target);
	if (!select) return;
	const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
	const highlighted = select.querySelector("[aria-selected=true]") ?? select.querySelector("[role=option]");
	if (step) moveHighlight(select, step);
	else if (event.key === "Enter") {
		if (highlighted) selectOption(select, highlighted); // without one, the key does not submit the form
	} else if (event.key === "Escape" && highlighted) showOptions(select, []);
	else return;
	event.preventDefault();
}

function moveHighlight(select, step) {
	const options = [...select.querySelectorAll("[role=option]")];
	if (options.length === 0) return;
	const current = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
	const next = options[(Math.max(current, step > 0 ? -1 : 0) + step + options.length) % options.length];
	for (const option of options) option.removeAttribute("aria-selected");
	next.setAttribute("aria-selected", "true");
	next.scrollIntoView({ block: "nearest" });
	select.querySelector("[role=combobox]").setAttribute("aria-activedescendant", next.id);
}

function selectOption(select, option) {
	if (!("multiple" in select.dataset)) {
		for (const chip of select.querySelectorAll(".chip")) chip.remove();
	}
	const chip = document.createElement("span");
	chip.className = "chip";
	const value = document.createElement("input");
	Object.assign(value, { type: "hidden", name: VALUE_PREFIX + select.dataset.field, value: option.dataset.value });
	chip.append(option.textContent, value);
	const input = select.querySelector("[role=combobox]");
	select.insertBefore(chip, input);
	input.value = "";
	showOptions(select, []);
	sendField(input.form, select.dataset.field);
}

function removeChip(chip) {
	const select = findSelect(chip);
	chip.remove();
	sendField(select.closest("form"), select.dataset.field);
}
