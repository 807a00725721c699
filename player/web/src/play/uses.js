// When each file was shown last, over restarts too: what was not for longest leaves first (eviction.js).

const KEPT_AS = "clarion-file-uses";
/** A power cut forgets so much of it at most; a screen that swaps every second writes less often. */
const WRITTEN_EVERY_MS = 60_000;

/** Instants in milliseconds of the browser's clock. What cannot be kept is only not remembered. */
export class Uses {
  #usedMs;
  #writtenMs = 0;

  constructor() {
    this.#usedMs = new Map(read());
  }

  /** @param {string} sha256 @returns {number} 0: never */
  of(sha256) {
    return this.#usedMs.get(sha256) ?? 0;
  }

  note(sha256, nowMs) {
    this.#usedMs.set(sha256, nowMs);
    if (Math.abs(nowMs - this.#writtenMs) >= WRITTEN_EVERY_MS) this.#write(nowMs);
  }

  forget(sha256) {
    this.#usedMs.delete(sha256);
  }

  clear() {
    this.#usedMs.clear();
    localStorage.removeItem(KEPT_AS);
  }

  #write(nowMs) {
    this.#writtenMs = nowMs;
    try {
      localStorage.setItem(KEPT_AS, JSON.stringify([...this.#usedMs]));
    } catch {
      // No room: files leave in the order in which they came.
    }
  }
}

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEPT_AS) ?? "[]");
  } catch {
    return [];
  }
}
