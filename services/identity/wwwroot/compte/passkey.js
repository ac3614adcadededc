// Passkeys: asks the device and fills in the form. Without this script, or where a browser has no passkeys, these forms stay hidden.
(() => {
  const able = globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON && PublicKeyCredential.parseRequestOptionsFromJSON;
  if (!able) {
    return;
  }

  document.querySelectorAll("[data-without-passkey]").forEach(element => element.hidden = true);
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const line = form.querySelector("[role=status]");
    const say = what => line.textContent = line.dataset[what] ?? "";
    form.hidden = false;
    form.addEventListener("submit", async event => {
      event.preventDefault();
      const button = event.submitter;
      button.disabled = true;
      say("waiting");
      try {
        const answer = await fetch(form.dataset.passkey, { method: "POST", body: new FormData(form) });
        if (!answer.ok) {
          say("away");
          return;
        }
        const options = await answer.json();
        const credential = form.dataset.passkey.endsWith("/ajout")
          ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
          : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
        form.elements["cle"].value = JSON.stringify(credential);
        form.submit();
      } catch (error) {
        say(error.name === "InvalidStateError" ? "known" : error.name === "NotAllowedError" ? "refused" : "away");
      } finally {
        button.disabled = false;
      }
    });
  }
})();
