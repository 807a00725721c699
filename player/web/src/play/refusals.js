// What could not be shown, and until when it is left out. Pure.

const FIRST_S = 60;
const AT_MOST_S = 3600;

/** By the version of the content: another version has another chance. `now` in seconds. */
export class Refusals {
  #found = new Map();

  add(item, now) {
    const times = (this.#found.get(item.media_id)?.times ?? 0) + 1;
    const untilS = now + Math.min(AT_MOST_S, FIRST_S * 2 ** (times - 1));
    this.#found.set(item.media_id, { times, untilS, over: false });
  }

  /** Whether it is left out now. */
  has(item, now) {
    return (this.#found.get(item.media_id)?.untilS ?? 0) > now;
  }

  /** It was shown after all. */
  forget(item) {
    this.#found.delete(item.media_id);
  }

  /** Whether the time of any is over since this was asked before. */
  areOver(now) {
    let found = false;
    for (const refusal of this.#found.values()) {
      if (refusal.over || refusal.untilS > now) continue;
      refusal.over = true;
      found = true;
    }
    return found;
  }
}
