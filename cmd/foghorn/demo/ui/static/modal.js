// The view that the app has opened in Slack, as a dialog.
import { postAction } from "./api.js";
import { sendField, VALUE_PREFIX, viewIDs } from "./fields.js";

function findDialog() {
	return document.getElementById("modal");
}

function findForm() {
	return findDialog()?.querySelector("form.view");
}

export function initModal() {
	document.addEventListener("submit", (event) => {
		if (!event.target.matches("form.view")) return;
		event.preventDefault();
		submitView(event.target);
	});
	document.addEventListener("change", ({ target }) => {
		if (!target.form?.matches("form.view") || !target.name?.startsWith(VALUE_PREFIX)) return;
		sendField(target.form, target.name.slice(VALUE_PREFIX.length));
	});
	document.addEventListener("click", ({ target }) => {
		const button = target.closest?.("#modal button");
		if (!button) return;
		const { close, blockAction } = button.dataset;
		if (close !== undefined) closeView(close);
		else if (blockAction) postAction("press", { ...viewIDs(button.form), action: blockAction });
	});
	findDialog()?.addEventListener("cancel", (event) => {
		event.preventDefault();
		closeView("top");
	});
	syncModal();
}

let shownView = "";

// syncModal opens or closes the dialog, as the page has a view or not, and focuses the first field of
// a view that it has not shown before.
export function syncModal() {
	const form = findForm();
	if (!form) {
		shownView = "";
		if (findDialog()?.open) closeDialog();
		return;
	}
	if (!findDialog().open) findDialog().showModal();
	if (shownView === form.dataset.view) return;
	shownView = form.dataset.view;
	form.querySelector(".view-body :is(input:not([type=hidden]), textarea, select)")?.focus();
}

// The browser restores the focus when the dialog closes. The caret is missing if the element that had it
// is removed already, so the focus is set again.
function closeDialog() {
	findDialog().close();
	const focused = document.activeElement;
	focused?.blur();
	focused?.focus();
}

// closeView closes the "top" view, or "all" views of the stack.
function closeView(views) {
	const form = findForm();
	if (form) postAction("close", { ...viewIDs(form), views });
}

async function submitView(form) {
	const button = form.querySelector("footer .primary");
	button?.setAttribute("aria-busy", "true");
	await postAction("submit", new FormData(form));
	button?.removeAttribute("aria-busy");
	form.querySelector("[aria-invalid]")?.focus();
}
