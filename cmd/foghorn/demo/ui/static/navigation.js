// Links within the page load their address and show the difference; the browser's history works as usual.
import { fetchDocument, postAction } from "./api.js";
import { syncModal } from "./modal.js";
import { morph } from "./morph.js";
import { connectUpdates, markUnread, scrollToLatest } from "./updates.js";

export function initNavigation() {
	document.addEventListener("click", (event) => {
		const link = event.target.closest?.("a[href]");
		if (!link || !isPlainClick(event) || !isWithinPage(link)) return;
		event.preventDefault();
		navigate(link.href);
	});
	document.addEventListener("change", ({ target }) => {
		if (target.matches("select[data-navigate]")) navigate(target.value);
	});
	document.addEventListener("keydown", moveBetweenTabs);
	window.addEventListener("popstate", () => loadPage(location.href));
	openHashTarget();
	reportHome();
}

function isPlainClick(event) {
	return event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
}

function isWithinPage(link) {
	return !link.target && link.origin === location.origin && link.pathname === "/" && location.pathname === "/";
}

async function navigate(address) {
	if (!(await loadPage(address))) return;
	history.pushState(null, "", address);
	openHashTarget();
}

let loading;

// loadPage shows an address and says whether it did. A newer call aborts it, so that a slow earlier response
// never replaces a later one.
async function loadPage(address) {
	loading?.abort();
	loading = new AbortController();
	const { signal } = loading;
	const target = await fetchDocument(address, signal);
	if (!target || signal.aborted) return false;
	morph(document.body, target.body);
	connectUpdates();
	syncModal();
	markUnread();
	scrollToLatest();
	reportHome();
	return true;
}

let homeUser;

// reportHome reports that a user has opened the Home tab of the app, each time they open it.
function reportHome() {
	const user = document.querySelector("[data-home]")?.dataset.home;
	if (user && user !== homeUser) postAction("home", { user });
	homeUser = user;
}

// openHashTarget opens and shows the element that the address names, such as a run.
function openHashTarget() {
	const target = location.hash && document.getElementById(location.hash.slice(1));
	if (!target) return;
	if (target.nodeName === "DETAILS") target.open = true;
	target.scrollIntoView({ block: "center" });
}

// The arrow keys move between tabs, as https://www.w3.org/WAI/ARIA/apg/patterns/tabs/ asks.
function moveBetweenTabs(event) {
	const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
	const tab = event.target.closest?.("[role=tab]");
	if (!tab || !step) return;
	const tabs = [...tab.parentElement.querySelectorAll("[role=tab]")];
	const next = tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length];
	next.focus();
	navigate(next.href);
}
