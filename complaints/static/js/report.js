// What a script adds to the form, which works without it: whatever is posted is posted from within the page, which is never left.
// So Back keeps every word in every browser, a lost connection loses nothing, and there is a question before a reload would.
import { Button, Checkboxes, ErrorSummary, NotificationBanner, Radios, createAll } from "../vendor/govuk-frontend.js";
import { enliven } from "./receipt.js";

const COMPONENTS = [Button, Checkboxes, ErrorSummary, NotificationBanner, Radios];

const form = () => document.querySelector("#report");

let precious = false; // something would be lost with this page
let stale = false; // something was changed after the check page was made
let sending = Promise.resolve(); // files on their way

class Unreachable extends Error {}

function post(url, data, progress = () => {}) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", url);
    request.responseType = "document";
    request.upload.addEventListener("progress", (event) => progress(event.loaded / event.total));
    request.addEventListener("load", () => (request.response ? resolve(request.response) : reject(new Unreachable())));
    request.addEventListener("error", () => reject(new Unreachable()));
    request.send(data);
  });
}

// -- Saying what went wrong, where it can be seen and heard ---------------------------------------------------------

function complain(texts) {
  const box = document.createElement("div");
  box.id = "trouble";
  box.className = "govuk-error-summary";
  box.tabIndex = -1;
  for (const text of texts) {
    const line = document.createElement("p");
    line.className = "govuk-body";
    line.setAttribute("role", "alert");
    line.textContent = text;
    box.append(line);
  }
  form().prepend(box);
  box.focus();
}

// Posts, and returns the page that answers: the form or the receipt. Any other is an error page: its words are shown here
// (null is returned), and the form stays as it is.
async function ask(url, data, progress) {
  document.querySelector("#trouble")?.remove();
  try {
    const page = await post(url, data, progress);
    if (page.querySelector("#report, #receipt")) {
      return page;
    }
    complain([...page.querySelectorAll("main h1, main p:not(:has(a))")].map((element) => element.textContent.trim()));
  } catch (error) {
    if (!(error instanceof Unreachable)) {
      throw error;
    }
    complain([form().dataset.unreachable]);
  }
  return null;
}

// -- One page in the place of another -------------------------------------------------------------------------------

function replace(page) {
  const main = document.querySelector("main");
  main.replaceChildren(...document.adoptNode(page.querySelector("main")).childNodes);
  document.title = page.title;
  for (const component of COMPONENTS) {
    createAll(component, undefined, { scope: main });
  }
  showReaders();
}

function show(step, path) {
  history.replaceState(null, "", path + location.hash);
  if (location.hash === `#${step.id}`) {
    location.replace(`#${step.id}`); // the same fragment, but another element bears it now
  } else {
    location.hash = step.id;
  }
}

function speak(page) {
  document.documentElement.lang = page.documentElement.lang;
  for (const part of [".site-header__name", ".site-footer"]) {
    document.querySelector(part).replaceWith(document.adoptNode(page.querySelector(part)));
  }
  const way = ".govuk-exit-this-page__button";
  document.querySelector(way).href = page.querySelector(way).href;
  document.querySelector(way).firstChild.data = page.querySelector(way).firstChild.data;
}

function swap(page, step) {
  if (page.documentElement.lang !== document.documentElement.lang) {
    speak(page);
  }
  const wrong = page.querySelector(".govuk-error-summary");
  replace(page);
  stale = false;
  show((!wrong && step && form().querySelector(step)) || form().querySelector(".step--shown"), form().dataset.path);
  if (wrong) {
    // The browser has put the focus on the step; what went wrong is to be heard first.
    const summary = form().querySelector(".govuk-error-summary");
    summary.tabIndex = -1;
    summary.focus();
  }
}

function hand(page) {
  replace(page);
  enliven();
  document.querySelector("main h1").tabIndex = -1;
  document.querySelector("main h1").focus();
  scrollTo(0, 0);
}

// A button without an address of its own would claim the page's, not the form's.
const addressOf = (button) => new URL(button.getAttribute("formaction") ?? form().getAttribute("action"), location);

async function submit(button) {
  const url = addressOf(button);
  form().setAttribute("aria-busy", "true");
  button.disabled = true;
  await sending;
  const data = new FormData(form());
  data.append(button.name, button.value);
  const page = await ask(url.pathname, data);
  form().removeAttribute("aria-busy");
  button.disabled = false;
  if (page?.querySelector("#receipt")) {
    hand(page);
  } else if (page) {
    swap(page, url.hash);
  }
}

// -- Files ----------------------------------------------------------------------------------------------------------

// Only the files travel, and only their part of the page is replaced: writing goes on meanwhile.
async function updateFiles(extra, progress) {
  const data = new FormData();
  for (const field of form().querySelectorAll("[name=staged], [name^=who-]:checked")) {
    data.append(field.name, field.value);
  }
  for (const [name, value] of extra) {
    data.append(name, value);
  }
  const page = await ask(form().dataset.change, data, progress);
  if (page) {
    const before = document.querySelector("#files-now");
    const here = before.contains(document.activeElement) || document.activeElement.contains(before);
    before.replaceWith(document.adoptNode(page.querySelector("#files-now")));
    stale = true;
    if (here) {
      showFiles();
    }
  }
  return page !== null;
}

