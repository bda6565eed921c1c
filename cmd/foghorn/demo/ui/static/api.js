// All requests of the page to the demo, and the message that reports a failed one.

const NOT_RUNNING = "The demo does not respond. Check that it is still running.";
const ERROR_VISIBLE_MS = 8000;

let hideTimer;

// showError shows a message at the bottom of the page for some seconds.
export function showError(message) {
	const toast = document.getElementById("toast");
	if (!toast) return;
	toast.textContent = message;
	clearTimeout(hideTimer);
	hideTimer = setTimeout(() => toast.replaceChildren(), ERROR_VISIBLE_MS);
}

let lastAction = Promise.resolve();

// postAction sends a user action. Actions are sent one after the other, in the order of the calls.
// It resolves to the JSON of the response, or to undefined if there is none or the action failed;
// it reports a failure itself and never rejects.
export function postAction(name, fields) {
	const body = new URLSearchParams(fields instanceof FormData ? fields : Object.entries(fields));
	lastAction = lastAction.then(() => send(name, body));
	return lastAction;
}

async function send(name, body) {
	try {
		const response = await fetch(`/actions/${name}`, { method: "POST", body });
		if (!response.ok) {
			showError(await response.text());
			return undefined;
		}
		return response.status === 204 ? undefined : await response.json();
	} catch {
		showError(NOT_RUNNING);
		return undefined;
	}
}

// fetchDocument loads a page. It resolves to undefined if the signal aborted the request or the
// request failed; it reports a failure itself and never rejects.
export async function fetchDocument(url, signal) {
	try {
		const response = await fetch(url, { signal });
		const text = await response.text();
		if (!response.ok) {
			showError(text);
			return undefined;
		}
		return new DOMParser().parseFromString(text, "text/html");
	} catch {
		if (!signal.aborted) showError(NOT_RUNNING);
		return undefined;
	}
}

// openUpdates calls onUpdate for each part of the page that changes. The browser reconnects by itself.
export function openUpdates(search, onUpdate) {
	const source = new EventSource(`/updates${search}`);
	source.onmessage = ({ data }) => onUpdate(JSON.parse(data));
	source.onerror = () => {
		showError(source.readyState === EventSource.CLOSED ? "The page gets no updates. Reload it." : NOT_RUNNING);
	};
	return source;
}
