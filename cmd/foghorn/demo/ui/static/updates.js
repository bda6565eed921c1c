// The server sends each part of the page that has changed. Reconnect after the address has changed:
// it says which user and which conversation the page shows.
import { openUpdates } from "./api.js";
import { syncModal } from "./modal.js";
import { morph } from "./morph.js";

let source;

export function connectUpdates() {
	disconnectUpdates();
	const { search } = new URL(document.body.dataset.address, location);
	source = openUpdates(search, showPart);
}

export function disconnectUpdates() {
	source?.close();
}

// initUpdates disconnects a hidden page: browsers allow six connections to one server, and
// pages in the history or in hidden tabs would use them up.
export function initUpdates() {
	window.addEventListener("pagehide", disconnectUpdates);
	window.addEventListener("pageshow", ({ persisted }) => persisted && connectUpdates());
	document.addEventListener("visibilitychange", () => {
		if (document.hidden) disconnectUpdates();
		else connectUpdates();
	});
	connectUpdates();
	scrollToLatest();
	markUnread();
}

function showPart({ id, html }) {
	const part = document.getElementById(id);
	if (!part) return;
	const scrolledToEnd = [...part.querySelectorAll(".messages, .diagram"), part].filter(isScrolledToEnd);
	const target = part.cloneNode(false);
	target.innerHTML = html;
	morph(part, target);
	for (const list of scrolledToEnd) list.scrollTop = list.scrollHeight;
	if (id === "modal") syncModal();
	if (id === "conversations") markUnread();
}

function isScrolledToEnd(list) {
	return list.scrollHeight - list.scrollTop - list.clientHeight < 40;
}

export function scrollToLatest() {
	for (const list of document.querySelectorAll(".messages")) list.scrollTop = list.scrollHeight;
}

// markUnread marks the conversations that have a newer message than the viewer has seen in this tab.
export function markUnread() {
	for (const link of document.querySelectorAll("a[data-conversation]")) {
		const { conversation, latest } = link.dataset;
		const key = `seen ${document.body.dataset.user} ${conversation}`;
		if (link.hasAttribute("aria-current")) sessionStorage.setItem(key, latest);
		link.classList.toggle("unread", latest > (sessionStorage.getItem(key) ?? ""));
	}
}
