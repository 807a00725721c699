// The hub's time of day, as a screen knows it: a screen may have no battery, and no other clock to trust.
//
// The screen's own clock only ever goes forward (`nowS`: performance.now() / 1000). How far the hub's is
// ahead of it is known best from the answer that came back the fastest. Pure.

const SAMPLES = 8;
const SLACK_MS = 50;

/** Translates between the two clocks. Everything is null until the hub has said its time once. */
export class HubClock {
  #aheadMs = null;
  #samples = [];

  /** The hub says that it is `serverMs` now. */
  set(serverMs, nowS) {
    this.#samples = [];
    this.#aheadMs = serverMs - nowS * 1000;
  }

  /**
   * The hub answered at `nowS`, with its time, what was said at `sentS`. Half of the way is taken for the way
   * back; an answer that contradicts those before (the machine slept, a clock was set) is believed alone.
   */
  hear(serverMs, sentS, nowS) {
    const tripMs = Math.max(0, (nowS - sentS) * 1000);
    const sample = { aheadMs: serverMs + tripMs / 2 - nowS * 1000, tripMs };
    const agrees = (other) =>
      Math.abs(other.aheadMs - sample.aheadMs) <= (other.tripMs + tripMs) / 2 + SLACK_MS;
    this.#samples = [...this.#samples.filter(agrees), sample].slice(-SAMPLES);
    this.#aheadMs = this.#samples.reduce((best, each) => (each.tripMs <= best.tripMs ? each : best)).aheadMs;
  }

  /** The hub's clock at `nowS`, in whole milliseconds since the Unix epoch. @returns {number|null} */
  ms(nowS) {
    return this.#aheadMs === null ? null : Math.max(0, Math.round(nowS * 1000 + this.#aheadMs));
  }

  /** Whether `instantMs` is over; never when there is no such instant, or no time of day. */
  hasPassed(instantMs, nowS) {
    const nowMs = this.ms(nowS);
    return instantMs !== null && instantMs !== undefined && nowMs !== null && instantMs <= nowMs;
  }

  /** The screen's own clock when the hub's shows `instantMs`. @returns {number|null} */
  when(instantMs) {
    if (instantMs === null || instantMs === undefined || this.#aheadMs === null) return null;
    return (instantMs - this.#aheadMs) / 1000;
  }
}
