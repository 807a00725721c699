// Says the log to the hub, the oldest first, until the hub has kept it (protocol/frames.py, Rule 9). Mirrors
// player/recorder.py.
//
// Rule 1: one frame is under way. Before it goes out, the log knows that it does: what may be at the hub is
//         never summed up. The next goes when this one is kept.
// Rule 2: what was not confirmed is said again: in the next session, and when no word comes.
// Rule 3: records are gathered for as long as a heartbeat takes; a full frame does not wait.

import { bounded } from "../session/bounds.js";

const AT_MOST = 100;
const LARGEST_CHARACTERS = 20000; // Of up to three bytes each: a frame has 64 KiB.
const SAID_AGAIN_AFTER_S = 30;

/** The log's way to the hub. */
export class Sending {
  #log;
  #say;
  #waitS = null; // How long records are gathered; null before there was a session.
  #saidUpTo = null;
  #timer = null;
  #turn = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import("./log.js").Log} parts.log
   * @param {(frames: object[]) => boolean} parts.say whether there was a session to say it on
   */
  constructor({ log, say }) {
    this.#log = log;
    this.#say = say;
  }

  /** Keeps one record, and says it soon. @param {object} what a `play` or an `event` */
  async record(what) {
    await this.#log.append(bounded(what));
    if (this.#waitS !== null && this.#timer === null) this.#in(this.#waitS);
  }

  /** There is a session: what there is goes out in `firstInS`, then it is gathered for `waitS` each time. */
  begun({ firstInS, waitS }) {
    this.#waitS = waitS;
    this.#saidUpTo = null;
    this.#in(firstInS);
  }

  /** A `records_kept` frame. */
  async kept({ log, number }) {
    if (log !== this.#log.name) return;
    await this.#log.kept(number);
    if (this.#saidUpTo === null || number < this.#saidUpTo) return;
    this.#saidUpTo = null;
    const left = this.#log.waiting;
    if (left > 0) this.#in(left >= AT_MOST ? 0 : this.#waitS);
    else this.#rest();
  }

  #rest() {
    clearTimeout(this.#timer);
    this.#timer = null;
  }

  #in(seconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#turn = this.#turn.then(() => this.#sayOldest()).catch(() => this.#in(SAID_AGAIN_AFTER_S));
    }, seconds * 1000);
  }

  async #sayOldest() {
    const records = await this.#log.saying(AT_MOST, fitting);
    if (records.length === 0) return;
    const last = records[records.length - 1].number;
    const isSaid = this.#say([{ type: "records", log: this.#log.name, records }]);
    if (!isSaid) return; // The next session begins anew.
    this.#saidUpTo = last;
    this.#in(SAID_AGAIN_AFTER_S);
  }
}

/** As many as one frame may carry; one at least. */
function fitting(records) {
  let characters = 0;
  const over = records.findIndex((record) => {
    characters += JSON.stringify(record).length;
    return characters > LARGEST_CHARACTERS;
  });
  return over === -1 ? records : records.slice(0, Math.max(1, over));
}
