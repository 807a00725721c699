// The proof that an alert is on the glass: painted, read back from the page, hashed, with the hub's time.

import { contentHash } from "./canonical.js";

export class Proof {
  #overlay;
  #clock;
  #nowS;

  /**
   * @param {Object} given
   * @param {import("./overlay.js").Overlay} given.overlay already told to show what the receipts speak of
   * @param {{ms(nowS: number): number|null}} given.clock
   * @param {() => number} given.nowS
   */
  constructor({ overlay, clock, nowS = () => performance.now() / 1000 }) {
    this.#overlay = overlay;
    this.#clock = clock;
    this.#nowS = nowS;
  }

  /**
   * Wait for the glass.
   * @param {object} receipt a `rendered` with its `proof_of` (emergencies.js, Rule 5)
   * @returns {Promise<object|null>} what to send; null: it was taken down before anybody could see it
   */
  async of({ proof_of: alert, ...receipt }) {
    let shown;
    try {
      if (!alert.drill) await this.#overlay.painted;
      shown = alert.drill ? await this.#overlay.prepare(alert) : this.#overlay.shown(alert.emergency_id);
    } catch (error) {
      return { ...receipt, status: "failed", detail: `It cannot be shown: ${error.message}.`.slice(0, 2000) };
    }
    if (shown === null) return null;
    const atMs = this.#clock.ms(this.#nowS());
    const hash = await contentHash(shown.title, shown.message, shown.severity, shown.texts);
    return { ...receipt, content_hash: hash, ...(atMs === null ? {} : { at_ms: atMs }) };
  }
}
