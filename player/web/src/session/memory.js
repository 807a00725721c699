// What the screen must know after a power cut: what it plays, which alerts are up, how far the hub's clock is
// ahead. Written when it has changed, after each step of the machine; read once, at the start.

import { nowS } from "./link.js";

const CLOCK_MOVED_MS = 500;
const CLOCK_NOTED_MS = 60000;

/** Keeps the machine's state in the store. */
export class Memory {
  #store;
  #clock;
  #emergencies;
  #follower;
  #alerts = "[]";
  #kept = {};
  #clockNoted = { aheadMs: Infinity, seenMs: 0 };
  #stopped = false;

  /**
   * @param {object} parts
   * @param {import("../store.js").Store} parts.store
   * @param {import("./hub_clock.js").HubClock} parts.clock
   * @param {import("../alert/emergencies.js").Emergencies} parts.emergencies
   * @param {import("./following.js").Follower} parts.follower
   */
  constructor({ store, clock, emergencies, follower }) {
    this.#store = store;
    this.#clock = clock;
    this.#emergencies = emergencies;
    this.#follower = follower;
  }

  /** Goes on with what was kept. A machine without a battery may have lost the time: it never goes back. */
  async restore() {
    const noted = await this.#store.get("clock");
    if (noted) this.#clock.set(Math.max(Date.now() + noted.aheadMs, noted.seenMs), nowS());
    this.#emergencies.restore(await this.#store.get("alerts"), this.#clock.ms(nowS()));
    this.#alerts = JSON.stringify(this.#emergencies.alerts);
    const playing = await this.#store.get("manifest");
    if (playing) this.#follower.restore(playing.manifest, playing.version);
  }

  /** Whether other alerts are up than when it was asked before. */
  alertsChanged() {
    const alerts = JSON.stringify(this.#emergencies.alerts);
    const changed = alerts !== this.#alerts;
    this.#alerts = alerts;
    return changed;
  }

  /** Writes what has changed. A disk that takes nothing stops nobody. */
  keep() {
    const warnings = this.#emergencies.kept();
    this.#write("alerts", JSON.stringify(warnings), warnings);
    const { playing: manifest, version } = this.#follower;
    if (manifest !== null) {
      const is = `${manifest.digest} ${version} ${manifest.urls_good_until_ms}`;
      this.#write("manifest", is, { manifest, version });
    }
    this.#noteClock();
  }

  /** Nothing is written any more. */
  stop() {
    this.#stopped = true;
  }

  #noteClock() {
    const seenMs = this.#clock.ms(nowS());
    if (seenMs === null) return;
    const aheadMs = seenMs - Date.now();
    const before = this.#clockNoted;
    const isSteady = Math.abs(aheadMs - before.aheadMs) < CLOCK_MOVED_MS;
    if (isSteady && seenMs - before.seenMs < CLOCK_NOTED_MS) return;
    this.#clockNoted = { aheadMs, seenMs };
    this.#write("clock", seenMs, this.#clockNoted);
  }

  #write(key, is, value) {
    if (this.#stopped || this.#kept[key] === is) return;
    this.#kept[key] = is;
    this.#store.set(key, value).catch(() => {
      this.#kept[key] = null; // The next step tries again.
    });
  }
}
