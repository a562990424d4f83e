/* Sends the chosen file in slices, and goes on where it stopped after a lost connection, a reload or a new day.

   POST begin → {upload, offset}; PATCH upload with one slice at Upload-Offset → {offset}, or 409 {offset} where the
   server has more or less than we thought; GET upload → {offset}; POST upload + "finish/" → {batch}.
   Anything refused answers {error}. Without JavaScript the form is a plain POST. */
(() => {
  "use strict";

  const form = document.getElementById("upload-form");
  if (!form) return;

  const STALLED = 60_000; // ms without a byte moving: the connection counts as lost
  const FIRST_PAUSE = 1_000;
  const LONGEST_PAUSE = 15_000;

  const maxBytes = Number(form.dataset.maxBytes);
  const sliceBytes = Number(form.dataset.sliceBytes);
  const at = (id) => document.getElementById(id);
  const [start, stop, panel, bar] = [at("upload-start"), at("upload-cancel"), at("upload-panel"), at("upload-progress")];
  const picked = () => form.elements.file.files[0];

  /* Words and figures ------------------------------------------------------------------------ */

  const words = at("upload-words").content;
  const say = (word, values = {}) =>
    words.querySelector(`[data-word="${word}"]`).textContent.replace(/\{(\w+)\}/g, (_, name) => values[name]);
  const language = document.documentElement.lang;
  const percent = (part) => new Intl.NumberFormat(language, { style: "percent" }).format(Math.floor(part * 100) / 100);
  const inWords = (bytes) => {
    const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), 3);
    const unit = ["byte", "kilobyte", "megabyte", "gigabyte"][power];
    const style = { style: "unit", unit, unitDisplay: power ? "short" : "long", maximumFractionDigits: 1 };
    return new Intl.NumberFormat(language, style).format(bytes / 1000 ** power);
  };

  /* What the person sees ----------------------------------------------------------------------- */

  const announce = (text) => (at("upload-announcement").textContent = text);
  const note = (text) => {
    at("upload-note").textContent = text;
    announce(text);
  };
  const fail = (text) => {
    at("upload-error-text").textContent = text;
    at("upload-error").hidden = !text;
    at("upload-sign-in").hidden = text !== say("signed-out");
  };
  let quarter = 0;
  const showBytes = (sent, size) => {
    bar.max = size;
    bar.value = sent;
    at("upload-count").textContent = say("count", { sent: inWords(sent), size: inWords(size), percent: percent(sent / size) });
    // A screen reader hears four figures of an upload, not four hundred.
    const reached = Math.floor((sent / size) * 4);
    if (reached > quarter && reached < 4) announce(percent(reached / 4));
    quarter = reached;
  };
  const busy = (yes) => {
    start.hidden = yes;
    stop.hidden = !yes;
    for (const name of ["file", "destination"]) form.elements[name].disabled = yes;
    window[yes ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
  };
  const warn = (event) => event.preventDefault();

  /* What was begun, remembered for the same file and destination ----------------------------- */

  const keyOf = (file, destination) =>
    ["bulkprofile.upload", destination, file.size, file.lastModified, file.name].join(":");
  const memory = (verb, ...values) => {
    try {
      return localStorage[verb](...values);
    } catch {
      return null; // storage is blocked: the upload then cannot outlive this page
    }
  };

  /* Requests: every one ends in an answer; status 0 is a lost connection -------------------- */

  class Ended extends Error {} // its message is the sentence to show; empty when the person stopped it

  let current = null;
  let stopped = false;

  function request(method, url, { body = null, headers = {}, onSent = () => {} } = {}) {
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest(); // fetch cannot say how much of a slice has left
      let timer = null;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(() => xhr.abort(), STALLED);
      };
      current = xhr;
      xhr.open(method, url);
      xhr.responseType = "json";
      xhr.setRequestHeader("X-CSRFToken", form.elements.csrfmiddlewaretoken.value);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = (event) => {
        alive();
        onSent(event.loaded);
      };
      xhr.onloadend = () => {
        clearTimeout(timer);
        const elsewhere = xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(url, location.href).pathname;
        resolve({ status: elsewhere ? 401 : xhr.status, said: xhr.response ?? {} });
      };
      alive();
      xhr.send(body);
    });
  }

  /* The answer, unless there is nothing to go on with. A 5xx that explains itself is final; any other is lost. */
  function judged({ status, said }) {
    if (stopped) throw new Ended("");
    if (status === 401 || status === 403) throw new Ended(say("signed-out"));
    const lost = status === 0 || (status >= 500 && !said.error);
    if (!lost && status >= 400 && status !== 404 && status !== 409) throw new Ended(said.error || say("gone"));
    return { status, said, lost };
  }

  const pause = (failures) =>
    new Promise((resolve) => {
      const longest = setTimeout(resolve, Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
      const early = () => {
        clearTimeout(longest);
        resolve();
      };
      window.addEventListener("online", early, { once: true });
      stop.addEventListener("click", early, { once: true });
    });

  async function persistently(method, url, options) {
    for (let failures = 1; ; failures += 1) {
      const answer = judged(await request(method, url, options));
      if (!answer.lost) return answer;
      note(say("lost"));
      await pause(failures);
      if (stopped) throw new Ended("");
    }
  }

  /* The upload --------------------------------------------------------------------------------- */

  async function begin(file, destination) {
    const key = keyOf(file, destination);
    const begun = memory("getItem", key);
    if (begun) {
      const { status, said } = await persistently("GET", begun);
      if (status === 200) {
        if (said.offset) note(say("resuming", { percent: percent(said.offset / file.size) }));
        return { url: begun, offset: said.offset };
      }
      memory("removeItem", key);
    }
    const body = new URLSearchParams({ destination, filename: file.name, size: file.size });
    const { status, said } = await persistently("POST", form.dataset.beginUrl, { body });
    if (status !== 200) throw new Ended(said.error || say("gone"));
    memory("setItem", key, said.upload);
    return { url: said.upload, offset: said.offset };
  }

  async function readable(file, offset) {
    try {
      await file.slice(offset, offset + 1).arrayBuffer();
    } catch {
      throw new Ended(say("changed"));
    }
  }

  /* Sends from offset to the end. False where the server no longer knows the upload. */
  async function transfer(file, url, offset) {
    for (let failures = 0; offset < file.size; ) {
      const from = offset;
      const body = file.slice(from, from + sliceBytes);
      const headers = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
      const onSent = (bytes) => showBytes(from + Math.min(bytes, body.size), file.size);
      let answer = judged(await request("PATCH", url, { body, headers, onSent }));
      if (answer.lost) {
        await readable(file, from); // a file that has vanished looks like a lost connection
        failures += 1;
        note(say("lost"));
        await pause(failures);
        answer = await persistently("GET", url);
      } else {
        if (failures) note(say("sending"));
        failures = 0;
      }
      if (answer.status === 404) return false;
      offset = answer.said.offset;
      showBytes(offset, file.size);
    }
    return true;
  }

  async function upload(file, destination) {
    const key = keyOf(file, destination);
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      let { url, offset } = await begin(file, destination);
      showBytes(offset, file.size);
      while (await transfer(file, url, offset)) {
        note(say("finishing"));
        stop.hidden = true;
        const { status, said } = await persistently("POST", `${url}finish/`);
        if (status === 409) {
          offset = said.offset;
          stop.hidden = false;
          continue;
        }
        if (status !== 200) break;
        memory("removeItem", key);
        return said.batch;
      }
      memory("removeItem", key); // the server forgot it: once more, from the start
    }
    throw new Ended(say("gone"));
  }

  function objection(file) {
    if (!file) return say("no-file");
    if (file.size === 0) return say("empty");
    if (file.size > maxBytes) return say("too-big", { size: inWords(file.size), limit: inWords(maxBytes) });
    return "";
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const file = picked();
    fail(objection(file));
    if (objection(file)) return;
    stopped = false;
    quarter = 0;
    panel.hidden = false;
    showBytes(0, file.size);
    note(say("sending"));
    const destination = form.elements.destination.value;
    busy(true);
    stop.focus();
    try {
      const batch = await upload(file, destination);
      window.removeEventListener("beforeunload", warn);
      location.assign(batch);
    } catch (problem) {
      busy(false);
      start.textContent = say("go-on");
      start.focus();
      note(stopped ? say("stopped", { percent: percent(bar.value / bar.max) }) : "");
      if (!stopped) fail(problem instanceof Ended ? problem.message : say("gone"));
    }
  });

  const starting = start.textContent;
  stop.addEventListener("click", () => {
    stopped = true;
    current?.abort();
  });
  form.addEventListener("change", () => {
    panel.hidden = true;
    start.textContent = starting;
    fail(picked() ? objection(picked()) : "");
  });
})();
