// One file on its way to the hub by tus 1.0.0: in pieces, from where the hub says it stands, until all of it is there.
//
// Rule 1: the hub's offset is the truth; what this page believes to have sent is for the eye alone.
// Rule 2: what a lost connection breaks goes on by itself; what somebody must decide stops, and says so in words.
// Rule 3: an upload outlives its page: its address is kept by the file's fingerprint, and choosing it again goes on.
import { forget, known, remember } from "clarion-uploads/unfinished.js";

const PIECE_BYTES = 16 * 1024 * 1024;
const SILENT_MS = 90_000;
const LONGEST_WAIT_S = 30;
const RATE_OVER_MS = 4000;
const LOST = "The connection was lost.";
const TUS = { "Tus-Resumable": "1.0.0" };
const GONE = [403, 404, 410];
const LATER = [0, 408, 409, 423, 425, 429, 500, 502, 503, 504, 507];

export class Refused extends Error {
  constructor(status, why) {
    super(why);
    this.status = status;
  }
}

const metadata = (name) => "filename " + btoa(String.fromCharCode(...new TextEncoder().encode(name)));

const reason = (text, status) => {
  try {
    const said = JSON.parse(text).detail;
    if (said) return said;
  } catch { /* no problem document: a proxy in between, or nothing at all */ }
  return status ? `The hub refused it (${status}).` : LOST;
};

export class TusUpload {
  // `scope` tells the tenants and contents of one browser apart; `contentId`: of what it is a new version.
  constructor(file, scope, contentId) {
    Object.assign(this, { file, contentId, name: file.name, size: file.size });
    this.fingerprint = [scope, file.name, file.size, file.lastModified].join("|");
    this.state = "waiting"; // sending, again, paused, finishing, done, failed
    this.sent = 0;
    this.rate = 0; // bytes a second, over the last few seconds
    this.why = "";
    this.made = null;
    this.address = null;
    this.tries = 0;
    this.samples = [];
    this.turn = 0; // whoever pauses or cancels takes the turn away from what is under way
  }

  get active() { return ["sending", "again", "finishing"].includes(this.state); }
  get share() { return this.size ? this.sent / this.size : 0; }

  async start() {
    const turn = ++this.turn;
    this.tries = 0;
    this.why = "";
    while (turn === this.turn) {
      try {
        this.state = "sending";
        await this.send(turn);
        if (turn !== this.turn) return;
        this.state = "finishing";
        this.made = await this.finish();
        forget(this.fingerprint);
        this.state = "done";
        return;
      } catch (error) {
        if (turn !== this.turn) return;
        const lost = !(error instanceof Refused) || LATER.includes(error.status);
        if (!lost || !(await this.readable())) {
          this.state = "failed";
          this.why = lost ? "The file cannot be read any more. Choose it again." : error.message;
          return;
        }
        await this.wait(turn, error instanceof Refused ? error.message : LOST);
      }
    }
  }

  pause() {
    this.stop();
    this.state = "paused";
  }

  // Takes it off the hub too; what cannot be reached there expires by itself.
  async cancel() {
    this.stop();
    this.state = "cancelled";
    const address = this.address ?? known(this.fingerprint)?.address;
    forget(this.fingerprint);
    if (address) await fetch(address, { method: "DELETE", headers: TUS }).catch(() => {});
  }

  stop() {
    this.turn += 1;
    this.xhr?.abort();
    this.wake?.();
  }

  // ---- the protocol ----

  async send(turn) {
    if (!this.size) throw new Refused(422, "The file is empty.");
    let offset = await this.stands();
    while (offset < this.size && turn === this.turn) {
      this.sent = offset;
      const next = await this.piece(offset);
      if (next > offset) this.tries = 0;
      offset = next;
    }
    if (turn === this.turn) this.sent = offset;
  }

