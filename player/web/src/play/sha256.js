// SHA-256 (FIPS 180-4), piece by piece and at once. Pure.
//
// Rule 1: WebCrypto hashes whole buffers only, and later: a film of a gigabyte would have to be in memory,
//         and the order of a shuffled playlist could not be told without waiting. Hence this page.

const BLOCK_BYTES = 64;

const primes = (count) => {
  const found = [];
  for (let candidate = 2; found.length < count; candidate += 1) {
    if (found.every((prime) => candidate % prime !== 0)) found.push(candidate);
  }
  return found;
};
/** The first 32 bits behind the point of a root. */
const fraction = (root) => ((root - Math.floor(root)) * 0x100000000) | 0;
const ROUNDS = Int32Array.from(primes(64), (prime) => fraction(Math.cbrt(prime)));
const BEGIN = Int32Array.from(primes(8), (prime) => fraction(Math.sqrt(prime)));

/** One hash in the making: `add` bytes, then `hex` once. */
export class Sha256 {
  #state = BEGIN.slice();
  #words = new Int32Array(64);
  #block = new Uint8Array(BLOCK_BYTES);
  #filled = 0;
  #bytes = 0;

  /** @param {Uint8Array} bytes @returns {this} */
  add(bytes) {
    this.#bytes += bytes.length;
    let at = 0;
    if (this.#filled > 0) {
      at = Math.min(bytes.length, BLOCK_BYTES - this.#filled);
      this.#block.set(bytes.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < BLOCK_BYTES) return this;
      this.#compress(this.#block, 0);
      this.#filled = 0;
    }
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#compress(bytes, at);
    this.#block.set(bytes.subarray(at), 0);
    this.#filled = bytes.length - at;
    return this;
  }

  /** @returns {string} 64 characters. Nothing can be added behind it. */
  hex() {
    const bits = this.#bytes * 8;
    const padding = new Uint8Array(((this.#filled < 56 ? 56 : 120) - this.#filled) + 8);
    padding[0] = 0x80;
    const length = new DataView(padding.buffer, padding.length - 8);
    length.setUint32(0, Math.floor(bits / 0x100000000));
    length.setUint32(4, bits >>> 0);
    this.add(padding);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  #compress(bytes, from) {
    const w = this.#words;
    for (let i = 0, at = from; i < 16; i += 1, at += 4) {
      w[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    }
    for (let i = 16; i < 64; i += 1) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
    }
    const state = this.#state;
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}

/** @param {string} text @returns {string} of its UTF-8, in hexadecimal. */
export const sha256OfText = (text) => new Sha256().add(new TextEncoder().encode(text)).hex();
