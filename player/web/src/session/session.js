// The session with the hub, as the screen keeps it: what it was told and said, whether the link works. Pure.
//
// Rule 1: a session outlives its link. After a loss the screen names it in `hello`, with the last command it
//         got; not after an end that was meant, nor when it cannot repeat all that the hub may not have
//         heard.
// Rule 2: a final answer is kept until the hub acknowledges a heartbeat that was said after it: the link
//         keeps order, so then the hub has heard it. After `welcome` and `resumed` the kept ones are said
//         again.
// Rule 3: a link is given up when the last three heartbeats have no `ack`, or when commands that an `ack`
//         said were sent are still not here after the next `ack`: it loses them, whatever the socket says.

import { mayResume } from "./reconnect.js";

const SHORTEST_INTERVAL_S = 0.05;
const LOST_AFTER_UNANSWERED = 3;
const UNHEARD_LIMIT = 256;

/** One screen's side of its session. Instants are seconds of the screen's clock. */
export class Session {
  /** What the hub said of this session; null while there is no link with a session on it. */
  welcome = null;
  /** The last command that came in this session. */
  commandSeq = 0;
  heartbeatDue = null;
  heartbeatSeq = 0;
  /** Heartbeats in a row without an `ack`. */
  unanswered = 0;
  #resumable = null;
  #promisedSeq = 0; // The last `ack` said that so many commands were sent,
  #overdueSeq = 0; // and the one before it so many.
  // Final answers, each with the number of the first heartbeat after it; the oldest first.
  #unheard = new Map();
  #allKept = true;
  #random;

  /** @param {() => number} random from 0 to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** The session to name in `hello` (Rule 1). @returns {string|null} */
  get toResume() {
    return this.#resumable !== null && this.#allKept ? this.#resumable.session_id : null;
  }

  /** Between two heartbeats. Only while there is a session. */
  get intervalS() {
    return Math.max(SHORTEST_INTERVAL_S, this.welcome.heartbeat_interval_s);
  }

  /** Rule 3. */
  get linkIsDead() {
    return this.unanswered >= LOST_AFTER_UNANSWERED || this.#overdueSeq > this.commandSeq;
  }

  /** A new session. @returns {object[]} what the hub may not have heard in the last one, to be said again */
  begin(welcome, now) {
    this.commandSeq = 0;
    return this.#goOn(welcome, now);
  }

  /** The session goes on. As `begin`; null when it is not the one that was named. */
  resume(resumed, now) {
    if (this.#resumable === null || resumed.session_id !== this.toResume) return null;
    return this.#goOn(this.#resumable, now);
  }

  /** The link is gone, with `closeCode` if the hub sent one. */
  linkLost(closeCode) {
    if (!mayResume(closeCode)) this.#resumable = null;
    this.welcome = null;
    this.heartbeatDue = null;
    this.unanswered = this.#promisedSeq = this.#overdueSeq = 0;
  }

  /** The screen ends it on purpose. */
  leave() {
    this.#resumable = null;
  }

  #goOn(welcome, now) {
    this.welcome = this.#resumable = welcome;
    // The first heartbeat falls anywhere in the interval: a fleet that came back together does not beat
    // together.
    this.heartbeatDue = now + this.intervalS * this.#random();
    const unheard = [...this.#unheard.values()].map(({ receipt }) => receipt);
    this.#allKept = true;
    for (const receipt of unheard) this.said(receipt);
    return unheard;
  }

  /** Keep a final answer until the hub has surely heard it (Rule 2). */
  said(receipt) {
    this.#unheard.delete(receipt.command_id);
    this.#unheard.set(receipt.command_id, { firstBeatAfter: this.heartbeatSeq + 1, receipt });
    if (this.#unheard.size > UNHEARD_LIMIT) {
      this.#unheard.delete(this.#unheard.keys().next().value);
      this.#allKept = false;
    }
  }

  /** A command came. Orders about emergencies have no number, and repeated ones an old one. */
  ordered(seq) {
    if (typeof seq === "number") this.commandSeq = Math.max(this.commandSeq, seq);
  }

  /** A heartbeat is due: its number. */
  beat(now) {
    // Keep the rhythm, but never make up for beats that were missed while the machine slept.
    const following = this.heartbeatDue + this.intervalS;
    this.heartbeatDue = following > now ? following : now + this.intervalS;
    this.heartbeatSeq += 1;
    this.unanswered += 1;
    return this.heartbeatSeq;
  }

  /** The hub answered a heartbeat, and said how many commands it has sent. */
  acknowledged(ack) {
    const beat = Math.min(ack.seq, this.heartbeatSeq);
    this.unanswered = Math.min(this.unanswered, this.heartbeatSeq - beat);
    for (const [commandId, { firstBeatAfter }] of this.#unheard) {
      if (firstBeatAfter > beat) break;
      this.#unheard.delete(commandId);
    }
    this.#overdueSeq = this.#promisedSeq;
    this.#promisedSeq = ack.command_seq ?? 0;
  }
}
