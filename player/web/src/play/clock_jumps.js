// Whether the hub's clock was set between two looks at it. Pure.

/** It was, if it is so far from where it should be. */
const JUMP_MS = 500;

export class ClockJumps {
  #before = null;

  /**
   * @param {number} now seconds of the screen's own clock
   * @param {number} nowMs what the hub's clock shows then
   * @returns {boolean} whether it was set since the last look
   */
  look(now, nowMs) {
    const before = this.#before ?? { now, nowMs };
    this.#before = { now, nowMs };
    return Math.abs(nowMs - before.nowMs - (now - before.now) * 1000) > JUMP_MS;
  }
}
