// Whether the player has got stuck. Pure: it is looked at every second, and says when a new start is needed.
//
// Rule 1: a page that nobody sees paints nothing: then nothing is wrong.
// Rule 2: a gap of minutes is a machine that slept, not a page that hung.

/** So late, and the page was busy with something that never should take so long. */
const HANG_S = 10;
const SLEPT_S = 120;
/** So many hangs within so long are no accident. */
const HANGS = 3;
const HANGS_WITHIN_S = 600;
/** So long without a painted frame. */
const UNPAINTED_S = 30;
/** The stage tells what does not move by itself and goes on without it; this long, and it has not. */
const UNMOVED_S = 45;

export class Stalls {
  #lookedS = null;
  #paintedS = null;
  #hangs = [];

  /** A frame was painted. @param {number} nowS of the screen's clock */
  painted(nowS) {
    this.#paintedS = nowS;
  }

  /**
   * @param {number} nowS
   * @param {{isSeen: boolean, stalledS: number}} page how long what should move has not
   * @returns {string|null} why it must start anew, a sentence
   */
  look(nowS, { isSeen, stalledS }) {
    const gapS = this.#lookedS === null ? 0 : nowS - this.#lookedS;
    this.#lookedS = nowS;
    if (!isSeen || gapS > HANG_S || this.#paintedS === null) this.#paintedS = nowS;
    if (isSeen && gapS > HANG_S && gapS < SLEPT_S) this.#hangs.push(nowS);
    this.#hangs = this.#hangs.filter((at) => nowS - at < HANGS_WITHIN_S);
    if (this.#hangs.length >= HANGS) return `The page hung ${HANGS} times, for more than ${HANG_S} seconds.`;
    if (nowS - this.#paintedS > UNPAINTED_S) return `Nothing was painted for ${UNPAINTED_S} seconds.`;
    if (isSeen && stalledS > UNMOVED_S) return `What plays did not move for ${UNMOVED_S} seconds.`;
    return null;
  }
}
