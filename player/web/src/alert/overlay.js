// The alerts on the glass, above everything: the gravest has the most space, others are beside it.
//
// Rule 1: what is shown needs nothing but this page: no file, no font, no network.
// Rule 2: shown means painted: two animation frames later. A hidden tab shows nothing.
// Rule 3: what is told of the glass is read from the page, after making sure that nothing lies over it.
// Rule 4: a drill is laid out like an alert, on a layer of its own that is not visible.

import { Panel } from "./panel.js";
import { placed, SIDE_SLOTS, takesTurns, turnS } from "./turns.js";

/**
 * @typedef {Object} Shown
 * @property {string} title
 * @property {string} message
 * @property {string} severity
 * @property {import("./alert.js").AlertText[]} texts
 */

export class Overlay {
  #root;
  #drillRoot;
  #onPainted;
  #panels = [];
  #turn = 0;
  #timer = null;

  /**
   * @param {Object} given
   * @param {HTMLElement} given.root #alerts
   * @param {HTMLElement} given.drillRoot #drill
   * @param {(emergencyIds: string[]) => void} given.onPainted whenever the glass shows other alerts
   */
  constructor({ root, drillRoot = document.getElementById("drill"), onPainted = () => {} }) {
    this.#root = root;
    this.#drillRoot = drillRoot;
    this.#onPainted = onPainted;
    /** Resolves when what was last told is on the glass. @type {Promise<void>} */
    this.painted = Promise.resolve();
    new ResizeObserver(() => this.#present(true)).observe(root);
  }

  /**
   * Show exactly these.
   * @param {import("./alert.js").Alert[]} alerts the gravest first
   * @returns {Promise<void>} they are painted
   */
  show(alerts) {
    const known = new Map(this.#panels.map((panel) => [JSON.stringify(panel.alert), panel]));
    this.#panels = alerts.map((alert) => known.get(JSON.stringify(alert)) ?? new Panel(alert));
    this.#root.replaceChildren(...this.#panels.map((panel) => panel.element));
    this.#root.dataset.beside = `${Math.min(SIDE_SLOTS, Math.max(0, alerts.length - 1))}`;
    this.#turn = 0;
    clearInterval(this.#timer);
    this.#timer = takesTurns(alerts) ? setInterval(() => this.#nextTurn(), turnS(alerts) * 1000) : null;
    this.#present(true);
    this.painted = nextPaint().then(() => this.#onPainted(alerts.map((alert) => alert.emergency_id)));
    return this.painted;
  }

  /**
   * What the page shows of this emergency.
   * @param {string} emergencyId
   * @returns {Shown|null} null: it is not there
   * @throws {Error} when it is there and cannot be seen
   */
  shown(emergencyId) {
    const panel = this.#panels.find(({ alert }) => alert.emergency_id === emergencyId);
    if (panel === undefined) return null;
    const { left, top, width, height } = this.#root.getBoundingClientRect();
    if (width === 0 || height === 0) throw new Error("the glass has no size");
    const onTop = document.elementFromPoint(left + width / 2, top + height / 2);
    if (!this.#root.contains(onTop)) throw new Error("something lies over it");
    return panel.read();
  }

  /**
   * Lay out a drill, where nobody sees it.
   * @param {import("./alert.js").Alert} alert
   * @returns {Promise<Shown>} what would be shown
   */
  async prepare(alert) {
    const panel = new Panel(alert);
    this.#drillRoot.append(panel.element);
    try {
      panel.show(0);
      await nextPaint();
      if (panel.element.clientHeight === 0) throw new Error("the glass has no size");
      return panel.read();
    } finally {
      panel.element.remove();
    }
  }

  #nextTurn() {
    this.#turn += 1;
    this.#present(false);
  }

  #present(isResized) {
    this.#root.dataset.shape = this.#root.clientWidth >= this.#root.clientHeight ? "wide" : "tall";
    for (const [place, panel] of this.#panels.entries()) {
      const { slot, language } = placed(place, this.#panels.length, panel.languages, this.#turn);
      const classes = panel.element.classList;
      classes.toggle("is-gravest", slot === null);
      classes.toggle("is-waiting", slot === -1);
      panel.element.style.setProperty("--slot", `${slot ?? 0}`);
    }
    for (const [place, panel] of this.#panels.entries()) {
      if (isResized) panel.resized();
      panel.show(placed(place, this.#panels.length, panel.languages, this.#turn).language);
    }
  }
}

function nextPaint() {
  return new Promise((resolve) => {
    requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
  });
}
