// What the hub says about emergencies, and what the screen shows and answers. Mirrors player/emergencies.py.
//
// Rule 1: `welcome.emergencies`, and those of a `resumed` or an `ack`, are the whole truth: exactly those are
//         shown. An alert that appears is answered with `rendered`, one that vanishes with `succeeded`.
// Rule 2: orders (show, hide) are the fast way between two truths. One with a lower `sequence` than the
//         screen has seen of that emergency is answered, and changes nothing, not even the version.
// Rule 3: the truth is no order: it has the last word, also over what the screen has seen.
// Rule 4: a drill is answered like an alert, and is otherwise nothing: not shown, not kept, no version.
// Rule 5: `rendered` is a promise here: it carries the alert as `proof_of`, and no hash. Whoever sends gives
//         it to Proof.of (proof.js) first, which waits for the glass and makes of it what goes over the link.
//
// Signatures were checked before (trust.js): what comes here is the hub's word.

import { isOver, readAlert } from "./alert.js";
import { AlertBoard } from "./board.js";

/** So many emergencies' sequences are remembered; the oldest are forgotten first. */
export const SEQUENCES_REMEMBERED = 256;
export const EXPIRED = "it had expired when it came";
const OVERTAKEN = "a later order about this emergency came before";
const LONGEST_DETAIL = 2000;

/** The alerts on the glass, and the version that the hub is told. `now`: seconds of the screen's clock. */
export class Emergencies {
  #clock;
  #seen = new Map();

  /** @param {{ms(nowS: number): number|null, hasPassed(ms: number|null, nowS: number): boolean}} clock */
  constructor(clock) {
    this.#clock = clock;
    this.board = new AlertBoard();
    this.version = 0;
  }

  get alerts() {
    return this.board.alerts;
  }

  get expiresMs() {
    return this.board.expiresMs;
  }

  /** What must be there after a restart: JSON. @returns {{alerts: object[], seen: [string, number][]}} */
  kept() {
    return { alerts: this.alerts, seen: [...this.#seen] };
  }

  /** Go on with what was `kept`, without what is over by now. `nowMs` of the hub's clock; null: not known. */
  restore(kept, nowMs) {
    for (const [emergencyId, sequence] of kept?.seen ?? []) this.#remember(emergencyId, sequence);
    for (const alert of kept?.alerts ?? []) {
      if (nowMs === null || !isOver(alert, nowMs)) this.board.show(alert);
    }
  }

  /**
   * Show exactly `truth` (Rule 1).
   * @returns {{painted: import("./alert.js").Alert[], gone: string[]}} what that changed
   */
  believe(frame, truth) {
    const alerts = truth.map(readAlert).filter((alert) => !alert.drill);
    this.version = frame.emergency_version;
    for (const alert of alerts) this.#remember(alert.emergency_id, alert.sequence);
    return this.board.replace(alerts, frame.server_time_ms);
  }

  /** Carry out an `emergency_show`. @returns {object[]} receipts */
  show(command, now) {
    let alert;
    try {
      alert = readAlert(command.args?.alert);
      if (!Number.isSafeInteger(command.args.emergency_version)) throw new TypeError("it names no version");
    } catch (error) {
      return [this.#receipt(command.command_id, "rejected", now, `cannot be shown: ${error.message}`)];
    }
    if (!alert.drill && this.#isOvertaken(alert.emergency_id, alert.sequence)) {
      const shown = this.board.get(alert.emergency_id);
      return [shown === undefined ? this.gone(alert.emergency_id, now) : this.rendered(shown, now)];
    }
    if (!alert.drill) {
      this.#remember(alert.emergency_id, alert.sequence);
      this.version = command.args.emergency_version;
    }
    if (this.#clock.hasPassed(alert.expires_ms, now)) {
      return [this.#receipt(command.command_id, "rejected", now, EXPIRED)];
    }
    if (!alert.drill) this.board.show(alert);
    return [this.#receipt(command.command_id, "received", now), this.rendered(alert, now)];
  }

  /** Carry out an `emergency_hide`. A hub that names no sequence means what follows the alert's own, 1. */
  hide(command, now) {
    const { emergency_id: emergencyId, emergency_version: version, sequence = 2 } = command.args ?? {};
    if (typeof emergencyId !== "string" || ![version, sequence].every(Number.isSafeInteger)) {
      return [this.#receipt(command.command_id, "rejected", now, "cannot be hidden: it names no emergency")];
    }
    if (this.#isOvertaken(emergencyId, sequence)) {
      return [this.#receipt(command.command_id, "rejected", now, OVERTAKEN)];
    }
    this.#remember(emergencyId, sequence);
    this.version = version;
    this.board.hide(emergencyId);
    return [this.#receipt(command.command_id, "succeeded", now)];
  }

  /** Take down what is over; an answer for each. */
  expire(now) {
    return this.board.expire(this.#clock.ms(now) ?? 0).map((emergencyId) => this.gone(emergencyId, now));
  }

  /** The promise of a proof that it is on the glass (Rule 5). */
  rendered(alert, now) {
    return { ...this.#receipt(alert.emergency_id, "rendered", now), proof_of: alert };
  }

  /** The answer that it is not on the glass any more. */
  gone(emergencyId, now) {
    return this.#receipt(emergencyId, "succeeded", now);
  }

  #isOvertaken(emergencyId, sequence) {
    return sequence < (this.#seen.get(emergencyId) ?? 0);
  }

  #remember(emergencyId, sequence) {
    this.#seen.delete(emergencyId);
    this.#seen.set(emergencyId, sequence);
    if (this.#seen.size > SEQUENCES_REMEMBERED) this.#seen.delete(this.#seen.keys().next().value);
  }

  #receipt(commandId, status, now, detail = null) {
    const receipt = { type: "receipt", command_id: commandId, status };
    if (detail !== null) receipt.detail = detail.slice(0, LONGEST_DETAIL);
    const atMs = this.#clock.ms(now);
    if (atMs !== null) receipt.at_ms = atMs;
    return receipt;
  }
}
