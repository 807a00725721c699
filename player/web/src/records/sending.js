// Sends the log to the hub, the oldest first, until the hub says that it is kept (protocol/frames.py, Rule 9).
//
// Rule 1: one batch is under way. Before it goes out, the log knows that it does: what may be at the hub is never
//         summed up. The next goes when this one is kept.
// Rule 2: what was not confirmed is said again: on the next link, and when a minute has passed.

const BATCH = 100;
const LARGEST_BYTES = 32768;
const GATHER_MS = 1000;
const AGAIN_MS = 60000;

/** The log's way to the hub. */
export class Sending {
  #log;
  #say;
  #timer = null;
  #underWay = false;
  #waiting = false;
  #busy = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import("./log.js").Log} parts.log
   * @param {(frames: object[]) => boolean} parts.say whether there was a session to say it on
   */
  constructor({ log, say }) {
    this.#log = log;
    this.#say = say;
  }

  /** A link has a session: whatever the hub lacks is said (again). */
  begun() {
    this.#underWay = false;
    this.#in(0);
  }

  /** Keeps one record, and sends it soon. @param {object} what a `play` or an `event` */
  async record(what) {
    await this.#log.append(what);
    if (!this.#underWay && !this.#waiting) this.#in(GATHER_MS);
  }

  /** A `records_kept` frame. */
  async kept({ log, number }) {
    if (log !== this.#log.name) return;
    await this.#log.kept(number);
    this.#underWay = false;
    if ((await this.#log.count()) > 0) this.#in(0);
  }

  #in(ms) {
    clearTimeout(this.#timer);
    this.#waiting = true;
    this.#timer = setTimeout(() => {
      this.#waiting = false;
      this.#busy = this.#busy.then(() => this.#send()).catch(() => this.#in(AGAIN_MS));
    }, ms);
  }

  async #send() {
    const records = fitting(await this.#log.oldest(BATCH));
    if (records.length === 0) return;
    await this.#log.sending(records[records.length - 1].number);
    this.#underWay = this.#say([{ type: "records", log: this.#log.name, records }]);
    if (this.#underWay) this.#in(AGAIN_MS);
  }
}

/** As many as one frame may carry; one at least. */
function fitting(records) {
  let bytes = 0;
  const over = records.findIndex((record) => {
    bytes += JSON.stringify(record).length * 3; // UTF-8 takes three bytes at most for what counts one here.
    return bytes > LARGEST_BYTES;
  });
  return over === -1 ? records : records.slice(0, Math.max(1, over));
}
