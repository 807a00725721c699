// What a screen can be ordered to do, but for emergencies: each command is done once, and answered always.
//
// Rule 1: a command is carried out once per `command_id`; the same one again is answered again (see
//         journal.js).
// Rule 2: one after the other, in the order in which they came. No order keeps the next waiting for longer
//         than its deed allows, and none is waited for by an emergency: those never come here.
// Rule 3: what a deed throws is the answer: `failed`, with its message.

import { cut, detailed } from "../session/bounds.js";
import { NotRecorded } from "./journal.js";

export const EXPIRED = "it had expired when it came";

/**
 * @typedef {object} Deed
 * @property {(args: object) => string|null} [objection] why these arguments will not do
 * @property {(args: object, command: object) => Promise<string|null|void>|string|null|void} run returns the
 *   detail of the receipt
 * @property {() => Promise<void>|void} [after] what comes when the answer is out
 */

/** Carries out commands, one after the other. */
export class Commands {
  #journal;
  #deeds;
  #hubMs;
  #answer;
  #queue = Promise.resolve();

  /**
   * @param {object} parts
   * @param {import("./journal.js").Journal} parts.journal
   * @param {Object<string, Deed>} parts.deeds by the name of the command
   * @param {() => number|null} parts.hubMs the hub's clock
   * @param {(receipt: object) => void} parts.answer says a receipt, or keeps it until it can be said
   */
  constructor({ journal, deeds, hubMs, answer }) {
    this.#journal = journal;
    this.#deeds = deeds;
    this.#hubMs = hubMs;
    this.#answer = answer;
  }

  /** Takes an order. @param {object} command a `command` frame @returns {Promise<void>} when it is done */
  carryOut(command) {
    this.#queue = this.#queue.then(() => this.#carryOut(command)).catch(reportError);
    return this.#queue;
  }

  async #carryOut({ command_id: id, command: name, args = {}, expires_ms: expiresMs = null }) {
    const answered = await this.#answeredBefore(id);
    if (answered !== null) {
      this.#answer(answered);
      return;
    }
    const deed = this.#deeds[name];
    const objection = this.#objection(deed, name, args, expiresMs);
    if (objection !== null) {
      await this.#finish(id, "rejected", objection);
      return;
    }
    try {
      await this.#journal.begin(id, name);
    } catch (error) {
      if (!(error instanceof NotRecorded)) throw error;
      await this.#finish(id, "failed", `it cannot be recorded: ${error.message}`);
      return;
    }
    this.#answer(this.#receipt(id, "received"));
    try {
      await this.#finish(id, "succeeded", (await deed.run(args, id)) ?? null);
    } catch (error) {
      await this.#finish(id, "failed", String(error?.message ?? error));
      return;
    }
    await deed.after?.();
  }

  async #answeredBefore(id) {
    try {
      return await this.#journal.receipt(id);
    } catch {
      return null; // A disk that cannot be read cannot be written either: `begin` will say so.
    }
  }

  #objection(deed, name, args, expiresMs) {
    const nowMs = this.#hubMs();
    if (expiresMs !== null && nowMs !== null && expiresMs <= nowMs) return EXPIRED;
    if (deed === undefined) return `this player does not know how to ${cut(String(name))}`;
    return deed.objection?.(args) ?? null;
  }

  async #finish(id, status, detail) {
    const receipt = this.#receipt(id, status, detail);
    await this.#journal.finish(receipt);
    this.#answer(receipt);
  }

  #receipt(id, status, detail = null) {
    const receipt = { type: "receipt", command_id: id, status };
    if (detail !== null) receipt.detail = detailed(detail);
    const atMs = this.#hubMs();
    if (atMs !== null) receipt.at_ms = atMs;
    return receipt;
  }
}
