// The message input below a conversation completes slash commands.

export function initComposer() {
	const input = document.getElementById("message-input");
	const list = document.getElementById("commands");
	if (!input || !list) return;

	input.addEventListener("input", () => suggest(input, list));
	input.addEventListener("blur", () => hideSuggestions(input, list));
	input.form.addEventListener("submit", () => hideSuggestions(input, list));
	input.addEventListener("keydown", (event) => {
		const option = firstSuggestion(list);
		if (list.hidden || !option) return;
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
	const first = firstSuggestion(list);
	if (!first) {
		hideSuggestions(input, list);
		return;
	}
	for (const option of options) option.setAttribute("aria-selected", String(option === first));
	list.hidden = false;
	input.setAttribute("aria-expanded", "true");
	input.setAttribute("aria-activedescendant", first.id);
}

function firstSuggestion(list) {
	return list.querySelector("[role=option]:not([hidden])");
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