// To what came of it: what was refused, else the file that came last. Whoever writes elsewhere meanwhile stays there.
function showFiles() {
  const now = document.querySelector("#files-now");
  const result = now.querySelector(".govuk-error-message") ?? [...now.querySelectorAll(".attached__file")].at(-1);
  if (result) {
    result.tabIndex = -1;
  }
  (result ?? now.querySelector("#files")).focus();
}

async function sendFiles(input) {
  const files = [...input.files];
  const { limit, tooLarge, sending: words, sent } = form().dataset;
  if (files.reduce((sum, file) => sum + file.size, 0) > Number(limit)) {
    input.value = "";
    complain([tooLarge]);
    return;
  }
  const status = document.querySelector("#files-status");
  const bar = document.createElement("progress");
  bar.className = "progress";
  bar.setAttribute("aria-label", words);
  input.after(bar);
  input.disabled = true;
  status.textContent = words;
  const extra = files.map((file) => ["files", file]);
  const taken = await updateFiles(extra, (part) => (bar.value = part));
  const refused = document.querySelector("#files-now .govuk-error-message");
  status.textContent = refused ? refused.innerText : taken ? sent : "";
  bar.remove();
  input.disabled = false; // still there, with its files, when they did not get through: the next post takes them along
}

// -- Who would read it: what the check page will say, while people are shut out ------------------------------------

function showReaders() {
  const box = form()?.querySelector("#who-now");
  const channels = [...(box?.querySelectorAll("[data-channel]") ?? [])];
  if (!channels.length) {
    return;
  }
  const out = new Set([...form().querySelectorAll("[name=excluded]:checked")].map((field) => field.value));
  const named = (id) => channels.find((channel) => channel.dataset.channel === id);
  const hasLead = (channel) => [...(channel?.querySelectorAll("[data-lead]") ?? [])].some((one) => !out.has(one.dataset.account));
  const chosen = named(form().querySelector("[name=channel]:checked")?.value) ?? channels[0];
  const shown = [chosen, named(chosen.dataset.instead)].find(hasLead);
  for (const channel of channels) {
    channel.hidden = channel !== shown;
    for (const one of channel.children) {
      one.hidden = out.has(one.dataset.account);
    }
  }
  box.querySelector("[data-instead-note]").hidden = !shown || shown === chosen;
  box.querySelector("[data-nobody]").hidden = Boolean(shown);
  box.hidden = false;
}

// -- What the reporter does -----------------------------------------------------------------------------------------

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (event.target !== form() || !button) {
    return;
  }
  event.preventDefault();
  if (button.name === "drop") {
    sending = sending.then(() => updateFiles([["drop", button.value]]));
    return;
  }
  submit(button).catch(() => {
    precious = false;
    const step = Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value });
    form().append(step);
    form().setAttribute("action", addressOf(button));
    HTMLFormElement.prototype.submit.call(form()); // whatever went wrong in here, the form itself still works
  });
});

document.addEventListener("input", (event) => {
  if (event.target.form === form() && event.target.name !== "declared") {
    precious = true;
    stale = true;
  }
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.id === "files" && field.files.length) {
    sending = sending.then(() => sendFiles(field));
  }
  if (field.name === "excluded") {
    for (const same of form().querySelectorAll(`[name=excluded][value="${field.value}"]`)) {
      same.checked = field.checked;
    }
  }
  if (field.name === "excluded" || field.name === "channel") {
    showReaders();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.isComposing && event.target.matches?.(".step input.govuk-input")) {
    event.preventDefault();
    event.target.closest(".step").querySelector(".step__on .govuk-button").click();
  }
});

// The summary's own script would put the focus on a field of a step that is not shown; the link itself shows the step.
document.addEventListener(
  "click",
  (event) => {
    if (event.target.closest?.(".govuk-error-summary a")) {
      event.stopImmediatePropagation();
    }
  },
  true,
);

addEventListener("hashchange", () => {
  const last = document.querySelector("[data-check]");
  if (stale && last && location.hash === `#${last.id}`) {
    submit(form().querySelector("[value=check]"));
  }
});

addEventListener("beforeunload", (event) => {
  if (precious && !document.body.classList.contains("govuk-exit-this-page-hide-content")) {
    event.preventDefault();
  }
});

// Whichever step is shown by itself later on, Back leads to this one: also where it was left before this script had come.
const first = `#${form().querySelector(".step--shown").id}`;
if (!location.hash) {
  history.replaceState(null, "", first);
}
addEventListener("hashchange", () => {
  if (!location.hash) {
    location.replace(first);
  }
});

showReaders();
document.body.classList.add("sends-files");
