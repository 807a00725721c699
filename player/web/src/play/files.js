// The screen's own files: in Cache Storage by the hash of their bytes, downloaded before they are shown.
//
// Rule 1: what is kept under a hash has that hash. It is counted while the bytes come in; what does not fit
//         is not kept. What cannot be shown is doubted: hashed again, and fetched anew if it is another.
// Rule 2: what is scheduled is never evicted (eviction.js).
// Rule 3: the token is for the hub's API and goes nowhere else: addresses of files carry their own signature.
// Rule 4: a download that fails is tried again, later each time; all others go on meanwhile.
//
//   new Files({ hubUrl, token, onChanged, onAddressesOver, onNoRoom, limitBytes })
//     onChanged()          a file came or went. So does the event "changed".
//     onAddressesOver()    the manifest's addresses are not good any more: fetch it anew (optional)
//     onNoRoom(item)       there is no room for it, and nothing that could leave (optional)
//     limitBytes           keep at most so much; without it, what the browser grants (optional)

import { Addresses } from "./addresses.js";
import { fetchFile, Refused } from "./download.js";
import { isFile, wantedFiles, whatLeaves } from "./eviction.js";
import { fetchPackage } from "./package.js";
import { CACHE, filePath, packagePath, pathOf } from "./paths.js";
import { Sha256 } from "./sha256.js";
import { Uses } from "./uses.js";

const AT_ONCE = 2;
const AGAIN_FIRST_S = 2;
const AGAIN_AT_MOST_S = 300;
/** Of what the browser grants: it also keeps the log, the journal and the player itself there. */
const SHARE = 0.9;
const SIZE = "Clarion-Bytes";
const ignore = () => {};

export class Files extends EventTarget {
  #kept = new Map(); // bytes by SHA-256
  #uses = new Uses();
  #addresses = new Addresses();
  #wanted = []; // items, in the order in which they are needed
  #scheduled = new Set();
  #coming = new Map(); // by SHA-256: AbortController
  #failed = new Map(); // by SHA-256: {times, againMs, url}
  #timer = null;
  #opened;

  constructor(parts) {
    super();
    const { hubUrl, limitBytes = null } = parts;
    const { onChanged = ignore, onAddressesOver = ignore, onNoRoom = ignore } = parts;
    Object.assign(this, { hubUrl, limitBytes, onChanged, onAddressesOver, onNoRoom });
    this.#opened = this.#open();
  }

