// Which orders the screen has begun and carried out, so that the same one again is answered, not repeated.
//
// Rule 1: that a command begins is on the disk before its effect, and its receipt before it is said. What
//         cannot be put on record does not begin; a receipt that cannot is said all the same.
// Rule 2: what was begun and has no receipt when the screen starts was interrupted: it is answered with
//         `failed`, and never carried out again.
// Rule 3: the record is bounded, and no smaller than the number of commands that a hub holds open for one
//         screen.

import { answered } from "../store.js";

export const REMEMBERED_COMMANDS = 1024;
export const INTERRUPTED = "interrupted while it was carried out";

/** It could not be put on record that a command begins: it must not begin. The message says why. */
export class NotRecorded extends Error {}

/** The record, in IndexedDB. What was done stays in memory too: a full disk does not silence the screen. */
export class Journal {
  #within;
  #next = 1;
  #receipts = new Map();

  /** @param {(name: string, work: (store: IDBObjectStore) => any) => Promise<any>} within a transaction */
  constructor(within) {
    this.#within = within;
  }

  /** Reads where it goes on. */
  async open() {
    this.#receipts.clear();
    const last = await this.#within("journal", (all) => answered(all.openCursor(null, "prev")));
    this.#next = (last?.primaryKey ?? 0) + 1;
  }

  /** What is to be answered to it; null for a command that is new. @returns {Promise<object|null>} */
  async receipt(commandId) {
    if (this.#receipts.has(commandId)) return this.#receipts.get(commandId);
    const kept = await this.#within("journal", (all) => answered(all.index("command_id").get(commandId)));
    return kept?.receipt ?? null;
  }

  /** On record when this is done: the effect may begin. @throws {NotRecorded} */
  async begin(commandId, command) {
    try {
      await this.#keep({ command_id: commandId, command, receipt: null });
    } catch (error) {
      throw new NotRecorded(String(error?.message ?? error));
    }
  }

  /** The receipt may be said when this is done. It never fails. @param {object} receipt a frame */
  async finish(receipt) {
    this.#receipts.set(receipt.command_id, receipt);
    if (this.#receipts.size > REMEMBERED_COMMANDS) this.#receipts.delete(this.#receipts.keys().next().value);
    try {
      await this.#keep({ command_id: receipt.command_id, command: null, receipt });
    } catch {
      // Until it restarts, the screen knows from memory what it did.
    }
  }

  /** The screen starts again (Rule 2). */
  async interrupt() {
    await this.#within("journal", async (all) => {
      for (const kept of await answered(all.getAll())) {
        if (kept.receipt !== null) continue;
        const interrupted = { type: "receipt", status: "failed", detail: INTERRUPTED };
        all.put({ ...kept, receipt: { ...interrupted, command_id: kept.command_id } });
      }
    });
  }

  #keep(what) {
    const order = this.#next++;
    return this.#within("journal", async (all) => {
      const before = await answered(all.index("command_id").getKey(what.command_id));
      if (before !== undefined) all.delete(before);
      all.put({ ...what, order });
      all.delete(IDBKeyRange.upperBound(order - REMEMBERED_COMMANDS - REMEMBERED_COMMANDS));
      const count = await answered(all.count());
      if (count > REMEMBERED_COMMANDS) all.delete((await answered(all.openCursor())).primaryKey);
    });
  }
}
