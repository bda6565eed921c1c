// The message input below a conversation completes slash commands.

export function initComposer() {
	const input = document.getElementById("message-input");
	const list = document.getElementById("commands");
	if (!input || !list) return;

	input.addEventListener("input", () => suggest(input, list));
	input.addEventListener("blur", () => hideSuggestions(input, list));
	input.form.addEventListener("submit", () => hideSuggestions(input, list));
	input.addEventListener("keydown", (event) => {
		const option = selectedSuggestion(list);
		if (list.hidden || !option) return;
		const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
		if (step) {
			event.preventDefault();
			moveSelection(input, list, step);
			return;
		}
		const completes = event.key === "Enter" && input.value.trim() !== option.dataset.text.trim();
		if (event.key === "Tab" || completes) {
			event.preventDefault();
			complete(input, list, option);
		} else if (event.key === "Escape") {
			hideSuggestions(input, list);
		}
	});
	list.addEventListener("mousedown", (event) => {
		event.preventDefault(); // the input keeps the focus
		const option = event.target.closest("[role=option]");
		if (option) complete(input, list, option);
	});
}

function suggest(input, list) {
	const options = [...list.querySelectorAll("[role=option]")];
	for (const option of options) {
		option.hidden = !(input.value.startsWith("/") && option.dataset.text.startsWith(input.value));
	}
	const [first] = suggestions(list);
	if (!first) {
		hideSuggestions(input, list);
		return;
	}
	list.hidden = false;
	input.setAttribute("aria-expanded", "true");
	select(input, list, first);
}

function suggestions(list) {
	return [...list.querySelectorAll("[role=option]:not([hidden])")];
}

function selectedSuggestion(list) {
	return list.querySelector("[role=option][aria-selected=true]:not([hidden])");
}

function moveSelection(input, list, step) {
	const options = suggestions(list);
	const next = options.indexOf(selectedSuggestion(list)) + step;
	select(input, list, options[(next + options.length) % options.length]);
}

function select(input, list, selected) {
	for (const option of list.querySelectorAll("[role=option]")) {
		option.setAttribute("aria-selected", String(option === selected));
	}
	input.setAttribute("aria-activedescendant", selected.id);
}

function hideSuggestions(input, list) {
	list.hidden = true;
	input.setAttribute("aria-expanded", "false");
	input.removeAttribute("aria-activedescendant");
}

function complete(input, list, option) {
	input.value = option.dataset.text;
	hideSuggestions(input, list);
	input.focus();
}
