// How the screen is set up: orientation, scaling, volume, and when it is lit. Kept, to hold without a hub.
//
// Rule 1: settings are a level: a version that differs is taken whole (protocol/frames.py, Rule 10).
// Rule 2: a volume that was ordered (`set_volume`) holds until settings come that name another one.
// Rule 3: outside its hours the screen is dark, but for an emergency: alerts lie above what is dark.

import { isLit, nextLookMs } from "./hours.js";

const LOOKS = { orientation: "landscape", scaling: "contain" };
const AS_DELIVERED = { ...LOOKS, volume: 100, hours: null, time_zone: "UTC" };
const ORIENTATIONS = ["landscape", "portrait", "landscape_flipped", "portrait_flipped"];

/** The settings in force. */
export class Settings {
  /** What the hub is told; "" before any came. */
  version = "";
  #settings = AS_DELIVERED;
  #volume = null;
  #store;
  #glass;
  #stage;
  #hubMs;
  #timer = null;

  /**
   * @param {object} parts
   * @param {import("../store.js").Store} parts.store
   * @param {HTMLElement} parts.glass what is turned
   * @param {{setVolume: Function, setScaling: Function, setDark: Function}} parts.stage
   * @param {() => number|null} parts.hubMs the hub's clock
   */
  constructor({ store, glass, stage, hubMs }) {
    this.#store = store;
    this.#glass = glass;
    this.#stage = stage;
    this.#hubMs = hubMs;
  }

  get volume() {
    return this.#volume ?? this.#settings.volume;
  }

  /** Takes up what was kept, or what it is delivered with. */
  async restore() {
    const kept = await this.#store.get("settings");
    if (kept) {
      this.version = kept.version;
      this.#settings = { ...AS_DELIVERED, ...kept.settings };
      this.#volume = kept.volume ?? null;
    }
    this.#apply();
  }

  /** A `settings` frame. */
  async take({ version, settings }) {
    const before = this.#settings.volume;
    this.version = version;
    this.#settings = { ...AS_DELIVERED, ...settings };
    if (this.#settings.volume !== before) this.#volume = null;
    this.#apply();
    await this.#keep();
  }

  /** A `set_volume` command. @param {number} volume 0 to 100 */
  async setVolume(volume) {
    this.#volume = volume;
    this.#stage.setVolume(volume);
    await this.#keep();
  }

  /** Looks at the clock: is it lit? Looks again with the next minute, and whenever the clock was set. */
  look() {
    clearTimeout(this.#timer);
    const nowMs = this.#hubMs();
    const lit = isLit(this.#settings.hours, this.#settings.time_zone, nowMs);
    this.#stage.setDark(!lit);
    this.#glass.classList.toggle("dark", !lit);
    const waitMs = nowMs === null ? 1000 : nextLookMs(nowMs) - nowMs;
    if (this.#settings.hours !== null) this.#timer = setTimeout(() => this.look(), waitMs + 5);
  }

  #apply() {
    const { orientation, scaling } = this.#settings;
    for (const each of ORIENTATIONS) this.#glass.classList.toggle(each, each === orientation);
    this.#stage.setScaling(scaling);
    this.#stage.setVolume(this.volume);
    this.look();
  }

  #keep() {
    const kept = { version: this.version, settings: this.#settings, volume: this.#volume };
    return this.#store.set("settings", kept);
  }
}
