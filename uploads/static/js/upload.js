/* The page on which files are chosen or dropped: each is a line with its progress, and becomes a batch, one after
   another. A single one leads on to its batch. Without JavaScript the form is a plain POST. */

import { Ended, Transfer } from "./transfer.js";

const at = (id) => document.getElementById(id);
const form = at("upload-form");
const input = form.elements.file;
const [start, stop, zone, list] = [at("upload-start"), at("upload-cancel"), at("drop-zone"), at("upload-lines")];
const site = {
  beginUrl: form.dataset.beginUrl,
  sliceBytes: Number(form.dataset.sliceBytes),
  token: form.elements.csrfmiddlewaretoken.value,
};

/* Words and figures -------------------------------------------------------------------------- */

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
const announce = (text) => (at("upload-announcement").textContent = text);
const fail = (word) => {
  at("upload-error-text").textContent = word && say(word);
  at("upload-error").hidden = !word;
  at("upload-sign-in").hidden = word !== "signed-out";
};

function objection(file) {
  const limit = Number(form.dataset.maxBytes);
  if (file.size === 0) return say("empty");
  if (file.size > limit) return say("too-big", { size: inWords(file.size), limit: inWords(limit) });
  return "";
}

/* Lines -------------------------------------------------------------------------------------- */

class Line {
  constructor(file) {
    this.file = file;
    this.element = at("upload-line").content.firstElementChild.cloneNode(true);
    this.part = (name) => this.element.querySelector(`.line-${name}`);
    this.part("name").textContent = file.name;
    this.part("bar").setAttribute("aria-label", file.name);
    this.part("out").append(document.createElement("span"));
    this.part("out").lastChild.className = "visually-hidden";
    this.part("out").lastChild.textContent = ` ${file.name}`;
    this.part("out").addEventListener("click", () => this.leaveOut());
    list.append(this.element);
    const wrong = objection(file);
    this.show(wrong ? "refused" : "waiting", wrong || say("waiting", { size: inWords(file.size) }));
    if (wrong) announce(`${file.name}: ${wrong}`);
  }

  show(state, text) {
    this.element.dataset.state = this.state = state;
    this.part("said").textContent = text;
    this.part("bar").hidden = state !== "running";
    this.part("out").hidden = state === "done";
  }

  leaveOut() {
    this.left = true;
    this.abort?.abort();
    this.element.remove();
    lines = lines.filter((line) => line !== this);
    if (!running) refresh();
    (lines[0]?.part("out") ?? input).focus();
  }

  bytes(sent) {
    const { size } = this.file;
    const bar = this.part("bar");
    // A screen reader hears four figures of an upload, not four hundred.
    const [heard, reached] = [bar.value, sent / size].map((part) => Math.floor(part * 4));
    if (reached > heard && reached < 4) announce(percent(reached / 4));
    bar.value = sent / size;
    this.part("count").textContent = say("count", { sent: inWords(sent), size: inWords(size), percent: percent(sent / size) });
  }

  note(word, { part } = {}) {
    const text = say(word, { percent: percent(part ?? 0) });
    this.show("running", text);
    announce(`${this.file.name}: ${text}`);
  }

  /* Ends in a line that says what became of the file; true where the others may go on. */
  async send(destination) {
    this.abort = new AbortController();
    this.note("sending");
    try {
      this.done(await new Transfer(site, this.file, destination, this, this.abort.signal).run());
    } catch (problem) {
      if (this.left) return true;
      const ended = problem instanceof Ended ? problem : new Ended("gone");
      const stopped = ended.word === "stopped";
      if (ended.word === "signed-out") fail("signed-out");
      this.show(stopped ? "stopped" : "failed", ended.message || say(ended.word, { percent: percent(this.part("bar").value) }));
      announce(`${this.file.name}: ${this.part("said").textContent}`);
      return !["stopped", "signed-out"].includes(ended.word);
    }
    return true;
  }

  done({ batch, number, same }) {
    this.batch = batch;
    this.show("done", "");
    this.part("count").textContent = inWords(this.file.size);
    const link = document.createElement("a");
    link.href = batch;
    link.textContent = say("batch", { number });
    this.part("said").append(link);
    if (same) this.part("same").textContent = same;
    announce(`${this.file.name}: ${link.textContent}`);
  }
}

/* The page ----------------------------------------------------------------------------------- */

let lines = [];
let running = null;

const warn = (event) => event.preventDefault();
const open = () => lines.filter((line) => !["done", "refused"].includes(line.state));

function refresh() {
  at("upload-panel").hidden = lines.length === 0;
  const begun = lines.some((line) => ["stopped", "failed"].includes(line.state));
  start.textContent = say(begun ? "go-on" : open().length > 1 ? "start-all" : "start");
}

function busy(yes) {
  start.hidden = yes;
  stop.hidden = !yes;
  for (const field of [input, form.elements.destination]) field.disabled = yes;
  window[yes ? "addEventListener" : "removeEventListener"]("beforeunload", warn);
}

function choose(files) {
  if (running) return;
  fail("");
  list.replaceChildren();
  at("upload-done").hidden = true;
  lines = [...files].map((file) => new Line(file));
  refresh();
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (!lines.length) choose(input.files); // chosen before this script was there, or kept by the browser
  fail(lines.length ? "" : "no-file");
  const destination = form.elements.destination.value;
  if (!open().length) return;
  busy(true);
  stop.focus();
  for (const line of open()) {
    if (line.left) continue;
    running = line;
    if (!(await line.send(destination))) break;
  }
  running = null;
  busy(false);
  refresh();
  const done = lines.filter((line) => line.state === "done");
  if (done.length === 1 && lines.length === 1) {
    location.assign(done[0].batch);
    return;
  }
  if (open().length || !done.length) {
    start.focus();
    return;
  }
  input.value = "";
  start.hidden = true;
  at("upload-done").hidden = false;
  at("upload-done").focus();
});

stop.addEventListener("click", () => running?.abort.abort());
input.addEventListener("change", () => {
  start.hidden = false;
  choose(input.files);
});

/* A file dropped beside the zone would replace the page by its contents. */
for (const kind of ["dragover", "drop"]) window.addEventListener(kind, (event) => event.preventDefault());
zone.addEventListener("dragover", () => zone.classList.toggle("over", !running));
zone.addEventListener("dragleave", (event) => {
  if (!zone.contains(event.relatedTarget)) zone.classList.remove("over");
});
zone.addEventListener("drop", (event) => {
  zone.classList.remove("over");
  if (running || !event.dataTransfer.files.length) return;
  event.preventDefault();
  input.files = event.dataTransfer.files;
  input.dispatchEvent(new Event("change", { bubbles: true }));
});