  /** These are needed from now on: fetch what is missing, in the order in which it is shown. */
  async want(manifest) {
    this.#wanted = wantedFiles(manifest, Date.now());
    this.#scheduled = new Set(this.#wanted.map((item) => item.sha256));
    // Another address is another chance.
    for (const { sha256, url } of this.#wanted) {
      if (this.#failed.get(sha256)?.url !== url) this.#failed.delete(sha256);
    }
    for (const [sha256, coming] of this.#coming) if (!this.#scheduled.has(sha256)) coming.abort();
    await this.#opened;
    this.#fetchMore();
  }

  /** Whether it can be shown: an address always, a file when it is here. */
  has(item) {
    return !isFile(item) || this.#kept.has(item.sha256);
  }

  /** How many files of the manifest are not here. */
  get missing() {
    return this.#wanted.filter((item) => !this.has(item)).length;
  }

  /** @returns {Promise<Blob>} its bytes, of its type. Throws an Error when it is not here. */
  async open(item) {
    const answer = await (await caches.open(CACHE)).match(pathOf(item));
    if (answer === undefined) {
      this.#forget(item.sha256);
      throw new Error("The file is not on the screen any more.");
    }
    this.#uses.note(item.sha256, Date.now());
    return answer.blob();
  }

  /** @returns {Promise<string>} an address of its bytes, the same each time (addresses.js). Throws as `open`. */
  async address(item) {
    const known = this.#addresses.of(item.sha256);
    if (known === null) return this.#addresses.make(item.sha256, await this.open(item));
    this.#uses.note(item.sha256, Date.now());
    return known;
  }

  /** It could not be shown: is it still what it was? If not, it is fetched anew. */
  async doubt(item) {
    if (!isFile(item) || item.kind === "html" || !this.#kept.has(item.sha256)) return;
    this.#addresses.forget(item.sha256);
    const cache = await caches.open(CACHE);
    const answer = await cache.match(filePath(item.sha256));
    if (answer !== undefined && (await hashOf(answer.body)) === item.sha256) return;
    await cache.delete(filePath(item.sha256));
    this.#forget(item.sha256);
    this.#fetchMore();
  }

  /** @returns {Promise<{bytes: number, limitBytes: number|null}>} of all that the player keeps */
  async usage() {
    const { usage = null, quota = null } = (await navigator.storage?.estimate?.()) ?? {};
    const bytes = usage ?? this.#bytes;
    return { bytes, limitBytes: this.limitBytes ?? quota };
  }

  /** Keep nothing: the screen was removed, or is another one now. */
  async clear() {
    for (const coming of this.#coming.values()) coming.abort();
    clearTimeout(this.#timer);
    this.#wanted = [];
    this.#scheduled.clear();
    this.#kept.clear();
    this.#uses.clear();
    this.#addresses.clear();
    await caches.delete(CACHE);
  }

  // ---- what is here ----

  async #open() {
    navigator.storage?.persist?.().catch(ignore); // A request: the browser may say no, or ask somebody.
    try {
      await this.#look();
    } catch {
      // A power cut can spoil the whole storage. What is lost is fetched anew.
      this.#kept.clear();
      await caches.delete(CACHE).catch(ignore);
    }
    this.#changed();
  }

  async #look() {
    const cache = await caches.open(CACHE);
    for (const asked of await cache.keys()) {
      const sha256 = new URL(asked.url).pathname.split("/")[3];
      const answer = await cache.match(asked);
      this.#kept.set(sha256, Number(answer.headers.get(SIZE)));
    }
  }

  get #bytes() {
    let sum = 0;
    for (const bytes of this.#kept.values()) sum += bytes;
    return sum;
  }

  #changed() {
    this.onChanged();
    this.dispatchEvent(new Event("changed"));
  }

  #forget(sha256) {
    if (this.#kept.delete(sha256)) this.#changed();
  }

  // ---- what comes ----

  #fetchMore() {
    clearTimeout(this.#timer);
    const nowMs = Date.now();
    const againMs = ({ sha256 }) => this.#failed.get(sha256)?.againMs ?? 0;
    const waiting = this.#wanted.filter((item) => !this.has(item) && !this.#coming.has(item.sha256));
    const due = waiting.filter((item) => againMs(item) <= nowMs);
    for (const item of due.slice(0, Math.max(0, AT_ONCE - this.#coming.size))) this.#fetch(item);
    const later = waiting.map(againMs).filter((ms) => ms > nowMs);
    if (later.length > 0) this.#timer = setTimeout(() => this.#fetchMore(), Math.min(...later) - nowMs);
  }

  async #fetch(item) {
    const coming = new AbortController();
    this.#coming.set(item.sha256, coming);
    try {
      await this.#makeRoom(item.size_bytes ?? 0);
      const bytes = await this.#bring(item, coming.signal);
      this.#kept.set(item.sha256, bytes);
      this.#uses.note(item.sha256, Date.now());
      this.#failed.delete(item.sha256);
      this.#changed();
    } catch (fault) {
      if (!coming.signal.aborted) this.#hasFailed(item, fault);
    }
    this.#coming.delete(item.sha256);
    this.#fetchMore();
  }

  async #bring(item, signal) {
    const cache = await caches.open(CACHE);
    const fetching = item.kind === "html" ? fetchPackage : fetchFile;
    const keep = async () => {
      const { body, type, bytes } = await fetching(item, this.hubUrl, signal);
      const headers = { "Content-Type": type, [SIZE]: String(bytes) };
      await cache.put(pathOf(item), new Response(body, { headers }));
      return bytes;
    };
    try {
      return await keep();
    } catch (fault) {
      if (fault.name !== "QuotaExceededError") throw fault;
      await this.#makeRoom(item.size_bytes ?? 0, { whole: true });
      return keep();
    }
  }

  #hasFailed(item, fault) {
    const times = (this.#failed.get(item.sha256)?.times ?? 0) + 1;
    const atMostS = Math.min(AGAIN_AT_MOST_S, AGAIN_FIRST_S * 2 ** (times - 1));
    const againMs = Date.now() + (0.5 + Math.random() / 2) * atMostS * 1000;
    this.#failed.set(item.sha256, { times, againMs, url: item.url });
    if (fault.name === "QuotaExceededError" && times === 1) this.onNoRoom(item);
    if (fault instanceof Refused) this.onAddressesOver();
  }

  /** Room for so many bytes more. `whole`: the browser has just said that there is none. */
  async #makeRoom(neededBytes, { whole = false } = {}) {
    const { bytes, limitBytes } = this.limitBytes === null
      ? await this.usage()
      : { bytes: this.#bytes, limitBytes: this.limitBytes / SHARE };
    const short = limitBytes === null ? 0 : bytes + neededBytes - limitBytes * SHARE;
    const room = whole ? Math.max(neededBytes, short) : short;
    if (room <= 0) return;
    const leaving = whatLeaves(this.#kept, (sha256) => this.#uses.of(sha256), this.#scheduled, room);
    if (leaving === null) throw new DOMException("There is no room for this file.", "QuotaExceededError");
    const cache = await caches.open(CACHE);
    for (const sha256 of leaving) {
      await cache.delete(filePath(sha256));
      await cache.delete(packagePath(sha256));
      this.#kept.delete(sha256);
      this.#uses.forget(sha256);
    }
    this.#changed();
  }
}

async function hashOf(stream) {
  const hash = new Sha256();
  const reader = stream.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) hash.add(piece.value);
  return hash.hex();
}
