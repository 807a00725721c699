// The log of what the screen records, with or without the hub: on the disk, numbered, and bounded.
//
// Rule 1: a number is never reused, and what was handed out (`saying`) is never changed: the hub may have
//         it.
// Rule 2: past its bound the oldest that were never handed out become sums, media by media and hour by hour,
//         in the transaction that takes them out. What is lost is when, not how often; and one event says so.
// Rule 3: one step at a time: where it goes on is changed here and on the disk together, by nobody in
//         between.

import { answered } from "../store.js";
import { summed } from "./sums.js";

export const RECORDS_KEPT = 20000;
const SUMMED_AT_ONCE = 5000;

/** The log, in IndexedDB. `name`: drawn by chance when it begins. */
export class Log {
  #place = null;
  #count = 0;
  #limit;

  /**
   * @param {(name: string, work: Function) => Promise<any>} within a transaction
   * @param {number} limit how many records are kept before the oldest are summed up
   */
  constructor(within, limit = RECORDS_KEPT) {
    let turn = Promise.resolve();
    /** How it reaches the disk: one after the other, so that what is known here is what is there (Rule 3). */
    this.within = (name, work) => {
      const done = turn.then(() => within(name, work));
      turn = done.catch(() => {});
      return done;
    };
    this.#limit = limit;
  }

  get name() {
    return this.#place.name;
  }

  /** Reads where it goes on, or begins one. */
  async open() {
    await this.within("log", async (log, kept) => {
      this.#count = await answered(log.count());
      this.#place = await answered(kept.get("log"));
      if (this.#place) return;
      this.#place = { name: crypto.randomUUID(), next: 1, sent: 0 };
      kept.put(this.#place, "log");
    });
  }

  /** Appends one `play` or `event`. @returns {Promise<number>} its number */
  async append(what) {
    const number = await this.within("log", (log, kept) => this.#add(log, kept, what));
    if (this.#count > this.#limit) await this.summarise();
    return number;
  }

  /** The oldest that the hub does not have, in order. @returns {Promise<{number: number, what: object}[]>} */
  oldest(limit) {
    return this.within("log", (log) => answered(log.getAll(null, limit)));
  }

  /**
   * The oldest that the hub does not have, about to be said: from now on they stay as they are. It is one
   * step: between reading them and noting that they go out, nothing makes sums of them.
   * @param {number} limit @param {(oldest: object[]) => object[]} fitting how many of them a frame carries
   */
  saying(limit, fitting) {
    return this.within("log", async (log, kept) => {
      const records = fitting(await answered(log.getAll(null, limit)));
      const last = records.at(-1)?.number ?? 0;
      if (last > this.#place.sent) {
        this.#place = { ...this.#place, sent: last };
        kept.put(this.#place, "log");
      }
      return records;
    });
  }

  /** The hub has all up to `number`. */
  kept(number) {
    return this.within("log", async (log, kept) => {
      await answered(log.delete(IDBKeyRange.upperBound(number)));
      this.#count = await answered(log.count());
      if (number < this.#place.next) return;
      this.#place = { ...this.#place, next: number + 1 }; // The hub has what a damaged disk has lost.
      kept.put(this.#place, "log");
    });
  }

  /** How many the hub does not have yet. */
  get waiting() {
    return this.#count;
  }

  /** Makes sums of the oldest that were never handed out. @returns {Promise<number>} how many records went */
  summarise() {
    return this.within("log", async (log, kept) => {
      const unsent = IDBKeyRange.lowerBound(this.#place.sent, true);
      const old = await answered(log.getAll(unsent, Math.min(SUMMED_AT_ONCE, this.#limit)));
      const { sums, went } = summed(old);
      if (went.length <= sums.length) return 0;
      for (const number of went) log.delete(number);
      this.#count -= went.length;
      for (const what of sums) this.#add(log, kept, what);
      return went.length;
    });
  }

  #add(log, kept, what) {
    const number = this.#place.next;
    this.#place = { ...this.#place, next: number + 1 };
    log.put({ number, what });
    kept.put(this.#place, "log");
    this.#count += 1;
    return number;
  }
}
