// A page with several forms sends one of them. Whoever has written in another is asked before the page goes, and what they wrote with it.
// A page that came back because nothing was saved holds what was written as if it had come so.
const cameBack = Boolean(document.querySelector(".govuk-error-summary, #conflict"));
const isWritten = (text) => text.value.trim() !== "" && (cameBack || text.value !== text.defaultValue);
const forms = () => [...document.forms].filter((form) => [...form.querySelectorAll("textarea")].some(isWritten));
const FILES = "a.files__name, .message__files a"; // they are kept, and the page stays
let sent = null;
let taken = false;

const ask = (event) => {
  const others = forms().filter((form) => form !== sent);
  const stays = taken;
  [sent, taken] = [null, false]; // of this one going alone: whoever stays can send another
  if (others.length && !stays) event.preventDefault();
};

// Only while there is something to lose: browsers keep no page for Back that listens for its own end.
const listen = () => {
  removeEventListener("beforeunload", ask);
  if (forms().length) addEventListener("beforeunload", ask);
};

document.addEventListener("submit", (event) => (sent = event.target));
document.addEventListener("click", (event) => (taken = Boolean(event.target.closest(FILES))));
document.addEventListener("input", listen);
listen();
