// The address of each picture: the same one each time it is shown, so that the browser decodes it once.
// With a new one for every turn Chromium kept some hundred megabytes of pictures that it had decoded before
// (docs/decisions/0036-the-browser-player.md).

const AT_MOST = 32;

/** Addresses of files, by SHA-256; the one that was not asked for longest goes first. */
export class Addresses {
  #known = new Map();

  /** @param {string} sha256 @returns {string|null} */
  of(sha256) {
    const address = this.#known.get(sha256) ?? null;
    if (address !== null) this.#keep(sha256, address);
    return address;
  }

  /** @param {string} sha256 @param {Blob} file @returns {string} */
  make(sha256, file) {
    this.forget(sha256);
    if (this.#known.size >= AT_MOST) this.forget(this.#known.keys().next().value);
    const address = URL.createObjectURL(file);
    this.#keep(sha256, address);
    return address;
  }

  forget(sha256) {
    const address = this.#known.get(sha256);
    if (address === undefined) return;
    this.#known.delete(sha256);
    URL.revokeObjectURL(address); // What shows it has it already.
  }

  clear() {
    for (const sha256 of [...this.#known.keys()]) this.forget(sha256);
  }

  #keep(sha256, address) {
    this.#known.delete(sha256);
    this.#known.set(sha256, address);
  }
}
