/* Passkeys: connects our forms with django-allauth's WebAuthn script. */
(() => {
  "use strict";

  const form = document.querySelector("[data-passkey]");
  if (!form || window.PublicKeyCredential === undefined) return;
  const options = JSON.parse(document.getElementById("passkey-data")?.textContent || "{}");
  // As a second step, a passkey is offered to those who have one.
  if (form.dataset.passkey === "use" && !options.request_options.publicKey.allowCredentials?.length) return;
  form.hidden = false;

  const error = document.getElementById("passkey-error");
  document.addEventListener("allauth.error", (event) => {
    event.preventDefault();
    error.hidden = false;
  });
  document.getElementById("passkey-button").addEventListener("click", () => {
    error.hidden = true;
  });

  const { addForm, authenticateForm, loginForm } = window.allauth.webauthn.forms;
  const data = "passkey-data";
  const button = "passkey-button";
  const ways = {
    login: () => loginForm({ ids: { login: button, credential: "passkey-credential" } }),
    use: () => authenticateForm({ ids: { authenticate: button, credential: "passkey-credential", data } }),
    add: () => addForm({ ids: { add: button, passwordless: "id_passwordless", credential: "id_credential", data } }),
  };
  ways[form.dataset.passkey]();
})();
