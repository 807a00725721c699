// When to come back after a connection ended, and when not to. Pure: chance is handed in.
//
// Rule 1: every wait is random over its whole range ("full jitter"): a thousand screens that lost the hub in
//         the same second do not return in the same second.
// Rule 2: the hub's word wins: its `goodbye` says how long to stay away, its close code whether to return.
//         A screen that is sent away without a time asks again after minutes: whoever sent it away may have
//         been mistaken, or be gone, and no screen is dark to its hub for ever. Only a revoked token is not
//         tried again.
// Rule 3: the range doubles with every attempt in a row, up to a limit, and starts anew once a session has
//         proved sound.

export const TOKEN_REVOKED = 4401;
export const SUPERSEDED = 4409;
const NORMAL = 1000;
const FIRST_RANGE_S = 1;
const LONGEST_RANGE_S = 30;
const SENT_AWAY_AT_LEAST_S = 300;
const SENT_AWAY_RANGE_S = 600;

/** Whether the hub wants the same screen with the same token back. @param {number|null} closeCode */
export function mayComeBack(closeCode) {
  return closeCode !== TOKEN_REVOKED && closeCode !== SUPERSEDED;
}

/** Whether the session goes on after such an end: not when it was meant, or another took it over. */
export function mayResume(closeCode) {
  return closeCode !== NORMAL && mayComeBack(closeCode);
}

/**
 * Whether the hub does not want the screen back, as far as it knows now (Rule 2).
 * @param {{closeCode?: number|null, goodbye?: object|null}} ending
 */
export function isSentAway({ closeCode = null, goodbye = null }) {
  return !mayComeBack(closeCode) || (goodbye !== null && typeof goodbye.reconnect_after_s !== "number");
}

/** How long to wait before the next attempt. */
export class Backoff {
  #attempts = 0;
  #random;

  /** @param {() => number} random from 0 to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** The hub answered a heartbeat, so the next loss is a new one. A `welcome` alone proves too little. */
  sessionIsSound() {
    this.#attempts = 0;
  }

  /**
   * Seconds to wait after a connection ended or could not be made; null: its token is good no more.
   * @param {{closeCode?: number|null, goodbye?: object|null}} ending
   */
  delayS({ closeCode = null, goodbye = null } = {}) {
    if (closeCode === TOKEN_REVOKED) return null;
    if (isSentAway({ closeCode, goodbye })) {
      return SENT_AWAY_AT_LEAST_S + this.#random() * SENT_AWAY_RANGE_S;
    }
    const atLeastS = goodbye === null ? 0 : Math.max(0, goodbye.reconnect_after_s);
    const rangeS = Math.min(LONGEST_RANGE_S, FIRST_RANGE_S * 2 ** Math.min(this.#attempts, 31));
    this.#attempts += 1;
    return atLeastS + this.#random() * rangeS;
  }
}
