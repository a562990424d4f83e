/* Sends one file in slices, and goes on where it stopped after a lost connection, a reload or a new day.

   POST begin → {upload, offset}; PATCH upload with one slice at Upload-Offset → {offset}, or 409 {offset} where the
   server has more or less than we thought; GET upload → {offset}; POST upload + "finish/" → {batch, number, same}.
   Anything refused answers {error}. */

const STALLED = 60_000; // ms without a byte moving: the connection counts as lost
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 15_000;

/* What ended a transfer: `word` names the sentence to show; where the server has said it, `message` holds it. */
export class Ended extends Error {
  constructor(word, message = "") {
    super(message);
    this.word = word;
  }
}

/* What was begun, remembered for the same file and destination. */
const memory = (verb, ...values) => {
  try {
    return localStorage[verb](...values);
  } catch {
    return null; // storage is blocked: the upload then cannot outlive this page
  }
};

export class Transfer {
  /* site: {beginUrl, sliceBytes, token}; told: {bytes(sent), note(word, values)}; signal: ends it where it is. */
  constructor(site, file, destination, told, signal) {
    Object.assign(this, { site, file, destination, told, signal });
    this.key = ["bulkprofile.upload", destination, file.size, file.lastModified, file.name].join(":");
  }

  /* Ends in {batch, number, same}, or in Ended. */
  async run() {
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      let { url, offset } = await this.begin();
      this.told.bytes(offset);
      while (await this.send(url, offset)) {
        this.told.note("finishing");
        const { status, said } = await this.persistently("POST", `${url}finish/`);
        if (status === 409) {
          offset = said.offset;
          continue;
        }
        if (status !== 200) break;
        memory("removeItem", this.key);
        return said;
      }
      memory("removeItem", this.key); // the server forgot it: once more, from the start
    }
    throw new Ended("gone");
  }

  async begin() {
    const begun = memory("getItem", this.key);
    if (begun) {
      const { status, said } = await this.persistently("GET", begun);
      if (status === 200) {
        if (said.offset) this.told.note("resuming", { part: said.offset / this.file.size });
        return { url: begun, offset: said.offset };
      }
      memory("removeItem", this.key);
    }
    const { name, size } = this.file;
    const body = new URLSearchParams({ destination: this.destination, filename: name, size });
    const { status, said } = await this.persistently("POST", this.site.beginUrl, { body });
    if (status !== 200) throw new Ended("gone", said.error);
    memory("setItem", this.key, said.upload);
    return { url: said.upload, offset: said.offset };
  }

  /* Sends from offset to the end. False where the server no longer knows the upload. */
  async send(url, offset) {
    const { file } = this;
    for (let failures = 0; offset < file.size; ) {
      const from = offset;
      const body = file.slice(from, from + this.site.sliceBytes);
      const headers = { "Upload-Offset": String(from), "Content-Type": "application/offset+octet-stream" };
      const onSent = (bytes) => this.told.bytes(from + Math.min(bytes, body.size));
      let answer = this.judged(await this.request("PATCH", url, { body, headers, onSent }));
      if (answer.lost) {
        await this.readable(from); // a file that has vanished looks like a lost connection
        failures += 1;
        this.told.note("lost");
        await this.pause(failures);
        answer = await this.persistently("GET", url);
      } else {
        if (failures) this.told.note("sending");
        failures = 0;
      }
      if (answer.status === 404) return false;
      offset = answer.said.offset;
      this.told.bytes(offset);
    }
    return true;
  }

  async readable(offset) {
    try {
      await this.file.slice(offset, offset + 1).arrayBuffer();
    } catch {
      throw new Ended("changed");
    }
  }

  /* Requests: every one ends in an answer; status 0 is a lost connection. */
  request(method, url, { body = null, headers = {}, onSent = () => {} } = {}) {
    return new Promise((resolve) => {
      const xhr = new XMLHttpRequest(); // fetch cannot say how much of a slice has left
      const abort = () => xhr.abort();
      let timer = null;
      const alive = () => {
        clearTimeout(timer);
        timer = setTimeout(abort, STALLED);
      };
      xhr.open(method, url);
      xhr.responseType = "json";
      xhr.setRequestHeader("X-CSRFToken", this.site.token);
      for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
      xhr.upload.onprogress = (event) => {
        alive();
        onSent(event.loaded);
      };
      xhr.onloadend = () => {
        clearTimeout(timer);
        this.signal.removeEventListener("abort", abort);
        const elsewhere = xhr.responseURL && new URL(xhr.responseURL).pathname !== new URL(url, location.href).pathname;
        resolve({ status: elsewhere ? 401 : xhr.status, said: xhr.response ?? {} });
      };
      this.signal.addEventListener("abort", abort);
      alive();
      xhr.send(body);
    });
  }

  /* The answer, unless there is nothing to go on with. A 5xx that explains itself is final; any other is lost. */
  judged({ status, said }) {
    if (this.signal.aborted) throw new Ended("stopped");
    if (status === 401 || status === 403) throw new Ended("signed-out");
    const lost = status === 0 || (status >= 500 && !said.error);
    if (!lost && status >= 400 && status !== 404 && status !== 409) throw new Ended("gone", said.error);
    return { status, said, lost };
  }

  pause(failures) {
    return new Promise((resolve) => {
      const early = () => {
        clearTimeout(longest);
        resolve();
      };
      const longest = setTimeout(early, Math.min(FIRST_PAUSE * 2 ** (failures - 1), LONGEST_PAUSE));
      window.addEventListener("online", early, { once: true });
      this.signal.addEventListener("abort", early, { once: true });
    });
  }

  async persistently(method, url, options) {
    for (let failures = 1; ; failures += 1) {
      const answer = this.judged(await this.request(method, url, options));
      if (!answer.lost) return answer;
      this.told.note("lost");
      await this.pause(failures);
      if (this.signal.aborted) throw new Ended("stopped");
    }
  }
}
