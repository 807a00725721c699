// What every kind of layer can do: one thing to show, made ready out of sight, then put on the glass once.

const PAINTED_WITHIN_MS = 250;

/** One item on its way to the glass. `prepare` throws an Error whose message says what is wrong with it. */
export class Layer {
  /** Set by the stage: what was on the glass has broken. @type {(reason: string) => void} */
  onBroken = () => {};
  /** Whether it can stay for another turn of the same item as it is. */
  keeps = true;

  /** @param {object} item of the manifest @param {string} tag of its element */
  constructor(item, tag) {
    this.item = item;
    this.element = document.createElement("div");
    this.element.className = "layer";
    this.content = document.createElement(tag);
    this.element.append(this.content);
  }

  /** Make it ready: when this resolves, it can be seen without a gap. Its element is in the page by then. */
  async prepare() {}

  /** It is seen from now on, from its beginning. */
  begin() {}

  pause() {}

  goOn() {}

  /** @param {number} _percent 0 to 100 */
  setVolume(_percent) {}

  /** What a canvas can draw; null: nothing of it can be had. */
  get picture() {
    return null;
  }

  /** Seconds into what moves by itself; null when nothing does. */
  get positionS() {
    return null;
  }

  get droppedFrames() {
    return 0;
  }

  /** It is not needed any more: give everything back. */
  dispose() {
    this.element.remove();
  }
}

/** Resolves when the page has painted twice, or would have: a page that nobody sees paints nothing. */
export const painted = () =>
  Promise.race([
    new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))),
    new Promise((resolve) => setTimeout(resolve, PAINTED_WITHIN_MS)),
  ]);

/**
 * Resolves when `target` says one of `wanted`; throws when it says "error", or nothing for so long.
 * @param {EventTarget} target @param {string} wanted
 * @param {number} withinMs @param {string} otherwise a sentence
 */
export function said(target, wanted, withinMs, otherwise) {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const finish = (settle, value) => {
      listening.abort();
      clearTimeout(timer);
      settle(value);
    };
    const timer = setTimeout(() => finish(reject, new Error(otherwise)), withinMs);
    const { signal } = listening;
    target.addEventListener(wanted, () => finish(resolve), { signal });
    target.addEventListener("error", () => finish(reject, new Error(faultOf(target))), { signal });
  });
}

/** What is wrong with a film, in a sentence. */
export const faultOf = ({ error }) =>
  error?.message ? `It cannot be shown: ${error.message}`.slice(0, 200) : "It cannot be shown.";
