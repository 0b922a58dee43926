// Passkeys: asks the device for what the page's options say, and sends its answer with the page's own form.

const box = document.querySelector("[data-passkey]");

if (box && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  const form = box.closest("form");
  const button = box.querySelector("button");
  const problem = box.querySelector("[data-passkey-problem]");
  const options = JSON.parse(box.dataset.options);
  const makes = box.dataset.passkey === "create";
  let answered = false;

  const ask = () =>
    makes
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });

  box.hidden = false;
  button.addEventListener("click", async (event) => {
    if (answered) return;
    event.preventDefault();
    problem.hidden = true;
    try {
      const answer = (await ask()).toJSON();
      // What extensions give is nobody's business here, and may be a secret.
      answer.clientExtensionResults = {};
      form.elements.passkey.value = JSON.stringify(answer);
      answered = true;
      form.requestSubmit(button);
    } catch {
      problem.hidden = false;
    }
  });
}
