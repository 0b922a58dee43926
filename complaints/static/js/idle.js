// What is not used closes: a reporter's mailbox, a session of the staff's. The page warns in time, typing keeps it open, and what was
// typed stays. A warning that is a dialogue is shown as one.
const MINUTE = 60_000;
const box = document.querySelector("[data-idle]");

if (box) {
  const soon = box.querySelector(".idle__soon");
  const over = box.querySelector(".idle__over");
  let used = Date.now();
  let asking = false;

  const show = (part) => {
    soon.hidden = part !== soon;
    over.hidden = part !== over;
    if (!(box instanceof HTMLDialogElement)) return;
    if (!part) box.close();
    else if (!box.open) box.showModal();
  };

  const isOver = () => {
    show(over);
    clearInterval(watch);
  };

  const stay = async () => {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(box.dataset.stay, { redirect: "manual", cache: "no-store" });
      if (answer.ok) {
        used = Date.now();
        show(null);
        document.querySelector(".idle__until")?.remove(); // said of when the page was made
      } else if (answer.type === "opaqueredirect") {
        isOver();
      }
    } catch {
      // No connection: the next key, or the button, asks again.
    } finally {
      asking = false;
    }
  };

  const watch = setInterval(() => {
    const minutes = (Date.now() - used) / MINUTE;
    if (minutes >= Number(box.dataset.idle)) isOver();
    else if (minutes >= Number(box.dataset.idle) - Number(box.dataset.warned)) show(soon);
  }, 5_000);

  soon.querySelector("button").addEventListener("click", stay);
  over.querySelector("button")?.addEventListener("click", () => box.close());
  box.addEventListener("cancel", () => {
    if (!soon.hidden) stay();
  });
  document.addEventListener("input", () => {
    if (over.hidden && Date.now() - used > 2 * MINUTE) stay();
  });
}
