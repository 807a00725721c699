// Who the screen is: its token, its name, and whom it trusts. Kept whenever it learns something.

/**
 * @typedef {object} Who
 * @property {string} deviceId
 * @property {string} token
 * @property {string} websocketUrl
 * @property {string} name
 * @property {string|null} tenantId null until the first `welcome`
 * @property {{kid: string, x: string, endorsements: object[]}[]} signingKeys those that are trusted
 */

/** The identity of now, and on the disk. */
export class Identity {
  #store;
  #stopped = false;

  /** @param {import("../store.js").Store} store @param {Who} kept */
  constructor(store, kept) {
    this.#store = store;
    /** @type {Who} */
    this.now = kept;
  }

  /** @param {Partial<Who>} what */
  async learn(what) {
    const learned = { ...this.now, ...what };
    if (this.#stopped || JSON.stringify(learned) === JSON.stringify(this.now)) return;
    this.now = learned;
    await this.#store.set("identity", learned);
  }

  /** Nothing is written any more: the screen is shut out. */
  stop() {
    this.#stopped = true;
  }
}
