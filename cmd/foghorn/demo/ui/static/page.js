// The entry of the page. The server renders all HTML; forms with data-action send what the viewer does.
import { postAction } from "./api.js";
import { initComposer } from "./composer.js";
import { initModal } from "./modal.js";
import { initNavigation } from "./navigation.js";
import { initSearchSelects } from "./search-select.js";
import { initUpdates } from "./updates.js";

document.addEventListener("submit", (event) => {
	const form = event.target;
	if (!form.dataset.action) return;
	event.preventDefault();
	const { confirm: question } = form.dataset;
	if (question && !confirm(question)) return;
	submitForm(form);
});

document.addEventListener("change", ({ target }) => {
	target.closest("form[data-auto-submit]")?.requestSubmit();
});

document.addEventListener("click", ({ target }) => {
	const example = target.closest("[data-example]");
	if (example) previewExample(example.dataset.example);
	if (target.closest("[data-run-pasted]")) postAction("choose", { json: actionInput().value });
});

async function submitForm(form) {
	const fields = new FormData(form);
	if ("reset" in form.dataset) form.reset();
	const button = form.querySelector("button");
	button?.setAttribute("aria-busy", "true");
	const result = await postAction(form.dataset.action, fields);
	button?.removeAttribute("aria-busy");
	if (result?.html !== undefined) showPreview(result.html);
}

// showPreview shows the modals of a pasted action. They stay until the next preview.
function showPreview(html) {
	const preview = document.getElementById("preview");
	if (!preview) return;
	preview.setAttribute("data-keep", "");
	preview.innerHTML = html;
	preview.scrollIntoView({ block: "nearest" });
}

function previewExample(id) {
	const example = JSON.parse(document.getElementById(`example-${id}`).textContent);
	actionInput().value = JSON.stringify(example, null, 2);
	actionInput().form.requestSubmit();
}

function actionInput() {
	return document.getElementById("action-json");
}

initModal();
initSearchSelects();
initComposer();
initUpdates();
initNavigation();
