// The page follows what happens: the server sends the parts that have changed, and forms say
// what the viewer does. Where the viewer looks is in the address.
import { morph } from "./morph.js";
import { modal } from "./modal.js";
import { composer } from "./composer.js";

let stream;
let queue = Promise.resolve();

// act does something, one thing after the other. It gives the answer, or undefined.
export function act(what, fields) {
  const body = fields instanceof FormData ? new URLSearchParams(fields) : new URLSearchParams(Object.entries(fields));
  const sent = queue.then(() => send(what, body));
  queue = sent.catch(() => {});
  return sent;
}

async function send(what, body) {
  try {
    const answer = await fetch("/do/" + what, { method: "POST", body });
    if (!answer.ok) return void say(await answer.text());
    return answer.status === 200 ? answer.json() : undefined;
  } catch {
    say("The demo does not answer. Is it still running?");
  }
}

let silence;
function say(text) {
  const toast = document.getElementById("toast");
  toast.textContent = text;
  clearTimeout(silence);
  silence = setTimeout(() => (toast.textContent = ""), 8000);
}

// listen shows each part as it comes.
function listen() {
  stream?.close();
  stream = new EventSource("/live" + new URL(document.body.dataset.live, location).search);
  stream.onmessage = ({ data }) => {
    const { id, html } = JSON.parse(data);
    const part = document.getElementById(id);
    if (!part) return;
    const followed = [...part.querySelectorAll(".notes, .diagram"), part].filter(atEnd);
    const wanted = part.cloneNode(false);
    wanted.innerHTML = html;
    morph(part, wanted);
    for (const list of followed) list.scrollTop = list.scrollHeight;
    if (id === "modal") modal.show();
    if (id === "rail") unread();
  };
}

// unread marks the rooms in which something was said since the viewer looked.
function unread() {
  for (const link of document.querySelectorAll("a[data-room]")) {
    const seen = "seen " + document.body.dataset.as + " " + link.dataset.room;
    if (link.ariaCurrent) sessionStorage.setItem(seen, link.dataset.latest);
    link.classList.toggle("unread", link.dataset.latest > (sessionStorage.getItem(seen) ?? ""));
  }
}

const atEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 40;

// visit looks somewhere else.
async function visit(address, keep) {
  const answer = await fetch(address);
  const wanted = new DOMParser().parseFromString(await answer.text(), "text/html");
  morph(document.body, wanted.body);
  if (!keep) history.pushState(null, "", address);
  listen();
  modal.show();
  unread();
  scrollDown();
  reveal();
}

function scrollDown() {
  for (const list of document.querySelectorAll(".notes")) list.scrollTop = list.scrollHeight;
}

// reveal unfolds what the address names, such as a run.
function reveal() {
  const named = location.hash && document.getElementById(location.hash.slice(1));
  if (!named) return;
  if (named.nodeName === "DETAILS") named.open = true;
  named.scrollIntoView({ block: "center" });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.do === undefined && !("preview" in form.dataset)) return;
  event.preventDefault();
  if (form.dataset.ask && !confirm(form.dataset.ask)) return;
  if ("preview" in form.dataset) return preview(form);
  const fields = new FormData(form);
  if ("clear" in form.dataset) form.reset();
  const button = form.querySelector("button");
  button?.setAttribute("aria-busy", "true");
  await act(form.dataset.do, fields);
  button?.removeAttribute("aria-busy");
});

async function preview(form) {
  const shown = await act("preview", new FormData(form));
  if (!shown) return;
  const place = document.getElementById("previewed");
  place.setAttribute("data-keep", "");
  place.innerHTML = shown.html;
  place.scrollIntoView({ block: "nearest" });
}

document.addEventListener("change", ({ target }) => {
  if (target.matches("select[data-go]")) visit(target.value);
  else target.closest("form[data-on-change]")?.requestSubmit();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  const plain = !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0;
  if (link && plain && !link.target && link.origin === location.origin && link.pathname === "/" && location.pathname === "/") {
    event.preventDefault();
    visit(link.href);
  }
  const shelf = event.target.closest("[data-definition]");
  if (shelf) {
    const text = document.getElementById("definition");
    text.value = JSON.stringify(JSON.parse(document.getElementById("d-" + shelf.dataset.definition).textContent), null, 2);
    text.form.requestSubmit();
  }
  if (event.target.closest("[data-choose]")) act("choose", { json: document.getElementById("definition").value });
});

// The tabs are walked with the arrow keys.
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const tab = event.target.closest?.("[role=tab]");
  if (!tab || !step) return;
  const all = [...tab.parentElement.children];
  const next = all[(all.indexOf(tab) + step + all.length) % all.length];
  next.focus();
  visit(next.href);
});

window.addEventListener("popstate", () => visit(location.href, true));

// A page that nobody sees needs no news, and browsers allow six connections at a time: those of
// pages that were left, which the browser keeps for the way back, would block this one.
window.addEventListener("pagehide", () => stream.close());
window.addEventListener("pageshow", ({ persisted }) => persisted && listen());
document.addEventListener("visibilitychange", () => (document.hidden ? stream.close() : listen()));

modal.begin();
composer.begin();
listen();
scrollDown();
reveal();
