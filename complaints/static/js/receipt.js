// Copying and printing the receipt: two buttons that are of no use without a script, so a script shows them. What is typed to compare it
// with the receipt stays on the page; without a script the server compares.
const plain = (code) => code.normalize("NFKC").toUpperCase().replace(/[^0-9A-Z]/g, "").replaceAll("O", "0").replace(/[IL]/g, "1");

// A Thai (Kedmanee) keyboard that was left on, with or without shift, by the Latin key at the same place: as the server reads it.
const KEYS = "1234567890-=qwertyuiop[]asdfghjkl;'zxcvbnm,./";
const LAYERS = [
  "ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฟหกดเ้่าสวงผปแอิืทมใฝ",
  '+๑๒๓๔ู฿๕๖๗๘๙๐"ฎฑธํ๊ณฯญฐ,ฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ',
];
const DIGITS = "๐๑๒๓๔๕๖๗๘๙";

function fromThai(text, dash) {
  return plain(
    [...text]
      .map((sign) => {
        const layer = LAYERS.find((keys) => keys.includes(sign));
        return sign === "-" ? dash : layer ? KEYS[layer.indexOf(sign)] : sign;
      })
      .join(""),
  );
}

// Each way in which this may have been meant: `-` is the 3 key or a dash; a sara am may have been taken apart on its way here.
function readings(text) {
  const ways = [];
  const thai = /[\u0e01-\u0e4e]/.test(text);
  if (!thai) {
    ways.push(plain([...text].map((sign) => (DIGITS.includes(sign) ? DIGITS.indexOf(sign) : sign)).join("")));
  }
  if (thai || !/[a-z]/i.test(text)) {
    for (const typed of [text, text.replaceAll("\u0e4d\u0e32", "\u0e33")]) {
      ways.push(fromThai(typed, "3"), fromThai(typed, ""));
    }
  }
  return ways;
}

// The first group of four in which it differs, in the reading that stays right longest; 0 where nothing can be read.
function firstWrongGroup(typed, receipt) {
  const ways = readings(typed).filter((way) => /^[0-9A-HJKMNP-TV-Z]+$/.test(way));
  const right = ways.map((way) => [...receipt].findIndex((sign, place) => way[place] !== sign));
  const furthest = Math.max(...right.map((place) => (place < 0 ? receipt.length - 1 : place)));
  return ways.length ? Math.floor(furthest / 4) + 1 : 0;
}

export function enliven() {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent.trim());
      document.querySelector("#copied").textContent = button.dataset.done;
    });
  }
  for (const button of document.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
  const question = document.querySelector("#ask-back");
  question?.addEventListener("submit", (event) => {
    event.preventDefault();
    const typed = question.elements.typed.value;
    const receipt = plain(question.elements.receipt.value);
    const { none, right, wrong, group } = question.dataset;
    const number = firstWrongGroup(typed, receipt);
    const answer = document.createElement("strong");
    const compared = readings(typed).includes(receipt) ? right : number ? group.replace("{}", number) : wrong;
    answer.textContent = typed.trim() ? compared : none;
    document.querySelector("#asked-back").replaceChildren(answer);
  });
}

enliven();
