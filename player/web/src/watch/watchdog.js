// Starts the player anew when it has got stuck (see stalls.js): looks every second, and at every frame.

import { Stalls } from "./stalls.js";

const EVERY_MS = 1000;

export class Watchdog {
  #reload;
  #stage;
  #stalls = new Stalls();
  #timer = null;

  /**
   * @param {Object} given
   * @param {(reason: string) => void} given.reload called once
   * @param {{stalledS: number}} given.stage
   */
  constructor({ reload, stage }) {
    this.#reload = reload;
    this.#stage = stage;
  }

  start() {
    const frame = () => {
      this.#stalls.painted(performance.now() / 1000);
      if (this.#timer !== null) requestAnimationFrame(frame);
    };
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
    requestAnimationFrame(frame);
  }

  stop() {
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look() {
    const page = { isSeen: document.visibilityState === "visible", stalledS: this.#stage.stalledS };
    const reason = this.#stalls.look(performance.now() / 1000, page);
    if (reason === null) return;
    this.stop();
    this.#reload(reason);
  }
}
