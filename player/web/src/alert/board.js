// The emergencies that cover the glass, the worst on top. Mirrors player/alerts.py.
//
// Rule 1: while there is an alert, alerts are all that is seen; the playlist goes on underneath.
// Rule 2: an alert ends by itself at its `expires_ms`, hub or no hub.
// Rule 3: the content hash is made of what is painted (see proof.js), never copied from what was sent.

import { isOver, sameAlert, SEVERITIES } from "./alert.js";

/** Which alerts are shown. Instants are milliseconds of the hub's clock. */
export class AlertBoard {
  #alerts = new Map();

  get size() {
    return this.#alerts.size;
  }

  has(emergencyId) {
    return this.#alerts.has(emergencyId);
  }

  /** The alert as it is shown; undefined when it is not up. */
  get(emergencyId) {
    return this.#alerts.get(emergencyId);
  }

  /** @returns {import("./alert.js").Alert[]} what is shown, the worst first, then the newest */
  get alerts() {
    return [...this.#alerts.values()].sort((one, other) =>
      SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity)
      || other.issued_ms - one.issued_ms
      || (one.emergency_id < other.emergency_id ? -1 : 1));
  }

  /** @returns {number|null} when the next alert ends by itself */
  get expiresMs() {
    const instants = [...this.#alerts.values()].map((alert) => alert.expires_ms).filter((at) => at !== null);
    return instants.length === 0 ? null : Math.min(...instants);
  }

  /** Put it up, or over its earlier version. */
  show(alert) {
    this.#alerts.set(alert.emergency_id, alert);
  }

  /** Take it down. False when it was not up. */
  hide(emergencyId) {
    return this.#alerts.delete(emergencyId);
  }

  /**
   * Show exactly `truth`, less what has expired already.
   * @returns {{painted: import("./alert.js").Alert[], gone: string[]}} what that changed
   */
  replace(truth, nowMs) {
    const wanted = new Map(truth.filter((alert) => !isOver(alert, nowMs)).map((a) => [a.emergency_id, a]));
    const painted = [...wanted.values()].filter((a) => !sameAlert(this.#alerts.get(a.emergency_id), a));
    const gone = [...this.#alerts.keys()].filter((emergencyId) => !wanted.has(emergencyId));
    this.#alerts = wanted;
    return { painted, gone };
  }

  /** Take down what has expired, and say which. */
  expire(nowMs) {
    const over = [...this.#alerts.values()].filter((alert) => isOver(alert, nowMs));
    for (const alert of over) this.#alerts.delete(alert.emergency_id);
    return over.map((alert) => alert.emergency_id);
  }
}