  // Where the hub says that it stands; a new upload stands at 0.
  async stands() {
    this.address ??= known(this.fingerprint)?.address ?? null;
    if (this.address) {
      const answer = await this.ask("HEAD", this.address, {});
      if (answer.ok) return Number(answer.headers.get("Upload-Offset"));
      if (!GONE.includes(answer.status)) throw new Refused(answer.status, await this.told(answer));
      forget(this.fingerprint);
    }
    const headers = { "Upload-Length": String(this.size), "Upload-Metadata": metadata(this.name) };
    const answer = await this.ask("POST", "/uploads", headers);
    if (!answer.ok) throw new Refused(answer.status, await this.told(answer));
    this.address = answer.headers.get("Location");
    remember(this.fingerprint, { address: this.address, name: this.name, size: this.size });
    return 0;
  }

  ask(method, address, headers, body) {
    return fetch(address, { method, headers: { ...TUS, ...headers }, body, signal: AbortSignal.timeout(SILENT_MS) });
  }

  async told(answer) {
    if (answer.status === 401) return "You are signed out. Sign in again and choose the same file: it goes on where it stopped.";
    return reason(await answer.text().catch(() => ""), answer.status);
  }

  // XMLHttpRequest, because fetch does not tell how much of a body has gone.
  piece(offset) {
    const body = this.file.slice(offset, offset + PIECE_BYTES);
    return new Promise((resolve, reject) => {
      const xhr = (this.xhr = new XMLHttpRequest());
      const lost = () => reject(new Refused(0, LOST));
      let silent = setTimeout(() => xhr.abort(), SILENT_MS);
      xhr.open("PATCH", this.address);
      for (const [name, value] of Object.entries(TUS)) xhr.setRequestHeader(name, value);
      xhr.setRequestHeader("Upload-Offset", String(offset));
      xhr.setRequestHeader("Content-Type", "application/offset+octet-stream");
      xhr.upload.onprogress = ({ loaded }) => {
        clearTimeout(silent);
        silent = setTimeout(() => xhr.abort(), SILENT_MS);
        this.measure(offset + loaded);
      };
      xhr.onload = async () => {
        if (xhr.status === 204) resolve(Number(xhr.getResponseHeader("Upload-Offset")));
        else if (GONE.includes(xhr.status)) {
          // It expired meanwhile: from the beginning, with another address.
          forget(this.fingerprint);
          this.address = null;
          lost();
        } else reject(new Refused(xhr.status, await this.told(new Response(xhr.responseText, { status: xhr.status }))));
      };
      xhr.onerror = xhr.onabort = lost;
      xhr.onloadend = () => clearTimeout(silent);
      xhr.send(body);
    });
  }

  async finish() {
    const order = JSON.stringify({ file_name: this.name, content_id: this.contentId ?? null });
    const answer = await this.ask("POST", `${this.address}/content`, { "Content-Type": "application/json" }, order);
    if (!answer.ok) throw new Refused(answer.status === 409 ? 422 : answer.status, await this.told(answer));
    return answer.json();
  }

  // ---- beside the protocol ----

  measure(sent) {
    const now = performance.now();
    this.sent = Math.min(sent, this.size);
    this.samples.push([now, this.sent]);
    while (this.samples.length > 2 && now - this.samples[0][0] > RATE_OVER_MS) this.samples.shift();
    const [at, before] = this.samples[0];
    if (now - at > 200) this.rate = Math.max(0, (this.sent - before) / ((now - at) / 1000));
  }

  // Longer each time, but not once the browser says that it is back in a network.
  async wait(turn, why) {
    this.state = "again";
    this.samples = [];
    this.rate = 0;
    const most = Math.min(LONGEST_WAIT_S, 2 ** this.tries++);
    this.why = why;
    await new Promise((resolve) => {
      const timer = setTimeout(resolve, 1000 * (most / 2 + (Math.random() * most) / 2));
      this.wake = () => { clearTimeout(timer); resolve(); };
      window.addEventListener("online", this.wake, { once: true });
    });
    window.removeEventListener("online", this.wake);
    this.wake = null;
  }

  // A file that was changed or taken away since it was chosen fails as a lost connection does.
  readable() {
    return this.file.slice(0, 1).arrayBuffer().then(() => true, () => false);
  }
}
